//! The names of the rules: one line per rule.

use crate::params::Params;
use crate::traits::{Aggregator, PreAggregator};
use crate::{Error, Scalar};
use crate::{aggregators as agg, preaggregators as pre};

/// A rule's name, the parameters it takes, and how it is made from them.
pub(crate) struct Entry<R: ?Sized> {
    pub name: &'static str,
    pub keys: &'static [&'static str],
    pub build: Build<R>,
}

/// Makes a rule from the parameters.
pub(crate) type Build<R> = fn(&Params) -> Result<Box<R>, Error>;

/// All aggregators.
pub(crate) fn aggregators<T: Scalar>() -> Vec<Entry<dyn Aggregator<T>>> {
    vec![
        Entry {
            name: "mean",
            keys: &[],
            build: |_| Ok(Box::new(agg::Mean)),
        },
        Entry {
            name: "cwtm",
            keys: &[],
            build: |_| Ok(Box::new(agg::Cwtm)),
        },
        Entry {
            name: "cwmed",
            keys: &[],
            build: |_| Ok(Box::new(agg::Cwmed)),
        },
        Entry {
            name: "gm",
            keys: &["gm.nu", "gm.iterations"],
            build: |p| Ok(Box::new(agg::Gm::new(p)?)),
        },
        Entry {
            name: "mk",
            keys: &["mk.neighbours"],
            build: |p| Ok(Box::new(agg::MultiKrum::new(p)?)),
        },
        Entry {
            name: "krum",
            keys: &["krum.neighbours"],
            build: |p| Ok(Box::new(agg::Krum::new(p)?)),
        },
        Entry {
            name: "cc",
            keys: &["cc.tau", "cc.iterations"],
            build: |p| Ok(Box::new(agg::Cc::new(p)?)),
        },
        Entry {
            name: "mda",
            keys: &[],
            build: |_| Ok(Box::new(agg::Mda)),
        },
        Entry {
            name: "monna",
            keys: &["monna.reference"],
            build: |p| Ok(Box::new(agg::Monna::new(p)?)),
        },
        Entry {
            name: "meamed",
            keys: &[],
            build: |_| Ok(Box::new(agg::Meamed)),
        },
        Entry {
            name: "caf",
            keys: &[],
            build: |_| Ok(Box::new(agg::Caf)),
        },
        Entry {
            name: "smea",
            keys: &[],
            build: |_| Ok(Box::new(agg::Smea)),
        },
    ]
}

/// All pre-aggregators.
pub(crate) fn preaggregators() -> Vec<Entry<dyn PreAggregator>> {
    vec![
        Entry {
            name: "nnm",
            keys: &[],
            build: |_| Ok(Box::new(pre::Nnm)),
        },
        Entry {
            name: "arc",
            keys: &["arc.k"],
            build: |p| Ok(Box::new(pre::Arc::new(p)?)),
        },
        Entry {
            name: "clip",
            keys: &["clip.c"],
            build: |p| Ok(Box::new(pre::Clip::new(p)?)),
        },
        Entry {
            name: "bucketing",
            keys: &["bucketing.size", "bucketing.permutation"],
            build: |p| Ok(Box::new(pre::Bucketing::new(p)?)),
        },
    ]
}

/// The error for a name that is none of these.
pub(crate) fn unknown<T: Scalar>(name: &str) -> Error {
    let names = |names: Vec<&str>| names.join(" ");
    Error::UnknownRule {
        name: name.into(),
        aggregators: names(aggregators::<T>().iter().map(|entry| entry.name).collect()),
        preaggregators: names(preaggregators().iter().map(|entry| entry.name).collect()),
    }
}
