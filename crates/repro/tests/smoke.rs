//! A few steps of everything: every attack under every partition on every dataset,
//! and every experiment file.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::assert::OutputAssertExt;
use common::{repro, tiny};
use serde_json::Value;

const PARTITIONS: &str = "partitions=[{scheme: iid}, {scheme: extreme}, \
    {scheme: dirichlet, alpha: 1}, {scheme: similarity, gamma: 0.5}]";
const ATTACKS: &str = "attacks=[sf, lf, gaussian, inf, mimic, \
    {name: mimic, params: {worker: heuristic, warmup: 1}}, foe, alie, \
    {name: foe, params: {tau: optimal}}, {name: alie, params: {tau: optimal}}]";
const RUNS: usize = 4 * (1 + 10);

/// The folder of the real data.
fn data_dir() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    std::env::var_os("ROBUST_DATA_DIR").map_or(repository, PathBuf::from)
}

/// Runs the grid, and checks that each run ends in finite numbers, with its τ where it has one.
fn every_attack_and_partition(dataset: &str, settings: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let dataset = format!("dataset={dataset}");
    let common = [
        &dataset,
        PARTITIONS,
        ATTACKS,
        "honest=2",
        "pipelines=['arc,nnm,cwtm']",
        "optimiser.batch=1",
        "steps=2",
        "evaluate_every=1",
        "test_samples=2",
        "seeds=[1]",
    ];
    let sets = common.iter().chain(settings);
    repro(folder.path())
        .args(["run", "tiny.yaml", "--data"])
        .arg(data_dir())
        .args(sets.flat_map(|set| ["--set", set]))
        .assert()
        .success();

    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder.path().join("results/tiny/paper")).unwrap() {
        let record: Value =
            serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let spec = &record["spec"];
        let what = format!(
            "{} {} {}",
            spec["partition"], spec["attack"], spec["attack_params"]
        );
        let evaluations = record["evaluations"].as_array().unwrap();
        let steps = spec["steps"].as_u64().unwrap();
        assert_eq!(evaluations.len() as u64, 1 + steps, "{what}");
        for (step, evaluation) in evaluations.iter().enumerate() {
            let number = |name: &str| evaluation[name].as_f64().filter(|value| value.is_finite());
            let accuracy = number("test_accuracy").unwrap();
            assert!((0.0..=1.0).contains(&accuracy), "{what}: {evaluation}");
            // A number that does not exist, as of a diverging run, would be null.
            assert!(number("test_loss").is_some(), "{what}: {evaluation}");
            if step > 0 {
                assert!(number("train_loss").is_some(), "{what}: {evaluation}");
                assert!(number("aggregate_error").is_some(), "{what}: {evaluation}");
                let searches = spec["attack_params"]["tau"] == "optimal";
                assert_eq!(number("tau").is_some(), searches, "{what}: {evaluation}");
            }
        }
        seen.insert(what);
    }
    assert_eq!(seen.len(), RUNS);
}

#[test]
fn every_attack_under_every_partition_on_digits() {
    every_attack_and_partition("digits", &[]);
}

mod needs {
    use super::every_attack_and_partition;

    mod mnist {
        #[test]
        #[ignore = "needs MNIST in ROBUST_DATA_DIR"]
        fn every_attack_under_every_partition() {
            super::every_attack_and_partition("mnist", &["model=cnn-mnist"]);
        }
    }

    mod fashion_mnist {
        #[test]
        #[ignore = "needs Fashion-MNIST in ROBUST_DATA_DIR"]
        fn every_attack_under_every_partition() {
            super::every_attack_and_partition("fashion-mnist", &["model=cnn-mnist"]);
        }
    }

    mod cifar10 {
        #[test]
        #[ignore = "needs CIFAR-10 in ROBUST_DATA_DIR"]
        fn every_attack_under_every_partition() {
            super::every_attack_and_partition("cifar10", &["model=cnn-cifar", "steps=1"]);
        }
    }

    mod cifar10_jpeg {
        #[test]
        #[ignore = "needs cifar10-jpeg in ROBUST_DATA_DIR"]
        fn every_attack_under_every_partition() {
            super::every_attack_and_partition("cifar10-jpeg", &["model=cnn-cifar", "steps=1"]);
        }
    }
}

/// From the file to the figure; those whose smoke profile is not on the embedded digits are only
/// expanded.
#[test]
fn every_experiment_expands_at_each_profile_and_smokes() {
    let folder = tempfile::tempdir().unwrap();
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    repro(folder.path())
        .arg("list")
        .arg(&experiments)
        .assert()
        .success();
    for entry in fs::read_dir(experiments).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let file: Value = serde_yaml::from_str(&text).unwrap();
        if file["profiles"]["smoke"]["dataset"] != "digits" {
            continue;
        }
        for command in ["run", "table", "plot"] {
            repro(folder.path())
                .arg(command)
                .arg(&path)
                .args(["--profile", "smoke"])
                .assert()
                .success();
        }
    }
}
