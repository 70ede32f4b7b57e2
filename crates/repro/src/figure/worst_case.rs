//! Worst-case maximal accuracy against a setting.

use charts::{Panel, Point, Series};
use polars::prelude::DataFrame;

use super::names::{coordinate, name, setting, style, values};
use super::{PERCENT, accuracy_axis, points};
use crate::error::Error;
use crate::grid::{Axis, Cell, Grid};
use crate::results::aggregate;

/// Worst-case maximal accuracy against a setting.
pub fn panels(
    grid: &Grid,
    evaluations: &DataFrame,
    against: &Axis,
    panels: Option<&Axis>,
) -> Result<Vec<Panel>, Error> {
    let frame = aggregate::table(&grid.experiment.view, evaluations)?;
    let points = points(&frame, PERCENT)?;
    let mut cells: Vec<&Cell> = Vec::new();
    for cell in grid.cells() {
        if cells
            .iter()
            .all(|other| !other.is_same_but_for_attack(cell))
        {
            cells.push(cell);
        }
    }
    let positions = values(against, &grid.experiment);
    let panel_values = panels.map_or(vec![None], |axis| {
        let values = values(axis, &grid.experiment);
        values
            .into_iter()
            .map(|value| Some((axis, value)))
            .collect()
    });
    let mut drawn = Vec::new();
    for panel_value in &panel_values {
        let mut panel = Panel::new(
            x_axis(against, &positions),
            accuracy_axis("worst-case maximal accuracy"),
        );
        panel.title = panel_value
            .as_ref()
            .map(|(axis, value)| setting(axis, value));
        let mut series: Vec<(&str, &Cell, Vec<Point>)> = Vec::new();
        for (cell, point) in cells.iter().zip(&points) {
            // A setting that a cell doesn't have is the same at each value.
            let has = |axis: &Axis, value: &String| {
                coordinate(axis, cell).is_none_or(|coordinate| coordinate == *value)
            };
            if let Some((axis, value)) = panel_value
                && !has(axis, value)
            {
                continue;
            }
            for (index, position) in positions.iter().enumerate() {
                if !has(against, position) {
                    continue;
                }
                let x = match against {
                    Axis::Parameter(_) => position.parse().unwrap_or(f64::NAN),
                    Axis::Partition | Axis::F | Axis::InitScale => index as f64,
                };
                let (point, label) = (Point { x, ..*point }, line_label(against, cell));
                match series.iter_mut().find(|(of, ..)| *of == label) {
                    Some((.., line)) => line.push(point),
                    None => series.push((label, cell, vec![point])),
                }
            }
        }
        for (label, cell, line) in series {
            let style = style(cell, &grid.experiment)?;
            panel.series.push(Series::joined(label, style, line));
        }
        drawn.push(panel);
    }
    Ok(drawn)
}

fn x_axis(axis: &Axis, positions: &[String]) -> charts::Axis {
    match axis {
        // At a few values, methods beside each other don't hide each other's error bars.
        Axis::Partition | Axis::F | Axis::InitScale => {
            charts::Axis::categories(name(axis), positions.iter().cloned())
        }
        Axis::Parameter(_) => {
            let numbers = || positions.iter().filter_map(|text| text.parse::<f64>().ok());
            let (low, high) = (
                numbers().fold(f64::MAX, f64::min),
                numbers().fold(0.0, f64::max),
            );
            // Values that span orders of magnitude need a logarithmic axis.
            match low > 0.0 && high / low >= 100.0 {
                true => charts::Axis::log(name(axis)),
                false => charts::Axis::linear(name(axis)),
            }
        }
    }
}

/// The values of a parameter are the points of one line: `C = 2` and `C = 20` are on `C`.
fn line_label<'a>(against: &Axis, cell: &'a Cell) -> &'a str {
    let label = &cell.pipeline.label;
    let without = match against {
        Axis::Parameter(_) => {
            coordinate(against, cell).and_then(|value| label.strip_suffix(&format!(" = {value}")))
        }
        Axis::Partition | Axis::F | Axis::InitScale => None,
    };
    without.unwrap_or(label)
}
