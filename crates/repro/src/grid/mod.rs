//! From an experiment file to the runs that it asks for.

mod expand;
mod key;
mod load;
mod methods;
mod schema;

pub use expand::{Cell, Grid, Run};
pub use key::Key;
pub use load::{File, Setting};
pub use methods::{AttackSpec, PipelineSpec};
pub use schema::{Axis, Experiment, Origin, Profile, Provenance, Tolerance, View};

#[cfg(test)]
mod json_schema;
#[cfg(test)]
pub mod tests;
