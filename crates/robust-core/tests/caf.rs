//! CAF against its recurrence as published, one step after the other, in coordinates.

mod common;

use common::{Rows, aggregate, distance, pipeline, rows};
use proptest::prelude::*;

/// Steps that the rule promises to take one by one.
const ONE_BY_ONE: usize = 5_000;

/// What the recurrence returns, and how many steps it takes; `None` if more than that.
fn recurrence(rows: &Rows, f: usize) -> Option<(Vec<f64>, usize)> {
    let (n, d) = (rows.len(), rows[0].len());
    let mut c = vec![1.0; n];
    let mut best = (f64::INFINITY, Vec::new());
    for step in 1..=ONE_BY_ONE {
        let total: f64 = c.iter().sum();
        let along = |k: usize| c.iter().zip(rows).map(|(c, row)| c * row[k]).sum::<f64>() / total;
        let mean: Vec<f64> = (0..d).map(along).collect();
        let mut covariance = vec![vec![0.0; d]; d];
        for (c, row) in c.iter().zip(rows) {
            for i in 0..d {
                for j in 0..d {
                    covariance[i][j] += c / total * (row[i] - mean[i]) * (row[j] - mean[j]);
                }
            }
        }
        let (variance, direction) = top(covariance);
        let square = |row: &Vec<f64>| {
            let terms = row.iter().zip(&mean).zip(&direction);
            terms.map(|((x, m), v)| (x - m) * v).sum::<f64>().powi(2)
        };
        if variance < best.0 {
            best = (variance, mean.clone());
        }
        let tau: Vec<f64> = rows.iter().map(square).collect();
        let largest = tau.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            return Some((best.1, step));
        }
        for (c, tau) in c.iter_mut().zip(&tau) {
            *c *= 1.0 - tau / largest;
        }
        if c.iter().sum::<f64>() <= (n - 2 * f) as f64 {
            return Some((best.1, step));
        }
    }
    None
}

/// The largest eigenvalue of a symmetric matrix and its eigenvector, by Jacobi's rotations.
fn top(mut a: Vec<Vec<f64>>) -> (f64, Vec<f64>) {
    let d = a.len();
    let mut vectors: Vec<Vec<f64>> = (0..d)
        .map(|i| (0..d).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for _ in 0..30 {
        for p in 0..d {
            for q in p + 1..d {
                let (sin, cos) = (0.5 * f64::atan2(2.0 * a[p][q], a[p][p] - a[q][q])).sin_cos();
                let rotate = |x: &mut f64, y: &mut f64| {
                    (*x, *y) = (cos * *x + sin * *y, cos * *y - sin * *x);
                };
                let (upper, lower) = a.split_at_mut(q);
                upper[p]
                    .iter_mut()
                    .zip(&mut lower[0])
                    .for_each(|(x, y)| rotate(x, y));
                for row in a.iter_mut().chain(&mut vectors) {
                    let (left, right) = row.split_at_mut(q);
                    rotate(&mut left[p], &mut right[0]);
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..d).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    let vector = vectors.iter().map(|row| row[order[0]]).collect();
    (a[order[0]][order[0]], vector)
}

#[test]
fn a_long_recurrence_is_followed_to_its_end() {
    let column = [
        -0.88063, 1.701261, 0.0, -2.656184, -2.04297, 0.497, -1.049819, -1.049819, 0.0, -1.352614,
        -2.04297, -0.871163, 0.457486,
    ];
    let rows: Rows = column.map(|x| vec![x]).into();
    let (want, steps) = recurrence(&rows, 6).expect("it ends");
    assert_eq!(steps, 1_264);
    assert!((want[0] + 0.965_846_76).abs() < 1e-8, "{want:?}");
    let got = aggregate(&pipeline("caf"), &rows, 6);
    assert!((got[0] - want[0]).abs() < 1e-12, "{got:?} for {want:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn up_to_5000_steps_are_taken_as_published(
        rows in rows(3..14, 1..4),
        share in 0.0..1.0,
        farther in 0.0..2.0,
        beyond in 0..4usize,
    ) {
        let n = rows.len();
        let f = 1 + (share * ((n - 1) / 2) as f64) as usize;
        let f = f.min((n - 1) / 2);
        let mut rows = rows;
        for row in rows.iter_mut().take(beyond.min(f)) {
            row.iter_mut().for_each(|x| *x *= 10f64.powf(farther));
        }
        let Some((want, steps)) = recurrence(&rows, f) else { return Ok(()) };
        // With two coordinates or more, directions of nearly equal variance take turns, and the
        // recurrence itself may be decided by rounding: then there is nothing to compare with.
        let mut nudged = rows.clone();
        for (i, x) in nudged.iter_mut().flatten().enumerate() {
            *x *= 1.0 + 1e-13 * ((7 * i) % 5) as f64;
        }
        let nudged = recurrence(&nudged, f);
        let moved = nudged.map_or(f64::INFINITY, |(nudged, _)| distance(&nudged, &want));
        if moved > 1e-9 * common::peak(&rows) {
            return Ok(());
        }
        let got = aggregate(&pipeline("caf"), &rows, f);
        let close = if rows[0].len() == 1 { 1e-9 } else { 1e-6 };
        prop_assert!(
            distance(&got, &want) <= close * common::peak(&rows),
            "n = {n}, f = {f}, {steps} steps: {got:?} for {want:?}"
        );
    }
}
