//! Average pooling.

use burn::tensor::Tensor;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use serde::{Deserialize, Serialize};

use super::{Definition, LayerError, Shape};
use crate::engine::autodiff::TensorPass;
use crate::engine::kernel::{BackwardPass, ForwardPass, Kernel, OutOfPlace};

/// The mean of each of disjoint 2×2 squares, `[channels, height, width]` to
/// `[channels, ⌊height/2⌋, ⌊width/2⌋]`: an odd last row or column is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AvgPool {}

impl Definition for AvgPool {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }

    fn output(&self, input: Shape) -> Result<Shape, LayerError> {
        input.halved()
    }

    fn kernel(&self, input: Shape, _output: Shape) -> Kernel {
        let [_, height, width] = input.dimensions();
        Kernel::OutOfPlace(Box::new(Squares { height, width }))
    }

    fn tensors(&self, x: Tensor<4>, _pass: TensorPass<'_>) -> Tensor<4> {
        avg_pool2d(x, AvgPoolOptions::new([2, 2]))
    }
}

#[derive(Debug)]
struct Squares {
    height: usize,
    width: usize,
}

impl Squares {
    /// Calls `visit` with where each 2×2 square of a plane starts and where its mean stands.
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, usize)) {
        let half = self.width / 2;
        for row in 0..self.height / 2 {
            for column in 0..half {
                visit(2 * (row * self.width + column), row * half + column);
            }
        }
    }

    /// Numbers in a plane of the input, and of the output.
    fn planes(&self) -> (usize, usize) {
        let output = (self.height / 2) * (self.width / 2);
        (self.height * self.width, output)
    }
}

impl OutOfPlace for Squares {
    fn forward(&mut self, pass: ForwardPass<'_>, input: &[f32], output: &mut [f32]) {
        let (from, to) = self.planes();
        pass.arch.dispatch(
            #[inline(always)]
            || {
                for (input, output) in input.chunks_exact(from).zip(output.chunks_exact_mut(to)) {
                    let (upper, lower) = (input, &input[self.width..]);
                    self.each(|square, mean| {
                        let sum = (upper[square] + upper[square + 1])
                            + (lower[square] + lower[square + 1]);
                        output[mean] = 0.25 * sum;
                    });
                }
            },
        );
    }

    fn backward(
        &mut self,
        pass: BackwardPass<'_>,
        _input: &[f32],
        d_output: &[f32],
        d_input: &mut [f32],
    ) {
        let (from, to) = self.planes();
        pass.arch.dispatch(
            #[inline(always)]
            || {
                d_input.fill(0.0);
                for (d_input, d_output) in d_input
                    .chunks_exact_mut(from)
                    .zip(d_output.chunks_exact(to))
                {
                    self.each(|square, mean| {
                        let gradient = 0.25 * d_output[mean];
                        for pixel in [square, square + 1] {
                            d_input[pixel] = gradient;
                            d_input[pixel + self.width] = gradient;
                        }
                    });
                }
            },
        );
    }
}
