use std::fmt;

use super::*;

/// Geometric median, `gm`: the point with the smallest sum of distances to the vectors, by T steps
/// of smoothed Weiszfeld from the origin: `w_i = 1/max(ν, ‖x_i − z‖)`, `z = Σ w_i x_i / Σ w_i`.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `gm.nu` | 0.1 | ν, the distance below which weights stop growing | finite, > 0 |
/// | `gm.iterations` | 3 | T; `converged`: until neither the weights nor the point move | ≥ 0 |
///
/// The start is the origin, as in ByzFL, not the mean: for small T the result isn't translation
/// equivariant; T = 0 gives 0.
///
/// `converged` stops once a step moves every weight by less than 10⁻¹² and z by at most 10⁻⁷ of the
/// median distance to it, or of ν if that is longer; after 10,000 steps at the latest. Weights
/// alone don't tell: far away from most vectors they stand still while z still moves towards them.
/// It starts from the mean, since a start on one of the vectors, as the origin may be, is left by
/// hardly more than ν a step. A vector so long that the mean is 2³⁰ times as far from most vectors
/// as the most central one of them, or as ν, would take too many steps from there; then the start
/// is the mean of the ⌊n/2⌋ + 1 vectors nearest to the most central one.
///
/// Needs 2f < n; f isn't used otherwise. The exact geometric median, which `converged` tends to as
/// ν → 0, is (f,κ)-robust with `κ = 4(1 + f/(n−2f))²`; a fixed number of steps has no κ. In the
/// convex hull of the vectors for T ≥ 1. O(n²d), whatever T.
///
/// Pillutla et al., *Robust Aggregation for Federated Learning*, 2022; κ: Allouah et al., *Fixing
/// by Mixing*, AISTATS 2023. ByzFL: `GeometricMedian`.
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
    /// From the mean until neither the weights nor the point move; 10,000 at most.
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

/// More steps are a mistake, and would not end.
const MOST_STEPS: usize = 1_000_000;
/// The most steps that `converged` takes.
const MAX_ITERATIONS: usize = 10_000;
/// The largest change of a weight at which `converged` may stop,
const SETTLED: f64 = 1e-12;
/// and the largest move of the point, as a part of the median distance to it.
const STILL: f64 = 1e-7;
/// A mean this many times farther from most vectors than a central one is no start.
const FAR: f64 = (1_u64 << 30) as f64;

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
    range: "an integer in [0, 1000000], or `converged`",
    purpose: "T, the number of steps; `converged`: until neither weights nor point move",
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
    /// [`ParameterError::Invalid`] unless ν is finite and > 0, and the steps are at most 10⁶.
    pub fn new(nu: f64, iterations: Iterations) -> Result<Self, ParameterError> {
        let nu = NU.accept(nu, nu.is_finite() && nu > 0.0)?;
        if let Iterations::Fixed(steps) = iterations {
            ITERATIONS.accept(steps, steps <= MOST_STEPS)?;
        }
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
        let (mut alpha, steps) = match self.iterations {
            Iterations::Fixed(steps) => (vec![0.0; geometry.n()], steps),
            Iterations::Converged => (start(geometry, nu), MAX_ITERATIONS),
        };
        let converged = self.iterations == Iterations::Converged;
        for step in 0..steps {
            let distances = if step == 0 && !converged {
                geometry.norms().to_vec() // no pass for pairwise distances if T = 1
            } else {
                distances_to(geometry, &alpha)
            };
            let next = weights(&distances, nu);
            let stop = converged && is_settled(&alpha, &next, distances, nu);
            alpha = next;
            if stop {
                break;
            }
        }
        Combination::Weights(alpha)
    }

    /// 1: `converged` by what most vectors see.
    fn revision(&self) -> u32 {
        u32::from(self.iterations == Iterations::Converged)
    }

    fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        let least = cohort.lower_bound();
        (self.iterations == Iterations::Converged).then(|| 4.0 * (1.0 + least).powi(2))
    }
}

/// Where `converged` starts, as weights.
fn start(geometry: &Geometry<'_>, nu: f64) -> Vec<f64> {
    let n = geometry.n();
    let mean = vec![1.0 / n as f64; n];
    let squares = geometry.squared_distances();
    let radius = |i: usize| most(squares.row(i).to_vec()).sqrt();
    let central = (0..n).min_by(|&i, &j| radius(i).total_cmp(&radius(j)));
    let central = central.unwrap_or(0);
    let far = FAR * radius(central).max(nu);
    if most(distances_to(geometry, &mean)) <= far {
        return mean;
    }
    let kept = n / 2 + 1;
    let mut start = vec![0.0; n];
    for i in geometry.nearest(central, kept) {
        start[i] = 1.0 / kept as f64;
    }
    start
}

fn distances_to(geometry: &Geometry<'_>, alpha: &[f64]) -> Vec<f64> {
    let squares = geometry.squared_distances_to(alpha);
    squares.into_iter().map(f64::sqrt).collect()
}

/// The weights 1/max(ν, d), with sum 1.
fn weights(distances: &[f64], nu: f64) -> Vec<f64> {
    let mut weights: Vec<f64> = distances.iter().map(|d| 1.0 / d.max(nu)).collect();
    let mut sum: f64 = weights.iter().sum();
    if !sum.is_normal() {
        // An inverse left the range of f64: in parts of the largest weight.
        let nearest = distances.iter().copied().fold(f64::INFINITY, f64::min);
        let nearest = nearest.max(nu);
        let part = |&d: &f64| if d > nearest { nearest / d } else { 1.0 };
        weights = distances.iter().map(part).collect();
        sum = weights.iter().sum();
    }
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}

/// Whether the step from one point to the next moves it no more, seen from most vectors. The
/// longest vector has no say.
fn is_settled(from: &[f64], to: &[f64], distances: Vec<f64>, nu: f64) -> bool {
    let moves: Vec<f64> = from.iter().zip(to).map(|(a, b)| (a - b).abs()).collect();
    // ‖z' − z‖ = ‖Σ (α'_i − α_i)(x_i − z)‖
    let bound: f64 = moves.iter().zip(&distances).map(|(m, d)| m * d).sum();
    moves.iter().all(|&moved| moved < SETTLED) && bound <= STILL * most(distances).max(nu)
}

/// The smallest length that more than half of them don't exceed: with 2f < n, not longer than every
/// honest one, nor shorter.
fn most(mut lengths: Vec<f64>) -> f64 {
    let middle = lengths.len() / 2;
    *lengths.select_nth_unstable_by(middle, f64::total_cmp).1
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

    fn converged(rows: &[f64], d: usize, f: usize, nu: f64) -> Vec<f64> {
        let gm = GeometricMedian::new(nu, Iterations::Converged).expect("in range");
        let rows = Gradients::new(rows, rows.len() / d, d).expect("n × d");
        let mut out = vec![0.0_f64; d];
        Pipeline::from(gm)
            .aggregate(&rows, Round { f, seed: 0 }, &mut out)
            .expect("aggregated");
        out
    }

    const SIX: [f64; 12] = [
        0.1, 0.2, -0.3, 0.5, 0.7, -0.4, 0.2, 0.2, -0.5, -0.6, 0.4, 0.3,
    ];

    /// The plain recurrence in coordinates, from the origin, with a vector at infinity in the
    /// direction (1, 1).
    fn by_hand() -> [f64; 2] {
        let mut z = [0.0_f64; 2];
        for _ in 0..100_000 {
            let (mut sum, mut total) = ([0.5_f64.sqrt(); 2], 0.0);
            for x in SIX.chunks(2) {
                let weight = 1.0 / (x[0] - z[0]).hypot(x[1] - z[1]).max(0.1);
                total += weight;
                (0..2).for_each(|k| sum[k] += weight * x[k]);
            }
            z = sum.map(|s| s / total);
        }
        z
    }

    #[test]
    fn converged_is_where_most_vectors_say_however_long_one_is() {
        let want = by_hand();
        assert!((want[0] - 0.188).abs() < 5e-4 && (want[1] - 0.205).abs() < 5e-4);
        for huge in [1e9, 1e12, 1e30, 1e38, 1e150, 1e300, f64::MAX] {
            let out = converged(&[&SIX[..], &[huge; 2]].concat(), 2, 1, 0.1);
            let error = (out[0] - want[0]).hypot(out[1] - want[1]);
            assert!(error < 1e-6, "{huge:e}: {out:?} for {want:?}");
        }
    }

    /// From the mean, each step would come nearer by the factor f/(f + 1) only.
    #[test]
    fn converged_starts_near_most_vectors() {
        let honest = (0..201).map(|i| f64::from(i % 5));
        let rows: Vec<f64> = honest.chain(std::iter::repeat_n(1e300, 200)).collect();
        let out = converged(&rows, 1, 200, 0.1);
        assert!((4.0..4.1).contains(&out[0]), "{out:?}"); // within ν of the largest
    }

    #[test]
    fn any_nu_gives_weights() {
        for nu in [f64::from_bits(1), 1e-310, 1e308, f64::MAX] {
            for scale in [f64::MIN_POSITIVE, 1.0, 1e300] {
                let rows = [0.0, 1.0, 2.0, 2.0, 2.0].map(|x| x * scale);
                let out = converged(&rows, 1, 2, nu);
                let inside = (0.0..=2.0).contains(&(out[0] / scale));
                assert!(inside, "{nu:e}, {scale:e}: {out:?}");
                let gm = GeometricMedian::new(nu, Iterations::Fixed(3)).expect("in range");
                let view = Gradients::new(&rows, 5, 1).expect("5 × 1");
                let mut out = [0.0_f64];
                Pipeline::from(gm)
                    .aggregate(&view, Round { f: 2, seed: 0 }, &mut out)
                    .expect("aggregated");
                let inside = (0.0..=2.0).contains(&(out[0] / scale));
                assert!(inside, "{nu:e}, {scale:e}: {out:?}");
            }
        }
    }
}
