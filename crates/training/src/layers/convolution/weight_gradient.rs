//! The gradients of a convolution's weight and bias.

use pulp::{Arch, Simd, WithSimd};

use super::sizes::Sizes;
use super::tiles::{load, tiles, wide, with_rows};
use crate::engine::kernel::Fold;

/// Folds `d_output ∗ input` into `d_weight`, with the worker's input spread. In `runs` is what is
/// kept from call to call, so that none allocates.
pub(super) fn weight_gradient(
    arch: Arch,
    sizes: &Sizes,
    spread: &[f32],
    d_output: &[f32],
    (d_weight, fold): (&mut [f32], Fold),
    runs: &mut Vec<Run>,
) {
    arch.dispatch(WeightGradient {
        sizes,
        spread,
        d_output,
        d_weight,
        fold,
        runs,
    });
}

/// The same for the bias: sums of each channel's gradients.
#[inline(always)]
pub(super) fn bias_gradient(sizes: &Sizes, d_output: &[f32], (d_bias, fold): (&mut [f32], Fold)) {
    let rows = d_output.chunks_exact(sizes.batch * sizes.pixels());
    for (row, d_bias) in rows.zip(d_bias) {
        fold.add(d_bias, sum(row));
    }
}

/// Sum in sixteen fixed lanes, so that it vectorises and has the same bits everywhere.
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let chunks = values.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

struct WeightGradient<'a> {
    sizes: &'a Sizes,
    spread: &'a [f32],
    d_output: &'a [f32],
    d_weight: &'a mut [f32],
    fold: Fold,
    runs: &'a mut Vec<Run>,
}

impl WithSimd for WeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Sizes {
            input: [from, ..],
            output: [channels, ..],
            kernel,
            ..
        } = *self.sizes;
        // Sums, one row of inputs and one output in registers: 5·5 + 5 + 1, or 2·5 + 5 + 1.
        let most = if wide::<S>() { 5 } else { 2 };
        let (pixels, plane, lanes) = (self.sizes.pixels(), self.sizes.plane(), S::F32_LANES);
        // One loop over all vectors: between nested ones, the sums would leave the registers.
        let mut runs = std::mem::take(self.runs);
        runs.clear();
        for sample in 0..self.sizes.batch {
            for pixel in (0..pixels / lanes * lanes).step_by(lanes) {
                let (input, output) = (sample * plane + pixel, sample * pixels + pixel);
                runs.push(Run { input, output });
            }
        }
        for from in 0..from {
            for dy in 0..kernel {
                for (channel, rows) in tiles(channels, most) {
                    for (dx, columns) in tiles(kernel, 5) {
                        let place = Place {
                            from,
                            dy,
                            dx,
                            channel,
                        };
                        with_rows!(rows, ROWS => {
                            match columns {
                                1 => self.tile::<S, ROWS, 1>(simd, &runs, place),
                                2 => self.tile::<S, ROWS, 2>(simd, &runs, place),
                                3 => self.tile::<S, ROWS, 3>(simd, &runs, place),
                                4 => self.tile::<S, ROWS, 4>(simd, &runs, place),
                                _ => self.tile::<S, ROWS, 5>(simd, &runs, place),
                            }
                        });
                    }
                }
            }
        }
        *self.runs = runs;
    }
}

/// Where one vector of pixels starts, from the first sample's first pixel on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    input: usize,
    output: usize,
}

/// The first weight of a tile.
#[derive(Clone, Copy)]
struct Place {
    from: usize,
    dy: usize,
    dx: usize,
    channel: usize,
}

impl WeightGradient<'_> {
    /// `R` output channels by `N` neighbouring weights of one kernel row: inner products over all
    /// pixels of all samples.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const N: usize>(
        &mut self,
        simd: S,
        runs: &[Run],
        place: Place,
    ) {
        let Place {
            from,
            dy,
            dx,
            channel,
        } = place;
        let Sizes {
            batch,
            output: [_, _, width],
            kernel,
            ..
        } = *self.sizes;
        let (patch, plane, pixels) = (self.sizes.patch(), self.sizes.plane(), self.sizes.pixels());
        let inputs: [&[f32]; N] = std::array::from_fn(
            #[inline(always)]
            |column| {
                let start = (from * kernel + dx + column) * batch * plane + dy * width;
                &self.spread[start..][..(batch - 1) * plane + pixels]
            },
        );
        let outputs: [&[f32]; R] = std::array::from_fn(
            #[inline(always)]
            |row| &self.d_output[(channel + row) * batch * pixels..][..batch * pixels],
        );
        let mut sums = [[simd.splat_f32s(0.0); N]; R];
        for run in runs {
            let inputs: [S::f32s; N] = std::array::from_fn(
                #[inline(always)]
                |column| load::<S, 1>(&inputs[column][run.input..])[0],
            );
            for row in 0..R {
                let [output] = load::<S, 1>(&outputs[row][run.output..]);
                for column in 0..N {
                    sums[row][column] =
                        simd.mul_add_e_f32s(output, inputs[column], sums[row][column]);
                }
            }
        }
        let full = pixels / S::F32_LANES * S::F32_LANES;
        // Moved out, not indexed: a varying index would keep the sums in memory all along.
        for (row, sums) in sums.into_iter().enumerate() {
            let at = (channel + row) * patch + (from * kernel + dy) * kernel + dx;
            for (column, sums) in sums.into_iter().enumerate() {
                let mut sum = simd.reduce_sum_f32s(sums);
                for sample in 0..batch {
                    for pixel in full..pixels {
                        sum += outputs[row][sample * pixels + pixel]
                            * inputs[column][sample * plane + pixel];
                    }
                }
                self.fold.add(&mut self.d_weight[at + column], sum);
            }
        }
    }
}
