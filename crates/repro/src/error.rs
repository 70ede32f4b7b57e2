//! Why a command doesn't end with status 0.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use thiserror::Error as ThisError;

/// Every way to fail; [`Error::exit_code`] says which are the input's fault.
#[derive(Debug, ThisError)]
pub enum Error {
    /// An experiment file, or what overrides it.
    #[error("{place}: {problem}")]
    Experiment { place: String, problem: String },
    /// A file that was asked for can't be read.
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file or folder of ours that would lead elsewhere.
    #[error("{}: is a symbolic link; results are kept in plain files and folders", .0.display())]
    Link(PathBuf),
    /// Vectors that aren't n rows of d numbers.
    #[error("{place}: {problem}")]
    Vectors { place: String, problem: String },
    /// An argument that clap can't check.
    #[error("{argument}: {problem}")]
    Argument { argument: String, problem: String },
    #[error("{}{}", .0, how_to_fetch(.0))]
    Data(#[from] data::Error),
    #[error(transparent)]
    Fetch(#[from] data::fetch::Error),
    #[error(transparent)]
    Pipeline(#[from] robust_core::Error),
    #[error(transparent)]
    Attack(#[from] attacks::Error),
    #[error(transparent)]
    Training(#[from] training::TrainError),
    /// All runs that failed refused their settings or their data.
    #[error("{failed} of {runs} runs refused their settings; see above")]
    Refused { failed: usize, runs: usize },

    #[error("{failed} of {runs} runs failed; see above. The same command tries them again")]
    Failed { failed: usize, runs: usize },
    #[error("stopped; {done} runs are done and kept. The same command goes on from there")]
    Stopped { done: usize },
    #[error("{missing} of {runs} runs are not computed yet: `repro run` with the same arguments")]
    Missing { missing: usize, runs: usize },
    #[error("{moved} values moved beyond their tolerance from {}", stored.display())]
    Moved { moved: usize, stored: PathBuf },
    /// Runs that differ in a setting that the table doesn't show.
    #[error(
        "the cell {cell} has {runs} runs for {seeds} seeds: its runs differ in a setting that is no column"
    )]
    Cell {
        cell: String,
        runs: u64,
        seeds: usize,
    },
    #[error("{0} numbers contradict the theory; see above")]
    Contradicted(usize),
    #[error("{}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
    #[error("the figure can't be drawn: {0}")]
    Figure(#[from] charts::Error),
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

    /// 2 where the input is wrong, 1 where something failed or doesn't hold.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Experiment { .. }
            | Self::Read { .. }
            | Self::Link(_)
            | Self::Vectors { .. }
            | Self::Argument { .. }
            | Self::Data(_)
            | Self::Pipeline(_)
            | Self::Attack(_)
            | Self::Fetch(_)
            | Self::Training(_)
            | Self::Refused { .. } => 2,
            Self::Failed { .. }
            | Self::Stopped { .. }
            | Self::Missing { .. }
            | Self::Moved { .. }
            | Self::Contradicted(_)
            | Self::Cell { .. }
            | Self::Write { .. }
            | Self::Output(_)
            | Self::Figure(_)
            | Self::Frame(_) => 1,
        })
    }

    /// Whether nobody reads the output any more, as in `repro list | head -1`.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
