//! Runs on real data, with the settings that the figures have.

use std::ops::ControlFlow;

use data::partition::Partition;
use training::{Observer, RunSpec, TrainError, ValidRun, Vectors};

use crate::error::Error;

/// DSGD with the settings of the figures; the accuracies, which nobody reads, are of a few samples.
pub fn dsgd(dataset: data::Name, partition: Partition, steps: usize) -> Result<RunSpec, Error> {
    let spec = RunSpec::dsgd(dataset, partition, steps).map_err(TrainError::from)?;
    Ok(RunSpec {
        test_samples: Some(100),
        evaluate_every: steps,
        ..spec
    })
}

/// Runs, and shows each step's vectors to `watch`, with the number of steps done.
pub fn train(
    spec: RunSpec,
    dataset: &data::Dataset,
    watch: impl FnMut(usize, &Vectors<'_>),
) -> Result<(), Error> {
    let mut observer = Watch { done: 0, watch };
    let run = ValidRun::new(spec).map_err(TrainError::from)?;
    training::run(&run, dataset, &mut observer)?;
    Ok(())
}

struct Watch<F> {
    done: usize,
    watch: F,
}

impl<F: FnMut(usize, &Vectors<'_>)> Observer for Watch<F> {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn vectors(&mut self, vectors: &Vectors<'_>) {
        self.done += 1;
        (self.watch)(self.done, vectors);
    }
}
