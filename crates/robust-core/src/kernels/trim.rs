//! Dropping the few smallest and largest values of every column while they pass by, in registers: a
//! network writes each row back after each comparison.

use pulp::{Arch, Simd, WithSimd};

use super::columns::{Columns, STRIP};
use crate::Scalar;

/// The largest f whose 2f extremes stay in registers.
pub(crate) const MOST: usize = 4;

/// out = the mean of the values that are neither among the f smallest nor the f largest of their
/// column, of n > 2f rows; 1 ≤ f ≤ [`MOST`].
pub(crate) fn mean<T: Scalar>(columns: &Columns<'_, T>, f: usize, out: &mut [T]) {
    let values = columns.values();
    match f {
        1 => Arch::new().dispatch(Trim::<T, 1>(values, out)),
        2 => Arch::new().dispatch(Trim::<T, 2>(values, out)),
        3 => Arch::new().dispatch(Trim::<T, 3>(values, out)),
        _ => Arch::new().dispatch(Trim::<T, MOST>(values, out)),
    }
}

struct Trim<'a, T, const F: usize>(&'a [T], &'a mut [T]);

/// Registers per row that are handled together: independent work hides latency.
const GROUP: usize = 2;

impl<T: Scalar, const F: usize> WithSimd for Trim<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let kept = self.0.len() / STRIP - 2 * F;
        let (values, out) = (T::vectors::<S>(self.0), T::vectors_mut::<S>(self.1));
        let per_row = STRIP * size_of::<T>() / size_of::<T::Vector<S>>();
        let zero = T::splat(simd, T::default());
        let weight = T::splat(simd, T::from_f64((kept as f64).recip()));
        for group in (0..per_row).step_by(GROUP) {
            // Ascending, the smallest so far; descending, the largest of those that are not.
            let mut low = [[zero; GROUP]; F];
            let mut high = low;
            let mut mean = [zero; GROUP];
            let mut rows = values.chunks_exact(per_row).map(|row| at(row, group));
            for held in 0..F {
                let Some(x) = rows.next() else { return };
                low[held] = lower::<T, S, F>(simd, &mut low, held, x);
            }
            for held in 0..F {
                let Some(x) = rows.next() else { return };
                let x = lower::<T, S, F>(simd, &mut low, F, x);
                high[held] = higher::<T, S, F>(simd, &mut high, held, x);
            }
            for x in rows {
                let x = lower::<T, S, F>(simd, &mut low, F, x);
                let x = higher::<T, S, F>(simd, &mut high, F, x);
                for (mean, x) in mean.iter_mut().zip(x) {
                    *mean = T::mul_add(simd, weight, x, *mean);
                }
            }
            out[group..group + GROUP].copy_from_slice(&mean);
        }
    }
}

#[inline(always)]
fn at<V: Copy>(values: &[V], start: usize) -> [V; GROUP] {
    std::array::from_fn(|i| values[start + i])
}

/// Puts x among the first `held` of `low`, and returns the largest of both.
#[inline(always)]
fn lower<T: Scalar, S: Simd, const F: usize>(
    simd: S,
    low: &mut [[T::Vector<S>; GROUP]; F],
    held: usize,
    mut x: [T::Vector<S>; GROUP],
) -> [T::Vector<S>; GROUP] {
    for (k, low) in low.iter_mut().enumerate() {
        // Not a slice of `held`: only a loop of a fixed length stays in registers.
        if k < held {
            for (low, x) in low.iter_mut().zip(&mut x) {
                (*low, *x) = (T::min(simd, *low, *x), T::max(simd, *low, *x));
            }
        }
    }
    x
}

/// Puts x among the first `held` of `high`, and returns the smallest of both.
#[inline(always)]
fn higher<T: Scalar, S: Simd, const F: usize>(
    simd: S,
    high: &mut [[T::Vector<S>; GROUP]; F],
    held: usize,
    mut x: [T::Vector<S>; GROUP],
) -> [T::Vector<S>; GROUP] {
    for (k, high) in high.iter_mut().enumerate() {
        if k < held {
            for (high, x) in high.iter_mut().zip(&mut x) {
                (*high, *x) = (T::max(simd, *high, *x), T::min(simd, *high, *x));
            }
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_mean_of_what_sorting_leaves() {
        for f in 1..=MOST {
            for n in 2 * f + 1..2 * f + 12 {
                let entry = |i: usize| ((i * n + f) as f64 * 78.233).sin().to_bits() % 17;
                let mut values: Vec<f64> = (0..n * STRIP).map(|i| entry(i) as f64).collect();
                let mut means = [0.0; STRIP];
                mean(&Columns::of(&mut values), f, &mut means);
                for (column, mean) in means.into_iter().enumerate() {
                    let of = |row: usize| values[row * STRIP + column];
                    let mut sorted: Vec<f64> = (0..n).map(of).collect();
                    sorted.sort_by(f64::total_cmp);
                    let left = &sorted[f..n - f];
                    let expected = left.iter().sum::<f64>() / left.len() as f64;
                    assert!((mean - expected).abs() < 1e-13, "n = {n}, f = {f}");
                }
            }
        }
    }
}
