//! The statements of the theory as commands: smoke versions, and what `--check` notices.

mod common;

use std::fs;
use std::path::Path;

use assert_cmd::assert::OutputAssertExt;
use common::repro;
use predicates::str::contains;

/// Computes a statement on two threads or one, and returns its table.
fn table(folder: &Path, name: &str, threads: &str) -> String {
    repro(folder)
        .args(["theory", name, "--profile", "smoke", "--dataset", "digits"])
        .env("RAYON_NUM_THREADS", threads)
        .assert()
        .success();
    let id = match name {
        "heterogeneity" | "empirical-kappa" => format!("theory-{name}-digits"),
        _ => format!("theory-{name}"),
    };
    let figure = folder.join(format!("figures/{id}-smoke"));
    assert!(
        fs::read(figure.with_extension("png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    assert!(figure.with_extension("svg").exists());
    fs::read_to_string(folder.join(format!("results/{id}/smoke/table.csv"))).unwrap()
}

/// The numbers of a column, for the rows of a rule that were searched without conditions.
fn column(table: &str, name: &str, rule: &str) -> Vec<f64> {
    let header = table.lines().next().unwrap();
    let at = header.split(',').position(|column| column == name).unwrap();
    table
        .lines()
        .map(|row| row.split(',').collect::<Vec<_>>())
        .filter(|row| row[0] == rule && row[3].is_empty())
        .map(|row| row[at].parse().unwrap())
        .collect()
}

#[test]
fn every_statement_gives_the_same_table_on_one_and_two_threads() {
    for name in [
        "kappa",
        "lower-bound",
        "init",
        "heterogeneity",
        "empirical-kappa",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let one = table(folder.path(), name, "1");
        assert!(one.lines().count() > 3, "{name}: {one}");
        assert_eq!(one, table(folder.path(), name, "2"), "{name}");
    }
}

#[test]
fn a_check_compares_with_the_stored_table() {
    let folder = tempfile::tempdir().unwrap();
    let theory = |option: &str| {
        let mut command = repro(folder.path());
        command.args(["theory", "init", "--profile", "smoke", option]);
        command.assert()
    };
    theory("--check")
        .code(2)
        .stderr(contains("theory-init-smoke.csv"));
    theory("--update").success();
    theory("--check")
        .success()
        .stdout(contains("rows within tolerance"));
    let path = folder
        .path()
        .join("experiments/expected/theory-init-smoke.csv");
    let stored = fs::read_to_string(&path).unwrap();
    let (row, moved) = (
        stored.lines().nth(1).unwrap(),
        stored.lines().nth(1).unwrap(),
    );
    let cells: Vec<&str> = moved.split(',').collect();
    let number: f64 = cells[4].parse().unwrap();
    let moved = moved.replacen(cells[4], &(2.0 * number).to_string(), 1);
    fs::write(&path, stored.replacen(row, &moved, 1)).unwrap();
    theory("--check").code(1).stdout(contains("early_error"));
}

#[test]
fn a_dataset_that_is_not_there_is_wrong_input() {
    let folder = tempfile::tempdir().unwrap();
    repro(folder.path())
        .args(["theory", "heterogeneity", "--data", "nowhere"])
        .assert()
        .code(2)
        .stderr(contains("repro data fetch mnist"));
}

/// No rule can be below f/(n−2f): a search that finds less is too weak. And the farther the honest
/// vectors from the origin, the worse is static clipping.
#[test]
fn even_the_smallest_search_reaches_what_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path(), "kappa", "2");
    for rule in ["cwtm", "krum", "gm", "cwmed", "mk"] {
        let (found, least) = (
            column(&table, "found", rule),
            column(&table, "lower_bound", rule),
        );
        assert_eq!(found.len(), 3, "{table}");
        let reached = found
            .iter()
            .zip(&least)
            .all(|(found, least)| *found >= 0.99 * least);
        assert!(reached, "{rule}: {found:?}, but {least:?}");
    }
    let far = |pipeline: &str| {
        let start = format!("\"{pipeline}\",13,3,100,");
        let row = table.lines().find(|row| row.starts_with(&start)).unwrap();
        row[start.len()..]
            .split(',')
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap()
    };
    // The clipped vectors are 2 long, the honest ones 100.
    assert!((far("clip,cwtm") - 98.0 * 98.0).abs() < 1000.0, "{table}");
    assert!(far("arc,cwtm") < 4.6, "κ + 2f/(n−2f) = 4.53: {table}");
}
