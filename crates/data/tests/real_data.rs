//! The published files, which are not part of the repository: each module is named for the dataset
//! that its tests need, in `ROBUST_DATA_DIR` or in the repository's `data`. To run those of MNIST:
//!
//! ```sh
//! cargo test --release --package data -- --ignored needs::mnist::
//! ```

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use data::{Dataset, Error, Name, Samples, load};

/// The data directory, if it isn't the one in which `load` looks by itself.
fn dir() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    std::env::var_os("ROBUST_DATA_DIR")
        .is_none()
        .then_some(repository)
}

fn real(name: Name) -> Dataset {
    load(name, dir().as_deref()).unwrap_or_else(|error| panic!("{error}"))
}

/// Mean and standard deviation of all values of a channel, as a model sees them.
fn mean_std(samples: &Samples, channel: usize) -> (f64, f64) {
    let plane = samples.shape().height * samples.shape().width;
    let mut out = vec![0.0; samples.shape().len()];
    let (mut sum, mut squares) = (0.0, 0.0);
    for index in 0..samples.len() {
        samples.fill(&[index], &mut out);
        for &value in &out[channel * plane..][..plane] {
            sum += f64::from(value);
            squares += f64::from(value).powi(2);
        }
    }
    let count = (samples.len() * plane) as f64;
    (
        sum / count,
        (squares / count - (sum / count).powi(2)).sqrt(),
    )
}

fn near(found: (f64, f64), expected: (f64, f64), tolerance: f64) -> bool {
    (found.0 - expected.0).abs() < tolerance && (found.1 - expected.1).abs() < tolerance
}

fn counts(samples: &Samples) -> [usize; 10] {
    let mut counts = [0; 10];
    for &label in samples.labels() {
        counts[usize::from(label)] += 1;
    }
    counts
}

/// CIFAR-10 and its stand-in have the same images, one of them through JPEG.
fn check_cifar10(cifar: &Dataset) {
    assert_eq!((cifar.train.len(), cifar.test.len()), (50_000, 10_000));
    assert_eq!(
        (counts(&cifar.train), counts(&cifar.test)),
        ([5000; 10], [1000; 10])
    );
    // The usual deviations, 0.2023, ..., are means over images, smaller than 0.2470, ..., over all
    // pixels.
    let deviations = [0.2470 / 0.2023, 0.2435 / 0.1994, 0.2616 / 0.2010];
    for (channel, std) in deviations.into_iter().enumerate() {
        let found = mean_std(&cifar.train, channel);
        assert!(near(found, (0.0, std), 0.02), "{channel}: {found:?}");
    }
}

mod needs {
    mod mnist {
        use crate::*;

        #[test]
        #[ignore = "needs MNIST in ROBUST_DATA_DIR"]
        fn classes_and_normalisation() {
            let mnist = real(Name::Mnist);
            assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
            assert_eq!(mnist.train.labels()[..10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
            assert_eq!(
                counts(&mnist.train),
                [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
            );
            // The constants of the normalisation are those of the training set, to four digits.
            let found = mean_std(&mnist.train, 0);
            assert!(near(found, (0.0, 1.0), 2e-4), "{found:?}");
        }

        /// As torchvision, Kaggle, 7-Zip and browsers leave it.
        #[test]
        #[ignore = "needs MNIST in ROBUST_DATA_DIR"]
        fn other_layouts() {
            let from = data::locate(Name::Mnist, dir().as_deref())
                .unwrap()
                .unwrap();
            let mnist = real(Name::Mnist);
            let checksum = "d0a3eec1f5a454401d758fdbf15b9b0163a7034963586d671960c180b97e2c1a";
            assert_eq!(mnist.checksum, checksum);
            let files = Name::Mnist.definition().files();
            let unpacked: Vec<_> = files
                .iter()
                .map(|file| contents(&from, file.name))
                .collect();
            type PathOf<'a> = &'a dyn Fn(&str) -> String;
            let layouts: [(&str, PathOf<'_>); 6] = [
                ("torchvision", &|file| format!("MNIST/raw/{file}")),
                ("dots", &|file| {
                    format!("mnist/{}", file.replace("-idx", ".idx"))
                }),
                ("nested", &|file| format!("mnist/{file}/{file}")),
                ("nested dots", &|file| {
                    let dots = file.replace("-idx", ".idx");
                    format!("archive/{dots}/{dots}")
                }),
                ("browser", &|file| format!("mnist/{file}.gz")),
                ("copies", &|file| format!("mnist/{file} (1).gz")),
            ];
            for (layout, path) in layouts {
                let place = tempfile::tempdir().unwrap();
                for (file, bytes) in files.iter().zip(&unpacked) {
                    let path = place.path().join(path(file.name));
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, bytes).unwrap();
                }
                let found = load(Name::Mnist, Some(place.path())).unwrap();
                assert_eq!(found.checksum, checksum, "{layout}");
                assert_eq!(found.train.labels(), mnist.train.labels());
                assert!(same_pixels(&found.train, &mnist.train), "{layout}");
                assert!(same_pixels(&found.test, &mnist.test), "{layout}");
                #[cfg(feature = "fetch")]
                data::fetch::fetch(Name::Mnist, Some(place.path()), &[], &mut |_| ()).unwrap();
                // Fashion-MNIST's files have the same names and lengths.
                let error = load(Name::FashionMnist, Some(place.path())).unwrap_err();
                assert!(matches!(error, Error::Missing { .. }), "{error}");
                let last = place.path().join(path(files[3].name));
                fs::remove_file(last).unwrap();
                let error = load(Name::Mnist, Some(place.path()))
                    .unwrap_err()
                    .to_string();
                let missing = "mnist: t10k-labels-idx1-ubyte is missing (the others are in ";
                assert!(error.starts_with(missing), "{error}");
            }
        }

        /// The unpacked contents of a file.
        fn contents(folder: &Path, name: &str) -> Vec<u8> {
            fs::read(folder.join(name)).unwrap_or_else(|_| {
                let file = fs::File::open(folder.join(format!("{name}.gz"))).unwrap();
                let mut bytes = Vec::new();
                flate2::read::GzDecoder::new(file)
                    .read_to_end(&mut bytes)
                    .unwrap();
                bytes
            })
        }

        fn same_pixels(a: &Samples, b: &Samples) -> bool {
            let size = a.shape().len();
            let (mut left, mut right) = (vec![0.0; size], vec![1.0; size]);
            a.len() == b.len()
                && (0..a.len()).all(|index| {
                    a.fill(&[index], &mut left);
                    b.fill(&[index], &mut right);
                    left == right
                })
        }
    }

    mod fashion_mnist {
        use crate::*;

        #[test]
        #[ignore = "needs Fashion-MNIST in ROBUST_DATA_DIR"]
        fn classes_and_normalisation() {
            let fashion = real(Name::FashionMnist);
            assert_eq!((fashion.train.len(), fashion.test.len()), (60_000, 10_000));
            assert_eq!(fashion.train.labels()[..10], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
            assert_eq!(
                (counts(&fashion.train), counts(&fashion.test)),
                ([6000; 10], [1000; 10])
            );
            // The well-known mean and deviation of the training set in 0..1: it is not normalised.
            let found = mean_std(&fashion.train, 0);
            assert!(near(found, (0.2860, 0.3530), 1e-4), "{found:?}");
        }
    }

    mod cifar10 {
        use crate::*;

        #[test]
        #[ignore = "needs CIFAR-10 in ROBUST_DATA_DIR"]
        fn classes_and_normalisation() {
            check_cifar10(&real(Name::Cifar10));
        }
    }

    mod cifar10_jpeg {
        use crate::*;

        #[test]
        #[ignore = "needs cifar10-jpeg in ROBUST_DATA_DIR"]
        fn classes_and_normalisation() {
            check_cifar10(&real(Name::Cifar10Jpeg));
        }

        #[test]
        #[ignore = "needs cifar10-jpeg in ROBUST_DATA_DIR"]
        fn loaded_under_its_own_name_only() {
            assert_eq!(real(Name::Cifar10Jpeg).name.to_string(), "cifar10-jpeg");
            let found = data::locate(Name::Cifar10Jpeg, dir().as_deref()).unwrap();
            let error = load(Name::Cifar10, found.as_deref()).unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::Checksum {
                        is: Some(Name::Cifar10Jpeg),
                        ..
                    }
                ),
                "{error}"
            );
            assert!(
                error
                    .to_string()
                    .ends_with("this is a file of cifar10-jpeg: ask for that name")
            );
        }
    }
}
