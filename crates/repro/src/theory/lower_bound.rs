//! Robust-DGD on quadratic losses with exactly known G and B, beside the least error that is
//! possible, ε₀, and the largest that its bound allows, κG²/(1−κB²).

use charts::{At, Axis, Figure, Panel, Point, Reference, Series};
use data::rng::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use robust_core::theory::{Descent, Dissimilarity, HonestMajority, Quadratics};

use super::descent::{Attack, mean, robust_dgd};
use super::vectors::Rule;
use super::{Outcome, number, table};
use crate::error::Error;
use crate::experiment::Profile;
use crate::figures::{label, style};

const PIPELINES: [&str; 4] = ["cwtm", "arc,cwtm", "nnm,cwtm", "arc,nnm,cwtm"];
/// B, and every how many f are computed.
const HETEROGENEITY: [(f64, usize); 3] = [(0.5, 2), (1.0, 2), (2.0, 1)];
/// The least curvature of the mirrored losses: decides how large the error is beyond the breakdown
/// point, where it is unbounded.
const FLATTEST: f64 = 1e-3;
/// Dimensions of the random losses.
const DIMENSIONS: usize = 3;

struct Effort {
    n: usize,
    steps: usize,
    instances: u64,
}

impl Effort {
    fn at(profile: Profile) -> Self {
        let (n, steps, instances) = match profile {
            Profile::Smoke => (12, 40, 1),
            Profile::Quick => (20, 100, 1),
            Profile::Main | Profile::Paper => (40, 200, 2),
        };
        Self {
            n,
            steps,
            instances,
        }
    }
}

/// Which losses.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    Mirrored,
    Random(u64),
}

struct Cell {
    family: Family,
    b: f64,
    cohort: HonestMajority,
    stages: &'static str,
}

/// What the strongest attack does.
struct Measured {
    /// ‖∇L_H‖², the mean over the last quarter of the run.
    error: f64,
    attack: Attack,
    /// The largest of all attacks' `mean_t ‖∇L_H(θ_t)‖²` beside its bound, if there is one.
    run: Option<(f64, f64)>,
}

pub fn compute(profile: Profile) -> Result<Outcome, Error> {
    let effort = Effort::at(profile);
    let mut cells = Vec::new();
    let families = (0..effort.instances).map(Family::Random);
    for family in [Family::Mirrored].into_iter().chain(families) {
        for (b, every) in HETEROGENEITY {
            // Somewhat beyond the breakdown point, where there is an honest majority.
            let most = (1.3 * effort.n as f64 / (2.0 + b * b)) as usize;
            for f in (1..=most.min((effort.n - 1) / 2)).step_by(every) {
                for stages in PIPELINES {
                    let cohort = HonestMajority::new(effort.n, f)?;
                    cells.push(Cell {
                        family,
                        b,
                        cohort,
                        stages,
                    });
                }
            }
        }
    }
    let measured: Vec<Measured> = cells
        .par_iter()
        .map(|cell| measure(cell, effort.steps))
        .collect::<Result<_, Error>>()?;
    outcome(&cells, &measured)
}

/// Losses with G = 1.
fn losses(cell: &Cell) -> Result<Quadratics, Error> {
    let Family::Random(instance) = cell.family else {
        return Ok(Quadratics::mirrored(cell.cohort, cell.b, FLATTEST)?);
    };
    let mut rng = ChaCha8Rng::seed_from_u64(instance);
    let len = (cell.cohort.n() - cell.cohort.f()) * DIMENSIONS;
    // The relative deviation of the curvatures is below 0.4, so that B = 0.5 is enough.
    let curvatures = (0..len).map(|_| rng.random_range(0.3..1.0)).collect();
    let centres = (0..len).map(|_| rng.random_range(-1.0..1.0)).collect();
    let losses = Quadratics::new(DIMENSIONS, curvatures, centres)?;
    let g = losses
        .dissimilarity(cell.b)?
        .map_or(f64::NAN, Dissimilarity::g);
    Ok(losses.scaled(g.recip())?)
}

fn measure(cell: &Cell, steps: usize) -> Result<Measured, Error> {
    let losses = losses(cell)?;
    let rule = Rule::new(cell.stages)?;
    let honest = Dissimilarity::new(1.0, cell.b)?;
    let start = vec![0.0; losses.d()];
    let bound = match rule.kappa(cell.cohort) {
        None => None,
        Some(kappa) => honest.robust_dgd_bound(
            kappa,
            Descent {
                smoothness: losses.smoothness(),
                gap: losses.gap(&start),
                steps,
            },
        )?,
    };
    let mut worst = Measured {
        error: f64::NEG_INFINITY,
        attack: Attack::Mirror,
        run: None,
    };
    for attack in Attack::all(losses.honest()) {
        let errors = robust_dgd(&losses, cell.cohort, &rule, attack, &start, steps)?;
        let error = mean(&errors[errors.len() * 3 / 4..]);
        if error > worst.error {
            (worst.error, worst.attack) = (error, attack);
        }
        if let Some(bound) = bound {
            let before = worst.run.map_or(0.0, |(run, _)| run);
            worst.run = Some((before.max(mean(&errors)), bound));
        }
    }
    Ok(worst)
}

fn outcome(cells: &[Cell], measured: &[Measured]) -> Result<Outcome, Error> {
    let mut rows = Vec::new();
    let mut violations = Vec::new();
    for (cell, measured) in cells.iter().zip(measured) {
        let (n, f) = (cell.cohort.n(), cell.cohort.f());
        let honest = Dissimilarity::new(1.0, cell.b)?;
        let floor = match Rule::new(cell.stages)?.kappa(cell.cohort) {
            Some(kappa) => honest.robust_dgd_floor(kappa)?,
            None => None,
        };
        let place = format!("{}, B = {}, n = {n}, f = {f}", cell.stages, cell.b);
        if let Some((run, bound)) = measured.run.filter(|(run, bound)| run > bound) {
            violations.push(format!("{place}: mean of ‖∇L_H‖² is {run} > {bound}"));
        }
        let least = honest.lower_bound(cell.cohort);
        if cell.family == Family::Mirrored && least.is_some_and(|least| measured.error < least) {
            violations.push(format!("{place}: ‖∇L_H‖² is {} < ε₀", measured.error));
        }
        rows.push([
            match cell.family {
                Family::Mirrored => "mirrored".to_owned(),
                Family::Random(instance) => format!("random {instance}"),
            },
            cell.b.to_string(),
            n.to_string(),
            f.to_string(),
            cell.stages.to_owned(),
            number(measured.error),
            number(least),
            number(floor),
            measured.attack.to_string(),
        ]);
    }
    let header = [
        "losses",
        "b",
        "n",
        "f",
        "pipeline",
        "error",
        "lower_bound",
        "upper_bound",
        "attack",
    ];
    Ok(Outcome {
        table: table(header, rows),
        coordinates: 5,
        tolerance: 0.01,
        summary: summary(cells, measured)?,
        violations,
        figure: figure(cells, measured)?,
    })
}

/// Per pipeline, the largest error below the breakdown point in multiples of ε₀.
fn summary(cells: &[Cell], measured: &[Measured]) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for mirrored in [true, false] {
        for stages in PIPELINES {
            let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
            for (cell, measured) in cells.iter().zip(measured) {
                let least = Dissimilarity::new(1.0, cell.b)?.lower_bound(cell.cohort);
                let here = cell.stages == stages && (cell.family == Family::Mirrored) == mirrored;
                if let Some(least) = least.filter(|_| here) {
                    low = low.min(measured.error / least);
                    high = high.max(measured.error / least);
                }
            }
            let losses = if mirrored { "mirrored" } else { "random" };
            let name = label(stages)?;
            lines.push(format!(
                "{losses} losses, {name}: error {low:.3} to {high:.3} times ε₀ below the breakdown point"
            ));
        }
    }
    Ok(lines)
}

fn figure(cells: &[Cell], measured: &[Measured]) -> Result<Figure, Error> {
    let mut panels = Vec::new();
    for mirrored in [true, false] {
        for (b, _) in HETEROGENEITY {
            let honest = Dissimilarity::new(1.0, b)?;
            let x = Axis::linear("f/n").within(0.0, 0.5);
            let mut panel = Panel::new(x, Axis::log("‖mean gradient‖² / G²").within(1e-3, 1e5));
            let losses = if mirrored { "mirrored" } else { "random" };
            panel.title = Some(format!("B = {b}, {losses} losses"));
            let curve =
                |label: &str, value: &dyn Fn(HonestMajority) -> Result<Option<f64>, Error>| {
                    let mut points = Vec::new();
                    for f in 1..1000 {
                        let cohort = HonestMajority::new(2001, f)?;
                        points.push((cohort.fraction(), value(cohort)?.unwrap_or(f64::NAN)));
                    }
                    let at = At::Curve(points);
                    Ok::<_, Error>(Reference {
                        label: label.to_owned(),
                        at,
                    })
                };
            let upper = |stages: &'static str| {
                move |cohort: HonestMajority| match Rule::new(stages)?.kappa(cohort) {
                    Some(kappa) => Ok(honest.robust_dgd_floor(kappa)?),
                    None => Ok(None),
                }
            };
            panel.references = vec![
                curve("ε₀", &|cohort| Ok(honest.lower_bound(cohort)))?,
                curve("κG²/(1−κB²), κ of CWTM", &upper("cwtm"))?,
                curve("κG²/(1−κB²), κ = f/(n−2f)", &|cohort| {
                    Ok(honest.robust_dgd_floor(cohort.lower_bound())?)
                })?,
                Reference {
                    label: "breakdown point".to_owned(),
                    at: At::X(honest.breakdown_point()),
                },
            ];
            for stages in PIPELINES {
                let mut points: Vec<Point> = Vec::new();
                for (cell, measured) in cells.iter().zip(measured) {
                    let family = (cell.family == Family::Mirrored) == mirrored;
                    if !(family && cell.stages == stages && (cell.b - b).abs() < 1e-9) {
                        continue;
                    }
                    let x = cell.cohort.fraction();
                    // What diverged leaves the panel instead of being a gap.
                    let error = measured.error.min(1e9);
                    // The worst of the random instances.
                    match points.iter_mut().find(|point| (point.x - x).abs() < 1e-9) {
                        Some(point) => point.y = point.y.max(error),
                        None => points.push(Point::new(x, error)),
                    }
                }
                let style = style::method(stages)?;
                panel
                    .series
                    .push(Series::joined(label(stages)?, style, points));
            }
            panels.push(panel);
        }
    }
    Ok(Figure {
        title: None,
        columns: 3,
        panels,
    })
}
