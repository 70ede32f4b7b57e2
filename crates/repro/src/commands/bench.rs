//! `repro bench`

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use training::StepTime;

use crate::commands::selection::Selection;

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Milliseconds per training step on one thread, by phase: medians over steps of each run of an
    /// experiment.
    Step(StepArgs),
}

/// Options of `repro bench step`.
#[derive(Debug, clap::Args)]
pub struct StepArgs {
    #[command(flatten)]
    selection: Selection,
    /// Steps that are measured, after a few that aren't.
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = clap::value_parser!(u16).range(1..))]
    steps: u16,
    /// Where datasets are; else the environment variable ROBUST_DATA_DIR, else data.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Steps before the first that counts.
const WARM_UP: usize = 3;

/// Prints the measurements.
pub fn execute(command: &Command, out: &mut dyn Write) -> Result<()> {
    let Command::Step(args) = command;
    let grid = args.selection.grid()?;
    let dataset = super::load(grid.experiment.dataset, args.data.as_deref())?;
    writeln!(out, "ms a step, medians of {} steps", args.steps)?;
    let header = ["gradients", "attack", "aggregation", "update", "step"];
    writeln!(
        out,
        "{}  run",
        header.map(|name| format!("{name:>11}")).concat()
    )?;
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one_thread = one_thread.map_err(std::io::Error::other)?;
    for run in &grid.runs {
        // As in a grid, a run has one thread.
        let times = one_thread.install(|| {
            let steps = training::timed_steps(&run.run, &dataset)?;
            steps
                .skip(WARM_UP)
                .take(args.steps.into())
                .collect::<Result<Vec<StepTime>, _>>()
        })?;
        let median = |phase: fn(&StepTime) -> Duration| {
            let mut sorted: Vec<Duration> = times.iter().map(phase).collect();
            sorted.sort();
            sorted[sorted.len() / 2].as_secs_f64() * 1e3
        };
        let medians = [
            median(|time| time.gradients),
            median(|time| time.attack),
            median(|time| time.aggregation),
            median(|time| time.update),
            median(StepTime::total),
        ];
        let medians = medians.map(|ms| format!("{ms:>11.2}"));
        writeln!(out, "{}  {run}", medians.concat())?;
    }
    Ok(())
}
