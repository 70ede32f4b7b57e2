//! What a layer says of itself.

use std::fmt;

use burn::tensor::Tensor;
use rand::{Rng, RngExt};
use thiserror::Error;

use crate::engine::autodiff::TensorPass;
use crate::engine::kernel::Kernel;

/// A layer's settings, and all that follows from them. The shapes that the methods are given are
/// ones that [`output`](Self::output) has accepted.
pub(crate) trait Definition: fmt::Debug {
    /// Settings that the tests try: every one that makes a difference to the kernel.
    fn examples() -> Vec<Self>
    where
        Self: Sized;

    /// The shape of the output for an input of this shape.
    ///
    /// # Errors
    /// If a setting is out of its range, or the input doesn't fit.
    fn output(&self, input: Shape) -> Result<Shape, LayerError>;

    /// How many parameters it has.
    fn parameters(&self, _input: Shape) -> Count {
        Count::default()
    }

    /// Writes the initial parameters, times `scale`.
    fn initialise(
        &self,
        _input: Shape,
        _scale: f64,
        _rng: &mut dyn Rng,
        _weight: &mut [f32],
        _bias: &mut [f32],
    ) {
    }

    /// What it keeps from step to step beside its parameters, as at first: running statistics.
    fn statistics(&self, _input: Shape) -> Vec<f32> {
        Vec::new()
    }

    /// Multiplications that one sample takes.
    fn multiplications(&self, _input: Shape, _output: Shape) -> usize {
        0
    }

    /// Whether the engine may exchange it with a neighbour.
    fn commutes(&self) -> Commutes {
        Commutes::No
    }

    /// How the CPU engine computes it.
    fn kernel(&self, input: Shape, output: Shape) -> Kernel;

    /// The same with burn's tensors, whose shapes [`TensorPass`] has.
    fn tensors(&self, x: Tensor<4>, pass: TensorPass<'_>) -> Tensor<4>;
}

/// What makes two neighbours exchangeable: a [`Monotone`](Self::Monotone) layer and a
/// [`Selection`](Self::Selection) after it give the same numbers, and the same gradients, the other
/// way round, where fewer numbers are left for the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commutes {
    /// Each output is the same non-decreasing function of the input at its place, which has slope 0
    /// wherever it isn't increasing; no parameters.
    Monotone,
    /// Each output is one of the inputs, chosen by place or by rank; no parameters.
    Selection,
    /// With neither.
    No,
}

/// Numbers of a layer's parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) weights: usize,
    pub(crate) biases: usize,
}

/// PyTorch's default: uniform in ±1/√fan_in, the weights first, then the biases.
pub(crate) fn uniform(
    fan_in: usize,
    scale: f64,
    rng: &mut dyn Rng,
    weight: &mut [f32],
    bias: &mut [f32],
) {
    let bound = 1.0 / (fan_in as f64).sqrt();
    for value in weight.iter_mut().chain(bias) {
        *value = (scale * bound * (2.0 * rng.random::<f64>() - 1.0)) as f32;
    }
}

/// The shape of one sample between two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An image: `[channels, height, width]`.
    Image([usize; 3]),
    /// A row of so many features.
    Features(usize),
}

impl Shape {
    /// `[channels, height, width]`; features are one row of one channel.
    #[must_use]
    pub fn dimensions(self) -> [usize; 3] {
        match self {
            Self::Image(dimensions) => dimensions,
            Self::Features(features) => [1, 1, features],
        }
    }

    /// Numbers in one sample.
    #[must_use]
    pub fn size(self) -> usize {
        let dimensions = self.dimensions();
        dimensions.into_iter().fold(1, usize::saturating_mul)
    }

    /// The image's dimensions.
    ///
    /// # Errors
    /// If it is a row of features.
    pub(crate) fn image(self) -> Result<[usize; 3], LayerError> {
        match self {
            Self::Image(dimensions) => Ok(dimensions),
            Self::Features(_) => Err(self.refused("images")),
        }
    }

    /// The number of features.
    ///
    /// # Errors
    /// If it is an image.
    pub(crate) fn features(self) -> Result<usize, LayerError> {
        match self {
            Self::Image(_) => Err(self.refused("features, such as `flatten` makes of images")),
            Self::Features(features) => Ok(features),
        }
    }

    /// An image of half the height and width; an odd last row or column is left out.
    pub(crate) fn halved(self) -> Result<Self, LayerError> {
        let [channels, height, width] = self.image()?;
        if height.min(width) < 2 {
            return Err(self.refused("images of at least 2 × 2 pixels"));
        }
        Ok(Self::Image([channels, height / 2, width / 2]))
    }

    pub(crate) fn refused(self, expected: &'static str) -> LayerError {
        LayerError::Input {
            expected,
            found: self,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image([channels, height, width]) => {
                write!(out, "images of {channels} × {height} × {width}")
            }
            Self::Features(features) => write!(out, "{features} features"),
        }
    }
}

/// Why a layer can't stand where it is put.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LayerError {
    /// The layer before it makes something else than it takes.
    #[error("takes {expected}, not {found}")]
    Input {
        /// What it takes.
        expected: &'static str,
        /// What it would be given.
        found: Shape,
    },
    /// A setting is out of its range.
    #[error("{setting} = {value}, but must be {range}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// The legal range.
        range: String,
    },
}

/// Checks a count that must be at least 1.
///
/// # Errors
/// If it is 0.
pub(crate) fn at_least_one(setting: &'static str, value: usize) -> Result<(), LayerError> {
    match value {
        0 => Err(LayerError::Setting {
            setting,
            value: value.to_string(),
            range: "at least 1".to_owned(),
        }),
        _ => Ok(()),
    }
}
