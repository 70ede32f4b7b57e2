//! Batch normalisation.

use burn::tensor::Tensor;
use burn::tensor::module::{batch_norm, batch_norm_train};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Count, Definition, LayerError, Shape};
use crate::engine::autodiff::{TensorPass, floats};
use crate::engine::kernel::{BackwardPass, ForwardPass, Kernel, OutOfPlace, Size, span};

/// Batch normalisation per channel, `y = w·(x − mean)/√(variance + ε) + b`: weight and bias
/// `[channels]`, at first 1 and 0; ε = 1e-5.
///
/// In training, mean and variance are those of the worker's mini-batch, and the running ones move a
/// tenth of the way towards them (the variance towards the unbiased one), worker after worker. In
/// evaluation, the running ones normalise. All as in PyTorch.
///
/// A gradient through it differs from burn's in f64 by at most 7.0e-7 of its norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {}

const EPSILON: f64 = 1e-5;
/// Weight of a new mini-batch in the running statistics.
const MOMENTUM: f64 = 0.1;

impl Definition for BatchNorm {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }

    fn output(&self, input: Shape) -> Result<Shape, LayerError> {
        input.image()?;
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Count {
        let [channels, ..] = input.dimensions();
        Count {
            weights: channels,
            biases: channels,
        }
    }

    fn initialise(
        &self,
        _input: Shape,
        scale: f64,
        _rng: &mut dyn Rng,
        weight: &mut [f32],
        _bias: &mut [f32],
    ) {
        weight.fill(scale as f32);
    }

    /// Means and variances of the channels.
    fn statistics(&self, input: Shape) -> Vec<f32> {
        let [channels, ..] = input.dimensions();
        [vec![0.0; channels], vec![1.0; channels]].concat()
    }

    fn kernel(&self, input: Shape, _output: Shape) -> Kernel {
        let [channels, height, width] = input.dimensions();
        Kernel::OutOfPlace(Box::new(Planes {
            channels,
            pixels: height * width,
            plane: 0,
            measured: Vec::new(),
        }))
    }

    fn tensors(&self, x: Tensor<4>, pass: TensorPass<'_>) -> Tensor<4> {
        let ([channels, height, width], batch) = (pass.input.dimensions(), x.dims()[0]);
        let all = [pass.workers * channels];
        let (weight, bias) = (pass.weight(all), pass.bias(all));
        if pass.training.is_none() {
            let (mean, variance) = pass.statistics.split_at(channels);
            let [mean, variance] = [mean, variance].map(|x| pass.tensor(x.to_vec(), [channels]));
            return batch_norm(x, weight, bias, mean, variance, EPSILON);
        }
        // Each group of channels has one worker's statistics.
        let out = batch_norm_train(x, weight, bias, EPSILON);
        let count = (batch * height * width) as f32;
        let unbiased = count / (count - 1.0).max(1.0);
        let (means, variances) = (floats(out.mean), floats(out.variance));
        let workers = means.chunks(channels).zip(variances.chunks(channels));
        for (means, variances) in workers {
            let means = means.iter().copied();
            let new = means.chain(variances.iter().map(|v| v * unbiased));
            for (running, new) in pass.statistics.iter_mut().zip(new) {
                *running += MOMENTUM as f32 * (new - *running);
            }
        }
        out.output
    }
}

#[derive(Debug)]
struct Planes {
    channels: usize,
    /// Of one image, and of all of a worker's.
    pixels: usize,
    plane: usize,
    /// Of each worker's channels.
    measured: Vec<Statistics>,
}

impl OutOfPlace for Planes {
    fn reserve(&mut self, size: Size) {
        self.plane = size.batch * self.pixels;
        let channels = size.workers * self.channels;
        self.measured.resize(channels, Statistics::default());
    }

    fn forward(&mut self, pass: ForwardPass<'_>, input: &[f32], output: &mut [f32]) {
        let (channels, plane) = (self.channels, self.plane);
        let (means, variances) = pass.statistics.split_at_mut(channels);
        let measured = &mut self.measured[span(&pass.workers, channels)];
        let planes = input
            .chunks_exact(plane)
            .zip(output.chunks_exact_mut(plane));
        for (index, ((input, output), measured)) in planes.zip(measured).enumerate() {
            let (worker, channel) = (pass.workers.start + index / channels, index % channels);
            let (weight, bias) = pass.weights.worker(worker);
            let (mean, variance) = (&mut means[channel], &mut variances[channel]);
            *measured = match pass.training {
                Some(_) => Statistics::measure(input, mean, variance),
                None => Statistics::running(*mean, *variance),
            };
            measured.normalise(weight[channel], bias[channel], input, output);
        }
    }

    fn backward(
        &mut self,
        mut pass: BackwardPass<'_>,
        input: &[f32],
        d_output: &[f32],
        d_input: &mut [f32],
    ) {
        let (channels, plane) = (self.channels, self.plane);
        let measured = &self.measured[span(&pass.workers, channels)];
        let planes = input
            .chunks_exact(plane)
            .zip(d_output.chunks_exact(plane))
            .zip(d_input.chunks_exact_mut(plane));
        for (index, (((input, d_output), d_input), measured)) in planes.zip(measured).enumerate() {
            let (worker, channel) = (pass.workers.start + index / channels, index % channels);
            let (weight, _) = pass.weights.worker(worker);
            let (by_weight, by_bias) = measured.backward(weight[channel], input, d_output, d_input);
            let (d_weight, d_bias, fold) = pass.gradients.worker(worker);
            fold.add(&mut d_weight[channel], by_weight);
            fold.add(&mut d_bias[channel], by_bias);
        }
    }
}

/// One channel of one worker's mini-batch.
#[derive(Debug, Clone, Copy, Default)]
struct Statistics {
    mean: f32,
    inverse_std: f32,
}

impl Statistics {
    /// Measures one channel, and moves the running mean and (unbiased) variance towards it.
    fn measure(input: &[f32], mean: &mut f32, variance: &mut f32) -> Self {
        let count = input.len() as f64;
        let batch_mean = input.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let squares = input
            .iter()
            .map(|&x| (f64::from(x) - batch_mean).powi(2))
            .sum::<f64>();
        let unbiased = squares / (count - 1.0).max(1.0);
        *mean = ((1.0 - MOMENTUM) * f64::from(*mean) + MOMENTUM * batch_mean) as f32;
        *variance = ((1.0 - MOMENTUM) * f64::from(*variance) + MOMENTUM * unbiased) as f32;
        Self::new(batch_mean, squares / count)
    }

    /// The running statistics of one channel, for evaluation.
    fn running(mean: f32, variance: f32) -> Self {
        Self::new(f64::from(mean), f64::from(variance))
    }

    fn new(mean: f64, variance: f64) -> Self {
        Self {
            mean: mean as f32,
            inverse_std: (variance + EPSILON).sqrt().recip() as f32,
        }
    }

    /// `output = weight·(input − mean)/std + bias`.
    fn normalise(&self, weight: f32, bias: f32, input: &[f32], output: &mut [f32]) {
        let factor = weight * self.inverse_std;
        for (output, &input) in output.iter_mut().zip(input) {
            *output = factor * (input - self.mean) + bias;
        }
    }

    /// Writes the input's gradient, through the statistics too, and returns the gradients of
    /// weight and bias.
    fn backward(
        &self,
        weight: f32,
        input: &[f32],
        d_output: &[f32],
        d_input: &mut [f32],
    ) -> (f32, f32) {
        let (mut d_weight, mut d_bias) = (0.0_f64, 0.0_f64);
        for (&input, &gradient) in input.iter().zip(d_output) {
            d_weight += f64::from(gradient * (input - self.mean) * self.inverse_std);
            d_bias += f64::from(gradient);
        }
        let (d_weight, d_bias) = (d_weight as f32, d_bias as f32);
        let count = input.len() as f32;
        for ((d_input, &input), &gradient) in d_input.iter_mut().zip(input).zip(d_output) {
            let normalised = (input - self.mean) * self.inverse_std;
            *d_input = weight
                * self.inverse_std
                * (gradient - d_bias / count - normalised * d_weight / count);
        }
        (d_weight, d_bias)
    }
}
