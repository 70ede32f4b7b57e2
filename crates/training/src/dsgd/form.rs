//! The settings as they are written: a run's key is made of these bytes.

use std::sync::Arc;

use attacks::Attack;
use data::Augmentation;
use data::partition::Partition;
use robust_core::{Parameters, Pipeline};
use serde::{Deserialize, Serialize};

use super::{Device, RunSpec, WeightDecayAt};
use crate::{Architecture, SpecError};

/// What stands for no attack.
pub(super) const NO_ATTACK: &str = "none";

/// [`RunSpec`] with names and parameters as text. Neither order nor names of the fields may change;
/// a new one comes last and is left out at its default.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    dataset: data::Name,
    train_samples: Option<usize>,
    test_samples: Option<usize>,
    partition: Partition,
    honest: usize,
    f: usize,
    pipeline: String,
    pipeline_params: Parameters,
    attack: String,
    attack_params: Parameters,
    model: Architecture,
    init_scale: f64,
    batch: usize,
    steps: usize,
    learning_rate: f64,
    learning_rate_milestones: Vec<usize>,
    learning_rate_factor: f64,
    momentum: f64,
    weight_decay: f64,
    weight_decay_at: WeightDecayAt,
    evaluate_every: usize,
    seed: u64,
    device: Device,
    /// `None`: the dataset's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    augmentation: Option<Augmentation>,
}

impl From<RunSpec> for Form {
    fn from(spec: RunSpec) -> Self {
        let attack = spec.attack_name().to_owned();
        let parameters = spec.attack.map(|attack| attack.parameters());
        let own = spec.dataset.definition().augmentation;
        Self {
            dataset: spec.dataset,
            train_samples: spec.train_samples,
            test_samples: spec.test_samples,
            partition: spec.partition,
            honest: spec.honest,
            f: spec.f,
            pipeline: spec.pipeline.name(),
            pipeline_params: spec.pipeline.parameters(),
            attack,
            attack_params: parameters.unwrap_or_default(),
            model: spec.model,
            init_scale: spec.init_scale,
            batch: spec.batch,
            steps: spec.steps,
            learning_rate: spec.learning_rate,
            learning_rate_milestones: spec.learning_rate_milestones,
            learning_rate_factor: spec.learning_rate_factor,
            momentum: spec.momentum,
            weight_decay: spec.weight_decay,
            weight_decay_at: spec.weight_decay_at,
            evaluate_every: spec.evaluate_every,
            seed: spec.seed,
            device: spec.device,
            augmentation: (spec.augmentation != own).then_some(spec.augmentation),
        }
    }
}

impl TryFrom<Form> for RunSpec {
    type Error = SpecError;

    fn try_from(form: Form) -> Result<Self, SpecError> {
        Ok(Self {
            pipeline: Pipeline::parse(&form.pipeline, &form.pipeline_params)?,
            attack: parse_attack(&form.attack, &form.attack_params)?,
            augmentation: form
                .augmentation
                .unwrap_or(form.dataset.definition().augmentation),
            dataset: form.dataset,
            train_samples: form.train_samples,
            test_samples: form.test_samples,
            partition: form.partition,
            honest: form.honest,
            f: form.f,
            model: form.model,
            init_scale: form.init_scale,
            batch: form.batch,
            steps: form.steps,
            learning_rate: form.learning_rate,
            learning_rate_milestones: form.learning_rate_milestones,
            learning_rate_factor: form.learning_rate_factor,
            momentum: form.momentum,
            weight_decay: form.weight_decay,
            weight_decay_at: form.weight_decay_at,
            evaluate_every: form.evaluate_every,
            seed: form.seed,
            device: form.device,
        })
    }
}

/// The attack of this name with these parameters; `none`, without parameters, is no attack.
///
/// # Errors
/// As [`attacks::parse`]; [`SpecError::ParametersWithoutAttack`].
pub fn parse_attack(
    name: &str,
    parameters: &Parameters,
) -> Result<Option<Arc<dyn Attack<f32>>>, SpecError> {
    match name {
        NO_ATTACK if parameters.is_empty() => Ok(None),
        NO_ATTACK => Err(SpecError::ParametersWithoutAttack(parameters.clone())),
        _ => Ok(Some(attacks::parse(name, parameters)?)),
    }
}
