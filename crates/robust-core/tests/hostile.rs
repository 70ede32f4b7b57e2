//! f rows that may hold anything, and numbers at the ends of their range.

mod common;

use common::{
    Rows, aggregate, aggregate_f32, alone, an_f, distance, mean, norm, peak, pipeline, pipelines,
    properties,
};
use proptest::prelude::*;
use robust_core::theory::HonestMajority;
use robust_core::{Geometry, Gradients, Pipeline};

/// What a Byzantine row may be made of.
fn hostile(kind: usize, honest: &[f64], size: f64) -> Vec<f64> {
    let d = honest.len();
    let all = |x: f64| vec![x; d];
    match kind {
        0 => all(f64::NAN),
        1 => all(f64::INFINITY),
        2 => (0..d)
            .map(|k| if k == 0 { f64::NEG_INFINITY } else { honest[k] })
            .collect(),
        3 => all(1e38),
        4 => all(-3.4e38),
        5 => all(1e-45),
        6 => all(0.0),
        7 => honest.to_vec(),
        8 => honest.iter().map(|x| x * 1e30).collect(),
        9 => honest.iter().map(|x| -size * x).collect(),
        _ => honest.iter().map(|x| x * (1.0 + 1e-6)).collect(),
    }
}

/// Honest rows, and what the Byzantine ones among them send instead.
#[derive(Debug, Clone)]
struct Attacked {
    rows: Rows,
    /// Who is Byzantine first, and so on; the last one never is.
    order: Vec<usize>,
    kinds: Vec<(usize, f64)>,
    /// f, as a share of the largest that a rule takes.
    share: f64,
}

impl Attacked {
    /// The rows, of which those of `byzantine` are hostile.
    fn rows(&self, f: usize) -> (Rows, &[usize]) {
        let (byzantine, honest) = self.order.split_at(f);
        let model = &self.rows[honest[honest.len() - 1]];
        let mut rows = self.rows.clone();
        for (&i, &(kind, size)) in byzantine.iter().zip(&self.kinds) {
            rows[i] = hostile(kind, model, size);
        }
        (rows, byzantine)
    }
}

fn attacked(
    n: std::ops::Range<usize>,
    d: std::ops::Range<usize>,
) -> impl Strategy<Value = Attacked> {
    let kinds = prop::collection::vec((0..11usize, 0.0..9.0f64), 20);
    (common::rows(n, d), kinds, 0.0..1.0).prop_flat_map(|(rows, kinds, share)| {
        let order: Vec<usize> = (0..rows.len()).collect();
        Just(order).prop_shuffle().prop_map(move |order| Attacked {
            rows: rows.clone(),
            order,
            kinds: kinds.clone(),
            share,
        })
    })
}

/// Whether a rule that takes f of n vectors can't be robust to them: it takes every f.
fn promises_nothing(pipeline: &Pipeline) -> bool {
    let aggregator = pipeline.aggregator().expect("it aggregates");
    aggregator.check(3, 2).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_f_rows_leave_the_output_finite_bounded_and_deterministic(
        attacked in attacked(3..16, 1..30),
    ) {
        let n = attacked.rows.len();
        for pipeline in pipelines() {
            let Some(f) = an_f(&pipeline, n, attacked.share) else { continue };
            let name = pipeline.name();
            let (rows, byzantine) = attacked.rows(f);
            let honest: Vec<&Vec<f64>> =
                (0..n).filter(|i| !byzantine.contains(i)).map(|i| &rows[i]).collect();
            let (out, out32) = (aggregate(&pipeline, &rows, f), aggregate_f32(&pipeline, &rows, f));
            prop_assert!(out.iter().chain(&out32).all(|x| x.is_finite()), "{name}: {out:?}");
            let again = (aggregate(&pipeline, &rows, f), aggregate_f32(&pipeline, &rows, f));
            prop_assert!((&out, &out32) == (&again.0, &again.1), "{name}");
            let cohort = HonestMajority::new(n, f).expect("2f < n");
            let Some(kappa) = pipeline.kappa(cohort) else { continue };
            let centre = mean(&honest);
            let spread: f64 = honest.iter().map(|row| distance(row, &centre).powi(2)).sum::<f64>()
                / honest.len() as f64;
            let honest_peak =
                honest.iter().flat_map(|row| row.iter()).fold(0.0, |a: f64, b| a.max(b.abs()));
            for (out, rounding) in [(&out, 1e-9), (&out32, 1e-5)] {
                let error = distance(out, &centre) - rounding * honest_peak * (out.len() as f64).sqrt();
                prop_assert!(
                    error <= 0.0 || error * error <= kappa * spread,
                    "{name}, n = {n}, f = {f}: {error} against {}",
                    (kappa * spread).sqrt()
                );
            }
        }
    }

    #[test]
    fn rows_that_are_not_finite_are_received_as_zero(attacked in attacked(3..16, 1..30)) {
        for pipeline in pipelines() {
            let Some(f) = an_f(&pipeline, attacked.rows.len(), attacked.share) else { continue };
            let (rows, _) = attacked.rows(f);
            let received: Rows = rows
                .iter()
                .map(|row| if row.iter().all(|x| x.is_finite()) { row.clone() } else { vec![0.0; row.len()] })
                .collect();
            let (got, want) = (aggregate(&pipeline, &rows, f), aggregate(&pipeline, &received, f));
            prop_assert!(distance(&got, &want) <= 1e-12 * peak(&received), "{}", pipeline.name());
        }
    }

    #[test]
    fn distances_neither_overflow_nor_cancel(
        rows in common::rows(2..8, 1..60),
        direction in prop::collection::vec(0.5..2.0f64, 60),
        exponent in -30..31i32,
        closeness in prop::sample::select(vec![1.0, 1e-3, 1e-6]),
    ) {
        // Rows of f32 that share a direction and differ by `closeness` of it.
        let scale = 10f64.powi(exponent);
        let values: Vec<f32> = rows
            .iter()
            .flat_map(|row| row.iter().zip(&direction))
            .map(|(x, u)| (scale * (u + closeness * x)) as f32)
            .collect();
        let (n, d) = (rows.len(), rows[0].len());
        let view = Gradients::new(&values, n, d).expect("n × d");
        let geometry = Geometry::new(&view);
        let exact: Rows =
            values.chunks(d).map(|row| row.iter().map(|&x| f64::from(x) / scale).collect()).collect();
        for i in 0..n {
            for j in 0..n {
                let want = distance(&exact[i], &exact[j]);
                let got = geometry.squared_distance(i, j).sqrt() / scale;
                prop_assert!((got - want).abs() <= 1e-7 * want, "{got} for {want}");
            }
        }
    }
}

#[test]
fn copies_are_at_distance_zero() {
    let row: Vec<f32> = (0..1000).map(|k| (k as f32 * 0.37).sin() * 1e30).collect();
    let mut other = row.clone();
    other[500] *= 1.000_001;
    let values: Vec<f32> = [row.clone(), other, row.clone(), row].concat();
    let view = Gradients::new(&values, 4, 1000).expect("n × d");
    let geometry = Geometry::new(&view);
    for (i, j, equal) in [
        (0, 2, true),
        (0, 3, true),
        (2, 3, true),
        (0, 1, false),
        (1, 3, false),
    ] {
        assert_eq!(
            geometry.squared_distance(i, j).to_bits() == 0,
            equal,
            "{i}, {j}"
        );
    }
}

#[test]
fn a_huge_row_does_not_wipe_out_the_honest_ones() {
    // Honest rows 100 ± 1: close to each other, far from the origin.
    let honest: Rows = (0..6)
        .map(|i| {
            (0..5)
                .map(|k| 100.0 + ((i * 5 + k) as f64 * 1.7).sin())
                .collect()
        })
        .collect();
    let mut silent = honest.clone();
    silent.push(vec![0.0; 5]);
    for huge in [1e6, 1e12, 1e38, 1e150, 1e300, 1.7e308] {
        let mut rows = honest.clone();
        rows.push(vec![huge; 5]);
        let centre = mean(&honest.iter().collect::<Vec<_>>());
        for rule in alone().into_iter().filter(|rule| !promises_nothing(rule)) {
            // What isn't translation equivariant may go towards the origin.
            let allowed = if properties(&rule).translation {
                3.0
            } else {
                3.0 + norm(&centre)
            };
            for before in ["", "nnm,", "arc,", "arc,nnm,", "nnm,arc,"] {
                let pipeline = pipeline(&format!("{before}{}", rule.name()));
                if pipeline.check(rows.len(), 1).is_err() {
                    continue;
                }
                let error = distance(&aggregate(&pipeline, &rows, 1), &centre);
                assert!(
                    error < allowed,
                    "{} with {huge:e}: {error}",
                    pipeline.name()
                );
            }
        }
        // Three Weiszfeld steps by hand: the huge row weighs 1/‖x‖ and adds a unit vector.
        let mut z = vec![0.0; 5];
        for _ in 0..3 {
            let weights: Vec<f64> = rows
                .iter()
                .map(|row| 1.0 / distance(row, &z).max(0.1))
                .collect();
            let sum: f64 = weights.iter().sum();
            let mut next = vec![0.0; 5];
            for (row, w) in rows.iter().zip(&weights) {
                next.iter_mut()
                    .zip(row)
                    .for_each(|(z, x)| *z += w * x / sum);
            }
            z = next;
        }
        // Where its norm is beyond f64, this loop can't weigh it.
        let gm = pipeline("gm");
        let out = aggregate(&gm, &rows, 1);
        assert!(
            huge > 1e308 || distance(&out, &z) < 1e-9 * norm(&z),
            "{huge:e}: {out:?} for {z:?}"
        );
    }
}

#[test]
fn rows_at_both_ends_of_f64_keep_their_order() {
    for scale in [1e-300, 1e-160, 1.0, 1e160, 1e300] {
        let rows: Rows = [1.0, 1.1, 0.9, 1.05, -50.0]
            .iter()
            .map(|x| vec![x * scale; 3])
            .collect();
        for rule in alone().into_iter().filter(|rule| !promises_nothing(rule)) {
            for before in ["", "arc,", "arc,nnm,"] {
                let pipeline = pipeline(&format!("{before}{}", rule.name()));
                if !properties(&rule).translation || pipeline.check(rows.len(), 1).is_err() {
                    continue;
                }
                for x in &aggregate(&pipeline, &rows, 1) {
                    let name = pipeline.name();
                    assert!((x / scale - 1.0).abs() < 0.15, "{name} at {scale:e}: {x:e}");
                }
            }
        }
    }
}

/// More than f rows that aren't finite are received as zeros, too: only the numbers say so.
#[test]
fn a_majority_of_garbage_still_gives_numbers() {
    let rows: Rows = vec![vec![f64::NAN; 2], vec![f64::INFINITY; 2], vec![3.0, 4.0]];
    let nothing: Rows = vec![vec![f64::NAN; 2]; 5];
    for pipeline in pipelines() {
        let name = pipeline.name();
        if let Some(f) = an_f(&pipeline, 3, 0.999) {
            let out = aggregate(&pipeline, &rows, f);
            assert!(
                out.iter().all(|x| (0.0..=4.0).contains(x)),
                "{name}: {out:?}"
            );
        }
        if let Some(f) = an_f(&pipeline, 5, 0.999) {
            assert_eq!(aggregate(&pipeline, &nothing, f), [0.0, 0.0], "{name}");
        }
    }
}

#[test]
fn the_largest_finite_numbers_do_not_overflow() {
    let (n, d) = (9, 70);
    for largest in [f64::from(f32::MAX), f64::from(f32::MIN)] {
        let rows = vec![vec![largest; d]; n];
        for pipeline in pipelines() {
            let Some(f) = an_f(&pipeline, n, 0.6) else {
                continue;
            };
            let out = aggregate_f32(&pipeline, &rows, f);
            let between = |x: &f64| x.is_finite() && x * largest.signum() >= 0.0;
            assert!(out.iter().all(between), "{}: {out:?}", pipeline.name());
        }
    }
}
