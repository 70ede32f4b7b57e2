//! Whole runs on the embedded digits.

use std::ops::ControlFlow;

use data::partition::Partition;
use training::{
    Architecture, Checkpoint, Device, Evaluation, Observer, RunSpec, TrainError, ValidRun, Vectors,
    WeightDecayAt, resume, run,
};

/// Stops after so many steps.
struct StopAfter(usize);

impl Observer for StopAfter {
    fn step(&mut self, done: usize) -> ControlFlow<()> {
        if done < self.0 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}

fn digits() -> RunSpec {
    RunSpec {
        dataset: data::Name::Digits,
        train_samples: None,
        test_samples: None,
        partition: Partition::Extreme,
        honest: 10,
        f: 3,
        pipeline: "arc,nnm,cwtm".into(),
        pipeline_params: Default::default(),
        attack: "sf".into(),
        attack_params: Default::default(),
        model: Architecture::MlpDigits,
        init_scale: 1.0,
        batch: 25,
        steps: 60,
        learning_rate: 0.1,
        learning_rate_milestones: vec![],
        learning_rate_factor: 1.0,
        momentum: 0.9,
        weight_decay: 1e-4,
        weight_decay_at: WeightDecayAt::Server,
        evaluate_every: 25,
        seed: 1,
        device: Device::Flex,
    }
}

fn dsgd() -> RunSpec {
    RunSpec {
        f: 0,
        pipeline: "mean".into(),
        attack: "none".into(),
        ..digits()
    }
}

fn train(spec: RunSpec) -> Vec<Evaluation> {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let mut evaluations = run(
        &ValidRun::new(spec).unwrap(),
        &dataset,
        &mut StopAfter(usize::MAX),
    )
    .unwrap();
    evaluations
        .iter_mut()
        .for_each(|evaluation| (evaluation.seconds, evaluation.spent) = (0.0, None));
    evaluations
}

#[test]
fn the_same_settings_give_the_same_numbers_and_another_seed_others() {
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    };
    let one = pool(1).install(|| train(digits()));
    let three = pool(3).install(|| train(digits()));
    assert_eq!(one, three);
    assert_ne!(
        one,
        train(RunSpec {
            seed: 2,
            ..digits()
        })
    );
    let steps: Vec<usize> = one.iter().map(|evaluation| evaluation.step).collect();
    assert_eq!(steps, [0, 25, 50, 60]);
}

#[test]
fn without_byzantine_workers_the_digits_are_learnt() {
    let evaluations = train(RunSpec {
        steps: 300,
        evaluate_every: 300,
        ..dsgd()
    });
    let [first, last] = &evaluations[..] else {
        panic!("two evaluations: {evaluations:?}")
    };
    assert!(first.test_accuracy < 0.3, "{first:?}");
    assert!(last.test_accuracy > 0.85, "{last:?}");
    assert_eq!(last.clip_threshold, None);
    assert!(
        last.aggregate_error.unwrap() < 1e-5,
        "the mean is the honest mean: {last:?}"
    );
}

#[test]
fn arc_clips_k_vectors_and_reports_them() {
    for attack in ["sf", "lf"] {
        let evaluations = train(RunSpec {
            attack: attack.into(),
            ..digits()
        });
        assert_eq!(
            evaluations[0].clipped_honest, None,
            "nothing was aggregated yet"
        );
        for evaluation in &evaluations[1..] {
            // k = ⌊2·3·10/13⌋ = 4; equal norms at the threshold are not scaled.
            let clipped =
                evaluation.clipped_honest.unwrap() + evaluation.clipped_byzantine.unwrap();
            assert!((1..=4).contains(&clipped), "{evaluation:?}");
            assert!(evaluation.clip_threshold.unwrap() > 0.0);
        }
    }
}

#[test]
fn weight_decay_acts_where_it_is_put() {
    let spec = RunSpec {
        weight_decay: 0.05,
        ..digits()
    };
    let server = train(spec.clone());
    let worker = train(RunSpec {
        weight_decay_at: WeightDecayAt::Worker,
        ..spec
    });
    assert_ne!(server, worker);
}

#[test]
fn a_diverging_run_is_a_result() {
    let evaluations = train(RunSpec {
        learning_rate: 1e30,
        ..dsgd()
    });
    let last = evaluations.last().unwrap();
    assert_eq!(last.step, 60);
    assert_eq!(last.test_loss, None);
    assert!(last.test_accuracy < 0.2, "chance: {last:?}");
}

#[test]
fn an_observer_stops_a_run() {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let error = run(
        &ValidRun::new(digits()).unwrap(),
        &dataset,
        &mut StopAfter(7),
    )
    .unwrap_err();
    assert!(matches!(error, TrainError::Stopped(7)), "{error}");
}

/// Keeps the state before each step, as a file would, and stops after the first that is wanted.
struct Interrupt {
    after: usize,
    kept: Option<Checkpoint>,
}

impl Observer for Interrupt {
    fn step(&mut self, done: usize) -> ControlFlow<()> {
        match done == self.after {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn checkpoint(&mut self, take: &dyn Fn() -> Checkpoint) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&take(), &mut bytes).unwrap();
        self.kept = Some(ciborium::from_reader(bytes.as_slice()).unwrap());
    }
}

#[test]
fn a_resumed_run_gives_the_numbers_of_an_uninterrupted_one() {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let heuristic = [
        ("worker".to_owned(), "heuristic".to_owned()),
        ("warmup".to_owned(), "20".to_owned()),
    ];
    let attacks = [
        ("mimic", heuristic.into()),
        ("gaussian", Default::default()),
        ("lf", Default::default()),
    ];
    for (attack, attack_params) in attacks {
        let spec = RunSpec {
            attack: attack.into(),
            attack_params,
            pipeline: "bucketing,arc,nnm,cwtm".into(),
            pipeline_params: [("bucketing.size".to_owned(), "1".to_owned())].into(),
            steps: 30,
            evaluate_every: 10,
            ..digits()
        };
        let whole = train(spec.clone());
        let run_of = ValidRun::new(spec).unwrap();
        // In the middle of the learning phase, at an evaluation, after it, and before the end.
        let mut kept = None;
        for after in [7, 10, 23, 29] {
            let mut observer = Interrupt { after, kept: None };
            let result = match kept.take() {
                None => run(&run_of, &dataset, &mut observer),
                Some(kept) => resume(&run_of, &dataset, kept, &mut observer),
            };
            assert!(matches!(result, Err(TrainError::Stopped(step)) if step == after));
            kept = observer.kept;
        }
        let end = &mut StopAfter(usize::MAX);
        let mut resumed = resume(&run_of, &dataset, kept.unwrap(), end).unwrap();
        let times: Vec<f64> = resumed
            .iter()
            .map(|evaluation| evaluation.seconds)
            .collect();
        assert!(times.is_sorted(), "the clock goes on: {times:?}");
        resumed
            .iter_mut()
            .for_each(|evaluation| (evaluation.seconds, evaluation.spent) = (0.0, None));
        assert_eq!(resumed, whole, "{attack}");
    }
}

#[test]
fn a_checkpoint_of_other_settings_is_refused() {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let mut observer = Interrupt {
        after: 3,
        kept: None,
    };
    run(&ValidRun::new(digits()).unwrap(), &dataset, &mut observer).unwrap_err();
    for (spec, message) in [
        (
            RunSpec {
                honest: 9,
                ..digits()
            },
            "has 37600 momenta, but this run has 33840",
        ),
        (
            RunSpec {
                steps: 3,
                ..digits()
            },
            "has 3 steps, but this run has 3",
        ),
    ] {
        let run = ValidRun::new(spec).unwrap();
        let checkpoint = observer.kept.clone().unwrap();
        let error = resume(&run, &dataset, checkpoint, &mut StopAfter(9)).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
    }
}

/// Repeats the server's steps from what each is said to have aggregated.
#[derive(Default)]
struct Follow {
    theta: Vec<f32>,
    steps: usize,
}

impl Observer for Follow {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn vectors(&mut self, vectors: &Vectors<'_>) {
        let d = vectors.theta.len();
        assert_eq!(vectors.honest.len(), 10 * d);
        assert_eq!(vectors.byzantine.len(), 3 * d);
        // Sign flipping.
        let sum: f32 = vectors.honest.iter().step_by(d).sum();
        assert!((vectors.byzantine[0] + sum / 10.0).abs() < 1e-6);
        for (before, (after, aggregate)) in self
            .theta
            .iter()
            .zip(vectors.theta.iter().zip(vectors.aggregate))
        {
            assert!((before - 0.1 * (aggregate + 1e-4 * before) - after).abs() < 1e-6);
        }
        self.theta = vectors.theta.to_vec();
        self.steps += 1;
    }
}

#[test]
fn an_observer_sees_the_vectors_of_each_step() {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let mut follow = Follow::default();
    let spec = RunSpec {
        steps: 5,
        ..digits()
    };
    run(&ValidRun::new(spec).unwrap(), &dataset, &mut follow).unwrap();
    assert_eq!(follow.steps, 5);
}

#[test]
fn settings_out_of_range_are_refused_with_their_value_and_bound() {
    let cases: [(RunSpec, &str); 9] = [
        (
            RunSpec {
                f: 7,
                honest: 6,
                ..digits()
            },
            "7",
        ),
        (
            RunSpec {
                honest: 0,
                f: 0,
                ..dsgd()
            },
            "honest = 0",
        ),
        (
            RunSpec {
                batch: 0,
                ..digits()
            },
            "batch = 0",
        ),
        (
            RunSpec {
                momentum: 1.0,
                ..digits()
            },
            "momentum = 1, but must be in [0, 1)",
        ),
        (
            RunSpec {
                learning_rate: f64::NAN,
                ..digits()
            },
            "learning_rate = NaN",
        ),
        (
            RunSpec {
                attack: "none".into(),
                ..digits()
            },
            "f = 3 Byzantine workers",
        ),
        (
            RunSpec {
                attack: "sf".into(),
                ..dsgd()
            },
            "attack `sf` with f = 0",
        ),
        (
            RunSpec {
                attack: "fs".into(),
                ..digits()
            },
            "unknown attack `fs`",
        ),
        (
            RunSpec {
                pipeline: "arc,nnm".into(),
                ..digits()
            },
            "must end in an aggregator",
        ),
    ];
    for (spec, expected) in cases {
        let message = ValidRun::new(spec).unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
}

#[test]
fn a_dataset_that_does_not_fit_is_refused() {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let mut observer = StopAfter(1);
    let spec = RunSpec {
        model: Architecture::CnnMnist,
        ..digits()
    };
    let error = run(&ValidRun::new(spec).unwrap(), &dataset, &mut observer).unwrap_err();
    assert!(error.to_string().contains("cnn-mnist"), "{error}");
    let spec = RunSpec {
        dataset: data::Name::Mnist,
        ..digits()
    };
    let error = run(&ValidRun::new(spec).unwrap(), &dataset, &mut observer).unwrap_err();
    assert!(
        error.to_string().contains("`mnist`, but `digits`"),
        "{error}"
    );
}
