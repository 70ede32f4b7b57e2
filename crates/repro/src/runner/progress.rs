//! What people see while runs go on: on a terminal a line per running job over a bar for all of
//! them, else a line per finished run.

use std::env;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use training::{Checkpoint, RunSpec};

use crate::console::say;
use crate::experiment::Run;
use crate::runner::work;

/// Counts steps and runs. The time left is that of the work left at the speed measured so far: a
/// step of one run may take a hundred times one of another.
#[derive(Debug)]
pub struct Progress {
    /// `None` where lines are better than bars.
    live: Option<Live>,
    ended: AtomicUsize,
    runs: usize,
    waiting: AtomicBool,
}

#[derive(Debug)]
struct Live {
    lines: MultiProgress,
    /// Over the work of all runs.
    all: ProgressBar,
    steps: Arc<AtomicU64>,
}

/// A running run.
#[derive(Debug)]
pub struct Line {
    /// Over its steps.
    bar: ProgressBar,
    work_of_step: u64,
}

impl Progress {
    /// For these runs.
    pub fn new(runs: &[Run]) -> Self {
        let live = is_wanted().then(|| {
            let work = runs.iter().map(|run| {
                let spec = run.run.spec();
                spec.steps as u64 * work_of_step(spec)
            });
            Live::new(work.sum(), runs.len())
        });
        Self {
            live,
            ended: AtomicUsize::new(0),
            runs: runs.len(),
            waiting: AtomicBool::new(false),
        }
    }

    /// A run begins, or goes on from a checkpoint.
    pub fn begin(&self, run: &Run, from: Option<&Checkpoint>) -> Line {
        let spec = run.run.spec();
        let (work_of_step, done) = (work_of_step(spec), from.map_or(0, |from| from.done as u64));
        let bar = match &self.live {
            None => ProgressBar::hidden(),
            Some(live) => {
                live.all.inc(done * work_of_step);
                live.all.reset_eta();
                let bar = ProgressBar::new(spec.steps as u64)
                    .with_style(style("  {pos}/{len} {wide_msg}"));
                let bar = live.lines.insert_before(&live.all, bar);
                bar.with_message(run.to_string()).with_position(done)
            }
        };
        Line { bar, work_of_step }
    }

    /// A step of a run is done.
    pub fn step(&self, line: &Line) {
        if let Some(live) = &self.live {
            live.steps.fetch_add(1, Ordering::Relaxed);
            live.all.inc(line.work_of_step);
            line.bar.inc(1);
        }
    }

    /// A run ended, with this to say of it.
    pub fn ended(&self, line: Line, text: &str) {
        line.bar.finish_and_clear();
        let ended = self.count();
        self.print(&format!("[{ended}/{}] {text}", self.runs));
    }

    /// Another process did this run.
    pub fn skipped(&self, run: &Run) {
        if let Some(live) = &self.live {
            let spec = run.run.spec();
            live.all.inc(spec.steps as u64 * work_of_step(spec));
            live.all.reset_eta();
        }
        self.count();
    }

    /// All that is left is being computed by others.
    pub fn waiting(&self) {
        if !self.waiting.swap(true, Ordering::Relaxed) {
            self.print("waiting for runs that another process is computing");
        }
    }

    /// Something that the user should know, and that holds up nothing.
    pub fn warn(&self, text: &str) {
        self.print(&format!("warning: {text}"));
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        if let Some(live) = &self.live {
            live.all.finish_and_clear();
        }
    }

    fn count(&self) -> usize {
        let ended = 1 + self.ended.fetch_add(1, Ordering::Relaxed);
        if let Some(live) = &self.live {
            live.all.set_message(format!("{ended}/{} runs", self.runs));
        }
        ended
    }

    /// Prints a line that stays.
    fn print(&self, text: &str) {
        match &self.live {
            // A terminal that is gone is no reason to stop.
            Some(live) => drop(live.lines.println(text)),
            None => say(text),
        }
    }
}

impl Live {
    fn new(work: u64, runs: usize) -> Self {
        let (steps, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let counted = Arc::clone(&steps);
        let rate = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let steps = counted.load(Ordering::Relaxed) as f64;
            let rate = steps / start.elapsed().as_secs_f64().max(1e-9);
            // A display that can't be written shows nothing; nothing else hangs on it.
            let _ = write!(out, "{rate:.1} steps/s");
        };
        let style = style("{msg} {wide_bar} {rate}, left {eta}").with_key("rate", rate);
        let lines = MultiProgress::new();
        let all = lines.add(ProgressBar::new(work).with_style(style));
        all.set_message(format!("0/{runs} runs"));
        Self { lines, all, steps }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a valid template")
}

/// In thousands of multiplications, at least one.
fn work_of_step(spec: &RunSpec) -> u64 {
    (work(spec) / spec.steps as f64 / 1e3) as u64 + 1
}

/// Bars are for people who watch: not for pipes and files, nor where the environment says so.
fn is_wanted() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal()
        && !is_set("NO_COLOR")
        && !is_set("CI")
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
