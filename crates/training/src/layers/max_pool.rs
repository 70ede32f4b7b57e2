//! Maximum pooling.

use burn::tensor::Tensor;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;
use serde::{Deserialize, Serialize};

use super::{Commutes, Definition, LayerError, Shape};
use crate::engine::autodiff::TensorPass;
use crate::engine::kernel::{BackwardPass, ForwardPass, Kernel, OutOfPlace, Size, span};

/// The maximum of each of disjoint 2×2 squares, `[channels, height, width]` to
/// `[channels, ⌊height/2⌋, ⌊width/2⌋]`: an odd last row or column is left out. The first of equal
/// maxima wins, as in PyTorch.
///
/// A gradient through it differs from burn's in f64 by at most 2.6e-7 of its norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MaxPool {}

impl Definition for MaxPool {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }

    fn output(&self, input: Shape) -> Result<Shape, LayerError> {
        input.halved()
    }

    fn commutes(&self) -> Commutes {
        Commutes::Selection
    }

    fn kernel(&self, input: Shape, output: Shape) -> Kernel {
        let [_, height, width] = input.dimensions();
        Kernel::OutOfPlace(Box::new(Squares {
            height,
            width,
            outputs: output.size(),
            each: 0,
            chosen: Vec::new(),
        }))
    }

    fn tensors(&self, x: Tensor<4>, _pass: TensorPass<'_>) -> Tensor<4> {
        max_pool2d(x, MaxPoolOptions::new([2, 2]))
    }
}

#[derive(Debug)]
struct Squares {
    height: usize,
    width: usize,
    /// Of one sample, and of one worker's.
    outputs: usize,
    each: usize,
    /// Which of its square's four each output is, row by row.
    chosen: Vec<u8>,
}

impl OutOfPlace for Squares {
    fn reserve(&mut self, size: Size) {
        self.each = size.batch * self.outputs;
        self.chosen.resize(size.workers * self.each, 0);
    }

    fn forward(&mut self, pass: ForwardPass<'_>, input: &[f32], output: &mut [f32]) {
        let chosen = &mut self.chosen[span(&pass.workers, self.each)];
        let sides = (self.height, self.width);
        pass.arch.dispatch(
            #[inline(always)]
            || forward(sides, input, output, chosen),
        );
    }

    fn backward(
        &mut self,
        pass: BackwardPass<'_>,
        _input: &[f32],
        d_output: &[f32],
        d_input: &mut [f32],
    ) {
        let chosen = &self.chosen[span(&pass.workers, self.each)];
        let sides = (self.height, self.width);
        pass.arch.dispatch(
            #[inline(always)]
            || backward(sides, d_output, chosen, d_input),
        );
    }
}

/// `images` planes of `height × width` to `(height/2) × (width/2)`; `chosen` keeps which of the
/// four won, 0..4 row by row.
#[inline(always)]
fn forward((height, width): (usize, usize), input: &[f32], output: &mut [f32], chosen: &mut [u8]) {
    let half = width / 2;
    let planes = input.chunks_exact(height * width);
    let outputs = output.chunks_exact_mut(height / 2 * half);
    let choices = chosen.chunks_exact_mut(height / 2 * half);
    for ((plane, output), chosen) in planes.zip(outputs).zip(choices) {
        let pairs = plane.chunks_exact(2 * width);
        let rows = output
            .chunks_exact_mut(half)
            .zip(chosen.chunks_exact_mut(half));
        for (pair, (output, chosen)) in pairs.zip(rows) {
            let (upper, lower) = pair.split_at(width);
            let squares = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            for ((upper, lower), (output, chosen)) in
                squares.zip(output.iter_mut().zip(chosen.iter_mut()))
            {
                let (mut best, mut index) = (upper[0], 0);
                for (value, at) in [(upper[1], 1), (lower[0], 2), (lower[1], 3)] {
                    index = if value > best { at } else { index };
                    best = if value > best { value } else { best };
                }
                *output = best;
                *chosen = index;
            }
        }
    }
}

/// Each output's gradient goes to the input that won.
#[inline(always)]
fn backward((height, width): (usize, usize), d_output: &[f32], chosen: &[u8], d_input: &mut [f32]) {
    let half = width / 2;
    if height % 2 + width % 2 > 0 {
        d_input.fill(0.0);
    }
    let planes = d_input.chunks_exact_mut(height * width);
    let outputs = d_output.chunks_exact(height / 2 * half);
    let choices = chosen.chunks_exact(height / 2 * half);
    for ((plane, d_output), chosen) in planes.zip(outputs).zip(choices) {
        let pairs = plane.chunks_exact_mut(2 * width);
        let rows = d_output.chunks_exact(half).zip(chosen.chunks_exact(half));
        for (pair, (d_output, chosen)) in pairs.zip(rows) {
            let (upper, lower) = pair.split_at_mut(width);
            let squares = upper.chunks_exact_mut(2).zip(lower.chunks_exact_mut(2));
            for ((upper, lower), (&gradient, &chosen)) in squares.zip(d_output.iter().zip(chosen)) {
                let at = |index| if chosen == index { gradient } else { 0.0 };
                upper[0] = at(0);
                upper[1] = at(1);
                lower[0] = at(2);
                lower[1] = at(3);
            }
        }
    }
}
