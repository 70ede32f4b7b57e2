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
use super::yaml;
use crate::figures::View;

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
    /// The dataset.
    pub dataset: data::Name,
    /// Only the first so many training samples.
    pub train_samples: Option<usize>,
    /// Only the first so many test samples.
    pub test_samples: Option<usize>,
    /// Random changes to the training images; the dataset's own by default.
    pub augmentation: Option<Augmentation>,
    /// How the training samples are spread over the honest workers: a list spans the grid.
    pub partitions: Vec<Partition>,
    /// Number of honest workers, n − f.
    pub honest: usize,
    /// Number of Byzantine workers, which every stage withstands: a list spans the grid.
    pub f: OneOrMany<usize>,
    /// How the server aggregates: the list spans the grid.
    pub pipelines: Vec<PipelineSpec>,
    /// What the Byzantine workers send: the list spans the grid.
    pub attacks: Vec<AttackSpec>,
    /// Whether to add the baseline DSGD: no Byzantine worker, plain mean.
    #[serde(default)]
    pub dsgd: bool,
    /// The network.
    pub model: Architecture,
    /// What the initial parameters are multiplied by: a list spans the grid.
    #[serde(default = "pytorch_default")]
    pub init_scale: OneOrMany<f64>,
    /// Mini-batches, step size, momentum and weight decay.
    pub optimiser: Optimiser,
    /// Number of steps, T.
    pub steps: usize,
    /// Number of steps between evaluations.
    pub evaluate_every: usize,
    /// One run of each cell per seed.
    pub seeds: Vec<u64>,
    /// What the figure shows.
    pub view: View,
    /// How far a table may be from the stored one.
    pub tolerance: Tolerance,
    /// Settings that replace those above.
    #[serde(default)]
    #[schemars(with = "BTreeMap<Profile, serde_json::Map<String, serde_json::Value>>")]
    pub profiles: BTreeMap<Profile, yaml::Mapping>,
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
    /// Hours: all steps and three seeds for the main part of the grid, mostly the pipeline
    /// CWTM∘NNM with and without ARC and f/n up to 7/17.
    Main,
    /// The experiment file as it stands.
    Paper,
}

impl Profile {
    /// The name of a figure of this profile: the paper's has that of the experiment alone.
    pub fn figure_name(self, id: &str) -> String {
        match self {
            Self::Paper => id.to_owned(),
            Self::Smoke | Self::Quick | Self::Main => format!("{id}-{self}"),
        }
    }
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

impl Id {
    /// Whether files may have this name: 1 to 64 lower-case letters, digits and hyphens.
    pub fn is_legal(text: &str) -> bool {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=64).contains(&text.len()) && text.bytes().all(legal)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let mut others = Profile::value_variants().iter();
        if let Some(profile) = others.find(|profile| text.ends_with(&format!("-{profile}"))) {
            return Err(D::Error::custom(format!(
                "id `{text}` must not end in -{profile}: figures of that profile do"
            )));
        }
        if text.starts_with("theory-") {
            return Err(D::Error::custom(format!(
                "id `{text}` must not begin with theory-: results of `repro theory` do"
            )));
        }
        if Self::is_legal(&text) {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!(
            "id `{text}` must be 1 to 64 lower-case letters, digits and hyphens"
        )))
    }
}

/// Where each setting comes from, with a note that says so more precisely.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Of the dataset.
    pub dataset: Origin,
    /// Of the partitions.
    pub partitions: Origin,
    /// Of the number of honest workers.
    pub honest: Origin,
    /// Of the numbers of Byzantine workers.
    pub f: Origin,
    /// Of the pipelines.
    pub pipelines: Origin,
    /// Of the attacks.
    pub attacks: Origin,
    /// Of the network.
    pub model: Origin,
    /// Of the scale of the initial parameters.
    pub init_scale: Origin,
    /// Of the size of the mini-batches.
    pub batch: Origin,
    /// Of the step size.
    pub learning_rate: Origin,
    /// Of the momentum.
    pub momentum: Origin,
    /// Of the weight decay.
    pub weight_decay: Origin,
    /// Of the number of steps.
    pub steps: Origin,
    /// Of the time between evaluations.
    pub evaluate_every: Origin,
    /// Of the seeds.
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
    /// How far it is confirmed.
    pub source: Source,
    /// Where exactly, in a few words.
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
    /// Samples in a mini-batch.
    pub batch: usize,
    /// Step size, γ.
    pub learning_rate: f64,
    /// Steps from which the step size is multiplied by `factor` once more.
    #[serde(default)]
    pub milestones: Vec<usize>,
    /// What the step size is multiplied by at each milestone.
    #[serde(default = "no_decay")]
    pub factor: f64,
    /// The workers' momentum, β.
    pub momentum: f64,
    /// The ℓ2 coefficient, λ.
    pub weight_decay: f64,
    /// Who adds it.
    #[serde(default = "server")]
    pub weight_decay_at: WeightDecayAt,
}

fn no_decay() -> f64 {
    1.0
}

fn server() -> WeightDecayAt {
    WeightDecayAt::Server
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
