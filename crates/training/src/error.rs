//! What can be wrong with a run's settings, and what can go wrong while it trains.

use thiserror::Error;

/// A setting that no run can have.
#[derive(Debug, Error)]
pub enum SpecError {
    /// A count that must be at least 1.
    #[error("{0} = 0, but must be at least 1")]
    Zero(&'static str),
    /// A number outside its range.
    #[error("{name} = {value}, but must be in {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The legal range.
        range: &'static str,
    },
    /// No such device.
    #[error("unknown device `{0}`: must be `flex`, `libtorch` or `cuda:N`")]
    UnknownDevice(String),
    /// The pipeline yields vectors instead of one aggregate.
    #[error("pipeline `{0}` must end in an aggregator")]
    NoAggregator(String),
    /// An attack, but nobody to mount it.
    #[error("attack `{0}` with f = 0: use f ≥ 1, or `none`")]
    AttackWithoutByzantine(String),
    /// Byzantine workers that do nothing.
    #[error("f = {0} Byzantine workers, but attack `none`: name an attack, or use f = 0")]
    ByzantineWithoutAttack(usize),
    /// Parameters that nothing reads.
    #[error("attack parameters are given, but attack is `none`")]
    ParametersWithoutAttack,
    /// As the pipeline reports it.
    #[error(transparent)]
    Pipeline(#[from] robust_core::Error),
    /// As the attack reports it.
    #[error(transparent)]
    Attack(#[from] attacks::Error),
}

/// A run that cannot go on.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The settings are wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The samples cannot be spread as asked.
    #[error("seed {seed}: {source}")]
    Partition {
        /// Seed of the run.
        seed: u64,
        /// As the partition reports it.
        source: data::Error,
    },
    /// The dataset is another one than the settings name.
    #[error("the settings name dataset `{expected}`, but `{found}` was given")]
    Dataset {
        /// As in the settings.
        expected: data::Name,
        /// As given.
        found: data::Name,
    },
    /// The images do not fit the network.
    #[error(
        "model `{model}` takes images of {expected:?} (channels, height, width), not {found:?}"
    )]
    Shape {
        /// The network.
        model: crate::Architecture,
        /// What it takes.
        expected: [usize; 3],
        /// What the dataset has.
        found: [usize; 3],
    },
    /// This binary was built without the device.
    #[error("device `{0}` is not in this binary: build with `--features {1}`")]
    DeviceNotBuilt(crate::Device, &'static str),
    /// A checkpoint of a run with other settings.
    #[error("the checkpoint has {found} {what}, but this run has {expected}")]
    Checkpoint {
        /// What is counted.
        what: &'static str,
        /// How many of it the checkpoint has.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The observer asked to stop.
    #[error("stopped after step {0}")]
    Stopped(usize),
}

impl From<robust_core::Error> for TrainError {
    fn from(error: robust_core::Error) -> Self {
        Self::Spec(error.into())
    }
}

impl From<attacks::Error> for TrainError {
    fn from(error: attacks::Error) -> Self {
        Self::Spec(error.into())
    }
}
