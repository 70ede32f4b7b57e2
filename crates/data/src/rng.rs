//! One generator per unit of work.
//!
//! Each draw of an experiment belongs to a unit of work, for instance the batch of worker 7 at step
//! 120. Its generator is ChaCha with 8 rounds (portable, specified by its paper), whose 256-bit key
//! *is* the unit's address: seed, purpose, and two numbers of the purpose's choice. Nothing is
//! shared and nothing is hashed, so a unit's draws depend neither on the number of threads nor on
//! what was drawn before it.

use rand::SeedableRng;
pub use rand_chacha::ChaCha8Rng;

/// What a stream's draws are for. The numbers are part of the key: they never change, new ones are
/// added.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u64)]
#[non_exhaustive]
pub enum Purpose {
    /// The split of the training set over the workers.
    Partition = 0,
    /// The initial parameters of the model.
    Initialisation = 1,
    /// A worker's mini-batch: `a` the worker, `b` the step.
    Batch = 2,
    /// The augmentation of a worker's mini-batch: `a` the worker, `b` the step.
    Augmentation = 3,
    /// A worker's dropout masks: `a` the worker, `b` the step.
    Dropout = 4,
    /// An attack's own draws: `b` the step.
    Attack = 5,
    /// The permutation of bucketing: `b` the step.
    Bucketing = 6,
    /// An aggregation rule's own draws: `b` the step.
    Aggregation = 7,
}

/// The generator of one unit of work: ChaCha8 with the key `[seed, purpose, a, b]`, each as eight
/// little-endian bytes, stream 0, from its beginning.
///
/// ```
/// use data::rng::{Purpose, stream};
/// use rand::Rng;
///
/// let (worker, step) = (7, 120);
/// let mut rng = stream(1, Purpose::Batch, worker, step);
/// assert_eq!(rng.next_u64(), stream(1, Purpose::Batch, worker, step).next_u64());
/// assert_ne!(rng.next_u64(), stream(1, Purpose::Batch, worker, step + 1).next_u64());
/// ```
pub fn stream(seed: u64, purpose: Purpose, a: u64, b: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, a, b]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// Computed from the definition with another implementation of ChaCha.
    #[test]
    fn streams_are_chacha8_with_the_address_as_key() {
        let first_two = |seed, purpose, a, b| {
            let mut rng = stream(seed, purpose, a, b);
            [rng.next_u64(), rng.next_u64()]
        };
        assert_eq!(
            first_two(0, Purpose::Partition, 0, 0),
            [0xd640_5f89_2fef_003e, 0xa1a5_091f_e8b8_5b7f]
        );
        assert_eq!(
            first_two(1, Purpose::Batch, 7, 120),
            [0xad23_cd72_0673_464d, 0xa512_8f1d_e332_27b0]
        );
        assert_eq!(
            first_two(u64::MAX, Purpose::Aggregation, u64::MAX, u64::MAX),
            [0x3a76_40bd_a7f4_10c3, 0xd90b_3841_096f_028d]
        );
    }

    #[test]
    fn the_numbers_of_the_purposes_stay() {
        use Purpose::*;
        let purposes = [
            Partition,
            Initialisation,
            Batch,
            Augmentation,
            Dropout,
            Attack,
            Bucketing,
            Aggregation,
        ];
        for (number, purpose) in purposes.into_iter().enumerate() {
            assert_eq!(purpose as usize, number);
        }
    }
}
