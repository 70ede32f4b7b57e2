//! From an experiment to all of its runs, each an owned, checked value.

use std::collections::{BTreeMap, HashSet};

use data::partition::Partition;
use training::{Device, RunSpec, SpecError, ValidRun};

use crate::error::Error;
use crate::grid::key::Key;
use crate::grid::load::File;
use crate::grid::schema::{AttackSpec, Axis, Experiment, PipelineSpec, Profile, View};

/// More runs than a lab can compute are a mistake in the file.
const MOST_RUNS: usize = 100_000;

/// All runs of an experiment at one profile, in the order of the file.
#[derive(Debug)]
pub struct Grid {
    pub experiment: Experiment,
    pub profile: Profile,
    pub runs: Vec<Run>,
}

/// One run of the grid.
#[derive(Debug, Clone)]
pub struct Run {
    pub cell: Cell,
    pub run: ValidRun,
    pub key: Key,
}

/// The coordinates of a run in its grid, but for the seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub partition: Partition,
    pub honest: usize,
    pub f: usize,
    pub stages: String,
    /// Parameters of the stages.
    pub params: BTreeMap<String, String>,
    /// The stages, with their parameters where there are any.
    pub pipeline: String,
    /// The pipeline's name in the legend.
    pub label: String,
    /// The attack, with its parameters where there are any.
    pub attack: String,
    pub init_scale: f64,
}

impl Cell {
    /// Whether it is the baseline DSGD, which has no Byzantine workers at any f.
    pub fn is_dsgd(&self) -> bool {
        self.f == 0
    }

    /// α of a Dirichlet partition.
    pub fn alpha(&self) -> Option<f64> {
        match self.partition {
            Partition::Dirichlet { alpha, .. } => Some(alpha),
            _ => None,
        }
    }

    /// γ of a similarity partition.
    pub fn gamma(&self) -> Option<f64> {
        match self.partition {
            Partition::Similarity { gamma } => Some(gamma),
            _ => None,
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            partition,
            honest,
            f,
            pipeline,
            attack,
            init_scale,
            ..
        } = self;
        write!(
            out,
            "{partition}, {honest} honest + {f} Byzantine, {pipeline}, attack {attack}"
        )?;
        match init_scale.total_cmp(&1.0).is_eq() {
            true => Ok(()),
            false => write!(out, ", init_scale {init_scale}"),
        }
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}, seed {}", self.cell, self.run.spec().seed)
    }
}

impl Grid {
    /// The cells in the order of the runs, each once.
    pub fn cells(&self) -> Vec<&Cell> {
        let mut cells: Vec<_> = self.runs.iter().map(|run| &run.cell).collect();
        // A cell's runs, its seeds, follow each other.
        cells.dedup();
        cells
    }

    /// Expands the experiment and checks every run, before the first one starts.
    pub fn expand(file: File, device: Device) -> Result<Self, Error> {
        let experiment = &file.experiment;
        let lists = [
            ("partitions", experiment.partitions.len()),
            ("f", experiment.f.0.len()),
            ("init_scale", experiment.init_scale.0.len()),
            ("pipelines", experiment.pipelines.len()),
            ("attacks", experiment.attacks.len()),
            ("seeds", experiment.seeds.len()),
        ];
        if let Some((key, _)) = lists.iter().find(|(_, len)| *len == 0) {
            return Err(file.error(key, "the list is empty: give at least one"));
        }
        let size = lists
            .iter()
            .try_fold(1_usize, |size, (_, len)| size.checked_mul(*len));
        if size.is_none_or(|size| size > MOST_RUNS) {
            let sizes: Vec<_> = lists
                .iter()
                .map(|(key, len)| format!("{len} {key}"))
                .collect();
            let problem = format!("{} are more than {MOST_RUNS} runs", sizes.join(" × "));
            return Err(file.error("seeds", problem));
        }
        let runs = cells(experiment)
            .into_iter()
            .flat_map(|cell| {
                experiment
                    .seeds
                    .iter()
                    .map(move |&seed| (cell.clone(), seed))
            })
            .map(|(settings, seed)| settings.run(&file, seed, device))
            .collect::<Result<Vec<_>, _>>()?;
        let mut names = HashSet::new();
        if let Some(twice) = runs.iter().find(|run| !names.insert(run.to_string())) {
            return Err(file.error("seeds", format!("the grid has this run twice: {twice}")));
        }
        let mut labels = HashSet::from([DSGD]);
        let mut pipelines = experiment.pipelines.iter();
        if let Some(twice) = pipelines.find(|pipeline| !labels.insert(pipeline.label.as_str())) {
            let problem = format!("label `{}` is taken: labels tell lines apart", twice.label);
            return Err(file.error("pipelines", problem));
        }
        if let View::WorstCase { against, panels } = &experiment.view {
            for axis in [Some(against), panels.as_ref()].into_iter().flatten() {
                let has = |key: &String| {
                    let mut pipelines = experiment.pipelines.iter();
                    pipelines.any(|pipeline| pipeline.params.contains_key(key))
                };
                if let Axis::Parameter(key) = axis
                    && !has(key)
                {
                    let problem = format!("no pipeline has the parameter `{key}`");
                    return Err(file.error("view", problem));
                }
            }
        }
        Ok(Self {
            profile: file.profile(),
            experiment: file.experiment,
            runs,
        })
    }
}

/// The baseline's name.
const DSGD: &str = "DSGD";

/// One cell with all that its runs share.
#[derive(Debug, Clone)]
struct Settings {
    cell: Cell,
    pipeline: PipelineSpec,
    attack: AttackSpec,
}

fn cells(experiment: &Experiment) -> Vec<Settings> {
    let baseline = experiment.dsgd.then(|| {
        let params = BTreeMap::new();
        let (label, stages) = (DSGD.to_owned(), "mean".to_owned());
        let pipeline = PipelineSpec {
            label,
            stages,
            params: params.clone(),
        };
        (
            0,
            pipeline,
            AttackSpec {
                attack: "none".to_owned(),
                params,
            },
        )
    });
    let mut methods: Vec<_> = baseline.into_iter().collect();
    for &f in &experiment.f.0 {
        for pipeline in &experiment.pipelines {
            for attack in &experiment.attacks {
                methods.push((f, pipeline.clone(), attack.clone()));
            }
        }
    }
    let mut cells = Vec::new();
    for &partition in &experiment.partitions {
        for &init_scale in &experiment.init_scale.0 {
            for (f, pipeline, attack) in &methods {
                let cell = Cell {
                    partition,
                    honest: experiment.honest,
                    f: *f,
                    stages: pipeline.stages.clone(),
                    params: pipeline.params.clone(),
                    pipeline: pipeline.name(),
                    label: pipeline.label.clone(),
                    attack: attack.name(),
                    init_scale,
                };
                cells.push(Settings {
                    cell,
                    pipeline: pipeline.clone(),
                    attack: attack.clone(),
                });
            }
        }
    }
    cells
}

impl Settings {
    fn run(self, file: &File, seed: u64, device: Device) -> Result<Run, Error> {
        let Experiment { optimiser, .. } = &file.experiment;
        let spec = RunSpec {
            dataset: file.experiment.dataset,
            train_samples: file.experiment.train_samples,
            test_samples: file.experiment.test_samples,
            partition: self.cell.partition,
            honest: self.cell.honest,
            f: self.cell.f,
            pipeline: self.pipeline.stages,
            pipeline_params: self.pipeline.params,
            attack: self.attack.attack,
            attack_params: self.attack.params,
            model: file.experiment.model,
            init_scale: self.cell.init_scale,
            batch: optimiser.batch,
            steps: file.experiment.steps,
            learning_rate: optimiser.learning_rate,
            learning_rate_milestones: optimiser.milestones.clone(),
            learning_rate_factor: optimiser.factor,
            momentum: optimiser.momentum,
            weight_decay: optimiser.weight_decay,
            weight_decay_at: optimiser.weight_decay_at,
            evaluate_every: file.experiment.evaluate_every,
            seed,
            device,
        };
        let (key, cell) = (Key::of(&spec), self.cell);
        let run = ValidRun::new(spec).map_err(|error| {
            file.error(
                setting_of(&error),
                format!("{error} (in {cell}, seed {seed})"),
            )
        })?;
        Ok(Run { cell, run, key })
    }
}

/// The setting of the experiment file that this error is about.
fn setting_of(error: &SpecError) -> &'static str {
    match error {
        SpecError::Zero(name) | SpecError::OutOfRange { name, .. } => match *name {
            "batch" => "optimiser.batch",
            "learning_rate" => "optimiser.learning_rate",
            "learning_rate_factor" => "optimiser.factor",
            "momentum" => "optimiser.momentum",
            "weight_decay" => "optimiser.weight_decay",
            name => name,
        },
        SpecError::Pipeline(robust_core::Error::TooManyByzantine { .. })
        | SpecError::AttackWithoutByzantine(_) => "f",
        SpecError::Pipeline(_) | SpecError::NoAggregator(_) => "pipelines",
        SpecError::Attack(_)
        | SpecError::ByzantineWithoutAttack(_)
        | SpecError::ParametersWithoutAttack => "attacks",
        SpecError::UnknownDevice(_) => "device",
    }
}
