use thiserror::Error;

/// What is wrong with an attack or with what it was given.
#[derive(Debug, Error)]
pub enum Error {
    /// No such attack.
    #[error("unknown attack `{0}`: must be one of {names}", names = crate::NAMES.join(", "))]
    Unknown(String),
    /// A parameter that the attack does not have, or not beside its other parameters.
    #[error("attack `{attack}` has no parameter `{key}`; it has {known}")]
    Parameter {
        /// The attack.
        attack: &'static str,
        /// The key.
        key: String,
        /// The keys it has.
        known: String,
    },
    /// A parameter's value that is not in its range.
    #[error("attack `{attack}`: `{key}` is {value}: must be {expected}")]
    Value {
        /// The attack.
        attack: &'static str,
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// What is to be restored is not what this attack remembers.
    #[error("attack `{0}`: this is not a memory of its own")]
    Memory(&'static str),
    /// There is nobody to attack with.
    #[error("f = 0: an attack needs at least one Byzantine worker")]
    NoByzantine,
    /// σ is a sample standard deviation.
    #[error("attack `alie` needs at least 2 honest vectors for their standard deviation, not {0}")]
    NoDeviation(usize),
    /// `mimic` is to copy a worker that does not exist.
    #[error(
        "attack `mimic`: `worker` is {worker}: must be below the number of honest workers, {honest}"
    )]
    NoWorker {
        /// The worker, 0-based.
        worker: usize,
        /// The number of honest workers.
        honest: usize,
    },
    /// The attack poisons data, and there is none.
    #[error("attack `lf` needs gradients on flipped labels, and the view has none")]
    NoFlipped,
    /// The gradient on flipped labels is not of the honest vectors' dimension.
    #[error("{found} values for a gradient on flipped labels of dimension {d}")]
    Flipped {
        /// Length of the gradient.
        found: usize,
        /// Dimension.
        d: usize,
    },
    /// `out` is not f × d.
    #[error("{found} values for {f} vectors of dimension {d}")]
    Output {
        /// Length of `out`.
        found: usize,
        /// Number of Byzantine workers.
        f: usize,
        /// Dimension.
        d: usize,
    },
    /// The pipeline that the attack looks through refuses the vectors.
    #[error(transparent)]
    Pipeline(#[from] robust_core::Error),
}
