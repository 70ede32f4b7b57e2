//! Mean and standard deviation of the honest vectors, coordinate by coordinate.

use pulp::Arch;
use robust_core::{Gradients, Scalar};

/// Columns taken together: a page of each row is read at once, and what is computed of them stays
/// in the first-level cache.
const BLOCK: usize = 1024;

/// Calls `f(start, mean)` on consecutive blocks of columns, the first of which is `start`.
pub(crate) fn means<T: Scalar>(honest: &Gradients<'_, T>, mut f: impl FnMut(usize, &[f64])) {
    let rows = finite_rows(honest);
    let mut mean = [0.0; BLOCK];
    for start in (0..honest.d()).step_by(BLOCK) {
        let mean = &mut mean[..BLOCK.min(honest.d() - start)];
        mean_of(&rows, honest.n(), start, mean);
        f(start, mean);
    }
}

/// Calls `f(start, mean, deviation)` as [`means`]; the deviation is the sample's, over n − 1.
pub(crate) fn moments<T: Scalar>(
    honest: &Gradients<'_, T>,
    mut f: impl FnMut(usize, &[f64], &[f64]),
) {
    let rows = finite_rows(honest);
    let mut deviation = [0.0; BLOCK];
    means(honest, |start, mean| {
        let deviation = &mut deviation[..mean.len()];
        deviation_of(&rows, honest.n(), start, mean, deviation);
        f(start, mean, deviation);
    });
}

/// The others are received as zero vectors.
fn finite_rows<'a, T: Scalar>(honest: &Gradients<'a, T>) -> Vec<&'a [T]> {
    (0..honest.n())
        .filter(|&worker| honest.is_finite_row(worker))
        .map(|worker| honest.row(worker))
        .collect()
}

fn mean_of<T: Scalar>(rows: &[&[T]], n: usize, start: usize, mean: &mut [f64]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let columns = start..start + mean.len();
            mean.fill(0.0);
            // Four rows at a time: a quarter of the loads and stores of the sums.
            let (fours, rest) = rows.as_chunks::<4>();
            for four in fours {
                let [a, b, c, d] = four.map(|row| &row[columns.clone()]);
                let pairs = a.iter().zip(b).zip(c.iter().zip(d));
                for (sum, ((a, b), (c, d))) in mean.iter_mut().zip(pairs) {
                    *sum += (a.to_f64() + b.to_f64()) + (c.to_f64() + d.to_f64());
                }
            }
            for row in rest {
                let row = &row[columns.clone()];
                for (sum, x) in mean.iter_mut().zip(row) {
                    *sum += x.to_f64();
                }
            }
            for sum in mean {
                *sum /= n as f64;
            }
        },
    );
}

fn deviation_of<T: Scalar>(
    rows: &[&[T]],
    n: usize,
    start: usize,
    mean: &[f64],
    deviation: &mut [f64],
) {
    let missing = (n - rows.len()) as f64;
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (square, mean) in deviation.iter_mut().zip(mean) {
                *square = missing * mean * mean;
            }
            for row in rows {
                let row = &row[start..start + mean.len()];
                for ((square, mean), x) in deviation.iter_mut().zip(mean).zip(row) {
                    let delta = x.to_f64() - mean;
                    *square += delta * delta;
                }
            }
            for square in deviation {
                *square = (*square / (n - 1) as f64).sqrt();
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_column_and_a_row_that_is_not_finite_counts_as_zero() {
        for d in [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let mut values: Vec<f32> = (0..4 * d).map(|i| (i as f32 * 0.7).sin()).collect();
            values[2 * d + d / 2] = f32::NAN;
            let honest = Gradients::new(&values, 4, d).unwrap();
            let (mut means, mut deviations) = (Vec::new(), Vec::new());
            moments(&honest, |start, mean, deviation| {
                assert_eq!(start, means.len());
                means.extend_from_slice(mean);
                deviations.extend_from_slice(deviation);
            });
            assert_eq!((means.len(), deviations.len()), (d, d));
            for column in 0..d {
                let x = [0, 1, 3].map(|row| f64::from(values[row * d + column]));
                let mean = x.iter().sum::<f64>() / 4.0;
                let square = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() + mean * mean;
                assert!((means[column] - mean).abs() < 1e-15);
                assert!((deviations[column] - (square / 3.0).sqrt()).abs() < 1e-15);
            }
        }
    }
}
