//! Pipelines and attacks as experiment files write them, read once into what runs use.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use attacks::Attack;
use robust_core::{Parameter, Parameters, Pipeline};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use training::SpecError;

use super::yaml;
use crate::figures;

/// Stages in order of application: a string, or `{label, stages, params}`.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineSpec {
    /// Its name in the legend.
    pub label: String,
    /// How the server aggregates.
    pub pipeline: Pipeline,
}

impl PipelineSpec {
    /// Its name in tables: the stages, and the parameters where there are any.
    pub fn name(&self) -> String {
        with_parameters(&self.pipeline.name(), &self.pipeline.parameters())
    }
}

/// An attack: a name, or `{name, params}`.
#[derive(Debug, Clone)]
pub struct AttackSpec(pub Arc<dyn Attack<f32>>);

impl AttackSpec {
    /// Its name in tables: with the parameters where there are any.
    pub fn name(&self) -> String {
        with_parameters(self.0.description().name, &self.0.parameters())
    }

    /// Its name in figures.
    pub fn title(&self) -> String {
        self.0.description().title_with(&self.0.parameters())
    }
}

/// Equal are attacks of the same name and parameters.
impl PartialEq for AttackSpec {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

fn with_parameters(name: &str, parameters: &Parameters) -> String {
    if parameters.is_empty() {
        return name.to_owned();
    }
    format!("{name} ({parameters})")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PipelineMap {
    label: Option<String>,
    stages: String,
    #[serde(default)]
    params: BTreeMap<String, Text>,
}

impl<'de> Deserialize<'de> for PipelineSpec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let map: PipelineMap = string_or_map(from, "stages such as `arc,nnm,cwtm`", |stages| {
            PipelineMap {
                label: None,
                stages,
                params: BTreeMap::new(),
            }
        })?;
        let given: Vec<String> = map.params.keys().cloned().collect();
        let pipeline = Pipeline::parse(&map.stages, &parameters(map.params));
        let pipeline = pipeline.map_err(D::Error::custom)?;
        // Among many vectors no rule is idle, but for one that needs a parameter to do something.
        for (stage, why) in pipeline.idle_stages(1001, 1).unwrap_or_default() {
            let prefix = format!("{stage}.");
            if !given.iter().any(|key| key.starts_with(&prefix)) {
                return Err(D::Error::custom(format!(
                    "stage `{stage}` changes nothing: {why}. Give its parameters, or leave it out"
                )));
            }
        }
        if !pipeline.is_aggregating() {
            let error = SpecError::NoAggregator(pipeline.name());
            return Err(D::Error::custom(error));
        }
        let label = match map.label {
            Some(label) => label,
            None => {
                let label = figures::label(&pipeline.name()).map_err(D::Error::custom)?;
                with_parameters(&label, &pipeline.parameters())
            }
        };
        Ok(Self { label, pipeline })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttackMap {
    name: String,
    #[serde(default)]
    params: BTreeMap<String, Text>,
}

impl<'de> Deserialize<'de> for AttackSpec {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let map: AttackMap =
            string_or_map(from, "an attack's name such as `sf`", |name| AttackMap {
                name,
                params: BTreeMap::new(),
            })?;
        let attack = attacks::parse(&map.name, &parameters(map.params));
        attack.map(Self).map_err(D::Error::custom)
    }
}

fn parameters(params: BTreeMap<String, Text>) -> Parameters {
    let texts = params.into_iter().map(|(key, value)| (key, value.0));
    texts.collect()
}

/// A rule's parameter as on the command line: a number, a word, or a list with commas.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        fn text(value: &yaml::Value) -> Option<String> {
            use yaml::Value::{Number, Sequence, String};
            match value {
                String(text) => Some(text.clone()),
                Number(number) => Some(number.to_string()),
                Sequence(items) => {
                    let items: Option<Vec<_>> = items.iter().map(text).collect();
                    items.map(|items| items.join(","))
                }
                _ => None,
            }
        }
        text(&yaml::Value::deserialize(from)?)
            .map(Self)
            .ok_or_else(|| D::Error::custom("expected a number, a string, or a list of these"))
    }
}

/// Serde's untagged enums would do, but for their messages: these name the wrong key.
fn string_or_map<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
    string: &'static str,
    build: fn(String) -> T,
) -> Result<T, D::Error> {
    struct StringOrMap<T>(&'static str, fn(String) -> T);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for StringOrMap<T> {
        type Value = T;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "{}, or a mapping", self.0)
        }

        fn visit_str<E>(self, text: &str) -> Result<T, E> {
            Ok(self.1(text.to_owned()))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    from.deserialize_any(StringOrMap(string, build))
}

/// What editors complete from: the rules' names and parameters.
impl JsonSchema for PipelineSpec {
    fn schema_name() -> Cow<'static, str> {
        "PipelineSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = |rules: Vec<&str>| rules.join("|");
        let before = names(
            robust_core::rules::preaggregators()
                .map(|rule| rule.name)
                .collect(),
        );
        let last: Vec<&str> = robust_core::rules::aggregators()
            .map(|rule| rule.name)
            .collect();
        let examples = last
            .iter()
            .flat_map(|rule| ["", "nnm,", "arc,nnm,"].map(|before| format!("{before}{rule}")));
        let stages = json!({
            "description": "Rules in order of application, separated by commas; the last one is an aggregator.",
            "type": "string",
            "pattern": format!(r"^\s*(({before})\s*,\s*)*({})\s*$", names(last.clone())),
            "examples": examples.collect::<Vec<_>>(),
        });
        let parameters = robust_core::rules::descriptions().flat_map(|rule| rule.parameters);
        json_schema!({
            "description": "Stages in order of application: a string, or `{label, stages, params}`.",
            "anyOf": [stages.clone(), object(
                json!({
                    "label": {"description": "Its name in the legend.", "type": "string"},
                    "stages": stages,
                    "params": parameters_schema(parameters),
                }),
                &["stages"],
            )],
        })
    }
}

/// What editors complete from: the attacks' names and parameters.
impl JsonSchema for AttackSpec {
    fn schema_name() -> Cow<'static, str> {
        "AttackSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let name = |attack: &attacks::Description| {
            let description = format!("{}: {}", attack.title, attack.formula);
            json!({"const": attack.name, "description": description})
        };
        let names: Vec<Value> = attacks::descriptions().map(name).collect();
        let maps = attacks::descriptions().map(|attack| {
            let params = parameters_schema(attack.parameters);
            object(json!({"name": name(attack), "params": params}), &["name"])
        });
        let names = std::iter::once(json!({ "anyOf": names }));
        json_schema!({
            "description": "An attack: a name, or `{name, params}`.",
            "anyOf": names.chain(maps).collect::<Vec<_>>(),
        })
    }
}

fn parameters_schema<'a>(parameters: impl IntoIterator<Item = &'a Parameter>) -> Value {
    let property = |parameter: &Parameter| {
        let default = parameter.default.unwrap_or("none: required");
        let Parameter { purpose, range, .. } = parameter;
        let description = format!("{purpose}; {range}; default {default}");
        json!({ "description": description })
    };
    let properties = parameters.into_iter();
    let properties = properties.map(|parameter| (parameter.key.to_owned(), property(parameter)));
    object(properties.collect::<Map<_, _>>().into(), &[])
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
