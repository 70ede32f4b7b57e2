//! `apply`, `attack` and `partition`: numbers in, numbers out.

mod common;

use std::path::Path;

use assert_cmd::Command;
use common::repro;
use predicates::str::contains;
use serde_json::Value;

fn csv(rows: &Value) -> String {
    let rows = rows.as_array().unwrap().iter();
    let lines = rows.map(|row| {
        let numbers = row.as_array().unwrap().iter().map(ToString::to_string);
        numbers.collect::<Vec<_>>().join(",")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn numbers(text: &[u8]) -> Vec<f64> {
    let text = std::str::from_utf8(text).unwrap();
    text.split([',', '\n'])
        .filter(|field| !field.is_empty())
        .map(|field| field.parse().unwrap())
        .collect()
}

fn apply(arguments: &[&str], vectors: &str) -> assert_cmd::assert::Assert {
    let mut command = Command::from_std(repro(Path::new(".")));
    command
        .args(arguments)
        .write_stdin(vectors.to_owned())
        .assert()
}

#[test]
fn apply_agrees_with_byzfl() {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../robust-core/tests/golden/arc,nnm,cwtm.json"
    );
    let golden: Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    let mut compared = 0;
    for case in golden["cases"].as_array().unwrap() {
        let [expected] = &case["output"].as_array().unwrap()[..] else {
            continue; // Where a tie decides, several are right.
        };
        let f = case["f"].to_string();
        let output = apply(
            &["apply", "--pipeline", "arc,nnm,cwtm", "--f", &f],
            &csv(&case["input"]),
        );
        let found = numbers(&output.success().get_output().stdout);
        let expected = expected.as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let expected = expected.as_f64().unwrap();
            assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0));
        }
        compared += 1;
    }
    assert!(compared >= 5, "{compared} cases");
}

#[test]
fn a_pipeline_of_pre_aggregators_prints_all_vectors() {
    let arguments = [
        "apply",
        "--pipeline",
        "clip",
        "--param",
        "clip.c=5",
        "--f",
        "0",
    ];
    apply(&arguments, "3,4\n6,8\n1e-300,0\n")
        .success()
        .stdout("3.0,4.0\n3.0,4.0\n1e-300,0.0\n");
}

#[test]
fn wrong_vectors_are_named_with_their_row() {
    let arguments = ["apply", "--pipeline", "mean", "--f", "0"];
    apply(&arguments, "1,2\n3\n")
        .code(2)
        .stderr(contains("standard input, row 2: 1 numbers"));
    apply(&arguments, "1,2\n3,x\n")
        .code(2)
        .stderr(contains("row 2: column 2: `x` is not a number"));
    let arguments = ["apply", "--pipeline", "cwtm", "--f", "1"];
    apply(&arguments, "1\n2\n")
        .code(2)
        .stderr(contains("got n = 2 vectors and f = 1"));
}

#[test]
fn an_attack_prints_its_vectors() {
    apply(&["attack", "--name", "sf", "--f", "2"], "1,-2\n3,4\n")
        .success()
        .stdout("-2.0,-1.0\n-2.0,-1.0\n");
}

#[test]
fn a_partition_counts_every_sample_once() {
    let arguments = [
        "partition",
        "--dataset=digits",
        "--scheme=extreme",
        "--honest=10",
        "--seed=1",
    ];
    let output = repro(Path::new(".")).args(arguments).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("worker,class,count"));
    let counts: Vec<usize> = lines
        .map(|line| line.rsplit(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(counts.len(), 100);
    assert_eq!(counts.iter().sum::<usize>(), 1437);
}
