//! One run's settings.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use attacks::Attack;
use data::Augmentation;
use data::partition::Partition;
use robust_core::Pipeline;
use robust_core::aggregators::Mean;
use serde::{Deserialize, Serialize};

use super::form::Form;
use crate::{Architecture, SpecError};

/// Everything that decides the outcome of one run, unchecked:
/// [`ValidRun::new`](crate::ValidRun::new) checks it.
///
/// Its serialised form, hashed, is a run's key. So a setting that is not in here must not change a
/// single bit of the result, and two runs with the same form are the same run. A setting or a
/// parameter at its default is left out of the form where the form had no such entry from the
/// beginning: a new setting leaves the keys of older runs as they are.
///
/// ```
/// use data::partition::{Extreme, Partition};
/// use robust_core::{Parameters, Pipeline};
/// use training::RunSpec;
///
/// let attacked = RunSpec {
///     f: 3,
///     pipeline: Pipeline::parse("arc,nnm,cwtm", &Parameters::new())?,
///     attack: Some(attacks::parse("sf", &Parameters::new())?),
///     ..RunSpec::dsgd(data::Name::Mnist, Partition::from(Extreme {}), 1000)?
/// };
/// assert_eq!((attacked.batch, attacked.learning_rate), (25, 0.1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Form", try_from = "Form")]
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
    /// What the server does with the n vectors, such as CWTM∘NNM∘ARC.
    pub pipeline: Pipeline,
    /// How the Byzantine workers make their vectors; `None` where f = 0.
    pub attack: Option<Arc<dyn Attack<f32>>>,
    /// The network.
    pub model: Architecture,
    /// Factor on the initial parameters; 1 is PyTorch's default initialisation.
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
    /// Random changes to the training images. The default is the dataset's own.
    pub augmentation: Augmentation,
}

impl RunSpec {
    /// The DSGD baseline, without Byzantine workers, with the settings of the paper's experiments
    /// on MNIST and Fashion-MNIST (docs/paper.md, section 8): 10 honest workers, plain mean, b =
    /// 25, γ = 0.1, β = 0.9, λ = 1e-4 on the server, an evaluation every 50 steps; seed 1, on the
    /// CPU.
    ///
    /// # Errors
    /// [`SpecError::NoNetwork`] if no network takes the dataset's images.
    pub fn dsgd(
        dataset: data::Name,
        partition: Partition,
        steps: usize,
    ) -> Result<Self, SpecError> {
        let definition = dataset.definition();
        let shape = definition.shape;
        let model = Architecture::for_input(shape).ok_or(SpecError::NoNetwork {
            dataset,
            image: [shape.channels, shape.height, shape.width],
        })?;
        Ok(Self {
            dataset,
            train_samples: None,
            test_samples: None,
            partition,
            honest: 10,
            f: 0,
            pipeline: Pipeline::from(Mean),
            attack: None,
            model,
            init_scale: 1.0,
            batch: 25,
            steps,
            learning_rate: 0.1,
            learning_rate_milestones: Vec::new(),
            learning_rate_factor: 1.0,
            momentum: 0.9,
            weight_decay: 1e-4,
            weight_decay_at: WeightDecayAt::Server,
            evaluate_every: 50,
            seed: 1,
            device: Device::Flex,
            augmentation: definition.augmentation,
        })
    }

    /// The attack's name, `none` without one.
    #[must_use]
    pub fn attack_name(&self) -> &'static str {
        match &self.attack {
            Some(attack) => attack.description().name,
            None => super::form::NO_ATTACK,
        }
    }
}

/// Equal are settings of the same serialised form: those of the same run.
impl PartialEq for RunSpec {
    fn eq(&self, other: &Self) -> bool {
        Form::from(self.clone()) == Form::from(other.clone())
    }
}

/// Where the ℓ2 term λθ enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WeightDecayAt {
    /// On the aggregate, `θ ← θ − γ(F(..) + λθ)`, as ByzFL does: clipping never sees it.
    Server,
    /// In each gradient that a worker computes, also in those on flipped labels: `g_i ← g_i + λθ`.
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
