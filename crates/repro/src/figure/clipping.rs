//! What clipping does at each step.

use polars::prelude::DataFrame;
use repro::plot::{self, Panel, Series, Style};

use super::lines;
use super::names::{attack_title, spanned};
use crate::error::Error;
use crate::grid::{AttackSpec, Cell, Experiment, Grid};
use crate::results::aggregate;

/// Threshold and numbers of clipped vectors against the step, one line per attack; a row of panels
/// for each value of whatever else the grid spans. They jump from step to step: the points are
/// means over a twentieth of the run.
pub fn panels(grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
    let cells = grid.cells();
    let every = grid.experiment.evaluate_every;
    let span = every * (grid.experiment.steps / every).div_ceil(20).max(1);
    let mut panels: Vec<(Cell, [Panel; 3])> = Vec::new();
    for (index, measure) in aggregate::CLIPPING.into_iter().enumerate() {
        let means = aggregate::by_window(evaluations, measure, span as u64)?;
        for (cell, line) in cells.iter().zip(lines(&means, 1.0, cells.len())?) {
            // The baseline, and pipelines that don't clip.
            if line.iter().all(|point| point.y.is_nan()) {
                continue;
            }
            let of = Cell {
                attack: String::new(),
                ..(*cell).clone()
            };
            if panels.iter().all(|(row, _)| *row != of) {
                panels.push((of.clone(), clipping_row(cell, &grid.experiment, span)));
            }
            let names = grid.experiment.attacks.iter().map(AttackSpec::name);
            let style = Style::other(names.take_while(|name| *name != cell.attack).count());
            for (_, row) in panels.iter_mut().filter(|(row, _)| *row == of) {
                row[index].series.push(Series::line(
                    attack_title(&cell.attack),
                    style,
                    line.clone(),
                ));
            }
        }
    }
    Ok(panels.into_iter().flat_map(|(_, row)| row).collect())
}

fn clipping_row(cell: &Cell, experiment: &Experiment, span: usize) -> [Panel; 3] {
    let mut settings = Vec::new();
    if experiment.pipelines.len() > 1 {
        settings.push(cell.label.clone());
    }
    settings.extend(spanned(cell, experiment));
    let count = |of: &str, all: usize| {
        plot::Axis::linear(format!("clipped {of} vectors")).within(0.0, all as f64)
    };
    [
        plot::Axis::log("clipping threshold C"),
        count("honest", cell.honest),
        count("Byzantine", cell.f),
    ]
    .map(|y| {
        let x = plot::Axis::linear(format!("step (means over {span})"));
        let mut panel = Panel::new(x, y);
        panel.title = (!settings.is_empty()).then(|| settings.join(", "));
        panel
    })
}
