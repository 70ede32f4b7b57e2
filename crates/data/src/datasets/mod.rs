//! One file a dataset, and the list of them.
//!
//! A dataset is a [`Definition`]: what it is, the shape of its samples, its files with their sums,
//! where they are looked for and fetched from, and the format that reads them. A further one is a
//! file in this folder and a line in the list of `mod.rs`; names, errors, help, the JSON Schema,
//! fetching and the tests then know it.

#[cfg(test)]
pub(crate) mod conformance;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Definition, Error};

/// `FILE: VARIANT` a line. A dataset's name is its file's, with hyphens for underscores.
macro_rules! datasets {
    ($($module:ident: $Variant:ident,)*) => {
        $(pub mod $module;)*

        /// The name of a dataset.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Name {
            $(
                #[doc = concat!("See [`datasets::", stringify!($module), "`](mod@", stringify!($module), ").")]
                $Variant,
            )*
        }

        impl Name {
            /// Every dataset.
            pub const ALL: [Self; MODULES.len()] = [$(Self::$Variant),*];

            /// All that is known of the dataset before its files are read.
            ///
            /// ```
            /// let fashion = data::Name::FashionMnist.definition();
            /// assert_eq!((fashion.title, fashion.train), ("Fashion-MNIST", 60_000));
            /// ```
            pub const fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$Variant => &$module::DATASET,)*
                }
            }
        }

        /// A test per dataset, for `cargo test -- --ignored needs::NAME::`.
        #[cfg(test)]
        mod needs {
            $(
                mod $module {
                    #[test]
                    #[ignore = "needs the dataset's files in ROBUST_DATA_DIR"]
                    fn the_files_are_as_defined() {
                        super::super::conformance::check_files(crate::Name::$Variant);
                    }
                }
            )*
        }

        const MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

datasets! {
    digits: Digits,
    mnist: Mnist,
    fashion_mnist: FashionMnist,
    cifar10: Cifar10,
    cifar10_jpeg: Cifar10Jpeg,
}

impl Name {
    /// The name in files and on the command line, for instance `fashion-mnist`.
    pub const fn as_str(self) -> &'static str {
        self.definition().name
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|name| name.as_str() == text)
            .ok_or_else(|| Error::UnknownDataset {
                found: text.to_owned(),
            })
    }
}

impl TryFrom<String> for Name {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Name> for &'static str {
    fn from(name: Name) -> Self {
        name.as_str()
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Name {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::Name").into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names = Self::ALL.iter().map(|name| {
            let Definition {
                name, description, ..
            } = name.definition();
            schemars::json_schema!({"const": name, "description": description, "type": "string"})
        });
        schemars::json_schema!({
            "description": "The name of a dataset.",
            "oneOf": names.collect::<Vec<_>>(),
        })
    }
}
