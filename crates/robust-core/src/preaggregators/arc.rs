use super::*;

/// Adaptive Robust Clipping, `arc`: with `k = ⌊2f(n−f)/n⌋`, scale the k longest vectors down to the
/// norm C of the (k+1)-th longest: `min(1, C/‖x_i‖) · x_i`.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `arc.k` | ⌊2f(n−f)/n⌋ | k, the number of vectors scaled down | 0 to n−1 |
///
/// The default is exact integer arithmetic, and 0 with f = 0: nothing changes. Needs f ≤ n (the
/// theory: f < n/2). Another k is for ablations: what follows is shown for the default alone.
///
/// If F is (f,κ)-robust, F∘ARC is (f, κ + 2f/(n−2f))-robust, hence (f,3κ)-robust (Theorem 3.2).
/// Because k ≥ f, no vector leaves longer than the longest honest one. O(nd + n log n).
///
/// Allouah et al., arXiv:2405.14432, Algorithm 2. ByzFL: `ARC`, whose k in floating point differs
/// for some n and f (56, not 57, at n = 242, f = 33).
///
/// ```
/// use robust_core::preaggregators::AdaptiveRobustClipping;
/// use robust_core::{Gradients, Pipeline, Round};
/// use std::sync::Arc;
/// let arc = Pipeline::new(vec![Arc::new(AdaptiveRobustClipping::default())], None);
/// let rows = Gradients::new(&[1.0, -2.0, 30.0], 3, 1)?;
/// let clipped = arc.transform(&rows, Round { f: 1, seed: 0 })?;
/// assert_eq!(clipped, [1.0, -2.0, 2.0]); // k = ⌊2·1·2/3⌋ = 1
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AdaptiveRobustClipping {
    k: Option<usize>,
}

const K: Parameter = Parameter {
    key: "arc.k",
    default: Some("⌊2f(n−f)/n⌋"),
    range: "an integer from 0 to n−1",
    purpose: "k, the number of vectors scaled down",
    examples: &["1", "0"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "arc",
    label: "ARC",
    title: "adaptive robust clipping",
    byzfl: Some("ARC"),
    formula: "min(1, C/‖x_i‖) · x_i with C the (k+1)-th largest norm, k = ⌊2f(n−f)/n⌋",
    source: "Allouah et al., The Vital Role of Gradient Clipping in Byzantine-Resilient \
             Distributed Learning, arXiv:2405.14432, Algorithm 2",
    parameters: &[K],
    properties: Properties {
        hull: Hull::RowsAndOrigin,
        permutation: true,
        translation: false,
        chooses: false,
        binomial: false,
        lengths: &[],
    },
};

impl AdaptiveRobustClipping {
    /// With this k, whatever n and f, for ablations.
    #[must_use]
    pub fn with_k(k: usize) -> Self {
        Self { k: Some(k) }
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        let k = reader.number(&K)?;
        Ok(Self { k })
    }

    fn k(&self, n: usize, f: usize) -> usize {
        self.k.unwrap_or_else(|| clipped(n, f))
    }
}

impl PreAggregator for AdaptiveRobustClipping {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        match self.k {
            Some(k) => Parameters::new().with(&K, k),
            None => Parameters::new(),
        }
    }

    fn check(&self, n: usize, f: usize) -> Result<usize, Error> {
        if f > n {
            return Err(Error::TooManyByzantine {
                rule: "arc",
                bound: "f ≤ n",
                n,
                f,
            });
        }
        match self.k {
            Some(k) if k >= n => {
                let expected = format!("an integer below n = {n}");
                Err(K.unexpected(k, expected).into())
            }
            _ => Ok(n),
        }
    }

    fn effect(&self, n: usize, f: usize) -> Effect {
        if n == 0 || self.k(n, f) == 0 {
            Effect::Nothing("k is 0: no vector is scaled down")
        } else {
            Effect::Values
        }
    }

    fn mix(&self, geometry: &Geometry<'_>, round: Round) -> Mixing {
        let norms = geometry.norms();
        let mut descending = norms.to_vec();
        descending.sort_by(|a, b| b.total_cmp(a));
        clip_to(descending[self.k(norms.len(), round.f)], norms)
    }

    fn kappa_after(&self, cohort: HonestMajority, kappa: f64) -> Option<f64> {
        self.k.is_none().then(|| kappa + 2.0 * cohort.lower_bound())
    }
}

/// k = ⌊2f(n−f)/n⌋, below n for f ≤ n.
fn clipped(n: usize, f: usize) -> usize {
    let (n, f) = (n as u128, f as u128);
    (2 * f * (n - f) / n) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gradients, Pipeline};

    #[test]
    fn the_number_of_clipped_rows_is_exact() {
        assert_eq!(
            [
                clipped(13, 3),
                clipped(19, 9),
                clipped(17, 1),
                clipped(5, 0)
            ],
            [4, 9, 1, 0]
        );
        // Where ByzFL's float arithmetic is one short.
        let cases = [
            (121, 66, 60),
            (150, 105, 63),
            (242, 33, 57),
            (450, 165, 209),
            (484, 66, 114),
        ];
        for (n, f, k) in cases {
            assert_eq!(clipped(n, f), k);
        }
    }

    #[test]
    fn another_k_scales_that_many_down_and_must_be_below_n() {
        let vectors = [1.0, -2.0, 30.0, 4.0];
        let rows = Gradients::new(&vectors, 4, 1).expect("four rows");
        let transform = |k: usize| {
            let arc = AdaptiveRobustClipping::with_k(k);
            Pipeline::new(vec![Arc::new(arc)], None).transform(&rows, Round { f: 1, seed: 0 })
        };
        assert_eq!(transform(0), Ok(vectors.to_vec()));
        assert_eq!(transform(1), Ok(vec![1.0, -2.0, 4.0, 4.0]));
        assert_eq!(transform(2), Ok(vec![1.0, -2.0, 2.0, 2.0]));
        assert_eq!(transform(3), Ok(vec![1.0, -1.0, 1.0, 1.0]));
        let error = transform(4).expect_err("k = n").to_string();
        assert_eq!(
            error,
            "parameter `arc.k` is `4`; expected an integer below n = 4"
        );
    }
}
