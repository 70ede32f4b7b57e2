//! Laws that every partition obeys, errors, and pinned values. What is particular to a scheme is
//! tested in its file.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What the suite must know of a scheme.
pub trait Lawful: Sized {
    /// Any of its partitions.
    fn any() -> BoxedStrategy<Self>;

    /// By how many samples the parts may differ; none for any number.
    fn imbalance(&self) -> Option<usize>;
}

/// Compares with ByzFL's split, given the permutation or the proportions that it drew.
pub fn check_golden(json: &str, split: impl Fn(&Value, &[u8], usize) -> Vec<Vec<usize>>) {
    let golden: Value = serde_json::from_str(json).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let labels: Vec<u8> = serde_json::from_value(case["input"].clone()).unwrap();
        let workers = case["params"]["nb_clients"].as_u64().unwrap() as usize;
        let expected: Vec<Vec<usize>> = serde_json::from_value(case["output"].clone()).unwrap();
        assert_eq!(
            split(case, &labels, workers),
            expected,
            "{}",
            case["params"]
        );
    }
}

pub fn permutation(case: &Value) -> Vec<usize> {
    serde_json::from_value(case["random"]["permutation"].clone()).unwrap()
}

// Laws.

proptest! {
    #[test]
    fn each_sample_goes_to_exactly_one_worker_and_no_worker_is_empty(
        partition in any_partition(),
        labels in prop::collection::vec(0..10u8, 0..200),
        workers in 1..12usize,
        seed: u64,
    ) {
        match partition.split_seeded(&labels, 10, workers, seed) {
            Ok(parts) => {
                prop_assert_eq!(parts.len(), workers);
                let mut all = parts.concat();
                all.sort_unstable();
                prop_assert!(all.into_iter().eq(0..labels.len()));
                let (least, most) = (
                    parts.iter().map(Vec::len).min().unwrap(),
                    parts.iter().map(Vec::len).max().unwrap(),
                );
                prop_assert!(least >= partition.scheme().least().max(1));
                prop_assert!(imbalance(&partition).is_none_or(|bound| most - least <= bound));
                prop_assert_eq!(&parts, &partition.split_seeded(&labels, 10, workers, seed).unwrap());
                let counts = class_counts(&parts, &labels, 10);
                prop_assert!(counts.iter().map(|counts| counts.iter().sum::<usize>()).eq(parts.iter().map(Vec::len)));
            }
            Err(Error::TooFewSamples { found, expected, .. }) => prop_assert!(found < expected),
            // More samples are demanded than there are.
            Err(Error::Parameter { .. }) => prop_assert!(labels.len() < partition.scheme().least() * workers),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn what_a_partition_says_of_itself_is_its_description(partition in any_partition()) {
        partition.check().unwrap();
        let parameters = partition.description().parameters;
        let mut known = parameters.iter();
        for (key, value) in partition.parameters() {
            prop_assert!(known.any(|parameter| parameter.key == key), "{} or its order", key);
            let written = format!("{key}={value}");
            prop_assert!(partition.to_string().contains(&written));
        }
        let set = partition.parameters();
        for parameter in parameters.iter().filter(|parameter| parameter.default.is_none()) {
            prop_assert!(set.iter().any(|(key, _)| *key == parameter.key));
        }
        let json = serde_json::to_value(partition).unwrap();
        prop_assert_eq!(json.as_object().unwrap().len(), 1 + set.len());
        for (key, value) in set {
            prop_assert_eq!(json[key].as_f64(), Some(value));
        }
        prop_assert_eq!(&json["scheme"], partition.name());
    }
}

#[test]
fn schemes_have_the_names_of_their_files() {
    let names: Vec<_> = Partition::SCHEMES
        .iter()
        .map(|scheme| scheme.name)
        .collect();
    assert_eq!(names, MODULES);
}

// Errors.

fn dirichlet(alpha: f64) -> Partition {
    Dirichlet {
        alpha,
        min_samples: None,
    }
    .into()
}

fn at_least(alpha: f64, least: usize) -> Partition {
    Dirichlet {
        alpha,
        min_samples: Some(least),
    }
    .into()
}

fn error(partition: impl Into<Partition>, samples: usize, workers: usize) -> String {
    let labels: Vec<u8> = (0..samples).map(|index| (index % 2) as u8).collect();
    partition
        .into()
        .split_seeded(&labels, 2, workers, 1)
        .unwrap_err()
        .to_string()
}

#[test]
fn an_empty_worker_is_an_error_that_says_what_to_do() {
    assert_eq!(
        error(dirichlet(0.01), 100, 10),
        "worker 0 of 10 (counted from 0) gets 0 of 100 samples under dirichlet(alpha=0.01), expected at least 1: \
         choose a larger alpha, another seed, or min_samples (draw again until each worker has as many)"
    );
    assert_eq!(
        error(at_least(1e-6, 2), 100, 10),
        "worker 0 of 10 (counted from 0) gets 0 of 100 samples under dirichlet(alpha=0.000001, min_samples=2), \
         expected at least 2: 10000 draws gave no better split; choose a larger alpha or a smaller min_samples"
    );
    // Five samples iid and five sorted are one each for workers 0 to 4, twice.
    assert_eq!(
        error(Similarity { gamma: 0.5 }, 10, 10),
        "worker 5 of 10 (counted from 0) gets 0 of 10 samples under similarity(gamma=0.5), expected at least 1: \
         choose fewer workers or more samples"
    );
}

/// Two classes of 50 samples.
#[test]
fn a_remedy_is_one_that_can_help() {
    let remedy = |partition, workers| {
        let error = error(partition, 100, workers);
        error.rsplit_once(": ").unwrap().1.to_owned()
    };
    let fewer = "choose fewer workers: beyond 50, not even equal shares of each class are enough";
    let all = "choose a larger alpha, another seed, or min_samples (draw again until each worker has as many)";
    assert_eq!(remedy(dirichlet(1e-3), 50), all);
    for workers in [51, 100] {
        let message = error(dirichlet(1e9), 100, workers);
        let expected = format!("expected at least 1: {fewer}");
        assert!(message.ends_with(&expected), "{message}");
    }
    assert_eq!(
        remedy(at_least(1e-6, 10), 10),
        "10000 draws gave no better split; choose a larger alpha or a smaller min_samples"
    );
    // Equal shares are 16 of each class.
    assert_eq!(
        remedy(at_least(1e-6, 33), 3),
        "10000 draws gave no better split; choose a smaller min_samples"
    );
    let message = error(at_least(1e-6, 1), 100, 60);
    assert!(message.ends_with(&format!("10000 draws gave no better split; {fewer}")));
    // What they name helps, a little below the bound: shares are drawn.
    let labels: Vec<u8> = (0..100).map(|index| index % 2).collect();
    for partition in [dirichlet(1e9), at_least(1e9, 1)] {
        assert!(partition.split_seeded(&labels, 2, 49, 1).is_ok());
    }
}

/// Before anything is allocated for them.
#[test]
fn no_count_is_too_large_to_be_refused() {
    for partition in [
        Partition::from(Iid {}),
        Extreme {}.into(),
        Similarity { gamma: 0.5 }.into(),
        dirichlet(0.5),
        at_least(0.5, 2),
    ] {
        for workers in [1_000_000_000, usize::MAX] {
            let message = error(partition, 1437, workers);
            let expected = format!(
                "the number of workers is {workers}, expected at least 1, and at most the number of samples, 1437"
            );
            assert_eq!(message, expected);
        }
        for classes in [257, usize::MAX] {
            let error = partition.split_seeded(&[0; 9], classes, 1, 1).unwrap_err();
            let expected = format!(
                "the number of classes is {classes}, expected 256 at most: labels are bytes"
            );
            assert_eq!(error.to_string(), expected);
        }
        assert!(partition.split_seeded(&[255; 9], 256, 1, 1).is_ok());
    }
    assert_eq!(
        error(at_least(0.5, usize::MAX), 100, 10),
        format!(
            "min_samples is {}, expected 1 to 10 (100 samples over 10 workers)",
            usize::MAX
        )
    );
}

#[test]
fn a_number_of_workers_or_a_label_out_of_range_is_an_error() {
    for (samples, workers) in [(9, 0), (9, 10), (0, 1), (1437, 1438), (9, usize::MAX)] {
        assert_eq!(
            error(Iid {}, samples, workers),
            format!(
                "the number of workers is {workers}, expected at least 1, and at most the number of samples, \
                 {samples}"
            )
        );
    }
    assert_eq!(
        Partition::from(Iid {})
            .split_seeded(&[0, 1, 2], 2, 1, 1)
            .unwrap_err()
            .to_string(),
        "sample 2 has label 2, expected less than the number of classes, 2"
    );
}

// Value stability: a change of any of these is a change of every published result.

#[test]
fn the_draws_are_those_of_this_version() {
    let labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];
    let split = |partition: Partition| partition.split_seeded(&labels, 3, 3, 1).unwrap();
    assert_eq!(
        split(Iid {}.into()),
        [[5, 2, 7, 6], [1, 10, 8, 11], [3, 9, 4, 0]]
    );
    assert_eq!(
        split(Similarity { gamma: 0.5 }.into()),
        [[5, 2, 6, 9], [0, 3, 7, 10], [1, 4, 8, 11]]
    );
    assert_eq!(
        split(dirichlet(1.0)),
        [vec![0], vec![3, 6, 1, 2, 5, 8], vec![9, 4, 7, 10, 11]]
    );
    assert_eq!(
        split(at_least(0.1, 3)),
        [vec![0, 1, 4, 7], vec![2, 5, 8], vec![3, 6, 9, 10, 11]]
    );
}
