//! The ratio `‖F(..) − μ‖² / (1/|H| Σ‖m_i − μ‖²)` at each step of real training, per pipeline and
//! attack, beside f/(n−2f) and κ: how tight the theory is where it is used.

use charts::{At, Axis, Figure, Panel, Point, Reference, Series, Style};
use data::partition::Extreme;
use rayon::prelude::*;
use robust_core::theory::{HonestMajority, ratio};
use robust_core::{Parameters, Pipeline};
use training::RunSpec;

use super::vectors::Rule;
use super::{Input, Outcome, number, real, table};
use crate::error::Error;
use crate::experiment::Profile;
use crate::figures::label;

/// Attack, and whether its factor is searched for at each step.
const ATTACKS: [(&str, bool); 5] = [
    ("sf", false),
    ("lf", false),
    ("foe", true),
    ("alie", true),
    ("mimic", false),
];
const PIPELINES: [&str; 9] = [
    "cwtm",
    "nnm,cwtm",
    "arc,nnm,cwtm",
    "gm",
    "nnm,gm",
    "arc,nnm,gm",
    "mk",
    "nnm,mk",
    "arc,nnm,mk",
];
/// The panels of the figure.
const SHOWN: [&str; 6] = [
    "cwtm",
    "nnm,cwtm",
    "arc,nnm,cwtm",
    "mk",
    "nnm,mk",
    "arc,nnm,mk",
];
const F: usize = 3;

pub fn compute(input: Input<'_>) -> Result<Outcome, Error> {
    let (steps, pipelines) = match input.profile {
        Profile::Smoke => (5, &SHOWN[1..3]),
        Profile::Quick => (20, &SHOWN[..]),
        Profile::Main | Profile::Paper => (100, &PIPELINES[..]),
    };
    let dataset = data::load(input.dataset, input.data)?;
    let mut cells = Vec::new();
    for &pipeline in pipelines {
        for attack in ATTACKS {
            cells.push((pipeline, attack));
        }
    }
    let found: Vec<Vec<f64>> = cells
        .par_iter()
        .map(|&(pipeline, (attack, optimal))| {
            let tau = optimal.then_some(("tau", "optimal"));
            let spec = RunSpec {
                f: F,
                pipeline: Pipeline::parse(pipeline, &Parameters::new())?,
                attack: Some(attacks::parse(attack, &tau.into_iter().collect())?),
                ..real::dsgd(input.dataset, Extreme {}.into(), steps)?
            };
            let mut ratios = Vec::with_capacity(steps);
            real::train(spec, &dataset, |_, vectors| {
                // The lengths fit: the run has checked them.
                ratios.push(ratio(vectors.aggregate, vectors.honest).unwrap_or(f64::NAN));
            })?;
            Ok(ratios)
        })
        .collect::<Result<_, Error>>()?;
    outcome(&cells, &found)
}

type Cell = (&'static str, (&'static str, bool));

fn outcome(cells: &[Cell], found: &[Vec<f64>]) -> Result<Outcome, Error> {
    let cohort = HonestMajority::new(10 + F, F)?;
    let mut rows = Vec::new();
    let mut violations = Vec::new();
    let mut summary = Vec::new();
    for (&(pipeline, (attack, optimal)), ratios) in cells.iter().zip(found) {
        let kappa = Rule::new(pipeline)?.kappa(cohort);
        // Vectors that are no longer finite have no ratio: statistics are of the steps before.
        let mut sorted: Vec<f64> = ratios.iter().copied().filter(|r| !r.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
        let largest = sorted.last().copied().unwrap_or(f64::NAN);
        // GM's κ is that of the exact median, not of the three steps towards it that train.
        let proven = kappa.filter(|_| !pipeline.ends_with("gm"));
        if proven.is_some_and(|kappa| largest > kappa) {
            violations.push(format!("{pipeline}, {attack}: {largest} > κ = {kappa:?}"));
        }
        let name = if optimal {
            format!("{attack} tau=optimal")
        } else {
            attack.to_owned()
        };
        summary.push(format!(
            "{:14} {name:16} median {median:.3}, largest {largest:.3}; κ {}{}",
            label(pipeline)?,
            kappa.map_or("none published".to_owned(), |kappa| format!("{kappa:.2}")),
            match ratios.len() - sorted.len() {
                0 => String::new(),
                diverged => format!("; not finite in the last {diverged} steps"),
            },
        ));
        rows.push([
            pipeline.to_owned(),
            name,
            number(median),
            number(largest),
            number(cohort.lower_bound()),
            number(kappa),
        ]);
    }
    let header = [
        "pipeline",
        "attack",
        "median",
        "largest",
        "lower_bound",
        "kappa",
    ];
    Ok(Outcome {
        table: table(header, rows),
        coordinates: 2,
        tolerance: 0.05,
        summary,
        violations,
        figure: figure(cohort, cells, found)?,
    })
}

fn figure(cohort: HonestMajority, cells: &[Cell], found: &[Vec<f64>]) -> Result<Figure, Error> {
    let mut panels = Vec::new();
    for pipeline in SHOWN {
        let mut panel = Panel::new(Axis::linear("step"), Axis::log("ratio").within(1e-3, 30.0));
        panel.title = Some(label(pipeline)?);
        for (index, (attack, _)) in ATTACKS.into_iter().enumerate() {
            for (cell, ratios) in cells.iter().zip(found) {
                if (cell.0, cell.1.0) == (pipeline, attack) {
                    let points = (1..)
                        .zip(ratios)
                        .map(|(step, &ratio)| Point::new(f64::from(step), ratio));
                    let style = Style::nth(index);
                    let label = attack.to_uppercase();
                    panel
                        .series
                        .push(Series::line(label, style, points.collect()));
                }
            }
        }
        if panel.series.is_empty() {
            continue;
        }
        panel.references.push(Reference {
            label: "f/(n−2f)".to_owned(),
            at: At::Y(cohort.lower_bound()),
        });
        if let Some(kappa) = Rule::new(pipeline)?.kappa(cohort) {
            panel.references.push(Reference {
                label: "κ".to_owned(),
                at: At::Y(kappa),
            });
        }
        panels.push(panel);
    }
    Ok(Figure {
        title: None,
        columns: panels.len().min(3),
        panels,
    })
}
