use super::*;
use crate::Matrix;

/// Nearest-neighbour mixing, `nnm`: every vector becomes the mean of the n − f vectors nearest to
/// it, itself included; equally near ones in the order of their index.
///
/// Needs f < n. If F is (f,κ)-robust, F∘NNM is (f,κ')-robust with `κ' ≤ 8f/(n−f) · (κ+1)`.
/// O(n²d).
///
/// Allouah et al., *Fixing by Mixing*, AISTATS 2023. ByzFL: `NNM`.
///
/// ```
/// use robust_core::preaggregators::NearestNeighborMixing;
/// use robust_core::{Gradients, Pipeline, Round};
/// use std::sync::Arc;
/// let nnm = Pipeline::new(vec![Arc::new(NearestNeighborMixing)], None);
/// let rows = Gradients::new(&[0.0, 2.0, 10.0], 3, 1)?;
/// assert_eq!(nnm.transform(&rows, Round { f: 1, seed: 0 })?, [1.0, 1.0, 6.0]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NearestNeighborMixing;

pub(super) static DESCRIPTION: Description = Description {
    name: "nnm",
    label: "NNM",
    title: "nearest-neighbour mixing",
    byzfl: Some("NNM"),
    formula: "every vector becomes the mean of the n − f vectors nearest to it",
    source: "Allouah et al., Fixing by Mixing, AISTATS 2023",
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

impl NearestNeighborMixing {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl PreAggregator for NearestNeighborMixing {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<usize, Error> {
        if f < n {
            Ok(n)
        } else {
            Err(Error::TooManyByzantine {
                rule: "nnm",
                bound: "f < n",
                n,
                f,
            })
        }
    }

    fn effect(&self, n: usize, f: usize) -> Effect {
        if n.saturating_sub(f) <= 1 {
            Effect::Nothing("n − f is 1: every vector becomes the mean of itself")
        } else {
            Effect::Values // with f = 0, each becomes the mean of all
        }
    }

    fn mix(&self, geometry: &Geometry<'_>, round: Round) -> Mixing {
        let n = geometry.n();
        let kept = n - round.f;
        let mut weights = Matrix::zeros(n, n);
        for i in 0..n {
            for j in geometry.nearest(i, kept) {
                weights.row_mut(i)[j] = 1.0 / kept as f64;
            }
        }
        Mixing::InPlace(weights)
    }

    fn kappa_after(&self, cohort: HonestMajority, kappa: f64) -> Option<f64> {
        let (n, f) = (cohort.n() as f64, cohort.f() as f64);
        Some(8.0 * f / (n - f) * (kappa + 1.0))
    }
}
