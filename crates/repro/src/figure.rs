//! From aggregated results to figures.

use std::path::Path;

use polars::prelude::DataFrame;
use repro::plot::{self, Bubble, Figure, Panel, Point, Series, Style};

use crate::error::Error;
use crate::grid::{Axis, Cell, Experiment, Grid, View};
use crate::results::aggregate;
use crate::results::files::write_atomically;

/// The experiment's figure, from all of its evaluations.
pub fn experiment(grid: &Grid, evaluations: &DataFrame) -> Result<Figure, Error> {
    let panels = match grid.experiment.view {
        View::Curves => curves(grid, evaluations)?,
        View::WorstCase { against, panels } => worst_case(grid, evaluations, against, panels)?,
    };
    let columns = match panels.len() {
        4 => 2,
        panels => panels.min(3),
    };
    Ok(Figure {
        title: None,
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
        plot::Axis::categories("honest worker", names(counts.len())),
        plot::Axis::categories("class", names(classes)),
    );
    panel.series.push(Series::bubbles(
        "samples",
        Style::other(0),
        bubbles.collect(),
    ));
    Figure {
        title: None,
        columns: 1,
        panels: vec![panel],
    }
}

/// Writes the figure in the format of the path's extension.
pub fn save(figure: &Figure, path: &Path) -> Result<(), Error> {
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => plot::svg(figure)?.into_bytes(),
        Some("png") => plot::png(figure)?,
        _ => {
            return Err(Error::Argument {
                argument: path.display().to_string(),
                problem: "figures are written as .svg or .png".to_owned(),
            });
        }
    };
    write_atomically(path, &bytes)
}

/// Accuracy against step: one panel per attack, and per value of whatever else the grid spans.
fn curves(grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
    let frame = aggregate::curves(evaluations)?;
    let (steps, points) = (frame.column("step")?.u64()?.clone(), accuracies(&frame)?);
    let cells = grid.cells();
    let each = points.len() / cells.len();
    let lines: Vec<Vec<Point>> = points
        .chunks(each)
        .map(|line| {
            let steps = steps
                .iter()
                .map(|step| step.map_or(f64::NAN, |step| step as f64));
            steps
                .zip(line)
                .map(|(x, point)| Point { x, ..*point })
                .collect()
        })
        .collect();
    // Cells that differ in the pipeline alone share a panel.
    let panel_of = |cell: &Cell| Cell {
        stages: String::new(),
        pipeline: String::new(),
        label: String::new(),
        ..cell.clone()
    };
    let mut panels: Vec<(Cell, Panel)> = Vec::new();
    for cell in cells.iter().filter(|cell| !cell.is_dsgd()) {
        let of = panel_of(cell);
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
            if baseline || panel_of(cell) == *of {
                let style = style(cell, &grid.experiment);
                panel
                    .series
                    .push(Series::line(&cell.label, style, line.clone()));
            }
        }
    }
    Ok(panels.into_iter().map(|(_, panel)| panel).collect())
}

/// Worst-case maximal accuracy against a setting.
fn worst_case(
    grid: &Grid,
    evaluations: &DataFrame,
    against: Axis,
    panels: Option<Axis>,
) -> Result<Vec<Panel>, Error> {
    let points = accuracies(&aggregate::table(grid.experiment.view, evaluations)?)?;
    let without_attack = |cell: &Cell| Cell {
        attack: String::new(),
        ..cell.clone()
    };
    let mut cells: Vec<Cell> = Vec::new();
    for cell in grid.cells() {
        let cell = without_attack(cell);
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    let positions = values(against, &grid.experiment);
    let panel_values = panels.map_or(vec![None], |axis| {
        values(axis, &grid.experiment)
            .into_iter()
            .map(Some)
            .collect()
    });
    let mut drawn = Vec::new();
    for panel_value in &panel_values {
        let mut panel = Panel::new(
            x_axis(against, &positions),
            accuracy_axis("worst-case maximal accuracy"),
        );
        if let (Some(axis), Some(value)) = (panels, panel_value) {
            panel.title = Some(format!("{} = {value}", name(axis)));
        }
        let mut series: Vec<(&Cell, Vec<Point>)> = Vec::new();
        for (cell, point) in cells.iter().zip(&points) {
            // The baseline has no Byzantine workers, and so belongs to every f.
            let has = |axis: Axis, value: &str| {
                axis == Axis::F && cell.is_dsgd() || coordinate(axis, cell) == *value
            };
            if let (Some(axis), Some(value)) = (panels, panel_value)
                && !has(axis, value)
            {
                continue;
            }
            for (index, position) in positions.iter().enumerate() {
                if !has(against, position) {
                    continue;
                }
                let x = match against {
                    Axis::Partition => index as f64,
                    Axis::F | Axis::InitScale => position.parse().unwrap_or(f64::NAN),
                };
                let point = Point { x, ..*point };
                match series.iter_mut().find(|(of, _)| of.label == cell.label) {
                    Some((_, line)) => line.push(point),
                    None => series.push((cell, vec![point])),
                }
            }
        }
        for (cell, line) in series {
            panel.series.push(Series::joined(
                &cell.label,
                style(cell, &grid.experiment),
                line,
            ));
        }
        drawn.push(panel);
    }
    Ok(drawn)
}

/// Mean and deviation of each row, in percent; the place on the x axis is left to the caller.
fn accuracies(frame: &DataFrame) -> Result<Vec<Point>, Error> {
    let (means, deviations) = (frame.column("mean")?.f64()?, frame.column("std")?.f64()?);
    let percent = |value: Option<f64>| 100.0 * value.unwrap_or(f64::NAN);
    let rows = means.iter().zip(deviations.iter());
    Ok(rows
        .map(|(mean, std)| Point::new(f64::NAN, percent(mean)).spread(percent(std)))
        .collect())
}

fn accuracy_axis(of: &str) -> plot::Axis {
    plot::Axis::linear(format!("{of} (%)")).within(0.0, 100.0)
}

fn x_axis(axis: Axis, positions: &[String]) -> plot::Axis {
    match axis {
        Axis::Partition => plot::Axis::categories(name(axis), positions.iter().cloned()),
        Axis::F | Axis::InitScale => plot::Axis::linear(name(axis)),
    }
}

fn name(axis: Axis) -> &'static str {
    match axis {
        Axis::Partition => "heterogeneity",
        Axis::F => "f",
        Axis::InitScale => "scale of the initial parameters",
    }
}

/// All values of a setting, in the order of the file.
fn values(axis: Axis, experiment: &Experiment) -> Vec<String> {
    match axis {
        Axis::Partition => experiment
            .partitions
            .iter()
            .map(ToString::to_string)
            .collect(),
        Axis::F => experiment.f.0.iter().map(ToString::to_string).collect(),
        Axis::InitScale => experiment
            .init_scale
            .0
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

fn coordinate(axis: Axis, cell: &Cell) -> String {
    match axis {
        Axis::Partition => cell.partition.to_string(),
        Axis::F => cell.f.to_string(),
        Axis::InitScale => cell.init_scale.to_string(),
    }
}

/// The attack, and the settings of which the experiment has several.
fn title(cell: &Cell, experiment: &Experiment) -> String {
    let (attack, params) = cell.attack.split_once(' ').unwrap_or((&cell.attack, ""));
    let attack = match attack {
        "sf" => "sign flipping",
        "lf" => "label flipping",
        "foe" => "fall of empires",
        "alie" => "a little is enough",
        other => other,
    };
    let mut title = format!("{attack} {params}").trim_end().to_owned();
    for axis in [Axis::Partition, Axis::F, Axis::InitScale] {
        if values(axis, experiment).len() > 1 {
            title += &format!(", {} {}", name(axis), coordinate(axis, cell));
        }
    }
    title
}

/// The same pipeline looks the same in every figure; one with other parameters is a variant of it.
fn style(cell: &Cell, experiment: &Experiment) -> Style {
    if cell.is_dsgd() {
        return Style::of_pipeline("dsgd");
    }
    let same = experiment
        .pipelines
        .iter()
        .filter(|pipeline| pipeline.stages == cell.stages);
    let variant = same
        .take_while(|pipeline| pipeline.name() != cell.pipeline)
        .count();
    Style::of_pipeline(&cell.stages).variant(variant)
}
