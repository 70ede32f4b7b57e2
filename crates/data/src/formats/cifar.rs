//! The binary version of CIFAR-10: a record is a label and, for each channel in turn, the bytes of
//! an image, row by row. The Python version, a pickle a batch, is read as these records.

use std::path::Path;

use super::{Contents, Expected, Folder, Format, check_labels, wrong_length};
use crate::{Definition, Error, PublishedFile};

/// Files of equally many records.
#[derive(Debug)]
pub struct CifarBinary {
    pub batches: &'static [PublishedFile],
}

impl Format for CifarBinary {
    fn files(&self) -> Vec<PublishedFile> {
        self.batches.to_vec()
    }

    fn expected(&self, definition: &Definition, samples: usize) -> Vec<Expected> {
        let len = samples / self.batches.len() * (1 + definition.shape.len());
        let expected = |&file: &PublishedFile| Expected {
            file,
            len,
            may_be_pickled: true,
        };
        self.batches.iter().map(expected).collect()
    }

    fn read(&self, folder: &Folder<'_>, samples: usize) -> Result<Contents, Error> {
        let definition = folder.definition;
        let image = definition.shape.len();
        let records = samples / self.batches.len();
        let mut pixels = Vec::with_capacity(samples * image);
        let mut labels = Vec::with_capacity(samples);
        for expected in self.expected(definition, samples) {
            let bytes = folder.read(expected, |path, bytes| {
                check(path, bytes, definition, records)
            })?;
            for record in bytes.chunks_exact(1 + image) {
                labels.push(record[0]);
                pixels.extend_from_slice(&record[1..]);
            }
        }
        Ok(Contents { pixels, labels })
    }
}

/// Checks that `bytes` are this number of records.
pub fn check(
    path: &Path,
    bytes: &[u8],
    definition: &Definition,
    records: usize,
) -> Result<(), Error> {
    let record = 1 + definition.shape.len();
    let expected = records * record;
    if bytes.len() != expected {
        let why = format!(" ({records} records of {record})");
        let found = bytes.len();
        return Err(wrong_length(
            path,
            "the number of bytes",
            found,
            expected,
            &why,
        ));
    }
    let labels = bytes.chunks_exact(record).map(|record| record[0]);
    check_labels(path, labels, definition.classes)
}
