//! A network: its layers in place, and the layout of their parameters in one flat vector θ.

use std::ops::Range;

use rand::Rng;
use thiserror::Error;

use crate::layers::{Layer, LayerError, Shape};

/// A layer, where it sits in the network and in θ.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The layer.
    pub layer: Layer,
    /// One input sample.
    pub input: Shape,
    /// One output sample.
    pub output: Shape,
    /// The weight's place in θ; empty for layers without parameters.
    pub weight: Range<usize>,
    /// The bias's place in θ, just after the weight.
    pub bias: Range<usize>,
    /// The place of its running statistics among those of all layers.
    pub statistics: Range<usize>,
}

impl Placed {
    /// Numbers in the input and in the output of so many samples.
    pub(crate) fn sizes(&self, samples: usize) -> (usize, usize) {
        (samples * self.input.size(), samples * self.output.size())
    }
}

/// A network; log-softmax follows the last layer, whose features are the classes' logits.
///
/// ```
/// use training::layers::{Convolution, Flatten, Linear, MaxPool, Relu};
/// use training::Network;
///
/// let network = Network::new(
///     [3, 32, 32],
///     &[
///         Convolution { outputs: 16, kernel: 5, padding: 0 }.into(),
///         Relu {}.into(),
///         MaxPool {}.into(),
///         Flatten {}.into(),
///         Linear { outputs: 10 }.into(),
///     ],
/// )?;
/// assert_eq!(network.parameters(), 16 * 3 * 25 + 16 + 10 * 16 * 14 * 14 + 10);
///
/// let error = Network::new([3, 32, 32], &[Linear { outputs: 10 }.into()]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "layer 1 (`linear`): takes features, such as `flatten` makes of images, not images of 3 × 32 × 32"
/// );
/// # Ok::<(), training::NetworkError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    input: [usize; 3],
    layers: Vec<Placed>,
    classes: usize,
}

/// Most parameters of a network, and most numbers between two layers for one sample.
const LARGEST: usize = u32::MAX as usize;

/// Layers that don't make a network.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A layer doesn't fit.
    #[error("layer {position} (`{layer}`): {source}")]
    Layer {
        /// Counted from 1.
        position: usize,
        /// Its name.
        layer: &'static str,
        /// Why not.
        source: LayerError,
    },
    /// The last layer gives no logits.
    #[error("the last layer gives {0}, not features, one for each class")]
    Output(Shape),
    /// The images have no pixels.
    #[error("the network takes {0}, but each side must be at least 1")]
    EmptyInput(Shape),
    /// It would be too large to compute with.
    #[error("layer {position} (`{layer}`) has {count} {what}, but at most {LARGEST} are possible")]
    TooLarge {
        /// Counted from 1.
        position: usize,
        /// Its name.
        layer: &'static str,
        /// What it has too many of.
        what: &'static str,
        /// How many.
        count: usize,
    },
}

impl Network {
    /// Places the layers one after the other, and their parameters one after the other in θ.
    /// The images are `[channels, height, width]`.
    ///
    /// # Errors
    /// If a layer has a setting out of its range or doesn't fit the one before it, or the last one
    /// gives no features.
    pub fn new(image: [usize; 3], layers: &[Layer]) -> Result<Self, NetworkError> {
        let mut shape = Shape::Image(image);
        if shape.size() == 0 {
            return Err(NetworkError::EmptyInput(shape));
        }
        let (mut placed, mut parameters, mut statistics) = (Vec::new(), 0_usize, 0);
        for (position, &layer) in (1..).zip(layers) {
            let (definition, name) = (layer.definition(), layer.name());
            let output = definition
                .output(shape)
                .map_err(|source| NetworkError::Layer {
                    position,
                    layer: name,
                    source,
                })?;
            let count = definition.parameters(shape);
            let weights = parameters..parameters.saturating_add(count.weights);
            let biases = weights.end..weights.end.saturating_add(count.biases);
            for (what, count) in [("outputs", output.size()), ("parameters", biases.end)] {
                if count > LARGEST {
                    return Err(NetworkError::TooLarge {
                        position,
                        layer: name,
                        what,
                        count,
                    });
                }
            }
            let kept = statistics..statistics + definition.statistics(shape).len();
            (parameters, statistics) = (biases.end, kept.end);
            placed.push(Placed {
                layer,
                input: shape,
                output,
                weight: weights,
                bias: biases,
                statistics: kept,
            });
            shape = output;
        }
        match shape {
            Shape::Features(classes) => Ok(Self {
                input: image,
                layers: placed,
                classes,
            }),
            Shape::Image(_) => Err(NetworkError::Output(shape)),
        }
    }

    /// `[channels, height, width]` of the images that it takes.
    #[must_use]
    pub fn input(&self) -> [usize; 3] {
        self.input
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
        self.classes
    }

    /// Multiplications that one sample takes on the way forward.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        let layers = self.layers.iter();
        let each = layers.map(
            |Placed {
                 layer,
                 input,
                 output,
                 ..
             }| { layer.definition().multiplications(*input, *output) },
        );
        each.sum()
    }

    /// Initial parameters, each layer's as it says, times `scale`; 1 is PyTorch's initialisation.
    #[must_use]
    pub fn initialise(&self, scale: f64, rng: &mut impl Rng) -> Vec<f32> {
        let mut theta = vec![0.0; self.parameters()];
        for placed in &self.layers {
            let both = &mut theta[placed.weight.start..placed.bias.end];
            let (weight, bias) = both.split_at_mut(placed.weight.len());
            let definition = placed.layer.definition();
            definition.initialise(placed.input, scale, rng, weight, bias);
        }
        theta
    }

    /// Running statistics before the first step.
    pub(crate) fn initial_statistics(&self) -> Vec<f32> {
        let layers = self.layers.iter();
        let each = layers.map(|placed| placed.layer.definition().statistics(placed.input));
        each.flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use data::rng::{Purpose, stream};

    use super::*;
    use crate::networks::{Architecture, FLATTEN, MAX_POOL, RELU, convolution, dropout, linear};

    #[test]
    fn initial_parameters_fill_the_range_of_their_fan_in() {
        let network = Architecture::CnnMnist.network();
        let theta = network.initialise(1.0, &mut stream(1, Purpose::Initialisation, 0, 0));
        for (layer, fan_in) in [(0, 25.0_f32), (3, 500.0), (7, 800.0), (9, 500.0)] {
            let placed = &network.layers()[layer];
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

    #[test]
    fn layers_that_do_not_fit_are_refused_with_value_and_bound() {
        let cases: [([usize; 3], &[Layer], &str); 12] = [
            (
                [1, 4, 9],
                &[RELU, convolution(2, 5, 0)],
                "layer 2 (`convolution`): kernel = 5, but must be at most 4, the smaller side of \
                 the padded image",
            ),
            (
                [1, 4, 9],
                &[convolution(0, 3, 0)],
                "outputs = 0, but must be at least 1",
            ),
            (
                [1, 4, 9],
                &[convolution(2, 0, 0)],
                "kernel = 0, but must be at least 1",
            ),
            (
                [1, 4, 9],
                &[FLATTEN, linear(0)],
                "layer 2 (`linear`): outputs = 0, but must be at least 1",
            ),
            (
                [1, 4, 9],
                &[FLATTEN, convolution(2, 3, 1)],
                "takes images, not 36 features",
            ),
            (
                [1, 4, 9],
                &[linear(3)],
                "takes features, such as `flatten` makes of images, not images of 1 × 4 × 9",
            ),
            (
                [2, 3, 3],
                &[MAX_POOL, MAX_POOL],
                "layer 2 (`max-pool`): takes images of at least 2 × 2 pixels, not images of \
                 2 × 1 × 1",
            ),
            (
                [1, 4, 9],
                &[dropout(f32::NAN)],
                "layer 1 (`dropout`): probability = NaN, but must be in [0, 1)",
            ),
            (
                [1, 4, 9],
                &[dropout(1.0)],
                "probability = 1, but must be in [0, 1)",
            ),
            (
                [3, 2, 2],
                &[RELU],
                "the last layer gives images of 3 × 2 × 2, not features, one for each class",
            ),
            (
                [3, 0, 2],
                &[FLATTEN],
                "the network takes images of 3 × 0 × 2, but each side must be at least 1",
            ),
            (
                [3, 2, 2],
                &[FLATTEN, linear(usize::MAX)],
                "layer 2 (`linear`) has 18446744073709551615 outputs, but at most 4294967295 are \
                 possible",
            ),
        ];
        for (image, layers, expected) in cases {
            let message = Network::new(image, layers).unwrap_err().to_string();
            assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        }
    }
}
