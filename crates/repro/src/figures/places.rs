//! The places of rules in the lists of robust-core, and their labels in figures.

use robust_core::{Description, rules};

use crate::error::Error;

/// A pipeline by the places of its rules in these lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Those of the pre-aggregators, in order of application.
    pub preaggregators: Vec<usize>,
    /// That of the aggregator.
    pub aggregator: usize,
}

impl Places {
    /// Reads stages in order of application, as in `arc,nnm,cwtm`.
    pub fn parse(stages: &str) -> Result<Self, Error> {
        let (before, last) = stages.rsplit_once(',').unwrap_or(("", stages));
        let before = before.split(',').filter(|_| !before.is_empty());
        Ok(Self {
            preaggregators: before
                .map(|stage| place(rules::preaggregators(), stage))
                .collect::<Result<_, Error>>()?,
            aggregator: place(rules::aggregators(), last)?,
        })
    }

    /// The composition as papers write it: `arc,nnm,cwtm` is `CWTM∘NNM∘ARC`.
    pub fn label(&self) -> String {
        let aggregators: Vec<_> = rules::aggregators().map(|rule| rule.label).collect();
        let before: Vec<_> = rules::preaggregators().map(|rule| rule.label).collect();
        let before = self.preaggregators.iter().rev().map(|&place| before[place]);
        let labels: Vec<_> = std::iter::once(aggregators[self.aggregator])
            .chain(before)
            .collect();
        labels.join("∘")
    }
}

/// The label of the pipeline with these stages.
///
/// # Errors
/// If a stage is no rule.
pub fn label(stages: &str) -> Result<String, Error> {
    Ok(Places::parse(stages)?.label())
}

fn place(
    mut list: impl Iterator<Item = &'static Description>,
    stage: &str,
) -> Result<usize, Error> {
    let place = list.position(|rule| rule.name == stage.trim());
    place.ok_or_else(|| {
        let names = |rules: Vec<&str>| rules.join(" ");
        Error::Pipeline(robust_core::Error::UnknownRule {
            name: stage.trim().to_owned(),
            aggregators: names(rules::aggregators().map(|rule| rule.name).collect()),
            preaggregators: names(rules::preaggregators().map(|rule| rule.name).collect()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_compositions() {
        assert_eq!(label("arc,nnm,cwtm").unwrap(), "CWTM∘NNM∘ARC");
        assert_eq!(label("bucketing, monna").unwrap(), "MoNNA∘Bucketing");
        assert_eq!(label("mean").unwrap(), "Mean");
        for unknown in ["", "nnm", "cwtm,nnm", "nnm,,cwtm", "nm,cwtm"] {
            assert!(label(unknown).is_err(), "{unknown}");
        }
    }
}
