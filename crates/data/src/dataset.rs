use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Samples, Shape};

/// The name of a dataset.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// 1,797 handwritten digits of 8×8 pixels, embedded in the program (UCI, CC BY 4.0). In the order of the file,
    /// the first 1,437 are the training set and the other 360 the test set; each class has at least 141 and
    /// 33 samples in them. Pixels, 0..=16, are divided by 16, then normalised with the training set's mean
    /// 0.30539 and standard deviation 0.37551.
    Digits,
    /// 60,000 + 10,000 handwritten digits of 28×28 pixels, normalised with mean 0.1307 and standard deviation
    /// 0.3081.
    Mnist,
    /// 60,000 + 10,000 pieces of clothing of 28×28 pixels, in 0..1, not normalised.
    FashionMnist,
    /// 50,000 + 10,000 colour photographs of 32×32 pixels, normalised per channel with mean 0.4914, 0.4822,
    /// 0.4465 and standard deviation 0.2023, 0.1994, 0.2010.
    Cifar10,
    /// A stand-in for CIFAR-10, rebuilt from quality-75 JPEGs in another order. For development and trends only;
    /// numbers made with it are not CIFAR-10 numbers.
    Cifar10Jpeg,
}

impl Name {
    /// Every dataset.
    pub const ALL: [Self; 5] = [
        Self::Digits,
        Self::Mnist,
        Self::FashionMnist,
        Self::Cifar10,
        Self::Cifar10Jpeg,
    ];

    /// The name as in files and on the command line, for instance `fashion-mnist`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
            Self::Cifar10 => "cifar10",
            Self::Cifar10Jpeg => "cifar10-jpeg",
        }
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

/// A training and a test set, with what a model needs to know of them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Which dataset this is.
    pub name: Name,
    /// The training set.
    pub train: Samples,
    /// The test set.
    pub test: Samples,
    /// The shape of one sample.
    pub shape: Shape,
    /// The number of classes; labels are less than it.
    pub classes: usize,
    /// SHA-256 of the list of the files' SHA-256 sums, in the order and the format of `sha256sum FILE...` on
    /// the uncompressed files: it changes when any byte of any file does.
    pub checksum: String,
}
