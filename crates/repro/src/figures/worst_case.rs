//! Worst-case maximal accuracy against a setting.

use charts::{Panel, Point, Series};
use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use super::axis::Axis;
use super::names::style;
use super::{PERCENT, Show, accuracy_axis, points, worst_cells};
use crate::error::Error;
use crate::experiment::{Cell, Experiment, Grid};
use crate::results::aggregate;

/// Worst-case maximal accuracy against a setting, one panel per value of another one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorstCase {
    against: Axis,
    panels: Option<Axis>,
}

impl Show for WorstCase {
    fn check(&self, experiment: &Experiment) -> Result<(), String> {
        self.against.check(experiment)?;
        self.panels
            .as_ref()
            .map_or(Ok(()), |axis| axis.check(experiment))
    }

    fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error> {
        aggregate::worst_case(evaluations)
    }

    fn panels(&self, grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
        let points = points(&aggregate::worst_case(evaluations)?, PERCENT)?;
        let cells = worst_cells(grid);
        let positions = self.against.values(&grid.experiment);
        let panel_values = match &self.panels {
            None => vec![None],
            Some(axis) => {
                let values = axis.values(&grid.experiment).into_iter();
                values.map(|value| Some((axis, value))).collect()
            }
        };
        let mut drawn = Vec::new();
        for panel_value in &panel_values {
            let mut panel = Panel::new(
                self.x_axis(&positions),
                accuracy_axis("worst-case maximal accuracy"),
            );
            panel.title = panel_value
                .as_ref()
                .map(|(axis, value)| axis.setting(value));
            let mut series: Vec<(&str, &Cell, Vec<Point>)> = Vec::new();
            for (cell, point) in cells.iter().zip(&points) {
                if let Some((axis, value)) = panel_value
                    && !axis.includes(value, cell)
                {
                    continue;
                }
                for (index, position) in positions.iter().enumerate() {
                    if !self.against.includes(position, cell) {
                        continue;
                    }
                    let x = match self.against {
                        Axis::Parameter(_) => position.parse().unwrap_or(f64::NAN),
                        Axis::Partition | Axis::F | Axis::InitScale => index as f64,
                    };
                    let (point, label) = (Point { x, ..*point }, self.line_label(cell));
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
}

impl WorstCase {
    fn x_axis(&self, positions: &[String]) -> charts::Axis {
        let label = self.against.label();
        match self.against {
            // At a few values, methods beside each other don't hide each other's error bars.
            Axis::Partition | Axis::F | Axis::InitScale => {
                charts::Axis::categories(label, positions.iter().cloned())
            }
            Axis::Parameter(_) => {
                let numbers = positions.iter().filter_map(|text| text.parse::<f64>().ok());
                let low = numbers.clone().fold(f64::MAX, f64::min);
                let high = numbers.fold(0.0, f64::max);
                // Values that span orders of magnitude need a logarithmic axis.
                if low > 0.0 && high / low >= 100.0 {
                    charts::Axis::log(label)
                } else {
                    charts::Axis::linear(label)
                }
            }
        }
    }

    /// The values of a parameter are the points of one line: `C = 2` and `C = 20` are on `C`.
    fn line_label<'a>(&self, cell: &'a Cell) -> &'a str {
        let label = &cell.pipeline.label;
        let without = match self.against {
            Axis::Parameter(_) => {
                let value = self.against.coordinate(cell);
                value.and_then(|value| label.strip_suffix(&format!(" = {value}")))
            }
            Axis::Partition | Axis::F | Axis::InitScale => None,
        };
        without.unwrap_or(label)
    }
}
