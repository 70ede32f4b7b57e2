//! Which stages of a pipeline do nothing.

use crate::traits::{Aggregator, Effect};
use crate::{Error, Pipeline};

impl Pipeline {
    /// The stages that can't change the result for n vectors of which f may be Byzantine, in order
    /// of application, each with its name and why: they change no vector, or only the order of the
    /// vectors, and no later stage depends on it but in ties and rounding.
    ///
    /// ```
    /// use robust_core::{Parameters, Pipeline};
    /// let idle = |stages, f| Pipeline::parse(stages, &Parameters::new())?.idle_stages(13, f);
    /// assert_eq!(idle("arc,nnm,cwtm", 3)?, []);
    /// assert_eq!(idle("arc,nnm,cwtm", 0)?, [("arc", "k is 0: no vector is scaled down")]);
    /// let whole = "`bucketing.size` is 1: every vector is a group of its own";
    /// assert_eq!(idle("bucketing,cwtm", 3)?, [("bucketing", whole)]);
    /// assert_eq!(idle("bucketing,monna", 3)?, []); // which trusts a row
    /// # Ok::<(), robust_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn idle_stages(
        &self,
        n: usize,
        f: usize,
    ) -> Result<Vec<(&'static str, &'static str)>, Error> {
        self.check(n, f)?;
        let (mut entering, mut idle) = (n, Vec::new());
        for (place, stage) in self.stages().iter().enumerate() {
            let later = self.stages()[place + 1..].iter();
            let mut later = later.map(|stage| stage.description());
            let takes_any_order = |last: &dyn Aggregator| {
                let last = last.description();
                last.properties.permutation && later.all(|stage| stage.properties.permutation)
            };
            match stage.effect(entering, f) {
                Effect::Nothing(why) => idle.push((stage.description().name, why)),
                Effect::Order(why) if self.aggregator().is_some_and(takes_any_order) => {
                    idle.push((stage.description().name, why));
                }
                Effect::Order(_) | Effect::Values => {}
            }
            entering = stage.check(entering, f)?;
        }
        Ok(idle)
    }
}
