//! What clipping does at each step.

use charts::{Panel, Series, Style};
use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use super::names::spanned;
use super::{Show, lines};
use crate::error::Error;
use crate::experiment::{Cell, Experiment, Grid};
use crate::results::aggregate;

/// The clipping threshold, and how many vectors are clipped, against the step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clipping {}

impl Show for Clipping {
    fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error> {
        aggregate::measures(&aggregate::runs(evaluations)?, &aggregate::CLIPPING)
    }

    /// Threshold and numbers of clipped vectors against the step, one line per attack; a row of
    /// panels for each value of whatever else the grid spans. They jump from step to step: the
    /// points are means over a twentieth of the run.
    fn panels(&self, grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
        let cells = grid.cells();
        let every = grid.experiment.evaluate_every;
        let span = every * (grid.experiment.steps / every).div_ceil(20).max(1);
        let mut panels: Vec<(&Cell, [Panel; 3])> = Vec::new();
        for (index, measure) in aggregate::CLIPPING.into_iter().enumerate() {
            let means = aggregate::by_window(evaluations, measure, span as u64)?;
            for (cell, line) in cells.iter().zip(lines(&means, 1.0, cells.len())?) {
                // The baseline, and pipelines that don't clip.
                if line.iter().all(|point| point.y.is_nan()) {
                    continue;
                }
                let Some(attack) = &cell.attack else { continue };
                let mut rows = panels.iter();
                if rows.all(|(row, _)| !row.is_same_but_for_attack(cell)) {
                    panels.push((cell, clipping_row(cell, &grid.experiment, span)));
                }
                let mut attacks = grid.experiment.attacks.iter();
                let style = Style::nth(attacks.position(|other| other == attack).unwrap_or(0));
                let mut rows = panels.iter_mut();
                if let Some((_, row)) = rows.find(|(row, _)| row.is_same_but_for_attack(cell)) {
                    let series = Series::line(attack.title(), style, line.clone());
                    row[index].series.push(series);
                }
            }
        }
        Ok(panels.into_iter().flat_map(|(_, row)| row).collect())
    }
}

fn clipping_row(cell: &Cell, experiment: &Experiment, span: usize) -> [Panel; 3] {
    let mut settings = Vec::new();
    if experiment.pipelines.len() > 1 {
        settings.push(cell.pipeline.label.clone());
    }
    settings.extend(spanned(cell, experiment));
    let count = |of: &str, all: usize| {
        charts::Axis::linear(format!("clipped {of} vectors")).within(0.0, all as f64)
    };
    [
        charts::Axis::log("clipping threshold C"),
        count("honest", cell.honest),
        count("Byzantine", cell.f),
    ]
    .map(|y| {
        let x = charts::Axis::linear(format!("step (means over {span})"));
        let mut panel = Panel::new(x, y);
        panel.title = (!settings.is_empty()).then(|| settings.join(", "));
        panel
    })
}
