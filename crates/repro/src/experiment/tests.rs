//! What a grid is made of, and what it refuses.

use std::collections::HashSet;

use robust_core::{Parameters, Pipeline};
use serde_json::Value;
use training::{Device, RunSpec};

use super::*;
use crate::error::Error;

const TINY: &str = include_str!("../../tests/tiny.yaml");

/// The grid of `tests/tiny.yaml` with these settings changed.
pub(crate) fn tiny(settings: &[&str]) -> Result<Grid, Error> {
    from_text(TINY, Profile::Paper, settings)
}

fn from_text(text: &str, profile: Profile, settings: &[&str]) -> Result<Grid, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.yaml");
    std::fs::write(&path, text).unwrap();
    let settings: Vec<Setting> = settings
        .iter()
        .map(|setting| setting.parse().unwrap())
        .collect();
    Grid::expand(File::load(&path, profile, &settings)?, Device::Flex)
}

/// The error of a changed file, without the folder.
fn refused(text: &str, profile: Profile, settings: &[&str]) -> String {
    let error = from_text(text, profile, settings).unwrap_err();
    assert!(matches!(error, Error::Experiment { .. }), "{error}");
    let message = error.to_string();
    message[message.find("tiny.yaml").expect("the file is named")..].to_owned()
}

#[test]
fn lists_span_the_grid_in_the_order_of_the_file() {
    let grid = tiny(&["f=[1, 2]", "init_scale=[1, 2.5]"]).unwrap();
    let names: Vec<_> = grid.runs.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), 2 * (1 + 2 * 2 * 2) * 2);
    assert_eq!(
        names[0],
        "extreme, 5 honest + 0 Byzantine, mean, attack none, seed 1"
    );
    assert_eq!(
        names[3],
        "extreme, 5 honest + 1 Byzantine, nnm,cwtm, attack sf, seed 2"
    );
    assert_eq!(
        names[35],
        "extreme, 5 honest + 2 Byzantine, arc,nnm,cwtm, attack lf, init_scale 2.5, seed 2"
    );
    let keys: HashSet<_> = grid.runs.iter().map(|run| run.key).collect();
    assert_eq!(keys.len(), names.len());
    assert_eq!(grid.cells().len(), 18);
}

#[test]
fn the_command_line_wins_over_the_profile_and_the_profile_over_the_file() {
    let batch_and_steps = |profile, settings: &[&str]| {
        let grid = from_text(TINY, profile, settings).unwrap();
        let spec = grid.runs[0].run.spec().clone();
        (spec.batch, spec.steps, spec.momentum)
    };
    assert_eq!(batch_and_steps(Profile::Paper, &[]), (5, 6, 0.9));
    assert_eq!(batch_and_steps(Profile::Smoke, &[]), (2, 2, 0.9));
    assert_eq!(
        batch_and_steps(Profile::Smoke, &["optimiser.batch=3"]),
        (3, 2, 0.9)
    );
}

#[test]
fn another_kind_of_view_keeps_nothing_of_the_first() {
    let text = TINY.replace("{kind: curves}", "{kind: worst-case, against: f}");
    let view = |settings: &[&str]| {
        let grid = from_text(&text, Profile::Paper, settings).unwrap();
        format!("{:?}", grid.experiment.view)
    };
    assert!(view(&["view={kind: curves}"]).starts_with("Curves"));
    let panels = view(&["view.panels=init_scale"]);
    assert!(
        panels.contains("against: F") && panels.contains("InitScale"),
        "{panels}"
    );
}

#[test]
fn every_setting_is_part_of_the_key_and_the_key_survives_a_file() {
    let grid = tiny(&["attacks=[foe]", "pipelines=['arc,nnm,cwtm']"]).unwrap();
    let attacked = grid.runs.iter().find(|run| !run.cell.is_dsgd()).unwrap();
    let spec = attacked.run.spec().clone();
    let key = RunKey::new(&spec);
    let Value::Object(mut fields) = serde_json::to_value(&spec).unwrap() else {
        unreachable!()
    };
    let again: RunSpec = serde_json::from_value(Value::Object(fields.clone())).unwrap();
    assert_eq!(RunKey::new(&again), key);
    // At its default it isn't written.
    assert!(!fields.contains_key("augmentation"));
    fields.insert("augmentation".to_owned(), Value::Null);
    for (name, value) in &fields {
        let other: Value = match (name.as_str(), value) {
            ("dataset", _) => "mnist".into(),
            ("partition", _) => serde_json::json!({"scheme": "iid"}),
            ("model", _) => "cnn-mnist".into(),
            ("weight_decay_at", _) => "worker".into(),
            ("device", _) => "cuda:0".into(),
            ("pipeline", _) => "nnm,cwtm".into(),
            ("pipeline_params", _) => serde_json::json!({"arc.k": "1"}),
            ("attack", _) => "alie".into(),
            ("attack_params", _) => serde_json::json!({"tau": "3"}),
            ("augmentation", _) => serde_json::json!({"horizontal_flip": true}),
            (_, Value::String(_)) => "other".into(),
            (_, Value::Bool(value)) => (!value).into(),
            (_, Value::Number(number)) if number.is_u64() => 77.into(),
            (_, Value::Number(_)) => 0.77.into(),
            (_, Value::Null) => 7.into(),
            (_, Value::Array(_)) => serde_json::json!([7]),
            (_, Value::Object(_)) => panic!("{name} is an object"),
        };
        let mut changed = fields.clone();
        changed.remove("augmentation");
        changed.insert(name.clone(), other);
        let changed: RunSpec = serde_json::from_value(Value::Object(changed))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_ne!(RunKey::new(&changed), key, "{name}");
    }
}

#[test]
fn other_numbers_have_other_keys_and_all_others_keep_theirs() {
    let key = |pipeline: &str| {
        let grid = tiny(&[
            &format!("pipelines=[{pipeline}]"),
            "attacks=[sf]",
            "seeds=[1]",
        ]);
        grid.unwrap().runs[1].key.to_string()
    };
    // As computed by commit a8eacc2.
    let kept = [key("'nnm,cwtm'"), key("{stages: gm}")];
    let prefixes = kept.each_ref().map(|key| &key[..16]);
    assert_eq!(prefixes, ["70d472a721d54d84", "ed44c90796430f78"]);
    let revised = Pipeline::parse("caf", &Parameters::new()).unwrap();
    assert_eq!(revised.revision(), 1);
}

#[test]
fn parameters_are_text_and_part_of_the_name() {
    let yaml = "pipelines=[{stages: 'clip,bucketing,cwtm', \
                params: {clip.c: 2, bucketing.size: 2, bucketing.permutation: [5, 4, 3, 2, 1, 0]}}]";
    let grid = tiny(&[yaml]).unwrap();
    let spec = grid.runs[2].run.spec();
    let parameters = spec.pipeline.parameters();
    assert_eq!(parameters.get("clip.c"), Some("2"));
    assert_eq!(parameters.get("bucketing.permutation"), Some("5,4,3,2,1,0"));
    let name = "clip,bucketing,cwtm \
                (bucketing.permutation=5,4,3,2,1,0 bucketing.size=2 clip.c=2)";
    assert_eq!(grid.runs[2].cell.pipeline.name(), name);
}

#[test]
fn wrong_files_are_refused_with_place_key_and_reason() {
    let line = |text: &str, key: &str| {
        1 + text
            .lines()
            .position(|line| line.starts_with(key))
            .expect("the key is there")
    };
    let wrong = |from: &str, to: &str, key: &str, begins: &str, expected: &str| {
        assert!(TINY.contains(from));
        let text = TINY.replacen(from, to, 1);
        let message = refused(&text, Profile::Paper, &[]);
        let place = format!("tiny.yaml, line {}, `{key}`: ", line(&text, begins));
        assert!(message.starts_with(&place), "{message}");
        assert!(message.contains(expected), "{message}");
    };
    wrong(
        "\nsteps: 6",
        "\nstepz: 6",
        "stepz",
        "stepz:",
        "unknown field `stepz`, expected one of",
    );
    wrong(
        "  batch: 5",
        "  bach: 5",
        "optimiser.bach",
        "  bach:",
        "unknown field `bach`",
    );
    wrong(
        "\nhonest: 5",
        "\nhonest: five",
        "honest",
        "honest:",
        "found the text \"five\", expected a whole number ≥ 0",
    );
    wrong(
        "\nf: 1",
        "\nf: some",
        "f",
        "f:",
        "expected a number or a list of numbers",
    );
    wrong(
        "id: tiny",
        "id: ../tiny",
        "id",
        "id:",
        "id `../tiny` must be 1 to 64 lower-case letters",
    );
    wrong(
        "stages: 'arc",
        "stage: 'arc",
        "pipelines[1].stage",
        "  - {label: ARC",
        "unknown field `stage`",
    );
    wrong(
        "  honest: {source: ours, note: small}\n",
        "",
        "provenance.honest",
        "provenance:",
        "missing field `honest`",
    );
    wrong("\nf: 1", "\nf: 7", "f", "f:", "n = 12 vectors and f = 7");
    wrong(
        "\nseeds: [1, 2]",
        "\nseeds: [1, 1]",
        "seeds",
        "seeds:",
        "`1` is there twice",
    );
    wrong(
        "attacks: [sf, lf]",
        "attacks: []",
        "attacks",
        "attacks:",
        "the list is empty",
    );
    wrong(
        "attacks: [sf, lf]",
        "attacks: [sx]",
        "attacks[0]",
        "attacks:",
        "unknown attack `sx`",
    );
    wrong(
        "label: ARC",
        "label: DSGD",
        "pipelines",
        "pipelines:",
        "label `DSGD` is taken",
    );
    wrong(
        "view: {kind: curves}",
        "view: {kind: worst-case, against: clip.c}",
        "view",
        "view:",
        "no pipeline has the parameter `clip.c`",
    );
    wrong(
        "view: {kind: curves}",
        "view: {kind: worst-case, against: seed}",
        "view",
        "view:",
        "unknown axis `seed`",
    );
    wrong(
        "  - nnm,cwtm",
        "  - nnm",
        "pipelines[0]",
        "  - nnm",
        "must end in an aggregator",
    );
    wrong(
        "  momentum: 0.9",
        "  momentum: 1",
        "optimiser.momentum",
        "  momentum: 1",
        "momentum = 1, but must be in [0, 1)",
    );

    let message = refused(&TINY.replacen("\nsteps: 6", "", 1), Profile::Paper, &[]);
    assert_eq!(message, "tiny.yaml: missing field `steps`");
    let message = refused(
        &TINY.replacen("\nsteps: 6", "\nsteps: [", 1),
        Profile::Paper,
        &[],
    );
    assert!(
        message.starts_with("tiny.yaml: ") && message.contains(" at line "),
        "{message}"
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let text = TINY
        .replace("dataset: digits", "dataset: letters")
        .replace("attacks: [sf, lf]", "attacks: [sf, sx]")
        .replace("  batch: 5", "  batch: many")
        .replace("\nsteps: 6", "\nstepz: 6");
    let message = refused(&text, Profile::Paper, &[]);
    let places: Vec<&str> = message
        .lines()
        .map(|line| line.split('`').nth(1).unwrap())
        .collect();
    let expected = ["dataset", "attacks[1]", "optimiser.batch", "stepz", "steps"];
    assert_eq!(places, expected, "{message}");

    // What no run can have, too.
    let message = refused(
        TINY,
        Profile::Paper,
        &[
            "optimiser.momentum=1",
            "f=7",
            "attacks=[sf, sf]",
            "seeds=[]",
        ],
    );
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 2, "{message}");
    assert!(lines[0].contains("`sf` is there twice"), "{message}");
    assert!(lines[1].contains("the list is empty"), "{message}");
    let message = refused(TINY, Profile::Paper, &["optimiser.momentum=1", "f=7"]);
    assert!(
        message.contains("momentum = 1") && message.contains("f = 7"),
        "{message}"
    );
}

#[test]
fn the_stand_in_for_wrong_parts_is_right_itself() {
    let text = include_str!("example.yaml").replace("id: example", "id: tiny");
    assert_eq!(from_text(&text, Profile::Paper, &[]).unwrap().runs.len(), 1);
}

#[test]
fn what_a_profile_or_the_command_line_replaces_is_ours() {
    let text = TINY.replace("source: ours", "source: P");
    let source = |profile, settings: &[&str]| {
        let grid = from_text(&text, profile, settings).unwrap();
        let provenance = grid.experiment.provenance;
        [
            provenance.batch,
            provenance.steps,
            provenance.momentum,
            provenance.dataset,
        ]
        .map(|origin| origin.source)
    };
    use Source::{Ours, P};
    assert_eq!(source(Profile::Paper, &[]), [P, P, P, P]);
    assert_eq!(source(Profile::Smoke, &[]), [Ours, Ours, P, P]);
    let settings = ["optimiser.momentum=0.5", "test_samples=10"];
    assert_eq!(source(Profile::Paper, &settings), [P, P, Ours, Ours]);
}

#[test]
fn wrong_overrides_are_refused_where_they_stand() {
    let profile = |from: &str, to: &str| refused(&TINY.replace(from, to), Profile::Smoke, &[]);
    let line = 1 + TINY
        .lines()
        .position(|line| line == "    steps: 2")
        .unwrap();
    let message = profile("    steps: 2", "    stepz: 2");
    assert!(
        message.starts_with(&format!("tiny.yaml, line {line}, `stepz`: unknown")),
        "{message}"
    );
    let message = profile("    steps: 2", "    steps: 0");
    assert!(
        message.starts_with(&format!("tiny.yaml, line {line}, `steps`: steps = 0")),
        "{message}"
    );
    let message = profile("      batch: 2", "      bach: 2");
    let place = format!("tiny.yaml, line {}, `optimiser.bach`: unknown", line + 2);
    assert!(message.starts_with(&place), "{message}");

    let set = |setting: &str| refused(TINY, Profile::Paper, &[setting]);
    let message = set("f=7");
    assert!(message.starts_with("tiny.yaml, --set f=7: "), "{message}");
    assert!(
        message.contains("got n = 12 vectors and f = 7"),
        "{message}"
    );
    let message = set("optimiser.bach=7");
    assert!(
        message.starts_with("tiny.yaml, --set optimiser.bach=7: unknown field"),
        "{message}"
    );

    let message = refused(TINY, Profile::Quick, &[]);
    assert!(
        message.contains("no profile `quick`; it has smoke, paper"),
        "{message}"
    );
}

#[test]
fn a_stage_that_changes_nothing_is_refused_or_said() {
    let idle = "pipelines=['bucketing,cwtm']";
    let message = refused(TINY, Profile::Paper, &[idle]);
    assert!(
        message.contains("stage `bucketing` changes nothing: `bucketing.size` is 1"),
        "{message}"
    );
    let meant = "pipelines=[{stages: 'bucketing,cwtm', params: {bucketing.size: 1}}, 'arc,cwtm']";
    let warnings = tiny(&[meant]).unwrap().warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(tiny(&[]).unwrap().warnings.is_empty());
}

#[test]
fn absurd_grids_and_alias_bombs_are_refused() {
    let seeds: Vec<_> = (0..1000).map(|seed| seed.to_string()).collect();
    let seeds = format!("seeds=[{}]", seeds.join(","));
    let scales: Vec<_> = (1..=1000).map(|scale| scale.to_string()).collect();
    let scales = format!("init_scale=[{}]", scales.join(","));
    let message = refused(TINY, Profile::Paper, &[&seeds, &scales]);
    assert!(message.contains("are more than 100000 runs"), "{message}");

    let mut bomb = "bomb0: &bomb0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*bomb{}", level - 1); 10].join(", ");
        bomb += &format!("bomb{level}: &bomb{level} [{below}]\n");
    }
    let message = refused(&(bomb + TINY), Profile::Paper, &[]);
    assert!(message.starts_with("tiny.yaml: "), "{message}");
}
