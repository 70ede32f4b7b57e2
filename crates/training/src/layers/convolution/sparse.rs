//! Back through a convolution whose output's gradient is mostly zeros.
//!
//! Max pooling passes each gradient to one pixel of four, and ReLU drops some of those: five in six
//! numbers that reach the convolution before them are zero. Here only the others are multiplied.
//! Sample by sample, every output pixel's patch of the input is written down in a row of its own;
//! a non-zero gradient g at (channel, pixel) then adds g · patch(pixel) to the channel's weight
//! gradient, and g · weight(channel) to the patch's gradient, both contiguous. Images lie
//! `[row][column][channel]` here: a patch is then as many runs as the kernel has rows, each long.
//! The order of every sum is fixed.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::sizes::Sizes;
use crate::engine::kernel::Fold;

/// Numbers of a patch that are in registers at a time, and that all patches of a sample have in
/// the L1 cache.
const CHUNK: usize = 64;
/// Between rows: without it all patches' same chunk would compete for the same few cache lines.
const GAP: usize = 16;
/// Shorter patches do not pay for being written down.
const SHORTEST: usize = 128;

/// A number that isn't zero, and where the row of patches or weights starts that it multiplies.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    row: u32,
    value: f32,
}

/// Lists of entries, each with room for as many as it can get.
#[derive(Debug, Default)]
struct Lists {
    entries: Vec<Entry>,
    lengths: Vec<usize>,
    room: usize,
}

impl Lists {
    /// Makes `count` empty lists.
    fn clear(&mut self, count: usize, room: usize) {
        self.room = room;
        self.lengths.clear();
        self.lengths.resize(count, 0);
        self.entries.resize(count * room, Entry::default());
    }

    #[inline(always)]
    fn push(&mut self, list: usize, entry: Entry) {
        let length = &mut self.lengths[list];
        self.entries[list * self.room + *length] = entry;
        *length += 1;
    }

    #[inline(always)]
    fn of(&self, list: usize) -> &[Entry] {
        &self.entries[list * self.room..][..self.lengths[list]]
    }
}

/// What the passes write in between.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    /// One sample's padded image or its gradient, `[row, column, channel]`.
    image: Vec<f32>,
    /// One sample's patches or their gradients, a row per output pixel.
    patches: Vec<f32>,
    /// A row per output channel, in the order of a patch.
    weight: Vec<f32>,
    d_weight: Vec<f32>,
    by_channel: Lists,
    by_pixel: Lists,
}

/// Whether so few of the gradients aren't zero that this way is the faster one, and the rows can be
/// numbered.
#[inline(always)]
pub(super) fn suits(sizes: &Sizes, d_output: &[f32]) -> bool {
    sizes.patch() >= SHORTEST
        && u32::try_from(sizes.pixels() * stride(sizes)).is_ok()
        && u32::try_from(sizes.output[0] * stride(sizes)).is_ok()
        && 4 * d_output.iter().filter(|&&gradient| gradient != 0.0).count() < d_output.len()
}

impl Sparse {
    /// As [`weight_gradient`](super::weight_gradient()) and, if there is a `d_input`,
    /// [`input_gradient`](super::input_gradient()).
    pub(super) fn backward(
        &mut self,
        arch: Arch,
        sizes: &Sizes,
        weight: &[f32],
        (input, d_output): (&[f32], &[f32]),
        (d_weight, fold): (&mut [f32], Fold),
        mut d_input: Option<&mut [f32]>,
    ) {
        let (channels, stride) = (sizes.input[0], stride(sizes));
        self.clear(sizes);
        each_weight(sizes, stride, |to, from| self.weight[to] = weight[from]);
        for sample in 0..sizes.batch {
            arch.dispatch(
                #[inline(always)]
                || self.list(sizes, d_output, sample),
            );
            each_image_row(sizes, sample, |channel, to, from| {
                let pixels = self.image[to].chunks_exact_mut(channels);
                for (to, from) in pixels.zip(&input[from]) {
                    to[channel] = *from;
                }
            });
            each_run(sizes, stride, |patch, image, length| {
                let run = &self.image[image..][..length];
                self.patches[patch..][..length].copy_from_slice(run);
            });
            arch.dispatch(AddRows {
                lists: &self.by_channel,
                rows: &self.patches,
                sums: &mut self.d_weight,
                stride,
                keep: true,
            });
            let Some(d_input) = &mut d_input else {
                continue;
            };
            arch.dispatch(AddRows {
                lists: &self.by_pixel,
                rows: &self.weight,
                sums: &mut self.patches,
                stride,
                keep: false,
            });
            arch.dispatch(
                #[inline(always)]
                || {
                    self.image.fill(0.0);
                    each_run(sizes, stride, |patch, image, length| {
                        let run = &self.patches[patch..][..length];
                        for (to, from) in self.image[image..][..length].iter_mut().zip(run) {
                            *to += from;
                        }
                    });
                },
            );
            each_image_row(sizes, sample, |channel, from, to| {
                let pixels = self.image[from].chunks_exact(channels);
                for (to, from) in d_input[to].iter_mut().zip(pixels) {
                    *to = from[channel];
                }
            });
            if sizes.padding > 0 {
                self.image.fill(0.0);
            }
        }
        each_weight(sizes, stride, |from, to| {
            fold.add(&mut d_weight[to], self.d_weight[from]);
        });
    }

    /// Room for one sample of this convolution; zeros where nothing will be written.
    fn clear(&mut self, sizes: &Sizes) {
        let [channels, height, width] = padded(sizes);
        let (outputs, stride) = (sizes.output[0], stride(sizes));
        for (values, length) in [
            (&mut self.image, channels * height * width),
            (&mut self.patches, sizes.pixels() * stride),
            (&mut self.weight, outputs * stride),
            (&mut self.d_weight, outputs * stride),
        ] {
            values.clear();
            values.resize(length, 0.0);
        }
    }

    /// One sample's non-zero gradients, by channel and by pixel.
    #[inline(always)]
    fn list(&mut self, sizes: &Sizes, d_output: &[f32], sample: usize) {
        let (outputs, pixels, stride) = (sizes.output[0], sizes.pixels(), stride(sizes) as u32);
        self.by_channel.clear(outputs, pixels);
        self.by_pixel.clear(pixels, outputs);
        for channel in 0..outputs {
            let gradients = &d_output[(channel * sizes.batch + sample) * pixels..][..pixels];
            let weight = channel as u32 * stride;
            each_non_zero(gradients, |pixel, value| {
                let entry = |row| Entry { row, value };
                self.by_channel.push(channel, entry(pixel as u32 * stride));
                self.by_pixel.push(pixel, entry(weight));
            });
        }
    }
}

/// Calls `visit(index, value)` for each value that isn't zero, in order.
#[inline(always)]
fn each_non_zero(values: &[f32], mut visit: impl FnMut(usize, f32)) {
    for (start, values) in (0..).step_by(8).zip(values.chunks(8)) {
        let mut counts = [0; 8];
        for (counts, &value) in counts.iter_mut().zip(values) {
            *counts = u8::from(value != 0.0);
        }
        // A byte per value: from one that counts to the next in a step, however many don't.
        let mut counts = u64::from_le_bytes(counts);
        while counts != 0 {
            let index = counts.trailing_zeros() as usize / 8;
            visit(start + index, values[index]);
            counts &= counts - 1;
        }
    }
}

/// From one row of patches or weights to the next.
fn stride(sizes: &Sizes) -> usize {
    sizes.patch().next_multiple_of(CHUNK) + GAP
}

/// The shape of a padded image.
fn padded(sizes: &Sizes) -> [usize; 3] {
    let [channels, height, width] = sizes.input;
    [
        channels,
        height + 2 * sizes.padding,
        width + 2 * sizes.padding,
    ]
}

/// Calls `visit(channel, where in the padded image, where among the worker's images)` for each row
/// of one sample's image: there with all channels of a pixel, here with one.
#[inline(always)]
fn each_image_row(
    sizes: &Sizes,
    sample: usize,
    mut visit: impl FnMut(usize, Range<usize>, Range<usize>),
) {
    let [channels, height, width] = sizes.input;
    let [_, _, padded_width] = padded(sizes);
    for channel in 0..channels {
        for row in 0..height {
            let to = ((row + sizes.padding) * padded_width + sizes.padding) * channels;
            let from = ((channel * sizes.batch + sample) * height + row) * width;
            visit(channel, to..to + width * channels, from..from + width);
        }
    }
}

/// Calls `visit(offset among rows in the order of a patch, offset among the weights)` for each
/// weight.
#[inline(always)]
fn each_weight(sizes: &Sizes, stride: usize, mut visit: impl FnMut(usize, usize)) {
    let ([channels, ..], area) = (sizes.input, sizes.kernel * sizes.kernel);
    for output in 0..sizes.output[0] {
        for channel in 0..channels {
            let from = output * sizes.patch() + channel * area;
            for at in 0..area {
                visit(output * stride + at * channels + channel, from + at);
            }
        }
    }
}

/// Calls `visit(offset among the patches, offset in the padded image, length)` for each row of each
/// output pixel's patch.
#[inline(always)]
fn each_run(sizes: &Sizes, stride: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let [channels, _, width] = padded(sizes);
    let [_, height, out_width] = sizes.output;
    let length = sizes.kernel * channels;
    for row in 0..height {
        for column in 0..out_width {
            let patch = (row * out_width + column) * stride;
            for dy in 0..sizes.kernel {
                let image = ((row + dy) * width + column) * channels;
                visit(patch + dy * length, image, length);
            }
        }
    }
}

/// Adds to each row of `sums` the rows that its list names, times their values.
struct AddRows<'a> {
    lists: &'a Lists,
    rows: &'a [f32],
    sums: &'a mut [f32],
    stride: usize,
    /// Whether to add to what is there, or to overwrite it.
    keep: bool,
}

impl WithSimd for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.add::<S, 4>(simd),
            8 => self.add::<S, 8>(simd),
            4 => self.add::<S, 16>(simd),
            _ => self.add::<S, CHUNK>(simd),
        }
    }
}

impl AddRows<'_> {
    /// With a chunk in `N` registers.
    #[inline(always)]
    fn add<S: Simd, const N: usize>(self, simd: S) {
        for start in (0..self.stride - GAP).step_by(CHUNK) {
            for (list, sums) in self.sums.chunks_exact_mut(self.stride).enumerate() {
                let (sums, _) = S::as_mut_simd_f32s(&mut sums[start..start + CHUNK]);
                let mut chunk: [S::f32s; N] = std::array::from_fn(
                    #[inline(always)]
                    |i| {
                        if self.keep {
                            sums[i]
                        } else {
                            simd.splat_f32s(0.0)
                        }
                    },
                );
                for &Entry { row, value } in self.lists.of(list) {
                    let row = &self.rows[row as usize + start..][..CHUNK];
                    let (row, factor) = (S::as_simd_f32s(row).0, simd.splat_f32s(value));
                    for i in 0..N {
                        chunk[i] = simd.mul_add_e_f32s(factor, row[i], chunk[i]);
                    }
                }
                sums.copy_from_slice(&chunk);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::input_gradient::input_gradient;
    use super::super::weight_gradient::weight_gradient;
    use super::*;

    /// The same gradients by both ways, where one number in `one_in` is not zero.
    fn agree(kernel: usize, padding: usize, one_in: usize) {
        let (batch, input, outputs) = (3, [9, 7, 8], 6);
        let side = |size: usize| size + 2 * padding + 1 - kernel;
        let sizes = Sizes {
            batch,
            input,
            output: [outputs, side(input[1]), side(input[2])],
            kernel,
            padding,
        };
        let values = |length: usize, step: f32| -> Vec<f32> {
            (0..length).map(|i| (i as f32 * step).sin()).collect()
        };
        let images = values(batch * input.iter().product::<usize>(), 0.7);
        let weight = values(outputs * sizes.patch(), 1.3);
        let mut d_output = values(batch * outputs * sizes.pixels(), 2.1);
        for (i, gradient) in d_output.iter_mut().enumerate() {
            if i % one_in > 0 {
                *gradient = 0.0;
            }
        }
        let arch = Arch::new();
        let mut spread = vec![0.0; sizes.spread_len()];
        let (mut dense, mut dense_input) = (values(weight.len(), 0.3), images.clone());
        sizes.spread(&images, &mut spread);
        let fold = Fold {
            keep: 0.9,
            scale: 0.1,
        };
        let (target, mut runs) = ((&mut dense[..], fold), Vec::new());
        weight_gradient(arch, &sizes, &spread, &d_output, target, &mut runs);
        input_gradient(
            arch,
            &sizes,
            &weight,
            &d_output,
            &mut spread,
            &mut dense_input,
        );

        let mut sparse = Sparse::default();
        for _ in 0..2 {
            let (mut ours, mut ours_input) = (values(weight.len(), 0.3), images.clone());
            let (target, both) = ((&mut ours[..], fold), (&images[..], &d_output[..]));
            sparse.backward(arch, &sizes, &weight, both, target, Some(&mut ours_input));
            for (ours, dense) in [(&ours, &dense), (&ours_input, &dense_input)] {
                for (a, b) in ours.iter().zip(dense) {
                    assert!((a - b).abs() < 2e-5, "{a} for {b}, kernel {kernel}");
                }
            }
        }
    }

    #[test]
    fn gives_what_the_dense_way_gives() {
        for (kernel, padding) in [(5, 0), (3, 1), (5, 2), (3, 0)] {
            for one_in in [1, 4, 7, 1000] {
                agree(kernel, padding, one_in);
            }
        }
    }

    #[test]
    fn is_chosen_for_long_patches_and_few_gradients() {
        let sizes = |channels| Sizes {
            batch: 1,
            input: [channels, 8, 8],
            output: [2, 4, 4],
            kernel: 5,
            padding: 0,
        };
        let few: Vec<f32> = (0..32).map(|i| f32::from(u8::from(i % 8 == 0))).collect();
        assert!(suits(&sizes(20), &few));
        assert!(!suits(&sizes(20), &[1.0; 32]));
        assert!(!suits(&sizes(1), &few));
    }
}
