//! Models, per-worker gradients and Robust-DSGD.
//!
//! [`RunSpec`] holds all settings of one run, [`ValidRun`] the checked ones, and [`run`] does it.
//! A network is a list of layers ([`model`]); an [`engine::Engine`] computes every honest worker's
//! gradient from it: [`cohort`] on the CPU, [`autodiff`] on any burn device.

pub mod autodiff;
mod batches;
mod checkpoint;
pub mod cohort;
mod device;
mod dropout;
pub mod engine;
mod error;
mod loss;
pub mod model;
mod run;
mod spec;

pub use checkpoint::Checkpoint;
pub use error::{SpecError, TrainError};
pub use model::Architecture;
pub use run::{Evaluation, Observer, Spent, StepTime, Vectors, resume, run, timed_steps};
pub use spec::{Device, RunSpec, ValidRun, WeightDecayAt};
