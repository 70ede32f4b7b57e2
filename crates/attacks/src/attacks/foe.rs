use super::*;
use crate::moments::means;
use crate::search::{self, DELTA, EVALUATIONS, RATIO, START};

/// Fall of empires, `foe`, also inner product manipulation: every Byzantine worker sends `−τμ`, μ
/// the mean of the honest vectors.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `tau` | 2 | τ, or `optimal`: searched for at every step | finite, or `optimal` |
///
/// With `tau=optimal` also the parameters of a [`Search`](crate::Search), whose basis is the honest
/// vectors alone. O(n·d), beyond the search.
///
/// Xie et al., *Fall of Empires*, UAI 2020; ByzFL's `InnerProductManipulation` and
/// `Optimal_InnerProductManipulation`.
///
/// ```
/// use attacks::{Attack, Factor, FallOfEmpires, Search, View};
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
/// let half = FallOfEmpires::new(Factor::Fixed(0.5))?;
/// half.forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert_eq!(forged, [-1.5, -2.0]);
///
/// // −τμ is below every honest vector for every τ ≥ 0, so that the trimmed mean is (2, 3).
/// let optimal = FallOfEmpires::new(Factor::Optimal(Search::default()))?;
/// let found = optimal.forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert!((found.objective.unwrap() - 2.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FallOfEmpires {
    tau: Factor,
}

const TAU: Parameter = Factor::parameter("2");

pub(super) static DESCRIPTION: Description = Description {
    name: "foe",
    label: "FOE",
    title: "fall of empires",
    byzfl: Some("InnerProductManipulation"),
    formula: "−τμ",
    source: "Xie et al., Fall of Empires, UAI 2020",
    parameters: &[TAU, EVALUATIONS, START, DELTA, RATIO],
    usual: search::USUAL,
};

impl FallOfEmpires {
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

/// τ = 2.
impl Default for FallOfEmpires {
    fn default() -> Self {
        let tau = Factor::Fixed(2.0);
        Self { tau }
    }
}

impl<T: Scalar> Attack<T> for FallOfEmpires {
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
        let honest = view.honest;
        let (tau, forged) = match self.tau {
            Factor::Fixed(tau) => (tau, Forged::default()),
            Factor::Optimal(search) => {
                let direction = vec![-1.0 / honest.n() as f64; honest.n()];
                search.along(view, honest, &vec![0.0; honest.n()], &direction)?
            }
        };
        means(honest, |start, mean| {
            for (out, mean) in out[start..].iter_mut().zip(mean) {
                *out = T::from_f64(-tau * mean);
            }
        });
        first_to_each_row(out, honest.d());
        Ok(forged)
    }
}
