//! Runs on real data, with the settings that the figures have.

use std::ops::ControlFlow;

use data::partition::Partition;
use training::{
    Architecture, Device, Observer, RunSpec, TrainError, ValidRun, Vectors, WeightDecayAt,
};

use crate::error::Error;

/// One seed, as the split differs more between heterogeneities than between seeds.
const SEED: u64 = 1;

/// DSGD with the settings of `docs/paper.md`, section 8.
pub fn dsgd(dataset: data::Name, partition: Partition, steps: usize) -> RunSpec {
    RunSpec {
        dataset,
        train_samples: None,
        test_samples: Some(100),
        partition,
        honest: 10,
        f: 0,
        pipeline: "mean".to_owned(),
        pipeline_params: Default::default(),
        attack: "none".to_owned(),
        attack_params: Default::default(),
        model: match dataset {
            data::Name::Digits => Architecture::MlpDigits,
            data::Name::Mnist | data::Name::FashionMnist => Architecture::CnnMnist,
            data::Name::Cifar10 | data::Name::Cifar10Jpeg => Architecture::CnnCifar,
        },
        init_scale: 1.0,
        batch: 25,
        steps,
        learning_rate: 0.1,
        learning_rate_milestones: vec![],
        learning_rate_factor: 1.0,
        momentum: 0.9,
        weight_decay: 1e-4,
        weight_decay_at: WeightDecayAt::Server,
        evaluate_every: steps,
        seed: SEED,
        device: Device::Flex,
    }
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
