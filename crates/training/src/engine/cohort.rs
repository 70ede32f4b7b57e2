//! The CPU engine: every worker's own gradient from one pass over the whole cohort.

use rand_chacha::ChaCha8Rng;

use super::driver::Driver;
use super::kernel::{Size, Target};
use super::{Batch, Engine, Rows, Score, Theta, loss, streams};
use crate::TrainError;
use crate::networks::Network;

/// Samples in one evaluation pass are this many workers' worth of this size.
const EVALUATION: Size = Size {
    workers: 10,
    batch: 25,
};

/// The CPU engine: every worker's own gradient from one pass over the whole cohort.
///
/// The workers' mini-batches go through the network together: activations layer by layer, then one
/// backward pass for their gradients, and the parameters' gradients worker by worker, straight into
/// the n × d matrix that the pipeline reads. Nothing is allocated per step, but for the buffers of
/// the `gemm` crate. Vectors are AVX2 or AVX-512, found at run time; all is on one thread, as a
/// grid uses the cores by several runs.
///
/// The tests compare it with automatic differentiation, one worker at a time and in f64
/// ([`Autodiff`](super::Autodiff)).
///
/// ```
/// use training::Architecture;
/// use training::engine::{Batch, Cohort, Engine, Rows, Theta};
///
/// let network = Architecture::MlpDigits.network();
/// let (d, theta) = (network.parameters(), vec![0.0; network.parameters()]);
/// let batch = Batch {
///     images: &[0.5; 2 * 3 * 64],
///     labels: &[0, 1, 2, 3, 4, 5],
///     workers: 2,
///     size: 3,
///     seed: 1,
///     step: 0,
/// };
/// let mut gradients = vec![0.0; 2 * d];
/// let rows = Rows { values: &mut gradients, keep: 0.0, scale: 1.0 };
/// let loss = Cohort::new(&network).gradients(Theta::shared(&theta), &batch, rows, None)?;
/// assert!((loss - 10.0_f64.ln()).abs() < 1e-6);
/// # Ok::<(), training::TrainError>(())
/// ```
#[derive(Debug)]
pub struct Cohort {
    driver: Driver,
    input: [usize; 3],
    classes: usize,
    parameters: usize,
    streams: Vec<ChaCha8Rng>,
}

/// Whose labels the gradient is taken on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    True,
    Flipped,
}

impl Cohort {
    /// An engine for this network.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        Self {
            driver: Driver::new(network),
            input: network.input(),
            classes: network.classes(),
            parameters: network.parameters(),
            streams: Vec::new(),
        }
    }

    /// Copies images `[sample, channel, pixel]` to each worker's `[channel, sample, pixel]`.
    fn load(&mut self, images: &[f32]) {
        let [channels, height, width] = self.input;
        let (batch, pixels) = (self.driver.size.batch, height * width);
        let each = batch * channels * pixels;
        let workers = self.driver.input().chunks_exact_mut(each);
        for (to, from) in workers.zip(images.chunks_exact(each)) {
            for (sample, image) in from.chunks_exact(channels * pixels).enumerate() {
                for (channel, image) in image.chunks_exact(pixels).enumerate() {
                    to[(channel * batch + sample) * pixels..][..pixels].copy_from_slice(image);
                }
            }
        }
    }

    /// Writes the gradient of each worker's mean loss, and returns the mean loss.
    fn loss(&mut self, labels: &[u8], which: Labels) -> f64 {
        let (size, classes) = (self.driver.size, self.classes);
        let (logits, gradients) = self.driver.logits_and_gradient();
        let mut total = 0.0;
        let rows = logits.chunks_exact(classes).zip(labels);
        for ((logits, &label), gradient) in rows.zip(gradients.chunks_exact_mut(classes)) {
            let label = match which {
                Labels::True => usize::from(label),
                Labels::Flipped => classes - 1 - usize::from(label),
            };
            total += loss::gradient(logits, label, 1.0 / size.batch as f32, gradient);
        }
        total / size.samples() as f64
    }
}

impl Engine for Cohort {
    fn gradients(
        &mut self,
        theta: Theta<'_>,
        batch: &Batch<'_>,
        rows: Rows<'_>,
        flipped: Option<&mut [f32]>,
    ) -> Result<f64, TrainError> {
        let workers = batch.workers;
        self.driver.reserve(Size {
            workers,
            batch: batch.size,
        });
        self.load(batch.images);
        self.streams.clear();
        self.streams
            .extend(streams(batch.seed, batch.step, workers));
        self.driver.forward(theta, Some(&mut self.streams));
        let loss = self.loss(batch.labels, Labels::True);
        let width = self.parameters;
        self.driver.backward(theta, Target::Rows { rows, width });
        if let Some(values) = flipped {
            self.loss(batch.labels, Labels::Flipped);
            self.driver
                .backward(theta, Target::Mean { values, workers });
        }
        Ok(loss)
    }

    fn evaluate(
        &mut self,
        theta: &[f32],
        samples: &data::Samples,
        count: usize,
    ) -> Result<Score, TrainError> {
        let size = Size {
            workers: EVALUATION.workers.min(count.div_ceil(EVALUATION.batch)),
            ..EVALUATION
        };
        self.driver.reserve(size);
        let mut images = vec![0.0; size.samples() * self.input.iter().product::<usize>()];
        let (mut loss, mut correct) = (0.0, 0_usize);
        let (labels, last) = (&samples.labels()[..count], count - 1);
        for start in (0..count).step_by(size.samples()) {
            // The last pass is filled up with a sample that no one counts.
            let indices: Vec<usize> = (start..start + size.samples())
                .map(|index| index.min(last))
                .collect();
            samples.fill(&indices, &mut images);
            self.load(&images);
            self.driver.forward(Theta::shared(theta), None);
            let logits = self.driver.logits().chunks_exact(self.classes);
            for (logits, &label) in logits.zip(&labels[start..]) {
                loss += loss::value(logits, usize::from(label));
                correct += usize::from(loss::predicts(logits, usize::from(label)));
            }
        }
        let count = count as f64;
        Ok(Score {
            loss: loss / count,
            accuracy: correct as f64 / count,
        })
    }

    fn running_statistics(&self) -> &[f32] {
        &self.driver.statistics
    }

    fn running_statistics_mut(&mut self) -> &mut [f32] {
        &mut self.driver.statistics
    }
}
