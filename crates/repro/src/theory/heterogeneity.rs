//! (G,B)-dissimilarity of real data: at the parameters that DSGD visits, how far the honest
//! workers' gradients are from their mean, against the mean.

use charts::{At, Axis, Figure, Panel, Point, Reference, Series, Style};
use data::partition::{Dirichlet, Extreme, Iid, Partition};
use rayon::prelude::*;
use robust_core::theory::Dissimilarity;
use training::engine::{Batch, Cohort, Engine, Rows, Theta};
use training::{TrainError, ValidRun};

use super::{Input, Outcome, number, real, table};
use crate::error::Error;
use crate::experiment::Profile;
use crate::figures::partition_name;

/// Samples that go through the network at once.
const CHUNK: usize = 250;

struct Effort {
    partitions: Vec<Partition>,
    /// Where the gradients are measured: after so many steps.
    at: Vec<usize>,
    /// Of each worker's samples at most so many, evenly spaced in its part.
    samples: usize,
}

impl Effort {
    fn at(profile: Profile) -> Self {
        let dirichlet = |alpha| {
            Partition::from(Dirichlet {
                alpha,
                min_samples: None,
            })
        };
        let (at, samples): (&[usize], _) = match profile {
            Profile::Smoke => (&[0, 5], 50),
            Profile::Quick => (&[0, 2, 10, 50], 500),
            Profile::Main | Profile::Paper => (&[0, 1, 2, 5, 10, 20, 50, 100, 200], 1000),
        };
        Self {
            partitions: match profile {
                Profile::Smoke => vec![Extreme {}.into(), Iid {}.into()],
                _ => vec![
                    Extreme {}.into(),
                    dirichlet(0.1),
                    dirichlet(0.5),
                    dirichlet(1.0),
                    Iid {}.into(),
                ],
            },
            at: at.to_vec(),
            samples,
        }
    }
}

/// One place θ that the run visits.
#[derive(Debug, Clone, Copy)]
struct Place {
    step: usize,
    /// ‖∇L_H‖².
    squared_gradient: f64,
    /// 1/|H| Σ ‖∇L_i − ∇L_H‖².
    deviation: f64,
}

pub fn compute(input: Input<'_>) -> Result<Outcome, Error> {
    let effort = Effort::at(input.profile);
    let dataset = data::load(input.dataset, input.data)?;
    let found: Vec<Vec<Place>> = effort
        .partitions
        .par_iter()
        .map(|&partition| places(partition, &effort, &dataset))
        .collect::<Result<_, Error>>()?;
    outcome(&effort.partitions, &found)
}

fn places(
    partition: Partition,
    effort: &Effort,
    dataset: &data::Dataset,
) -> Result<Vec<Place>, Error> {
    let last = effort.at.iter().copied().max().unwrap_or(0);
    let spec = real::dsgd(dataset.name, partition, last)?;
    let run = ValidRun::new(spec.clone()).map_err(TrainError::from)?;
    let mut parts = run.split(dataset)?;
    for part in &mut parts {
        // A part may be sorted by class.
        let every = part.len().div_ceil(effort.samples);
        *part = part.iter().copied().step_by(every).collect();
    }
    let start = run.initial_parameters();
    let model = run.network();
    let mut engine = Cohort::new(model);
    let mut places = Vec::new();
    let mut failed = None;
    let mut measure = |step: usize, theta: &[f32]| {
        if effort.at.contains(&step) && failed.is_none() {
            match place(step, theta, &parts, dataset, &mut engine) {
                Ok(place) => places.push(place),
                Err(error) => failed = Some(error),
            }
        }
    };
    measure(0, &start);
    real::train(spec, dataset, |done, vectors| measure(done, vectors.theta))?;
    match failed {
        None => Ok(places),
        Some(error) => Err(error),
    }
}

/// Each worker's gradient on all of its samples.
fn place(
    step: usize,
    theta: &[f32],
    parts: &[Vec<usize>],
    dataset: &data::Dataset,
    engine: &mut Cohort,
) -> Result<Place, Error> {
    let d = theta.len();
    let mut mean = vec![0.0_f64; d];
    let mut squares = 0.0_f64;
    let mut images = vec![0.0; CHUNK * dataset.shape.len()];
    let mut gradient = vec![0.0; d];
    for part in parts {
        gradient.fill(0.0);
        for chunk in part.chunks(CHUNK) {
            let images = &mut images[..chunk.len() * dataset.shape.len()];
            dataset.train.fill(chunk, images);
            let labels: Vec<u8> = chunk.iter().map(|&i| dataset.train.labels()[i]).collect();
            let batch = Batch {
                images,
                labels: &labels,
                workers: 1,
                size: chunk.len(),
                seed: 0,
                step: 0,
            };
            let rows = Rows {
                values: &mut gradient,
                keep: 1.0,
                scale: chunk.len() as f32 / part.len() as f32,
            };
            engine.gradients(Theta::shared(theta), &batch, rows, None)?;
        }
        for (mean, &g) in mean.iter_mut().zip(&gradient) {
            let g = f64::from(g);
            *mean += g / parts.len() as f64;
            squares += g * g / parts.len() as f64;
        }
    }
    let squared_gradient = mean.iter().map(|x| x * x).sum::<f64>();
    Ok(Place {
        step,
        squared_gradient,
        deviation: squares - squared_gradient,
    })
}

/// Of all lines `G² + B²x` that lie above the points `(x, y)`, the one that is lowest on average
/// over them; it goes through two of them, is level, or goes through the origin.
fn smallest_line(points: &[(f64, f64)]) -> (f64, f64) {
    let mean = points.iter().map(|point| point.0).sum::<f64>() / points.len() as f64;
    let mut slopes = vec![0.0];
    for (i, a) in points.iter().enumerate() {
        slopes.push(a.1 / a.0);
        for b in &points[..i] {
            slopes.push((a.1 - b.1) / (a.0 - b.0));
        }
    }
    let above = |slope: f64| {
        let least = points.iter().map(|point| point.1 - slope * point.0);
        (least.fold(0.0, f64::max), slope)
    };
    let lines = slopes
        .into_iter()
        .filter(|slope| slope.is_finite() && *slope >= 0.0)
        .map(above);
    let height = |line: &(f64, f64)| line.0 + line.1 * mean;
    lines
        .min_by(|a, b| height(a).total_cmp(&height(b)))
        .unwrap_or((0.0, 0.0))
}

fn outcome(partitions: &[Partition], found: &[Vec<Place>]) -> Result<Outcome, Error> {
    let mut rows = Vec::new();
    let mut summary = Vec::new();
    let mut panels = Vec::new();
    let names = partitions.iter().map(partition_name);
    let mut breakdown = Panel::new(
        Axis::categories("heterogeneity", names),
        Axis::linear("breakdown point 1/(2+B²)").within(0.0, 0.5),
    );
    let mut points = Vec::new();
    for (partition, places) in partitions.iter().zip(found) {
        let pairs: Vec<_> = places
            .iter()
            .map(|p| (p.squared_gradient, p.deviation))
            .collect();
        let (constant, slope) = smallest_line(&pairs);
        let honest = Dissimilarity::new(constant.sqrt(), slope.sqrt())?;
        for place in places {
            rows.push([
                partition.to_string(),
                place.step.to_string(),
                number(place.squared_gradient),
                number(place.deviation),
                number(honest.g()),
                number(honest.b()),
                number(honest.breakdown_point()),
            ]);
        }
        summary.push(format!(
            "{:12} G = {:.3}, B = {:.3}: breakdown point {:.3}",
            partition_name(partition),
            honest.g(),
            honest.b(),
            honest.breakdown_point()
        ));
        points.push(Point::new(points.len() as f64, honest.breakdown_point()));
        let mut panel = Panel::new(
            Axis::log("‖mean gradient‖²"),
            Axis::log("mean ‖deviation‖²"),
        );
        panel.title = Some(format!(
            "{}: G = {:.2}, B = {:.2}",
            partition_name(partition),
            honest.g(),
            honest.b()
        ));
        let measured = pairs.iter().map(|&(x, y)| Point::new(x, y));
        panel.series.push(Series::scatter(
            "measured",
            Style::nth(0),
            measured.collect(),
        ));
        let (low, high) = pairs
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), pair| {
                (low.min(pair.0), high.max(pair.0))
            });
        let along = (0..=60).map(|i| low * (high / low).powf(f64::from(i) / 60.0));
        panel.references.push(Reference {
            label: "G² + B²·‖mean gradient‖²".to_owned(),
            at: At::Curve(along.map(|x| (x, constant + slope * x)).collect()),
        });
        panels.push(panel);
    }
    breakdown
        .series
        .push(Series::bars("1/(2+B²)", Style::nth(2), points));
    breakdown.references.push(Reference {
        label: "f/n = 3/13".to_owned(),
        at: At::Y(3.0 / 13.0),
    });
    panels.push(breakdown);
    let header = [
        "partition",
        "step",
        "squared_gradient",
        "deviation",
        "g",
        "b",
        "breakdown_point",
    ];
    Ok(Outcome {
        table: table(header, rows),
        coordinates: 2,
        tolerance: 0.05,
        summary,
        violations: Vec::new(),
        figure: Figure {
            title: None,
            columns: 3,
            panels,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::smallest_line;

    #[test]
    fn the_smallest_line_lies_above_all_points_and_touches_two_of_them() {
        // The hull's edge over the mean abscissa, 2, is that from (1, 3) to (5, 5).
        let line = smallest_line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (5.0, 5.0)]);
        assert!(
            (line.0 - 2.5).abs() < 1e-12 && (line.1 - 0.5).abs() < 1e-12,
            "{line:?}"
        );
        // Falling points: level. Points on a ray: through the origin.
        assert_eq!(smallest_line(&[(1.0, 3.0), (2.0, 1.0)]), (3.0, 0.0));
        assert_eq!(
            smallest_line(&[(1.0, 2.0), (3.0, 6.0), (2.0, 1.0)]),
            (0.0, 2.0)
        );
    }
}
