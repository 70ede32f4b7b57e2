//! Every file of `golden/` against the rules that its name says, such as `arc,nnm,cwtm.json`.
//!
//! A file has its source and cases: rows that enter, f (0 if not given), parameters, and the rows
//! that leave. Where a result hangs on an exact tie, `accepted_rows` and `accepted_coordinates`
//! have others that will do, by row or coordinate. With an `origin` m, the rule is applied to x −
//! m, and m is added to what leaves.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{Rows, flat, parse};
use robust_core::{Gradients, Parameters, Pipeline, Round, Scalar, rules};
use serde::Deserialize;

/// Relative to the largest input or output.
const F64: f64 = 1e-9;
const F32: f64 = 1e-4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    f: usize,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    origin: Option<Vec<f64>>,
    input: Rows,
    output: Rows,
    #[serde(default)]
    accepted_rows: BTreeMap<usize, Rows>,
    #[serde(default)]
    accepted_coordinates: BTreeMap<usize, Vec<f64>>,
}

/// The stages and cases of every file.
fn files() -> Vec<(String, File)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder is beside this test")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let stages = path.file_stem().expect("a name").to_str().expect("UTF-8");
        let text = std::fs::read_to_string(&path).expect("a file");
        match serde_json::from_str::<File>(&text) {
            Ok(file) => (stages.to_owned(), file),
            Err(error) => panic!("{}: {error}", path.display()),
        }
    };
    paths.into_iter().map(read).collect()
}

/// The rows that leave, computed in `T`; one for an aggregator.
fn run<T: Scalar>(cast: fn(f64) -> T, pipeline: &Pipeline, case: &Case) -> Rows {
    let d = case.input[0].len();
    let zero = vec![0.0; d];
    let origin = case.origin.as_ref().unwrap_or(&zero);
    let shifted: Rows = case
        .input
        .iter()
        .map(|row| row.iter().zip(origin).map(|(x, m)| x - m).collect())
        .collect();
    let values = flat(&shifted, cast);
    let rows = Gradients::new(&values, shifted.len(), d).expect("n × d");
    let round = Round { f: case.f, seed: 0 };
    let out = if pipeline.is_aggregating() {
        let mut out = vec![T::default(); d];
        pipeline.aggregate(&rows, round, &mut out).map(|_| out)
    } else {
        pipeline.transform(&rows, round)
    };
    let out = out.expect("the rule takes it");
    let back = |row: &[T]| {
        row.iter()
            .zip(origin)
            .map(|(x, m)| x.to_f64() + m)
            .collect()
    };
    out.chunks(d).map(back).collect()
}

/// Whether `got` is the case's output, or one that its ties allow.
fn is_accepted(case: &Case, got: &Rows, relative: f64) -> bool {
    let entries = case.input.iter().chain(&case.output).flatten();
    let tolerance = relative * entries.fold(0.0, |a: f64, b| a.max(b.abs()));
    let close = |a: f64, b: f64| (a - b).abs() <= tolerance;
    let accepted = |row: usize, got: &[f64], want: &[f64]| {
        let whole = |want: &[f64]| {
            got.len() == want.len() && got.iter().zip(want).all(|(&a, &b)| close(a, b))
        };
        let others = case.accepted_rows.get(&row).into_iter().flatten();
        let coordinates = || {
            got.iter().zip(want).enumerate().all(|(k, (&got, &want))| {
                let others = case.accepted_coordinates.get(&k).into_iter().flatten();
                close(got, want) || others.into_iter().any(|&other| close(got, other))
            })
        };
        whole(want)
            || others.into_iter().any(|other| whole(other))
            || (got.len() == want.len() && coordinates())
    };
    let pairs = got.iter().zip(&case.output).enumerate();
    got.len() == case.output.len() && pairs.into_iter().all(|(i, (g, w))| accepted(i, g, w))
}

#[test]
fn every_rule_gives_the_reference_values() {
    for (stages, file) in files() {
        assert!(
            !file.source.is_empty() && !file.cases.is_empty(),
            "{stages}"
        );
        for (index, case) in file.cases.iter().enumerate() {
            let parameters: Parameters = case.parameters.clone().into_iter().collect();
            let pipeline = parse(&stages, &parameters);
            for (got, relative, scalar) in [
                (run(|x| x, &pipeline, case), F64, "f64"),
                (run(|x| x as f32, &pipeline, case), F32, "f32"),
            ] {
                assert!(
                    is_accepted(case, &got, relative),
                    "{stages}, case {index}, {scalar}, f = {}, {parameters}: got {got:?}",
                    case.f
                );
            }
        }
    }
}

#[test]
fn every_rule_that_byzfl_has_is_compared_with_it() {
    let files = files();
    for rule in rules::descriptions() {
        let Some(byzfl) = rule.byzfl else { continue };
        let file = files.iter().find(|(stages, _)| stages == rule.name);
        let (_, file) = file.expect("a file of its name");
        assert!(
            file.source.contains(byzfl),
            "{}: {}",
            rule.name,
            file.source
        );
        assert!(file.cases.len() >= 8, "{} is complete", rule.name);
    }
}

#[test]
fn what_is_not_accepted_is_seen() {
    let case = |output: Rows| Case {
        f: 0,
        parameters: BTreeMap::new(),
        origin: None,
        input: vec![vec![1.0, 2.0]],
        output,
        accepted_rows: BTreeMap::from([(1, vec![vec![5.0, 5.0]])]),
        accepted_coordinates: BTreeMap::from([(0, vec![7.0])]),
    };
    let two = case(vec![vec![1.0, 2.0], vec![3.0, 4.0]]);
    let accepted = |a: [f64; 2], b: [f64; 2]| is_accepted(&two, &vec![a.into(), b.into()], 1e-9);
    assert!(accepted([1.0, 2.0], [3.0, 4.0]) && accepted([1.0, 2.0], [5.0, 5.0]));
    assert!(accepted([7.0, 2.0], [3.0, 4.0]));
    assert!(!accepted([1.0, 2.1], [3.0, 4.0]) && !accepted([5.0, 5.0], [3.0, 4.0]));
    // Too few and too many, rows and entries.
    assert!(!is_accepted(&two, &vec![vec![1.0, 2.0]], 1e-9));
    assert!(!is_accepted(&two, &vec![vec![1.0, 2.0], vec![3.0]], 1e-9));
    assert!(!is_accepted(
        &case(vec![vec![1.0, 2.0]]),
        &vec![vec![1.0, 2.0]; 2],
        1e-9
    ));
}
