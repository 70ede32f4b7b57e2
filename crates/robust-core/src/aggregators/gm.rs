use super::*;
use std::fmt;

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
/// latest. Weights that are 10⁻¹² off still move the result by that part of the longest vector:
/// where vectors may be huge, put `arc` before it.
///
/// Needs 2f < n; f isn't used otherwise. The exact geometric median, which `converged` tends to as
/// ν → 0, is (f,κ)-robust with `κ = 4(1 + f/(n−2f))²`; a fixed number of steps has no κ. In the convex
/// hull of the vectors for T ≥ 1. O(n²d), whatever T.
///
/// Pillutla et al., *Robust Aggregation for Federated Learning*, 2022; κ: Allouah et al., *Fixing by
/// Mixing*, AISTATS 2023. ByzFL: `GeometricMedian`.
///
/// ```
/// use robust_core::aggregators::{GeometricMedian, Iterations};
/// use robust_core::{Gradients, Pipeline, Round};
/// let gm = Pipeline::from(GeometricMedian::new(0.1, Iterations::Converged)?);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 1e6], 3, 1)?;
/// gm.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 0.1);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeometricMedian {
    nu: f64,
    iterations: Iterations,
}

/// How many steps the [`GeometricMedian`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Iterations {
    /// So many, from the origin.
    Fixed(usize),
    /// Until the weights move by less than 10⁻¹², from the mean; 10,000 at most.
    Converged,
}

impl fmt::Display for Iterations {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(iterations) => iterations.fmt(out),
            Self::Converged => out.write_str(CONVERGED),
        }
    }
}

/// [`Iterations::Converged`] as text.
const CONVERGED: &str = "converged";

/// The most steps that `converged` takes.
const MAX_ITERATIONS: usize = 10_000;
/// The largest change of a weight at which `converged` stops.
const SETTLED: f64 = 1e-12;

const NU: Parameter = Parameter {
    key: "gm.nu",
    default: Some("0.1"),
    range: "a finite number > 0",
    purpose: "ν, the distance below which weights stop growing",
    examples: &["0.5"],
};
const ITERATIONS: Parameter = Parameter {
    key: "gm.iterations",
    default: Some("3"),
    range: "an integer ≥ 0, or `converged`",
    purpose: "T, the number of steps; `converged`: until the weights move by less than 1e-12",
    examples: &[CONVERGED, "8"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "gm",
    label: "GM",
    title: "geometric median",
    byzfl: Some("GeometricMedian"),
    formula: "argmin_z Σ ‖x_i − z‖, by smoothed Weiszfeld steps from the origin",
    source: "Pillutla et al., Robust Aggregation for Federated Learning, 2022",
    parameters: &[NU, ITERATIONS],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: false,
        chooses: false,
        binomial: false,
        lengths: &[NU.key],
    },
};

impl GeometricMedian {
    /// With the distance ν below which weights stop growing.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless ν is finite and > 0.
    pub fn new(nu: f64, iterations: Iterations) -> Result<Self, ParameterError> {
        let nu = NU.accept(nu, nu.is_finite() && nu > 0.0)?;
        Ok(Self { nu, iterations })
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        let default = Self::default();
        let iterations = match reader.text(&ITERATIONS) {
            Some(CONVERGED) => Iterations::Converged,
            _ => reader
                .number(&ITERATIONS)?
                .map_or(default.iterations, Iterations::Fixed),
        };
        Self::new(reader.number(&NU)?.unwrap_or(default.nu), iterations)
    }
}

impl Default for GeometricMedian {
    fn default() -> Self {
        Self {
            nu: 0.1,
            iterations: Iterations::Fixed(3),
        }
    }
}

impl Aggregator for GeometricMedian {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
            .with(&NU, self.nu)
            .with(&ITERATIONS, self.iterations)
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("gm", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, _round: Round) -> Combination {
        let nu = self.nu / geometry.unit();
        let n = geometry.n();
        let (start, steps) = match self.iterations {
            Iterations::Fixed(steps) => (0.0, steps),
            Iterations::Converged => (1.0 / n as f64, MAX_ITERATIONS),
        };
        let converged = self.iterations == Iterations::Converged;
        let mut alpha = vec![start; n];
        for step in 0..steps {
            let distances: Vec<f64> = if step == 0 && !converged {
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
            if converged && moved < SETTLED {
                break;
            }
        }
        Combination::Weights(alpha)
    }

    fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        let least = cohort.lower_bound();
        (self.iterations == Iterations::Converged).then(|| 4.0 * (1.0 + least).powi(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gradients, Pipeline};

    #[test]
    fn converged_leaves_vectors_at_the_origin_behind() {
        let gm = GeometricMedian::new(1e-6, Iterations::Converged).expect("in range");
        let rows = Gradients::new(&[1.0, 1.0, 1.0, 0.0, 0.0], 5, 1).expect("5 × 1");
        let mut out = [0.0_f64];
        Pipeline::from(gm)
            .aggregate(&rows, Round { f: 2, seed: 0 }, &mut out)
            .expect("aggregated");
        assert!((out[0] - 1.0).abs() < 1e-5, "{}", out[0]);
    }
}
