//! One file per subcommand: its options, and what it does.

pub mod apply;
pub mod attack;
pub mod bench;
pub mod check;
pub mod data;
pub mod list;
pub mod partition;
pub mod plot;
pub mod report;
pub mod run;
pub mod table;
pub mod theory;

mod experiment;
mod params;
mod vectors;

use std::io::Write;

use crate::cli::Command;
use crate::error::Error;

/// Does what was asked for; results go to `out`, everything else to standard error.
pub fn execute(command: &Command, out: &mut dyn Write) -> Result<(), Error> {
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
