//! The gradient of a convolution's input.

use pulp::{Arch, Simd, WithSimd};

use super::sizes::Sizes;
use super::tiles::{TILE, load, tiles, wide, with_rows};

/// The gradient of the input; `spread` is overwritten.
pub(super) fn input_gradient(
    arch: Arch,
    sizes: &Sizes,
    weight: &[f32],
    d_output: &[f32],
    spread: &mut [f32],
    d_input: &mut [f32],
) {
    spread[..sizes.spread_len()].fill(0.0);
    arch.dispatch(SpreadGradient {
        sizes,
        weight,
        d_output,
        spread,
    });
    arch.dispatch(
        #[inline(always)]
        || sizes.gather(spread, d_input),
    );
}

struct SpreadGradient<'a> {
    sizes: &'a Sizes,
    weight: &'a [f32],
    d_output: &'a [f32],
    spread: &'a mut [f32],
}

impl WithSimd for SpreadGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Sizes {
            batch,
            input: [channels, ..],
            kernel,
            ..
        } = *self.sizes;
        for sample in 0..batch {
            for from in 0..channels {
                for dy in 0..kernel {
                    for (dx, rows) in tiles(kernel, TILE) {
                        let at = (from * kernel + dy) * kernel + dx;
                        with_rows!(rows, ROWS => {
                            if wide::<S>() {
                                self.image::<S, ROWS, 4>(simd, sample, from, dy, at);
                            } else {
                                self.image::<S, ROWS, 2>(simd, sample, from, dy, at);
                            }
                        });
                    }
                }
            }
        }
    }
}

impl SpreadGradient<'_> {
    /// `R` neighbouring weights of one kernel row, the first of them `weight`, for one sample.
    #[inline(always)]
    fn image<S: Simd, const R: usize, const N: usize>(
        &mut self,
        simd: S,
        sample: usize,
        from: usize,
        dy: usize,
        weight: usize,
    ) {
        let (pixels, block) = (self.sizes.pixels(), N * S::F32_LANES);
        let Sizes {
            batch,
            output: [channels, _, width],
            kernel,
            ..
        } = *self.sizes;
        let (patch, plane) = (self.sizes.patch(), self.sizes.plane());
        let start = |row: usize| {
            ((from * kernel + weight % kernel + row) * batch + sample) * plane + dy * width
        };
        let full = pixels / block * block;
        for pixel in (0..full).step_by(block) {
            self.tile::<S, R, N>(simd, sample, weight, pixel, start);
        }
        let full_vectors = pixels / S::F32_LANES * S::F32_LANES;
        for pixel in (full..full_vectors).step_by(S::F32_LANES) {
            self.tile::<S, R, 1>(simd, sample, weight, pixel, start);
        }
        for pixel in full_vectors..pixels {
            for row in 0..R {
                let sum: f32 = (0..channels)
                    .map(|channel| {
                        self.weight[channel * patch + weight + row]
                            * self.d_output[(channel * batch + sample) * pixels + pixel]
                    })
                    .sum();
                self.spread[start(row) + pixel] += sum;
            }
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const N: usize>(
        &mut self,
        simd: S,
        sample: usize,
        weight: usize,
        pixel: usize,
        start: impl Fn(usize) -> usize,
    ) {
        let Sizes {
            batch,
            output: [channels, ..],
            ..
        } = *self.sizes;
        let (patch, pixels) = (self.sizes.patch(), self.sizes.pixels());
        let mut sums = [[simd.splat_f32s(0.0); N]; R];
        for channel in 0..channels {
            let gradients =
                load::<S, N>(&self.d_output[(channel * batch + sample) * pixels + pixel..]);
            let weights = &self.weight[channel * patch + weight..][..R];
            for row in 0..R {
                let factor = simd.splat_f32s(weights[row]);
                for column in 0..N {
                    sums[row][column] =
                        simd.mul_add_e_f32s(factor, gradients[column], sums[row][column]);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let at = start(row) + pixel;
            let spread = S::as_mut_simd_f32s(&mut self.spread[at..at + N * S::F32_LANES]).0;
            for (spread, sum) in spread.iter_mut().zip(sums) {
                *spread = simd.add_f32s(*spread, sum);
            }
        }
    }
}
