//! The burn engine: automatic differentiation on any [`burn`] device.

use std::ops::Range;

use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::kernel::Fold;
use super::{Batch, Engine, Rows, Score, Theta, loss, streams};
use crate::TrainError;
use crate::layers::Shape;
use crate::networks::Network;

/// Samples in one evaluation pass.
const EVALUATION: usize = 250;

/// The burn engine: automatic differentiation on any [`burn`] device.
///
/// Parameters have a worker axis, and workers' mini-batches stand side by side as groups of
/// channels, so that one pass gives every worker's own gradient: grouped convolutions and batched
/// products. This is what runs on LibTorch and CUDA, all workers at once. One worker at a time and
/// in f64, it is the oracle of the [CPU engine](super::Cohort).
#[derive(Debug)]
pub struct Autodiff {
    network: Network,
    device: Device,
    dtype: DType,
    at_once: usize,
    statistics: Vec<f32>,
}

/// A layer's weight or bias, with its place in θ.
struct Leaf {
    start: usize,
    /// `[workers, parameters]`.
    values: Tensor<2>,
}

/// Weight and bias of a layer, as far as it has them.
struct Leaves {
    weight: Option<Leaf>,
    bias: Option<Leaf>,
}

/// What a layer has beside its input, `[batch, workers · channels, height, width]`; features are
/// `[batch, workers, 1, features]`.
pub(crate) struct TensorPass<'a> {
    pub(crate) workers: usize,
    /// One sample of one worker.
    pub(crate) input: Shape,
    /// The layer's running statistics.
    pub(crate) statistics: &'a mut [f32],
    /// In training, these workers' random numbers.
    pub(crate) training: Option<&'a mut [ChaCha8Rng]>,
    leaves: &'a Leaves,
    device: &'a Device,
    dtype: DType,
}

impl TensorPass<'_> {
    /// The workers' weights.
    ///
    /// # Panics
    /// If the layer declares none.
    pub(crate) fn weight<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        reshaped(self.leaves.weight.as_ref(), shape)
    }

    /// The workers' biases.
    ///
    /// # Panics
    /// If the layer declares none.
    pub(crate) fn bias<const D: usize>(&self, shape: [usize; D]) -> Tensor<D> {
        reshaped(self.leaves.bias.as_ref(), shape)
    }

    /// A tensor of these values.
    pub(crate) fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (self.device, self.dtype))
    }
}

fn reshaped<const D: usize>(leaf: Option<&Leaf>, shape: [usize; D]) -> Tensor<D> {
    let leaf = leaf.expect("a layer reads only parameters that it declares");
    leaf.values.clone().reshape(shape)
}

impl Autodiff {
    /// An engine for this network on this device, computing in f32 or, as the tests' oracle, f64,
    /// with so many workers in one pass, at least one.
    #[must_use]
    pub fn new(network: Network, device: Device, dtype: DType, at_once: usize) -> Self {
        Self {
            statistics: network.initial_statistics(),
            network,
            device,
            dtype,
            at_once: at_once.max(1),
        }
    }

    /// Each layer's parameters, of each of these workers.
    fn leaves(
        &self,
        theta: Theta<'_>,
        workers: &Range<usize>,
        device: &Device,
        tracked: bool,
    ) -> Vec<Leaves> {
        let rows: Vec<&[f32]> = theta
            .groups(workers.clone())
            .map(|run| theta.worker(run.start))
            .collect();
        let leaf = |range: &Range<usize>| {
            if range.is_empty() {
                return None;
            }
            let values: Vec<f32> = rows
                .iter()
                .flat_map(|row| &row[range.clone()])
                .copied()
                .collect();
            let values = TensorData::new(values, [rows.len(), range.len()]);
            let values = Tensor::<2>::from_data(values, (device, self.dtype));
            let values = values.repeat_dim(0, workers.len() / rows.len());
            Some(Leaf {
                start: range.start,
                values: if tracked {
                    values.require_grad()
                } else {
                    values
                },
            })
        };
        let layers = self.network.layers().iter();
        let leaves = layers.map(|placed| Leaves {
            weight: leaf(&placed.weight),
            bias: leaf(&placed.bias),
        });
        leaves.collect()
    }

    /// Log-probabilities `[batch, workers, classes]` of images `[batch, workers · channels,
    /// height, width]`; in training with the workers' random numbers, which also moves the running
    /// statistics.
    fn forward(
        &mut self,
        leaves: &[Leaves],
        images: Tensor<4>,
        workers: usize,
        mut training: Option<&mut [ChaCha8Rng]>,
    ) -> Tensor<3> {
        let device = images.device();
        let batch = images.dims()[0];
        let mut x = images;
        for (placed, leaves) in self.network.layers().iter().zip(leaves) {
            let pass = TensorPass {
                workers,
                input: placed.input,
                statistics: &mut self.statistics[placed.statistics.clone()],
                training: training.as_deref_mut(),
                leaves,
                device: &device,
                dtype: self.dtype,
            };
            x = placed.layer.definition().tensors(x, pass);
        }
        log_softmax(x.reshape([batch, workers, self.network.classes()]), 2)
    }

    /// The sum of these workers' mean losses, and their gradients: the place in θ where each
    /// starts, and `[workers, parameters]`.
    fn gradients_of(
        &mut self,
        theta: Theta<'_>,
        workers: &Range<usize>,
        images: &[f32],
        labels: &[u8],
        streams: &mut [ChaCha8Rng],
    ) -> (f64, Vec<(usize, Vec<f32>)>) {
        let device = self.device.clone().autodiff();
        let (count, batch) = (workers.len(), labels.len() / workers.len());
        let leaves = self.leaves(theta, workers, &device, true);
        let [channels, height, width] = self.network.input();
        let images = self
            .tensor(images, &device)
            .reshape([count, batch, channels, height * width])
            .swap_dims(0, 1)
            .reshape([batch, count * channels, height, width]);
        let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
        let labels = TensorData::new(labels, [count, batch]);
        let labels = Tensor::<2, Int>::from_data(labels, &device);
        let labels = labels.transpose().reshape([batch, count, 1]);
        let loss = self
            .forward(&leaves, images, count, Some(streams))
            .gather(2, labels)
            .sum()
            .div_scalar(batch as f64)
            .neg();
        let mut gradients = loss.backward();
        let leaves = leaves.iter().flat_map(|both| [&both.weight, &both.bias]);
        let gradients = leaves
            .flatten()
            .map(|leaf| {
                let gradient = leaf.values.grad_remove(&mut gradients);
                let gradient = gradient.expect("every leaf takes part in the loss");
                (leaf.start, floats(gradient))
            })
            .collect();
        (f64::from(floats(loss.inner())[0]), gradients)
    }

    fn tensor(&self, images: &[f32], device: &Device) -> Tensor<4> {
        let [channels, height, width] = self.network.input();
        let samples = images.len() / (channels * height * width);
        let data = TensorData::new(images.to_vec(), [samples, channels, height, width]);
        Tensor::from_data(data, (device, self.dtype))
    }
}

impl Engine for Autodiff {
    fn gradients(
        &mut self,
        theta: Theta<'_>,
        batch: &Batch<'_>,
        rows: Rows<'_>,
        mut flipped: Option<&mut [f32]>,
    ) -> Result<f64, TrainError> {
        let (d, classes) = (self.network.parameters(), self.network.classes());
        let pixels = batch.images.len() / batch.workers;
        let fold = Fold {
            keep: rows.keep,
            scale: rows.scale,
        };
        let mut streams: Vec<_> = streams(batch.seed, batch.step, batch.workers).collect();
        let mut total = 0.0;
        if let Some(mean) = &mut flipped {
            mean.fill(0.0);
        }
        let at_once = self.at_once.min(batch.workers);
        let parts = streams
            .chunks_mut(at_once)
            .zip(rows.values.chunks_mut(at_once * d))
            .zip(batch.images.chunks(at_once * pixels))
            .zip(batch.labels.chunks(at_once * batch.size));
        for (first, (((streams, rows_of), images), labels)) in (0..).step_by(at_once).zip(parts) {
            let workers = first..first + streams.len();
            let mut replay = streams.to_vec();
            let (loss, gradients) = self.gradients_of(theta, &workers, images, labels, streams);
            total += loss;
            for (start, gradients) in gradients {
                let width = gradients.len() / workers.len();
                let each = rows_of.chunks_mut(d).zip(gradients.chunks(width));
                for (row, gradient) in each {
                    for (to, &gradient) in row[start..].iter_mut().zip(gradient) {
                        fold.add(to, gradient);
                    }
                }
            }
            if let Some(mean) = &mut flipped {
                // One forward pass in truth: the same dropout, and statistics that move once.
                let statistics = self.statistics.clone();
                let labels: Vec<u8> = labels
                    .iter()
                    .map(|&label| (classes - 1 - usize::from(label)) as u8)
                    .collect();
                let (_, gradients) =
                    self.gradients_of(theta, &workers, images, &labels, &mut replay);
                self.statistics = statistics;
                for (start, gradients) in gradients {
                    let width = gradients.len() / workers.len();
                    for gradient in gradients.chunks(width) {
                        for (to, gradient) in mean[start..].iter_mut().zip(gradient) {
                            *to += gradient / batch.workers as f32;
                        }
                    }
                }
            }
        }
        Ok(total / batch.workers as f64)
    }

    fn evaluate(
        &mut self,
        theta: &[f32],
        samples: &data::Samples,
        count: usize,
    ) -> Result<Score, TrainError> {
        let device = self.device.clone();
        let leaves = self.leaves(Theta::shared(theta), &(0..1), &device, false);
        let classes = self.network.classes();
        let pixels = self.network.input().iter().product::<usize>();
        let (mut total, mut correct) = (0.0, 0_usize);
        let indices: Vec<usize> = (0..count).collect();
        for indices in indices.chunks(EVALUATION) {
            let mut images = vec![0.0; indices.len() * pixels];
            samples.fill(indices, &mut images);
            let images = self.tensor(&images, &device);
            let scores = floats(self.forward(&leaves, images, 1, None));
            for (scores, &index) in scores.chunks_exact(classes).zip(indices) {
                let label = usize::from(samples.labels()[index]);
                total -= f64::from(scores[label]);
                correct += usize::from(loss::predicts(scores, label));
            }
        }
        let count = count as f64;
        Ok(Score {
            loss: total / count,
            accuracy: correct as f64 / count,
        })
    }

    fn running_statistics(&self) -> &[f32] {
        &self.statistics
    }

    fn running_statistics_mut(&mut self) -> &mut [f32] {
        &mut self.statistics
    }
}

/// A tensor's numbers.
pub(crate) fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data_as::<f32>()
        .try_into_vec()
        .expect("converted to f32 just now")
}
