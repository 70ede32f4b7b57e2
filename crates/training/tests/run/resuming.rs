//! Interrupted runs.

use std::ops::ControlFlow;

use data::Augmentation;
use robust_core::{Parameters, Pipeline};
use training::{Checkpoint, Observer, RunSpec, TrainError, ValidRun, WeightDecayAt, resume, run};

use super::{attack, attack_with, dataset, digits, every_attack, train, without_times};

/// Keeps the state before each step, as a file would, and stops after the step that is wanted.
struct Interrupt {
    after: usize,
    kept: Option<Checkpoint>,
}

impl Interrupt {
    fn after(after: usize) -> Self {
        Self { after, kept: None }
    }
}

impl Observer for Interrupt {
    fn step(&mut self, done: usize) -> ControlFlow<()> {
        if done == self.after {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn checkpoint(&mut self, take: &dyn Fn() -> Checkpoint) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&take(), &mut bytes).unwrap();
        self.kept = Some(ciborium::from_reader(bytes.as_slice()).unwrap());
    }
}

/// Interrupted four times, the run gives what it gives in one go.
fn assert_resumes(spec: RunSpec) {
    let (settings, dataset) = (format!("{spec:?}"), dataset());
    let spec = RunSpec {
        steps: 30,
        evaluate_every: 10,
        ..spec
    };
    let whole = train(spec.clone());
    let valid = ValidRun::new(spec).unwrap();
    // At an evaluation, before and after it, and before the end.
    let mut kept = None;
    for after in [7, 10, 23, 29] {
        let mut observer = Interrupt::after(after);
        let result = match kept.take() {
            None => run(&valid, &dataset, &mut observer),
            Some(kept) => resume(&valid, &dataset, kept, &mut observer),
        };
        assert!(matches!(result, Err(TrainError::Stopped(step)) if step == after));
        kept = observer.kept;
    }
    let resumed = resume(&valid, &dataset, kept.unwrap(), &mut ()).unwrap();
    let seconds = resumed.iter().map(|evaluation| evaluation.seconds);
    assert!(seconds.is_sorted(), "the clock goes on: {resumed:?}");
    assert_eq!(without_times(resumed), whole, "{settings}");
}

#[test]
fn with_every_attack_a_resumed_run_gives_the_numbers_of_an_uninterrupted_one() {
    let size = Parameters::from_iter([("bucketing.size", "1")]);
    let pipeline = Pipeline::parse("bucketing,arc,nnm,cwtm", &size).unwrap();
    for attack in every_attack() {
        assert_resumes(RunSpec {
            pipeline: pipeline.clone(),
            attack: Some(attack),
            ..digits()
        });
    }
}

/// The first interruption is in the learning phase, the others are after it.
#[test]
fn mimic_goes_on_with_what_it_has_learned() {
    let heuristic = Parameters::from_iter([("worker", "heuristic"), ("warmup", "20")]);
    assert_resumes(RunSpec {
        attack: attack_with("mimic", &heuristic),
        ..digits()
    });
}

#[test]
fn with_every_augmentation_a_resumed_run_gives_the_numbers_of_an_uninterrupted_one() {
    for crop_padding in [0, 2] {
        for horizontal_flip in [false, true] {
            assert_resumes(RunSpec {
                augmentation: Augmentation {
                    crop_padding,
                    horizontal_flip,
                },
                ..digits()
            });
        }
    }
}

#[test]
fn decay_on_the_worker_and_of_the_step_go_on() {
    assert_resumes(RunSpec {
        attack: attack("lf"),
        weight_decay: 0.1,
        weight_decay_at: WeightDecayAt::Worker,
        learning_rate_milestones: vec![5, 10, 11, 25],
        learning_rate_factor: 0.5,
        ..digits()
    });
}

#[test]
fn a_checkpoint_of_other_settings_is_refused() {
    let dataset = dataset();
    let mut observer = Interrupt::after(3);
    run(&ValidRun::new(digits()).unwrap(), &dataset, &mut observer).unwrap_err();
    let heuristic = Parameters::from_iter([("worker", "heuristic")]);
    for (spec, message) in [
        (
            RunSpec {
                honest: 9,
                ..digits()
            },
            "the checkpoint has 37600 momenta, but this run has 33840",
        ),
        (
            RunSpec {
                attack: attack_with("mimic", &heuristic),
                ..digits()
            },
            "the checkpoint has 0 numbers of the attack's memory, but this run has 7522",
        ),
        (
            RunSpec {
                steps: 3,
                ..digits()
            },
            "the checkpoint is of step 3, but this run has 3 steps",
        ),
    ] {
        let run = ValidRun::new(spec).unwrap();
        let checkpoint = observer.kept.clone().unwrap();
        let error = resume(&run, &dataset, checkpoint, &mut ()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
