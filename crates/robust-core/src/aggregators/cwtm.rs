use super::honest_majority;
use crate::kernels::network::Network;
use crate::kernels::trim;
use crate::traits::{Aggregator, Combination, Coordinatewise, Round};
use crate::{Columns, Error, Geometry, Scalar};

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
/// use robust_core::{Gradients, Params, Pipeline, Round};
/// let cwtm = Pipeline::parse("cwtm", &Params::default())?;
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, 4.0, -1e9], 5, 1)?;
/// cwtm.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-15); // the mean of 1, 2 and 3
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Cwtm;

impl<T: Scalar> Aggregator<T> for Cwtm {
    fn name(&self) -> &'static str {
        "cwtm"
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("cwtm", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination<T> {
        let (n, f) = (geometry.n(), round.f);
        Combination::Coordinatewise(match f {
            1..=trim::MOST => Box::new(Trimmed { f }),
            _ => Box::new(MeanOfRanks::new(n, f..n - f)),
        })
    }
}

/// The trimmed mean for an f that [`trim`] takes.
#[derive(Debug)]
struct Trimmed {
    f: usize,
}

impl<T: Scalar> Coordinatewise<T> for Trimmed {
    fn reduce(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
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

impl<T: Scalar> Coordinatewise<T> for MeanOfRanks {
    fn reduce(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
        self.network.apply(columns);
        columns.mean(self.ranks.clone(), out);
    }
}
