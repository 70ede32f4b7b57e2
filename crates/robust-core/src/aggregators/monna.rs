use super::*;
use crate::geometry::closest;

/// MoNNA, `monna`: the mean of the n − f vectors nearest to a trusted one, itself included; equally
/// near ones in the order of their index.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `monna.reference` | 0 | the trusted vector's row, from 0 | < n |
///
/// Needs 2f < n. Not invariant to the order of the vectors: the reference is a row. O(nd).
///
/// Farhadkhani et al., *Robust Collaborative Learning with Linear Gradient Overhead*, ICML 2023.
/// ByzFL: `MoNNA`.
///
/// ```
/// use robust_core::aggregators::Monna;
/// use robust_core::{Gradients, Pipeline, Round};
/// let monna = Pipeline::from(Monna::default());
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 100.0], 3, 1)?;
/// monna.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert_eq!(out, [1.5]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Monna {
    reference: usize,
}

const REFERENCE: Parameter = Parameter {
    key: "monna.reference",
    default: Some("0"),
    range: "a row, from 0",
    purpose: "the trusted vector's row",
    examples: &["2"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "monna",
    label: "MoNNA",
    title: "mean of nearest neighbours around a trusted vector",
    byzfl: Some("MoNNA"),
    formula: "the mean of the n − f vectors nearest to a trusted one",
    source: "Farhadkhani et al., Robust Collaborative Learning with Linear Gradient Overhead, ICML 2023",
    parameters: &[REFERENCE],
    properties: Properties {
        hull: Hull::Rows,
        permutation: false,
        translation: true,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl Monna {
    /// With this trusted row.
    #[must_use]
    pub fn new(reference: usize) -> Self {
        Self { reference }
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        let reference = reader.number(&REFERENCE)?.unwrap_or_default();
        Ok(Self { reference })
    }
}

impl Aggregator for Monna {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new().with(&REFERENCE, self.reference)
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("monna", n, f)?;
        if self.reference >= n {
            let expected = format!("a row below n = {n}");
            return Err(REFERENCE.unexpected(self.reference, expected).into());
        }
        Ok(())
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let n = geometry.n();
        let distances = geometry.squared_distances_from(self.reference);
        Combination::mean_of(&closest(distances, self.reference, n - round.f), n)
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}
