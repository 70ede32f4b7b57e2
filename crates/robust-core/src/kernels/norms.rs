//! One pass: the norm of every row, and whether it is finite.

use super::{ordered, squares};
use crate::Scalar;

pub(crate) struct Norms {
    pub unit: f64,
    pub norms: Vec<f64>,
    pub finite: Vec<bool>,
}

/// Norms beyond this, or all below its inverse, would over- or underflow when squared and summed.
const SAFE: f64 = 1e150;

pub(crate) fn of_rows<T: Scalar>(rows: &[&[T]]) -> Norms {
    let n = rows.len();
    let row = |i: usize| rows[i];
    let squares = ordered(n, |i| squares::of_row(row(i), 1.0));
    let largest = squares.iter().fold(0.0, |a: f64, &b| a.max(b));
    let most_are_seen = middle(squares.clone()) > (SAFE * SAFE).recip();
    let all_finite = squares.iter().all(|s| s.is_finite());
    if all_finite && most_are_seen && largest > SAFE.recip() && largest < SAFE * SAFE {
        return Norms {
            unit: 1.0,
            norms: squares.into_iter().map(f64::sqrt).collect(),
            finite: vec![true; n],
        };
    }
    // A non-finite entry, zeros, or f64 values whose squares leave its range.
    let peaks = ordered(n, |i| {
        row(i).iter().try_fold(0.0, |peak: f64, x| {
            let x = x.to_f64().abs();
            x.is_finite().then(|| peak.max(x))
        })
    });
    let unit = unit_for(
        peaks.iter().flatten().fold(0.0, |a: f64, &b| a.max(b)),
        middle(peaks.iter().map(|peak| peak.unwrap_or(0.0)).collect()),
        row(0).len(),
    );
    let norms = ordered(n, |i| match peaks[i] {
        Some(_) => squares::of_row(row(i), unit.recip()).sqrt(),
        None => 0.0,
    });
    Norms {
        unit,
        norms,
        finite: peaks.iter().map(Option::is_some).collect(),
    }
}

/// A value that is at most the largest of any majority, and at least its smallest.
fn middle(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// 1 where squares are safe, also those of most rows; else a power of two that puts the largest
/// norm near 2^505, the end of what can be squared: as much as possible is left for norms that are
/// smaller.
fn unit_for(peak: f64, middle: f64, d: usize) -> f64 {
    let norm_bound = peak * (d as f64).sqrt();
    let most_are_safe = middle == 0.0 || middle > SAFE.recip();
    if peak == 0.0 || (norm_bound < SAFE && peak > SAFE.recip() && most_are_safe) {
        1.0
    } else {
        let exponent = peak.log2().ceil() + (0.5 * (d as f64).log2()).ceil();
        // 2^-1000 is about the smallest power that can be inverted.
        (exponent - 505.0).max(-1000.0).exp2()
    }
}
