//! The one error type of the crate: every variant carries the offending value and what is legal.

use robust_core::ParameterError;

/// Why an attack can't be made, or can't be used on these vectors.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such attack.
    #[error("unknown attack `{name}`; attacks: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The attacks there are, separated by spaces.
        known: String,
    },
    /// A parameter that the attack doesn't take, or not beside its other ones, or a value out of
    /// its range.
    #[error("attack `{attack}`: {error}")]
    Parameter {
        /// The attack.
        attack: &'static str,
        /// What is wrong with the parameter.
        error: ParameterError,
    },
    /// There is nobody to attack with.
    #[error("f = 0: an attack needs at least one Byzantine worker")]
    NoByzantine,
    /// The buffer for the Byzantine vectors isn't f × d.
    #[error("{found} values for {f} Byzantine vectors of dimension {d}")]
    Output {
        /// Length of the buffer.
        found: usize,
        /// Number of Byzantine workers.
        f: usize,
        /// Dimension.
        d: usize,
    },
    /// The memory is that of another attack or of another dimension.
    #[error("attack `{attack}`: a memory of {found} numbers; it keeps {expected}")]
    MemoryLength {
        /// The attack.
        attack: &'static str,
        /// Length of the memory.
        found: usize,
        /// What [`memory_len`](crate::Attack::memory_len) asks for.
        expected: usize,
    },
    /// A number in the memory that the attack can't have written.
    #[error(
        "attack `{attack}`: its memory holds {value} as {what}; expected an integer from 0 to {largest}"
    )]
    Memory {
        /// The attack.
        attack: &'static str,
        /// What the number stands for.
        what: &'static str,
        /// The number.
        value: f64,
        /// The largest legal number.
        largest: usize,
    },
    /// The attack needs more honest vectors.
    #[error("attack `{attack}` needs {needed} honest vectors at least, got {found}")]
    TooFewHonest {
        /// The attack.
        attack: &'static str,
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// The attack poisons data, and the view has no gradient on flipped labels.
    #[error("attack `{attack}` needs the gradient on flipped labels, and the view has none")]
    NoFlipped {
        /// The attack.
        attack: &'static str,
    },
    /// The gradient on flipped labels isn't of the honest vectors' dimension.
    #[error("{found} values for a gradient on flipped labels of dimension {d}")]
    Flipped {
        /// Length of the gradient.
        found: usize,
        /// Dimension.
        d: usize,
    },
    /// The pipeline that the attack looks through refuses the vectors.
    #[error(transparent)]
    Pipeline(#[from] robust_core::Error),
}
