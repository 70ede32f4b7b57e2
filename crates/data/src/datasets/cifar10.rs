//! CIFAR-10, in its binary or its Python version.
//!
//! Source: A. Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009. The sums
//! are those that TorchVision for Ruby checks; the archive's sum is also that of TensorFlow
//! Datasets.

use std::borrow::Cow::Borrowed;

use crate::definition::{Files, Origin, Source};
use crate::formats::CifarBinary;
use crate::{Augmentation, Definition, Mirror, Normalisation, PublishedFile, Shape};

/// CIFAR-10.
pub static DATASET: Definition = Definition {
    name: "cifar10",
    title: "CIFAR-10",
    description: "50,000 + 10,000 colour photographs of 32×32 pixels, normalised per channel with mean 0.4914, 0.4822, \
                  0.4465 and standard deviation 0.2023, 0.1994, 0.2010.",
    stand_in_for: None,
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
                    sha256: "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                },
                PublishedFile {
                    name: "data_batch_2.bin",
                    sha256: "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                },
                PublishedFile {
                    name: "data_batch_3.bin",
                    sha256: "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                },
                PublishedFile {
                    name: "data_batch_4.bin",
                    sha256: "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                },
                PublishedFile {
                    name: "data_batch_5.bin",
                    sha256: "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                },
            ],
        },
        test: &CifarBinary {
            batches: &[PublishedFile {
                name: "test_batch.bin",
                sha256: "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
            }],
        },
        // The folders in the archives of the binary and of the Python version.
        subfolders: &["cifar-10-batches-bin", "cifar-10-batches-py"],
        system_folders: &[],
        origin: Origin::Mirrors(&[
            Mirror::Archive(Borrowed(
                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            )),
            Mirror::Archive(Borrowed(
                "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/cifar-10-binary.tar.gz",
            )),
            Mirror::Archive(Borrowed(
                "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/cifar-10-binary.tar.gz",
            )),
        ]),
    }),
};

pub(super) const SHAPE: Shape = Shape {
    channels: 3,
    height: 32,
    width: 32,
};

pub(super) const NORMALISATION: Normalisation = Normalisation {
    max: 255,
    mean_std: &[(0.4914, 0.2023), (0.4822, 0.1994), (0.4465, 0.2010)],
};
