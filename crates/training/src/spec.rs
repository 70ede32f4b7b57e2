//! One run's settings, unchecked ([`RunSpec`]) and checked ([`ValidRun`]).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use attacks::Attack;
use data::partition::Partition;
use robust_core::{Params, Pipeline};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::SpecError;
use crate::model::Architecture;

/// Everything that decides the outcome of one run. Its serialised form, hashed, is the run's key,
/// so a setting that is not in here must not change a single byte of the result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// Where the samples come from.
    pub dataset: data::Name,
    /// Only the first so many training samples (in file order); `None` takes all.
    pub train_samples: Option<usize>,
    /// Only the first so many test samples; `None` takes all.
    pub test_samples: Option<usize>,
    /// How the training samples are spread over the honest workers.
    pub partition: Partition,
    /// Number of honest workers, n − f.
    pub honest: usize,
    /// Number of Byzantine workers; 0 for the DSGD baseline.
    pub f: usize,
    /// The server's stages in order of application, such as `arc,nnm,cwtm`.
    pub pipeline: String,
    /// Parameters of the stages, such as `clip.c: 2`.
    pub pipeline_params: BTreeMap<String, String>,
    /// Name of the attack; `none` where f = 0.
    pub attack: String,
    /// Parameters of the attack, such as `tau: optimal`.
    pub attack_params: BTreeMap<String, String>,
    /// The network.
    pub model: Architecture,
    /// Factor on the initial parameters (fig6); 1 is PyTorch's default initialisation.
    pub init_scale: f64,
    /// Samples per honest worker and step, b.
    pub batch: usize,
    /// Number of steps, T.
    pub steps: usize,
    /// Step size γ, before any decay.
    pub learning_rate: f64,
    /// From each of these steps on, γ is multiplied by `learning_rate_factor` once more.
    pub learning_rate_milestones: Vec<usize>,
    /// See `learning_rate_milestones`.
    pub learning_rate_factor: f64,
    /// Momentum on the worker, β, in [0, 1).
    pub momentum: f64,
    /// ℓ2 coefficient λ.
    pub weight_decay: f64,
    /// Who adds λθ.
    pub weight_decay_at: WeightDecayAt,
    /// Evaluate at step 0, every so many steps, and after the last one.
    pub evaluate_every: usize,
    /// Seed of everything random in the run.
    pub seed: u64,
    /// Where the tensors live.
    pub device: Device,
}

/// Where the ℓ2 term λθ enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WeightDecayAt {
    /// On the aggregate, `θ ← θ − γ(F(..) + λθ)`, as ByzFL does: clipping never sees it.
    Server,
    /// In each honest gradient, `g_i ← g_i + λθ`.
    Worker,
}

/// The device that computes gradients and evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// Pure Rust on the CPU, always there.
    Flex,
    /// LibTorch on the CPU; cargo feature `tch`.
    LibTorch,
    /// A CUDA device by number; cargo feature `cuda`.
    Cuda(usize),
}

impl fmt::Display for Device {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flex => out.write_str("flex"),
            Self::LibTorch => out.write_str("libtorch"),
            Self::Cuda(index) => write!(out, "cuda:{index}"),
        }
    }
}

impl FromStr for Device {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text {
            "flex" => Ok(Self::Flex),
            "libtorch" => Ok(Self::LibTorch),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| SpecError::UnknownDevice(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

/// A run whose settings have been checked; only this one trains.
#[derive(Debug, Clone)]
pub struct ValidRun {
    spec: RunSpec,
}

impl ValidRun {
    /// Checks every setting that can be checked without the data.
    ///
    /// # Errors
    /// The first setting that is out of its range, with its value and the bound; pipelines,
    /// attacks and their parameters as `robust_core` and `attacks` reject them.
    pub fn new(spec: RunSpec) -> Result<Self, SpecError> {
        let positive = |name, value: usize| match value {
            0 => Err(SpecError::Zero(name)),
            _ => Ok(()),
        };
        positive("honest", spec.honest)?;
        positive("batch", spec.batch)?;
        positive("steps", spec.steps)?;
        positive("evaluate_every", spec.evaluate_every)?;
        for (name, samples) in [
            ("train_samples", spec.train_samples),
            ("test_samples", spec.test_samples),
        ] {
            samples.map_or(Ok(()), |samples| positive(name, samples))?;
        }
        // Written so that NaN fails.
        let within = |name, value: f64, inside: bool, range| match inside {
            true => Ok(()),
            false => Err(SpecError::OutOfRange { name, value, range }),
        };
        let (rate, factor) = (spec.learning_rate, spec.learning_rate_factor);
        let finite_from = |value: f64, low: f64| value >= low && value.is_finite();
        within(
            "learning_rate",
            rate,
            rate > 0.0 && rate.is_finite(),
            "(0, ∞)",
        )?;
        within(
            "learning_rate_factor",
            factor,
            finite_from(factor, 0.0),
            "[0, ∞)",
        )?;
        within(
            "momentum",
            spec.momentum,
            (0.0..1.0).contains(&spec.momentum),
            "[0, 1)",
        )?;
        within(
            "weight_decay",
            spec.weight_decay,
            finite_from(spec.weight_decay, 0.0),
            "[0, ∞)",
        )?;
        within(
            "init_scale",
            spec.init_scale,
            finite_from(spec.init_scale, 0.0),
            "[0, ∞)",
        )?;

        let run = Self { spec };
        run.pipeline()?
            .check(run.spec.honest + run.spec.f, run.spec.f)?;
        match (run.spec.f, run.attack()?) {
            (0, Some(_)) => Err(SpecError::AttackWithoutByzantine(run.spec.attack)),
            (1.., None) => Err(SpecError::ByzantineWithoutAttack(run.spec.f)),
            _ => Ok(run),
        }
    }

    /// The settings.
    #[must_use]
    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// The server's pipeline.
    pub(crate) fn pipeline(&self) -> Result<Pipeline<f32>, SpecError> {
        let params: Params = self.spec.pipeline_params.clone().into_iter().collect();
        let pipeline = Pipeline::parse(&self.spec.pipeline, &params)?;
        match pipeline.is_aggregating() {
            true => Ok(pipeline),
            false => Err(SpecError::NoAggregator(self.spec.pipeline.clone())),
        }
    }

    /// A fresh attacker; `None` for the DSGD baseline.
    pub(crate) fn attack(&self) -> Result<Option<Box<dyn Attack<f32>>>, SpecError> {
        let params = &self.spec.attack_params;
        match self.spec.attack.as_str() {
            "none" if params.is_empty() => Ok(None),
            "none" => Err(SpecError::ParametersWithoutAttack),
            name => Ok(Some(attacks::parse(name, params)?)),
        }
    }
}
