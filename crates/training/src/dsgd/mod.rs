//! Robust-DSGD: one run, from its settings to its evaluations.

mod batches;
mod checkpoint;
mod driver;
mod evaluation;
mod form;
mod observer;
mod records;
mod settings;
mod step;
mod valid;

pub use checkpoint::Checkpoint;
pub use driver::{resume, run, timed_steps};
pub use form::parse_attack;
pub use observer::Observer;
pub use records::{Evaluation, Spent, StepTime, Vectors};
pub use settings::{Device, RunSpec, WeightDecayAt};
pub use valid::ValidRun;
