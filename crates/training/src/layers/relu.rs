//! Rectified linear units.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{Commutes, Definition, LayerError, Shape};
use crate::engine::autodiff::TensorPass;
use crate::engine::kernel::{BackwardPass, ForwardPass, InPlace, Kernel};

/// Rectified linear units, `max(0, x)`.
///
/// The CPU engine rectifies in place, and after a neighbouring maximum instead of before it.
/// A gradient through it differs from burn's in f64 by at most 5.7e-7 of its norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Relu {}

impl Definition for Relu {
    fn examples() -> Vec<Self> {
        vec![Self {}]
    }

    fn output(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn commutes(&self) -> Commutes {
        Commutes::Monotone
    }

    fn kernel(&self, _input: Shape, _output: Shape) -> Kernel {
        Kernel::InPlace(Box::new(*self))
    }

    fn tensors(&self, x: Tensor<4>, _pass: TensorPass<'_>) -> Tensor<4> {
        activation::relu(x)
    }
}

impl InPlace for Relu {
    fn forward(&mut self, pass: ForwardPass<'_>, values: &mut [f32]) {
        pass.arch.dispatch(
            #[inline(always)]
            || {
                // Phrased so that NaN stays NaN.
                for value in values.iter_mut() {
                    *value = if *value < 0.0 { 0.0 } else { *value };
                }
            },
        );
    }

    fn backward(&mut self, pass: BackwardPass<'_>, values: &[f32], gradient: &mut [f32]) {
        pass.arch.dispatch(
            #[inline(always)]
            || {
                for (gradient, &value) in gradient.iter_mut().zip(values) {
                    *gradient = if value > 0.0 { *gradient } else { 0.0 };
                }
            },
        );
    }
}
