use super::*;

/// The plain mean, `mean`: `1/n Σ x_i`.
///
/// Not robust: one Byzantine vector moves it anywhere. Takes any f and ignores it. O(nd).
///
/// ```
/// use robust_core::aggregators::Mean;
/// use robust_core::{Gradients, Pipeline, Round};
/// let mean = Pipeline::from(Mean);
/// let mut out = [0.0; 2];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, 4.0], 2, 2)?;
/// mean.aggregate(&rows, Round { f: 0, seed: 0 }, &mut out)?;
/// assert_eq!(out, [2.0, 3.0]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mean;

pub(super) static DESCRIPTION: Description = Description {
    name: "mean",
    label: "Mean",
    title: "mean",
    byzfl: Some("Average"),
    formula: "1/n Σ x_i",
    source: "the average, which every robust rule is measured against",
    parameters: &[],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: true,
        chooses: false,
        binomial: false,
        lengths: &[],
    },
};

impl Mean {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for Mean {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, _n: usize, _f: usize) -> Result<(), Error> {
        Ok(())
    }

    fn combine(&self, geometry: &Geometry<'_>, _round: Round) -> Combination {
        Combination::Weights(vec![1.0 / geometry.n() as f64; geometry.n()])
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}
