//! Weighted sums of the rows, Σ w_i x_i: one streaming pass, accumulated in f64.

use pulp::{Arch, Simd, WithSimd};

use super::ordered_chunks;
use crate::{Gradients, Scalar};

/// Columns at a time: their f64 sums stay in the L1 cache.
const BLOCK: usize = 1024;

/// out = Σ w_i x_i. Rows of weight zero aren't read.
pub(crate) fn combine<T: Scalar>(rows: &Gradients<'_, T>, weights: &[f64], out: &mut [T]) {
    let active: Vec<(f64, &[T])> = (0..rows.n())
        .filter(|&i| rows.is_finite_row(i) && weights[i] != 0.0)
        .map(|i| (weights[i], rows.row(i)))
        .collect();
    ordered_chunks(out, 16 * BLOCK, |c, chunk| {
        for (b, out) in chunk.chunks_mut(BLOCK).enumerate() {
            let start = c * 16 * BLOCK + b * BLOCK;
            Arch::new().dispatch(CombineBlock {
                rows: &active,
                start,
                out,
            });
        }
    });
}

struct CombineBlock<'a, T> {
    rows: &'a [(f64, &'a [T])],
    start: usize,
    out: &'a mut [T],
}

impl<T: Scalar> WithSimd for CombineBlock<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (start, width) = (self.start, self.out.len());
        let mut buffer = [0.0; BLOCK];
        let sums = &mut buffer[..width];
        let (fours, rest) = self.rows.as_chunks::<4>();
        for four in fours {
            let [w0, w1, w2, w3] = four.map(|(w, _)| w);
            let [x0, x1, x2, x3] = four.map(|(_, x)| &x[start..start + width]);
            for i in 0..width {
                sums[i] += (w0 * x0[i].to_f64() + w1 * x1[i].to_f64())
                    + (w2 * x2[i].to_f64() + w3 * x3[i].to_f64());
            }
        }
        for &(w, x) in rest {
            for (sum, x) in sums.iter_mut().zip(&x[start..start + width]) {
                *sum += w * x.to_f64();
            }
        }
        for (out, sum) in self.out.iter_mut().zip(sums) {
            *out = T::from_f64(*sum);
        }
    }
}

/// out = factor · row, or zeros for a row that isn't finite.
pub(crate) fn scale<T: Scalar>(rows: &Gradients<'_, T>, factors: &[f64], out: &mut [T]) {
    ordered_chunks(out, rows.d(), |i, out| {
        let factor = factors[i];
        if !rows.is_finite_row(i) {
            out.fill(T::default());
        } else if factor.to_bits() == 1f64.to_bits() {
            out.copy_from_slice(rows.row(i));
        } else {
            Arch::new().dispatch(ScaleRow {
                factor,
                row: rows.row(i),
                out,
            });
        }
    });
}

struct ScaleRow<'a, T> {
    factor: f64,
    row: &'a [T],
    out: &'a mut [T],
}

impl<T: Scalar> WithSimd for ScaleRow<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (out, x) in self.out.iter_mut().zip(self.row) {
            *out = T::from_f64(self.factor * x.to_f64());
        }
    }
}
