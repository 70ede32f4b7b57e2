#![doc = include_str!("../README.md")]
//! # The way of the vectors
//!
//! [`Gradients`] views them and decides, once, which are received; a [`Geometry`] holds their norms
//! and distances; each [`PreAggregator`] maps a geometry to mixing weights, which compose as n × n
//! matrices in a [`Mixture`]; the [`Aggregator`] ends in one pass over the data.

pub mod aggregators;
mod description;
mod eigen;
mod error;
mod geometry;
mod gradients;
mod idle;
mod kernels;
mod matrix;
mod mixture;
mod parameters;
mod pipeline;
pub mod preaggregators;
pub mod rules;
mod scalar;
pub mod theory;
mod trace;
mod traits;

pub use description::{Description, Hull, Properties};
pub use error::Error;
pub use geometry::Geometry;
pub use gradients::Gradients;
pub use kernels::columns::Columns;
pub use matrix::Matrix;
pub use mixture::Mixture;
pub use parameters::{Parameter, ParameterError, Parameters, Reader};
pub use pipeline::Pipeline;
pub use scalar::Scalar;
pub use trace::Trace;
pub use traits::{
    Aggregator, Combination, CoordinateFunction, Coordinatewise, Effect, Mixing, PreAggregator,
    Round,
};
