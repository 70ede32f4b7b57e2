//! From aggregated results to figures.

mod clipping;
mod curves;
mod names;
mod overhead;
pub mod style;
mod worst_case;

pub use names::partition_name;

use std::path::Path;

use charts::{Bubble, Figure, Panel, Point, Series, Style};
use polars::prelude::DataFrame;

use crate::error::Error;
use crate::grid::{Grid, View};
use crate::results::files::write_atomically;

/// The experiment's figure, from all of its evaluations.
pub fn experiment(grid: &Grid, evaluations: &DataFrame) -> Result<Figure, Error> {
    let panels = match &grid.experiment.view {
        View::Curves => curves::panels(grid, evaluations)?,
        View::WorstCase { against, panels } => {
            worst_case::panels(grid, evaluations, against, panels.as_ref())?
        }
        View::Clipping => clipping::panels(grid, evaluations)?,
        View::Overhead => overhead::panels(grid, evaluations)?,
    };
    let columns = match panels.len() {
        4 => 2,
        panels => panels.min(3),
    };
    Ok(Figure {
        // A figure of the stand-in must not be taken for one of CIFAR-10.
        title: (grid.experiment.dataset == data::Name::Cifar10Jpeg)
            .then(|| "cifar10-jpeg, a stand-in for CIFAR-10".to_owned()),
        columns,
        panels,
    })
}

/// Each worker's samples of each class.
pub fn partition(counts: &[Vec<usize>]) -> Figure {
    let classes = counts.first().map_or(0, Vec::len);
    let names = |count: usize| (0..count).map(|index| index.to_string());
    let bubbles = counts.iter().enumerate().flat_map(|(worker, counts)| {
        counts
            .iter()
            .enumerate()
            .map(move |(class, &count)| Bubble {
                x: worker as f64,
                y: class as f64,
                count: count as f64,
            })
    });
    let mut panel = Panel::new(
        charts::Axis::categories("honest worker", names(counts.len())),
        charts::Axis::categories("class", names(classes)),
    );
    panel
        .series
        .push(Series::bubbles("samples", Style::nth(0), bubbles.collect()));
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

/// Writes the figure in the format of the path's extension.
pub fn save(figure: &Figure, path: &Path) -> Result<(), Error> {
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => charts::svg(figure)?.into_bytes(),
        Some("png") => charts::png(figure)?,
        _ => {
            return Err(Error::Argument {
                argument: path.display().to_string(),
                problem: "figures are written as .svg or .png".to_owned(),
            });
        }
    };
    write_atomically(path, &bytes)
}

const PERCENT: f64 = 100.0;

/// Per cell, mean and deviation against the step, times `scale`.
fn lines(frame: &DataFrame, scale: f64, cells: usize) -> Result<Vec<Vec<Point>>, Error> {
    let steps = frame.column("step")?.u64()?.clone();
    let steps = steps
        .iter()
        .map(|step| step.map_or(f64::NAN, |step| step as f64));
    let points: Vec<_> = steps
        .zip(points(frame, scale)?)
        .map(|(x, point)| Point { x, ..point })
        .collect();
    let each = points.len() / cells;
    Ok(points.chunks(each).map(<[Point]>::to_vec).collect())
}

/// Mean and deviation of each row, times `scale`; the place on the x axis is left to the caller.
fn points(frame: &DataFrame, scale: f64) -> Result<Vec<Point>, Error> {
    let (means, deviations) = (frame.column("mean")?.f64()?, frame.column("std")?.f64()?);
    let scaled = |value: Option<f64>| scale * value.unwrap_or(f64::NAN);
    let rows = means.iter().zip(deviations.iter());
    Ok(rows
        .map(|(mean, std)| Point::new(f64::NAN, scaled(mean)).spread(scaled(std)))
        .collect())
}

fn accuracy_axis(of: &str) -> charts::Axis {
    charts::Axis::linear(format!("{of} (%)")).within(0.0, 100.0)
}
