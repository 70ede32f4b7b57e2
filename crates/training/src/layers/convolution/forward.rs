//! The output of a convolution.

use pulp::{Arch, Simd, WithSimd};

use super::sizes::Sizes;
use super::tiles::{TILE, load, tiles, wide, with_rows};

/// `output = weight ∗ input + bias`, with the worker's input spread.
pub(super) fn forward(
    arch: Arch,
    sizes: &Sizes,
    (weight, bias): (&[f32], &[f32]),
    spread: &[f32],
    output: &mut [f32],
) {
    arch.dispatch(Forward {
        sizes,
        weight,
        bias,
        spread,
        output,
    });
}

struct Forward<'a> {
    sizes: &'a Sizes,
    weight: &'a [f32],
    bias: &'a [f32],
    spread: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for sample in 0..self.sizes.batch {
            for (channel, rows) in tiles(self.sizes.output[0], TILE) {
                with_rows!(rows, ROWS => {
                    if wide::<S>() {
                        self.image::<S, ROWS, 4>(simd, sample, channel);
                    } else {
                        self.image::<S, ROWS, 2>(simd, sample, channel);
                    }
                });
            }
        }
    }
}

impl Forward<'_> {
    /// `R` output channels of one sample.
    #[inline(always)]
    fn image<S: Simd, const R: usize, const N: usize>(
        &mut self,
        simd: S,
        sample: usize,
        channel: usize,
    ) {
        let (pixels, block) = (self.sizes.pixels(), N * S::F32_LANES);
        let full = pixels / block * block;
        for pixel in (0..full).step_by(block) {
            self.tile::<S, R, N>(simd, sample, channel, pixel);
        }
        let full_vectors = pixels / S::F32_LANES * S::F32_LANES;
        for pixel in (full..full_vectors).step_by(S::F32_LANES) {
            self.tile::<S, R, 1>(simd, sample, channel, pixel);
        }
        let patch = self.sizes.patch();
        for pixel in full_vectors..pixels {
            for row in channel..channel + R {
                let mut sum = self.bias[row];
                for position in self.sizes.positions() {
                    let at = position.at + sample * self.sizes.plane() + pixel;
                    sum += self.weight[row * patch + position.weight] * self.spread[at];
                }
                self.output[(row * self.sizes.batch + sample) * pixels + pixel] = sum;
            }
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const N: usize>(
        &mut self,
        simd: S,
        sample: usize,
        channel: usize,
        pixel: usize,
    ) {
        let Sizes {
            batch,
            input: [channels, ..],
            output: [_, _, width],
            kernel,
            ..
        } = *self.sizes;
        let (patch, plane, pixels) = (self.sizes.patch(), self.sizes.plane(), self.sizes.pixels());
        let weights: [&[f32]; R] = std::array::from_fn(
            #[inline(always)]
            |row| &self.weight[(channel + row) * patch..][..patch],
        );
        let mut sums: [[S::f32s; N]; R] = std::array::from_fn(
            #[inline(always)]
            |row| [simd.splat_f32s(self.bias[channel + row]); N],
        );
        let mut weight = 0;
        for from in 0..channels {
            for dy in 0..kernel {
                for dx in 0..kernel {
                    let plane = ((from * kernel + dx) * batch + sample) * plane;
                    let inputs = load::<S, N>(&self.spread[plane + dy * width + pixel..]);
                    for row in 0..R {
                        let factor = simd.splat_f32s(weights[row][weight]);
                        for column in 0..N {
                            sums[row][column] =
                                simd.mul_add_e_f32s(factor, inputs[column], sums[row][column]);
                        }
                    }
                    weight += 1;
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let at = ((channel + row) * batch + sample) * pixels + pixel;
            let output = &mut self.output[at..at + N * S::F32_LANES];
            S::as_mut_simd_f32s(output).0.copy_from_slice(&sums);
        }
    }
}

/// A kernel position: where its run starts in the spread of sample 0, and which weight it has.
#[derive(Clone, Copy)]
struct Position {
    at: usize,
    weight: usize,
}

impl Sizes {
    fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        let (kernel, width) = (self.kernel, self.output[2]);
        (0..self.patch()).map(move |weight| {
            let (channel, dy, dx) = (
                weight / (kernel * kernel),
                weight / kernel % kernel,
                weight % kernel,
            );
            let plane = (channel * kernel + dx) * self.batch * self.plane();
            Position {
                at: plane + dy * width,
                weight,
            }
        })
    }
}
