//! `repro run`

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;

use crate::commands::selection::Selection;
use crate::experiment::{Grid, Run};
use crate::results::store::Circumstances;
use crate::runner::{self, Progress, Scheduler, Summary, Trainer, stop};
use crate::{Error, console};

/// Options of `repro run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Runs at once, one thread each; default: one per physical core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Only every N-th run, from the I-th on, counted from 1: N machines, each with its own I,
    /// share a grid.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Where datasets are; else the environment variable ROBUST_DATA_DIR, else data.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints the grid, its size and an estimate of the time, and runs nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy)]
struct Shard {
    index: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/');
        let parts =
            parts.and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Self { index, count }),
            _ => Err("expected I/N with 1 ≤ I ≤ N, such as 2/4"),
        }
    }
}

/// Computes the runs that aren't there.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let mut grid = args.selection.grid()?;
    let store = args.selection.store(&grid)?;
    grid.warnings.iter().for_each(console::warn);
    if let Some(Shard { index, count }) = args.shard {
        let all = grid.runs.len();
        let runs = std::mem::take(&mut grid.runs).into_iter();
        grid.runs = runs.skip(index - 1).step_by(count).collect();
        if grid.runs.is_empty() {
            return Err(Error::Argument {
                argument: format!("--shard {index}/{count}"),
                problem: format!("the grid has only {all} runs"),
            }
            .into());
        }
    }
    let mut pending = Vec::new();
    for run in &grid.runs {
        if store.load(run, &mut console::warn).is_some() {
            if !args.dry_run {
                store.clear(run.key);
            }
        } else if !args.dry_run || store.elsewhere(run).is_none() {
            pending.push(run.clone());
        }
    }
    let there = grid.runs.len() - pending.len();
    let jobs = args.jobs.map_or_else(cores, usize::from);
    if args.dry_run {
        return describe(&grid, &pending, jobs, out);
    }
    if pending.is_empty() {
        writeln!(out, "all {there} runs are there")?;
        return Ok(());
    }

    let dataset = super::load(grid.experiment.dataset, args.data.as_deref())?;
    stop::listen();
    let progress = Progress::new(&pending);
    let scheduler = Scheduler {
        store: &store,
        made: &Circumstances::here(&grid, &dataset),
        executor: &Trainer { dataset },
        progress: &progress,
        stop: &stop::STOP,
    };
    let summary = scheduler.run(&pending, jobs);
    progress.finish();

    let Summary {
        done,
        failed,
        refused,
        broken,
        ..
    } = summary;
    let there = there + summary.there;
    writeln!(
        out,
        "computed {done} runs, {there} were there, {failed} failed"
    )?;
    let left = grid.runs.len() - there - done - failed;
    let runs = pending.len();
    let error = match (broken, failed, left > 0) {
        (Some(error), ..) => error,
        (None, _, true) => Error::Stopped { done: there + done },
        (None, 0, false) => return Ok(()),
        (None, _, false) if failed == refused => Error::Refused { failed, runs },
        (None, _, false) => Error::Failed { failed, runs },
    };
    Err(error.into())
}

/// Physical cores, or fewer where the process may not use them all.
fn cores() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    num_cpus::get_physical().min(allowed)
}

fn work(run: &Run) -> f64 {
    runner::work(run.run.spec())
}

fn describe(grid: &Grid, pending: &[Run], jobs: usize, out: &mut dyn Write) -> Result<()> {
    let missing: HashSet<_> = pending.iter().map(|run| run.key).collect();
    for run in &grid.runs {
        let there = !missing.contains(&run.key);
        writeln!(out, "{} {run}", if there { "there  " } else { "missing" })?;
    }
    // An empty `sum` is −0.
    let seconds = pending
        .iter()
        .fold(0.0, |sum, run| sum + runner::seconds(work(run)));
    let parallel = seconds / jobs.min(pending.len().max(1)) as f64;
    writeln!(
        out,
        "{} runs, {} missing: about {} of one core, {} with --jobs {jobs}",
        grid.runs.len(),
        pending.len(),
        duration(seconds),
        duration(parallel),
    )?;
    Ok(())
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        120.0..7200.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
