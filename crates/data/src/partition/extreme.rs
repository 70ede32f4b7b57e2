use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{Description, Scheme, cuts};
use crate::Error;

pub(super) static DESCRIPTION: Description = Description {
    name: "extreme",
    purpose: "The samples sorted by label, cut into parts of equal size: with as many workers as classes, each has one class.",
    parameters: &[],
};

/// The samples sorted by label (equal labels stay in the order of the dataset), cut into contiguous
/// parts of equal size: with as many workers as classes of equal size, each worker has one class.
/// Draws nothing.
///
/// ```
/// use data::partition::{Extreme, Partition};
///
/// let workers = Partition::from(Extreme {}).split_seeded(&[2, 0, 1, 0, 2, 1], 3, 3, 1)?;
/// assert_eq!(workers, [[1, 3], [2, 5], [0, 4]]);
/// # Ok::<(), data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(description = DESCRIPTION.purpose))]
#[serde(deny_unknown_fields)]
pub struct Extreme {}

impl Scheme for Extreme {
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
        _rng: &mut dyn Rng,
    ) -> Result<Vec<Vec<usize>>, Error> {
        Ok(cuts::chunks(&cuts::by_label(labels, 0), workers))
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
    use crate::partition::tests::{Lawful, check_golden};

    impl Lawful for Extreme {
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
            include_str!("../../tests/golden/partition_extreme.json"),
            |_, labels, workers| {
                Partition::from(Extreme {})
                    .split_seeded(labels, 10, workers, 0)
                    .unwrap()
            },
        );
    }
}
