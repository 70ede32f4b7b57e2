#![doc = include_str!("../README.md")]
//!
//! # Rooms
//! A [`Network`] is a list of [`layers`]; an [`Engine`](engine::Engine) computes every honest
//! worker's gradient from it: [`Cohort`](engine::Cohort) on the CPU, [`Autodiff`](engine::Autodiff)
//! on any burn device. [`ValidRun`] holds a run's network, split and initial parameters; [`run()`]
//! does its steps and shows them to an [`Observer`].

mod dsgd;
pub mod engine;
mod error;
pub mod layers;
pub mod networks;

pub use dsgd::{
    Checkpoint, Device, Evaluation, Observer, RunSpec, Spent, StepTime, ValidRun, Vectors,
    WeightDecayAt, parse_attack, resume, run, timed_steps,
};
pub use error::{SpecError, TrainError};
pub use networks::{Architecture, Network, NetworkError};
