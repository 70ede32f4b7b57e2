//! Networks as lists of layers.
//!
//! This is the only definition of a network: every engine reads it.

mod network;

use std::fmt;

pub use network::{Network, NetworkError, Placed};
use serde::{Deserialize, Serialize};

use crate::layers::{BatchNorm, Convolution, Dropout, Flatten, Layer, Linear, MaxPool, Relu};

/// Declares the networks by name, `[channels, height, width]` of the images that they take, and
/// layers, and makes [`Architecture`] of them.
macro_rules! networks {
    ($(
        $(#[$documentation:meta])*
        $network:ident = $name:literal takes $input:expr => [$($layer:expr),* $(,)?]
    )*) => {
        /// The networks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        pub enum Architecture {
            $(
                $(#[$documentation])*
                #[serde(rename = $name)]
                $network,
            )*
        }

        impl Architecture {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$network),*];

            /// The network's name, as experiment files have it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$network => $name,)*
                }
            }

            /// `[channels, height, width]` of the images that it takes.
            #[must_use]
            pub fn input(self) -> [usize; 3] {
                match self {
                    $(Self::$network => $input,)*
                }
            }

            /// Its layers in order.
            #[must_use]
            pub fn layers(self) -> &'static [Layer] {
                match self {
                    $(Self::$network => const { &[$($layer),*] },)*
                }
            }
        }
    };
}

networks! {
    /// 28×28 grey images, 431,080 parameters: MNIST and Fashion-MNIST.
    CnnMnist = "cnn-mnist" takes [1, 28, 28] => [
        convolution(20, 5, 0),
        RELU,
        MAX_POOL,
        convolution(50, 5, 0),
        RELU,
        MAX_POOL,
        FLATTEN,
        linear(500),
        RELU,
        linear(10),
    ]

    /// 32×32 colour images, 1,310,922 parameters: CIFAR-10.
    CnnCifar = "cnn-cifar" takes [3, 32, 32] => [
        convolution(64, 3, 1),
        RELU,
        BATCH_NORM,
        convolution(64, 3, 1),
        RELU,
        BATCH_NORM,
        MAX_POOL,
        dropout(0.25),
        convolution(128, 3, 1),
        RELU,
        BATCH_NORM,
        convolution(128, 3, 1),
        RELU,
        BATCH_NORM,
        MAX_POOL,
        dropout(0.25),
        FLATTEN,
        linear(128),
        RELU,
        dropout(0.25),
        linear(10),
    ]

    /// 8×8 grey images, 3,760 parameters: the embedded digits. Ours, not the paper's.
    MlpDigits = "mlp-digits" takes [1, 8, 8] => [FLATTEN, linear(50), RELU, linear(10)]
}

const RELU: Layer = Layer::Relu(Relu {});
const BATCH_NORM: Layer = Layer::BatchNorm(BatchNorm {});
const MAX_POOL: Layer = Layer::MaxPool(MaxPool {});
const FLATTEN: Layer = Layer::Flatten(Flatten {});

const fn convolution(outputs: usize, kernel: usize, padding: usize) -> Layer {
    Layer::Convolution(Convolution {
        outputs,
        kernel,
        padding,
    })
}

const fn dropout(probability: f32) -> Layer {
    Layer::Dropout(Dropout { probability })
}

const fn linear(outputs: usize) -> Layer {
    Layer::Linear(Linear { outputs })
}

impl Architecture {
    /// The first network of the list that takes images of this shape.
    ///
    /// ```
    /// use training::Architecture;
    ///
    /// let digits = data::Shape { channels: 1, height: 8, width: 8 };
    /// assert_eq!(Architecture::for_input(digits), Some(Architecture::MlpDigits));
    /// ```
    #[must_use]
    pub fn for_input(image: data::Shape) -> Option<Self> {
        let image = [image.channels, image.height, image.width];
        let mut all = Self::ALL.iter().copied();
        all.find(|network| network.input() == image)
    }

    /// The network.
    ///
    /// # Panics
    /// Never: the tests build every network of the list.
    #[must_use]
    pub fn network(self) -> Network {
        Network::new(self.input(), self.layers()).expect("the layers fit one another")
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_counts_are_the_papers() {
        assert_eq!(Architecture::CnnMnist.network().parameters(), 431_080);
        assert_eq!(Architecture::CnnCifar.network().parameters(), 1_310_922);
        assert_eq!(Architecture::MlpDigits.network().parameters(), 3_760);
    }

    #[test]
    fn each_network_of_the_list_is_built_and_written_by_its_name() {
        for &architecture in Architecture::ALL {
            assert_eq!(architecture.network().input(), architecture.input());
            let written = serde_json::to_value(architecture).unwrap();
            assert_eq!(written, architecture.name());
            assert_eq!(
                serde_json::from_value::<Architecture>(written).unwrap(),
                architecture
            );
        }
    }
}
