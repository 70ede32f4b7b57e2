//! The experiment file: its keys, their types and their defaults.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use clap::ValueEnum;
use data::Augmentation;
use data::partition::Partition;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use training::{Architecture, WeightDecayAt};

use super::methods::{AttackSpec, PipelineSpec};

/// One figure or table of the paper, or one of ours: a grid of runs, and what is shown of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Names the results folder and the figure; equal to the file's name.
    pub id: Id,
    /// What the figure shows, in a line.
    pub title: String,
    /// Where it is in the paper.
    pub figure: String,
    /// How to read the figure, in a few sentences.
    #[serde(default)]
    pub reading: String,
    /// Where each setting comes from.
    pub provenance: Provenance,
    pub dataset: data::Name,
    /// Only the first so many training samples.
    pub train_samples: Option<usize>,
    /// Only the first so many test samples.
    pub test_samples: Option<usize>,
    /// Random changes to the training images; the dataset's own by default.
    pub augmentation: Option<Augmentation>,
    pub partitions: Vec<Partition>,
    /// Number of honest workers, n − f.
    pub honest: usize,
    pub f: OneOrMany<usize>,
    pub pipelines: Vec<PipelineSpec>,
    pub attacks: Vec<AttackSpec>,
    /// Whether to add the baseline DSGD: no Byzantine worker, plain mean.
    #[serde(default)]
    pub dsgd: bool,
    pub model: Architecture,
    #[serde(default = "pytorch_default")]
    pub init_scale: OneOrMany<f64>,
    pub optimiser: Optimiser,
    /// Number of steps, T.
    pub steps: usize,
    pub evaluate_every: usize,
    pub seeds: Vec<u64>,
    pub view: View,
    pub tolerance: Tolerance,
    /// Settings that replace those above.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Profile, serde_json::Map<String, serde_json::Value>>")]
    pub profiles: BTreeMap<Profile, serde_yaml::Mapping>,
}

impl Experiment {
    /// Random changes to the training images.
    pub fn augmentation(&self) -> Augmentation {
        let own = self.dataset.definition().augmentation;
        self.augmentation.unwrap_or(own)
    }
}

fn pytorch_default() -> OneOrMany<f64> {
    OneOrMany(vec![1.0])
}

/// How much of an experiment to run.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ValueEnum,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Seconds: shows that everything works, and nothing else.
    Smoke,
    /// Minutes: the trend.
    Quick,
    /// Hours: the paper's settings and three seeds for the main part of its grid, mostly the pipeline
    /// CWTM∘NNM with and without ARC and f/n up to 7/17.
    Main,
    /// The experiment file as it stands.
    Paper,
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Smoke => "smoke",
            Self::Quick => "quick",
            Self::Main => "main",
            Self::Paper => "paper",
        })
    }
}

/// Lower-case letters, digits and hyphens: it becomes part of file names.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Id(#[schemars(regex(pattern = "^[a-z0-9-]{1,64}$"))] String);

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match !text.is_empty() && text.len() <= 64 && text.bytes().all(legal) {
            true => Ok(Self(text)),
            false => Err(D::Error::custom(format!(
                "id `{text}` must be 1 to 64 lower-case letters, digits and hyphens"
            ))),
        }
    }
}

/// Where each setting comes from, with a note that says so more precisely.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    pub dataset: Origin,
    pub partitions: Origin,
    pub honest: Origin,
    pub f: Origin,
    pub pipelines: Origin,
    pub attacks: Origin,
    pub model: Origin,
    pub init_scale: Origin,
    pub batch: Origin,
    pub learning_rate: Origin,
    pub momentum: Origin,
    pub weight_decay: Origin,
    pub steps: Origin,
    pub evaluate_every: Origin,
    pub seeds: Origin,
}

impl Provenance {
    /// Each setting's source, in the order of the fields.
    pub fn sources(&self) -> [Source; 15] {
        [
            &self.dataset,
            &self.partitions,
            &self.honest,
            &self.f,
            &self.pipelines,
            &self.attacks,
            &self.model,
            &self.init_scale,
            &self.batch,
            &self.learning_rate,
            &self.momentum,
            &self.weight_decay,
            &self.steps,
            &self.evaluate_every,
            &self.seeds,
        ]
        .map(|origin| origin.source)
    }
}

/// Where one setting comes from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    pub source: Source,
    pub note: String,
}

/// How far a setting is confirmed (`docs/paper.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Source {
    /// Published text.
    P,
    /// The authors' public code; the paper may differ.
    G,
    /// Reconstructed: plausible, not confirmed.
    R,
    /// Chosen by this project.
    #[serde(rename = "ours")]
    Ours,
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::P => "P",
            Self::G => "G",
            Self::R => "R",
            Self::Ours => "ours",
        })
    }
}

/// Robust-DSGD's settings; see [`training::RunSpec`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Optimiser {
    pub batch: usize,
    pub learning_rate: f64,
    #[serde(default)]
    pub milestones: Vec<usize>,
    #[serde(default = "no_decay")]
    pub factor: f64,
    pub momentum: f64,
    pub weight_decay: f64,
    #[serde(default = "server")]
    pub weight_decay_at: WeightDecayAt,
}

fn no_decay() -> f64 {
    1.0
}

fn server() -> WeightDecayAt {
    WeightDecayAt::Server
}

/// What the figure shows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum View {
    /// Test accuracy against the step, one panel per attack.
    Curves,
    /// Worst-case maximal accuracy (`docs/paper.md`, section 3) against a setting of the grid.
    WorstCase { against: Axis, panels: Option<Axis> },
    /// The clipping threshold C, and the numbers of clipped honest and Byzantine vectors, against
    /// the step, one line per attack.
    Clipping,
    /// Test accuracy against wall-clock time, and the time that each part of a step takes.
    Overhead,
}

/// A setting that the grid spans.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum Axis {
    Partition,
    F,
    InitScale,
    /// A parameter of the pipelines, such as `clip.c`. A pipeline that doesn't have it is the same
    /// at each of its values.
    Parameter(String),
}

impl TryFrom<String> for Axis {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "partition" => Ok(Self::Partition),
            "f" => Ok(Self::F),
            "init_scale" => Ok(Self::InitScale),
            _ if name.contains('.') => Ok(Self::Parameter(name)),
            _ => Err(format!(
                "unknown axis `{name}`, expected partition, f, init_scale, or a parameter such as clip.c"
            )),
        }
    }
}

/// How far a cell of the table may be from the stored one, beyond what its spread over the seeds
/// allows: see [`crate::results::check`].
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Change of a mean accuracy, or of its deviation, that any cell may have, in [0, 1].
    pub accuracy: f64,
    /// Change of a mean clipping threshold, or of its deviation, that any cell may have, as a share
    /// of the stored mean.
    #[serde(default)]
    pub threshold: f64,
    /// Change of a mean number of clipped vectors, or of its deviation, that any cell may have.
    #[serde(default)]
    pub vectors: f64,
    /// Why these are the right ones.
    #[allow(
        dead_code,
        reason = "for who reads the file; required, so that nobody leaves it out"
    )]
    pub why: String,
}

/// A number, or a list of numbers that spans the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Numbers<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Numbers<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number or a list of numbers")
            }

            fn visit_u64<E: serde::de::Error>(self, one: u64) -> Result<Self::Value, E> {
                T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
            }

            fn visit_i64<E: serde::de::Error>(self, one: i64) -> Result<Self::Value, E> {
                T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
            }

            fn visit_f64<E: serde::de::Error>(self, one: f64) -> Result<Self::Value, E> {
                T::deserialize(one.into_deserializer()).map(|one| OneOrMany(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut many = Vec::new();
                while let Some(item) = items.next_element()? {
                    many.push(item);
                }
                Ok(OneOrMany(many))
            }
        }
        from.deserialize_any(Numbers(PhantomData))
    }
}

/// What editors complete from.
impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        let many = generator.subschema_for::<Vec<T>>();
        json_schema!({ "anyOf": [one, many] })
    }
}
