//! The worst ratio `‖F(x) − x̄_S‖² / (1/|S| Σ‖x_i − x̄_S‖²)` that a search finds, beside f/(n−2f) and
//! the published κ.
//!
//! A ratio is a lower bound on the best κ of the rule, and so is every step of the search. S is the
//! first n − f vectors: any other set is the same after renumbering. The search starts from vectors
//! that stand in a few places, where the proofs have theirs, and climbs: single vectors and whole
//! places move, join others, or swap sides.

use charts::{At, Axis, Figure, Panel, Point, Reference, Series};
use data::rng::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use rayon::prelude::*;
use robust_core::theory::{HonestMajority, ratio};

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
/// Farther from the origin, relative to the spread, rounding would be mistaken for a deviation.
const FARTHEST: f64 = 1e6;

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
        .map(|(index, cell)| search(cell, &effort, &mut ChaCha8Rng::seed_from_u64(index)))
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

/// The largest ratio that is found.
fn search(cell: &Cell, effort: &Effort, rng: &mut ChaCha8Rng) -> Result<f64, Error> {
    let exact = cell.rule()?;
    // GM takes its time to converge; on the way it is nearly there.
    let rule = if cell.stages.ends_with("gm") {
        Rule::with(&cell.stages, &[("gm.iterations", "100")])?
    } else {
        cell.rule()?
    };
    let mut best = 0.0_f64;
    for d in 1..=2 {
        let mut starts: Vec<(f64, Vectors)> = Vec::new();
        let mut consider = |mut vectors: Vectors| -> Result<(), Error> {
            if vectors.normalise(cell.distance) {
                starts.push((vectors.ratio(&rule)?, vectors));
            }
            Ok(())
        };
        for ones in 1..cell.cohort.n() - cell.cohort.f() {
            for byzantine in [0.0, 1.0, -1.0, 2.0, 10.0, -10.0] {
                for origin in [0.0, 1.0, -10.0] {
                    consider(Vectors::two_places(cell.cohort, d, ones, byzantine, origin))?;
                }
            }
        }
        for _ in 0..effort.evaluations / 10 {
            consider(Vectors::random(cell.cohort, d, rng))?;
        }
        starts.sort_by(|a, b| b.0.total_cmp(&a.0));
        // Equal ratios come from one configuration in other units.
        starts.dedup_by(|a, b| (a.0 - b.0).abs() <= 1e-6 * b.0);
        for (ratio, vectors) in starts.into_iter().take(effort.climbs) {
            let vectors = climb(
                ratio,
                vectors,
                &rule,
                cell.distance,
                effort.evaluations,
                rng,
            )?;
            best = best.max(vectors.ratio(&exact)?);
        }
    }
    Ok(best)
}

/// The best vectors that are met on the way up, which accepts whatever isn't worse.
fn climb(
    mut best: f64,
    mut vectors: Vectors,
    rule: &Rule,
    distance: Option<f64>,
    evaluations: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Vectors, Error> {
    for _ in 0..evaluations {
        let mut moved = vectors.clone();
        moved.change(rng);
        if moved.normalise(distance) {
            let ratio = moved.ratio(rule)?;
            if ratio >= best {
                (best, vectors) = (ratio, moved);
            }
        }
    }
    Ok(vectors)
}

/// n vectors of length d; S is the first n − f.
#[derive(Clone)]
struct Vectors {
    cohort: HonestMajority,
    d: usize,
    values: Vec<f64>,
    /// Whether the Byzantine vectors are sent first, which decides ties.
    byzantine_first: bool,
}

impl Vectors {
    fn new(cohort: HonestMajority, d: usize) -> Self {
        Self {
            cohort,
            d,
            values: vec![0.0; cohort.n() * d],
            byzantine_first: true,
        }
    }

    fn honest(&self) -> usize {
        self.cohort.n() - self.cohort.f()
    }

    fn row(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.d..(i + 1) * self.d]
    }

    /// On a line: so many honest vectors at 1, the others at 0, the Byzantine ones together; then
    /// all are moved so that `origin` is 0. Byzantine ones at 0 make the construction of f/(n−2f).
    fn two_places(
        cohort: HonestMajority,
        d: usize,
        ones: usize,
        byzantine: f64,
        origin: f64,
    ) -> Self {
        let mut vectors = Self::new(cohort, d);
        let honest = vectors.honest();
        for i in 0..cohort.n() {
            let place = match i {
                _ if i < ones => 1.0,
                _ if i < honest => 0.0,
                _ => byzantine,
            };
            vectors.row(i)[0] = place - origin;
        }
        vectors
    }

    /// In up to five random places.
    fn random(cohort: HonestMajority, d: usize, rng: &mut ChaCha8Rng) -> Self {
        let mut vectors = Self::new(cohort, d);
        let places: Vec<Vec<f64>> = (0..5)
            .map(|_| {
                let scale = magnitude(rng, -1.0, 1.5);
                (0..d)
                    .map(|_| scale * rng.random_range(-1.0..1.0))
                    .collect()
            })
            .collect();
        let used = rng.random_range(2..=places.len());
        for i in 0..cohort.n() {
            let place = rng.random_range(0..used);
            vectors.row(i).copy_from_slice(&places[place]);
        }
        vectors.byzantine_first = rng.random();
        vectors
    }

    /// Scales all vectors so that the mean square deviation of S is 1, and moves its mean to the
    /// distance from 0 along the first axis. `false` if S has no spread, or all is too far out.
    fn normalise(&mut self, distance: Option<f64>) -> bool {
        let (d, count) = (self.d, self.honest());
        let mean: Vec<f64> = (0..d)
            .map(|j| (0..count).map(|i| self.values[i * d + j]).sum::<f64>() / count as f64)
            .collect();
        let squares = self.values[..count * d].iter().zip(mean.iter().cycle());
        let spread = squares.map(|(x, m)| (x - m).powi(2)).sum::<f64>() / count as f64;
        let scale = spread.sqrt().recip();
        let peak = self.values.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
        // Written so that a spread of 0 fails.
        let within = peak * scale <= FARTHEST;
        if !within {
            return false;
        }
        let mean = mean.into_iter().enumerate().cycle();
        for (x, (j, mean)) in self.values.iter_mut().zip(mean) {
            *x = match distance {
                Some(distance) if j == 0 => (*x - mean) * scale + distance,
                Some(_) => (*x - mean) * scale,
                None => *x * scale,
            };
        }
        true
    }

    fn ratio(&self, rule: &Rule) -> Result<f64, Error> {
        let (honest, byzantine) = self.values.split_at(self.honest() * self.d);
        let sent = if self.byzantine_first {
            [byzantine, honest].concat()
        } else {
            self.values.clone()
        };
        let mut out = [0.0; 2];
        let out = &mut out[..self.d];
        rule.aggregate(&sent, self.cohort.f(), out)?;
        Ok(ratio(out, honest)?)
    }

    /// A random change of one vector, of all that stand in its place, or of all vectors.
    fn change(&mut self, rng: &mut ChaCha8Rng) {
        let (n, d, honest) = (self.cohort.n(), self.d, self.honest());
        let chosen = rng.random_range(0..n);
        let place = self.row(chosen).to_vec();
        let together = match rng.random_range(0..3) {
            0 => vec![chosen],
            _ => (0..n)
                .filter(|&i| (i < honest) == (chosen < honest) && *self.row(i) == *place)
                .collect(),
        };
        match rng.random_range(0..8) {
            0 => {
                let other = rng.random_range(0..n);
                let other = self.row(other).to_vec();
                for i in together {
                    self.row(i).copy_from_slice(&other);
                }
            }
            1 => {
                let factor = if rng.random() {
                    -1.0
                } else {
                    magnitude(rng, -0.5, 0.5)
                };
                for i in together {
                    self.row(i).iter_mut().for_each(|x| *x *= factor);
                }
            }
            2 => {
                let offset = step(d, rng);
                let values = self.values.iter_mut().zip(offset.iter().cycle());
                values.for_each(|(x, offset)| *x += offset);
            }
            3 => {
                // The origin to a place: what ARC measures norms from.
                let values = self.values.iter_mut().zip(place.iter().cycle());
                values.for_each(|(x, place)| *x -= place);
            }
            _ => {
                let offset = step(d, rng);
                for i in together {
                    let row = self.row(i).iter_mut().zip(&offset);
                    row.for_each(|(x, offset)| *x += offset);
                }
            }
        }
    }
}

/// 10 to a random power.
fn magnitude(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    10_f64.powf(rng.random_range(low..high))
}

/// A step in a random direction, of any order of magnitude.
fn step(d: usize, rng: &mut impl Rng) -> Vec<f64> {
    let scale = magnitude(rng, -4.0, 1.5);
    (0..d)
        .map(|_| scale * rng.random_range(-1.0..1.0))
        .collect()
}
