//! Convolutions.
//!
//! Images aren't unrolled into patches: see [`spread`]. The products are register tiles of `pulp`
//! vectors; the order of every sum is fixed.

mod forward;
mod input_gradient;
mod sizes;
mod sparse;
mod spread;
mod tiles;
mod weight_gradient;

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use rand::Rng;
use serde::{Deserialize, Serialize};

use self::forward::forward;
use self::input_gradient::input_gradient;
use self::sizes::Sizes;
use self::sparse::Sparse;
use self::weight_gradient::{Run, bias_gradient, weight_gradient};
use super::{Count, Definition, LayerError, Shape, at_least_one, uniform};
use crate::engine::autodiff::TensorPass;
use crate::engine::kernel::{BackwardPass, ForwardPass, Kernel, OutOfPlace, Size};

/// A convolution of stride 1 with a square kernel: weight `[outputs, channels, kernel, kernel]`,
/// bias `[outputs]`, both at first uniform in ±1/√(channels · kernel²). An image
/// `[channels, height, width]` becomes `[outputs, height + 2·padding − kernel + 1, …]`.
///
/// A gradient through it differs from burn's in f64 by at most 9.8e-7 of its norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Convolution {
    /// Output channels.
    pub outputs: usize,
    /// Side of the kernel.
    pub kernel: usize,
    /// Zeros around the image; 0 by default.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub padding: usize,
}

fn is_zero(padding: &usize) -> bool {
    *padding == 0
}

impl Definition for Convolution {
    fn examples() -> Vec<Self> {
        [(4, 3, 0), (3, 3, 1), (7, 1, 0), (2, 5, 2)]
            .map(|(outputs, kernel, padding)| Self {
                outputs,
                kernel,
                padding,
            })
            .into()
    }

    fn output(&self, input: Shape) -> Result<Shape, LayerError> {
        let [_, height, width] = input.image()?;
        at_least_one("outputs", self.outputs)?;
        at_least_one("kernel", self.kernel)?;
        let padded = |side: usize| side.saturating_add(self.padding.saturating_mul(2));
        let (height, width) = (padded(height), padded(width));
        let most = height.min(width);
        if self.kernel > most {
            return Err(LayerError::Setting {
                setting: "kernel",
                value: self.kernel.to_string(),
                range: format!("at most {most}, the smaller side of the padded image"),
            });
        }
        let side = |padded: usize| padded - self.kernel + 1;
        Ok(Shape::Image([self.outputs, side(height), side(width)]))
    }

    fn parameters(&self, input: Shape) -> Count {
        Count {
            weights: self.outputs.saturating_mul(self.fan_in(input)),
            biases: self.outputs,
        }
    }

    fn initialise(
        &self,
        input: Shape,
        scale: f64,
        rng: &mut dyn Rng,
        weight: &mut [f32],
        bias: &mut [f32],
    ) {
        uniform(self.fan_in(input), scale, rng, weight, bias);
    }

    fn multiplications(&self, input: Shape, output: Shape) -> usize {
        output.size() * self.fan_in(input)
    }

    fn kernel(&self, input: Shape, output: Shape) -> Kernel {
        Kernel::OutOfPlace(Box::new(Products {
            sizes: Sizes {
                batch: 0,
                input: input.dimensions(),
                output: output.dimensions(),
                kernel: self.kernel,
                padding: self.padding,
            },
            runs: Vec::new(),
            sparse: Sparse::default(),
        }))
    }

    fn tensors(&self, x: Tensor<4>, pass: TensorPass<'_>) -> Tensor<4> {
        let [channels, ..] = pass.input.dimensions();
        let (outputs, padding) = (pass.workers * self.outputs, [self.padding; 2]);
        let weight = pass.weight([outputs, channels, self.kernel, self.kernel]);
        let options = ConvOptions::new([1, 1], padding, [1, 1], pass.workers);
        conv2d(x, weight, Some(pass.bias([outputs])), options)
    }
}

impl Convolution {
    /// Inputs that one output is made of.
    fn fan_in(&self, input: Shape) -> usize {
        let [channels, ..] = input.dimensions();
        let area = self.kernel.saturating_mul(self.kernel);
        channels.saturating_mul(area)
    }
}

#[derive(Debug)]
struct Products {
    sizes: Sizes,
    runs: Vec<Run>,
    sparse: Sparse,
}

impl Products {
    /// Numbers in one worker's input and output.
    fn each(&self) -> (usize, usize) {
        let size = |shape: [usize; 3]| self.sizes.batch * shape.iter().product::<usize>();
        (size(self.sizes.input), size(self.sizes.output))
    }
}

impl OutOfPlace for Products {
    fn reserve(&mut self, size: Size) {
        self.sizes.batch = size.batch;
    }

    /// One worker's images, spread.
    fn scratch(&self) -> usize {
        self.sizes.spread_len()
    }

    fn forward(&mut self, pass: ForwardPass<'_>, input: &[f32], output: &mut [f32]) {
        let (each_input, each_output) = self.each();
        let inputs = input.chunks_exact(each_input);
        let outputs = output.chunks_exact_mut(each_output);
        for (worker, (input, output)) in pass.workers.zip(inputs.zip(outputs)) {
            pass.arch.dispatch(
                #[inline(always)]
                || self.sizes.spread(input, pass.scratch),
            );
            let weights = pass.weights.worker(worker);
            forward(pass.arch, &self.sizes, weights, pass.scratch, output);
        }
    }

    fn backward(
        &mut self,
        mut pass: BackwardPass<'_>,
        input: &[f32],
        d_output: &[f32],
        d_input: &mut [f32],
    ) {
        let (sizes, arch, spread) = (self.sizes, pass.arch, pass.scratch);
        let (each_input, each_output) = self.each();
        let inputs = input.chunks_exact(each_input);
        let d_outputs = d_output.chunks_exact(each_output);
        let d_inputs = d_input.chunks_exact_mut(each_input);
        let numbers = inputs.zip(d_outputs).zip(d_inputs);
        for (worker, ((input, d_output), d_input)) in pass.workers.zip(numbers) {
            let d_input = pass.needs_input.then_some(d_input);
            let (weight, _) = pass.weights.worker(worker);
            let (d_weight, d_bias, fold) = pass.gradients.worker(worker);
            let sparse = arch.dispatch(
                #[inline(always)]
                || {
                    bias_gradient(&sizes, d_output, (d_bias, fold));
                    sparse::suits(&sizes, d_output)
                },
            );
            let target = (d_weight, fold);
            if sparse {
                let images = (input, d_output);
                self.sparse
                    .backward(arch, &sizes, weight, images, target, d_input);
                continue;
            }
            sizes.spread(input, spread);
            weight_gradient(arch, &sizes, spread, d_output, target, &mut self.runs);
            if let Some(d_input) = d_input {
                input_gradient(arch, &sizes, weight, d_output, spread, d_input);
            }
        }
    }
}
