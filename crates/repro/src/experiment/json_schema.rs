//! `experiments/schema.json`, from which editors complete and check experiment files, is the one of
//! the types that read them.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{Experiment, Profile};

fn experiments() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

fn schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Experiment>().to_value();
    // A profile replaces some settings: it has the same keys, and none of them is required.
    let references = |schema: &Value, place: &str| {
        let keys = schema.pointer(place).unwrap().as_object().unwrap().keys();
        let references = keys.map(|key| (key.clone(), json!({"$ref": format!("#{place}/{key}")})));
        references.collect::<Map<_, _>>()
    };
    let mut settings = references(&schema, "/properties");
    for key in ["id", "title", "figure", "profiles"] {
        settings.remove(key);
    }
    for (key, of) in [
        ("optimiser", "Optimiser"),
        ("provenance", "Provenance"),
        ("tolerance", "Tolerance"),
    ] {
        let nested = references(&schema, &format!("/definitions/{of}/properties"));
        settings.insert(key.to_owned(), object(nested));
    }
    schema["definitions"]["Override"] = object(settings);
    let profiles = Profile::value_variants().iter().map(|profile| {
        (
            profile.to_string(),
            json!({"$ref": "#/definitions/Override"}),
        )
    });
    schema["properties"]["profiles"] = object(profiles.collect());
    schema
}

fn object(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let path = experiments().join("schema.json");
    let current = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == current,
        "experiments/schema.json is old: UPDATE_SCHEMA=1 cargo test --package repro schema"
    );
}

/// The first key of this value that no alternative of the schema has together with its neighbours.
fn unknown(root: &Value, schema: &Value, value: &Value, path: &str) -> Option<String> {
    let mut found = match value {
        Value::Object(_) | Value::Array(_) => Some(path.to_owned()),
        _ => None,
    };
    for schema in alternatives(root, schema) {
        let unknown = match value {
            Value::Object(keys) if schema["type"] == "object" => {
                keys.iter().find_map(|(key, value)| {
                    let path = format!("{path}.{key}");
                    let map = Some(&schema["additionalProperties"]).filter(|map| map.is_object());
                    match schema["properties"].get(key).or(map) {
                        Some(schema) => unknown(root, schema, value, &path),
                        None => Some(path),
                    }
                })
            }
            Value::Array(items) if schema["type"] == "array" => {
                let mut items = items.iter();
                items.find_map(|item| unknown(root, &schema["items"], item, path))
            }
            _ => continue,
        };
        unknown.as_ref()?;
        found = unknown;
    }
    found
}

/// The schema itself, what it refers to, and all that it leaves a choice between.
fn alternatives<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let place = schema["$ref"]
        .as_str()
        .and_then(|place| place.strip_prefix('#'));
    let referred = place.map(|place| root.pointer(place).expect("references lead somewhere"));
    let choices = ["anyOf", "oneOf", "allOf"];
    let choices = choices.iter().filter_map(|key| schema[key].as_array());
    let others = referred.into_iter().chain(choices.flatten());
    let others = others.flat_map(|schema| alternatives(root, schema));
    std::iter::once(schema).chain(others).collect()
}

#[test]
fn the_schema_knows_every_key_of_every_experiment_file() {
    let schema = schema();
    let mut files = 0;
    for entry in std::fs::read_dir(experiments()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            let value: Value = serde_yaml::from_str(&text).unwrap();
            let unknown = unknown(&schema, &schema, &value, &path.display().to_string());
            assert_eq!(unknown, None, "isn't known");
            files += 1;
        }
    }
    assert!(files > 1);
}
