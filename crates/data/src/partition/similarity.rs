use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Description, Parameter, Scheme, cuts, out_of_range};
use crate::Error;

pub(super) static DESCRIPTION: Description = Description {
    name: "similarity",
    purpose: "The fraction γ of the samples split as by iid, the rest as by extreme.",
    parameters: &[Parameter {
        key: "gamma",
        symbol: Some("γ"),
        default: None,
        range: RANGE,
        purpose: "the fraction of the samples that is split as by iid",
    }],
};

const RANGE: &str = "0 to 1";

/// The first `⌊γN⌋` of N samples, in the order of the dataset, are split as by [`Iid`](super::Iid),
/// the rest as by [`Extreme`](super::Extreme), and each worker gets a part of both.
///
/// Source: S. P. Karimireddy et al., *SCAFFOLD: Stochastic Controlled Averaging for Federated
/// Learning*, ICML 2020; that the first samples are split iid is ByzFL's.
///
/// ```
/// use data::partition::{Partition, Similarity};
///
/// let partition = Partition::from(Similarity { gamma: 0.5 });
/// let workers = partition.split_seeded(&[1, 0, 1, 0, 1, 1, 0, 0], 2, 2, 1)?;
/// // Of the last four samples, the first worker has the zeros, the second the ones.
/// assert_eq!((&workers[0][2..], &workers[1][2..]), (&[6, 7][..], &[4, 5][..]));
/// # Ok::<(), data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(description = DESCRIPTION.purpose))]
#[serde(deny_unknown_fields)]
pub struct Similarity {
    /// The fraction γ, in 0..=1: 0 is extreme, 1 is iid.
    #[cfg_attr(feature = "schemars", schemars(range(min = 0, max = 1)))]
    pub gamma: f64,
}

impl Scheme for Similarity {
    fn check(&self) -> Result<(), Error> {
        // NaN is in no range.
        if (0.0..=1.0).contains(&self.gamma) {
            return Ok(());
        }
        Err(out_of_range("gamma", self.gamma, RANGE))
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        vec![("gamma", self.gamma)]
    }

    fn least(&self) -> usize {
        1
    }

    fn parts(
        &self,
        labels: &[u8],
        _classes: usize,
        workers: usize,
        rng: &mut dyn Rng,
    ) -> Result<Vec<Vec<usize>>, Error> {
        let iid = cuts::shuffled(iid_len(labels.len(), self.gamma), rng);
        Ok(split(labels, &iid, workers))
    }

    fn remedy(&self, _workers: usize, _classes: &[usize]) -> String {
        cuts::FEWER_WORKERS.to_owned()
    }
}

/// `⌊γN⌋`, in floating point as in ByzFL: 28, not 29, of 100 samples for γ = 0.29.
fn iid_len(samples: usize, gamma: f64) -> usize {
    (samples as f64 * gamma) as usize
}

/// `iid` holds the first indices, in random order.
fn split(labels: &[u8], iid: &[usize], workers: usize) -> Vec<Vec<usize>> {
    let extreme = cuts::chunks(&cuts::by_label(labels, iid.len()), workers);
    let mut parts = cuts::chunks(iid, workers);
    for (part, extreme) in parts.iter_mut().zip(extreme) {
        part.extend(extreme);
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::partition::Partition;
    use crate::partition::tests::{Lawful, check_golden, permutation};

    impl Lawful for Similarity {
        fn any() -> BoxedStrategy<Self> {
            (0.0..=1.0f64).prop_map(|gamma| Self { gamma }).boxed()
        }

        fn imbalance(&self) -> Option<usize> {
            Some(2)
        }
    }

    #[test]
    fn it_is_byzfls() {
        let json = include_str!("../../tests/golden/partition_gamma_similarity.json");
        check_golden(json, |case, labels, workers| {
            let permutation = permutation(case);
            let gamma = case["params"]["gamma"].as_f64().unwrap();
            assert_eq!(iid_len(labels.len(), gamma), permutation.len());
            split(labels, &permutation, workers)
        });
    }

    #[test]
    fn the_iid_part_is_the_dataset_in_small() {
        let labels: Vec<u8> = (0..1000).map(|index| (index % 10) as u8).collect();
        let parts = Partition::from(Similarity { gamma: 0.5 })
            .split_seeded(&labels, 10, 10, 1)
            .unwrap();
        for (worker, part) in parts.iter().enumerate() {
            assert!(
                part[..50].iter().all(|&index| index < 500),
                "iid from the first half"
            );
            assert!(
                part[50..]
                    .iter()
                    .all(|&index| usize::from(labels[index]) == worker),
                "one class"
            );
        }
    }

    #[test]
    fn gamma_out_of_range_is_an_error() {
        for gamma in [-1e-9, 1.0 + 1e-9, f64::NAN] {
            let error = Partition::from(Similarity { gamma }).check().unwrap_err();
            let expected = format!("gamma is {gamma}, expected 0 to 1");
            assert_eq!(error.to_string(), expected);
        }
        for gamma in [0.0, 1.0] {
            let partition = Partition::from(Similarity { gamma });
            let parts = partition.split_seeded(&[0; 100], 1, 4, 1).unwrap();
            assert_eq!(parts.len(), 4);
        }
    }
}
