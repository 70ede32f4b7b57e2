use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Description, Scheme, cuts};
use crate::Error;

pub(super) static DESCRIPTION: Description = Description {
    name: "iid",
    purpose: "The samples in random order, cut into parts of equal size.",
    parameters: &[],
};

/// The samples in random order, cut into parts of equal size.
///
/// ```
/// use data::partition::{Iid, Partition};
///
/// let workers = Partition::from(Iid {}).split_seeded(&[0, 1, 0, 1, 0], 2, 2, 1)?;
/// assert_eq!((workers[0].len(), workers[1].len()), (3, 2));
/// # Ok::<(), data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(description = DESCRIPTION.purpose))]
#[serde(deny_unknown_fields)]
pub struct Iid {}

impl Scheme for Iid {
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        vec![]
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
        Ok(cuts::chunks(&cuts::shuffled(labels.len(), rng), workers))
    }

    fn remedy(&self, _workers: usize, _classes: &[usize]) -> String {
        cuts::FEWER_WORKERS.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::partition::Partition;
    use crate::partition::tests::{Lawful, check_golden, permutation};

    impl Lawful for Iid {
        fn any() -> BoxedStrategy<Self> {
            Just(Self {}).boxed()
        }

        fn imbalance(&self) -> Option<usize> {
            Some(1)
        }
    }

    #[test]
    fn it_is_byzfls() {
        check_golden(
            include_str!("../../tests/golden/partition_iid.json"),
            |case, _, workers| cuts::chunks(&permutation(case), workers),
        );
    }

    #[test]
    fn it_is_a_uniform_permutation() {
        // Which worker gets sample 0 of 5, and sample 4: 3000 ± 49 each of 15,000 seeds.
        let mut counts = [[0; 5]; 2];
        for seed in 0..15_000 {
            let parts = Partition::from(Iid {})
                .split_seeded(&[0; 5], 1, 5, seed)
                .unwrap();
            for (counts, sample) in counts.iter_mut().zip([0, 4]) {
                counts[parts.iter().position(|part| part[0] == sample).unwrap()] += 1;
            }
        }
        let mut counts = counts.as_flattened().iter();
        assert!(
            counts.all(|count| (2800..=3200).contains(count)),
            "{counts:?}"
        );
    }
}
