//! Attacks of Byzantine workers, under one threat model.
//!
//! # Threat model
//! The f Byzantine workers collude and are omniscient. At each step they see every vector that the
//! honest workers send ([`View::honest`]), and they know the server's whole pipeline, f, and the
//! seed of what the server draws at this step ([`View::pipeline`], [`View::round`]). An attack that
//! poisons data also sees what the honest gradients would be on flipped labels
//! ([`View::flipped`]). They know neither the honest workers' future draws nor the server's, cannot
//! change an honest vector, and may send anything at all, NaN included. [`View`] holds just that:
//! what is not in it, no attack can use. Their own randomness is an argument of [`Attack::forge`],
//! their memory is the attack's state.
//!
//! # Attacks
//! With μ the mean of the honest vectors and σ their coordinate-wise standard deviation:
//!
//! | name | sends | parameters |
//! |---|---|---|
//! | `sf` | [`SignFlip`]: −μ | |
//! | `foe` | [`FallOfEmpires`]: −τμ | `tau` 2, or `optimal` |
//! | `alie` | [`LittleIsEnough`]: μ + τσ | `tau` 1.5, or `optimal` |
//! | `lf` | [`LabelFlip`]: the mean honest gradient on flipped labels | |
//! | `mimic` | [`Mimic`]: what one honest worker sends | `worker` 0, or `heuristic` with `warmup` 100 |
//! | `gaussian` | [`Gaussian`]: N(0, σ²) in every coordinate | `sigma` 1 |
//! | `inf` | [`Inf`]: +∞ in every coordinate | |
//!
//! `optimal` is a line [`Search`] for the τ that does the most harm through the whole pipeline.
//!
//! All f Byzantine workers send the same vector. An honest vector with a NaN or an infinity, as a
//! diverging run makes them, counts as the zero vector in μ and σ: that is how the server receives
//! it. Results beyond the finite range of the element type become its end.
//!
//! An attack is one file with one [`Attack`], and one line in [`parse`].
//!
//! ```
//! use attacks::View;
//! use rand::SeedableRng;
//! use rand_chacha::ChaCha8Rng;
//! use robust_core::{Gradients, Params, Pipeline, Round};
//!
//! let honest = [1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0];
//! let view = View {
//!     honest: &Gradients::new(&honest, 3, 2)?,
//!     flipped: None,
//!     pipeline: &Pipeline::parse("cwtm", &Params::default())?,
//!     round: Round { f: 1, seed: 1 },
//! };
//! let mut rng = ChaCha8Rng::seed_from_u64(1);
//! let mut forged = [0.0; 2];
//! attacks::parse("sf", &Default::default())?.forge(&view, &mut rng, &mut forged)?;
//! assert_eq!(forged, [-3.0, -4.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alie;
mod error;
mod foe;
mod gaussian;
mod inf;
mod label_flip;
mod mimic;
mod moments;
mod params;
mod search;
mod sign_flip;

use std::collections::BTreeMap;
use std::fmt::Debug;

use rand::Rng;
use robust_core::{Gradients, Pipeline, Round, Scalar};

use crate::params::Params;

pub use alie::LittleIsEnough;
pub use error::Error;
pub use foe::FallOfEmpires;
pub use gaussian::Gaussian;
pub use inf::Inf;
pub use label_flip::LabelFlip;
pub use mimic::{Mimic, Target};
pub use search::{Factor, Search};
pub use sign_flip::SignFlip;

/// What the attackers see at one step: the whole [threat model](crate#threat-model).
#[derive(Debug, Clone, Copy)]
pub struct View<'a, T: Scalar> {
    /// What the honest workers send at this step, `[n − f, d]`.
    pub honest: &'a Gradients<'a, T>,
    /// Mean over the honest workers of their gradients on flipped labels, `[d]`; there for attacks
    /// that [need it](Attack::needs_flipped).
    pub flipped: Option<&'a [T]>,
    /// The server's pipeline.
    pub pipeline: &'a Pipeline<T>,
    /// f, and the seed of what the server draws at this step.
    pub round: Round,
}

/// How the Byzantine workers make their vectors. State, such as Mimic's, lives in the attack.
pub trait Attack<T: Scalar>: Debug + Send {
    /// The name in configurations.
    fn name(&self) -> &'static str;

    /// Whether [`View::flipped`] must be there.
    fn needs_flipped(&self) -> bool {
        false
    }

    /// Writes the vectors of this step to `out`, `[f, d]`, drawing from `rng` if it is random.
    ///
    /// # Errors
    /// If f = 0, `out` is not f × d, the view lacks something, or the pipeline refuses it.
    fn forge(
        &mut self,
        view: &View<'_, T>,
        rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error>;

    /// What it remembers of earlier steps, for [`Attack::restore`]; empty where it remembers nothing.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Goes on from what another instance with the same parameters remembered.
    ///
    /// # Errors
    /// If that isn't the memory of this attack.
    fn restore(&mut self, memory: &[f64]) -> Result<(), Error> {
        match memory {
            [] => Ok(()),
            _ => Err(Error::Memory(self.name())),
        }
    }
}

/// What an attack tells of one step; all `None` unless it searches for τ.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Forged {
    /// The factor τ it chose.
    pub tau: Option<f64>,
    /// ‖F(honest ∪ Byzantine) − μ‖ there, F the whole pipeline.
    pub objective: Option<f64>,
    /// How often it evaluated that.
    pub evaluations: Option<usize>,
}

/// Names that [`parse`] knows.
pub const NAMES: &[&str] = &["sf", "foe", "alie", "lf", "mimic", "gaussian", "inf"];

/// The attack of this name with these parameters.
///
/// ```
/// let params = [("tau".to_string(), "optimal".to_string())].into();
/// assert!(attacks::parse::<f32>("foe", &params).is_ok());
/// let error = attacks::parse::<f32>("sf", &params).unwrap_err();
/// assert_eq!(error.to_string(), "attack `sf` has no parameter `tau`; it has none");
/// ```
///
/// # Errors
/// If the name is unknown, or a parameter is not the attack's or out of its range.
pub fn parse<T: Scalar>(
    name: &str,
    params: &BTreeMap<String, String>,
) -> Result<Box<dyn Attack<T>>, Error> {
    let of = |attack| Params::new(attack, params);
    Ok(match name {
        "sf" => {
            of("sf").only(&[])?;
            Box::new(SignFlip)
        }
        "foe" => Box::new(FallOfEmpires::parse(&of("foe"))?),
        "alie" => Box::new(LittleIsEnough::parse(&of("alie"))?),
        "lf" => {
            of("lf").only(&[])?;
            Box::new(LabelFlip)
        }
        "mimic" => Box::new(Mimic::parse(&of("mimic"))?),
        "gaussian" => Box::new(Gaussian::parse(&of("gaussian"))?),
        "inf" => {
            of("inf").only(&[])?;
            Box::new(Inf)
        }
        _ => return Err(Error::Unknown(name.to_owned())),
    })
}

/// The Byzantine workers' rows of `out`: one at least, each of length d.
fn check_output<T: Scalar>(view: &View<'_, T>, out: &[T]) -> Result<(), Error> {
    let (f, d, found) = (view.round.f, view.honest.d(), out.len());
    match (f, f.checked_mul(d) == Some(found)) {
        (0, _) => Err(Error::NoByzantine),
        (_, true) => Ok(()),
        (_, false) => Err(Error::Output { found, f, d }),
    }
}

/// Copies the first of the rows of `out`, each of length d, to the others.
fn first_to_each_row<T: Copy>(out: &mut [T], d: usize) {
    let (first, others) = out.split_at_mut(d);
    others
        .chunks_exact_mut(d)
        .for_each(|row| row.copy_from_slice(first));
}
