#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! - [`load`] reads a dataset, checks the SHA-256 sum of each of its files and keeps the pixels as bytes;
//!   [`locate`] says where it finds them. What is known of a dataset without its files is its [`Definition`].
//! - The feature `fetch` adds the module `fetch`, which downloads the files.
//! - [`partition::Partition`] splits the training set over the workers.
//! - [`Augmentation`] changes training images at random.
//! - [`rng::stream`] gives each unit of work its own generator, so that results don't depend on the
//!   number of threads.

mod augmentation;
mod dataset;
pub mod datasets;
mod definition;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
mod file;
mod formats;
mod load;
pub mod partition;
pub mod rng;
mod samples;
mod search;

pub use augmentation::Augmentation;
pub use dataset::Dataset;
pub use datasets::Name;
pub use definition::{Definition, Mirror, Normalisation, PublishedFile};
pub use error::Error;
pub use load::{load, locate};
pub use samples::{Samples, Shape};
pub use search::Search;
