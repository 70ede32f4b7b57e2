//! Spreads runs over threads, and over processes that share a results folder. A run's result
//! depends on nothing but the run, so neither their number nor the order can change it.

use std::any::Any;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use training::{Checkpoint, Evaluation, Observer, TrainError};

use crate::error::Error;
use crate::experiment::Run;
use crate::results::claim::{Claim, Permit};
use crate::results::store::{Circumstances, Record, Store};
use crate::runner::progress::{Line, Progress};
use crate::runner::{Executor, work};

/// No run loses more than this, and the time of a step, to a kill; unless keeping its state takes
/// more than a hundredth of that.
const BETWEEN_CHECKPOINTS: Duration = Duration::from_secs(60);

/// How often to look whether another process is done with a run.
const POLL: Duration = Duration::from_millis(100);

/// What all runs share.
#[derive(Debug)]
pub struct Scheduler<'a> {
    /// Does one run.
    pub executor: &'a dyn Executor,
    /// Where results go.
    pub store: &'a Store,
    /// How the runs are made.
    pub made: &'a Circumstances,
    /// What people see.
    pub progress: &'a Progress,
    /// Set by Ctrl-C.
    pub stop: &'a AtomicBool,
}

/// How many runs ended how. Runs that were stopped, or not begun, are in none of them.
#[derive(Debug, Default)]
pub struct Summary {
    /// Those that have a result now.
    pub done: usize,
    /// Those that another process finished meanwhile.
    pub there: usize,
    /// Those that have none.
    pub failed: usize,
    /// Those of the failed ones that refused their settings or their data.
    pub refused: usize,
    /// Why results can't be kept; then no further run was begun.
    pub broken: Option<Error>,
}

enum Outcome {
    Done,
    Stopped,
    Failed,
    Refused,
}

impl Scheduler<'_> {
    /// Does the runs on so many threads, the longest first, until all are done or stopped. A run
    /// that fails, or panics, doesn't hold up the others. At the end it waits for the runs that
    /// another process has begun, and takes over those whose process died.
    ///
    /// # Panics
    /// Never: no thread panics while it counts.
    pub fn run(&self, runs: &[Run], jobs: usize) -> Summary {
        let mut longest_first: Vec<_> = runs.iter().collect();
        let work = |run: &Run| work(run.run.spec());
        longest_first.sort_by(|a, b| work(b).total_cmp(&work(a)));
        let (queue, summary) = (
            Mutex::new(VecDeque::from(longest_first)),
            Mutex::new(Summary::default()),
        );
        thread::scope(|scope| {
            for _ in 0..jobs.min(runs.len()) {
                scope.spawn(|| self.take_runs(&queue, &summary));
            }
        });
        summary
            .into_inner()
            .expect("no thread panics while it counts")
    }

    fn take_runs(&self, queue: &Mutex<VecDeque<&Run>>, summary: &Mutex<Summary>) {
        let queue = || queue.lock().expect("no thread panics while it queues");
        let summary = || summary.lock().expect("no thread panics while it counts");
        // In a row: once as many as there are, all that is left is being computed elsewhere.
        let mut elsewhere = 0;
        loop {
            if self.stop.load(Ordering::Relaxed) || summary().broken.is_some() {
                return;
            }
            let Some(run) = queue().pop_front() else {
                return;
            };
            let outcome = match self.store.claim(run) {
                Ok(Permit::Granted(claim)) => self.attempt(run, claim),
                Ok(Permit::Done) => {
                    self.progress.skipped(run);
                    summary().there += 1;
                    continue;
                }
                Ok(Permit::Busy) => {
                    let mut queue = queue();
                    queue.push_back(run);
                    elsewhere += 1;
                    if elsewhere >= queue.len() {
                        elsewhere = 0;
                        drop(queue);
                        self.progress.waiting();
                        thread::sleep(POLL);
                    }
                    continue;
                }
                // Somebody else's lock, for one: the others go on.
                Err(error) => {
                    self.progress.warn(&format!("{run} is left out: {error}"));
                    summary().failed += 1;
                    continue;
                }
            };
            elsewhere = 0;
            let mut summary = summary();
            match outcome {
                Ok(Outcome::Done) => summary.done += 1,
                Ok(Outcome::Stopped) => {}
                Ok(Outcome::Failed) => summary.failed += 1,
                Ok(Outcome::Refused) => {
                    summary.failed += 1;
                    summary.refused += 1;
                }
                Err(error) => summary.broken = Some(error),
            }
        }
    }

    fn attempt(&self, run: &Run, claim: Claim<'_>) -> Result<Outcome, Error> {
        let from = claim.resume(&mut |warning| self.progress.warn(&warning))?;
        let mut watch = Watch {
            stop: self.stop,
            claim: &claim,
            line: self.progress.begin(run, from.as_ref()),
            progress: self.progress,
            saved: Instant::now(),
            pause: BETWEEN_CHECKPOINTS,
        };
        let execute = || {
            let execute = || self.executor.execute(&run.run, from, &mut watch);
            catch_unwind(AssertUnwindSafe(execute))
        };
        // One thread per run: what a run spawns inside stays there, so that jobs never
        // oversubscribe.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let result = match pool {
            Ok(pool) => pool.install(execute),
            Err(error) => Err(Box::new(error.to_string()) as Box<dyn Any + Send>),
        };
        let line = watch.line;
        let (reason, outcome) = match result {
            Ok(Ok(evaluations)) => {
                let text = done(run, &evaluations);
                claim.done(&Record {
                    spec: run.run.spec().clone(),
                    made: self.made.clone(),
                    evaluations,
                })?;
                self.progress.ended(line, &text);
                return Ok(Outcome::Done);
            }
            Ok(Err(TrainError::Stopped(_))) => return Ok(Outcome::Stopped),
            Ok(Err(error)) => (error.to_string(), Outcome::Refused),
            Err(panic) => (format!("panicked: {}", message(&*panic)), Outcome::Failed),
        };
        self.progress
            .ended(line, &format!("FAILED {run}: {reason}"));
        claim.failed(&reason)?;
        Ok(outcome)
    }
}

fn done(run: &Run, evaluations: &[Evaluation]) -> String {
    let accuracies = evaluations
        .iter()
        .map(|evaluation| evaluation.test_accuracy);
    let maximal = accuracies.fold(0.0, f64::max);
    let Some(last) = evaluations.last() else {
        return run.to_string();
    };
    let (last, seconds, diverged) = (last.test_accuracy, last.seconds, last.test_loss.is_none());
    let diverged = if diverged { ", diverged" } else { "" };
    format!("{run}: maximal {maximal:.4}, final {last:.4}{diverged}, {seconds:.1} s")
}

struct Watch<'a> {
    stop: &'a AtomicBool,
    claim: &'a Claim<'a>,
    line: Line,
    progress: &'a Progress,
    /// When there was last nothing to lose.
    saved: Instant,
    /// From then to the next checkpoint.
    pause: Duration,
}

impl Watch<'_> {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Observer for Watch<'_> {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        self.progress.step(&self.line);
        if self.is_stopped() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn checkpoint(&mut self, take: &dyn Fn() -> Checkpoint) {
        if !self.is_stopped() && self.saved.elapsed() < self.pause {
            return;
        }
        let start = Instant::now();
        // The run can do without.
        if let Err(error) = self.claim.save(&take()) {
            self.progress.warn(&format!("no checkpoint: {error}"));
        }
        self.pause = BETWEEN_CHECKPOINTS.max(100 * start.elapsed());
        self.saved = Instant::now();
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
