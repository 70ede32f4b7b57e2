//! Runs from their first step to their last.

use std::time::Instant;

use data::Dataset;

use super::step::State;
use super::{Checkpoint, Evaluation, Observer, StepTime, ValidRun};
use crate::TrainError;

/// Does one run. The same settings give the same evaluations, but for their `seconds` and `spent`.
///
/// # Errors
/// If the dataset is another one than the settings name, the partition leaves a worker without
/// samples, the device is not in this binary, or the observer stops the run. A loss or parameters
/// that are no longer finite are a result, not an error: the accuracy falls to that of a constant
/// prediction.
pub fn run(
    run: &ValidRun,
    dataset: &Dataset,
    observer: &mut dyn Observer,
) -> Result<Vec<Evaluation>, TrainError> {
    let state = State::new(run, dataset)?;
    finish(state, Clock::new(0.0), Vec::new(), observer)
}

/// Does the rest of a run: the evaluations are those of an uninterrupted one, but for `seconds` and
/// `spent`.
///
/// # Errors
/// As [`run`]; and if the checkpoint is of a run with other settings, as far as its shapes tell.
pub fn resume(
    run: &ValidRun,
    dataset: &Dataset,
    checkpoint: Checkpoint,
    observer: &mut dyn Observer,
) -> Result<Vec<Evaluation>, TrainError> {
    let mut state = State::new(run, dataset)?;
    state.restore(&checkpoint)?;
    let clock = Clock::new(checkpoint.seconds);
    finish(state, clock, checkpoint.evaluations, observer)
}

/// Does a run's steps one by one, without evaluations, and says what each took: for benchmarks. It
/// has no end.
///
/// # Errors
/// As [`run`].
pub fn timed_steps<'a>(
    run: &'a ValidRun,
    dataset: &'a Dataset,
) -> Result<impl Iterator<Item = Result<StepTime, TrainError>> + 'a, TrainError> {
    let mut state = State::new(run, dataset)?;
    Ok(std::iter::repeat_with(move || state.step()))
}

fn finish(
    mut state: State<'_>,
    clock: Clock,
    mut evaluations: Vec<Evaluation>,
    observer: &mut dyn Observer,
) -> Result<Vec<Evaluation>, TrainError> {
    let (steps, every) = (state.spec().steps, state.spec().evaluate_every);
    let mut stopped = false;
    loop {
        let done = state.done;
        let due = done.is_multiple_of(every) || done == steps;
        if due && evaluations.last().is_none_or(|last| last.step != done) {
            let evaluation = state.evaluate(clock.seconds())?;
            observer.evaluation(&evaluation);
            evaluations.push(evaluation);
        }
        if done == steps {
            return Ok(evaluations);
        }
        observer.checkpoint(&|| state.checkpoint(clock.seconds(), &evaluations));
        if stopped {
            return Err(TrainError::Stopped(done));
        }
        state.step()?;
        observer.vectors(&state.vectors());
        stopped = observer.step(state.done).is_break();
    }
}

/// Time spent on a run, before and since it was resumed.
struct Clock {
    before: f64,
    start: Instant,
}

impl Clock {
    fn new(before: f64) -> Self {
        Self {
            before,
            start: Instant::now(),
        }
    }

    fn seconds(&self) -> f64 {
        self.before + self.start.elapsed().as_secs_f64()
    }
}
