//! What is kept, what is trusted, and what is made of it.

use std::fs;

use training::Evaluation;

use super::claim::Permit;
use super::store::{Circumstances, Record, Store};
use super::table::Table;
use super::*;
use crate::experiment::tests::tiny;
use crate::experiment::{Grid, Run};
use crate::figures;

/// An evaluation with this accuracy and nothing else.
pub fn evaluation(step: usize, test_accuracy: f64) -> Evaluation {
    Evaluation {
        step,
        test_accuracy,
        test_loss: None,
        train_loss: None,
        clip_threshold: None,
        clipped_honest: None,
        clipped_byzantine: None,
        aggregate_error: None,
        tau: None,
        seconds: 0.0,
        spent: None,
    }
}

fn record(grid: &Grid, run: &Run, accuracies: [f64; 4]) -> Record {
    let dataset = data::load(data::Name::Digits, None).unwrap();
    let evaluations = (0..)
        .step_by(2)
        .zip(accuracies)
        .map(|(step, accuracy)| evaluation(step, accuracy));
    Record {
        spec: run.run.spec().clone(),
        made: Circumstances::here(grid, &dataset),
        evaluations: evaluations.collect(),
    }
}

/// Records whose accuracies are 0.1·cell + 0.01·seed at step 2, and less elsewhere.
fn records(grid: &Grid) -> Vec<Record> {
    let cells = grid.cells();
    let records = grid.runs.iter().map(|run| {
        let cell = cells.iter().position(|cell| **cell == run.cell).unwrap();
        let best = 0.1 * cell as f64 + 0.01 * run.run.spec().seed as f64;
        record(grid, run, [0.0, best, best / 2.0, best / 4.0])
    });
    records.collect()
}

fn save(store: &Store, run: &Run, record: &Record) {
    let Permit::Granted(claim) = store.claim(run).unwrap() else {
        panic!("nobody else is here")
    };
    claim.done(record).unwrap();
}

#[test]
fn a_record_reads_back_the_same_and_only_whole_ones_of_their_settings_count() {
    let grid = tiny(&["optimiser.learning_rate=0.1234567890123456789"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &grid).unwrap();
    let run = &grid.runs[0];
    let mut warnings = Vec::new();
    let mut load = || store.load(run, &mut |warning| warnings.push(warning));
    assert!(load().is_none());

    let kept = record(&grid, run, [0.1, 1.0 / 3.0, 0.7, 0.2]);
    save(&store, run, &kept);
    let back = load().unwrap();
    assert_eq!(
        (back.spec, back.evaluations),
        (kept.spec.clone(), kept.evaluations.clone())
    );

    let path = store.path(run.key);
    let whole = fs::read(&path).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        assert!(load().is_none(), "{cut} bytes");
    }
    let foreign = record(&grid, &grid.runs[1], [0.1, 0.2, 0.3, 0.4]);
    save(&store, run, &foreign);
    assert!(load().is_none());
    let mut short = kept;
    short.evaluations.pop();
    save(&store, run, &short);
    assert!(load().is_none());
    assert_eq!(warnings.len(), 6);
    assert!(
        warnings[4].contains("its settings are not those of its name"),
        "{}",
        warnings[4]
    );
    assert!(
        warnings[5].contains("it lacks evaluations"),
        "{}",
        warnings[5]
    );

    fs::write(&path, &whole).unwrap();
    let leftovers = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(leftovers, 1, "no temporary file stays");
}

#[test]
fn curves_have_maximal_and_final_accuracy_with_the_deviation_over_seeds() {
    let grid = tiny(&["seeds=[1, 3]"]).unwrap();
    let evaluations = aggregate::evaluations(&grid, &records(&grid)).unwrap();
    assert_eq!(evaluations.height(), 5 * 2 * 4);
    let table = Table::from_frame(&grid.experiment.view.table(&evaluations).unwrap()).unwrap();
    let header = [
        "partition",
        "alpha",
        "gamma",
        "honest",
        "f",
        "pipeline",
        "attack",
        "init_scale",
        "measure",
        "mean",
        "std",
        "seeds",
    ];
    assert_eq!(table.header, header);
    assert_eq!(table.rows.len(), 10);
    let row = &table.rows[9];
    assert_eq!(
        row[..9],
        [
            "extreme",
            "",
            "",
            "5",
            "1",
            "arc,nnm,cwtm",
            "lf",
            "1",
            "final"
        ]
    );
    // Cell 4: (0.41, 0.43) / 4.
    let (mean, std): (f64, f64) = (row[9].parse().unwrap(), row[10].parse().unwrap());
    assert!((mean - 0.105).abs() < 1e-12 && (std - 0.005 / 2_f64.sqrt()).abs() < 1e-12);
    assert_eq!(row[11], "2");
    assert_eq!(table.rows[0][5], "mean");

    let figure = figures::experiment(&grid, &evaluations).unwrap();
    let titles: Vec<_> = figure
        .panels
        .iter()
        .map(|panel| panel.title.as_deref())
        .collect();
    assert_eq!(titles, [Some("sign flipping"), Some("label flipping")]);
    for panel in &figure.panels {
        let labels: Vec<_> = panel
            .series
            .iter()
            .map(|series| series.label.as_str())
            .collect();
        assert_eq!(labels, ["DSGD", "CWTM∘NNM", "ARC"]);
    }
}

#[test]
fn one_seed_has_no_deviation() {
    let grid = tiny(&["seeds=[1]"]).unwrap();
    let evaluations = aggregate::evaluations(&grid, &records(&grid)).unwrap();
    let table = Table::from_frame(&grid.experiment.view.table(&evaluations).unwrap()).unwrap();
    assert!(
        table
            .rows
            .iter()
            .all(|row| row[10].is_empty() && row[11] == "1")
    );
}

#[test]
fn the_worst_case_is_the_least_mean_of_maxima_over_the_attacks() {
    let grid = tiny(&[
        "view={kind: worst-case, against: partition, panels: f}",
        "partitions=[{scheme: iid}, {scheme: dirichlet, alpha: 0.5}]",
        "f=[1, 2]",
    ])
    .unwrap();
    let mut records = records(&grid);
    // In the very first robust cell, label flipping becomes the worst.
    for record in &mut records[2..4] {
        record.evaluations[1].test_accuracy = 0.9;
    }
    let evaluations = aggregate::evaluations(&grid, &records).unwrap();
    let table = Table::from_frame(&grid.experiment.view.table(&evaluations).unwrap()).unwrap();
    assert_eq!(table.header.last().unwrap(), "worst_attack");
    assert!(table.column("attack").is_none());
    assert_eq!(table.rows.len(), 2 * (1 + 2 * 2));
    let (mean, worst) = (
        table.column("mean").unwrap(),
        table.column("worst_attack").unwrap(),
    );
    let row = |row: usize| {
        let row: &Vec<String> = &table.rows[row];
        (row[mean].parse::<f64>().unwrap(), row[worst].as_str())
    };
    assert_eq!(row(0).1, "none");
    assert!((row(1).0 - 0.215).abs() < 1e-12, "{:?}", row(1));
    assert_eq!(row(1).1, "lf");
    assert!((row(2).0 - 0.315).abs() < 1e-12);
    assert_eq!(row(2).1, "sf");

    let figure = figures::experiment(&grid, &evaluations).unwrap();
    assert_eq!(figure.panels.len(), 2);
    for panel in &figure.panels {
        assert_eq!(panel.series.len(), 3, "the baseline is in each panel");
        for series in &panel.series {
            let charts::Marks::ErrorBars { points, .. } = &series.marks else {
                panic!("{series:?}")
            };
            assert_eq!(
                points.iter().map(|point| point.x).collect::<Vec<_>>(),
                [0.0, 1.0]
            );
        }
    }
}

#[test]
fn a_swept_parameter_is_one_line_and_other_pipelines_are_the_same_at_each_value() {
    let grid = tiny(&[
        "view={kind: worst-case, against: clip.c}",
        "pipelines=['nnm,cwtm', \
          {label: clipped at C = 2, stages: 'clip,nnm,cwtm', params: {clip.c: 2}}, \
          {label: clipped at C = 20, stages: 'clip,nnm,cwtm', params: {clip.c: 20}}]",
    ])
    .unwrap();
    let evaluations = aggregate::evaluations(&grid, &records(&grid)).unwrap();
    let figure = figures::experiment(&grid, &evaluations).unwrap();
    let [panel] = &figure.panels[..] else {
        panic!("one panel: {figure:?}")
    };
    let lines: Vec<_> = panel
        .series
        .iter()
        .map(|series| {
            let charts::Marks::ErrorBars { points, .. } = &series.marks else {
                panic!("{series:?}")
            };
            let points = points.iter().map(|point| (point.x, point.y.round()));
            (series.label.as_str(), points.collect::<Vec<_>>())
        })
        .collect();
    // Cell by cell, the best accuracies are 0.015 and then 0.1 more: the baseline, and two per
    // pipeline.
    assert_eq!(
        lines,
        [
            ("DSGD", vec![(2.0, 2.0), (20.0, 2.0)]),
            ("CWTM∘NNM", vec![(2.0, 12.0), (20.0, 12.0)]),
            ("clipped at C", vec![(2.0, 32.0), (20.0, 52.0)]),
        ]
    );
}

#[test]
fn clipping_is_averaged_over_the_evaluations_and_drawn_per_attack() {
    let grid = tiny(&["view={kind: clipping}"]).unwrap();
    let mut records = records(&grid);
    // All but the baseline and the pipeline without clipping.
    for record in &mut records[6..] {
        for evaluation in &mut record.evaluations[1..] {
            let step = evaluation.step;
            evaluation.clip_threshold = Some(step as f64);
            evaluation.clipped_honest = Some(step / 2);
            evaluation.clipped_byzantine = Some(1);
        }
    }
    let evaluations = aggregate::evaluations(&grid, &records).unwrap();
    let table = Table::from_frame(&grid.experiment.view.table(&evaluations).unwrap()).unwrap();
    let measure = table.column("measure").unwrap();
    let last = |of: &str| {
        let mut rows = table.rows.iter().rev();
        let row = rows.find(|row| row[measure] == of).unwrap();
        row[measure + 1..=measure + 2].to_vec()
    };
    assert_eq!(last("clip_threshold"), ["4", "0"]);
    assert_eq!(last("clipped_honest"), ["2", "0"]);
    assert_eq!(last("clipped_byzantine"), ["1", "0"]);
    assert_eq!(table.rows[0][measure + 1], "", "the baseline does not clip");

    let windows = aggregate::by_window(&evaluations, "clip_threshold", 4).unwrap();
    let windows = Table::from_frame(&windows).unwrap();
    let [step, mean] = ["step", "mean"].map(|name| windows.column(name).unwrap());
    let rows = windows.rows.iter().rev().take(3).rev();
    let points: Vec<_> = rows.map(|row| [&row[step][..], &row[mean]]).collect();
    assert_eq!(points, [["0", ""], ["4", "3"], ["6", "6"]]);

    let figure = figures::experiment(&grid, &evaluations).unwrap();
    assert_eq!((figure.columns, figure.panels.len()), (3, 3));
    for panel in &figure.panels {
        let labels: Vec<_> = panel.series.iter().map(|series| &series.label).collect();
        assert_eq!(labels, ["sign flipping", "label flipping"]);
    }
}

#[test]
fn overhead_is_milliseconds_per_step_and_accuracy_against_their_sum() {
    let grid = tiny(&["view={kind: overhead}", "attacks=[sf]", "seeds=[1]"]).unwrap();
    let mut records = records(&grid);
    for record in &mut records {
        for evaluation in &mut record.evaluations {
            let steps = evaluation.step as f64;
            evaluation.spent = Some(training::Spent {
                gradients: 0.05 * steps,
                attack: 0.01 * steps,
                aggregation: 0.02 * steps,
                update: 0.01 * steps,
            });
        }
    }
    let evaluations = aggregate::evaluations(&grid, &records).unwrap();
    let table = Table::from_frame(&grid.experiment.view.table(&evaluations).unwrap()).unwrap();
    let parts = ["gradient_ms", "attack_ms", "aggregation_ms"];
    let parts = parts.map(|part| table.column(part).unwrap());
    for row in &table.rows {
        let parts = parts.map(|part| row[part].parse::<f64>().unwrap().round() as u64);
        assert_eq!(parts, [50, 10, 20], "{row:?}");
    }

    let figure = figures::experiment(&grid, &evaluations).unwrap();
    let charts::Marks::Line(points) = &figure.panels[0].series[0].marks else {
        panic!("{figure:?}")
    };
    let times: Vec<_> = points
        .iter()
        .map(|point| (100.0 * point.x).round())
        .collect();
    assert_eq!(times, [0.0, 18.0, 36.0, 54.0]);
    assert_eq!(figure.panels[1].series.len(), 4);
}
