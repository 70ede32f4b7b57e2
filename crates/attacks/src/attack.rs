use std::fmt::Debug;

use rand::Rng;
use robust_core::{Gradients, Parameters, Pipeline, Round, Scalar};

use crate::{Description, Error};

/// What the attackers see at one step: the whole [threat model](crate#threat-model).
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T: Scalar> {
    /// What the honest workers send at this step, `[n − f, d]`.
    pub honest: &'a Gradients<'a, T>,
    /// Mean over the honest workers of their gradients on flipped labels, `[d]`; there for attacks
    /// that [need it](Attack::needs_flipped).
    pub flipped: Option<&'a [T]>,
    /// The server's pipeline.
    pub pipeline: &'a Pipeline,
    /// f, and the seed of what the server draws at this step.
    pub round: Round,
}

impl<T: Scalar> View<'_, T> {
    /// What every attack checks first: the shapes of what it is given.
    ///
    /// # Errors
    /// [`Error::NoByzantine`] if f = 0; [`Error::Output`] unless `out` is f × d;
    /// [`Error::MemoryLength`] for a memory of another length than the attack asks for;
    /// [`Error::NoFlipped`] and [`Error::Flipped`] if it needs a gradient on flipped labels and
    /// there is none of length d.
    pub fn check(&self, attack: &dyn Attack<T>, memory: &[f64], out: &[T]) -> Result<(), Error> {
        let (f, d, attack_name) = (self.round.f, self.honest.d(), attack.description().name);
        if f == 0 {
            return Err(Error::NoByzantine);
        }
        if f.checked_mul(d) != Some(out.len()) {
            let found = out.len();
            return Err(Error::Output { found, f, d });
        }
        let expected = attack.memory_len(d);
        if memory.len() != expected {
            return Err(Error::MemoryLength {
                attack: attack_name,
                found: memory.len(),
                expected,
            });
        }
        match self.flipped {
            _ if !attack.needs_flipped() => Ok(()),
            None => Err(Error::NoFlipped {
                attack: attack_name,
            }),
            Some(flipped) if flipped.len() != d => Err(Error::Flipped {
                found: flipped.len(),
                d,
            }),
            Some(_) => Ok(()),
        }
    }

    /// Whether there are as many honest vectors as an attack needs.
    pub(crate) fn check_honest(&self, attack: &'static str, needed: usize) -> Result<(), Error> {
        let found = self.honest.n();
        if found < needed {
            return Err(Error::TooFewHonest {
                attack,
                needed,
                found,
            });
        }
        Ok(())
    }
}

/// How the Byzantine workers make their vectors.
///
/// An attack is immutable: what it learns from step to step lives in a memory that the caller owns,
/// so that an interrupted run goes on by handing over a copy of it.
pub trait Attack<T: Scalar>: Debug + Send + Sync {
    /// Its names, formula, source and parameters.
    fn description(&self) -> &'static Description;

    /// Its parameters that aren't at their defaults: read back, they make the same attack.
    fn parameters(&self) -> Parameters;

    /// Whether [`View::flipped`] must be there.
    fn needs_flipped(&self) -> bool {
        false
    }

    /// How many numbers it remembers of earlier steps, for vectors of dimension d. There is no
    /// other place to remember anything.
    fn memory_len(&self, _d: usize) -> usize {
        0
    }

    /// Writes the vectors of this step to `out`, `[f, d]`, drawing from `rng` if it is random.
    ///
    /// `memory` is zeros before the first step, and then as the last call left it.
    ///
    /// # Errors
    /// Those of [`View::check`]; [`Error::Memory`] for a memory that isn't the attack's own;
    /// whatever else of the view the attack can't use, such as [`Error::TooFewHonest`], or
    /// [`Error::Pipeline`] if it looks through a pipeline that refuses the vectors.
    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error>;
}

/// What an attack reports of one step: all `None` unless it searches for a factor τ.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Forged {
    /// The factor τ it chose.
    pub tau: Option<f64>,
    /// ‖F(honest ∪ Byzantine) − μ‖ there, F the whole pipeline.
    pub objective: Option<f64>,
    /// How often it evaluated that.
    pub evaluations: Option<usize>,
}

/// Copies the first of the rows of `out`, each of length d, to the others.
pub(crate) fn first_to_each_row<T: Copy>(out: &mut [T], d: usize) {
    let (first, others) = out.split_at_mut(d);
    others
        .chunks_exact_mut(d)
        .for_each(|row| row.copy_from_slice(first));
}
