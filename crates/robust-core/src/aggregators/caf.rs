use super::*;
use crate::Matrix;
use crate::eigen::top_eigenpair;
use crate::matrix::dot;

/// Covariance-bound agnostic filter, `caf`: weights c_i = 1; while their sum exceeds n − 2f, take
/// the weighted mean μ and the top eigenpair (λ, v) of the weighted covariance, and scale c_i by
/// `1 − τ_i/max_j τ_j` with `τ_i = ⟨x_i − μ, v⟩²`. The result is the μ of the smallest λ.
///
/// Needs 2f < n; f = 0 gives the mean. The maximum is over all vectors, also those of weight 0, as
/// in ByzFL; there, a gross outlier makes every later step tiny (one row of 10⁶: more than 300,000
/// steps). Here the first 5,000 steps are taken one by one; from then on, as many together as
/// change a weight by about a quarter. Before that, only steps that are too small to change the sum
/// of the weights in f64 are taken together. O(n²d), and O(n³) a step: the covariance's eigenpair
/// is that of an n × n matrix.
///
/// Allouah et al., *Towards Trustworthy Federated Learning with Untrusted Participants*, 2025.
/// ByzFL: `CAF`, which takes one random power step for (λ, v), where this is exact, and returns
/// nothing for f = 0.
///
/// ```
/// use robust_core::aggregators::CovarianceFilter;
/// use robust_core::{Gradients, Pipeline, Round};
/// let caf = Pipeline::from(CovarianceFilter);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, 1e6], 4, 1)?;
/// caf.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-3);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CovarianceFilter;

pub(super) static DESCRIPTION: Description = Description {
    name: "caf",
    label: "CAF",
    title: "covariance-bound agnostic filter",
    byzfl: Some("CAF"),
    formula: "the weighted mean of smallest top variance, weights shrinking along the top eigenvector until they sum to n − 2f",
    source: "Allouah et al., Towards Trustworthy Federated Learning with Untrusted Participants, 2025",
    parameters: &[],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: true,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl CovarianceFilter {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for CovarianceFilter {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("caf", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let n = geometry.n();
        if round.f == 0 {
            return Combination::Weights(vec![1.0 / n as f64; n]);
        }
        let distances = geometry.squared_distances();
        let goal = (n - 2 * round.f) as f64;
        let mut c = vec![1.0; n];
        let mut best = (f64::INFINITY, vec![1.0 / n as f64; n]);
        for step in 0..ONE_BY_ONE + groups(n) {
            let total: f64 = c.iter().sum();
            let mean: Vec<f64> = c.iter().map(|c| c / total).collect();
            let (variance, projections) = top_direction(&distances, &mean);
            if variance < best.0 {
                best = (variance, mean);
            }
            let Some(drops) = drops(&c, &projections) else {
                break; // the vectors left are equal
            };
            if step < ONE_BY_ONE {
                let next = after(1.0, &c, &drops);
                let sum: f64 = next.iter().sum();
                if sum <= goal {
                    break;
                }
                if sum < total {
                    c = next;
                    continue;
                }
            }
            match shrunk(&c, &drops, goal) {
                Some(next) => c = next,
                None => break,
            }
        }
        Combination::Weights(best.1)
    }

    /// 1: the first 5,000 steps are taken one by one.
    fn revision(&self) -> u32 {
        1
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

/// Steps that are taken one by one, whatever they change.
const ONE_BY_ONE: usize = 5_000;

/// More groups of steps than there can be: each takes a weight down by a tenth at least, which
/// [`NEGLIGIBLE`] allows 200 times, or halves the way to the goal.
fn groups(n: usize) -> usize {
    1_000 + 200 * n
}

/// About how much steps that are taken together may change a weight.
const TOGETHER: f64 = 0.25;

/// Weights below this no longer decide how many steps are taken together.
const NEGLIGIBLE: f64 = 1e-9;

/// Weightless vectors count as at most this many times as far as the farthest that has a weight:
/// the squares of drops stay in the range of f64.
const FARTHEST: f64 = 2.582_249_878_086_909e120; // 2^400

/// `τ_i / max_j τ_j`; `None` if all are 0.
fn drops(c: &[f64], projections: &[f64]) -> Option<Vec<f64>> {
    let largest = projections.iter().fold(0.0, |a: f64, &b| a.max(b));
    let weighing = c.iter().zip(projections).filter(|(c, _)| **c > NEGLIGIBLE);
    let weighing = weighing.map(|(_, p)| *p).fold(0.0, f64::max);
    let largest = if weighing > 0.0 {
        largest.min(FARTHEST * weighing)
    } else {
        largest
    };
    let drop = |p: &f64| (p / largest).min(1.0).powi(2);
    (largest > 0.0).then(|| projections.iter().map(drop).collect())
}

/// c_i (1 − drop_i), repeated until a weight has changed enough; `None` once the sum is down to the
/// goal.
fn shrunk(c: &[f64], drops: &[f64], goal: f64) -> Option<Vec<f64>> {
    let active = c.iter().zip(drops).filter(|(c, _)| **c > NEGLIGIBLE);
    let largest = active.map(|(_, drop)| *drop).fold(0.0, f64::max);
    if largest <= 0.0 {
        return None;
    }
    let total: f64 = c.iter().sum();
    let mut steps = (TOGETHER / largest).floor().max(1.0);
    loop {
        let next = after(steps, c, drops);
        let sum: f64 = next.iter().sum();
        if sum > goal {
            // Too close to the goal for the sum to move is there.
            return (sum < total).then_some(next);
        }
        if steps <= 1.0 {
            return None;
        }
        steps = (0.5 * steps).floor(); // the last step before the goal must not be missed
    }
}

/// c_i (1 − drop_i)^steps
fn after(steps: f64, c: &[f64], drops: &[f64]) -> Vec<f64> {
    let factor = |drop: f64| {
        if steps > 1.0 {
            (steps * (-drop).ln_1p()).exp()
        } else {
            1.0 - drop
        }
    };
    let pairs = c.iter().zip(drops);
    pairs.map(|(c, drop)| c * factor(*drop)).collect()
}

/// The top eigenvalue of Σ w_i (x_i − μ)(x_i − μ)ᵀ, w summing to 1, and |⟨x_i − μ, v⟩| of all rows
/// up to one factor.
fn top_direction(distances: &Matrix, weights: &[f64]) -> (f64, Vec<f64>) {
    let n = weights.len();
    let to_mean: Vec<f64> = (0..n).map(|i| dot(distances.row(i), weights)).collect();
    let spread = 0.5 * dot(&to_mean, weights);
    let mut centred = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..n {
            let product = 0.5 * (to_mean[i] + to_mean[j] - distances.row(i)[j]) - spread;
            centred.row_mut(i)[j] = product;
        }
    }
    let left: Vec<usize> = (0..n).filter(|&i| weights[i] > 0.0).collect();
    let mut weighted = Matrix::zeros(left.len(), left.len());
    for (a, &i) in left.iter().enumerate() {
        for (b, &j) in left.iter().enumerate() {
            weighted.row_mut(a)[b] = centred.row(i)[j] * (weights[i] * weights[j]).sqrt();
        }
    }
    let (value, vector) = top_eigenpair(&weighted);
    let mut v = vec![0.0; n];
    for (u, &i) in vector.iter().zip(&left) {
        v[i] = u * weights[i].sqrt();
    }
    (
        value,
        (0..n).map(|i| dot(centred.row(i), &v).abs()).collect(),
    )
}
