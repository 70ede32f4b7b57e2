use super::*;
use crate::kernels::network::Network;
use crate::kernels::trim;
use crate::{Columns, Coordinatewise, Scalar};

/// Coordinate-wise trimmed mean, `cwtm`: per coordinate, drop the f smallest and the f largest
/// values and average the n − 2f others.
///
/// Needs 2f < n. (f,κ)-robust with `κ = 6f/(n−2f) · (1 + f/(n−2f))`. Its output may be longer than
/// every input: it needn't lie in their convex hull. Vectorised over coordinates: O(nfd) for
/// small f, whose extremes stay in registers, else O(nd log² n) by a selection network.
///
/// Yin et al., *Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates*, ICML
/// 2018; κ: Allouah et al., *Fixing by Mixing*, AISTATS 2023. ByzFL: `TrMean`.
///
/// ```
/// use robust_core::aggregators::TrimmedMean;
/// use robust_core::{Gradients, Pipeline, Round};
/// let cwtm = Pipeline::from(TrimmedMean);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, 4.0, -1e9], 5, 1)?;
/// cwtm.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-15); // the mean of 1, 2 and 3
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrimmedMean;

pub(super) static DESCRIPTION: Description = Description {
    name: "cwtm",
    label: "CWTM",
    title: "coordinate-wise trimmed mean",
    byzfl: Some("TrMean"),
    formula: "per coordinate, the mean without the f smallest and the f largest values",
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

impl TrimmedMean {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for TrimmedMean {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("cwtm", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let (n, f) = (geometry.n(), round.f);
        match f {
            1..=trim::MOST => Combination::coordinatewise(Trimmed { f }),
            _ => Combination::coordinatewise(MeanOfRanks::new(n, f..n - f)),
        }
    }

    fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        let least = cohort.lower_bound();
        Some(6.0 * least * (1.0 + least))
    }
}

/// The trimmed mean for an f that [`trim`] takes.
#[derive(Debug)]
struct Trimmed {
    f: usize,
}

impl Coordinatewise for Trimmed {
    fn reduce<T: Scalar>(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
        trim::mean(columns, self.f, out);
    }
}

/// The mean of the values of some ranks, column by column.
#[derive(Debug)]
pub(super) struct MeanOfRanks {
    ranks: std::ops::Range<usize>,
    network: Network,
}

impl MeanOfRanks {
    /// Of n values, those of the given ranks; 0 is the smallest.
    pub(super) fn new(n: usize, ranks: std::ops::Range<usize>) -> Self {
        Self {
            network: Network::select(n, ranks.clone()),
            ranks,
        }
    }
}

impl Coordinatewise for MeanOfRanks {
    fn reduce<T: Scalar>(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
        self.network.apply(columns);
        columns.mean(self.ranks.clone(), out);
    }
}
