//! The lists of rules: everything that goes through all rules, or finds one by its name, goes
//! through here.

use std::sync::Arc;

use crate::description::Description;
use crate::parameters::{ParameterError, Reader};
use crate::{Error, aggregators, preaggregators};

/// A rule of a list: what it is, and how it is made from its parameters.
#[derive(Debug)]
pub(crate) struct Entry<R: ?Sized> {
    pub(crate) description: &'static Description,
    pub(crate) read: fn(&Reader<'_>) -> Result<Arc<R>, ParameterError>,
}

impl<R: ?Sized> Entry<R> {
    /// The entry with this name.
    pub(crate) fn find(list: &'static [Self], name: &str) -> Option<&'static Self> {
        list.iter().find(|entry| entry.description.name == name)
    }
}

/// All aggregators, in the order in which figures give them their markers.
///
/// ```
/// let names: Vec<&str> = robust_core::rules::aggregators().map(|rule| rule.name).collect();
/// assert!(names.contains(&"cwtm"));
/// ```
pub fn aggregators() -> impl ExactSizeIterator<Item = &'static Description> {
    aggregators::LIST.iter().map(|entry| entry.description)
}

/// All pre-aggregators.
pub fn preaggregators() -> impl ExactSizeIterator<Item = &'static Description> {
    preaggregators::LIST.iter().map(|entry| entry.description)
}

/// All rules: the aggregators, then the pre-aggregators.
///
/// ```
/// for rule in robust_core::rules::descriptions() {
///     println!("{}: {}, {}", rule.name, rule.title, rule.formula);
/// }
/// ```
pub fn descriptions() -> impl Iterator<Item = &'static Description> {
    aggregators().chain(preaggregators())
}

/// The error for a name that is none of these.
pub(crate) fn unknown(name: &str) -> Error {
    let mut lists = [Vec::new(), Vec::new()];
    lists[0].extend(aggregators().map(|rule| rule.name));
    lists[1].extend(preaggregators().map(|rule| rule.name));
    let [aggregators, preaggregators] = lists.map(|names| names.join(" "));
    Error::UnknownRule {
        name: name.into(),
        aggregators,
        preaggregators,
    }
}
