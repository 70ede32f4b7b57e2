//! Whatever a file holds, reading it ends with a value or a typed error.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::{cifar, csv, idx};
use crate::{Error, Name, load};

/// Bytes that often begin as an idx file of the given dimensions does.
fn idx_like(dimensions: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let mut header = vec![0, 0, 8, dimensions.len() as u8];
    header.extend(dimensions.iter().flat_map(|&size| [0, 0, 0, size]));
    let body = prop::collection::vec(any::<u8>(), 0..40);
    (prop::option::of(Just(header)), body)
        .prop_map(|(header, body)| header.into_iter().flatten().chain(body).collect())
}

/// A dataset that is read from files.
fn dataset_of_files() -> impl Strategy<Value = Name> {
    let mut names = Name::ALL.to_vec();
    names.retain(|name| !name.definition().is_embedded());
    prop::sample::select(names)
}

proptest! {
    #[test]
    fn idx_is_values_or_an_error(bytes in idx_like(&[2, 3, 4]), sizes in prop::collection::vec(0..5usize, 0..5)) {
        let path = Path::new("file");
        for dimensions in [&[2, 3, 4][..], &sizes] {
            match idx::body(path, &bytes, dimensions) {
                Ok(values) => {
                    prop_assert_eq!(values.len(), dimensions.iter().product::<usize>());
                    prop_assert_eq!(values, &bytes[idx::header_len(dimensions.len())..]);
                }
                Err(error) => prop_assert!(matches!(error, Error::Format { .. }), "{}", error),
            }
        }
    }

    #[test]
    fn rows_are_an_error_unless_they_are_all_there(bytes: Vec<u8>, rows in "([0-9]{1,3}[,\n;-]){0,200}") {
        for name in Name::ALL {
            for bytes in [&bytes[..], rows.as_bytes()] {
                let result = csv::parse(Path::new("file"), bytes, name.definition());
                prop_assert!(matches!(result, Err(Error::Format { .. })), "{:?}", result);
            }
        }
    }

    #[test]
    fn records_are_an_error_unless_they_are_whole(bytes: Vec<u8>) {
        for name in Name::ALL {
            let result = cifar::check(Path::new("file"), &bytes, name.definition(), 10_000);
            prop_assert!(matches!(result, Err(Error::Format { .. })), "{:?}", result);
        }
    }

    /// Arbitrary bytes, compressed, uncompressed, and compressed then damaged.
    #[test]
    fn loading_is_an_error(
        name in dataset_of_files(),
        bytes in idx_like(&[3]),
        zipped in 0..3,
        at: prop::sample::Index,
        flip: u8,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut contents = bytes;
        if zipped > 0 {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&contents).unwrap();
            contents = encoder.finish().unwrap();
        }
        if zipped > 1 {
            let at = at.index(contents.len());
            contents[at] ^= flip;
        }
        for file in name.definition().files() {
            let extension = if zipped > 0 { ".gz" } else { "" };
            fs::write(dir.path().join(format!("{}{extension}", file.name)), &contents).unwrap();
        }
        let error = load(name, Some(dir.path())).unwrap_err();
        prop_assert!(matches!(error, Error::Format { .. } | Error::Gzip { .. }), "{}", error);
    }
}
