//! What can be wrong with a run's settings, and what can go wrong while it trains.

use robust_core::Parameters;
use thiserror::Error;

use crate::{Architecture, Device};

/// A setting that no run can have, or two that don't fit each other.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// A count that must be at least 1.
    #[error("{0} = 0, but must be at least 1")]
    Zero(&'static str),
    /// A number outside its range.
    #[error("{setting} = {value}, but must be in {range}")]
    OutOfRange {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// The legal range.
        range: &'static str,
    },
    /// More numbers than a memory holds.
    #[error("{what} would take more than {most} numbers: {setting} is too large")]
    TooLarge {
        /// The setting.
        setting: &'static str,
        /// What would be so large.
        what: &'static str,
        /// The largest legal number.
        most: usize,
    },
    /// More samples than the dataset has.
    #[error("{setting} = {asked}, but `{dataset}` has {largest}")]
    TooManySamples {
        /// The setting.
        setting: &'static str,
        /// Its value.
        asked: usize,
        /// The dataset.
        dataset: data::Name,
        /// How many there are.
        largest: usize,
    },
    /// More honest workers than training samples.
    #[error("honest = {honest}, but there are {samples} training samples: each worker needs one")]
    TooManyWorkers {
        /// The workers.
        honest: usize,
        /// The samples.
        samples: usize,
    },
    /// The images or the classes don't fit the network.
    #[error(
        "model `{model}` takes images of {input:?} (channels, height, width) and {outputs} \
         classes, but `{dataset}` has {image:?} and {classes}"
    )]
    Network {
        /// The network.
        model: Architecture,
        /// The images it takes.
        input: [usize; 3],
        /// The classes it tells apart.
        outputs: usize,
        /// The dataset.
        dataset: data::Name,
        /// Its images.
        image: [usize; 3],
        /// Its classes.
        classes: usize,
    },
    /// There is no network for the dataset.
    #[error("no model takes the images of `{dataset}`, {image:?} (channels, height, width)")]
    NoNetwork {
        /// The dataset.
        dataset: data::Name,
        /// Its images.
        image: [usize; 3],
    },
    /// A crop that can miss the image by more than its side.
    #[error(
        "augmentation: crop_padding = {padding}, but must be in [0, {side}]: the side of the images \
         of `{dataset}`"
    )]
    CropPadding {
        /// The padding.
        padding: usize,
        /// The largest legal one.
        side: usize,
        /// The dataset.
        dataset: data::Name,
    },
    /// No such device.
    #[error("unknown device `{0}`: must be `flex`, `libtorch` or `cuda:N`")]
    UnknownDevice(String),
    /// The pipeline yields vectors instead of one aggregate.
    #[error("pipeline `{0}` must end in an aggregator")]
    NoAggregator(String),
    /// An attack, but nobody to mount it.
    #[error("attack `{0}` with f = 0: use f ≥ 1, or `none`")]
    AttackWithoutByzantine(&'static str),
    /// Byzantine workers that do nothing.
    #[error("f = {0} Byzantine workers, but attack `none`: name an attack, or use f = 0")]
    ByzantineWithoutAttack(usize),
    /// Parameters that nothing reads.
    #[error("attack parameters `{0}` are given, but attack is `none`")]
    ParametersWithoutAttack(Parameters),
    /// As the partition reports it.
    #[error(transparent)]
    Partition(data::Error),
    /// As the pipeline reports it.
    #[error(transparent)]
    Pipeline(#[from] robust_core::Error),
    /// As the attack reports it.
    #[error(transparent)]
    Attack(#[from] attacks::Error),
}

impl SpecError {
    /// The setting that is to be changed, as in the serialised form of [`RunSpec`](crate::RunSpec).
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Zero(setting)
            | Self::OutOfRange { setting, .. }
            | Self::TooLarge { setting, .. }
            | Self::TooManySamples { setting, .. } => setting,
            Self::TooManyWorkers { .. } => "honest",
            Self::Network { .. } | Self::NoNetwork { .. } => "model",
            Self::CropPadding { .. } => "augmentation",
            Self::UnknownDevice(_) => "device",
            Self::AttackWithoutByzantine(_)
            | Self::Pipeline(
                robust_core::Error::TooManyByzantine { .. }
                | robust_core::Error::TooManySubsets { .. },
            ) => "f",
            Self::Partition(_) => "partition",
            Self::Pipeline(robust_core::Error::Parameter(_)) => "pipeline_params",
            Self::Pipeline(_) | Self::NoAggregator(_) => "pipeline",
            Self::ParametersWithoutAttack(_) | Self::Attack(attacks::Error::Parameter { .. }) => {
                "attack_params"
            }
            Self::Attack(_) | Self::ByzantineWithoutAttack(_) => "attack",
        }
    }
}

/// A run that cannot go on.
#[derive(Debug, Error)]
#[non_exhaustive]
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
    /// The dataset as given has fewer samples than the settings ask for.
    #[error("{setting} is at least {expected}, but the dataset as given has {found}")]
    TooFewSamples {
        /// The setting.
        setting: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// This binary was built without the device.
    #[error("device `{0}` is not in this binary: build with `--features {1}`")]
    DeviceNotBuilt(Device, &'static str),
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
    /// A checkpoint from which nothing is left to do.
    #[error("the checkpoint is of step {done}, but this run has {steps} steps")]
    CheckpointAtEnd {
        /// Steps done.
        done: usize,
        /// Steps of the run.
        steps: usize,
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
