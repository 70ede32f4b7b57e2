//! From names and parameters to a pipeline.

use crate::parameters::{Parameters, Reader};
use crate::rules::{Entry, unknown};
use crate::traits::{Aggregator, PreAggregator};
use crate::{Description, Error, Pipeline, aggregators, preaggregators};

impl Pipeline {
    /// Reads stage names separated by commas, in order of application.
    ///
    /// # Errors
    /// [`Error::UnknownRule`], [`Error::AggregatorNotLast`], [`Error::EmptyPipeline`] for the
    /// stages; [`Error::Parameter`] for the parameters.
    pub fn parse(stages: &str, parameters: &Parameters) -> Result<Self, Error> {
        if stages.trim().is_empty() {
            return Err(Error::EmptyPipeline);
        }
        let found: Vec<Found> = stages
            .split(',')
            .map(|name| Found::by_name(name.trim()))
            .collect::<Result<_, _>>()?;
        let known = found
            .iter()
            .flat_map(|stage| stage.description().parameters);
        let reader = Reader::new("this pipeline", known, parameters)?;
        let mut pipeline = Self::new(Vec::new(), None);
        for stage in found {
            if let Some(last) = &pipeline.aggregator {
                let name = last.description().name;
                return Err(Error::AggregatorNotLast { name });
            }
            match stage {
                Found::PreAggregator(entry) => pipeline.stages.push((entry.read)(&reader)?),
                Found::Aggregator(entry) => pipeline.aggregator = Some((entry.read)(&reader)?),
            }
        }
        Ok(pipeline)
    }
}

/// A stage that was found by its name and waits for the parameters.
enum Found {
    PreAggregator(&'static Entry<dyn PreAggregator>),
    Aggregator(&'static Entry<dyn Aggregator>),
}

impl Found {
    fn by_name(name: &str) -> Result<Self, Error> {
        let before = Entry::find(preaggregators::LIST, name).map(Self::PreAggregator);
        let last = || Entry::find(aggregators::LIST, name).map(Self::Aggregator);
        before.or_else(last).ok_or_else(|| unknown(name))
    }

    fn description(&self) -> &'static Description {
        match self {
            Self::PreAggregator(entry) => entry.description,
            Self::Aggregator(entry) => entry.description,
        }
    }
}
