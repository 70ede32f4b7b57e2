use std::{io, path::PathBuf};

use crate::{Name, partition::Partition};

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

    /// No folder holds all files of the dataset.
    #[error(
        "{dataset}: no folder holds all of {}; looked in {}; {}{}",
        dataset.definition().files().iter().map(|file| file.name).collect::<Vec<_>>().join(", "),
        looked_in.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", "),
        if dataset.definition().how_to_make().is_some() { "no mirror has them; " } else { "" },
        dataset.definition().how_to_make().unwrap_or("put them there, or fetch them")
    )]
    Missing {
        /// The dataset that was asked for.
        dataset: Name,
        /// The folders, in the order in which they were looked in.
        looked_in: Vec<PathBuf>,
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
        "{}: SHA-256 of the uncompressed file is {found}, expected {expected} ({dataset}){}",
        path.display(),
        is.map_or(String::new(), |name| format!("; this is a file of {name}: ask for that name"))
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The dataset that was asked for.
        dataset: Name,
        /// The file's sum.
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

    /// A split leaves a worker with too few samples. The seed, which the split doesn't know, is for the caller to add.
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
