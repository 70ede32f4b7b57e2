//! Rules that turn n vectors into one: one file per rule, and one line in the list.

use std::sync::Arc;

use crate::geometry::Geometry;
use crate::parameters::{Parameter, ParameterError, Parameters, Reader};
use crate::rules::Entry;
use crate::theory::HonestMajority;
use crate::traits::{Aggregator, Combination, Round};
use crate::{Description, Error, Hull, Properties};

macro_rules! aggregators {
    ($($module:ident: $rule:ident $(, $also:ident)*;)*) => {
        $(
            mod $module;
            pub use $module::{$rule $(, $also)*};
        )*

        pub(crate) static LIST: &[Entry<dyn Aggregator>] = &[$(Entry {
            description: &$module::DESCRIPTION,
            read: |reader| Ok(Arc::new($rule::read(reader)?)),
        }),*];
    };
}

// The file, the rule's type, and what else of the file is public. Figures take their markers in
// this order: new rules go to the end.
aggregators! {
    cwtm: TrimmedMean;
    gm: GeometricMedian, Iterations;
    mk: MultiKrum;
    cwmed: CoordinateWiseMedian;
    krum: Krum, Neighbours;
    mean: Mean;
    cc: CenteredClipping;
    mda: MinimumDiameterAveraging;
    monna: Monna;
    meamed: MeanAroundMedian;
    caf: CovarianceFilter;
    smea: SmallestMaximumEigenvalueAveraging;
    cge: ComparativeGradientElimination;
    bulyan: Bulyan;
}

/// The condition of every robust rule: an honest majority.
fn honest_majority(rule: &'static str, n: usize, f: usize) -> Result<(), Error> {
    if f < n.div_ceil(2) {
        Ok(())
    } else {
        Err(Error::TooManyByzantine {
            rule,
            bound: "2f < n",
            n,
            f,
        })
    }
}
