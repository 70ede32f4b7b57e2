//! Every file in `golden/`: what an attack sends, computed with ByzFL or by hand.
//!
//! A file names the attack and the source of its values, and has cases:
//!
//! | key | | default |
//! |---|---|---|
//! | `parameters` | of the attack | none |
//! | `pipeline`, `pipeline_parameters` | what the attack looks through | `mean`, none |
//! | `f`, `seed` | of the round; the attack draws from the seed | 2, 0 |
//! | `honest` | the honest vectors | |
//! | `flipped` | the mean gradient on flipped labels | none |
//! | `sent` | what each Byzantine worker sends | |
//! | `tau`, `objective` | what a search finds, and reaches there | none |
//! | `trace` | every τ of the search, and what it reaches there; null where rounding decides a tie | none |
//! | `tie_sensitive` | rounding decides which way the search goes: only `objective` is compared | false |

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use attacks::{Attack, Forged, View};
use common::parse;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use robust_core::{Gradients, Parameters, Pipeline, Round};
use serde_json::Value;

struct Case {
    parameters: Parameters,
    pipeline: Pipeline,
    round: Round,
    honest: Vec<Vec<f64>>,
    flipped: Option<Vec<f64>>,
    json: Value,
}

impl Case {
    fn new(json: &Value) -> Self {
        let texts = |key: &str| -> Parameters {
            let pairs = json[key].as_object().into_iter().flatten();
            pairs
                .map(|(key, value)| (key, value.as_str().expect("a text")))
                .collect()
        };
        let stages = json["pipeline"].as_str().unwrap_or("mean");
        Self {
            parameters: texts("parameters"),
            pipeline: Pipeline::parse(stages, &texts("pipeline_parameters")).expect("a pipeline"),
            round: Round {
                f: json["f"].as_u64().unwrap_or(2) as usize,
                seed: json["seed"].as_u64().unwrap_or(0),
            },
            honest: rows(&json["honest"]),
            flipped: json.get("flipped").map(vector),
            json: json.clone(),
        }
    }

    fn forge(&self, attack: &dyn Attack<f64>) -> (Vec<f64>, Forged) {
        let honest: Vec<&[f64]> = self.honest.iter().map(Vec::as_slice).collect();
        let view = View {
            honest: &Gradients::from_rows(&honest).expect("rows"),
            flipped: self.flipped.as_deref(),
            pipeline: &self.pipeline,
            round: self.round,
        };
        let d = view.honest.d();
        let mut memory = vec![0.0; attack.memory_len(d)];
        let mut sent = vec![0.0; self.round.f * d];
        let mut rng = ChaCha8Rng::seed_from_u64(self.round.seed);
        let forged = attack.forge(&view, &mut memory, &mut rng, &mut sent);
        (sent, forged.expect("forged"))
    }

    fn check(&self, name: &str) {
        let attack = attacks::parse(name, &self.parameters).expect("an attack");
        let (sent, forged) = self.forge(attack.as_ref());
        if let Some(objective) = self.json.get("objective") {
            let found = forged.objective.expect("an objective");
            assert_near(found, number(objective), 1e-9);
        }
        if self.json["tie_sensitive"] == Value::Bool(true) {
            return;
        }
        if let Some(trace) = self.json.get("trace") {
            let trace = trace.as_array().expect("points");
            assert_eq!(forged.evaluations, Some(trace.len()));
            for point in trace.iter().filter(|point| !point[1].is_null()) {
                self.check_objective(name, number(&point[0]), number(&point[1]));
            }
        }
        if let Some(tau) = self.json.get("tau") {
            assert_near(forged.tau.expect("τ"), number(tau), 1e-6);
        }
        let expected = vector(&self.json["sent"]);
        let size = expected.iter().fold(1.0, |size: f64, x| size.max(x.abs()));
        for row in sent.chunks(self.honest[0].len()) {
            assert_eq!(row.len(), expected.len());
            for (found, expected) in row.iter().zip(&expected) {
                let close = (found - expected).abs() <= 1e-9 * size;
                let same = found.to_bits() == expected.to_bits();
                assert!(close || same, "{found} for {expected}");
            }
        }
    }

    /// What a search of one evaluation reports is the objective at its first τ.
    fn check_objective(&self, name: &str, tau: f64, expected: f64) {
        let there = [
            ("tau", "optimal"),
            ("evaluations", "1"),
            ("start", &tau.to_string()),
        ];
        let (_, forged) = self.forge(parse(name, &there).as_ref());
        assert_near(forged.objective.expect("an objective"), expected, 1e-9);
    }
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{found} for {expected}"
    );
}

/// Also `inf`, which JSON has no number for.
fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some(text) => text.parse().expect("a number"),
        None => value.as_f64().expect("a number"),
    }
}

fn vector(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().expect("a vector");
    numbers.iter().map(number).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("rows").iter().map(vector).collect()
}

#[test]
fn every_attack_sends_what_its_golden_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut checked = BTreeSet::new();
    for file in folder.read_dir().expect("the golden files") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a golden file");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let name = json["attack"].as_str().expect("an attack's name");
        let cases = json["cases"].as_array().expect("cases");
        assert!(!cases.is_empty(), "{}", path.display());
        for (index, case) in cases.iter().enumerate() {
            println!("{}, case {index}", path.display()); // shown if it fails
            Case::new(case).check(name);
        }
        checked.insert(name.to_owned());
    }
    let listed = attacks::descriptions().map(|attack| attack.name.to_owned());
    assert_eq!(checked, listed.collect(), "attacks with golden values");
}
