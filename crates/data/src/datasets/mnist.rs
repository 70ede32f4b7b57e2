//! MNIST: handwritten digits of American census employees and school students.
//!
//! Source: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST Database of Handwritten Digits*, 1998.
//! The sums were measured on the published files.

use std::borrow::Cow::Borrowed;

use crate::definition::{Files, Origin, Source};
use crate::formats::Idx;
use crate::{Augmentation, Definition, Mirror, Normalisation, PublishedFile, Shape};

/// MNIST.
pub static DATASET: Definition = Definition {
    name: "mnist",
    title: "MNIST",
    description: "60,000 + 10,000 handwritten digits of 28×28 pixels, normalised with mean 0.1307 and standard deviation \
                  0.3081.",
    stand_in_for: None,
    shape: Shape {
        channels: 1,
        height: 28,
        width: 28,
    },
    classes: 10,
    train: 60_000,
    test: 10_000,
    normalisation: Normalisation {
        max: 255,
        mean_std: &[(0.1307, 0.3081)],
    },
    augmentation: Augmentation {
        crop_padding: 0,
        horizontal_flip: false,
    },
    source: Source::Files(Files {
        train: &Idx {
            images: PublishedFile {
                name: "train-images-idx3-ubyte",
                sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            },
            labels: PublishedFile {
                name: "train-labels-idx1-ubyte",
                sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            },
        },
        test: &Idx {
            images: PublishedFile {
                name: "t10k-images-idx3-ubyte",
                sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            },
            labels: PublishedFile {
                name: "t10k-labels-idx1-ubyte",
                sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
        },
        // torchvision's.
        subfolders: &["MNIST/raw"],
        system_folders: &[],
        origin: Origin::Mirrors(&[
            Mirror::Files(Borrowed("https://ossci-datasets.s3.amazonaws.com/mnist/")),
            Mirror::Files(Borrowed(
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            )),
            Mirror::Files(Borrowed("http://yann.lecun.com/exdb/mnist/")),
        ]),
    }),
};
