use pulp::{Arch, Simd, WithSimd};

use super::*;
use crate::kernels::columns::STRIP;
use crate::kernels::network::Network;
use crate::{Columns, Coordinatewise, Scalar};

/// Mean around the median, `meamed`: per coordinate, the mean of the n − f values nearest to the
/// median; of two equally near ones the smaller, so that the order of the vectors doesn't matter.
///
/// Needs 2f < n. O(nd log² n).
///
/// Xie et al., *Generalized Byzantine-tolerant SGD*, 2018. ByzFL: `Meamed`, where NumPy's partial
/// sort decides such ties.
///
/// ```
/// use robust_core::aggregators::MeanAroundMedian;
/// use robust_core::{Gradients, Pipeline, Round};
/// let meamed = Pipeline::from(MeanAroundMedian);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 4.0, 9.0], 4, 1)?;
/// meamed.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 7.0 / 3.0).abs() < 1e-12); // the median is 3: 9 is the farthest from it
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeanAroundMedian;

pub(super) static DESCRIPTION: Description = Description {
    name: "meamed",
    label: "MeaMed",
    title: "mean around the median",
    byzfl: Some("Meamed"),
    formula: "per coordinate, the mean of the n − f values nearest to the median",
    source: "Xie et al., Generalized Byzantine-tolerant SGD, 2018",
    parameters: &[],
    properties: Properties {
        hull: Hull::Coordinates,
        permutation: true,
        translation: true,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl MeanAroundMedian {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for MeanAroundMedian {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("meamed", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let network = Network::sort(geometry.n());
        Combination::coordinatewise(NearestValues {
            f: round.f,
            network,
        })
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

#[derive(Debug)]
struct NearestValues {
    f: usize,
    network: Network,
}

impl Coordinatewise for NearestValues {
    fn reduce<T: Scalar>(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
        self.network.apply(columns);
        let (sorted, _) = columns.values().as_chunks::<STRIP>();
        Arch::new().dispatch(Nearest {
            sorted,
            f: self.f,
            out,
        });
    }
}

struct Nearest<'a, T> {
    sorted: &'a [[T; STRIP]],
    f: usize,
    out: &'a mut [T],
}

impl<T: Scalar> WithSimd for Nearest<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        mean_around_median(self.sorted, self.f, self.out);
    }
}

/// The nearest values are consecutive in sorted order: going up by one drops the lowest value for
/// the next higher one, for as long as that is nearer.
#[inline(always)]
fn mean_around_median<T: Scalar>(sorted: &[[T; STRIP]], f: usize, out: &mut [T]) {
    let n = sorted.len();
    let kept = n - f;
    let weight = (kept as f64).recip();
    let (low, high) = (&sorted[(n - 1) / 2], &sorted[n / 2]);
    let mut median = [0.0; STRIP];
    let mut sums = [0.0; STRIP];
    for c in 0..STRIP {
        median[c] = 0.5 * low[c].to_f64() + 0.5 * high[c].to_f64();
    }
    for row in &sorted[f..kept] {
        for c in 0..STRIP {
            sums[c] += weight * row[c].to_f64();
        }
    }
    for i in 0..f {
        for c in 0..STRIP {
            // Halves: the difference of two finite values may not be finite.
            let (below, above) = (sorted[i][c].to_f64(), sorted[kept + i][c].to_f64());
            let center = 0.5 * median[c];
            let nearer = if 0.5 * above - center < center - 0.5 * below {
                above
            } else {
                below
            };
            sums[c] += weight * nearer;
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = T::from_f64(sum);
    }
}
