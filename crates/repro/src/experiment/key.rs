//! A run's identity.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use training::{RunSpec, WeightDecayAt};

/// Raised whenever the same settings give other numbers than before, so that no old result is
/// taken for a new one.
pub const FORMAT: u32 = 4;

/// The format of these settings' results: above [`FORMAT`] where only some settings give other
/// numbers than before.
fn format(spec: &RunSpec) -> u32 {
    // Gradients on flipped labels had no weight decay where workers add it.
    let flips = spec.attack.as_ref();
    let flips = flips.is_some_and(|attack| attack.needs_flipped());
    let decays = spec.weight_decay_at == WeightDecayAt::Worker && spec.weight_decay > 0.0;
    FORMAT + u32::from(flips && decays) + spec.pipeline.revision()
}

/// SHA-256 of everything that decides a run's outcome: its complete settings and their format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunKey([u8; 32]);

impl RunKey {
    /// The key of these settings.
    ///
    /// # Panics
    /// Never: settings have only text as keys.
    pub fn new(spec: &RunSpec) -> Self {
        #[derive(Serialize)]
        struct Identity<'a> {
            format: u32,
            spec: &'a RunSpec,
        }
        // Canonical: fields in the order of the type, maps sorted, numbers in their shortest form.
        let identity = Identity {
            format: format(spec),
            spec,
        };
        let json = serde_json::to_vec(&identity).expect("settings have no non-string map keys");
        Self(Sha256::digest(json).into())
    }
}

impl fmt::Display for RunKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}
