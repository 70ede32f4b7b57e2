//! The search for the worst ratio of a rule. It starts from vectors that stand in a few places,
//! where the proofs have theirs, and climbs: single vectors and whole places move, join others, or
//! swap sides.

use data::rng::ChaCha8Rng;
use rand::{Rng, RngExt};
use robust_core::theory::{HonestMajority, ratio};

use super::{Cell, Effort};
use crate::error::Error;
use crate::theory::vectors::Rule;

/// Farther from the origin, relative to the spread, rounding would be mistaken for a deviation.
const FARTHEST: f64 = 1e6;

/// The largest ratio that is found.
pub(super) fn search(cell: &Cell, effort: &Effort, rng: &mut ChaCha8Rng) -> Result<f64, Error> {
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
