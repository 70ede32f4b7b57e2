//! Test accuracy against the step.

use polars::prelude::DataFrame;
use repro::plot::{self, Panel, Series};

use super::names::{style, title, without_pipeline};
use super::{PERCENT, accuracy_axis, lines};
use crate::error::Error;
use crate::grid::{Cell, Grid};
use crate::results::aggregate;

/// Accuracy against step: one panel per attack, and per value of whatever else the grid spans.
pub fn panels(grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
    let cells = grid.cells();
    let accuracies = aggregate::by_step(evaluations, "test_accuracy")?;
    let lines = lines(&accuracies, PERCENT, cells.len())?;
    // Cells that differ in the pipeline alone share a panel.
    let mut panels: Vec<(Cell, Panel)> = Vec::new();
    for cell in cells.iter().filter(|cell| !cell.is_dsgd()) {
        let of = without_pipeline(cell);
        if panels.iter().all(|(panel, _)| *panel != of) {
            let mut panel = Panel::new(plot::Axis::linear("step"), accuracy_axis("test accuracy"));
            panel.title = Some(title(cell, &grid.experiment));
            panels.push((of, panel));
        }
    }
    for (of, panel) in &mut panels {
        for (cell, line) in cells.iter().zip(&lines) {
            let baseline = cell.is_dsgd()
                && (cell.partition, cell.init_scale) == (of.partition, of.init_scale);
            if baseline || without_pipeline(cell) == *of {
                let style = style(cell, &grid.experiment);
                panel
                    .series
                    .push(Series::line(&cell.label, style, line.clone()));
            }
        }
    }
    Ok(panels.into_iter().map(|(_, panel)| panel).collect())
}
