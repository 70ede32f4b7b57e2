use rand::Rng;
use robust_core::Scalar;

use crate::moments::moments;
use crate::params::Params;
use crate::search::mean_weights;
use crate::{Attack, Error, Factor, Forged, View, check_output, first_to_each_row};

/// A little is enough (ALIE): every Byzantine worker sends `μ + τσ`, μ the mean of the honest
/// vectors and σ their coordinate-wise sample standard deviation (over n − f − 1).
///
/// `tau` is 1.5 by default; `optimal` is a [`Search`](crate::Search), whose basis is the honest
/// vectors and σ. Needs two honest vectors. O(n·d), beyond the search.
///
/// Source: Baruch et al., *A Little Is Enough*, NeurIPS 2019, whose τ follows from n and f; form and
/// default as in ByzFL's `ALittleIsEnough` and `Optimal_ALittleIsEnough`.
///
/// ```
/// use attacks::{Attack, Factor, LittleIsEnough, View};
/// use rand::SeedableRng;
/// use robust_core::{Gradients, Params, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?,
///     flipped: None,
///     pipeline: &Pipeline::parse("cwtm", &Params::default())?,
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 2];
/// LittleIsEnough(Factor::Fixed(1.5)).forge(&view, &mut rng, &mut forged)?;
/// assert_eq!(forged, [6.0, 7.0]); // (3, 4) + 1.5 · (2, 2)
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LittleIsEnough(
    /// τ.
    pub Factor,
);

impl LittleIsEnough {
    pub(crate) fn parse(params: &Params<'_>) -> Result<Self, Error> {
        Factor::parse(params, 1.5).map(Self)
    }
}

impl<T: Scalar> Attack<T> for LittleIsEnough {
    fn name(&self) -> &'static str {
        "alie"
    }

    fn forge(
        &mut self,
        view: &View<'_, T>,
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        check_output(view, out)?;
        let (n, d) = (view.honest.n(), view.honest.d());
        if n < 2 {
            return Err(Error::NoDeviation(n));
        }
        let forged = match self.0 {
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
