//! A scene as a file, through the backends of plotters.

#[cfg(feature = "png")]
pub(crate) mod png;
mod surface;
pub(crate) mod svg;
