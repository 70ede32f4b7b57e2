//! From aggregated results to figures: one file for each kind of view.

mod axis;
mod names;
mod places;
pub mod style;

use std::path::{Path, PathBuf};

use charts::{Bubble, Figure, Panel, Point, Series, Style};
pub use names::partition_name;
pub use places::label;
use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Error;
use crate::experiment::{Cell, Experiment, Grid};
use crate::results::files::write_atomically;

/// Declares the views: each has a module with a type of its name, which reads its settings, and is
/// a [`Show`]. Files call it by its name in lower case with hyphens.
macro_rules! views {
    ($($(#[doc = $doc:literal])+ $module:ident::$View:ident,)+) => {
        $(mod $module;)+

        /// What the figure shows.
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum View {
            $($(#[doc = $doc])+ $View($module::$View),)+
        }

        impl View {
            fn show(&self) -> &dyn Show {
                match self {
                    $(Self::$View(view) => view,)+
                }
            }
        }
    };
}

views! {
    /// Test accuracy against the step, one panel per attack.
    curves::Curves,
    /// Worst-case maximal accuracy (`docs/paper.md`, section 3) against a setting of the grid.
    worst_case::WorstCase,
    /// The clipping threshold C, and the numbers of clipped honest and Byzantine vectors, against
    /// the step, one line per attack.
    clipping::Clipping,
    /// Test accuracy against wall-clock time, and the time that each part of a step takes.
    overhead::Overhead,
    /// Worst-case maximal accuracy over two settings of the grid, a number in each cell.
    heatmap::Heatmap,
}

/// A kind of view.
trait Show {
    /// Whether the view's settings fit the experiment; if not, why.
    fn check(&self, _experiment: &Experiment) -> Result<(), String> {
        Ok(())
    }

    /// The table of what is shown, from all evaluations.
    fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error>;

    /// What is drawn.
    fn panels(&self, grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error>;

    /// Whether it shows how long runs took, which is another machine's for runs computed there.
    fn shows_time(&self) -> bool {
        false
    }
}

impl View {
    /// Whether the view's settings fit the experiment.
    ///
    /// # Errors
    /// Why they don't.
    pub fn check(&self, experiment: &Experiment) -> Result<(), String> {
        self.show().check(experiment)
    }

    /// The table of what is shown: a row per cell with its coordinates, then `mean, std, seeds`.
    ///
    /// # Errors
    /// [`Error::TwoRuns`] if runs differ in a setting that is no coordinate.
    pub fn table(&self, evaluations: &DataFrame) -> Result<DataFrame, Error> {
        self.show().table(evaluations)
    }

    /// Whether it shows how long runs took.
    #[must_use]
    pub fn shows_time(&self) -> bool {
        self.show().shows_time()
    }
}

/// The experiment's figure, from all of its evaluations.
///
/// # Errors
/// As [`View::table`]; if there are more methods than looks.
pub fn experiment(grid: &Grid, evaluations: &DataFrame) -> Result<Figure, Error> {
    let panels = grid.experiment.view.show().panels(grid, evaluations)?;
    let columns = match panels.len() {
        4 => 2,
        panels => panels.min(3),
    };
    Ok(Figure {
        title: title(grid),
        columns,
        panels,
    })
}

/// What must not be taken for something else says so.
fn title(grid: &Grid) -> Option<String> {
    let mut parts = Vec::new();
    if grid.experiment.dataset == data::Name::Cifar10Jpeg {
        parts.push("cifar10-jpeg, a stand-in for CIFAR-10".to_owned());
    }
    if !grid.changes.is_empty() {
        parts.push(format!("with {}", grid.changes.join(" ")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
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

/// Writes the figure as `NAME.svg` and `NAME.png` into the folder.
///
/// # Errors
/// As [`save`].
pub fn save_both(figure: &Figure, folder: &Path, name: &str) -> Result<[PathBuf; 2], Error> {
    let paths = ["svg", "png"].map(|extension| folder.join(format!("{name}.{extension}")));
    paths.iter().try_for_each(|path| save(figure, path))?;
    Ok(paths)
}

/// Writes the figure in the format of the path's extension.
///
/// # Errors
/// If the path ends in neither .svg nor .png; if the figure can't be drawn, or the file not be
/// written.
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

/// The cells of a table of worst cases, in its order.
fn worst_cells(grid: &Grid) -> Vec<&Cell> {
    let mut cells: Vec<&Cell> = Vec::new();
    for cell in grid.cells() {
        let mut others = cells.iter();
        if others.all(|other| !other.is_same_but_for_attack(cell)) {
            cells.push(cell);
        }
    }
    cells
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
