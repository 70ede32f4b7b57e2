//! Fashion-MNIST: pieces of clothing, in files of the names and shapes of MNIST's.
//!
//! Source: H. Xiao, K. Rasul, R. Vollgraf, *Fashion-MNIST: a Novel Image Dataset for Benchmarking
//! Machine Learning Algorithms*, arXiv:1708.07747; licence MIT. The sums were measured on the
//! published files.

use std::borrow::Cow::Borrowed;

use crate::definition::{Files, Origin, Source};
use crate::formats::Idx;
use crate::{Augmentation, Definition, Mirror, Normalisation, PublishedFile, Shape};

/// Fashion-MNIST.
pub static DATASET: Definition = Definition {
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    description: "60,000 + 10,000 pieces of clothing of 28×28 pixels, in 0..1, not normalised.",
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
        mean_std: &[(0.0, 1.0)],
    },
    augmentation: Augmentation {
        crop_padding: 0,
        horizontal_flip: true,
    },
    source: Source::Files(Files {
        train: &Idx {
            images: PublishedFile {
                name: "train-images-idx3-ubyte",
                sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            },
            labels: PublishedFile {
                name: "train-labels-idx1-ubyte",
                sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            },
        },
        test: &Idx {
            images: PublishedFile {
                name: "t10k-images-idx3-ubyte",
                sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            },
            labels: PublishedFile {
                name: "t10k-labels-idx1-ubyte",
                sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            },
        },
        // torchvision's.
        subfolders: &["FashionMNIST/raw"],
        system_folders: &["/usr/share/datasets/fashion-mnist"],
        origin: Origin::Mirrors(&[
            Mirror::Files(Borrowed(
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            )),
            Mirror::Files(Borrowed(
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            )),
            Mirror::Files(Borrowed(
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            )),
            Mirror::Debian {
                package: Borrowed("dataset-fashion-mnist"),
                folder: Borrowed("usr/share/datasets/fashion-mnist"),
            },
        ]),
    }),
};
