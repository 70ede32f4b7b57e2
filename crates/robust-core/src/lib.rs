//! Byzantine-robust aggregation rules and pre-aggregators, and their composition.
//!
//! n workers each send a vector of length d; at most f of them are Byzantine and may send anything.
//! A [`Pipeline`] such as `arc,nnm,cwtm` turns the n vectors into one.
//!
//! The way of the vectors: [`Gradients`] views them and decides, once, which are received; a
//! [`Geometry`] holds their norms and distances; each [`PreAggregator`] maps a geometry to mixing
//! weights, which compose as n × n matrices in a [`Mixture`]; the [`Aggregator`] ends in one pass
//! over the data. Same bytes for any number of threads.
//!
//! Rules are named in [`aggregators`] and [`preaggregators`], with formula, range of f, cost and
//! source; [`theory`] has what is proven of them.

pub mod aggregators;
mod eigen;
mod error;
mod geometry;
mod gradients;
mod kernels;
mod matrix;
mod mixture;
mod params;
mod pipeline;
pub mod preaggregators;
mod registry;
mod scalar;
pub mod theory;
mod traits;

pub use error::Error;
pub use geometry::Geometry;
pub use gradients::Gradients;
pub use kernels::columns::Columns;
pub use matrix::Matrix;
pub use mixture::Mixture;
pub use params::Params;
pub use pipeline::{Pipeline, Trace};
pub use scalar::Scalar;
pub use traits::{Aggregator, Combination, Coordinatewise, Mixing, PreAggregator, Round};
