//! What a run records.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is measured at one step. A number that does not exist, such as the threshold of a pipeline
/// that does not clip or a loss that is no longer finite, is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Steps done.
    pub step: usize,
    /// Share of correct predictions on the test samples, in [0, 1].
    pub test_accuracy: f64,
    /// Mean negative log-likelihood on the test samples.
    pub test_loss: Option<f64>,
    /// Mean mini-batch loss of the honest workers over the steps since the last evaluation.
    pub train_loss: Option<f64>,
    /// C of ARC or static clipping at the last step.
    pub clip_threshold: Option<f64>,
    /// Honest workers' vectors scaled down at the last step; `None` also where what is clipped is
    /// no worker's vector, as the mean of a bucket.
    pub clipped_honest: Option<usize>,
    /// Byzantine workers' vectors scaled down at the last step, as `clipped_honest`.
    pub clipped_byzantine: Option<usize>,
    /// ‖F(..) − mean of the honest vectors‖ at the last step.
    pub aggregate_error: Option<f64>,
    /// The factor that an optimised attack chose at the last step.
    pub tau: Option<f64>,
    /// Wall-clock time spent on the run so far; with `spent`, all that differs between two runs.
    pub seconds: f64,
    /// What the steps so far took of it; `None` in records from before it was kept.
    #[serde(default)]
    pub spent: Option<Spent>,
}

/// Wall-clock seconds of all steps so far, by phase as in [`StepTime`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Mini-batches, the honest workers' gradients and momenta.
    pub gradients: f64,
    /// The Byzantine vectors.
    pub attack: f64,
    /// Pre-aggregators and aggregator.
    pub aggregation: f64,
    /// The server's step.
    pub update: f64,
}

impl Spent {
    pub(super) fn add(&mut self, step: &StepTime) {
        self.gradients += step.gradients.as_secs_f64();
        self.attack += step.attack.as_secs_f64();
        self.aggregation += step.aggregation.as_secs_f64();
        self.update += step.update.as_secs_f64();
    }
}

/// Wall-clock time of one step, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTime {
    /// Mini-batches, the honest workers' gradients and momenta.
    pub gradients: Duration,
    /// The Byzantine vectors.
    pub attack: Duration,
    /// Pre-aggregators and aggregator.
    pub aggregation: Duration,
    /// The server's step.
    pub update: Duration,
}

impl StepTime {
    /// All phases.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.gradients + self.attack + self.aggregation + self.update
    }
}

/// The vectors of one step.
#[derive(Debug, Clone, Copy)]
pub struct Vectors<'a> {
    /// θ after the step, `[d]`.
    pub theta: &'a [f32],
    /// What the honest workers sent, `[n − f, d]`.
    pub honest: &'a [f32],
    /// What the Byzantine workers sent, `[f, d]`.
    pub byzantine: &'a [f32],
    /// What the pipeline made of both, `[d]`.
    pub aggregate: &'a [f32],
}
