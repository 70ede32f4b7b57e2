use super::*;

/// Comparative gradient elimination, `cge`: the mean of the n − f shortest vectors; of equally long
/// ones the first.
///
/// Needs 2f < n. Knows the origin: its result isn't translation equivariant. O(nd).
///
/// Gupta, Liu, Vaidya, *Byzantine Fault-Tolerant Distributed Machine Learning Using Stochastic
/// Gradient Descent (SGD) and Norm-Based Comparative Gradient Elimination (CGE)*, DSN-W 2021. No κ
/// is known to us.
///
/// ```
/// use robust_core::aggregators::ComparativeGradientElimination;
/// use robust_core::{Gradients, Pipeline, Round};
/// let cge = Pipeline::from(ComparativeGradientElimination);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, -2.0, 4.0, 100.0], 4, 1)?;
/// cge.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 1.0).abs() < 1e-12); // the mean of 1, −2 and 4
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ComparativeGradientElimination;

pub(super) static DESCRIPTION: Description = Description {
    name: "cge",
    label: "CGE",
    title: "comparative gradient elimination",
    byzfl: None,
    formula: "the mean of the n − f shortest vectors",
    source: "Gupta et al., Byzantine Fault-Tolerant Distributed Machine Learning Using SGD and CGE, DSN-W 2021",
    parameters: &[],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: false,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl ComparativeGradientElimination {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for ComparativeGradientElimination {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("cge", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let norms = geometry.norms();
        let mut order: Vec<usize> = (0..norms.len()).collect();
        order.sort_by(|&i, &j| norms[i].total_cmp(&norms[j]));
        Combination::mean_of(&order[..norms.len() - round.f], norms.len())
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gradients, Pipeline};

    #[test]
    fn keeps_the_shortest_and_of_equally_long_ones_the_first() {
        let close = |values: &[f64], f, expected: [f64; 2]| {
            let rows = Gradients::new(values, values.len() / 2, 2).expect("n × 2");
            let mut out = [0.0; 2];
            Pipeline::from(ComparativeGradientElimination)
                .aggregate(&rows, Round { f, seed: 0 }, &mut out)
                .expect("in range");
            let error = (out[0] - expected[0]).hypot(out[1] - expected[1]);
            assert!(error < 1e-12, "{out:?} for {expected:?}");
        };
        // Norms 5, 1, 2, 13, 0.
        let values = [3.0, 4.0, 0.0, -1.0, 2.0, 0.0, 5.0, 12.0, 0.0, 0.0];
        close(&values, 0, [2.0, 3.0]);
        close(&values, 1, [1.25, 0.75]);
        close(&values, 2, [2.0 / 3.0, -1.0 / 3.0]);
        close(&[1.0, 0.0, 0.0, 1.0, -1.0, 0.0], 1, [0.5, 0.5]);
    }
}
