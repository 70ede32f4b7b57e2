//! Scheduling, with runs that take no time, and checkpoints, with runs that take little.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use training::{Checkpoint, Evaluation, Observer, TrainError, ValidRun};

use super::*;
use crate::experiment::tests::tiny;
use crate::experiment::{Grid, Run};
use crate::results::claim::{Claim, Permit};
use crate::results::store::{Circumstances, Store};
use crate::results::tests::evaluation;

/// Takes six steps; seed 3 panics, seed 4 refuses.
#[derive(Debug, Default)]
struct Mock {
    /// Runs that were begun.
    begun: AtomicUsize,
    steps: AtomicUsize,
    /// Set when so many runs were begun, as by Ctrl-C.
    stop_at: Option<usize>,
    stop: AtomicBool,
}

impl Executor for Mock {
    fn execute(
        &self,
        run: &ValidRun,
        _from: Option<Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Evaluation>, TrainError> {
        if Some(1 + self.begun.fetch_add(1, Ordering::Relaxed)) == self.stop_at {
            self.stop.store(true, Ordering::Relaxed);
        }
        let seed = run.spec().seed;
        for step in 1..=6 {
            self.steps.fetch_add(1, Ordering::Relaxed);
            if observer.step(step).is_break() {
                return Err(TrainError::Stopped(step));
            }
        }
        assert_ne!(seed, 3, "a rule's bug");
        match seed {
            4 => Err(TrainError::Spec(training::SpecError::Zero("batch"))),
            _ => Ok([0, 2, 4, 6]
                .map(|step| evaluation(step, 0.01 * seed as f64))
                .to_vec()),
        }
    }
}

fn schedule(
    folder: &Path,
    grid: &Grid,
    jobs: usize,
    executor: &dyn Executor,
    stop: &AtomicBool,
) -> Summary {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let scheduler = Scheduler {
        executor,
        store: &Store::open(folder, grid).unwrap(),
        made: &Circumstances::here(grid, &dataset),
        progress: &Progress::new(&grid.runs),
        stop,
    };
    scheduler.run(&grid.runs, jobs)
}

fn mocked(folder: &Path, grid: &Grid, jobs: usize, mock: &Mock) -> Summary {
    schedule(folder, grid, jobs, mock, &mock.stop)
}

/// The accuracy of each run that is there.
fn found(folder: &Path, grid: &Grid) -> BTreeMap<String, f64> {
    let store = Store::open(folder, grid).unwrap();
    let accuracy = |run: &Run| {
        let record = store.load(run, &mut |warning| panic!("{warning}"))?;
        Some((run.key.to_string(), record.evaluations[3].test_accuracy))
    };
    grid.runs.iter().filter_map(accuracy).collect()
}

/// The extensions of all files in the folder, each once.
fn extensions(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("tiny/paper")).unwrap();
    let mut extensions: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| path.extension().unwrap().to_str().unwrap().to_owned())
        .collect();
    extensions.sort();
    extensions.dedup();
    extensions
}

fn claim<'a>(store: &'a Store, run: &Run) -> Claim<'a> {
    match store.claim(run).unwrap() {
        Permit::Granted(claim) => claim,
        turn => panic!("{turn:?}"),
    }
}

#[test]
fn failures_are_told_and_hold_nothing_up_whatever_the_number_of_jobs() {
    let grid = tiny(&["seeds=[1, 2, 3, 4, 5, 6]"]).unwrap();
    assert_eq!(grid.runs.len(), 30);
    let outcome = |jobs| {
        let folder = tempfile::tempdir().unwrap();
        let mock = Mock::default();
        let summary = mocked(folder.path(), &grid, jobs, &mock);
        assert_eq!(
            (summary.done, summary.there, summary.failed, summary.refused),
            (20, 0, 10, 5)
        );
        assert!(summary.broken.is_none());
        assert_eq!(mock.steps.load(Ordering::Relaxed), 180);
        let store = Store::open(folder.path(), &grid).unwrap();
        for run in &grid.runs {
            let reason = store.failure(run.key);
            match (run.run.spec().seed, reason.as_deref()) {
                (3, Some(reason)) => {
                    assert!(reason.starts_with("panicked: ") && reason.contains("a rule's bug"));
                }
                (4, Some(reason)) => assert!(reason.starts_with("batch = 0"), "{reason}"),
                (_, None) => {}
                (seed, reason) => panic!("seed {seed}: {reason:?}"),
            }
        }
        assert_eq!(extensions(folder.path()), ["failed", "json", "lock"]);
        found(folder.path(), &grid)
    };
    let one = outcome(1);
    assert_eq!(one.len(), 20);
    assert_eq!(outcome(4), one);
}

#[test]
fn a_failure_is_forgotten_once_the_run_succeeds() {
    let grid = tiny(&["seeds=[3]"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mocked(folder.path(), &grid, 1, &Mock::default()).failed, 5);
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let trainer = Trainer { dataset };
    let summary = schedule(folder.path(), &grid, 1, &trainer, &AtomicBool::new(false));
    assert_eq!(summary.done, 5);
    assert_eq!(extensions(folder.path()), ["json"]);
}

#[test]
fn a_stop_keeps_what_is_done_and_begins_nothing_new() {
    let grid = tiny(&[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock {
        stop_at: Some(4),
        ..Mock::default()
    };
    let summary = mocked(folder.path(), &grid, 1, &mock);
    assert_eq!((summary.done, summary.failed), (3, 0));
    assert_eq!(mock.steps.load(Ordering::Relaxed), 3 * 6 + 1);
    assert_eq!(found(folder.path(), &grid).len(), 3);
}

#[test]
fn schedulers_on_one_folder_share_the_runs_and_compute_none_twice() {
    let grid = tiny(&["seeds=[1, 2, 5, 6, 7, 8, 9, 10]"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mock, together) = (Mock::default(), Barrier::new(3));
    let summaries = thread::scope(|scope| {
        let start = || {
            together.wait();
            mocked(folder.path(), &grid, 2, &mock)
        };
        let threads = [(); 3].map(|()| scope.spawn(start));
        threads.map(|thread| thread.join().unwrap())
    });
    assert_eq!(mock.begun.load(Ordering::Relaxed), 40);
    assert_eq!(
        summaries.iter().map(|summary| summary.done).sum::<usize>(),
        40
    );
    for summary in &summaries {
        assert_eq!(summary.done + summary.there, 40, "each waits for all");
    }
    assert_eq!(found(folder.path(), &grid).len(), 40);
    assert_eq!(extensions(folder.path()), ["json"]);
}

#[test]
fn figures_share_the_runs_that_they_have_in_common_but_not_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let named = |id: &str, seeds: &str| {
        let mut grid = tiny(&[&format!("seeds={seeds}")]).unwrap();
        grid.experiment.id = serde_yaml::from_str(id).unwrap();
        grid.experiment.provenance.seeds.note = format!("of {id}");
        grid
    };
    let count = |grid: &Grid| {
        let mock = Mock::default();
        let summary = mocked(folder.path(), grid, 2, &mock);
        assert_eq!(mock.begun.into_inner(), summary.done);
        (summary.done, summary.there)
    };
    let (first, second) = (named("first", "[1, 2]"), named("second", "[2, 5]"));
    assert_eq!(count(&first), (10, 0));
    assert_eq!(count(&second), (5, 5));
    assert_eq!(found(folder.path(), &second).len(), 10);
    for run in &second.runs {
        let store = Store::open(folder.path(), &second).unwrap();
        let made = store.load(run, &mut |_| ()).unwrap().made;
        assert_eq!(made.provenance.seeds.note, "of second");
    }

    // What can't be trusted is not taken over.
    let damaged = &first.runs[0];
    let path = Store::open(folder.path(), &first)
        .unwrap()
        .path(damaged.key);
    fs::write(&path, "{}").unwrap();
    assert_eq!(count(&named("third", "[1]")), (1, 4));
    #[cfg(unix)]
    {
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(count(&named("fourth", "[1]")), (0, 5));
    }

    let mut times = named("times", "[1]");
    times.experiment.view = tiny(&["view={kind: overhead}"]).unwrap().experiment.view;
    assert_eq!(count(&times), (5, 0));
}

#[test]
fn runs_of_another_process_are_waited_for_and_taken_over_when_it_dies() {
    let grid = tiny(&["seeds=[1]"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &grid).unwrap();
    let held = [claim(&store, &grid.runs[0]), claim(&store, &grid.runs[3])];
    assert!(matches!(store.claim(&grid.runs[0]), Ok(Permit::Busy)));
    let mock = Mock::default();
    let summary = thread::scope(|scope| {
        let scheduler = scope.spawn(|| mocked(folder.path(), &grid, 2, &mock));
        while mock.begun.load(Ordering::Relaxed) < grid.runs.len() - 2 {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(!scheduler.is_finished());
        drop(held);
        scheduler.join().unwrap()
    });
    assert_eq!(summary.done, grid.runs.len());
}

#[test]
fn results_that_cannot_be_kept_end_the_grid_and_lose_nothing() {
    let grid = tiny(&[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &grid).unwrap();
    // A folder where the third run's file is to be written.
    let third = grid.runs[2].key;
    fs::create_dir_all(store.file(third, "tmp").join("full")).unwrap();
    let mock = Mock::default();
    let summary = mocked(folder.path(), &grid, 1, &mock);
    let message = summary.broken.unwrap().to_string();
    assert!(message.contains(&third.to_string()), "{message}");
    assert_eq!((summary.done, mock.begun.load(Ordering::Relaxed)), (2, 3));
    assert_eq!(found(folder.path(), &grid).len(), 2);

    fs::remove_dir_all(store.file(third, "tmp")).unwrap();
    let summary = mocked(folder.path(), &grid, 1, &Mock::default());
    assert_eq!((summary.done, summary.there), (8, 2));
}

/// Trains, and presses Ctrl-C after so many steps of all runs.
#[derive(Debug)]
struct Interrupted {
    trainer: Trainer,
    left: AtomicUsize,
    stop: AtomicBool,
    resumed_at: AtomicUsize,
}

struct Counting<'a>(&'a Interrupted, &'a mut dyn Observer);

impl Observer for Counting<'_> {
    fn step(&mut self, done: usize) -> std::ops::ControlFlow<()> {
        if self.0.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.stop.store(true, Ordering::Relaxed);
        }
        self.1.step(done)
    }

    fn checkpoint(&mut self, take: &dyn Fn() -> Checkpoint) {
        self.1.checkpoint(take);
    }
}

impl Executor for Interrupted {
    fn execute(
        &self,
        run: &ValidRun,
        from: Option<Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Evaluation>, TrainError> {
        let at = from.as_ref().map_or(0, |from| from.done);
        self.resumed_at.store(at, Ordering::Relaxed);
        self.trainer
            .execute(run, from, &mut Counting(self, observer))
    }
}

/// Runs one run of the grid until this many steps are done; how it ended, and where it had begun.
fn interrupted(folder: &Path, grid: &Grid, steps: usize) -> (Summary, usize) {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let executor = Interrupted {
        trainer: Trainer { dataset },
        left: AtomicUsize::new(steps),
        stop: AtomicBool::new(false),
        resumed_at: AtomicUsize::new(0),
    };
    let summary = schedule(folder, grid, 1, &executor, &executor.stop);
    (summary, executor.resumed_at.into_inner())
}

#[test]
fn a_stopped_run_goes_on_where_it_was_to_the_same_result() {
    let mut grid = tiny(&["attacks=[{name: mimic, params: {worker: heuristic}}]"]).unwrap();
    grid.runs.drain(..2);
    grid.runs.truncate(1);
    let evaluations = |folder: &Path| {
        let store = Store::open(folder, &grid).unwrap();
        let record = store.load(&grid.runs[0], &mut |warning| panic!("{warning}"));
        let mut evaluations = record.unwrap().evaluations;
        evaluations
            .iter_mut()
            .for_each(|evaluation| (evaluation.seconds, evaluation.spent) = (0.0, None));
        evaluations
    };
    let whole = tempfile::tempdir().unwrap();
    assert_eq!(interrupted(whole.path(), &grid, 100).0.done, 1);

    let folder = tempfile::tempdir().unwrap();
    for (steps, began) in [(1, 0), (2, 1), (1, 3), (100, 4)] {
        let (summary, at) = interrupted(folder.path(), &grid, steps);
        assert_eq!(at, began);
        assert_eq!(summary.done, usize::from(steps == 100));
        let expected: &[&str] = match steps {
            100 => &["json"],
            _ => &["checkpoint", "lock"],
        };
        assert_eq!(extensions(folder.path()), expected);
    }
    assert_eq!(evaluations(folder.path()), evaluations(whole.path()));
}

#[test]
fn a_checkpoint_that_cannot_be_trusted_is_told_of_and_not_used() {
    let grid = tiny(&[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    interrupted(folder.path(), &grid, 3);
    let store = Store::open(folder.path(), &grid).unwrap();
    let (run, other) = (&grid.runs[0], &grid.runs[1]);
    let path = store.file(run.key, "checkpoint");
    let whole = fs::read(&path).unwrap();
    let load = |run: &Run| {
        let mut warnings = Vec::new();
        let claim = claim(&store, run);
        let checkpoint = claim.resume(&mut |warning| warnings.push(warning));
        (
            checkpoint.unwrap().map(|checkpoint| checkpoint.done),
            warnings,
        )
    };
    assert_eq!(load(run), (Some(3), Vec::new()));
    for cut in [0, 31, 32, 40, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        let (done, warnings) = load(run);
        assert_eq!((done, warnings.len()), (None, 1), "{cut} bytes");
        assert!(warnings[0].contains("cut off") && warnings[0].contains("begins anew"));
    }
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    fs::write(&path, flipped).unwrap();
    assert!(load(run).1[0].contains("damaged"));

    fs::write(store.file(other.key, "checkpoint"), &whole).unwrap();
    let (done, warnings) = load(other);
    assert!(
        done.is_none() && warnings[0].contains("another run's"),
        "{warnings:?}"
    );
}
