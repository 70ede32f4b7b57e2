//! Checked settings, and what follows from them.

use attacks::View;
use data::rng::{Purpose, stream};
use data::{Dataset, Shape};
use robust_core::aggregators::Mean;
use robust_core::{Gradients, Pipeline, Round};

use super::RunSpec;
use crate::engine::{self, Engine};
use crate::{Architecture, Network, SpecError, TrainError};

/// More numbers than any memory holds: a buffer that long is a mistake in the settings.
const MOST_NUMBERS: usize = 1 << 31;

/// A run whose settings have been checked; only this one trains.
///
/// ```
/// use data::partition::{Iid, Partition};
/// use training::{RunSpec, ValidRun};
///
/// let spec = RunSpec::dsgd(data::Name::Digits, Partition::from(Iid {}), 100)?;
/// let run = ValidRun::new(spec.clone())?;
/// let digits = data::load(data::Name::Digits, None)?;
/// assert_eq!(run.split(&digits)?.len(), 10); // workers
/// assert_eq!(run.initial_parameters().len(), 3760);
///
/// let error = ValidRun::new(RunSpec { momentum: 1.0, ..spec }).unwrap_err();
/// assert_eq!(error.to_string(), "momentum = 1, but must be in [0, 1)");
/// assert_eq!(error.setting(), "momentum");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct ValidRun {
    spec: RunSpec,
    network: Network,
}

impl ValidRun {
    /// Checks every setting that can be checked without the data.
    ///
    /// # Errors
    /// The first setting that is out of its range, with its value and the bound, or doesn't fit
    /// another one: see [`SpecError`].
    pub fn new(spec: RunSpec) -> Result<Self, SpecError> {
        Self::check(spec).map_err(|mut errors| errors.swap_remove(0))
    }

    /// As [`new`](Self::new), but finds all that is wrong at once.
    ///
    /// # Errors
    /// Every such setting, at least one.
    pub fn check(spec: RunSpec) -> Result<Self, Vec<SpecError>> {
        let network = spec.model.network();
        let mut errors = Vec::new();
        errors.extend(zeros(&spec));
        errors.extend(numbers_out_of_range(&spec));
        errors.extend(samples_beyond_the_dataset(&spec));
        let others = [
            check_dataset(&spec),
            check_workers(&spec),
            spec.partition.check().map_err(SpecError::Partition),
            check_crop(&spec),
        ];
        errors.extend(others.into_iter().filter_map(Result::err));
        match check_sizes(&spec, network.parameters()) {
            Err(error) => errors.push(error),
            // Only with vectors that a memory holds.
            Ok(()) if spec.honest > 0 => {
                errors.extend(check_pipeline(&spec).err());
                errors.extend(check_attack(&spec).err());
            }
            Ok(()) => {}
        }
        if errors.is_empty() {
            Ok(Self { spec, network })
        } else {
            Err(errors)
        }
    }

    /// The settings.
    #[must_use]
    pub fn spec(&self) -> &RunSpec {
        &self.spec
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// θ before the first step, `[d]`.
    #[must_use]
    pub fn initial_parameters(&self) -> Vec<f32> {
        let mut rng = stream(self.spec.seed, Purpose::Initialisation, 0, 0);
        self.network.initialise(self.spec.init_scale, &mut rng)
    }

    /// The training samples of each honest worker, as indices into the dataset's training set.
    ///
    /// # Errors
    /// If the dataset is another one than the settings name, or has fewer samples than they ask
    /// for; if the partition leaves a worker without samples.
    pub fn split(&self, dataset: &Dataset) -> Result<Vec<Vec<usize>>, TrainError> {
        self.check_dataset(dataset)?;
        let labels = dataset.train.labels();
        let labels = &labels[..self.spec.train_samples.unwrap_or(labels.len())];
        let seed = self.spec.seed;
        let mut rng = stream(seed, Purpose::Partition, 0, 0);
        self.spec
            .partition
            .split(labels, dataset.classes, self.spec.honest, &mut rng)
            .map_err(|source| TrainError::Partition { seed, source })
    }

    /// The engine on the run's device.
    ///
    /// # Errors
    /// [`TrainError::DeviceNotBuilt`].
    pub fn engine(&self) -> Result<Box<dyn Engine>, TrainError> {
        engine::engine(self.spec.device, self.network.clone())
    }

    /// How many of the test samples are scored.
    pub(super) fn test_samples(&self, dataset: &Dataset) -> usize {
        self.spec.test_samples.unwrap_or(dataset.test.len())
    }

    fn check_dataset(&self, dataset: &Dataset) -> Result<(), TrainError> {
        let spec = &self.spec;
        if dataset.name != spec.dataset {
            let (expected, found) = (spec.dataset, dataset.name);
            return Err(TrainError::Dataset { expected, found });
        }
        check_network(spec, dataset.shape, dataset.classes)?;
        for (setting, asked, there) in [
            ("train_samples", spec.train_samples, dataset.train.len()),
            ("test_samples", spec.test_samples, dataset.test.len()),
        ] {
            // A dataset can have been shortened.
            let expected = asked.unwrap_or(1);
            if there < expected {
                return Err(TrainError::TooFewSamples {
                    setting,
                    expected,
                    found: there,
                });
            }
        }
        Ok(())
    }
}

fn zeros(spec: &RunSpec) -> impl Iterator<Item = SpecError> {
    let counts = [
        ("honest", Some(spec.honest)),
        ("batch", Some(spec.batch)),
        ("steps", Some(spec.steps)),
        ("evaluate_every", Some(spec.evaluate_every)),
        ("train_samples", spec.train_samples),
        ("test_samples", spec.test_samples),
    ];
    let zeros = counts.into_iter().filter(|(_, count)| *count == Some(0));
    zeros.map(|(setting, _)| SpecError::Zero(setting))
}

fn numbers_out_of_range(spec: &RunSpec) -> impl Iterator<Item = SpecError> {
    // Written so that NaN is outside.
    let not_negative = |value: f64| value >= 0.0 && value.is_finite();
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let fraction = |value: f64| (0.0..1.0).contains(&value);
    let (rate, factor) = (spec.learning_rate, spec.learning_rate_factor);
    let (decay, scale) = (spec.weight_decay, spec.init_scale);
    let numbers = [
        ("learning_rate", rate, positive(rate), "(0, ∞)"),
        (
            "learning_rate_factor",
            factor,
            not_negative(factor),
            "[0, ∞)",
        ),
        ("momentum", spec.momentum, fraction(spec.momentum), "[0, 1)"),
        ("weight_decay", decay, not_negative(decay), "[0, ∞)"),
        ("init_scale", scale, not_negative(scale), "[0, ∞)"),
    ];
    let outside = numbers.into_iter().filter(|(_, _, inside, _)| !inside);
    outside.map(|(setting, value, _, range)| SpecError::OutOfRange {
        setting,
        value,
        range,
    })
}

fn samples_beyond_the_dataset(spec: &RunSpec) -> impl Iterator<Item = SpecError> {
    let definition = spec.dataset.definition();
    let dataset = spec.dataset;
    let samples = [
        ("train_samples", spec.train_samples, definition.train),
        ("test_samples", spec.test_samples, definition.test),
    ];
    samples
        .into_iter()
        .filter_map(move |(setting, asked, largest)| {
            let asked = asked.filter(|&asked| asked > largest)?;
            Some(SpecError::TooManySamples {
                setting,
                asked,
                dataset,
                largest,
            })
        })
}

fn check_dataset(spec: &RunSpec) -> Result<(), SpecError> {
    let definition = spec.dataset.definition();
    check_network(spec, definition.shape, definition.classes)
}

fn check_workers(spec: &RunSpec) -> Result<(), SpecError> {
    let all = spec.dataset.definition().train;
    let (honest, samples) = (spec.honest, spec.train_samples.unwrap_or(all));
    if honest > samples {
        return Err(SpecError::TooManyWorkers { honest, samples });
    }
    Ok(())
}

fn check_crop(spec: &RunSpec) -> Result<(), SpecError> {
    let dataset = spec.dataset;
    let shape = dataset.definition().shape;
    let padding = usize::from(spec.augmentation.crop_padding);
    let side = shape.height.min(shape.width);
    if padding > side {
        return Err(SpecError::CropPadding {
            padding,
            side,
            dataset,
        });
    }
    Ok(())
}

fn check_network(spec: &RunSpec, shape: Shape, classes: usize) -> Result<(), SpecError> {
    let image = [shape.channels, shape.height, shape.width];
    let model: Architecture = spec.model;
    let (input, outputs) = (model.input(), model.network().classes());
    if image == input && classes == outputs {
        return Ok(());
    }
    Err(SpecError::Network {
        model,
        input,
        outputs,
        dataset: spec.dataset,
        image,
        classes,
    })
}

/// That every buffer of the run can be thought of.
fn check_sizes(spec: &RunSpec, d: usize) -> Result<(), SpecError> {
    let pixels: usize = spec.model.input().iter().product();
    let workers = spec.honest.checked_add(spec.f);
    let rows = workers.and_then(|n| n.checked_mul(d));
    let images = spec.honest.checked_mul(spec.batch);
    let images = images.and_then(|samples| samples.checked_mul(pixels));
    for (setting, what, numbers) in [
        ("honest", "the workers' vectors", rows),
        ("batch", "the mini-batches", images),
    ] {
        if numbers.is_none_or(|numbers| numbers > MOST_NUMBERS) {
            return Err(SpecError::TooLarge {
                setting,
                what,
                most: MOST_NUMBERS,
            });
        }
    }
    Ok(())
}

fn check_pipeline(spec: &RunSpec) -> Result<(), SpecError> {
    if !spec.pipeline.is_aggregating() {
        return Err(SpecError::NoAggregator(spec.pipeline.name()));
    }
    Ok(spec.pipeline.check(spec.honest + spec.f, spec.f)?)
}

/// Also mounts it once, on vectors of one coordinate and the mean: whether there are enough honest
/// workers for it does not depend on what they send.
fn check_attack(spec: &RunSpec) -> Result<(), SpecError> {
    let Some(attack) = &spec.attack else {
        return match spec.f {
            0 => Ok(()),
            f => Err(SpecError::ByzantineWithoutAttack(f)),
        };
    };
    if spec.f == 0 {
        return Err(SpecError::AttackWithoutByzantine(attack.description().name));
    }
    let values: Vec<f32> = (0..spec.honest).map(|worker| worker as f32).collect();
    let view = View {
        honest: &Gradients::new(&values, spec.honest, 1)?,
        flipped: Some(&[0.0]),
        pipeline: &Pipeline::from(Mean),
        round: Round { f: spec.f, seed: 0 },
    };
    let mut memory = vec![0.0; attack.memory_len(1)];
    let mut rng = stream(spec.seed, Purpose::Attack, 0, 0);
    attack.forge(&view, &mut memory, &mut rng, &mut vec![0.0; spec.f])?;
    Ok(())
}
