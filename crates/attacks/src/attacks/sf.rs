use super::*;
use crate::moments::means;

/// Sign flipping, `sf`: every Byzantine worker sends `−μ`, μ the mean of the honest vectors.
///
/// O(n·d). Allen-Zhu et al., *Byzantine-Resilient Non-Convex Stochastic Gradient Descent*, ICLR
/// 2021; form as in ByzFL's `SignFlipping`.
///
/// ```
/// use attacks::{Attack, SignFlipping, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::TrimmedMean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?,
///     flipped: None,
///     pipeline: &Pipeline::from(TrimmedMean),
///     round: Round { f: 2, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 4];
/// SignFlipping.forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert_eq!(forged, [-3.0, -4.0, -3.0, -4.0]);
/// # Ok::<(), attacks::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignFlipping;

pub(super) static DESCRIPTION: Description = Description {
    name: "sf",
    label: "SF",
    title: "sign flipping",
    byzfl: Some("SignFlipping"),
    formula: "−μ",
    source: "Allen-Zhu et al., Byzantine-Resilient Non-Convex Stochastic Gradient Descent, ICLR 2021",
    parameters: &[],
    usual: &[],
};

impl SignFlipping {
    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        reader(&DESCRIPTION, given).map(|_| Self)
    }
}

impl<T: Scalar> Attack<T> for SignFlipping {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        means(view.honest, |start, mean| {
            for (out, mean) in out[start..].iter_mut().zip(mean) {
                *out = T::from_f64(-mean);
            }
        });
        first_to_each_row(out, view.honest.d());
        Ok(Forged::default())
    }
}
