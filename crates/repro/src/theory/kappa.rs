//! The worst ratio `‖F(x) − x̄_S‖² / (1/|S| Σ‖x_i − x̄_S‖²)` that a search finds, beside f/(n−2f)
//! and the published κ.
//!
//! A ratio is a lower bound on the best κ of the rule, and so is every step of the search. S is the
//! first n − f vectors: any other set is the same after renumbering.

mod search;

use charts::{At, Axis, Figure, Panel, Point, Reference, Series};
use data::rng::ChaCha8Rng;
use rand::SeedableRng;
use rayon::prelude::*;
use robust_core::theory::HonestMajority;

use super::vectors::Rule;
use super::{Outcome, number, table};
use crate::error::Error;
use crate::experiment::Profile;
use crate::figures::{label, style};

/// The rules that are searched, alone and after ARC.
const RULES: [&str; 7] = ["cwtm", "krum", "gm", "cwmed", "mk", "nnm,cwtm", "nnm,mk"];
/// Rules against the distance of the honest mean from the origin.
const CLIPPINGS: [&str; 3] = ["cwtm", "clip,cwtm", "arc,cwtm"];
/// Number of vectors and of Byzantine ones there.
const CLIPPED: (usize, usize) = (13, 3);

/// How much is searched.
struct Effort {
    n: Vec<usize>,
    /// Evaluations per climb, and climbs per rule, n, f and dimension.
    evaluations: usize,
    climbs: usize,
    distances: Vec<f64>,
}

impl Effort {
    fn at(profile: Profile) -> Self {
        let powers = |count: usize| (0..count).map(|i| 10_f64.powf(0.5 * i as f64)).collect();
        match profile {
            Profile::Smoke => Self {
                n: vec![7],
                evaluations: 100,
                climbs: 1,
                distances: vec![1.0, 100.0],
            },
            Profile::Quick => Self {
                n: vec![10, 20],
                evaluations: 300,
                climbs: 3,
                distances: powers(9),
            },
            Profile::Main | Profile::Paper => Self {
                n: (10..=20).collect(),
                evaluations: 300,
                climbs: 3,
                distances: powers(9),
            },
        }
    }
}

/// One search: a rule, a cohort, and where the honest mean is, if that is prescribed.
struct Cell {
    stages: String,
    cohort: HonestMajority,
    distance: Option<f64>,
}

impl Cell {
    /// The pipeline; static clipping is at 2.
    fn rule(&self) -> Result<Rule, Error> {
        if self.stages.contains("clip") {
            return Rule::with(&self.stages, &[("clip.c", "2")]);
        }
        Rule::new(&self.stages)
    }
}

pub fn compute(profile: Profile) -> Result<Outcome, Error> {
    let effort = Effort::at(profile);
    let mut cells = Vec::new();
    for rule in RULES {
        for stages in [rule.to_owned(), format!("arc,{rule}")] {
            for &n in &effort.n {
                for f in 1..n.div_ceil(2) {
                    cells.push(Cell {
                        stages: stages.clone(),
                        cohort: HonestMajority::new(n, f)?,
                        distance: None,
                    });
                }
            }
        }
    }
    for stages in CLIPPINGS {
        for &distance in &effort.distances {
            cells.push(Cell {
                stages: stages.to_owned(),
                cohort: HonestMajority::new(CLIPPED.0, CLIPPED.1)?,
                distance: Some(distance),
            });
        }
    }
    let found: Vec<f64> = (0..)
        .zip(&cells)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(index, cell)| search::search(cell, &effort, &mut ChaCha8Rng::seed_from_u64(index)))
        .collect::<Result<_, Error>>()?;
    outcome(&cells, &found)
}

fn outcome(cells: &[Cell], found: &[f64]) -> Result<Outcome, Error> {
    let mut rows = Vec::new();
    let mut violations = Vec::new();
    for (cell, &found) in cells.iter().zip(found) {
        let (n, f) = (cell.cohort.n(), cell.cohort.f());
        let kappa = cell.rule()?.kappa(cell.cohort);
        if let Some(kappa) = kappa.filter(|&kappa| found > kappa) {
            violations.push(format!(
                "{}, n = {n}, f = {f}: {found} > κ = {kappa}",
                cell.stages
            ));
        }
        rows.push([
            cell.stages.clone(),
            n.to_string(),
            f.to_string(),
            number(cell.distance),
            number(found),
            number(cell.cohort.lower_bound()),
            number(kappa),
        ]);
    }
    let header = [
        "pipeline",
        "n",
        "f",
        "distance",
        "found",
        "lower_bound",
        "kappa",
    ];
    Ok(Outcome {
        table: table(header, rows),
        coordinates: 4,
        tolerance: 0.05,
        summary: summary(cells, found)?,
        violations,
        figure: figure(cells, found)?,
    })
}

/// Per pipeline, how far the worst found is from its two bounds.
fn summary(cells: &[Cell], found: &[f64]) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for rule in RULES {
        for stages in [rule.to_owned(), format!("arc,{rule}")] {
            let (mut low, mut high, mut share) = (f64::INFINITY, 0.0_f64, None::<f64>);
            for (cell, &found) in cells.iter().zip(found) {
                if cell.stages == stages && cell.distance.is_none() {
                    let times = found / cell.cohort.lower_bound();
                    (low, high) = (low.min(times), high.max(times));
                    if let Some(kappa) = cell.rule()?.kappa(cell.cohort) {
                        share = Some(share.unwrap_or(0.0).max(found / kappa));
                    }
                }
            }
            let share = match share {
                Some(share) => format!("at most {:.0} % of κ", 100.0 * share),
                None => "no κ is published".to_owned(),
            };
            let name = label(&stages)?;
            lines.push(format!(
                "{name:14} found {low:.2} to {high:.2} times f/(n−2f); {share}"
            ));
        }
    }
    Ok(lines)
}

fn figure(cells: &[Cell], found: &[f64]) -> Result<Figure, Error> {
    let points = |of: &dyn Fn(&Cell) -> Option<f64>| -> Vec<Point> {
        let found = cells.iter().zip(found);
        let mut points: Vec<Point> = found
            .filter_map(|(cell, &found)| of(cell).map(|x| Point::new(x, found)))
            .collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    };
    // A curve in f/n, which all bounds are functions of.
    let curve = |label: &str, bound: &dyn Fn(HonestMajority) -> Option<f64>| {
        let mut points = Vec::new();
        for f in (9..=95).step_by(2) {
            let cohort = HonestMajority::new(200, f)?;
            points.push((cohort.fraction(), bound(cohort).unwrap_or(f64::NAN)));
        }
        Ok::<_, Error>(Reference {
            label: label.to_owned(),
            at: At::Curve(points),
        })
    };
    let mut panels = Vec::new();
    for rule in ["cwtm", "krum", "gm", "cwmed", "nnm,cwtm"] {
        let after = format!("arc,{rule}");
        let (plain, clipped) = (Rule::new(rule)?, Rule::new(&after)?);
        let mut panel = Panel::new(Axis::linear("f/n"), Axis::log("worst ratio"));
        panel.title = Some(label(rule)?);
        let free = |stages: &str| {
            points(&|cell: &Cell| {
                let there = cell.stages == stages && cell.distance.is_none();
                there.then(|| cell.cohort.fraction())
            })
        };
        panel.references = vec![
            curve("κ of F∘ARC", &|cohort| clipped.kappa(cohort))?,
            curve("κ of F", &|cohort| plain.kappa(cohort))?,
            curve("f/(n−2f)", &|cohort| Some(cohort.lower_bound()))?,
        ];
        panel.series = vec![
            Series::scatter("found for F", style::method("nnm,cwtm")?, free(rule)),
            Series::scatter(
                "found for F∘ARC",
                style::method("arc,nnm,cwtm")?,
                free(&after),
            ),
        ];
        panels.push(panel);
    }
    let mut panel = Panel::new(
        Axis::log("distance of the honest mean from 0 / spread"),
        Axis::log("worst ratio at this distance"),
    );
    panel.title = Some(format!("CWTM, n = {}, f = {}", CLIPPED.0, CLIPPED.1));
    for (stages, label) in
        CLIPPINGS
            .into_iter()
            .zip(["no clipping", "static clipping, C = 2", "ARC"])
    {
        let at = points(&|cell: &Cell| cell.distance.filter(|_| cell.stages == stages));
        panel
            .series
            .push(Series::joined(label, style::method(stages)?, at));
    }
    panels.push(panel);
    Ok(Figure {
        title: None,
        columns: 3,
        panels,
    })
}
