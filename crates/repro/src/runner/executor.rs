//! What does one run.

use training::{Checkpoint, Evaluation, Observer, TrainError, ValidRun};

/// Does one run; a trait so that tests can schedule runs that take no time.
pub trait Executor: Sync + std::fmt::Debug {
    /// Does the run, or the rest of it, telling `observer` of each step.
    ///
    /// # Errors
    /// As the run reports it.
    fn execute(
        &self,
        run: &ValidRun,
        from: Option<Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Evaluation>, TrainError>;
}

/// Trains, on a dataset that all runs share.
#[derive(Debug)]
pub struct Trainer {
    /// What is trained and tested on.
    pub dataset: data::Dataset,
}

impl Executor for Trainer {
    fn execute(
        &self,
        run: &ValidRun,
        from: Option<Checkpoint>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Evaluation>, TrainError> {
        match from {
            Some(checkpoint) => training::resume(run, &self.dataset, checkpoint, observer),
            None => training::run(run, &self.dataset, observer),
        }
    }
}
