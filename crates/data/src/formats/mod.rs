//! Readers of file formats, one a file. What is particular to a dataset they take from its
//! definition.

mod cifar;
mod csv;
#[cfg(test)]
mod fuzz;
mod idx;
pub mod pickle;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::io;
use std::path::Path;

pub use self::cifar::CifarBinary;
pub use self::csv::Csv;
pub use self::idx::Idx;
use crate::search::Paths;
use crate::{Definition, Error, Name, PublishedFile, file};

/// The files of a training or a test set, as a format lays them out.
pub trait Format: Debug + Sync {
    /// The files, in the order in which the dataset's checksum has them.
    fn files(&self) -> Vec<PublishedFile>;

    /// What is known of each of them before it is read, for a set of this number of samples.
    fn expected(&self, definition: &Definition, samples: usize) -> Vec<Expected>;

    /// Reads this number of samples, and checks layout, labels and sums.
    fn read(&self, folder: &Folder<'_>, samples: usize) -> Result<Contents, Error>;
}

/// What the files of a set hold.
#[derive(PartialEq, Eq, Debug)]
pub struct Contents {
    /// Samples × channels × height × width.
    pub pixels: Vec<u8>,
    /// One a sample, less than the number of classes.
    pub labels: Vec<u8>,
}

/// A file of a dataset, before it is read.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    pub file: PublishedFile,
    /// Bytes of its uncompressed contents.
    pub len: usize,
    /// Whether a pickle may hold them.
    pub may_be_pickled: bool,
}

/// The files of a dataset, wherever they are.
#[derive(Clone, Copy, Debug)]
pub struct Folder<'a> {
    pub name: Name,
    pub definition: &'a Definition,
    pub paths: &'a Paths,
}

impl Folder<'_> {
    /// The uncompressed contents of a file. Its layout is checked before its sum, since that tells
    /// more than a wrong sum does.
    pub fn read(
        &self,
        expected: Expected,
        check: impl Fn(&Path, &[u8]) -> Result<(), Error>,
    ) -> Result<Vec<u8>, Error> {
        let file = expected.file;
        let Some(path) = self.paths.get(file.name) else {
            return Err(Error::Read {
                path: file.name.into(),
                source: io::ErrorKind::NotFound.into(),
            });
        };
        let unpacked = file::read(path, expected.len, expected.may_be_pickled)?;
        check(path, &unpacked.bytes)?;
        file::verify(path, &unpacked, self.name, file)?;
        Ok(unpacked.bytes)
    }
}

/// Checks that each label is the number of a class.
fn check_labels(
    path: &Path,
    labels: impl Iterator<Item = u8>,
    classes: usize,
) -> Result<(), Error> {
    match labels
        .enumerate()
        .find(|&(_, label)| usize::from(label) >= classes)
    {
        None => Ok(()),
        Some((sample, label)) => Err(Error::Format {
            path: path.to_owned(),
            what: format!("the label of sample {sample} (counted from 0)"),
            found: label.to_string(),
            expected: format!("0 to {}", classes - 1),
        }),
    }
}

/// A number of bytes that isn't the expected one. No more is read than tells a longer file from a
/// right one.
fn wrong_length(path: &Path, what: &str, found: usize, expected: usize, why: &str) -> Error {
    let at_least = if found > expected { "at least " } else { "" };
    Error::Format {
        path: path.to_owned(),
        what: what.to_owned(),
        found: format!("{at_least}{found}"),
        expected: format!("{expected}{why}"),
    }
}
