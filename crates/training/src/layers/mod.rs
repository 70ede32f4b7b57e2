//! The layers that networks are made of.
//!
//! A layer is one file of this folder and one line of the list below. Its file has everything that
//! is known of it: its settings, the shape of its output, its parameters and their initialisation,
//! its cost, its kernel for the CPU engine, the same with burn's tensors, and the settings that the
//! tests try it with. The tests compare both for each layer of the list, alone and beside each
//! other one.
//!
//! A network is a list of layers ([`Network`](crate::Network)). In a file it reads:
//!
//! ```
//! use training::layers::{Convolution, Flatten, Layer, Linear, Relu};
//!
//! let layers: Vec<Layer> = serde_json::from_str(
//!     r#"[
//!         {"layer": "convolution", "outputs": 20, "kernel": 5},
//!         {"layer": "relu"},
//!         {"layer": "flatten"},
//!         {"layer": "linear", "outputs": 10}
//!     ]"#,
//! )?;
//! let same: [Layer; 4] = [
//!     Convolution { outputs: 20, kernel: 5, padding: 0 }.into(),
//!     Relu {}.into(),
//!     Flatten {}.into(),
//!     Linear { outputs: 10 }.into(),
//! ];
//! assert_eq!(layers, same);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod definition;

pub(crate) use definition::{Commutes, Count, Definition, at_least_one, uniform};
pub use definition::{LayerError, Shape};
use serde::{Deserialize, Serialize};

/// Declares each layer's module, and makes [`Layer`] of them.
macro_rules! layers {
    ($($module:ident::$layer:ident = $name:literal,)*) => {
        $(
            mod $module;
            pub use $module::$layer;

            impl From<$layer> for Layer {
                fn from(layer: $layer) -> Self {
                    Self::$layer(layer)
                }
            }
        )*

        /// A layer's settings.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(tag = "layer")]
        #[allow(missing_docs)] // each variant is documented where its settings are
        pub enum Layer {
            $(#[serde(rename = $name)] $layer($layer),)*
        }

        impl Layer {
            /// The layer's name, as files and messages have it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$layer(_) => $name,)*
                }
            }

            /// Each layer with the settings that it is tested with.
            #[must_use]
            pub fn examples() -> Vec<Self> {
                let mut examples = Vec::new();
                $(examples.extend($layer::examples().into_iter().map(Self::from));)*
                examples
            }

            pub(crate) fn definition(&self) -> &dyn Definition {
                match self {
                    $(Self::$layer(layer) => layer,)*
                }
            }
        }
    };
}

layers! {
    convolution::Convolution = "convolution",
    relu::Relu = "relu",
    batch_norm::BatchNorm = "batch-norm",
    max_pool::MaxPool = "max-pool",
    avg_pool::AvgPool = "avg-pool",
    dropout::Dropout = "dropout",
    flatten::Flatten = "flatten",
    linear::Linear = "linear",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_reads_back_as_written_under_its_name() {
        for layer in Layer::examples() {
            let written = serde_json::to_value(layer).unwrap();
            assert_eq!(written["layer"], layer.name());
            assert_eq!(serde_json::from_value::<Layer>(written).unwrap(), layer);
        }
    }

    #[test]
    fn an_unknown_layer_or_setting_is_refused() {
        for (text, expected) in [
            (r#"{"layer": "relu6"}"#, "unknown variant `relu6`"),
            (r#"{"layer": "relu", "slope": 1}"#, "unknown field `slope`"),
            (
                r#"{"layer": "linear", "output": 3}"#,
                "unknown field `output`",
            ),
            (r#"{"layer": "linear"}"#, "missing field `outputs`"),
        ] {
            let message = serde_json::from_str::<Layer>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
