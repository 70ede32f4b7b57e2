use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use crate::partition::Partition;
use crate::search::DEPTH;
use crate::{Name, Search};

/// What can be wrong with a dataset's files or with the split that is asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// [`Name`] was parsed from something else.
    #[error("unknown dataset `{found}`: expected one of {}", Name::ALL.map(|name| name.to_string()).join(", "))]
    UnknownDataset {
        /// The text that was parsed.
        found: String,
    },

    /// Files of the dataset are nowhere, under whatever name.
    #[error("{}", missing(*dataset, files, search))]
    Missing {
        /// The dataset that was asked for.
        dataset: Name,
        /// The names under which the files that are missing are published.
        files: Vec<&'static str>,
        /// Where they were looked for, and what was there instead.
        search: Box<Search>,
    },

    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },

    /// A `.gz` file is not valid gzip, or ends too early.
    #[error("{}: invalid gzip: {source}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        source: io::Error,
    },

    /// A file's contents are not laid out as its format demands.
    #[error("{}: {what} is {found}, expected {expected}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The part of the file that is wrong.
        what: String,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },

    /// A file is well-formed, but its contents are not the published ones.
    #[error(
        "{}: SHA-256 of {of} is {found}, expected {expected} ({dataset}){}",
        path.display(),
        is.map_or(String::new(), |name| format!("; this is a file of {name}: ask for that name"))
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The dataset that was asked for.
        dataset: Name,
        /// What the sum is of: the uncompressed file, or the samples that it holds.
        of: &'static str,
        /// The sum.
        found: String,
        /// The published sum.
        expected: &'static str,
        /// The dataset to which a file with this sum belongs.
        is: Option<Name>,
    },

    /// A setting of a partition is out of its range.
    #[error("{name} is {value}, expected {expected}")]
    Parameter {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// The legal range.
        expected: String,
    },

    /// A label is not the number of a class.
    #[error(
        "sample {sample} has label {label}, expected less than the number of classes, {classes}"
    )]
    Label {
        /// Index of the sample.
        sample: usize,
        /// Its label.
        label: u8,
        /// The number of classes.
        classes: usize,
    },

    /// A split leaves a worker with too few samples. The seed, which the split doesn't know, is for
    /// the caller to add.
    #[error(
        "worker {worker} of {workers} (counted from 0) gets {found} of {samples} samples under {partition}, expected at least {expected}: {remedy}"
    )]
    TooFewSamples {
        /// The first such worker.
        worker: usize,
        /// The number of workers.
        workers: usize,
        /// The number of samples of the worker.
        found: usize,
        /// The number of samples of all workers together.
        samples: usize,
        /// The smallest number that would do.
        expected: usize,
        /// The partition, with its parameters.
        partition: Partition,
        /// What can help.
        remedy: String,
    },
}

/// What is missing, where it was looked for, what is there instead, and what to do. It ends so that
/// a program can add the command that fetches.
fn missing(dataset: Name, files: &[&str], search: &Search) -> String {
    let Search {
        looked_in,
        found_in,
        unreadable,
        copies,
        cut,
    } = search;
    let (is, missing, them) = match files.len() {
        1 => ("is", "the missing file", "it"),
        _ => ("are", "the missing files", "them"),
    };
    let shown = |path: &Path| path.display().to_string();
    let mut text = format!("{dataset}: {} {is} missing", files.join(", "));
    if let Some(folder) = found_in {
        let _ = write!(text, " (the others are in {})", shown(folder));
    }
    let folders: Vec<_> = looked_in.iter().map(|dir| shown(dir)).collect();
    let folders = folders.join(", ");
    let _ = write!(
        text,
        "; looked in {folders}, and {DEPTH} folders deep below"
    );
    for (path, error) in unreadable {
        let _ = write!(text, "; {} can't be read: {error}", shown(path));
    }
    for (path, what) in copies {
        let _ = write!(text, "; {} is {what}", shown(path));
    }
    if let Some(path) = cut {
        let _ = write!(text, "; {} has too many files to look at all", shown(path));
    }
    let _ = match dataset.definition().how_to_make() {
        Some(how) => write!(text, "; no mirror has {them}; {how}"),
        None => write!(text, "; put {missing} there, or fetch {them}"),
    };
    text
}
