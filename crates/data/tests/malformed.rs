//! Damaged files: each is a typed error that names the file, what was found and what was expected.

use std::fs;
use std::io::Write;
use std::path::Path;

use data::{Error, Name, load, locate};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

const MNIST: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];
const CIFAR10: [&str; 6] = [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
    "test_batch.bin",
];

/// A folder with empty files of these names.
fn folder(names: &[&str]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for name in names {
        fs::write(dir.path().join(name), []).unwrap();
    }
    dir
}

/// The error of loading, and its message from the name of the file on.
fn failure(name: Name, dir: &Path) -> (Error, String) {
    let error = load(name, Some(dir)).unwrap_err();
    let message = error.to_string();
    let dir = format!("{}{}", dir.display(), std::path::MAIN_SEPARATOR);
    let message = message
        .strip_prefix(&dir)
        .expect("the message starts with the path")
        .to_owned();
    (error, message)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An idx file of 60,000 labels.
fn labels() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1, 0, 0, 0xea, 0x60];
    bytes.resize(8 + 60_000, 7);
    bytes
}

/// The error for this file of training labels, which are read before the images.
fn labels_failure(bytes: &[u8]) -> (Error, String) {
    let dir = folder(&MNIST);
    fs::write(dir.path().join("train-labels-idx1-ubyte"), bytes).unwrap();
    failure(Name::Mnist, dir.path())
}

#[test]
fn truncated_idx() {
    let (error, message) = labels_failure(&labels()[..1008]);
    assert!(matches!(error, Error::Format { .. }));
    assert_eq!(
        message,
        "train-labels-idx1-ubyte: the number of bytes after the header is 1000, expected 60000"
    );
    let (_, message) = labels_failure(&[0, 0, 8]);
    assert_eq!(
        message,
        "train-labels-idx1-ubyte: the file is 3 bytes long, expected an idx header of 8 bytes"
    );
}

#[test]
fn too_long_idx() {
    let mut bytes = labels();
    bytes.extend([7; 1000]);
    let (_, message) = labels_failure(&bytes);
    assert_eq!(
        message,
        "train-labels-idx1-ubyte: the number of bytes after the header is at least 60001, expected 60000"
    );
}

#[test]
fn wrong_magic_number() {
    let mut bytes = labels();
    bytes[3] = 3;
    let (error, message) = labels_failure(&bytes);
    assert!(matches!(error, Error::Format { .. }));
    assert_eq!(
        message,
        "train-labels-idx1-ubyte: the magic number is 0x00000803, expected 0x00000801"
    );
}

#[test]
fn wrong_shape() {
    let mut bytes = labels();
    bytes[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    let (_, message) = labels_failure(&bytes);
    assert_eq!(
        message,
        "train-labels-idx1-ubyte: the shape is [4294967295], expected [60000]"
    );
}

#[test]
fn label_out_of_range() {
    let mut bytes = labels();
    bytes[8 + 59_999] = 10;
    let (error, message) = labels_failure(&bytes);
    assert!(matches!(error, Error::Format { .. }));
    assert_eq!(
        message,
        "train-labels-idx1-ubyte: the label of sample 59999 (counted from 0) is 10, expected 0 to 9"
    );
}

#[test]
fn wrong_checksum() {
    let (error, message) = labels_failure(&labels());
    assert!(matches!(
        error,
        Error::Checksum {
            dataset: Name::Mnist,
            is: None,
            ..
        }
    ));
    let expected = "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5";
    assert!(
        message.starts_with("train-labels-idx1-ubyte: SHA-256 of the uncompressed file is ")
            && message.ends_with(&format!(", expected {expected} (mnist)")),
        "{message}"
    );
}

#[test]
fn gzip_that_ends_early() {
    let file = "train-labels-idx1-ubyte.gz";
    let dir = folder(&[MNIST[0], file, MNIST[2], MNIST[3]]);
    let damaged = |bytes: &[u8]| {
        fs::write(dir.path().join(file), bytes).unwrap();
        failure(Name::Mnist, dir.path())
    };
    let whole = gzip(&labels());
    let mut wrong_crc = whole.clone();
    let crc = wrong_crc.len() - 8;
    wrong_crc[crc] ^= 1;
    for bytes in [&whole[..whole.len() - 1], &whole[..20], &wrong_crc] {
        let (error, message) = damaged(bytes);
        assert!(matches!(error, Error::Gzip { .. }), "{error:?}");
        assert!(
            message.starts_with("train-labels-idx1-ubyte.gz: invalid gzip: "),
            "{message}"
        );
    }
    // Whole, it gets as far as the checksum; and so does what a browser unpacked without changing
    // the name.
    assert!(matches!(damaged(&whole).0, Error::Checksum { .. }));
    assert!(matches!(damaged(&labels()).0, Error::Checksum { .. }));
    assert_eq!(
        damaged(&[]).1,
        "train-labels-idx1-ubyte.gz: the file is 0 bytes long, expected an idx header of 8 bytes"
    );
}

#[test]
fn missing_files() {
    let dir = folder(&MNIST[..3]);
    let error = load(Name::Mnist, Some(dir.path())).unwrap_err();
    let at = dir.path().display();
    assert_eq!(
        error.to_string(),
        format!(
            "mnist: t10k-labels-idx1-ubyte is missing; looked in {at}/mnist, {at}/MNIST/raw, {at}, and 4 folders \
             deep below; put the missing file there, or fetch it"
        )
    );
    let error = load(Name::Cifar10Jpeg, Some(dir.path())).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("; no mirror has them; data/README.md says how to make them"),
        "{error}"
    );
}

#[test]
fn folders_are_looked_in_in_order() {
    let dir = folder(&MNIST);
    let at = |name| locate(name, Some(dir.path())).unwrap();
    assert_eq!(at(Name::Mnist).as_deref(), Some(dir.path()));
    assert_eq!(at(Name::Digits), None);
    let own = dir.path().join("mnist");
    fs::create_dir(&own).unwrap();
    for name in MNIST {
        fs::write(own.join(format!("{name}.gz")), []).unwrap();
    }
    assert_eq!(at(Name::Mnist), Some(own));
}

/// Ten thousand records whose labels are 1.
fn cifar_batch() -> Vec<u8> {
    let mut bytes = vec![0; 10_000 * 3073];
    bytes.iter_mut().step_by(3073).for_each(|label| *label = 1);
    bytes
}

#[test]
fn damaged_cifar_batches() {
    let dir = folder(&CIFAR10);
    let damaged = |bytes: &[u8]| {
        fs::write(dir.path().join("data_batch_1.bin"), bytes).unwrap();
        failure(Name::Cifar10, dir.path())
    };
    let mut bytes = cifar_batch();
    let (error, message) = damaged(&bytes[..3073]);
    assert!(matches!(error, Error::Format { .. }));
    assert_eq!(
        message,
        "data_batch_1.bin: the number of bytes is 3073, expected 30730000 (10000 records of 3073)"
    );
    let (error, _) = damaged(&bytes);
    assert!(matches!(
        error,
        Error::Checksum {
            dataset: Name::Cifar10,
            is: None,
            ..
        }
    ));
    bytes[3 * 3073] = 200;
    let (_, message) = damaged(&bytes);
    assert_eq!(
        message,
        "data_batch_1.bin: the label of sample 3 (counted from 0) is 200, expected 0 to 9"
    );
    bytes.push(0);
    let (_, message) = damaged(&bytes);
    assert!(message.starts_with("data_batch_1.bin: the number of bytes is at least 30730001"));
}
