use super::*;
use crate::moments::moments;
use crate::search::{self, DELTA, EVALUATIONS, RATIO, START, mean_weights};

/// A little is enough, `alie`: every Byzantine worker sends `μ + τσ`, μ the mean of the honest
/// vectors and σ their coordinate-wise sample standard deviation (over n − f − 1).
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `tau` | 1.5 | τ, or `optimal`: searched for at every step | finite, or `optimal` |
///
/// With `tau=optimal` also the parameters of a [`Search`](crate::Search), whose basis is the honest
/// vectors and σ. Needs two honest vectors. O(n·d), beyond the search.
///
/// Baruch et al., *A Little Is Enough*, NeurIPS 2019, whose τ follows from n and f; form and
/// default as in ByzFL's `ALittleIsEnough` and `Optimal_ALittleIsEnough`.
///
/// ```
/// use attacks::{Attack, LittleIsEnough, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::TrimmedMean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?,
///     flipped: None,
///     pipeline: &Pipeline::from(TrimmedMean),
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 2];
/// LittleIsEnough::default().forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert_eq!(forged, [6.0, 7.0]); // (3, 4) + 1.5 · (2, 2)
/// # Ok::<(), attacks::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LittleIsEnough {
    tau: Factor,
}

const TAU: Parameter = Factor::parameter("1.5");

pub(super) static DESCRIPTION: Description = Description {
    name: "alie",
    label: "ALIE",
    title: "a little is enough",
    byzfl: Some("ALittleIsEnough"),
    formula: "μ + τσ",
    source: "Baruch et al., A Little Is Enough, NeurIPS 2019",
    parameters: &[TAU, EVALUATIONS, START, DELTA, RATIO],
    usual: search::USUAL,
};

impl LittleIsEnough {
    /// With this factor τ.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] for a fixed τ that isn't finite.
    pub fn new(tau: Factor) -> Result<Self, ParameterError> {
        let tau = tau.checked(&TAU)?;
        Ok(Self { tau })
    }

    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        let tau = Factor::read(&TAU, given)?;
        tau.map_or(Ok(Self::default()), Self::new)
    }
}

/// τ = 1.5.
impl Default for LittleIsEnough {
    fn default() -> Self {
        let tau = Factor::Fixed(1.5);
        Self { tau }
    }
}

impl<T: Scalar> Attack<T> for LittleIsEnough {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        self.tau.parameters(&TAU)
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        let (n, d) = (view.honest.n(), view.honest.d());
        view.check_honest(DESCRIPTION.name, 2)?;
        let forged = match self.tau {
            Factor::Fixed(tau) => {
                moments(view.honest, |start, mean, deviation| {
                    let moments = mean.iter().zip(deviation);
                    for (out, (mean, deviation)) in out[start..].iter_mut().zip(moments) {
                        *out = T::from_f64(mean + tau * deviation);
                    }
                });
                Forged::default()
            }
            Factor::Optimal(search) => {
                let mut sigma = vec![T::default(); d];
                moments(view.honest, |start, mean, deviation| {
                    for (out, mean) in out[start..].iter_mut().zip(mean) {
                        *out = T::from_f64(*mean);
                    }
                    for (sigma, deviation) in sigma[start..].iter_mut().zip(deviation) {
                        *sigma = T::from_f64(*deviation);
                    }
                });
                let basis = view.honest.with_rows(&sigma)?;
                let mean = mean_weights(n, n + 1);
                let mut direction = vec![0.0; n + 1];
                direction[n] = 1.0;
                let (tau, forged) = search.along(view, &basis, &mean, &direction)?;
                for (out, sigma) in out.iter_mut().zip(&sigma) {
                    *out = T::from_f64(out.to_f64() + tau * sigma.to_f64());
                }
                forged
            }
        };
        first_to_each_row(out, d);
        Ok(forged)
    }
}
