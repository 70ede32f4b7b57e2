//! From an experiment to all of its runs, each an owned, checked value.

use std::collections::HashSet;

use data::partition::Partition;
use robust_core::Pipeline;
use robust_core::aggregators::Mean;
use training::{Device, RunSpec, ValidRun};

use crate::error::Error;
use crate::grid::key::Key;
use crate::grid::load::File;
use crate::grid::methods::{AttackSpec, PipelineSpec};
use crate::grid::schema::{Axis, Experiment, Profile, View};

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
    pub pipeline: PipelineSpec,
    /// None for the baseline.
    pub attack: Option<AttackSpec>,
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
            .map(|(cell, seed)| cell.run(&file, seed, device))
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
                    pipelines.any(|pipeline| pipeline.pipeline.parameters().get(key).is_some())
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
    fn run(self, file: &File, seed: u64, device: Device) -> Result<Run, Error> {
        let experiment = &file.experiment;
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
        let key = Key::of(&spec);
        let run = ValidRun::new(spec).map_err(|error| {
            let problem = format!("{error} (in {self}, seed {seed})");
            file.error(file_key(error.setting()), problem)
        })?;
        Ok(Run {
            cell: self,
            run,
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
