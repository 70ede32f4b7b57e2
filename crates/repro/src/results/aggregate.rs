//! From all evaluations of a grid to the cells of its table and the lines of its figure.

use data::partition::Partition;
use polars::prelude::*;
use training::{Evaluation, Spent};

use crate::error::Error;
use crate::experiment::{Cell, Grid};
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

/// The parameters of partitions that are coordinates: those that a scheme requires, and those that
/// a partition of this grid sets.
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

/// A run's evaluation: what a row of the evaluations is made from.
type Row<'a> = (&'a Cell, &'a Record, &'a Evaluation);

fn column<'a, T, P: ?Sized>(
    name: &str,
    rows: &[Row<'a>],
    value: impl Fn(&'a Cell, &'a Record, &'a Evaluation) -> T,
) -> Column
where
    Series: NamedFrom<Vec<T>, P>,
{
    let values = rows
        .iter()
        .map(|(cell, record, evaluation)| value(cell, record, evaluation));
    Series::new(name.into(), values.collect::<Vec<T>>()).into_column()
}

/// One row per run and evaluation, in the order of the grid: everything else is made from it.
/// `records` are the grid's, in its order.
///
/// # Errors
/// If the columns make no frame.
pub fn evaluations(grid: &Grid, records: &[Record]) -> Result<DataFrame, Error> {
    let mut rows = Vec::new();
    for (run, record) in grid.runs.iter().zip(records) {
        let evaluations = record.evaluations.iter();
        rows.extend(evaluations.map(|evaluation| (&run.cell, record, evaluation)));
    }
    let id = grid.experiment.id.to_string();
    let mut columns = vec![
        column("experiment", &rows, |_, _, _| id.as_str()),
        column("dataset", &rows, |_, record, _| {
            record.spec.dataset.as_str()
        }),
        column("partition", &rows, |cell, _, _| cell.partition.name()),
    ];
    for key in partition_parameters(grid) {
        columns.push(column(key, &rows, |cell, _, _| {
            partition_parameter(cell, key)
        }));
    }
    columns.extend([
        column("honest", &rows, |cell, _, _| cell.honest as u64),
        column("f", &rows, |cell, _, _| cell.f as u64),
        column("pipeline", &rows, |cell, _, _| cell.pipeline.name()),
        column("attack", &rows, |cell, _, _| cell.attack_name()),
        column("init_scale", &rows, |cell, _, _| cell.init_scale),
        column("seed", &rows, |_, record, _| record.spec.seed),
    ]);
    let count = |count: Option<usize>| count.map(|count| count as u64);
    columns.extend([
        column("step", &rows, |_, _, at| at.step as u64),
        column("test_accuracy", &rows, |_, _, at| at.test_accuracy),
        column("test_loss", &rows, |_, _, at| at.test_loss),
        column("train_loss", &rows, |_, _, at| at.train_loss),
        column("clip_threshold", &rows, |_, _, at| at.clip_threshold),
        column("clipped_honest", &rows, |_, _, at| count(at.clipped_honest)),
        column("clipped_byzantine", &rows, |_, _, at| {
            count(at.clipped_byzantine)
        }),
        column("aggregate_error", &rows, |_, _, at| at.aggregate_error),
        column("tau", &rows, |_, _, at| at.tau),
        column("seconds", &rows, |_, _, at| at.seconds),
    ]);
    let parts: [fn(&Spent) -> f64; 4] = [
        |spent| spent.gradients,
        |spent| spent.attack,
        |spent| spent.aggregation,
        |spent| spent.update,
    ];
    for (name, part) in PARTS.iter().zip(parts) {
        let seconds = |at: &Evaluation| at.spent.as_ref().map(part);
        columns.push(column(&format!("{name}_seconds"), &rows, |_, _, at| {
            seconds(at)
        }));
    }
    Ok(DataFrame::new(rows.len(), columns)?)
}

/// What the figures of clipping show, and the measures in its table.
pub const CLIPPING: [&str; 3] = ["clip_threshold", "clipped_honest", "clipped_byzantine"];

/// The parts of a step whose time is kept.
pub const PARTS: [&str; 4] = ["gradient", "attack", "aggregation", "update"];

/// Each cell's `maximal` accuracy over the evaluations, and its `final` one, over the seeds.
///
/// # Errors
/// As [`runs`].
pub fn accuracies(evaluations: &DataFrame) -> Result<DataFrame, Error> {
    measures(&runs(evaluations)?, &["maximal", "final"])
}

/// As [`accuracies`], followed by the mean milliseconds per step of each part, which depend on the
/// machine.
///
/// # Errors
/// As [`runs`].
pub fn overhead(evaluations: &DataFrame) -> Result<DataFrame, Error> {
    let runs = runs(evaluations)?;
    let mut table = measures(&runs, &["maximal", "final"])?;
    for part in PARTS {
        let name = format!("{part}_ms");
        let mut times = measures(&runs, &[&name, &name])?;
        table.with_column(times.drop_in_place("mean")?.with_name(name.into()))?;
    }
    Ok(table)
}

/// The worst case (`docs/paper.md`, section 3): per attack and seed the maximal accuracy; the mean
/// over the seeds; then the least over the attacks, the `worst_attack`.
///
/// # Errors
/// As [`runs`].
pub fn worst_case(evaluations: &DataFrame) -> Result<DataFrame, Error> {
    let runs = runs(evaluations)?;
    let cells = over_seeds(&runs, &coordinates(&runs), "maximal")?;
    let coordinates = coordinates(&runs).into_iter();
    let setting: Vec<_> = coordinates.filter(|&name| name != "attack").collect();
    // Of equal means the first; one that isn't there is no worst case.
    let order = SortMultipleOptions::default()
        .with_maintain_order(true)
        .with_nulls_last(true);
    let mut table = cells
        .group_by_stable(setting)?
        .apply(|attacks| Ok(attacks.sort(["mean"], order.clone())?.head(Some(1))))?;
    let attack = table.drop_in_place("attack")?;
    table.with_column(attack.with_name("worst_attack".into()))?;
    Ok(table)
}

/// One row per run, with everything that tables show of it: accuracies, means of what clipping did
/// over the evaluations, milliseconds per step.
///
/// # Errors
/// If a cell has two runs of one seed: they differ in a setting that is no coordinate, and their
/// mean would be of different things.
pub fn runs(evaluations: &DataFrame) -> Result<DataFrame, Error> {
    let identity = identity(evaluations);
    let by_step = [identity.as_slice(), &["step"]].concat();
    let twice = evaluations.select(by_step)?.is_duplicated()?;
    if let Some(row) = twice.iter().position(|twice| twice == Some(true)) {
        let mut run = Vec::new();
        for name in identity {
            run.push(format!("{name} {}", evaluations.column(name)?.get(row)?));
        }
        return Err(Error::TwoRuns(run.join(", ")));
    }
    let runs = evaluations
        .group_by_stable(identity.iter().copied())?
        .apply(|run| {
            let number = |name: &str| numbers(&run, name);
            let accuracies = number("test_accuracy")?;
            let mut row = run.head(Some(1)).select(identity.iter().copied())?;
            row.with_column(Column::new("maximal".into(), [accuracies.max()]))?;
            row.with_column(Column::new("final".into(), [accuracies.last()]))?;
            for measure in CLIPPING {
                row.with_column(Column::new(measure.into(), [number(measure)?.mean()]))?;
            }
            let steps = number("step")?.last();
            for part in PARTS {
                let seconds = number(&format!("{part}_seconds"))?.last();
                let milliseconds = seconds
                    .zip(steps)
                    .map(|(seconds, steps)| 1000.0 * seconds / steps);
                row.with_column(Column::new(format!("{part}_ms").into(), [milliseconds]))?;
            }
            Ok(row)
        })?;
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

/// Per measure, in their order, all cells with its `mean, std, seeds` over the seeds, the deviation
/// being the sample's (n − 1) and empty for one seed.
///
/// # Errors
/// If a column is missing.
pub fn measures(runs: &DataFrame, measures: &[&str]) -> Result<DataFrame, Error> {
    let mut table = DataFrame::empty();
    for &measure in measures {
        let mut cells = over_seeds(runs, &coordinates(runs), measure)?;
        let column = Column::new("measure".into(), vec![measure; cells.height()]);
        cells.insert_column(coordinates(runs).len(), column)?;
        if table.height() == 0 {
            table = cells;
        } else {
            table.vstack_mut(&cells)?;
        }
    }
    Ok(table)
}

/// Puts a column before the others that says with which arguments all was made.
///
/// # Errors
/// If polars can't.
pub fn say_changes(frame: &mut DataFrame, changes: &str) -> Result<(), Error> {
    let column = Column::new("changes".into(), vec![changes; frame.height()]);
    frame.insert_column(0, column)?;
    Ok(())
}

/// A figure's lines: per cell and step, `mean, std, seeds` of this column of the evaluations.
///
/// # Errors
/// If the column is missing.
pub fn by_step(evaluations: &DataFrame, value: &str) -> Result<DataFrame, Error> {
    let by = [coordinates(evaluations).as_slice(), &["step"]].concat();
    over_seeds(evaluations, &by, value)
}

/// As [`by_step`], at every `span`th step the mean over the steps since the one before.
///
/// # Errors
/// If the column is missing.
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
