//! From an experiment to all of its runs, each an owned, checked value.

use std::collections::HashSet;

use data::partition::Partition;
use robust_core::Pipeline;
use robust_core::aggregators::Mean;
use sha2::{Digest, Sha256};
use training::{Device, RunSpec, SpecError, ValidRun};

use super::file::File;
use super::key::RunKey;
use super::methods::{AttackSpec, PipelineSpec};
use super::schema::{Experiment, Profile, Tolerance};
use crate::error::{Error, Located};

/// More runs than a lab can compute are a mistake in the file.
const MOST_RUNS: usize = 100_000;

/// All runs of an experiment at one profile, in the order of the file.
#[derive(Debug)]
pub struct Grid {
    /// What it is made from.
    pub experiment: Experiment,
    /// How much of the experiment it is.
    pub profile: Profile,
    /// The arguments that change the file's settings; then nothing that is made of the grid has the
    /// names of what is made of the file.
    pub changes: Vec<String>,
    /// What is allowed, but hardly meant: stages that change nothing.
    pub warnings: Vec<String>,
    /// The runs.
    pub runs: Vec<Run>,
}

/// One run of the grid.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its coordinates, but for the seed.
    pub cell: Cell,
    /// Its settings.
    pub run: ValidRun,
    /// Its identity.
    pub key: RunKey,
}

/// The coordinates of a run in its grid, but for the seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// How the samples are spread.
    pub partition: Partition,
    /// Number of honest workers.
    pub honest: usize,
    /// Number of Byzantine workers.
    pub f: usize,
    /// How the server aggregates.
    pub pipeline: PipelineSpec,
    /// None for the baseline.
    pub attack: Option<AttackSpec>,
    /// What the initial parameters are multiplied by.
    pub init_scale: f64,
}

impl Cell {
    /// Whether it is the baseline DSGD, which has no Byzantine workers at any f.
    pub fn is_dsgd(&self) -> bool {
        self.f == 0
    }

    /// The attack's name in tables.
    pub fn attack_name(&self) -> String {
        let attack = self.attack.as_ref();
        attack.map_or("none".to_owned(), AttackSpec::name)
    }

    /// Whether the cells differ in the pipeline at most.
    pub fn is_same_but_for_pipeline(&self, other: &Self) -> bool {
        let pipeline = self.pipeline.clone();
        *self
            == Self {
                pipeline,
                ..other.clone()
            }
    }

    /// Whether the cells differ in the attack at most.
    pub fn is_same_but_for_attack(&self, other: &Self) -> bool {
        let attack = self.attack.clone();
        *self
            == Self {
                attack,
                ..other.clone()
            }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            partition,
            honest,
            f,
            init_scale,
            ..
        } = self;
        let (pipeline, attack) = (self.pipeline.name(), self.attack_name());
        write!(
            out,
            "{partition}, {honest} honest + {f} Byzantine, {pipeline}, attack {attack}"
        )?;
        if init_scale.total_cmp(&1.0).is_ne() {
            write!(out, ", init_scale {init_scale}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}, seed {}", self.cell, self.run.spec().seed)
    }
}

impl Grid {
    /// The name of its figure: the experiment's, the profile's unless it is the paper's, and what
    /// tells other settings from the file's.
    pub fn figure_name(&self) -> String {
        self.profile.figure_name(&self.experiment.id.to_string()) + &self.suffix()
    }

    /// What the names of its tables and figures end in: nothing for the file as it stands, else a
    /// hyphen and eight digits that stand for the changes.
    pub fn suffix(&self) -> String {
        if self.changes.is_empty() {
            return String::new();
        }
        let sum = Sha256::digest(self.changes.join(" "));
        let digits = sum[..4].iter().map(|byte| format!("{byte:02x}"));
        format!("-{}", digits.collect::<String>())
    }

    /// The cells in the order of the runs, each once.
    pub fn cells(&self) -> Vec<&Cell> {
        let mut cells: Vec<_> = self.runs.iter().map(|run| &run.cell).collect();
        // A cell's runs, its seeds, follow each other.
        cells.dedup();
        cells
    }

    /// Expands the experiment and checks every run, before the first one starts.
    ///
    /// # Errors
    /// All settings that no run can have, each with its line and key; a grid with two equal runs.
    pub fn expand(file: File, device: Device) -> Result<Self, Error> {
        let experiment = &file.experiment;
        let mut problems = check_lists(&file)?;
        if let Err(problem) = device.check() {
            problems.push(Located {
                place: format!("--device {device}"),
                problem: problem.to_string(),
            });
        }
        let mut said = HashSet::new();
        let mut runs = Vec::new();
        for cell in cells(experiment) {
            for &seed in &experiment.seeds {
                match cell.run(experiment, seed, device) {
                    Ok(run) => runs.push(run),
                    Err(errors) => {
                        for error in errors {
                            let (key, text) = (file_key(error.setting()), error.to_string());
                            // Most are wrong in many cells.
                            if said.insert((key, text.clone())) {
                                let problem = format!("{text} (in {cell}, seed {seed})");
                                problems.push(file.located(key, problem));
                            }
                        }
                    }
                }
            }
        }
        let mut labels = HashSet::from([DSGD]);
        for PipelineSpec { label, .. } in &experiment.pipelines {
            if !labels.insert(label) {
                let problem = format!("label `{label}` is taken: labels tell lines apart");
                problems.push(file.located("pipelines", problem));
            }
        }
        let mut warnings = Vec::new();
        for (pipeline, honest, f) in methods(&runs) {
            let idle = pipeline.pipeline.idle_stages(honest + f, f);
            for (stage, why) in idle.unwrap_or_default() {
                let name = pipeline.name();
                warnings.push(format!(
                    "stage `{stage}` of `{name}` changes nothing: {why}"
                ));
            }
        }
        let Tolerance {
            accuracy,
            threshold,
            vectors,
            ..
        } = experiment.tolerance;
        for (key, value, most) in [
            ("tolerance.accuracy", accuracy, 1.0),
            ("tolerance.threshold", threshold, 1.0),
            ("tolerance.vectors", vectors, f64::MAX),
        ] {
            if !(0.0..=most).contains(&value) {
                let most = if most > 1.0 { "∞)" } else { "1]" };
                let problem = format!("{value}, but must be in [0, {most}");
                problems.push(file.located(key, problem));
            }
        }
        if let Err(problem) = experiment.view.check(experiment) {
            problems.push(file.located("view", problem));
        }
        if !problems.is_empty() {
            return Err(Error::Experiment(problems));
        }
        Ok(Self {
            profile: file.profile(),
            changes: file.changes(),
            warnings,
            experiment: file.experiment,
            runs,
        })
    }
}

/// Each pipeline with its numbers of honest and Byzantine workers, once. Without Byzantine workers
/// clipping has nothing to do, and that is no mistake.
fn methods(runs: &[Run]) -> Vec<(&PipelineSpec, usize, usize)> {
    let mut methods = Vec::new();
    for Run { cell, .. } in runs {
        let method = (&cell.pipeline, cell.honest, cell.f);
        if cell.f > 0 && !methods.contains(&method) {
            methods.push(method);
        }
    }
    methods
}

/// Lists that are empty or have a value twice; an error if there would be too many runs.
fn check_lists(file: &File) -> Result<Vec<Located>, Error> {
    fn written<T: ToString>(values: &[T]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }
    let experiment = &file.experiment;
    let pipelines = experiment.pipelines.iter().map(PipelineSpec::name);
    let attacks = experiment.attacks.iter().map(AttackSpec::name);
    let lists = [
        ("partitions", written(&experiment.partitions)),
        ("f", written(&experiment.f.0)),
        ("init_scale", written(&experiment.init_scale.0)),
        ("pipelines", pipelines.collect()),
        ("attacks", attacks.collect()),
        ("seeds", written(&experiment.seeds)),
    ];
    let mut sizes = lists.iter().map(|(_, values)| values.len());
    let size = sizes.try_fold(1_usize, usize::checked_mul);
    if size.is_none_or(|size| size > MOST_RUNS) {
        let sizes = lists
            .iter()
            .map(|(key, values)| format!("{} {key}", values.len()));
        let sizes: Vec<_> = sizes.collect();
        let problem = format!("{} are more than {MOST_RUNS} runs", sizes.join(" × "));
        return Err(file.located("seeds", problem).into());
    }
    let mut problems = Vec::new();
    for (key, values) in lists {
        if values.is_empty() {
            problems.push(file.located(key, "the list is empty: give at least one"));
        }
        let mut there = HashSet::new();
        if let Some(twice) = values.iter().find(|value| !there.insert(*value)) {
            problems.push(file.located(key, format!("`{twice}` is there twice")));
        }
    }
    Ok(problems)
}

/// The baseline's name.
const DSGD: &str = "DSGD";

fn cells(experiment: &Experiment) -> Vec<Cell> {
    let baseline = experiment.dsgd.then(|| {
        let pipeline = PipelineSpec {
            label: DSGD.to_owned(),
            pipeline: Pipeline::from(Mean),
        };
        (0, pipeline, None)
    });
    let mut methods: Vec<_> = baseline.into_iter().collect();
    for &f in &experiment.f.0 {
        for pipeline in &experiment.pipelines {
            for attack in &experiment.attacks {
                methods.push((f, pipeline.clone(), Some(attack.clone())));
            }
        }
    }
    let mut cells = Vec::new();
    for &partition in &experiment.partitions {
        for &init_scale in &experiment.init_scale.0 {
            for (f, pipeline, attack) in &methods {
                cells.push(Cell {
                    partition,
                    honest: experiment.honest,
                    f: *f,
                    pipeline: pipeline.clone(),
                    attack: attack.clone(),
                    init_scale,
                });
            }
        }
    }
    cells
}

impl Cell {
    fn run(
        &self,
        experiment: &Experiment,
        seed: u64,
        device: Device,
    ) -> Result<Run, Vec<SpecError>> {
        let optimiser = &experiment.optimiser;
        let spec = RunSpec {
            dataset: experiment.dataset,
            train_samples: experiment.train_samples,
            test_samples: experiment.test_samples,
            augmentation: experiment.augmentation(),
            partition: self.partition,
            honest: self.honest,
            f: self.f,
            pipeline: self.pipeline.pipeline.clone(),
            attack: self.attack.as_ref().map(|attack| attack.0.clone()),
            model: experiment.model,
            init_scale: self.init_scale,
            batch: optimiser.batch,
            steps: experiment.steps,
            learning_rate: optimiser.learning_rate,
            learning_rate_milestones: optimiser.milestones.clone(),
            learning_rate_factor: optimiser.factor,
            momentum: optimiser.momentum,
            weight_decay: optimiser.weight_decay,
            weight_decay_at: optimiser.weight_decay_at,
            evaluate_every: experiment.evaluate_every,
            seed,
            device,
        };
        let key = RunKey::new(&spec);
        Ok(Run {
            cell: self.clone(),
            run: ValidRun::check(spec)?,
            key,
        })
    }
}

/// What experiment files call a setting of a run.
fn file_key(setting: &'static str) -> &'static str {
    match setting {
        "batch" => "optimiser.batch",
        "learning_rate" => "optimiser.learning_rate",
        "learning_rate_milestones" => "optimiser.milestones",
        "learning_rate_factor" => "optimiser.factor",
        "momentum" => "optimiser.momentum",
        "weight_decay" => "optimiser.weight_decay",
        "partition" => "partitions",
        "pipeline" | "pipeline_params" => "pipelines",
        "attack" | "attack_params" => "attacks",
        same => same,
    }
}
