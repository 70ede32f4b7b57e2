//! The embedded digits: small enough to be part of the program, so that everything can be tried
//! without a download.
//!
//! In the order of the file, the first 1,437 are the training set and the other 360 the test set;
//! each class has at least 141 and 33 samples in them.
//!
//! Source: E. Alpaydin, C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine
//! Learning Repository, 1998, <https://doi.org/10.24432/C50P49>, its test part; licence CC BY 4.0.

use crate::definition::Source;
use crate::formats::Csv;
use crate::{Augmentation, Definition, Normalisation, PublishedFile, Shape};

/// The embedded digits.
pub static DATASET: Definition = Definition {
    name: "digits",
    title: "Digits",
    description: "1,797 handwritten digits of 8×8 pixels, embedded in the program (UCI, CC BY 4.0): 1,437 to train, 360 \
                  to test. Pixels, 0..=16, are divided by 16, then normalised with the training set's mean 0.30539 and \
                  standard deviation 0.37551.",
    stand_in_for: None,
    shape: Shape {
        channels: 1,
        height: 8,
        width: 8,
    },
    classes: 10,
    train: 1437,
    test: 360,
    normalisation: Normalisation {
        max: 16,
        mean_std: &[(0.305_386_1, 0.375_507_1)],
    },
    augmentation: Augmentation {
        crop_padding: 0,
        horizontal_flip: false,
    },
    source: Source::Embedded(Csv {
        file: PublishedFile {
            name: "digits.csv",
            sha256: "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
        },
        gzip: include_bytes!("../../assets/digits.csv.gz"),
    }),
};
