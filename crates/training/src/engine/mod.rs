//! What computes every honest worker's gradient, and evaluates parameters.
//!
//! There are two engines: [`Cohort`] on the CPU, and [`Autodiff`] on any device of [`burn`]. Both
//! read the same network, draw the same dropout, and keep the same running statistics.

pub(crate) mod autodiff;
mod cohort;
mod devices;
mod driver;
pub(crate) mod kernel;
mod loss;
pub(crate) mod matrix;
mod stages;
mod theta;

pub use autodiff::Autodiff;
pub use cohort::Cohort;
use data::rng::{Purpose, stream};
pub(crate) use devices::engine;
use rand_chacha::ChaCha8Rng;
pub use theta::Theta;

use crate::TrainError;

/// One step's mini-batches of all honest workers, worker after worker.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// `[workers · size, channels, height, width]`, normalised.
    pub images: &'a [f32],
    /// `[workers · size]`.
    pub labels: &'a [u8],
    /// Number of workers.
    pub workers: usize,
    /// Samples per worker, b.
    pub size: usize,
    /// Seed of the run and number of the step: what dropout draws from.
    pub seed: u64,
    /// See `seed`.
    pub step: u64,
}

/// Where the workers' gradients g_i go: `row_i ← keep·row_i + scale·g_i`, so that a worker's
/// momentum is folded in by the very product that makes its gradient.
#[derive(Debug)]
pub struct Rows<'a> {
    /// `[workers, d]`.
    pub values: &'a mut [f32],
    /// β of the momentum, 0 to overwrite.
    pub keep: f32,
    /// 1 − β, or 1.
    pub scale: f32,
}

/// Mean negative log-likelihood and share of correct predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Mean over the samples.
    pub loss: f64,
    /// In [0, 1].
    pub accuracy: f64,
}

/// Gradients of the mean negative log-likelihood, and evaluation.
pub trait Engine {
    /// Adds every worker's gradient of its own mini-batch's mean loss to its row, and returns the
    /// mean loss over the workers. With `flipped`, writes the mean over the workers of their
    /// gradients on the labels `classes − 1 − y` there, `[d]`.
    ///
    /// # Errors
    /// If the device fails.
    fn gradients(
        &mut self,
        theta: Theta<'_>,
        batch: &Batch<'_>,
        rows: Rows<'_>,
        flipped: Option<&mut [f32]>,
    ) -> Result<f64, TrainError>;

    /// Scores θ on the first `count` samples, at least one, without dropout and with batch
    /// normalisation's running statistics.
    ///
    /// # Errors
    /// If the device fails.
    fn evaluate(
        &mut self,
        theta: &[f32],
        samples: &data::Samples,
        count: usize,
    ) -> Result<Score, TrainError>;

    /// Running statistics, of each layer in turn: all that an engine keeps from step to step.
    fn running_statistics(&self) -> &[f32];

    /// The same, to go on from another engine's of the same network.
    fn running_statistics_mut(&mut self) -> &mut [f32];
}

/// Each worker's random numbers in this step: its layers draw from them in turn.
fn streams(seed: u64, step: u64, workers: usize) -> impl Iterator<Item = ChaCha8Rng> {
    (0..workers as u64).map(move |worker| stream(seed, Purpose::Dropout, worker, step))
}
