//! Sums of squares in f64: of a row, and of the difference of two.

use pulp::{Arch, Simd, WithSimd};

use crate::Scalar;

/// Independent partial sums, enough to hide the latency of an addition.
const LANES: usize = 32;
/// Values that are converted to f64 at a time; they stay in the L1 cache.
const BLOCK: usize = 8 * LANES;
/// Partial sums in registers at a time.
const GROUP: usize = 4;

/// Σ (x · scale)².
pub(crate) fn of_row<T: Scalar>(row: &[T], scale: f64) -> f64 {
    let blocks = row.chunks(BLOCK);
    Arch::new().dispatch(Squares(blocks, |x: &[T], block: &mut [f64]| {
        for (value, x) in block.iter_mut().zip(x) {
            *value = x.to_f64() * scale;
        }
        x.len()
    }))
}

/// Σ ((x − y) · scale)².
pub(crate) fn of_difference<T: Scalar>(x: &[T], y: &[T], scale: f64) -> f64 {
    let blocks = x.chunks(BLOCK).zip(y.chunks(BLOCK));
    Arch::new().dispatch(Squares(
        blocks,
        |(x, y): (&[T], &[T]), block: &mut [f64]| {
            for ((value, x), y) in block.iter_mut().zip(x).zip(y) {
                *value = (x.to_f64() - y.to_f64()) * scale;
            }
            x.len()
        },
    ))
}

/// Σ of the squares of what `.1` writes for each item of `.0`: up to [`BLOCK`] values, whose number
/// it returns.
struct Squares<I, F>(I, F);

impl<I: Iterator, F: Fn(I::Item, &mut [f64]) -> usize> WithSimd for Squares<I, F> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (mut lanes, mut block) = ([0.0; LANES], [0.0; BLOCK]);
        for item in self.0 {
            let written = (self.1)(item, &mut block);
            block[written..].fill(0.0);
            let sums = S::as_mut_simd_f64s(&mut lanes).0;
            let values = S::as_simd_f64s(&block).0;
            let per_line = sums.len();
            for (g, sums) in sums.chunks_exact_mut(GROUP).enumerate() {
                let mut acc = [sums[0], sums[1], sums[2], sums[3]];
                for values in values.chunks_exact(per_line) {
                    for (acc, &x) in acc.iter_mut().zip(&values[g * GROUP..][..GROUP]) {
                        *acc = simd.mul_add_e_f64s(x, x, *acc);
                    }
                }
                sums.copy_from_slice(&acc);
            }
        }
        lanes.iter().sum()
    }
}
