use super::cwtm::MeanOfRanks;
use super::*;

/// Coordinate-wise median, `cwmed`: per coordinate, the middle value, or the mean of the two middle
/// ones for even n.
///
/// Needs 2f < n; f isn't used otherwise. (f,κ)-robust with `κ = 4(1 + f/(n−2f))²`. Its output may
/// be longer than every input: of (1,1,0), (1,0,1), (0,1,1) it is (1,1,1). O(nd log² n).
///
/// Yin et al., ICML 2018; κ: Allouah et al., *Fixing by Mixing*, AISTATS 2023. ByzFL: `Median`.
///
/// ```
/// use robust_core::aggregators::CoordinateWiseMedian;
/// use robust_core::{Gradients, Pipeline, Round};
/// let cwmed = Pipeline::from(CoordinateWiseMedian);
/// let mut out = [0.0; 3];
/// let rows = Gradients::new(&[1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], 3, 3)?;
/// cwmed.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert_eq!(out, [1.0; 3]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoordinateWiseMedian;

pub(super) static DESCRIPTION: Description = Description {
    name: "cwmed",
    label: "CWMed",
    title: "coordinate-wise median",
    byzfl: Some("Median"),
    formula: "per coordinate, the median",
    source: "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML 2018",
    parameters: &[],
    properties: Properties {
        hull: Hull::Coordinates,
        permutation: true,
        translation: true,
        chooses: false,
        binomial: false,
        lengths: &[],
    },
};

impl CoordinateWiseMedian {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for CoordinateWiseMedian {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("cwmed", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, _round: Round) -> Combination {
        let n = geometry.n();
        Combination::coordinatewise(MeanOfRanks::new(n, (n - 1) / 2..n / 2 + 1))
    }

    fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        let least = cohort.lower_bound();
        Some(4.0 * (1.0 + least).powi(2))
    }
}
