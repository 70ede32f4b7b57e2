//! From all evaluations of a grid to the cells of its table and the lines of its figure.

use data::partition::Partition;
use polars::prelude::*;
use training::Evaluation;

use crate::error::Error;
use crate::grid::{Cell, Grid, View};
use crate::results::store::Record;

/// The columns before and behind the coordinates, which tell cells apart.
const AROUND_COORDINATES: [&str; 2] = ["dataset", "seed"];

/// The coordinates among the columns of the evaluations, or of the runs.
fn coordinates(frame: &DataFrame) -> Vec<&str> {
    let [before, behind] = AROUND_COORDINATES;
    let names = frame
        .get_column_names()
        .into_iter()
        .map(|name| name.as_str());
    let from_dataset = names.skip_while(|name| *name != before);
    from_dataset
        .skip(1)
        .take_while(|name| *name != behind)
        .collect()
}

/// The parameters of partitions that are coordinates: those that a scheme requires, and those that a
/// partition of this grid sets.
fn partition_parameters(grid: &Grid) -> Vec<&'static str> {
    let is_set = |key: &str| {
        let mut cells = grid.runs.iter().map(|run| &run.cell);
        cells.any(|cell| partition_parameter(cell, key).is_some())
    };
    let mut keys = Vec::new();
    for parameter in Partition::SCHEMES
        .iter()
        .flat_map(|scheme| scheme.parameters)
    {
        let required = parameter.default.is_none();
        if (required || is_set(parameter.key)) && !keys.contains(&parameter.key) {
            keys.push(parameter.key);
        }
    }
    keys
}

fn partition_parameter(cell: &Cell, key: &str) -> Option<f64> {
    let parameters = cell.partition.parameters().into_iter();
    parameters
        .filter(|(name, _)| *name == key)
        .map(|(_, value)| value)
        .next()
}

/// One row per run and evaluation, in the order of the grid: everything else is made from it.
/// `records` are the grid's, in its order.
pub fn evaluations(grid: &Grid, records: &[Record]) -> Result<DataFrame, Error> {
    let rows: Vec<(&Cell, &Record, &Evaluation)> = grid
        .runs
        .iter()
        .zip(records)
        .flat_map(|(run, record)| {
            record
                .evaluations
                .iter()
                .map(move |evaluation| (&run.cell, record, evaluation))
        })
        .collect();
    macro_rules! column {
        ($name:expr, |$cell:pat_param, $record:pat_param, $evaluation:pat_param| $value:expr) => {{
            let values = rows.iter().map(|&($cell, $record, $evaluation)| $value);
            Column::new($name.into(), values.collect::<Vec<_>>())
        }};
    }
    let id = grid.experiment.id.to_string();
    let mut columns = vec![
        column!("experiment", |_, _, _| id.as_str()),
        column!("dataset", |_, record, _| record.spec.dataset.as_str()),
        column!("partition", |cell, _, _| cell.partition.name()),
    ];
    for key in partition_parameters(grid) {
        columns.push(column!(key, |cell, _, _| partition_parameter(cell, key)));
    }
    columns.extend([
        column!("honest", |cell, _, _| cell.honest as u64),
        column!("f", |cell, _, _| cell.f as u64),
        column!("pipeline", |cell, _, _| cell.pipeline.name()),
        column!("attack", |cell, _, _| cell.attack_name()),
        column!("init_scale", |cell, _, _| cell.init_scale),
        column!("seed", |_, record, _| record.spec.seed),
        column!("step", |_, _, evaluation| evaluation.step as u64),
        column!("test_accuracy", |_, _, evaluation| evaluation.test_accuracy),
        column!("test_loss", |_, _, evaluation| evaluation.test_loss),
        column!("train_loss", |_, _, evaluation| evaluation.train_loss),
        column!("clip_threshold", |_, _, evaluation| evaluation
            .clip_threshold),
        column!("clipped_honest", |_, _, evaluation| {
            evaluation.clipped_honest.map(|clipped| clipped as u64)
        }),
        column!("clipped_byzantine", |_, _, evaluation| {
            evaluation.clipped_byzantine.map(|clipped| clipped as u64)
        }),
        column!("aggregate_error", |_, _, evaluation| evaluation
            .aggregate_error),
        column!("tau", |_, _, evaluation| evaluation.tau),
        column!("seconds", |_, _, evaluation| evaluation.seconds),
        column!("gradient_seconds", |_, _, evaluation| {
            evaluation.spent.map(|spent| spent.gradients)
        }),
        column!("attack_seconds", |_, _, evaluation| {
            evaluation.spent.map(|spent| spent.attack)
        }),
        column!("aggregation_seconds", |_, _, evaluation| {
            evaluation.spent.map(|spent| spent.aggregation)
        }),
        column!("update_seconds", |_, _, evaluation| {
            evaluation.spent.map(|spent| spent.update)
        }),
    ]);
    Ok(DataFrame::new(rows.len(), columns)?)
}

/// What the figures of clipping show, and the measures in its table.
pub const CLIPPING: [&str; 3] = ["clip_threshold", "clipped_honest", "clipped_byzantine"];

/// The parts of a step whose time is kept.
pub const PARTS: [&str; 4] = ["gradient", "attack", "aggregation", "update"];

/// The table of the figure: one row per cell, with its coordinates, then `mean, std, seeds` over
/// the seeds, the deviation being the sample's (n − 1) and empty for one seed.
///
/// - For curves, each cell has two rows: its `maximal` accuracy over the evaluations, and the
///   `final` one. For the overhead, they are followed by the mean milliseconds per step of each
///   part, which depend on the machine.
/// - For clipping, each cell has three: threshold and numbers of clipped vectors, each the mean
///   over the evaluations.
/// - For the worst case (`docs/paper.md`, section 3): per attack and seed the maximal accuracy; the
///   mean over the seeds; then the least over the attacks, the `worst_attack`.
pub fn table(view: &View, evaluations: &DataFrame) -> Result<DataFrame, Error> {
    let runs = runs(evaluations)?;
    match view {
        View::Curves => measures(&runs, &["maximal", "final"]),
        View::Clipping => measures(&runs, &CLIPPING),
        View::Overhead => {
            let mut table = measures(&runs, &["maximal", "final"])?;
            for part in PARTS {
                let name = format!("{part}_ms");
                let mut of = measures(&runs, &[&name, &name])?;
                table.with_column(of.drop_in_place("mean")?.with_name(name.into()))?;
            }
            Ok(table)
        }
        View::WorstCase { .. } => worst_case(&runs),
    }
}

/// One row per run, with everything that tables show of it. A run's evaluations follow each other,
/// from step 0 on.
fn runs(evaluations: &DataFrame) -> Result<DataFrame, Error> {
    let steps = numbers(evaluations, "step")?;
    let begins = |&(_, step): &(usize, Option<f64>)| step.is_some_and(|step| step <= 0.0);
    let starts: Vec<usize> = steps
        .iter()
        .enumerate()
        .filter(begins)
        .map(|(row, _)| row)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([evaluations.height()]);
    let spans: Vec<_> = starts.iter().copied().zip(ends).collect();
    let each = |column: &str, of: fn(&Float64Chunked) -> Option<f64>| -> PolarsResult<Vec<_>> {
        let values = numbers(evaluations, column)?;
        let run = |&(start, end): &(usize, usize)| of(&values.slice(start as i64, end - start));
        Ok(spans.iter().map(run).collect())
    };
    let first: Vec<_> = starts.iter().map(|&row| row as IdxSize).collect();
    let mut runs = evaluations
        .select(identity(evaluations))?
        .take(&IdxCa::from_vec("run".into(), first))?;
    let last = |values: &Float64Chunked| values.last();
    runs.with_column(Column::new(
        "maximal".into(),
        each("test_accuracy", ChunkAgg::max)?,
    ))?;
    runs.with_column(Column::new("final".into(), each("test_accuracy", last)?))?;
    for measure in CLIPPING {
        let means = each(measure, ChunkAgg::mean)?;
        runs.with_column(Column::new(measure.into(), means))?;
    }
    let steps = each("step", last)?;
    for part in PARTS {
        let seconds = each(&format!("{part}_seconds"), last)?;
        let milliseconds = seconds.iter().zip(&steps);
        let milliseconds: Vec<_> = milliseconds
            .map(|(seconds, steps)| Some(1000.0 * (*seconds)? / (*steps)?))
            .collect();
        runs.with_column(Column::new(format!("{part}_ms").into(), milliseconds))?;
    }
    Ok(runs)
}

/// The columns that tell runs apart: dataset, coordinates and seed.
fn identity(frame: &DataFrame) -> Vec<&str> {
    let [before, behind] = AROUND_COORDINATES;
    let coordinates = coordinates(frame).into_iter();
    std::iter::once(before)
        .chain(coordinates)
        .chain([behind])
        .collect()
}

/// All cells, with `mean, std, seeds` of one measure.
///
/// # Errors
/// If a cell doesn't have one run per seed: then runs differ in a setting that is no coordinate, and
/// their mean would be of different things.
fn cells(runs: &DataFrame, measure: &str) -> Result<DataFrame, Error> {
    let coordinates = coordinates(runs);
    let cells = over_seeds(runs, &coordinates, measure)?;
    let seeds = runs.column("seed")?.n_unique()?;
    let counts = cells.column("seeds")?.u64()?;
    let wrong = counts.iter().position(|runs| runs != Some(seeds as u64));
    let Some(row) = wrong else {
        return Ok(cells);
    };
    let mut cell = Vec::new();
    for name in coordinates {
        cell.push(format!("{name} {}", cells.column(name)?.get(row)?));
    }
    Err(Error::Cell {
        cell: cell.join(", "),
        runs: counts.get(row).unwrap_or_default(),
        seeds,
    })
}

/// Per measure, in their order, all cells.
fn measures(runs: &DataFrame, measures: &[&str]) -> Result<DataFrame, Error> {
    let mut table = DataFrame::empty();
    for &measure in measures {
        let mut cells = cells(runs, measure)?;
        let column = Column::new("measure".into(), vec![measure; cells.height()]);
        cells.insert_column(coordinates(runs).len(), column)?;
        table = match table.height() == 0 {
            true => cells,
            false => table.vstack(&cells)?,
        };
    }
    Ok(table)
}

fn worst_case(runs: &DataFrame) -> Result<DataFrame, Error> {
    let cells = cells(runs, "maximal")?;
    let coordinates = coordinates(runs).into_iter();
    let setting: Vec<_> = coordinates.filter(|&name| name != "attack").collect();
    let mut table = cells.group_by_stable(setting)?.apply(|attacks| {
        let means = attacks.column("mean")?.f64()?;
        let worst = means
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.unwrap_or(f64::NAN).total_cmp(&b.unwrap_or(f64::NAN)));
        Ok(attacks.slice(worst.map_or(0, |(row, _)| row as i64), 1))
    })?;
    let attack = table
        .drop_in_place("attack")?
        .with_name("worst_attack".into());
    table.with_column(attack)?;
    Ok(table)
}

/// A figure's lines: per cell and step, `mean, std, seeds` of this column of the evaluations.
pub fn by_step(evaluations: &DataFrame, value: &str) -> Result<DataFrame, Error> {
    let by = [coordinates(evaluations).as_slice(), &["step"]].concat();
    over_seeds(evaluations, &by, value)
}

/// As [`by_step`], at every `span`th step the mean over the steps since the one before.
pub fn by_window(evaluations: &DataFrame, value: &str, span: u64) -> Result<DataFrame, Error> {
    let steps = evaluations.column("step")?.u64()?;
    let last = steps.max().unwrap_or(0);
    let ends = steps.iter().flatten();
    let ends: Vec<_> = ends
        .map(|step| (step.div_ceil(span) * span).min(last))
        .collect();
    let mut windows = evaluations.clone();
    windows.with_column(Column::new("step".into(), ends))?;
    let by_run = [identity(&windows).as_slice(), &["step"]].concat();
    let mut means = over_seeds(&windows, &by_run, value)?;
    means.rename("mean", value.into())?;
    by_step(&means, value)
}

/// One row per group, with `mean, std, seeds` of `value` over its rows, which differ in the seed;
/// in a window, in the step.
fn over_seeds(frame: &DataFrame, by: &[&str], value: &str) -> Result<DataFrame, Error> {
    let rows = frame.group_by_stable(by.iter().copied())?.apply(|group| {
        let values = numbers(&group, value)?;
        let mut row = group.slice(0, 1).select(by.iter().copied())?;
        row.with_column(Column::new("mean".into(), [values.mean()]))?;
        row.with_column(Column::new("std".into(), [values.std(1)]))?;
        row.with_column(Column::new("seeds".into(), [values.len() as u64]))?;
        Ok(row)
    })?;
    Ok(rows)
}

/// A column of numbers, whatever their type.
fn numbers(frame: &DataFrame, name: &str) -> PolarsResult<Float64Chunked> {
    Ok(frame.column(name)?.cast(&DataType::Float64)?.f64()?.clone())
}
