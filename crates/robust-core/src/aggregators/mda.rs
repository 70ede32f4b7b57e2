use super::*;
use crate::Matrix;

/// Minimum diameter averaging, `mda`: the mean of the n − f vectors with the smallest largest
/// distance between two of them; of equally tight subsets the lexicographically first.
///
/// Needs 2f < n. Exact, and fast where listing all subsets isn't: a subset of diameter ≤ t leaves
/// out a vertex cover, of size ≤ f, of the graph of pairs farther apart than t. Search trees over
/// such covers of depth ≤ f, a bisection over t: O(n²d) for the distances, then exponential in f
/// only for inputs built to be hard.
///
/// El Mhamdi et al., *Distributed Momentum for Byzantine-resilient SGD*, ICLR 2021. ByzFL: `MDA`.
///
/// ```
/// use robust_core::aggregators::MinimumDiameterAveraging;
/// use robust_core::{Gradients, Pipeline, Round};
/// let mda = Pipeline::from(MinimumDiameterAveraging);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, -7.0], 4, 1)?;
/// mda.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MinimumDiameterAveraging;

pub(super) static DESCRIPTION: Description = Description {
    name: "mda",
    label: "MDA",
    title: "minimum diameter averaging",
    byzfl: Some("MDA"),
    formula: "the mean of the n − f vectors of smallest diameter",
    source: "El Mhamdi et al., Distributed Momentum for Byzantine-resilient SGD, ICLR 2021",
    parameters: &[],
    properties: Properties {
        hull: Hull::Rows,
        permutation: false,
        translation: true,
        chooses: true,
        binomial: true,
        lengths: &[],
    },
};

impl MinimumDiameterAveraging {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for MinimumDiameterAveraging {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("mda", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let subset = tightest(&geometry.squared_distances(), round.f);
        Combination::mean_of(&subset, geometry.n())
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

/// The lexicographically first subset of n − f indices of smallest diameter.
fn tightest(distances: &Matrix, f: usize) -> Vec<usize> {
    let n = distances.rows();
    let mut diameters: Vec<f64> = (0..n)
        .flat_map(|i| distances.row(i)[i..].to_vec())
        .collect();
    diameters.sort_unstable_by(f64::total_cmp);
    diameters.dedup();
    // The largest diameter always works, so the partition point is an index.
    let feasible = |&t: &f64| Conflicts::new(distances, t).coverable(&mut vec![true; n], f);
    let diameter = diameters[diameters
        .partition_point(|t| !feasible(t))
        .min(diameters.len() - 1)];
    let conflicts = Conflicts::new(distances, diameter);
    let mut left = vec![true; n];
    let mut budget = f;
    let mut subset = Vec::with_capacity(n - f);
    for i in 0..n {
        if !left[i] || subset.len() == n - f {
            continue;
        }
        // Take i if the vectors in conflict with it can go.
        let mut without: Vec<bool> = left.clone();
        let mut dropped = 0;
        for &j in &conflicts.0[i] {
            dropped += usize::from(std::mem::replace(&mut without[j], false));
        }
        if dropped <= budget && conflicts.coverable(&mut without.clone(), budget - dropped) {
            left = without;
            budget -= dropped;
            subset.push(i);
        } else {
            left[i] = false;
            budget = budget.saturating_sub(1);
        }
    }
    subset
}

/// For every vector, those farther than the diameter from it.
struct Conflicts(Vec<Vec<usize>>);

impl Conflicts {
    fn new(distances: &Matrix, diameter: f64) -> Self {
        let n = distances.rows();
        let conflicts = |i: usize| (0..n).filter(|&j| distances.row(i)[j] > diameter).collect();
        Self((0..n).map(conflicts).collect())
    }

    /// Whether at most `budget` of the vectors left touch all conflicts among them. `left` is
    /// restored.
    fn coverable(&self, left: &mut [bool], budget: usize) -> bool {
        let degree = |left: &[bool], i: usize| self.0[i].iter().filter(|&&j| left[j]).count();
        let degrees = (0..left.len())
            .filter(|&i| left[i])
            .map(|i| (degree(left, i), i));
        let (mut worst, mut twice_edges) = ((0, 0), 0);
        for (degree, i) in degrees {
            twice_edges += degree;
            if degree > worst.0 {
                worst = (degree, i);
            }
        }
        let (degree, vertex) = worst;
        if degree == 0 {
            return true;
        }
        if twice_edges > 2 * budget * degree {
            return false; // each removal touches at most `degree` conflicts
        }
        // Either the vertex goes, or all its neighbours do.
        left[vertex] = false;
        let covered = self.coverable(left, budget - 1);
        if covered || degree > budget {
            left[vertex] = true;
            return covered;
        }
        let neighbours: Vec<usize> = self.0[vertex]
            .iter()
            .copied()
            .filter(|&j| left[j])
            .collect();
        neighbours.iter().for_each(|&j| left[j] = false);
        let covered = self.coverable(left, budget - degree);
        neighbours.iter().for_each(|&j| left[j] = true);
        left[vertex] = true;
        covered
    }
}
