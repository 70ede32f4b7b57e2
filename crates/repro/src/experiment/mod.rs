//! From an experiment file to the runs that it asks for.

mod file;
mod grid;
mod key;
mod methods;
mod schema;
pub mod yaml;

pub use file::{File, Setting};
pub use grid::{Cell, Grid, Run};
pub use key::{FORMAT, RunKey};
pub use methods::{AttackSpec, PipelineSpec};
pub use schema::{
    Experiment, Id, OneOrMany, Optimiser, Origin, Profile, Provenance, Source, Tolerance,
};

#[cfg(test)]
mod json_schema;
#[cfg(test)]
pub mod tests;
