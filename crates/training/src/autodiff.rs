//! The burn engine: automatic differentiation on any [`burn`] device.
//!
//! The parameters are repeated along a worker axis, and workers' mini-batches stand side by side as
//! groups of channels, so that one pass gives every worker's own gradient: grouped convolutions and
//! batched products. This is what runs on LibTorch and CUDA, all workers at once. One worker at a
//! time and in f64, it is the oracle of the [cohort engine](crate::cohort).

use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::module::{batch_norm, batch_norm_train, conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use crate::TrainError;
use crate::dropout;
use crate::engine::{Batch, Engine, Rows, Score};
use crate::model::{Layer, Model};

const EPSILON: f64 = 1e-5;
const MOMENTUM: f32 = 0.1;
/// Samples in one evaluation pass.
const EVALUATION: usize = 250;

/// See the [module documentation](self).
#[derive(Debug)]
pub struct Autodiff {
    model: Model,
    device: Device,
    dtype: DType,
    at_once: usize,
    running: Vec<f32>,
}

/// Some parameters of one layer, with their place in θ.
struct Leaf {
    start: usize,
    /// `[workers, parameters]`.
    values: Tensor<2>,
}

impl Autodiff {
    /// An engine for this network on this device, computing in f32 or, as the tests' oracle, f64,
    /// with so many workers in one pass, at least one.
    #[must_use]
    pub fn new(model: Model, device: Device, dtype: DType, at_once: usize) -> Self {
        let norms = model
            .layers()
            .iter()
            .filter(|placed| placed.layer == Layer::BatchNorm2d);
        let running = norms
            .flat_map(|placed| {
                let channels = placed.input[0];
                [vec![0.0; channels], vec![1.0; channels]].concat()
            })
            .collect();
        Self {
            model,
            device,
            dtype,
            at_once: at_once.max(1),
            running,
        }
    }

    fn input(&self) -> [usize; 3] {
        self.model.layers()[0].input
    }

    /// Weight and bias of each layer that has any, for each of these workers.
    fn leaves(&self, theta: &[f32], device: &Device, workers: usize, tracked: bool) -> Vec<Leaf> {
        let layers = self.model.layers().iter();
        let ranges = layers
            .flat_map(|placed| [placed.weight.clone(), placed.bias.clone()])
            .filter(|range| !range.is_empty());
        ranges
            .map(|range| {
                let start = range.start;
                let values = TensorData::new(theta[range.clone()].to_vec(), [1, range.len()]);
                let values = Tensor::<2>::from_data(values, (device, self.dtype));
                let values = values.repeat_dim(0, workers);
                Leaf {
                    start,
                    values: if tracked {
                        values.require_grad()
                    } else {
                        values
                    },
                }
            })
            .collect()
    }

    /// Log-probabilities `[samples, workers, classes]` of images `[samples, workers · channels,
    /// height, width]`; in training with the workers' dropout streams, which also moves the running
    /// statistics.
    fn forward(
        &mut self,
        leaves: &[Leaf],
        images: Tensor<4>,
        mut training: Option<&mut [ChaCha8Rng]>,
    ) -> Tensor<3> {
        let device = images.device();
        let batch = images.dims()[0];
        let workers = leaves.first().map_or(1, |leaf| leaf.values.dims()[0]);
        let mut leaves = leaves.iter().map(|leaf| leaf.values.clone());
        let mut next = || {
            leaves
                .next()
                .expect("two leaves for every layer with parameters")
        };
        let (mut x, mut norm) = (images, 0);
        for placed in self.model.layers() {
            let [channels, height, width] = placed.input;
            let features = channels * height * width;
            x = match placed.layer {
                Layer::Conv2d {
                    outputs,
                    kernel,
                    padding,
                } => {
                    let weight = next().reshape([workers * outputs, channels, kernel, kernel]);
                    let bias = next().reshape([workers * outputs]);
                    let padding = [padding, padding];
                    let options = ConvOptions::new([1, 1], padding, [1, 1], workers);
                    conv2d(x, weight, Some(bias), options)
                }
                Layer::Relu => relu(x),
                Layer::BatchNorm2d => {
                    let [weight, bias] = [next(), next()].map(|leaf| leaf.reshape([-1]));
                    let running = &mut self.running[norm..norm + 2 * channels];
                    norm += 2 * channels;
                    if training.is_some() {
                        // Each group of channels has one worker's statistics.
                        let out = batch_norm_train(x, weight, bias, EPSILON);
                        let count = (batch * height * width) as f32;
                        let unbiased = count / (count - 1.0).max(1.0);
                        let (means, variances) = (floats(out.mean), floats(out.variance));
                        let workers = means.chunks(channels).zip(variances.chunks(channels));
                        for (means, variances) in workers {
                            let means = means.iter().copied();
                            let variances = variances.iter().map(|v| v * unbiased);
                            for (running, new) in running.iter_mut().zip(means.chain(variances)) {
                                *running += MOMENTUM * (new - *running);
                            }
                        }
                        out.output
                    } else {
                        let (mean, variance) = running.split_at(channels);
                        let options = (&device, self.dtype);
                        let tensor = |values: &[f32]| Tensor::<1>::from_data(values, options);
                        batch_norm(x, weight, bias, tensor(mean), tensor(variance), EPSILON)
                    }
                }
                Layer::MaxPool2d => max_pool2d(x, MaxPoolOptions::new([2, 2])),
                Layer::Dropout(probability) => match training.as_deref_mut() {
                    None => x,
                    Some(streams) => {
                        let mut mask = vec![0.0; workers * batch * features];
                        for (mask, rng) in mask.chunks_mut(batch * features).zip(streams) {
                            let shape = [batch, channels, height * width];
                            dropout::fill(mask, shape, probability, rng);
                        }
                        let mask =
                            TensorData::new(mask, [workers * channels, batch, height, width]);
                        x * Tensor::<4>::from_data(mask, (&device, self.dtype)).swap_dims(0, 1)
                    }
                },
                Layer::Flatten => x.reshape([batch, workers, 1, features]),
                Layer::Linear { outputs } => {
                    let weight = next().reshape([workers, outputs, features]);
                    let x = x.reshape([batch, workers, features]).swap_dims(0, 1);
                    let product = x.matmul(weight.swap_dims(1, 2));
                    let sum = product + next().reshape([workers, 1, outputs]);
                    let sum = sum.swap_dims(0, 1);
                    sum.reshape([batch, workers, 1, outputs])
                }
            };
        }
        log_softmax(x.reshape([batch, workers, self.model.classes()]), 2)
    }

    /// The sum of these workers' mean losses, and their gradients: by leaf, `[workers, parameters]`.
    fn gradients_of(
        &mut self,
        theta: &[f32],
        images: &[f32],
        labels: &[u8],
        streams: &mut [ChaCha8Rng],
    ) -> (f64, Vec<(usize, Vec<f32>)>) {
        let device = self.device.clone().autodiff();
        let (workers, batch) = (streams.len(), labels.len() / streams.len());
        let leaves = self.leaves(theta, &device, workers, true);
        let [channels, height, width] = self.input();
        let images = self
            .tensor(images, &device)
            .reshape([workers, batch, channels, height * width])
            .swap_dims(0, 1)
            .reshape([batch, workers * channels, height, width]);
        let labels: Vec<i64> = labels.iter().map(|&label| i64::from(label)).collect();
        let labels = TensorData::new(labels, [workers, batch]);
        let labels = Tensor::<2, Int>::from_data(labels, &device);
        let labels = labels.transpose().reshape([batch, workers, 1]);
        let loss = self
            .forward(&leaves, images, Some(streams))
            .gather(2, labels)
            .sum()
            .div_scalar(batch as f64)
            .neg();
        let mut gradients = loss.backward();
        let gradients = leaves
            .iter()
            .map(|leaf| {
                let gradient = leaf.values.grad_remove(&mut gradients);
                (
                    leaf.start,
                    floats(gradient.expect("every leaf takes part in the loss")),
                )
            })
            .collect();
        (f64::from(floats(loss.inner())[0]), gradients)
    }

    fn tensor(&self, images: &[f32], device: &Device) -> Tensor<4> {
        let [channels, height, width] = self.input();
        let samples = images.len() / (channels * height * width);
        let data = TensorData::new(images.to_vec(), [samples, channels, height, width]);
        Tensor::from_data(data, (device, self.dtype))
    }
}

impl Engine for Autodiff {
    fn gradients(
        &mut self,
        theta: &[f32],
        batch: &Batch<'_>,
        rows: Rows<'_>,
        mut flipped: Option<&mut [f32]>,
    ) -> Result<f64, TrainError> {
        let (d, last) = (theta.len(), self.model.classes() as u8 - 1);
        let pixels = batch.images.len() / batch.workers;
        let mut streams = dropout::streams(batch.seed, batch.step, batch.workers);
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
        for (((streams, rows_of), images), labels) in parts {
            let mut replay = streams.to_vec();
            let (loss, gradients) = self.gradients_of(theta, images, labels, streams);
            total += loss;
            for (start, gradients) in gradients {
                let width = gradients.len() / streams.len();
                let workers = rows_of.chunks_mut(d).zip(gradients.chunks(width));
                for (row, gradient) in workers {
                    for (to, gradient) in row[start..].iter_mut().zip(gradient) {
                        let kept = if rows.keep == 0.0 {
                            0.0
                        } else {
                            rows.keep * *to
                        };
                        *to = kept + rows.scale * gradient;
                    }
                }
            }
            if let Some(mean) = &mut flipped {
                // One forward pass in truth: the same dropout, and statistics that move once.
                let running = self.running.clone();
                let labels: Vec<u8> = labels.iter().map(|label| last - label).collect();
                let (_, gradients) = self.gradients_of(theta, images, &labels, &mut replay);
                self.running = running;
                for (start, gradients) in gradients {
                    let width = gradients.len() / replay.len();
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
        let leaves = self.leaves(theta, &device, 1, false);
        let classes = self.model.classes();
        let (mut loss, mut correct) = (0.0, 0_usize);
        let indices: Vec<usize> = (0..count).collect();
        for indices in indices.chunks(EVALUATION) {
            let mut images = vec![0.0; indices.len() * self.input().iter().product::<usize>()];
            samples.fill(indices, &mut images);
            let images = self.tensor(&images, &device);
            let scores = floats(self.forward(&leaves, images, None));
            for (scores, &index) in scores.chunks_exact(classes).zip(indices) {
                let label = usize::from(samples.labels()[index]);
                loss -= f64::from(scores[label]);
                correct += usize::from(crate::loss::predicts(scores, label));
            }
        }
        let count = count as f64;
        Ok(Score {
            loss: loss / count,
            accuracy: correct as f64 / count,
        })
    }

    fn running_statistics(&self) -> &[f32] {
        &self.running
    }

    fn running_statistics_mut(&mut self) -> &mut [f32] {
        &mut self.running
    }
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data_as::<f32>()
        .try_into_vec()
        .expect("converted to f32 just now")
}
