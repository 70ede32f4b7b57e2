use super::*;
use crate::Matrix;
use crate::eigen::{is_below, top_eigenpair};

/// Smallest maximum eigenvalue averaging, `smea`: the mean of the n − f vectors whose covariance
/// has the smallest top eigenvalue; of equal subsets the lexicographically first.
///
/// Needs 2f < n. Exact: adding a vector never lowers the top eigenvalue of the scatter, so a
/// partial subset that is already too wide is left with all that extend it; one Cholesky
/// factorisation tells. O(n²d) for the distances, then up to C(n,f)·n³: for small n.
///
/// Allouah et al., *On the Privacy-Robustness-Utility Trilemma in Distributed Learning*, ICML 2023.
/// ByzFL: `SMEA`, which takes one random power step for the eigenvalue, where this is exact, and
/// skips subsets without spread.
///
/// ```
/// use robust_core::aggregators::SmallestMaximumEigenvalueAveraging;
/// use robust_core::{Gradients, Pipeline, Round};
/// let smea = Pipeline::from(SmallestMaximumEigenvalueAveraging);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, -7.0], 4, 1)?;
/// smea.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SmallestMaximumEigenvalueAveraging;

pub(super) static DESCRIPTION: Description = Description {
    name: "smea",
    label: "SMEA",
    title: "smallest maximum eigenvalue averaging",
    byzfl: Some("SMEA"),
    formula: "the mean of the n − f vectors whose covariance has the smallest top eigenvalue",
    source: "Allouah et al., On the Privacy-Robustness-Utility Trilemma in Distributed Learning, ICML 2023",
    parameters: &[],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: true,
        chooses: true,
        binomial: true,
        lengths: &[],
    },
};

impl SmallestMaximumEigenvalueAveraging {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for SmallestMaximumEigenvalueAveraging {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("smea", n, f)?;
        if has_too_many_subsets(n, f) {
            return Err(Error::TooManySubsets { rule: "smea", n, f });
        }
        Ok(())
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let n = geometry.n();
        let distances = geometry.squared_distances();
        let size = n - round.f;
        // Any subset's eigenvalue bounds the smallest: take the neighbours of the most central row.
        let radius = |i: usize| -> f64 {
            geometry
                .nearest(i, size)
                .iter()
                .map(|&j| distances.row(i)[j])
                .sum()
        };
        let centre = (0..n)
            .min_by(|&a, &b| radius(a).total_cmp(&radius(b)))
            .unwrap_or(0);
        let mut start = geometry.nearest(centre, size);
        start.sort_unstable();
        let (bound, _) = top_eigenpair(&scatter(&distances, &start));
        let mut search = Search {
            distances: &distances,
            size,
            // Not below the bound itself, which an earlier subset may only equal.
            best: bound * (1.0 + 1e-9) + f64::MIN_POSITIVE,
            subset: start,
        };
        search.extend(&mut Vec::with_capacity(size), 0);
        Combination::mean_of(&search.subset, n)
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

/// A search through more subsets doesn't end.
const MOST_SUBSETS: f64 = 1e9;

/// Whether n vectors have more subsets of n − f, with 2f < n. Each factor of their number is above
/// 2, so that few of them tell.
fn has_too_many_subsets(n: usize, f: usize) -> bool {
    let factors = (1..=f).map(|i| (n - f + i) as f64 / i as f64);
    let mut subsets = factors.scan(1.0, |subsets, factor| {
        *subsets *= factor;
        Some(*subsets)
    });
    subsets.any(|subsets| subsets > MOST_SUBSETS)
}

struct Search<'a> {
    distances: &'a Matrix,
    size: usize,
    best: f64,
    subset: Vec<usize>,
}

impl Search<'_> {
    /// Visits the extensions of `partial` by rows from `next` on, in lexicographic order.
    fn extend(&mut self, partial: &mut Vec<usize>, next: usize) {
        if partial.len() > 1 {
            let scatter = scatter(self.distances, partial);
            if !is_below(&scatter, self.best) {
                return;
            }
            if partial.len() == self.size {
                let (value, _) = top_eigenpair(&scatter);
                if value < self.best {
                    self.best = value;
                    self.subset.clone_from(partial);
                }
                return;
            }
        } else if partial.len() == self.size {
            // One row, no spread: the first is as good as any.
            if self.best > 0.0 {
                self.best = 0.0;
                self.subset.clone_from(partial);
            }
            return;
        }
        let missing = self.size - partial.len();
        for row in next..=self.distances.rows() - missing {
            partial.push(row);
            self.extend(partial, row + 1);
            partial.pop();
        }
    }
}

/// ⟨x_i − μ, x_j − μ⟩ over the subset: its top eigenvalue is that of the scatter matrix.
fn scatter(distances: &Matrix, subset: &[usize]) -> Matrix {
    let size = subset.len() as f64;
    let means: Vec<f64> = subset
        .iter()
        .map(|&i| subset.iter().map(|&j| distances.row(i)[j]).sum::<f64>() / size)
        .collect();
    let mean = means.iter().sum::<f64>() / size;
    let mut out = Matrix::zeros(subset.len(), subset.len());
    for (a, &i) in subset.iter().enumerate() {
        for (b, &j) in subset.iter().enumerate() {
            out.row_mut(a)[b] = 0.5 * (means[a] + means[b] - mean - distances.row(i)[j]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_end_is_refused() {
        // C(33, 15) is 1.04e9, C(32, 15) is 5.7e8.
        assert!(!has_too_many_subsets(32, 15) && has_too_many_subsets(33, 15));
        assert!(has_too_many_subsets(60, 12) && !has_too_many_subsets(1_000_000, 1));
        assert!(has_too_many_subsets(usize::MAX, usize::MAX / 2));
        assert!(!has_too_many_subsets(5, 0));
    }
}
