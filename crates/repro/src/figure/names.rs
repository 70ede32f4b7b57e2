//! What settings, attacks and pipelines are called and look like in figures.

use charts::Style;
use data::partition::Partition;

use super::style;
use crate::error::Error;
use crate::grid::{AttackSpec, Axis, Cell, Experiment};

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
            for pipeline in pipelines {
                let value = pipeline.pipeline.parameters().get(key).map(str::to_owned);
                values.extend(value.filter(|value| !values.contains(value)));
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
        Axis::Parameter(key) => {
            let parameters = cell.pipeline.pipeline.parameters();
            parameters.get(key).map(str::to_owned)
        }
    }
}

/// As papers write it: the parameter, or the name where there is none.
pub fn partition_name(partition: &Partition) -> String {
    let symbols = partition.description().parameters.iter();
    let symbols = symbols.filter_map(|parameter| Some((parameter.key, parameter.symbol?)));
    let set = partition.parameters();
    let values = symbols.filter_map(|(key, symbol)| {
        let (_, value) = set.iter().find(|(name, _)| *name == key)?;
        Some(format!("{symbol} = {value}"))
    });
    let values: Vec<String> = values.collect();
    match values.is_empty() {
        true => partition.name().to_owned(),
        false => values.join(", "),
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
    let attack = cell.attack.as_ref().map(AttackSpec::title);
    let title = attack.into_iter().chain(spanned(cell, experiment));
    let title: Vec<String> = title.collect();
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

/// The same method looks the same in every figure; one with other parameters is a variant of it.
pub fn style(cell: &Cell, experiment: &Experiment) -> Result<Style, Error> {
    if cell.is_dsgd() {
        return Ok(style::baseline());
    }
    style::pipeline(&cell.pipeline, &experiment.pipelines)
}
