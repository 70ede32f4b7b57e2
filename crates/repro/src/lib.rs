//! Runs experiments, and turns their results into tables and figures: all that the program does.
//!
//! Data flows one way: a file becomes an [`experiment`]'s grid of runs, the [`runner`] trains them,
//! [`results`] keeps and aggregates what came out, [`figures`] draws it, the [`report`] shows all
//! of it. [`theory`] checks the paper's statements, and [`commands`] is the command line over the
//! rest.

pub mod commands;
pub mod console;
pub mod error;
pub mod experiment;
pub mod figures;
pub mod report;
pub mod results;
pub mod runner;
pub mod theory;

#[cfg(test)]
mod mutants;

pub use error::Error;
