//! Theorem 5.2: close to the breakdown point, Robust-DGD with ARC goes below the lower bound ε₀ for
//! arbitrary initialisation, if it starts where the honest gradients are short.
//!
//! The losses are those that prove the lower bound; f/n = (1−ξ)·BP is set by B. The start is on the
//! side of the honest minimum where the mirrored losses have theirs, at the place where the longest
//! honest gradient is ζ. Measured is E‖∇L_H(θ̂)‖², the mean over the iterates, both over the steps
//! that the theorem allows and over as many as it takes to arrive where the attack leads.

use charts::{At, Axis, Figure, Panel, Point, Reference, Series};
use rayon::prelude::*;
use robust_core::theory::{Dissimilarity, HonestMajority, Initialisation, Quadratics};

use super::descent::{Attack, mean, robust_dgd};
use super::vectors::Rule;
use super::{Outcome, number, table};
use crate::error::Error;
use crate::experiment::Profile;
use crate::figures::{label, style};

const PIPELINES: [&str; 4] = ["cwtm", "arc,cwtm", "nnm,cwtm", "arc,nnm,cwtm"];
/// The pipelines in the figure.
const SHOWN: [&str; 2] = ["nnm,cwtm", "arc,nnm,cwtm"];
/// n and f.
const COHORT: (usize, usize) = (10, 3);
/// ξ₀ of the theorem.
const XI0: f64 = 0.5;
/// If the theorem allows more steps, its υ is so large that it says nothing: they aren't taken.
const MOST_STEPS: usize = 3000;

struct Effort {
    xi: Vec<f64>,
    zeta: Vec<f64>,
}

impl Effort {
    fn at(profile: Profile) -> Self {
        let zeta = |per_decade: i32| {
            (-2 * per_decade..=2 * per_decade)
                .map(|i| 10_f64.powf(f64::from(i) / f64::from(per_decade)))
                .collect()
        };
        match profile {
            Profile::Smoke => Self {
                xi: vec![0.1],
                zeta: vec![1.0, 10.0],
            },
            Profile::Quick => Self {
                xi: vec![1e-1, 1e-2, 1e-3],
                zeta: zeta(2),
            },
            Profile::Main | Profile::Paper => Self {
                xi: vec![1e-1, 1e-2, 1e-3, 1e-4],
                zeta: zeta(3),
            },
        }
    }
}

struct Cell {
    xi: f64,
    zeta: f64,
    stages: &'static str,
}

/// In multiples of ε₀.
struct Measured {
    steps: usize,
    /// E‖∇L_H(θ̂)‖² over the theorem's steps, if they aren't too many.
    early: Option<f64>,
    /// ‖∇L_H‖² where the strongest attack leads.
    late: f64,
    /// υ = ξΦ, if ρ is finite.
    upsilon: f64,
}

pub fn compute(profile: Profile) -> Result<Outcome, Error> {
    let effort = Effort::at(profile);
    let mut cells = Vec::new();
    for &xi in &effort.xi {
        for &zeta in &effort.zeta {
            for stages in PIPELINES {
                cells.push(Cell { xi, zeta, stages });
            }
        }
    }
    let measured: Vec<Option<Measured>> = cells
        .par_iter()
        .map(measure)
        .collect::<Result<_, Error>>()?;
    let found: Vec<(&Cell, Measured)> = cells
        .iter()
        .zip(measured)
        .filter_map(|(cell, measured)| measured.map(|measured| (cell, measured)))
        .collect();
    outcome(&found)
}

/// `None` where no start has gradients this short.
fn measure(cell: &Cell) -> Result<Option<Measured>, Error> {
    let cohort = HonestMajority::new(COHORT.0, COHORT.1)?;
    // f/n = (1−ξ)/(2+B²)
    let b = ((1.0 - cell.xi) / cohort.fraction() - 2.0).sqrt();
    let losses = Quadratics::mirrored(cohort, b, 1e-12)?;
    let honest = Dissimilarity::new(1.0, b)?;
    let least = honest.lower_bound(cohort).expect("ξ > 0");
    // Worker 0's minimum; the majority's is 0, and its gradient the longer one if ζ is too short.
    let theta = losses.centres()[0] - cell.zeta;
    let longest = |theta: f64| {
        losses
            .gradients(&[theta])
            .iter()
            .fold(0.0, |a: f64, g| a.max(g.abs()))
    };
    if longest(theta) > cell.zeta * (1.0 + 1e-9) {
        return Ok(None);
    }
    let start = Initialisation::new(cell.zeta, losses.smoothness(), losses.gap(&[theta]), XI0)?;
    let horizon = start.horizon(honest)?.ceil();
    let steps = horizon.max(1.0) as usize;
    let taken = steps.min(MOST_STEPS);
    // The majority's curvature, which is the slowest motion: its minimum is 0.
    let flat = losses.gradients(&[1.0])[losses.honest() - 1];
    let arrived = (3.0 / flat) as usize;
    let rule = Rule::new(cell.stages)?;
    let (mut early, mut late) = (0.0_f64, 0.0_f64);
    for attack in attacks(losses.honest()) {
        let errors = robust_dgd(&losses, cohort, &rule, attack, &[theta], taken.max(arrived))?;
        early = early.max(mean(&errors[..taken]));
        late = late.max(errors[errors.len() - 1]);
    }
    Ok(Some(Measured {
        steps,
        early: (taken == steps).then_some(early / least),
        late: late / least,
        upsilon: start.upsilon(honest, cell.xi)?.unwrap_or(f64::INFINITY),
    }))
}

fn outcome(found: &[(&Cell, Measured)]) -> Result<Outcome, Error> {
    let mut rows = Vec::new();
    let mut violations = Vec::new();
    for (cell, measured) in found {
        let beyond = measured.early.filter(|&early| early > measured.upsilon);
        // Only with ARC there is the theorem.
        if let Some(early) = beyond.filter(|_| cell.stages.contains("arc")) {
            violations.push(format!(
                "{}, ξ = {}, ζ = {}: error {early} ε₀ > υ = {}",
                cell.stages, cell.xi, cell.zeta, measured.upsilon
            ));
        }
        rows.push([
            number(cell.xi),
            number(cell.zeta),
            cell.stages.to_owned(),
            measured.steps.to_string(),
            number(measured.early),
            number(measured.late),
            number(measured.upsilon),
        ]);
    }
    let header = [
        "xi",
        "zeta",
        "pipeline",
        "steps",
        "early_error",
        "late_error",
        "upsilon",
    ];
    Ok(Outcome {
        table: table(header, rows),
        coordinates: 3,
        tolerance: 0.01,
        summary: summary(found)?,
        violations,
        figure: figure(found)?,
    })
}

/// Per pipeline and ξ, up to which ζ the error is below ε₀.
fn summary(found: &[(&Cell, Measured)]) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let mut xis: Vec<f64> = found.iter().map(|(cell, _)| cell.xi).collect();
    xis.dedup();
    for xi in xis {
        for stages in PIPELINES {
            let here = || {
                let same = |cell: &Cell| (cell.xi - xi).abs() < 1e-12 && cell.stages == stages;
                found.iter().filter(move |(cell, _)| same(cell))
            };
            let largest = |below: &dyn Fn(&Measured) -> bool| {
                let zetas = here()
                    .filter(|(_, measured)| below(measured))
                    .map(|(cell, _)| cell.zeta);
                match zetas.fold(f64::NAN, f64::max) {
                    zeta if zeta.is_nan() => "no ζ".to_owned(),
                    zeta => format!("ζ ≤ {zeta:.3} G"),
                }
            };
            lines.push(format!(
                "ξ = {xi}, {}: below ε₀ for {} on the theorem's steps, {} in the end; the theorem says so for {}",
                label(stages)?,
                largest(&|measured| measured.early.is_some_and(|early| early < 1.0)),
                largest(&|measured| measured.late < 1.0),
                if stages.contains("arc") {
                    largest(&|measured| measured.upsilon < 1.0)
                } else {
                    "none".to_owned()
                }
            ));
        }
    }
    Ok(lines)
}

fn figure(found: &[(&Cell, Measured)]) -> Result<Figure, Error> {
    let mut panels = Vec::new();
    let mut xis: Vec<f64> = found.iter().map(|(cell, _)| cell.xi).collect();
    xis.dedup();
    for xi in xis {
        let y = Axis::log("‖mean gradient‖² / ε₀").within(1e-6, 1e3);
        let mut panel = Panel::new(Axis::log("ζ / G"), y);
        panel.title = Some(format!("ξ = {xi}"));
        let points = |stages: &str, of: &dyn Fn(&Measured) -> f64| {
            let here = found
                .iter()
                .filter(|(cell, _)| (cell.xi - xi).abs() < 1e-12 && cell.stages == stages);
            here.map(|(cell, measured)| Point::new(cell.zeta, of(measured)))
                .collect::<Vec<_>>()
        };
        for stages in SHOWN {
            let name = label(stages)?;
            let early = points(stages, &|measured| measured.early.unwrap_or(f64::NAN));
            panel.series.push(Series::joined(
                format!("{name}, theorem's steps"),
                style::method(stages)?,
                early,
            ));
            let late = points(stages, &|measured| measured.late.min(1e9));
            panel.series.push(Series::joined(
                format!("{name}, in the end"),
                style::variant(stages, 1)?,
                late,
            ));
        }
        let upsilon = points("arc,nnm,cwtm", &|measured| measured.upsilon);
        panel.references = vec![
            Reference {
                label: "ε₀".to_owned(),
                at: At::Y(1.0),
            },
            Reference {
                label: "υ of Theorem 5.2".to_owned(),
                at: At::Curve(upsilon.iter().map(|point| (point.x, point.y)).collect()),
            },
        ];
        panels.push(panel);
    }
    Ok(Figure {
        title: None,
        columns: 2,
        panels,
    })
}

/// Those of [`Attack::all`] that are the strongest somewhere, but for the optimised ones: runs are
/// long.
fn attacks(honest: usize) -> [Attack; 7] {
    [
        Attack::Mirror,
        Attack::Mimic(0),
        Attack::Mimic(honest - 1),
        Attack::Foe(1.0),
        Attack::Foe(10.0),
        Attack::Alie(-1.5),
        Attack::Alie(1.5),
    ]
}
