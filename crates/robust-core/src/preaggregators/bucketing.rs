use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::Matrix;

/// Bucketing, `bucketing`: permute the vectors and replace consecutive groups of s by their means;
/// the last group may be smaller, and is divided by its own size.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `bucketing.size` | 1 | s | ≥ 1 |
/// | `bucketing.permutation` | `seeded` | the order, drawn from the round's seed | rows from 0, each once: `2,0,1` |
///
/// s = 1 only permutes, which few rules after it notice; see
/// [`Pipeline::idle_stages`](crate::Pipeline::idle_stages). ⌈n/s⌉ vectors leave; the stages after
/// it see that n, and the same f. Any n and f. O(nd).
///
/// Karimireddy et al., *Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing*, ICLR
/// 2022. ByzFL: `Bucketing`.
///
/// ```
/// use robust_core::preaggregators::Bucketing;
/// use robust_core::{Gradients, Pipeline, Round};
/// use std::sync::Arc;
/// let pairs = Bucketing::new(2)?.with_permutation(vec![0, 2, 1])?;
/// let bucketing = Pipeline::new(vec![Arc::new(pairs)], None);
/// let rows = Gradients::new(&[1.0, 2.0, 3.0], 3, 1)?;
/// assert_eq!(bucketing.transform(&rows, Round { f: 0, seed: 0 })?, [2.0, 2.0]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucketing {
    size: usize,
    permutation: Option<Vec<usize>>,
}

const SIZE: Parameter = Parameter {
    key: "bucketing.size",
    default: Some("1"),
    range: "an integer ≥ 1",
    purpose: "s, how many vectors make one",
    examples: &["2"],
};
const PERMUTATION: Parameter = Parameter {
    key: "bucketing.permutation",
    default: Some("seeded"),
    range: "`seeded`, or all rows from 0 separated by commas, such as `2,0,1`",
    purpose: "the order of the rows; `seeded`: drawn from the round's seed",
    examples: &["2,0,1"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "bucketing",
    label: "Bucketing",
    title: "bucketing",
    byzfl: Some("Bucketing"),
    formula: "the means of consecutive groups of s vectors, after a permutation",
    source: "Karimireddy et al., Byzantine-Robust Learning on Heterogeneous Datasets via \
             Bucketing, ICLR 2022",
    parameters: &[SIZE, PERMUTATION],
    properties: Properties {
        hull: Hull::Rows,
        permutation: false,
        translation: true,
        chooses: false,
        binomial: false,
        lengths: &[],
    },
};

impl Bucketing {
    /// With groups of s vectors, in an order drawn from the round's seed.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless s ≥ 1.
    pub fn new(size: usize) -> Result<Self, ParameterError> {
        let size = SIZE.accept(size, size >= 1)?;
        Ok(Self {
            size,
            permutation: None,
        })
    }

    /// The same in a given order of the rows.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless every row from 0 on is there once.
    pub fn with_permutation(self, order: Vec<usize>) -> Result<Self, ParameterError> {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if order.is_empty() || !sorted.into_iter().eq(0..order.len()) {
            return Err(PERMUTATION.invalid(written(&order)));
        }
        Ok(Self {
            permutation: Some(order),
            ..self
        })
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        let bucketing = Self::new(reader.number(&SIZE)?.unwrap_or(1))?;
        let Some(text) = reader.text(&PERMUTATION) else {
            return Ok(bucketing);
        };
        let list = text.trim_start_matches('[').trim_end_matches(']');
        let rows: Option<_> = list.split(',').map(|row| row.trim().parse().ok()).collect();
        bucketing.with_permutation(rows.ok_or_else(|| PERMUTATION.invalid(text))?)
    }

    fn order(&self, n: usize, seed: u64) -> Vec<usize> {
        self.permutation.clone().unwrap_or_else(|| {
            let mut order: Vec<usize> = (0..n).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            order
        })
    }
}

impl Default for Bucketing {
    fn default() -> Self {
        Self {
            size: 1,
            permutation: None,
        }
    }
}

/// A permutation as text: `2,0,1`.
fn written(order: &[usize]) -> String {
    let rows: Vec<String> = order.iter().map(usize::to_string).collect();
    rows.join(",")
}

impl PreAggregator for Bucketing {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        let parameters = Parameters::new().with(&SIZE, self.size);
        match &self.permutation {
            Some(order) => parameters.with(&PERMUTATION, written(order)),
            None => parameters,
        }
    }

    fn check(&self, n: usize, _f: usize) -> Result<usize, Error> {
        match &self.permutation {
            Some(order) if order.len() != n => {
                let expected = format!("each of 0..{n} once, one per vector");
                Err(PERMUTATION.unexpected(written(order), expected).into())
            }
            _ => Ok(n.div_ceil(self.size)),
        }
    }

    fn effect(&self, n: usize, _f: usize) -> Effect {
        match &self.permutation {
            _ if n <= 1 => Effect::Nothing("there is one vector"),
            _ if self.size > 1 => Effect::Values,
            Some(order) if order.is_sorted() => {
                Effect::Nothing("`bucketing.size` is 1, and the order is that of the input")
            }
            _ => Effect::Order("`bucketing.size` is 1: every vector is a group of its own"),
        }
    }

    fn mix(&self, geometry: &Geometry<'_>, round: Round) -> Mixing {
        let n = geometry.n();
        let order = self.order(n, round.seed);
        let mut weights = Matrix::zeros(n.div_ceil(self.size), n);
        for (bucket, rows) in order.chunks(self.size).enumerate() {
            for &row in rows {
                weights.row_mut(bucket)[row] = 1.0 / rows.len() as f64;
            }
        }
        Mixing::Regrouped(weights)
    }

    fn kappa_after(&self, _cohort: HonestMajority, _kappa: f64) -> Option<f64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_permutation_of_a_seed_never_changes() {
        let bucketing = Bucketing::default();
        assert_eq!(bucketing.order(8, 0), [2, 0, 6, 1, 3, 5, 7, 4]);
        assert_eq!(bucketing.order(8, 1), [3, 4, 5, 2, 7, 1, 6, 0]);
    }
}
