//! Why a command doesn't end with status 0.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use thiserror::Error as ThisError;

/// Something that is wrong at some place: a file, its line and key, or an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where.
    pub place: String,
    /// What.
    pub problem: String,
}

impl fmt::Display for Located {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.problem)
    }
}

impl From<Located> for Error {
    fn from(located: Located) -> Self {
        Self::Experiment(vec![located])
    }
}

fn lines(problems: &[Located]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// Every way to fail; [`Error::is_wrong_input`] says which are the input's fault.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// All that is wrong in an experiment file, or in what overrides it; at least one problem.
    #[error("{}", lines(.0))]
    Experiment(Vec<Located>),
    /// A file that was asked for can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// As the system reports it.
        source: io::Error,
    },
    /// A file or folder of results that would lead elsewhere.
    #[error("{}: is a symbolic link; results are kept in plain files and folders", .0.display())]
    Link(PathBuf),
    /// Vectors that aren't n rows of d numbers.
    #[error("{0}")]
    Vectors(Located),
    /// An argument that clap can't check.
    #[error("{argument}: {problem}")]
    Argument {
        /// The argument.
        argument: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A dataset that can't be read.
    #[error("{}{}", .0, how_to_fetch(.0))]
    Data(#[from] data::Error),
    /// A dataset that can't be downloaded.
    #[error(transparent)]
    Fetch(#[from] data::fetch::Error),
    /// As the pipeline reports it.
    #[error(transparent)]
    Pipeline(#[from] robust_core::Error),
    /// As the attack reports it.
    #[error(transparent)]
    Attack(#[from] attacks::Error),
    /// As the run reports it.
    #[error(transparent)]
    Training(#[from] training::TrainError),
    /// All runs that failed refused their settings or their data.
    #[error("{failed} of {runs} runs refused their settings; see above")]
    Refused {
        /// How many refused.
        failed: usize,
        /// How many were begun.
        runs: usize,
    },

    /// Some runs failed.
    #[error("{failed} of {runs} runs failed; see above. The same command tries them again")]
    Failed {
        /// How many failed.
        failed: usize,
        /// How many were begun.
        runs: usize,
    },
    /// The user wished to stop.
    #[error("stopped; {done} runs are done and kept. The same command goes on from there")]
    Stopped {
        /// How many runs are done.
        done: usize,
    },
    /// Some runs have no result yet.
    #[error("{missing} of {runs} runs are not computed yet: `repro run` with the same arguments")]
    Missing {
        /// How many have none.
        missing: usize,
        /// How many there are.
        runs: usize,
    },
    /// The table isn't the stored one.
    #[error("{moved} values moved beyond their tolerance from {}", stored.display())]
    Moved {
        /// How many values.
        moved: usize,
        /// The stored table.
        stored: PathBuf,
    },
    /// Runs that differ in a setting that the table doesn't show.
    #[error("two runs are {0}: they differ in a setting that is no column")]
    TwoRuns(String),
    /// Numbers that can't be, if the theory holds.
    #[error("{0} numbers contradict the theory; see above")]
    Contradicted(usize),
    /// A file can't be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// As the system reports it.
        source: io::Error,
    },
    /// As the chart reports it.
    #[error("the figure can't be drawn: {0}")]
    Figure(#[from] charts::Error),
    /// As polars reports it.
    #[error("the results can't be aggregated: {0}")]
    Frame(#[from] polars::error::PolarsError),
}

/// The command that gets a dataset's files, after an error that says that they are missing.
fn how_to_fetch(error: &data::Error) -> String {
    match error {
        data::Error::Missing { dataset, .. } if !dataset.definition().mirrors().is_empty() => {
            format!(" with `repro data fetch {dataset}`")
        }
        _ => String::new(),
    }
}

impl Error {
    /// For `map_err` on reading this path.
    pub fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    /// For `map_err` on writing this path.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write {
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the input is wrong, so that the same command can't but fail again; else something
    /// failed or doesn't hold.
    #[must_use]
    pub fn is_wrong_input(&self) -> bool {
        match self {
            Self::Experiment(_)
            | Self::Read { .. }
            | Self::Link(_)
            | Self::Vectors(_)
            | Self::Argument { .. }
            | Self::Data(_)
            | Self::Pipeline(_)
            | Self::Attack(_)
            | Self::Fetch(_)
            | Self::Training(_)
            | Self::Refused { .. } => true,
            Self::Failed { .. }
            | Self::Stopped { .. }
            | Self::Missing { .. }
            | Self::Moved { .. }
            | Self::Contradicted(_)
            | Self::TwoRuns(_)
            | Self::Write { .. }
            | Self::Figure(_)
            | Self::Frame(_) => false,
        }
    }
}
