//! Wrong input ends with status 2, and a message that says what is wrong and where.

mod common;

use std::fs;

use assert_cmd::assert::OutputAssertExt;
use common::{repro, tiny};
use predicates::str::contains;

fn refused(from: &str, to: &str, messages: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), from, to);
    let mut run = repro(folder.path());
    let mut assert = run.args(["run", "tiny.yaml"]).assert().code(2);
    for message in messages {
        assert = assert.stderr(contains(message.to_string()));
    }
    assert!(!folder.path().join("results").exists(), "nothing was run");
}

#[test]
fn an_unknown_key() {
    refused(
        "steps: 6",
        "stepz: 6",
        &[
            "tiny.yaml, line 39, `stepz`: unknown field",
            "expected one of",
        ],
    );
}

#[test]
fn too_many_byzantine_workers() {
    refused(
        "honest: 5\nf: 1",
        "honest: 6\nf: 7",
        &["tiny.yaml, line ", "`f`", "n = 13 vectors and f = 7"],
    );
}

#[test]
fn a_dataset_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "dataset: digits", "dataset: mnist");
    fs::create_dir(folder.path().join("empty")).unwrap();
    repro(folder.path())
        .args([
            "run",
            "tiny.yaml",
            "--data",
            "empty",
            "--set=model=cnn-mnist",
        ])
        .assert()
        .code(2)
        .stderr(contains("train-images-idx3-ubyte"))
        .stderr(contains("empty"))
        .stderr(contains("repro data fetch mnist"));
}

#[test]
fn a_truncated_idx_file() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "dataset: digits", "dataset: mnist");
    let mnist = folder.path().join("data/mnist");
    fs::create_dir_all(&mnist).unwrap();
    let names = [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ];
    for name in names {
        // The header of 60,000 labels, or images of 28 × 28, and then only ten bytes of them.
        let labels = [0, 0, 8, 1, 0, 0, 0xEA, 0x60];
        let images = [0, 0, 8, 3, 0, 0, 0xEA, 0x60, 0, 0, 0, 28, 0, 0, 0, 28];
        let header = if name.contains("labels") {
            labels.as_slice()
        } else {
            &images
        };
        fs::write(mnist.join(name), [header, &[0; 10]].concat()).unwrap();
    }
    for command in [
        ["run", "tiny.yaml", "--set=model=cnn-mnist"].as_slice(),
        &["data", "verify", "mnist"],
    ] {
        repro(folder.path())
            .args(command)
            .args(["--data", "data"])
            .assert()
            .code(2)
            .stderr(contains("data/mnist/train-"))
            .stderr(contains("expected"));
    }
}

#[test]
fn data_that_does_not_fit_the_model() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "model: mlp-digits", "model: cnn-mnist");
    repro(folder.path())
        .args(["run", "tiny.yaml"])
        .assert()
        .code(2)
        .stderr(contains("model `cnn-mnist` takes images of [1, 28, 28]"))
        .stderr(contains("tiny.yaml, line 33, `model`"));
}

#[test]
fn arguments() {
    let folder = tempfile::tempdir().unwrap();
    tiny(folder.path(), "", "");
    let cases: [(&[&str], &str); 9] = [
        (&["run", "none.yaml"], "none.yaml"),
        (
            &["run", "tiny.yaml", "--profile", "huge"],
            "smoke, quick, main, paper",
        ),
        (&["run", "tiny.yaml", "--jobs", "0"], "--jobs"),
        (&["run", "tiny.yaml", "--set", "steps"], "KEY=VALUE"),
        (
            &["run", "tiny.yaml", "--device", "tpu"],
            "unknown device `tpu`",
        ),
        (&["data", "verify", "nist"], "unknown dataset `nist`"),
        (&["data", "fetch", "digits"], "digits is embedded"),
        (
            &["attack", "--name", "sx", "--f", "1", "tiny.yaml"],
            "unknown attack `sx`",
        ),
        (
            &[
                "partition",
                "--dataset=digits",
                "--scheme=iid",
                "--alpha=1",
                "--honest=3",
                "--seed=1",
            ],
            "--alpha: iid takes no parameter",
        ),
    ];
    for (arguments, message) in cases {
        repro(folder.path())
            .args(arguments)
            .assert()
            .code(2)
            .stderr(contains(message));
    }
}

#[test]
fn what_would_lead_out_of_the_results_folder() {
    for id in ["../tiny", "a/b", "..", "/tiny", "Tiny", ""] {
        refused(
            "id: tiny",
            &format!("id: '{id}'"),
            &["tiny.yaml, line 1, `id`", "lower-case letters"],
        );
    }
}

/// A folder that leads elsewhere ends the command; a file costs its run at most. Nothing is written
/// elsewhere.
#[cfg(unix)]
#[test]
fn symbolic_links_in_the_results_folder() {
    for (link, status) in [
        ("tiny", 2),
        ("tiny/paper", 2),
        ("tiny/paper/RUN.json", 0),
        ("tiny/paper/RUN.lock", 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        tiny(folder.path(), "", "");
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        let run = || {
            let mut run = repro(folder.path());
            run.args(["run", "tiny.yaml"]);
            run
        };
        let results = folder.path().join("results");
        let mut path = results.join(link);
        if link.contains("RUN") {
            run().assert().success();
            let entries = fs::read_dir(results.join("tiny/paper")).unwrap();
            let file = entries.map(|entry| entry.unwrap().path()).next().unwrap();
            fs::remove_file(&file).unwrap();
            path = file.with_extension(link.rsplit('.').next().unwrap());
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        run()
            .assert()
            .code(status)
            .stderr(contains("is a symbolic link"))
            .stderr(contains(path.file_name().unwrap().to_str().unwrap()));
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{link}");
    }
}

#[test]
fn a_grid_of_a_thousand_million_runs_and_an_alias_bomb() {
    let numbers = |count: usize| {
        let numbers: Vec<_> = (1..=count).map(|number| number.to_string()).collect();
        numbers.join(", ")
    };
    refused(
        "seeds: [1, 2]",
        &format!("seeds: [{0}]\ninit_scale: [{0}]", numbers(16_000)),
        &[
            "× 16000 init_scale ×",
            "16000 seeds are more than 100000 runs",
        ],
    );
    let mut bomb = "bomb0: &bomb0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*bomb{}", level - 1); 10].join(", ");
        bomb += &format!("bomb{level}: &bomb{level} [{below}]\n");
    }
    refused("id: tiny", &(bomb + "id: tiny"), &["tiny.yaml: "]);
}

#[test]
fn a_dataset_that_no_mirror_gives() {
    let folder = tempfile::tempdir().unwrap();
    // A proxy that nobody listens at is as good as no network.
    for (name, file) in [
        ("mnist", "t10k-labels-idx1-ubyte"),
        ("cifar10", "test_batch.bin"),
        ("cifar10-jpeg", "test_batch.bin"),
    ] {
        repro(folder.path())
            .args(["data", "fetch", name, "--data", "here"])
            .env("ALL_PROXY", "http://127.0.0.1:9")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .assert()
            .code(2)
            .stderr(contains("Without a network, put"))
            .stderr(contains(file))
            .stderr(contains(format!("into here/{name}")));
    }
}
