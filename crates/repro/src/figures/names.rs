//! What settings, attacks and pipelines are called and look like in figures.

use charts::Style;
use data::partition::Partition;

use super::axis::Axis;
use super::style;
use crate::error::Error;
use crate::experiment::{AttackSpec, Cell, Experiment};

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
    if values.is_empty() {
        return partition.name().to_owned();
    }
    values.join(", ")
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
    let several = axes.iter().filter(|axis| axis.values(experiment).len() > 1);
    several
        .filter_map(|axis| Some(axis.setting(&axis.coordinate(cell)?)))
        .collect()
}

/// The same method looks the same in every figure; one with other parameters is a variant of it.
pub fn style(cell: &Cell, experiment: &Experiment) -> Result<Style, Error> {
    if cell.is_dsgd() {
        return Ok(style::baseline());
    }
    style::pipeline(&cell.pipeline, &experiment.pipelines)
}
