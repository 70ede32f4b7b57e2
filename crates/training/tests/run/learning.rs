//! What runs give, and that nothing but their settings decides it.

use data::Augmentation;
use robust_core::{Parameters, Pipeline};
use training::{RunSpec, WeightDecayAt};

use super::{attack, digits, dsgd, pipeline, train};

/// The records' bytes at so many threads.
fn records(threads: usize, spec: &RunSpec) -> String {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let evaluations = pool.unwrap().install(|| train(spec.clone()));
    serde_json::to_string(&evaluations).unwrap()
}

#[test]
fn the_same_settings_give_the_same_bytes_at_any_number_of_threads() {
    let specs = [
        digits(),
        RunSpec {
            attack: attack("lf"),
            pipeline: pipeline("nnm,gm"),
            ..digits()
        },
        RunSpec {
            attack: attack("gaussian"),
            pipeline: pipeline("arc,nnm,mk"),
            augmentation: Augmentation {
                crop_padding: 1,
                horizontal_flip: true,
            },
            ..digits()
        },
    ];
    for spec in specs {
        let one = records(1, &spec);
        for threads in [2, 3, 7] {
            assert_eq!(records(threads, &spec), one, "{threads} threads");
        }
        let seed = 2;
        assert_ne!(records(2, &RunSpec { seed, ..spec }), one, "another seed");
    }
}

#[test]
fn evaluations_are_at_step_0_every_so_many_steps_and_at_the_end() {
    let evaluations = train(digits());
    let steps: Vec<usize> = evaluations
        .iter()
        .map(|evaluation| evaluation.step)
        .collect();
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
    assert_eq!(last.clipped_honest, None);
    let error = last.aggregate_error.unwrap();
    assert!(error < 1e-5, "the mean is the honest mean: {last:?}");
}

#[test]
fn arc_clips_k_vectors_and_reports_them() {
    for name in ["sf", "lf"] {
        let evaluations = train(RunSpec {
            attack: attack(name),
            ..digits()
        });
        let nothing_yet = &evaluations[0];
        assert_eq!(nothing_yet.clipped_honest, None);
        for evaluation in &evaluations[1..] {
            // k = ⌊2·3·10/13⌋ = 4; equal norms at the threshold are not scaled.
            let honest = evaluation.clipped_honest.unwrap();
            let clipped = honest + evaluation.clipped_byzantine.unwrap();
            assert!((1..=4).contains(&clipped), "{evaluation:?}");
            assert!(evaluation.clip_threshold.unwrap() > 0.0);
        }
    }
}

/// The means of buckets are no worker's vectors: there is a threshold, but nobody to count. In
/// another order, the vectors are still the workers'.
#[test]
fn vectors_that_stand_for_no_worker_are_not_counted() {
    for size in ["1", "2"] {
        let parameters = Parameters::from_iter([("bucketing.size", size)]);
        let evaluations = train(RunSpec {
            f: 1,
            pipeline: Pipeline::parse("bucketing,arc,cwmed", &parameters).unwrap(),
            ..digits()
        });
        for evaluation in &evaluations[1..] {
            assert!(evaluation.clip_threshold.unwrap() > 0.0);
            let clipped = (evaluation.clipped_honest, evaluation.clipped_byzantine);
            match clipped {
                (Some(honest), Some(byzantine)) => {
                    assert_eq!((size, honest + byzantine), ("1", 1)); // k = 1
                }
                clipped => assert_eq!((size, clipped), ("2", (None, None))),
            }
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
fn every_augmentation_is_a_run_of_its_own() {
    let mut seen = Vec::new();
    for crop_padding in [0, 1, 8] {
        for horizontal_flip in [false, true] {
            let augmentation = Augmentation {
                crop_padding,
                horizontal_flip,
            };
            let evaluations = train(RunSpec {
                augmentation,
                steps: 10,
                ..digits()
            });
            assert!(!seen.contains(&evaluations), "{augmentation:?}");
            seen.push(evaluations);
        }
    }
    let plain = train(RunSpec {
        steps: 10,
        ..digits()
    });
    assert_eq!(seen[0], plain, "the digits' own is none");
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
