//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    apply, attack, bench, check, data, list, partition, plot, report, run, table, theory,
};

/// Reproduces experiments on Byzantine-robust learning with adaptive robust clipping (ARC).
///
/// Exit status: 0 done and holding; 1 a run failed or a check doesn't hold; 2 the input is wrong.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs what is missing of an experiment's grid.
    Run(run::Args),
    /// Aggregates an experiment's results over the seeds: table.csv, and evaluations.csv beside it.
    Table(table::Args),
    /// Draws an experiment's figure.
    Plot(plot::Args),
    /// Compares an experiment's table with the stored one, cell by cell.
    Check(check::Args),
    /// Writes one page with every figure and table computed so far.
    Report(report::Args),
    /// Lists the experiments, where their settings come from, and what is computed of them.
    List(list::Args),
    /// Lists, fetches and verifies datasets.
    Data(data::Args),
    /// Sends vectors through a pipeline.
    Apply(apply::Args),
    /// Forges the Byzantine vectors for given honest ones.
    Attack(attack::Args),
    /// Measures this machine's speed.
    #[command(subcommand)]
    Bench(bench::Command),
    /// Counts each worker's samples of each class.
    Partition(partition::Args),
    /// Checks a statement of the theory: a table, a figure, and whether it holds.
    Theory(theory::Args),
}
