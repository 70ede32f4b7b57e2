use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Evaluation, Spent};

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
