//! Robust-DSGD (SPEC.md §3): one run from its settings to its evaluations.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use attacks::View;
use data::Augmentation;
use data::rng::{Purpose, stream};
use rand::Rng;
use robust_core::{Gradients, Round, Trace};
use serde::{Deserialize, Serialize};

use crate::batches::Batches;
use crate::checkpoint::{Checkpoint, Floats};
use crate::engine::{Batch, Engine, Rows};
use crate::spec::{RunSpec, ValidRun, WeightDecayAt};
use crate::{TrainError, device};

/// What is measured at one step. A number that does not exist, such as the threshold of a pipeline
/// that does not clip or a loss that is no longer finite, is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Steps done.
    pub step: usize,
    /// Share of correct predictions on the test samples, in [0, 1].
    pub test_accuracy: f64,
    /// Mean negative log-likelihood on the test samples.
    pub test_loss: Option<f64>,
    /// Mean mini-batch loss of the honest workers over the steps since the last evaluation.
    pub train_loss: Option<f64>,
    /// C of ARC or static clipping at the last step.
    pub clip_threshold: Option<f64>,
    /// Honest vectors scaled down at the last step.
    pub clipped_honest: Option<usize>,
    /// Byzantine vectors scaled down at the last step.
    pub clipped_byzantine: Option<usize>,
    /// ‖F(..) − mean of the honest vectors‖ at the last step.
    pub aggregate_error: Option<f64>,
    /// The factor that an optimised attack chose at the last step.
    pub tau: Option<f64>,
    /// Wall-clock time spent on the run so far; with `spent`, all that differs between two runs.
    pub seconds: f64,
    /// What the steps so far took of it; `None` in records from before it was kept.
    #[serde(default)]
    pub spent: Option<Spent>,
}

/// Wall-clock seconds of all steps so far, by phase as in [`StepTime`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Mini-batches, the honest workers' gradients and momenta.
    pub gradients: f64,
    /// The Byzantine vectors.
    pub attack: f64,
    /// Pre-aggregators and aggregator.
    pub aggregation: f64,
    /// The server's step.
    pub update: f64,
}

impl Spent {
    fn add(&mut self, step: &StepTime) {
        self.gradients += step.gradients.as_secs_f64();
        self.attack += step.attack.as_secs_f64();
        self.aggregation += step.aggregation.as_secs_f64();
        self.update += step.update.as_secs_f64();
    }
}

/// Watches a run.
pub trait Observer {
    /// After each step; `Break` stops the run.
    fn step(&mut self, done: usize) -> ControlFlow<()>;

    /// After each evaluation.
    fn evaluation(&mut self, _evaluation: &Evaluation) {}

    /// Between two steps, after the evaluation that is due there, and before the run stops: the run
    /// can [`resume`] from what `take` returns.
    fn checkpoint(&mut self, _take: &dyn Fn() -> Checkpoint) {}

    /// After each step, before [`step`](Self::step): everything that it computed.
    fn vectors(&mut self, _vectors: &Vectors<'_>) {}
}

/// The vectors of one step.
#[derive(Debug, Clone, Copy)]
pub struct Vectors<'a> {
    /// θ after the step, `[d]`.
    pub theta: &'a [f32],
    /// What the honest workers sent, `[n − f, d]`.
    pub honest: &'a [f32],
    /// What the Byzantine workers sent, `[f, d]`.
    pub byzantine: &'a [f32],
    /// What the pipeline made of both, `[d]`.
    pub aggregate: &'a [f32],
}

/// Does one run. The same settings give the same evaluations, but for their `seconds`.
///
/// # Errors
/// If dataset and settings do not fit, the partition leaves a worker without samples, the device
/// is not in this binary, or the observer stops the run. A loss or parameters that are no longer
/// finite are a result, not an error: the accuracy falls to that of a constant prediction.
pub fn run(
    run: &ValidRun,
    dataset: &data::Dataset,
    observer: &mut dyn Observer,
) -> Result<Vec<Evaluation>, TrainError> {
    finish(
        State::new(run, dataset)?,
        Clock::new(0.0),
        Vec::new(),
        observer,
    )
}

/// Does the rest of a run: the evaluations are those of an uninterrupted one, but for `seconds`.
///
/// # Errors
/// As [`run`]; and if the checkpoint is of a run with other settings, as far as its shapes tell.
pub fn resume(
    run: &ValidRun,
    dataset: &data::Dataset,
    checkpoint: Checkpoint,
    observer: &mut dyn Observer,
) -> Result<Vec<Evaluation>, TrainError> {
    let mut state = State::new(run, dataset)?;
    state.restore(&checkpoint)?;
    let clock = Clock::new(checkpoint.seconds);
    finish(state, clock, checkpoint.evaluations, observer)
}

fn finish(
    mut state: State<'_>,
    clock: Clock,
    mut evaluations: Vec<Evaluation>,
    observer: &mut dyn Observer,
) -> Result<Vec<Evaluation>, TrainError> {
    let spec = state.spec;
    let mut stopped = false;
    loop {
        let done = state.done;
        let due = done.is_multiple_of(spec.evaluate_every) || done == spec.steps;
        if due && evaluations.last().is_none_or(|last| last.step != done) {
            let evaluation = state.evaluate(&clock)?;
            observer.evaluation(&evaluation);
            evaluations.push(evaluation);
        }
        if done == spec.steps {
            return Ok(evaluations);
        }
        observer.checkpoint(&|| state.checkpoint(&clock, &evaluations));
        if stopped {
            return Err(TrainError::Stopped(done));
        }
        let time = state.step()?;
        state.spent.add(&time);
        observer.vectors(&state.vectors());
        stopped = observer.step(state.done).is_break();
    }
}

/// Time spent on a run, before and since it was resumed.
struct Clock {
    before: f64,
    start: Instant,
}

impl Clock {
    fn new(before: f64) -> Self {
        Self {
            before,
            start: Instant::now(),
        }
    }

    fn seconds(&self) -> f64 {
        self.before + self.start.elapsed().as_secs_f64()
    }
}

/// Wall-clock time of one step, by phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTime {
    /// Mini-batches, the honest workers' gradients and momenta.
    pub gradients: Duration,
    /// The Byzantine vectors.
    pub attack: Duration,
    /// Pre-aggregators and aggregator.
    pub aggregation: Duration,
    /// The server's step.
    pub update: Duration,
}

impl StepTime {
    /// All phases.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.gradients + self.attack + self.aggregation + self.update
    }
}

/// Does a run's steps one by one, without evaluations, and tells what each took: for benchmarks.
///
/// # Errors
/// As [`run`].
pub fn timed_steps<'a>(
    run: &'a ValidRun,
    dataset: &'a data::Dataset,
) -> Result<impl Iterator<Item = Result<StepTime, TrainError>> + 'a, TrainError> {
    let mut state = State::new(run, dataset)?;
    Ok(std::iter::repeat_with(move || state.step()))
}

/// A run between two steps.
struct State<'a> {
    spec: &'a RunSpec,
    dataset: &'a data::Dataset,
    engine: Box<dyn Engine>,
    pipeline: robust_core::Pipeline<f32>,
    attack: Option<Box<dyn attacks::Attack<f32>>>,
    batches: Vec<Batches>,
    test_samples: usize,
    /// Steps done.
    done: usize,
    theta: Vec<f32>,
    /// What the workers send, `[n, d]`: the honest ones' momenta, then the Byzantine vectors.
    rows: Vec<f32>,
    flipped: Option<Vec<f32>>,
    aggregate: Vec<f32>,
    /// Sum and number of the losses since the last evaluation.
    losses: (f64, usize),
    last: Option<Last>,
    spent: Spent,
    indices: Vec<usize>,
    images: Vec<f32>,
    labels: Vec<u8>,
}

/// What is known of the last step.
struct Last {
    trace: Trace,
    tau: Option<f64>,
}

impl<'a> State<'a> {
    fn new(run: &'a ValidRun, dataset: &'a data::Dataset) -> Result<Self, TrainError> {
        let spec = run.spec();
        if dataset.name != spec.dataset {
            let (expected, found) = (spec.dataset, dataset.name);
            return Err(TrainError::Dataset { expected, found });
        }
        let shape = dataset.shape;
        let found = [shape.channels, shape.height, shape.width];
        let expected = spec.model.input();
        if found != expected {
            return Err(TrainError::Shape {
                model: spec.model,
                expected,
                found,
            });
        }
        let first = |asked: Option<usize>, all: usize| asked.unwrap_or(all).min(all);
        let labels = &dataset.train.labels()[..first(spec.train_samples, dataset.train.len())];
        let mut rng = stream(spec.seed, Purpose::Partition, 0, 0);
        let parts = spec
            .partition
            .split(labels, dataset.classes, spec.honest, &mut rng)
            .map_err(|source| TrainError::Partition {
                seed: spec.seed,
                source,
            })?;
        let batches = (0..)
            .zip(parts)
            .map(|(worker, part)| Batches::new(part, spec.seed, worker));

        let model = spec.model.model();
        let mut rng = stream(spec.seed, Purpose::Initialisation, 0, 0);
        let theta = model.initialise(spec.init_scale, &mut rng);
        let attack = run.attack()?;
        let (d, samples) = (theta.len(), spec.honest * spec.batch);
        let needs_flipped = attack.as_ref().is_some_and(|attack| attack.needs_flipped());
        Ok(Self {
            spec,
            dataset,
            engine: device::engine(spec.device, model)?,
            pipeline: run.pipeline()?,
            attack,
            batches: batches.collect(),
            test_samples: first(spec.test_samples, dataset.test.len()),
            done: 0,
            rows: vec![0.0; (spec.honest + spec.f) * d],
            flipped: needs_flipped.then(|| vec![0.0; d]),
            aggregate: vec![0.0; d],
            theta,
            losses: (0.0, 0),
            last: None,
            spent: Spent::default(),
            indices: vec![0; samples],
            images: vec![0.0; samples * shape.len()],
            labels: vec![0; samples],
        })
    }

    fn step(&mut self) -> Result<StepTime, TrainError> {
        let (spec, d) = (self.spec, self.theta.len());
        let start = Instant::now();
        self.draw();
        self.gradients()?;
        let computed = Instant::now();
        let seed = stream(spec.seed, Purpose::Bucketing, 0, self.done as u64).next_u64();
        let round = Round { f: spec.f, seed };
        let (honest, byzantine) = self.rows.split_at_mut(spec.honest * d);
        let honest = Gradients::new(honest, spec.honest, d)?;
        let viewed = Instant::now();
        let mut tau = None;
        if let Some(attack) = &mut self.attack {
            let view = View {
                honest: &honest,
                flipped: self.flipped.as_deref(),
                pipeline: &self.pipeline,
                round,
            };
            let mut rng = stream(spec.seed, Purpose::Attack, 0, self.done as u64);
            tau = attack.forge(&view, &mut rng, byzantine)?.tau;
        }
        let forged = Instant::now();
        let sent = honest.with_rows(byzantine)?;
        let trace = self.pipeline.aggregate(&sent, round, &mut self.aggregate)?;
        self.last = Some(Last { trace, tau });
        let aggregated = Instant::now();
        self.update();
        self.done += 1;
        Ok(StepTime {
            gradients: computed - start,
            attack: forged - viewed,
            aggregation: (viewed - computed) + (aggregated - forged),
            update: aggregated.elapsed(),
        })
    }

    /// Every honest worker's mini-batch of this step.
    fn draw(&mut self) {
        let spec = self.spec;
        let augmentation = Augmentation::of(spec.dataset);
        let pixels = spec.batch * self.dataset.shape.len();
        let workers = self
            .batches
            .iter_mut()
            .zip(self.indices.chunks_exact_mut(spec.batch));
        for ((worker, (batches, indices)), images) in
            (0..).zip(workers).zip(self.images.chunks_exact_mut(pixels))
        {
            batches.draw(self.done, indices);
            let mut rng = stream(spec.seed, Purpose::Augmentation, worker, self.done as u64);
            self.dataset
                .train
                .fill_augmented(indices, augmentation, &mut rng, images);
        }
        for (label, &index) in self.labels.iter_mut().zip(&self.indices) {
            *label = self.dataset.train.labels()[index];
        }
    }

    /// Adds the gradients to the honest workers' momenta.
    fn gradients(&mut self) -> Result<(), TrainError> {
        let (spec, d) = (self.spec, self.theta.len());
        let honest = &mut self.rows[..spec.honest * d];
        let (keep, scale) = (spec.momentum as f32, (1.0 - spec.momentum) as f32);
        let batch = Batch {
            images: &self.images,
            labels: &self.labels,
            workers: spec.honest,
            size: spec.batch,
            seed: spec.seed,
            step: self.done as u64,
        };
        let rows = Rows {
            values: honest,
            keep,
            scale,
        };
        let loss = self
            .engine
            .gradients(&self.theta, &batch, rows, self.flipped.as_deref_mut())?;
        self.losses = (self.losses.0 + loss, self.losses.1 + 1);
        if spec.weight_decay_at == WeightDecayAt::Worker && spec.weight_decay > 0.0 {
            let factor = scale * spec.weight_decay as f32;
            for row in honest.chunks_exact_mut(d) {
                row.iter_mut()
                    .zip(&self.theta)
                    .for_each(|(m, theta)| *m += factor * theta);
            }
        }
        Ok(())
    }

    /// The server's step.
    fn update(&mut self) {
        let spec = self.spec;
        let decays = spec
            .learning_rate_milestones
            .iter()
            .filter(|&&at| self.done >= at)
            .count();
        let decay = spec
            .learning_rate_factor
            .powi(i32::try_from(decays).unwrap_or(i32::MAX));
        let rate = (spec.learning_rate * decay) as f32;
        let lambda = match spec.weight_decay_at {
            WeightDecayAt::Server => spec.weight_decay as f32,
            WeightDecayAt::Worker => 0.0,
        };
        for (theta, aggregate) in self.theta.iter_mut().zip(&self.aggregate) {
            *theta -= rate * (aggregate + lambda * *theta);
        }
    }

    fn vectors(&self) -> Vectors<'_> {
        let (honest, byzantine) = self.rows.split_at(self.spec.honest * self.theta.len());
        Vectors {
            theta: &self.theta,
            honest,
            byzantine,
            aggregate: &self.aggregate,
        }
    }

    fn checkpoint(&self, clock: &Clock, evaluations: &[Evaluation]) -> Checkpoint {
        Checkpoint {
            done: self.done,
            seconds: clock.seconds(),
            spent: self.spent,
            evaluations: evaluations.to_vec(),
            losses: self.losses,
            theta: Floats(self.theta.clone()),
            momenta: Floats(self.rows[..self.spec.honest * self.theta.len()].to_vec()),
            statistics: Floats(self.engine.running_statistics().to_vec()),
            memory: self
                .attack
                .as_ref()
                .map_or_else(Vec::new, |attack| attack.memory()),
        }
    }

    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let honest = self.spec.honest * self.theta.len();
        overwrite("parameters", &mut self.theta, &checkpoint.theta.0)?;
        overwrite("momenta", &mut self.rows[..honest], &checkpoint.momenta.0)?;
        let statistics = self.engine.running_statistics_mut();
        overwrite("running statistics", statistics, &checkpoint.statistics.0)?;
        if let Some(attack) = &mut self.attack {
            attack.restore(&checkpoint.memory)?;
        }
        if checkpoint.done >= self.spec.steps {
            return Err(TrainError::Checkpoint {
                what: "steps",
                found: checkpoint.done,
                expected: self.spec.steps,
            });
        }
        (self.done, self.losses) = (checkpoint.done, checkpoint.losses);
        self.spent = checkpoint.spent;
        Ok(())
    }

    fn evaluate(&mut self, clock: &Clock) -> Result<Evaluation, TrainError> {
        let score = self
            .engine
            .evaluate(&self.theta, &self.dataset.test, self.test_samples)?;
        let finite = |value: f64| value.is_finite().then_some(value);
        let (sum, count) = std::mem::take(&mut self.losses);
        let honest = self.spec.honest;
        let clipped = self
            .last
            .as_ref()
            .filter(|last| last.trace.clip_threshold.is_some());
        let clipped = clipped.map(|last| {
            let (honest, byzantine) = last.trace.clipped.split_at(honest);
            let count = |clipped: &[bool]| clipped.iter().filter(|&&clipped| clipped).count();
            (count(honest), count(byzantine))
        });
        Ok(Evaluation {
            step: self.done,
            test_accuracy: score.accuracy,
            test_loss: finite(score.loss),
            train_loss: finite(sum / count as f64),
            clip_threshold: self
                .last
                .as_ref()
                .and_then(|last| last.trace.clip_threshold),
            clipped_honest: clipped.map(|(honest, _)| honest),
            clipped_byzantine: clipped.map(|(_, byzantine)| byzantine),
            aggregate_error: self
                .last
                .as_ref()
                .and_then(|_| finite(self.aggregate_error())),
            tau: self.last.as_ref().and_then(|last| last.tau),
            seconds: clock.seconds(),
            spent: Some(self.spent),
        })
    }

    /// ‖F(..) − mean of the honest vectors‖ at the last step.
    fn aggregate_error(&self) -> f64 {
        let (d, honest) = (self.theta.len(), self.spec.honest);
        let squares = self
            .aggregate
            .iter()
            .enumerate()
            .map(|(column, &aggregate)| {
                let sum: f64 = (0..honest)
                    .map(|worker| f64::from(self.rows[worker * d + column]))
                    .sum();
                (f64::from(aggregate) - sum / honest as f64).powi(2)
            });
        squares.sum::<f64>().sqrt()
    }
}

fn overwrite(what: &'static str, values: &mut [f32], by: &[f32]) -> Result<(), TrainError> {
    if values.len() != by.len() {
        return Err(TrainError::Checkpoint {
            what,
            found: by.len(),
            expected: values.len(),
        });
    }
    values.copy_from_slice(by);
    Ok(())
}
