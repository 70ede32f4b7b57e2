//! What is measured between two steps.

use super::Evaluation;
use super::step::State;
use crate::TrainError;

impl State<'_> {
    /// Scores θ, and records the last step. The mean loss starts anew.
    pub(super) fn evaluate(&mut self, seconds: f64) -> Result<Evaluation, TrainError> {
        let count = self.run.test_samples(self.dataset);
        let score = self
            .engine
            .evaluate(&self.theta, &self.dataset.test, count)?;
        let finite = |value: f64| value.is_finite().then_some(value);
        let (sum, losses) = std::mem::take(&mut self.losses);
        let last = self.last.as_ref();
        let clipped = last.and_then(|last| self.clipped(last.trace.clipped.as_deref()?));
        Ok(Evaluation {
            step: self.done,
            test_accuracy: score.accuracy,
            test_loss: finite(score.loss),
            train_loss: finite(sum / losses as f64),
            clip_threshold: last.and_then(|last| last.trace.clip_threshold),
            clipped_honest: clipped.map(|(honest, _)| honest),
            clipped_byzantine: clipped.map(|(_, byzantine)| byzantine),
            aggregate_error: last.and_then(|_| finite(self.aggregate_error())),
            tau: last.and_then(|last| last.tau),
            seconds,
            spent: Some(self.spent),
        })
    }

    /// How many of the honest and of the Byzantine workers' vectors were clipped; `None` where
    /// there isn't an entry for each worker.
    fn clipped(&self, of_workers: &[bool]) -> Option<(usize, usize)> {
        let (honest, byzantine) = of_workers.split_at_checked(self.spec().honest)?;
        let count = |clipped: &[bool]| clipped.iter().filter(|&&clipped| clipped).count();
        (byzantine.len() == self.spec().f).then(|| (count(honest), count(byzantine)))
    }

    /// ‖F(..) − mean of the honest vectors‖ at the last step.
    fn aggregate_error(&self) -> f64 {
        let (d, honest) = (self.theta.len(), self.spec().honest);
        let squares = self
            .aggregate
            .iter()
            .enumerate()
            .map(|(column, &aggregate)| {
                let sum: f64 = (0..honest)
                    .map(|worker| f64::from(self.rows[worker * d + column]))
                    .sum();
                (f64::from(aggregate) - sum / honest as f64).powi(2)
            });
        squares.sum::<f64>().sqrt()
    }
}
