//! From aggregated results to figures.

use std::path::Path;

use data::partition::Partition;
use polars::prelude::DataFrame;
use repro::plot::{self, Bubble, Figure, Panel, Point, Series, Style};

use crate::error::Error;
use crate::grid::{AttackSpec, Axis, Cell, Experiment, Grid, View};
use crate::results::aggregate;
use crate::results::files::write_atomically;

/// The experiment's figure, from all of its evaluations.
pub fn experiment(grid: &Grid, evaluations: &DataFrame) -> Result<Figure, Error> {
    let panels = match &grid.experiment.view {
        View::Curves => curves(grid, evaluations)?,
        View::WorstCase { against, panels } => {
            worst_case(grid, evaluations, against, panels.as_ref())?
        }
        View::Clipping => clipping(grid, evaluations)?,
        View::Overhead => overhead(grid, evaluations)?,
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
    let cells = grid.cells();
    let lines = lines(evaluations, "test_accuracy", PERCENT, cells.len())?;
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

/// Worst-case maximal accuracy against a setting.
fn worst_case(
    grid: &Grid,
    evaluations: &DataFrame,
    against: &Axis,
    panels: Option<&Axis>,
) -> Result<Vec<Panel>, Error> {
    let frame = aggregate::table(&grid.experiment.view, evaluations)?;
    let points = points(&frame, PERCENT)?;
    let mut cells: Vec<Cell> = Vec::new();
    for cell in grid.cells() {
        let cell = Cell {
            attack: String::new(),
            ..cell.clone()
        };
        if !cells.contains(&cell) {
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
                    Axis::Partition => index as f64,
                    _ => position.parse().unwrap_or(f64::NAN),
                };
                let (point, label) = (Point { x, ..*point }, line_label(against, cell));
                match series.iter_mut().find(|(of, ..)| *of == label) {
                    Some((.., line)) => line.push(point),
                    None => series.push((label, cell, vec![point])),
                }
            }
        }
        for (label, cell, line) in series {
            let style = style(cell, &grid.experiment);
            panel.series.push(Series::joined(label, style, line));
        }
        drawn.push(panel);
    }
    Ok(drawn)
}

/// Threshold and numbers of clipped vectors against the step, one line per attack; a row of panels
/// for each value of whatever else the grid spans.
fn clipping(grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
    let cells = grid.cells();
    let mut panels: Vec<(Cell, [Panel; 3])> = Vec::new();
    for (index, measure) in aggregate::CLIPPING.into_iter().enumerate() {
        for (cell, line) in cells
            .iter()
            .zip(lines(evaluations, measure, 1.0, cells.len())?)
        {
            // The baseline, and pipelines that don't clip.
            if line.iter().all(|point| point.y.is_nan()) {
                continue;
            }
            let of = Cell {
                attack: String::new(),
                ..(*cell).clone()
            };
            if panels.iter().all(|(row, _)| *row != of) {
                panels.push((of.clone(), clipping_row(cell, &grid.experiment)));
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

fn clipping_row(cell: &Cell, experiment: &Experiment) -> [Panel; 3] {
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
        let mut panel = Panel::new(plot::Axis::linear("step"), y);
        panel.title = (!settings.is_empty()).then(|| settings.join(", "));
        panel
    })
}

/// Accuracy against the time that training took, without evaluations, and the parts of a step.
fn overhead(grid: &Grid, evaluations: &DataFrame) -> Result<Vec<Panel>, Error> {
    let cells = grid.cells();
    let accuracies = lines(evaluations, "test_accuracy", PERCENT, cells.len())?;
    let parts = aggregate::PARTS
        .iter()
        .map(|part| lines(evaluations, &format!("{part}_seconds"), 1.0, cells.len()))
        .collect::<Result<Vec<_>, _>>()?;

    let mut accuracy = Panel::new(
        plot::Axis::linear("training time (s)"),
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
            &cell.label,
            style(cell, &grid.experiment),
            line.collect(),
        ));
    }

    let labels = cells.iter().map(|cell| cell.label.clone());
    let mut bars = Panel::new(
        plot::Axis::categories("", labels),
        plot::Axis::linear("time per step (ms)"),
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
            Style::other(index),
            milliseconds.collect(),
        ));
    }
    Ok(vec![accuracy, bars])
}

const PERCENT: f64 = 100.0;

/// Per cell, a column of the evaluations against the step: mean and deviation, times `scale`.
fn lines(
    evaluations: &DataFrame,
    column: &str,
    scale: f64,
    cells: usize,
) -> Result<Vec<Vec<Point>>, Error> {
    let frame = aggregate::by_step(evaluations, column)?;
    let steps = frame.column("step")?.u64()?.clone();
    let steps = steps
        .iter()
        .map(|step| step.map_or(f64::NAN, |step| step as f64));
    let points: Vec<_> = steps
        .zip(points(&frame, scale)?)
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

fn accuracy_axis(of: &str) -> plot::Axis {
    plot::Axis::linear(format!("{of} (%)")).within(0.0, 100.0)
}

fn x_axis(axis: &Axis, positions: &[String]) -> plot::Axis {
    match axis {
        Axis::Partition => plot::Axis::categories(name(axis), positions.iter().cloned()),
        Axis::F | Axis::InitScale => plot::Axis::linear(name(axis)),
        Axis::Parameter(_) => {
            let numbers = || positions.iter().filter_map(|text| text.parse::<f64>().ok());
            let (low, high) = (
                numbers().fold(f64::MAX, f64::min),
                numbers().fold(0.0, f64::max),
            );
            // Values that span orders of magnitude need a logarithmic axis.
            match low > 0.0 && high / low >= 100.0 {
                true => plot::Axis::log(name(axis)),
                false => plot::Axis::linear(name(axis)),
            }
        }
    }
}

fn name(axis: &Axis) -> &str {
    match axis {
        Axis::Partition => "heterogeneity",
        Axis::F => "Byzantine workers f",
        Axis::InitScale => "scale of the initial parameters",
        Axis::Parameter(key) => match key.as_str() {
            "clip.c" => "static clipping threshold C",
            "arc.k" => "number of clipped vectors k",
            key => key,
        },
    }
}

/// All values of a setting, in the order of the file, each once.
fn values(axis: &Axis, experiment: &Experiment) -> Vec<String> {
    let Experiment {
        partitions,
        f,
        init_scale,
        pipelines,
        ..
    } = experiment;
    match axis {
        Axis::Partition => partitions.iter().map(partition_name).collect(),
        Axis::F => f.0.iter().map(ToString::to_string).collect(),
        Axis::InitScale => init_scale.0.iter().map(ToString::to_string).collect(),
        Axis::Parameter(key) => {
            let mut values: Vec<String> = Vec::new();
            for value in pipelines
                .iter()
                .filter_map(|pipeline| pipeline.params.get(key))
            {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            values
        }
    }
}

/// The cell's value of a setting; none where it has no such setting: the baseline has no Byzantine
/// workers at any f, and not every pipeline has every parameter.
fn coordinate(axis: &Axis, cell: &Cell) -> Option<String> {
    match axis {
        Axis::Partition => Some(partition_name(&cell.partition)),
        Axis::F => (!cell.is_dsgd()).then(|| cell.f.to_string()),
        Axis::InitScale => Some(cell.init_scale.to_string()),
        Axis::Parameter(key) => cell.params.get(key).cloned(),
    }
}

/// As papers write it.
fn partition_name(partition: &Partition) -> String {
    match partition {
        Partition::Dirichlet { alpha, .. } => format!("α = {alpha}"),
        Partition::Similarity { gamma } => format!("γ = {gamma}"),
        Partition::Extreme | Partition::Iid => partition.name().to_owned(),
    }
}

/// A setting with its value, for a panel's title.
fn setting(axis: &Axis, value: &str) -> String {
    match axis {
        Axis::Partition => value.to_owned(),
        Axis::F => format!("f = {value}"),
        Axis::InitScale | Axis::Parameter(_) => format!("{} = {value}", name(axis)),
    }
}

/// The values of a parameter are the points of one line: `C = 2` and `C = 20` are on `C`.
fn line_label<'a>(against: &Axis, cell: &'a Cell) -> &'a str {
    let value = match against {
        Axis::Parameter(key) => cell.params.get(key),
        _ => None,
    };
    let without = value.and_then(|value| cell.label.strip_suffix(&format!(" = {value}")));
    without.unwrap_or(&cell.label)
}

/// The attack, and the settings of which the experiment has several.
fn title(cell: &Cell, experiment: &Experiment) -> String {
    let mut title = vec![attack_title(&cell.attack)];
    title.extend(spanned(cell, experiment));
    title.join(", ")
}

/// The cell's values of the settings of which the experiment has several.
fn spanned(cell: &Cell, experiment: &Experiment) -> Vec<String> {
    let axes = [Axis::Partition, Axis::F, Axis::InitScale];
    let several = axes
        .iter()
        .filter(|axis| values(axis, experiment).len() > 1);
    several
        .filter_map(|axis| Some(setting(axis, &coordinate(axis, cell)?)))
        .collect()
}

/// The attack's full name; an optimised τ is how FOE and ALIE are meant, other parameters are shown.
fn attack_title(attack: &str) -> String {
    let (name, params) = attack.split_once(' ').unwrap_or((attack, ""));
    let name = match name {
        "sf" => "sign flipping",
        "lf" => "label flipping",
        "foe" => "fall of empires",
        "alie" => "a little is enough",
        other => other,
    };
    match params {
        "" | "(tau=optimal)" | "(worker=heuristic)" => name.to_owned(),
        params => format!("{name} {params}"),
    }
}

/// The cell without what tells pipelines apart.
fn without_pipeline(cell: &Cell) -> Cell {
    Cell {
        stages: String::new(),
        params: Default::default(),
        pipeline: String::new(),
        label: String::new(),
        ..cell.clone()
    }
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
