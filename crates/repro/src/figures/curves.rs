//! Test accuracy against the step.

use charts::{Panel, Series};
use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use super::names::{style, title};
use super::{PERCENT, Show, accuracy_axis, lines};
use crate::error::Error;
use crate::experiment::{Cell, Grid};
use crate::results::aggregate;

/// Test accuracy against the step, one panel per attack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Curves {}

impl Show for Curves {
    fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error> {
        aggregate::accuracies(evaluations)
    }

    /// Accuracy against step: one panel per attack, and per value of whatever else the grid spans.
    fn panels(&self, grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
        let cells = grid.cells();
        let accuracies = aggregate::by_step(evaluations, "test_accuracy")?;
        let lines = lines(&accuracies, PERCENT, cells.len())?;
        // Cells that differ in the pipeline alone share a panel.
        let mut panels: Vec<(&Cell, Panel)> = Vec::new();
        for cell in cells.iter().filter(|cell| !cell.is_dsgd()) {
            let mut others = panels.iter();
            if others.all(|(other, _)| !other.is_same_but_for_pipeline(cell)) {
                let mut panel =
                    Panel::new(charts::Axis::linear("step"), accuracy_axis("test accuracy"));
                panel.title = Some(title(cell, &grid.experiment));
                panels.push((cell, panel));
            }
        }
        for (first, panel) in &mut panels {
            for (cell, line) in cells.iter().zip(&lines) {
                let baseline = cell.is_dsgd()
                    && (cell.partition, cell.init_scale) == (first.partition, first.init_scale);
                if baseline || cell.is_same_but_for_pipeline(first) {
                    let style = style(cell, &grid.experiment)?;
                    let label = &cell.pipeline.label;
                    panel.series.push(Series::line(label, style, line.clone()));
                }
            }
        }
        Ok(panels.into_iter().map(|(_, panel)| panel).collect())
    }
}
