#![doc = include_str!("../README.md")]

mod axis;
mod error;
mod figure;
mod frame;
mod geometry;
mod layout;
mod marks;
mod pen;
mod render;
mod scale;
mod scene;
mod series;
mod style;
mod text;
mod theme;
mod ticks;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use axis::{Axis, Scale};
pub use error::Error;
pub use figure::{At, Figure, MAX_COLUMNS, MAX_PANELS, Panel, Reference};
use layout::Page;
pub use series::{Bubble, Cell, ColorScale, Marks, Point, Series};
pub use style::{Color, Dashes, Family, Inside, Marker, Side, Style};
use text::Font;

/// The figure as an SVG document.
///
/// # Errors
/// If there are too many panels, columns or names on an axis, an axis or a colour scale has an
/// impossible range, a label of the legend or of a y axis is wider than the figure, or a cell has
/// no place of its own or no possible value.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    let font = Font::embedded()?;
    render::svg::document(&Page::new(figure, &font)?.scene())
}

/// The figure as a PNG file of 300 pixels per inch.
///
/// # Errors
/// As [`svg`], and if the image can't be encoded.
#[cfg(feature = "png")]
pub fn png(figure: &Figure) -> Result<Vec<u8>, Error> {
    let font = Font::embedded()?;
    render::png::file(&Page::new(figure, &font)?.scene(), &font)
}
