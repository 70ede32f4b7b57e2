//! What settings, attacks and pipelines are called and look like in figures.

use data::partition::Partition;
use repro::plot::Style;

use crate::grid::{Axis, Cell, Experiment};

pub fn name(axis: &Axis) -> &str {
    match axis {
        Axis::Partition => "heterogeneity",
        Axis::F => "Byzantine workers f",
        Axis::InitScale => "scale of the initial parameters",
        Axis::Parameter(key) => match key.as_str() {
            "clip.c" => "static clipping threshold C",
            "arc.k" => "number of clipped vectors k",
            key => key,
        },
    }
}

/// All values of a setting, in the order of the file, each once.
pub fn values(axis: &Axis, experiment: &Experiment) -> Vec<String> {
    let Experiment {
        partitions,
        f,
        init_scale,
        pipelines,
        ..
    } = experiment;
    match axis {
        Axis::Partition => partitions.iter().map(partition_name).collect(),
        Axis::F => f.0.iter().map(ToString::to_string).collect(),
        Axis::InitScale => init_scale.0.iter().map(ToString::to_string).collect(),
        Axis::Parameter(key) => {
            let mut values: Vec<String> = Vec::new();
            for value in pipelines
                .iter()
                .filter_map(|pipeline| pipeline.params.get(key))
            {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            values
        }
    }
}

/// The cell's value of a setting; none where it has no such setting: the baseline has no Byzantine
/// workers at any f, and not every pipeline has every parameter.
pub fn coordinate(axis: &Axis, cell: &Cell) -> Option<String> {
    match axis {
        Axis::Partition => Some(partition_name(&cell.partition)),
        Axis::F => (!cell.is_dsgd()).then(|| cell.f.to_string()),
        Axis::InitScale => Some(cell.init_scale.to_string()),
        Axis::Parameter(key) => cell.params.get(key).cloned(),
    }
}

/// As papers write it.
fn partition_name(partition: &Partition) -> String {
    match partition {
        Partition::Dirichlet { alpha, .. } => format!("α = {alpha}"),
        Partition::Similarity { gamma } => format!("γ = {gamma}"),
        Partition::Extreme | Partition::Iid => partition.name().to_owned(),
    }
}

/// A setting with its value, for a panel's title.
pub fn setting(axis: &Axis, value: &str) -> String {
    match axis {
        Axis::Partition => value.to_owned(),
        Axis::F => format!("f = {value}"),
        Axis::InitScale | Axis::Parameter(_) => format!("{} = {value}", name(axis)),
    }
}

/// The attack, and the settings of which the experiment has several.
pub fn title(cell: &Cell, experiment: &Experiment) -> String {
    let mut title = vec![attack_title(&cell.attack)];
    title.extend(spanned(cell, experiment));
    title.join(", ")
}

/// The cell's values of the settings of which the experiment has several.
pub fn spanned(cell: &Cell, experiment: &Experiment) -> Vec<String> {
    let axes = [Axis::Partition, Axis::F, Axis::InitScale];
    let several = axes
        .iter()
        .filter(|axis| values(axis, experiment).len() > 1);
    several
        .filter_map(|axis| Some(setting(axis, &coordinate(axis, cell)?)))
        .collect()
}

/// The attack's full name; an optimised τ is how FOE and ALIE are meant, other parameters are shown.
pub fn attack_title(attack: &str) -> String {
    let (name, params) = attack.split_once(' ').unwrap_or((attack, ""));
    let name = match name {
        "sf" => "sign flipping",
        "lf" => "label flipping",
        "foe" => "fall of empires",
        "alie" => "a little is enough",
        other => other,
    };
    match params {
        "" | "(tau=optimal)" | "(worker=heuristic)" => name.to_owned(),
        params => format!("{name} {params}"),
    }
}

/// The cell without what tells pipelines apart.
pub fn without_pipeline(cell: &Cell) -> Cell {
    Cell {
        stages: String::new(),
        params: Default::default(),
        pipeline: String::new(),
        label: String::new(),
        ..cell.clone()
    }
}

/// The same pipeline looks the same in every figure; one with other parameters is a variant of it.
pub fn style(cell: &Cell, experiment: &Experiment) -> Style {
    if cell.is_dsgd() {
        return Style::of_pipeline("dsgd");
    }
    let same = experiment
        .pipelines
        .iter()
        .filter(|pipeline| pipeline.stages == cell.stages);
    let variant = same
        .take_while(|pipeline| pipeline.name() != cell.pipeline)
        .count();
    Style::of_pipeline(&cell.stages).variant(variant)
}
