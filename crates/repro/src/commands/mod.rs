//! The command line: one file per subcommand, with its options and what it does.

mod apply;
mod attack;
mod bench;
mod check;
mod data;
mod list;
mod params;
mod partition;
mod plot;
mod report;
mod run;
mod selection;
mod table;
mod theory;
mod vectors;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use ::data::Dataset;
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

use crate::Error;
use crate::console::{self, Printer};
use crate::runner::stop;

/// Reproduces experiments on Byzantine-robust learning with adaptive robust clipping (ARC).
///
/// Exit status: 0 done and holding; 1 a run failed or a check doesn't hold; 2 the input is wrong;
/// 130 or 143 stopped by a signal, with the state kept.
#[derive(Debug, Parser)]
#[command(name = "repro", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// Does what the program's arguments ask for, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let mut out = Printer::new(io::stdout().lock());
    let done = execute(&command, &mut out);
    let printed = match out.into_error() {
        None => Ok(()),
        Some(error) => Err(error).context("standard output"),
    };
    match done.and(printed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::say(format_args!("error: {error:#}"));
            ExitCode::from(status(&error))
        }
    }
}

/// The dataset; if it isn't there, the error says how to get it.
fn load(name: ::data::Name, dir: Option<&Path>) -> Result<Dataset, Error> {
    Ok(::data::load(name, dir)?)
}

/// Results go to `out`, everything else to standard error.
fn execute(command: &Command, out: &mut dyn Write) -> Result<()> {
    match command {
        Command::Run(args) => run::execute(args, out),
        Command::Table(args) => table::execute(args, out),
        Command::Plot(args) => plot::execute(args, out),
        Command::Check(args) => check::execute(args, out),
        Command::Report(args) => report::execute(args, out),
        Command::List(args) => list::execute(args, out),
        Command::Data(args) => data::execute(args, out),
        Command::Apply(args) => apply::execute(args, out),
        Command::Attack(args) => attack::execute(args, out),
        Command::Bench(command) => bench::execute(command, out),
        Command::Partition(args) => partition::execute(args, out),
        Command::Theory(args) => theory::execute(args, out),
    }
}

/// 2 where the input is wrong, 130 or 143 where the user stopped it, else 1: something failed or
/// doesn't hold.
fn status(error: &anyhow::Error) -> u8 {
    let is_wrong_input = error.downcast_ref().is_some_and(Error::is_wrong_input)
        || error.is::<robust_core::Error>()
        || error.is::<attacks::Error>()
        || error.is::<::data::Error>()
        || error.is::<::data::fetch::Error>()
        || error.is::<training::TrainError>();
    match error.downcast_ref() {
        Some(Error::Stopped { .. }) => stop::status(),
        _ if is_wrong_input => 2,
        _ => 1,
    }
}
