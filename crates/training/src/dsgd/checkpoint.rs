//! What an interrupted run goes on from.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::step::State;
use super::{Evaluation, Spent};
use crate::TrainError;

/// A run between two steps: all that its later steps depend on beyond its settings and its data.
///
/// There is no generator in it. Every draw of a run has a generator of its own, addressed by seed,
/// purpose, worker and step ([`data::rng`]), so the number of steps stands for all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Steps done.
    pub done: usize,
    /// Wall-clock time that they took.
    pub seconds: f64,
    /// The same by phase.
    pub spent: Spent,
    /// The evaluations so far.
    pub evaluations: Vec<Evaluation>,
    /// Sum and number of the losses since the last evaluation.
    pub(crate) losses: (f64, usize),
    /// θ, `[d]`.
    pub(crate) theta: Floats,
    /// The honest workers' momenta, `[n − f, d]`.
    pub(crate) momenta: Floats,
    /// Batch normalisation's running statistics.
    pub(crate) statistics: Floats,
    /// What the attack remembers.
    pub(crate) memory: Vec<f64>,
}

impl State<'_> {
    /// All that [`restore`](Self::restore) needs.
    pub(super) fn checkpoint(&self, seconds: f64, evaluations: &[Evaluation]) -> Checkpoint {
        let momenta = &self.rows[..self.spec().honest * self.theta.len()];
        Checkpoint {
            done: self.done,
            seconds,
            spent: self.spent,
            evaluations: evaluations.to_vec(),
            losses: self.losses,
            theta: Floats(self.theta.clone()),
            momenta: Floats(momenta.to_vec()),
            statistics: Floats(self.engine.running_statistics().to_vec()),
            memory: self.memory.clone(),
        }
    }

    /// Goes on from there; a checkpoint that doesn't fit changes nothing.
    pub(super) fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let steps = self.spec().steps;
        let momenta = self.spec().honest * self.theta.len();
        let statistics = self.engine.running_statistics_mut();
        for (what, found, expected) in [
            ("parameters", checkpoint.theta.0.len(), self.theta.len()),
            ("momenta", checkpoint.momenta.0.len(), momenta),
            (
                "running statistics",
                checkpoint.statistics.0.len(),
                statistics.len(),
            ),
            (
                "numbers of the attack's memory",
                checkpoint.memory.len(),
                self.memory.len(),
            ),
        ] {
            if found != expected {
                return Err(TrainError::Checkpoint {
                    what,
                    found,
                    expected,
                });
            }
        }
        if checkpoint.done >= steps {
            return Err(TrainError::CheckpointAtEnd {
                done: checkpoint.done,
                steps,
            });
        }
        self.theta.copy_from_slice(&checkpoint.theta.0);
        self.rows[..momenta].copy_from_slice(&checkpoint.momenta.0);
        statistics.copy_from_slice(&checkpoint.statistics.0);
        self.memory.copy_from_slice(&checkpoint.memory);
        (self.done, self.losses) = (checkpoint.done, checkpoint.losses);
        self.spent = checkpoint.spent;
        Ok(())
    }
}

/// Numbers whose serialised form is their bytes, so that millions of them are quickly written and
/// every bit, also of a NaN, reads back the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Floats(pub Vec<f32>);

impl Serialize for Floats {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|x| x.to_le_bytes()).collect();
        to.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Floats {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Floats;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("the bytes of 32-bit numbers")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Floats, E> {
                let (numbers, []) = bytes.as_chunks() else {
                    return Err(E::invalid_length(bytes.len(), &self));
                };
                Ok(Floats(
                    numbers.iter().copied().map(f32::from_le_bytes).collect(),
                ))
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Floats, E> {
                self.visit_bytes(&bytes)
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}
