//! The networks as lists of layers, and the layout of their parameters in one flat vector θ.
//!
//! This is the only definition of a network: every engine reads it.

use std::fmt;
use std::ops::Range;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The networks at hand (SPEC.md §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// 28×28 grey images, 431,080 parameters: MNIST and Fashion-MNIST.
    CnnMnist,
    /// 32×32 colour images, 1,310,922 parameters: CIFAR-10.
    CnnCifar,
    /// 8×8 grey images, 3,760 parameters: the embedded digits. Ours, not the paper's.
    MlpDigits,
}

impl fmt::Display for Architecture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::CnnMnist => "cnn-mnist",
            Self::CnnCifar => "cnn-cifar",
            Self::MlpDigits => "mlp-digits",
        })
    }
}

/// One layer. Shapes are per sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Layer {
    /// Convolution of stride 1; weight `[outputs, channels, kernel, kernel]`, bias `[outputs]`.
    Conv2d {
        /// Output channels.
        outputs: usize,
        /// Side of the square kernel.
        kernel: usize,
        /// Zeros around the image.
        padding: usize,
    },
    /// max(0, x).
    Relu,
    /// Batch normalisation per channel, ε = 1e-5, momentum 0.1; weight and bias `[channels]`.
    BatchNorm2d,
    /// Maximum of disjoint 2×2 squares; an odd last row or column is left out.
    MaxPool2d,
    /// In training, zero with this probability and scale the rest by 1/(1 − p).
    Dropout(f32),
    /// `[channels, height, width]` to one row of features, `[1, 1, features]`.
    Flatten,
    /// Weight `[outputs, inputs]`, bias `[outputs]`.
    Linear {
        /// Output features.
        outputs: usize,
    },
}

/// A layer, where it sits in the network and in θ.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The layer.
    pub layer: Layer,
    /// `[channels, height, width]` of one input sample.
    pub input: [usize; 3],
    /// `[channels, height, width]` of one output sample.
    pub output: [usize; 3],
    /// The weight's place in θ; empty for layers without parameters.
    pub weight: Range<usize>,
    /// The bias's place in θ.
    pub bias: Range<usize>,
}

/// A network; log-softmax follows the last layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    layers: Vec<Placed>,
}

impl Architecture {
    /// `[channels, height, width]` of the images it takes.
    #[must_use]
    pub fn input(self) -> [usize; 3] {
        match self {
            Self::CnnMnist => [1, 28, 28],
            Self::CnnCifar => [3, 32, 32],
            Self::MlpDigits => [1, 8, 8],
        }
    }

    /// The network.
    #[must_use]
    pub fn model(self) -> Model {
        use Layer::{BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Relu};
        let conv5 = |outputs| Conv2d {
            outputs,
            kernel: 5,
            padding: 0,
        };
        let conv3 = |outputs| Conv2d {
            outputs,
            kernel: 3,
            padding: 1,
        };
        let linear = |outputs| Linear { outputs };
        let layers: &[Layer] = match self {
            Self::CnnMnist => &[
                conv5(20),
                Relu,
                MaxPool2d,
                conv5(50),
                Relu,
                MaxPool2d,
                Flatten,
                linear(500),
                Relu,
                linear(10),
            ],
            Self::CnnCifar => &[
                conv3(64),
                Relu,
                BatchNorm2d,
                conv3(64),
                Relu,
                BatchNorm2d,
                MaxPool2d,
                Dropout(0.25),
                conv3(128),
                Relu,
                BatchNorm2d,
                conv3(128),
                Relu,
                BatchNorm2d,
                MaxPool2d,
                Dropout(0.25),
                Flatten,
                linear(128),
                Relu,
                Dropout(0.25),
                linear(10),
            ],
            Self::MlpDigits => &[Flatten, linear(50), Relu, linear(10)],
        };
        Model::new(self.input(), layers)
    }
}

impl Model {
    /// Places the layers one after the other, and their parameters one after the other in θ.
    ///
    /// # Panics
    /// If a kernel is larger than the padded image it meets.
    #[must_use]
    pub fn new(input: [usize; 3], layers: &[Layer]) -> Self {
        let (mut shape, mut offset) = (input, 0);
        let layers = layers
            .iter()
            .map(|&layer| {
                let [channels, height, width] = shape;
                let (output, weights, biases) = match layer {
                    Layer::Conv2d {
                        outputs,
                        kernel,
                        padding,
                    } => {
                        let side = |length: usize| {
                            (length + 2 * padding + 1)
                                .checked_sub(kernel)
                                .filter(|&side| side > 0)
                                .expect("the kernel fits the padded image")
                        };
                        let output = [outputs, side(height), side(width)];
                        (output, outputs * channels * kernel * kernel, outputs)
                    }
                    Layer::BatchNorm2d => (shape, channels, channels),
                    Layer::MaxPool2d => ([channels, height / 2, width / 2], 0, 0),
                    Layer::Flatten => ([1, 1, channels * height * width], 0, 0),
                    Layer::Linear { outputs } => (
                        [1, 1, outputs],
                        outputs * channels * height * width,
                        outputs,
                    ),
                    Layer::Relu | Layer::Dropout(_) => (shape, 0, 0),
                };
                let weight = offset..offset + weights;
                let bias = weight.end..weight.end + biases;
                offset = bias.end;
                let input = std::mem::replace(&mut shape, output);
                Placed {
                    layer,
                    input,
                    output,
                    weight,
                    bias,
                }
            })
            .collect();
        Self { layers }
    }

    /// The layers in order.
    #[must_use]
    pub fn layers(&self) -> &[Placed] {
        &self.layers
    }

    /// Number of parameters, d.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.layers.last().map_or(0, |last| last.bias.end)
    }

    /// Number of classes: features of the last layer.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.layers
            .last()
            .map_or(0, |last| last.output.iter().product())
    }

    /// PyTorch's default initialisation: weights and biases of convolutions and linear layers
    /// uniform in ±1/√fan_in, batch normalisation at weight 1 and bias 0; all times `scale`.
    pub fn initialise(&self, scale: f64, rng: &mut impl Rng) -> Vec<f32> {
        let mut theta = vec![0.0; self.parameters()];
        for placed in &self.layers {
            let fan_in = match placed.layer {
                Layer::Conv2d { kernel, .. } => placed.input[0] * kernel * kernel,
                Layer::Linear { .. } => placed.input.iter().product(),
                Layer::BatchNorm2d => {
                    theta[placed.weight.clone()].fill(scale as f32);
                    continue;
                }
                _ => continue,
            };
            let bound = 1.0 / (fan_in as f64).sqrt();
            for value in &mut theta[placed.weight.start..placed.bias.end] {
                *value = (scale * bound * (2.0 * rng.random::<f64>() - 1.0)) as f32;
            }
        }
        theta
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data::rng::{Purpose, stream};

    #[test]
    fn parameter_counts_are_the_papers() {
        assert_eq!(Architecture::CnnMnist.model().parameters(), 431_080);
        assert_eq!(Architecture::CnnCifar.model().parameters(), 1_310_922);
        assert_eq!(Architecture::MlpDigits.model().parameters(), 3_760);
    }

    #[test]
    fn initial_parameters_fill_the_range_of_their_fan_in() {
        let model = Architecture::CnnMnist.model();
        let theta = model.initialise(1.0, &mut stream(1, Purpose::Initialisation, 0, 0));
        for (layer, fan_in) in [(0, 25.0_f32), (3, 500.0), (7, 800.0), (9, 500.0)] {
            let placed = &model.layers()[layer];
            let bound = fan_in.sqrt().recip();
            let weights = &theta[placed.weight.clone()];
            let largest = weights.iter().fold(0.0_f32, |max, w| max.max(w.abs()));
            let variance = weights.iter().map(|w| w * w).sum::<f32>() / weights.len() as f32;
            assert!(
                largest <= bound && largest > 0.98 * bound,
                "layer {layer}: {largest}"
            );
            let ratio = variance / (bound * bound / 3.0);
            assert!((0.8..1.2).contains(&ratio), "layer {layer}: {ratio}");
        }
    }
}
