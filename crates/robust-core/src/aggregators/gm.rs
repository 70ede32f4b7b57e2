use super::honest_majority;
use crate::params::Params;
use crate::traits::{Aggregator, Combination, Round};
use crate::{Error, Geometry, Scalar};

/// Geometric median, `gm`: the point with the smallest sum of distances to the vectors, by T steps
/// of smoothed Weiszfeld from the origin: `w_i = 1/max(ν, ‖x_i − z‖)`, `z = Σ w_i x_i / Σ w_i`.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `gm.nu` | 0.1 | ν, the distance below which weights stop growing | finite, > 0 |
/// | `gm.iterations` | 3 | T; `converged`: until the weights move by less than 10⁻¹² | ≥ 0 |
///
/// The start is the origin, as in ByzFL, not the mean: for small T the result isn't translation
/// equivariant; T = 0 gives 0. `converged` starts from the mean, since a start on one of the vectors,
/// as the origin may be, is left by hardly more than ν a step; it stops after 10,000 steps at the
/// latest.
///
/// Needs 2f < n; f isn't used otherwise. The exact geometric median is (f,κ)-robust with
/// `κ = 4(1 + f/(n−2f))²`. In the convex hull of the vectors for T ≥ 1. O(n²d), whatever T.
///
/// Pillutla et al., *Robust Aggregation for Federated Learning*, 2022; κ: Allouah et al., *Fixing by
/// Mixing*, AISTATS 2023. ByzFL: `GeometricMedian`.
///
/// ```
/// use robust_core::{Gradients, Params, Pipeline, Round};
/// let params = [("gm.iterations".to_string(), "converged".to_string())].into_iter().collect();
/// let gm = Pipeline::parse("gm", &params)?;
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 1e6], 3, 1)?;
/// gm.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 0.1);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Gm {
    nu: f64,
    /// `None`: until convergence.
    iterations: Option<usize>,
}

/// The most steps that `converged` takes.
const MAX_ITERATIONS: usize = 10_000;
/// The largest change of a weight at which `converged` stops.
const CONVERGED: f64 = 1e-12;

impl Gm {
    pub(crate) fn new(params: &Params) -> Result<Self, Error> {
        let positive = |nu: &f64| nu.is_finite() && *nu > 0.0;
        let nu = params
            .number("gm.nu", "a finite number > 0", positive)?
            .unwrap_or(0.1);
        let key = "gm.iterations";
        let iterations = match params.text(key).map(str::trim) {
            Some("converged") => None,
            _ => params
                .number(key, "an integer ≥ 0, or `converged`", |_| true)?
                .or(Some(3)),
        };
        Ok(Self { nu, iterations })
    }
}

impl<T: Scalar> Aggregator<T> for Gm {
    fn name(&self) -> &'static str {
        "gm"
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("gm", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, _round: Round) -> Combination<T> {
        let nu = self.nu / geometry.unit();
        let n = geometry.n();
        let mut alpha = match self.iterations {
            Some(_) => vec![0.0; n],
            None => vec![1.0 / n as f64; n],
        };
        for step in 0..self.iterations.unwrap_or(MAX_ITERATIONS) {
            let distances: Vec<f64> = if step == 0 && self.iterations.is_some() {
                geometry.norms().to_vec() // no pass for pairwise distances if T = 1
            } else {
                geometry
                    .squared_distances_to(&alpha)
                    .into_iter()
                    .map(f64::sqrt)
                    .collect()
            };
            let mut next: Vec<f64> = distances.iter().map(|d| 1.0 / d.max(nu)).collect();
            let sum: f64 = next.iter().sum();
            next.iter_mut().for_each(|w| *w /= sum);
            let moves = alpha.iter().zip(&next).map(|(a, b)| (a - b).abs());
            let moved = moves.fold(0.0, f64::max);
            alpha = next;
            if self.iterations.is_none() && moved < CONVERGED {
                break;
            }
        }
        Combination::Weights(alpha)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Gradients, Pipeline, Round};

    #[test]
    fn converged_leaves_vectors_at_the_origin_behind() {
        let params = [("gm.nu", "1e-6"), ("gm.iterations", "converged")];
        let params = params.map(|(key, value)| (key.to_string(), value.to_string()));
        let gm = Pipeline::parse("gm", &params.into_iter().collect()).expect("parsed");
        let rows = Gradients::new(&[1.0, 1.0, 1.0, 0.0, 0.0], 5, 1).expect("5 × 1");
        let mut out = [0.0_f64];
        gm.aggregate(&rows, Round { f: 2, seed: 0 }, &mut out)
            .expect("aggregated");
        assert!((out[0] - 1.0).abs() < 1e-5, "{}", out[0]);
    }
}
