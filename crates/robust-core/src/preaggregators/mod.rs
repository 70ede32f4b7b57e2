//! Rules that turn n vectors into m, before an aggregator: one file per rule, and one line in the
//! list.

use std::sync::Arc;

use crate::geometry::Geometry;
use crate::parameters::{Parameter, ParameterError, Parameters, Reader};
use crate::rules::Entry;
use crate::theory::HonestMajority;
use crate::traits::{Effect, Mixing, PreAggregator, Round};
use crate::{Description, Error, Hull, Properties};

macro_rules! preaggregators {
    ($($module:ident: $rule:ident $(, $also:ident)*;)*) => {
        $(
            mod $module;
            pub use $module::{$rule $(, $also)*};
        )*

        pub(crate) static LIST: &[Entry<dyn PreAggregator>] = &[$(Entry {
            description: &$module::DESCRIPTION,
            read: |reader| Ok(Arc::new($rule::read(reader)?)),
        }),*];
    };
}

// The file, the rule's type, and what else of the file is public.
preaggregators! {
    nnm: NearestNeighborMixing;
    arc: AdaptiveRobustClipping;
    clip: StaticClipping;
    bucketing: Bucketing;
}

/// Scales every row that is longer than the threshold down to it.
fn clip_to(threshold: f64, norms: &[f64]) -> Mixing {
    let factor = |&norm: &f64| {
        if norm > threshold {
            threshold / norm
        } else {
            1.0
        }
    };
    Mixing::Clip {
        threshold,
        factors: norms.iter().map(factor).collect(),
    }
}
