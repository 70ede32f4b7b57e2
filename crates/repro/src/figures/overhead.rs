//! What the parts of a step take.

use charts::{Panel, Point, Series, Style};
use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use super::names::style;
use super::{PERCENT, Show, accuracy_axis, lines};
use crate::error::Error;
use crate::experiment::Grid;
use crate::results::aggregate;

/// Accuracy against time, and the parts of a step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overhead {}

impl Show for Overhead {
    fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error> {
        aggregate::overhead(evaluations)
    }

    /// Accuracy against the time that training took, without evaluations, and the parts of a step.
    fn panels(&self, grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
        let cells = grid.cells();
        let of_steps = |column: &str, scale| {
            lines(
                &aggregate::by_step(evaluations, column)?,
                scale,
                cells.len(),
            )
        };
        let accuracies = of_steps("test_accuracy", PERCENT)?;
        let parts = aggregate::PARTS
            .iter()
            .map(|part| of_steps(&format!("{part}_seconds"), 1.0))
            .collect::<Result<Vec<_>, _>>()?;

        let mut accuracy = Panel::new(
            charts::Axis::linear("training time (s)"),
            accuracy_axis("test accuracy"),
        );
        for (index, (cell, line)) in cells.iter().zip(&accuracies).enumerate() {
            let at = |step: usize| parts.iter().map(|part| part[index][step].y).sum();
            let line = line.iter().enumerate();
            let line = line.map(|(step, point)| Point {
                x: at(step),
                ..*point
            });
            accuracy.series.push(Series::line(
                &cell.pipeline.label,
                style(cell, &grid.experiment)?,
                line.collect(),
            ));
        }

        let labels = cells.iter().map(|cell| cell.pipeline.label.clone());
        let mut bars = Panel::new(
            charts::Axis::categories("", labels),
            charts::Axis::linear("time per step (ms)"),
        );
        let steps = grid.experiment.steps as f64;
        for ((index, name), part) in aggregate::PARTS.into_iter().enumerate().zip(&parts) {
            let milliseconds = part.iter().enumerate().map(|(cell, line)| {
                let last = line.last().copied().unwrap_or(Point::new(0.0, f64::NAN));
                let scale = 1000.0 / steps;
                Point {
                    x: cell as f64,
                    y: last.y * scale,
                    low: last.low * scale,
                    high: last.high * scale,
                }
            });
            bars.series.push(Series::bars(
                name,
                Style::nth(index),
                milliseconds.collect(),
            ));
        }
        Ok(vec![accuracy, bars])
    }

    fn shows_time(&self) -> bool {
        true
    }
}
