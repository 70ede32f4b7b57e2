//! Convolution of stride 1, without unrolling its patches.
//!
//! One worker's images lie `[channel][sample][row][column]`. They are *spread*: for each channel
//! and each horizontal offset dx of the kernel, the columns dx.. of every (padded) row, one output
//! row wide. In the spread, the input that a kernel position (channel, dy, dx) meets is one
//! contiguous run per sample, starting dy rows down, so that all three products (forward, weights'
//! gradient, input's gradient) read it in place: a kernel's width times the image in memory,
//! where unrolled patches would be the kernel's area times.
//!
//! The products are register tiles of `pulp` vectors; the order of every sum is fixed.

use pulp::{Arch, Simd, WithSimd};

/// Most rows of a register tile.
const TILE: usize = 6;

/// The sizes of one worker's convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conv {
    pub(super) batch: usize,
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 3],
    pub(super) kernel: usize,
    pub(super) padding: usize,
}

/// A kernel position: where its run starts in the spread of sample 0, and which weight it has.
#[derive(Clone, Copy)]
struct Position {
    at: usize,
    weight: usize,
}

impl Conv {
    /// Weights per output channel.
    pub(super) fn patch(&self) -> usize {
        self.input[0] * self.kernel * self.kernel
    }

    /// Pixels of one output image.
    pub(super) fn pixels(&self) -> usize {
        self.output[1] * self.output[2]
    }

    /// Numbers in one sample's spread of one channel and offset: padded rows, one output row wide.
    fn plane(&self) -> usize {
        (self.input[1] + 2 * self.padding) * self.output[2]
    }

    /// Numbers in the spread of one worker.
    pub(super) fn spread_len(&self) -> usize {
        self.input[0] * self.kernel * self.batch * self.plane()
    }

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

    /// `output = weight ∗ input + bias`, with the worker's input spread.
    pub(super) fn forward(
        &self,
        arch: Arch,
        weight: &[f32],
        bias: &[f32],
        spread: &[f32],
        output: &mut [f32],
    ) {
        arch.dispatch(Forward {
            conv: self,
            weight,
            bias,
            spread,
            output,
        });
    }

    /// `d_weight ← keep·d_weight + scale·(d_output ∗ input)`.
    pub(super) fn backward_weight(
        &self,
        arch: Arch,
        spread: &[f32],
        d_output: &[f32],
        (d_weight, keep, scale): (&mut [f32], f32, f32),
    ) {
        arch.dispatch(BackwardWeight {
            conv: self,
            spread,
            d_output,
            d_weight,
            keep,
            scale,
        });
    }

    /// The same for the bias: sums of each channel's gradients.
    #[inline(always)]
    pub(super) fn backward_bias(
        &self,
        d_output: &[f32],
        (d_bias, keep, scale): (&mut [f32], f32, f32),
    ) {
        let rows = d_output.chunks_exact(self.batch * self.pixels());
        for (row, d_bias) in rows.zip(d_bias) {
            *d_bias = super::kept(keep, *d_bias) + scale * super::sum(row);
        }
    }

    /// The gradient of the input; `spread` is overwritten.
    pub(super) fn backward_input(
        &self,
        arch: Arch,
        weight: &[f32],
        d_output: &[f32],
        spread: &mut [f32],
        d_input: &mut [f32],
    ) {
        spread[..self.spread_len()].fill(0.0);
        arch.dispatch(BackwardSpread {
            conv: self,
            weight,
            d_output,
            spread,
        });
        arch.dispatch(
            #[inline(always)]
            || self.gather(spread, d_input),
        );
    }

    /// Spreads one worker's images.
    #[inline(always)]
    pub(super) fn spread(&self, input: &[f32], spread: &mut [f32]) {
        if self.padding > 0 {
            spread[..self.spread_len()].fill(0.0);
        }
        self.each_run(|spread_at, image_at, length| {
            let to = &mut spread[spread_at..spread_at + length];
            for (to, from) in to.iter_mut().zip(&input[image_at..image_at + length]) {
                *to = *from;
            }
        });
    }

    /// Adds everything spread back where it came from.
    #[inline(always)]
    fn gather(&self, spread: &[f32], d_input: &mut [f32]) {
        d_input.fill(0.0);
        self.each_run(|spread_at, image_at, length| {
            let to = &mut d_input[image_at..image_at + length];
            for (to, from) in to.iter_mut().zip(&spread[spread_at..spread_at + length]) {
                *to += *from;
            }
        });
    }

    /// Calls `run(spread offset, image offset, length)` for each row of the spread.
    #[inline(always)]
    fn each_run(&self, mut run: impl FnMut(usize, usize, usize)) {
        let [channels, height, width] = self.input;
        let (out_width, padding) = (self.output[2], self.padding);
        for channel in 0..channels {
            for dx in 0..self.kernel {
                // Output column x reads input column x + dx − padding.
                let first = padding.saturating_sub(dx);
                let last = out_width.min((width + padding).saturating_sub(dx));
                for sample in 0..self.batch {
                    let plane = (channel * self.kernel + dx) * self.batch + sample;
                    let image = (channel * self.batch + sample) * height * width;
                    for row in 0..height {
                        run(
                            plane * self.plane() + (row + padding) * out_width + first,
                            image + row * width + first + dx - padding,
                            last.saturating_sub(first),
                        );
                    }
                }
            }
        }
    }
}

/// Whether there are 32 registers (AVX-512) and not 16: a tile must fit them.
#[inline(always)]
fn wide<S: Simd>() -> bool {
    S::F32_LANES >= 16
}

#[inline(always)]
fn load<S: Simd, const N: usize>(values: &[f32]) -> [S::f32s; N] {
    let vectors = S::as_simd_f32s(&values[..N * S::F32_LANES]).0;
    std::array::from_fn(
        #[inline(always)]
        |index| vectors[index],
    )
}

/// Calls `$call` with `$rows` a constant from 1 to [`TILE`].
macro_rules! with_rows {
    ($count:expr, $rows:ident => $call:expr) => {
        match $count {
            1 => {
                const $rows: usize = 1;
                $call
            }
            2 => {
                const $rows: usize = 2;
                $call
            }
            3 => {
                const $rows: usize = 3;
                $call
            }
            4 => {
                const $rows: usize = 4;
                $call
            }
            5 => {
                const $rows: usize = 5;
                $call
            }
            _ => {
                const $rows: usize = TILE;
                $call
            }
        }
    };
}

/// Cuts `count` rows into tiles of nearly equal height, none above `most`.
fn tiles(count: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = count.div_ceil(most);
    (0..tiles).map(move |tile| {
        let start = tile * count / tiles;
        (start, (tile + 1) * count / tiles - start)
    })
}

struct Forward<'a> {
    conv: &'a Conv,
    weight: &'a [f32],
    bias: &'a [f32],
    spread: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for sample in 0..self.conv.batch {
            for (channel, rows) in tiles(self.conv.output[0], TILE) {
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
        let (pixels, block) = (self.conv.pixels(), N * S::F32_LANES);
        let full = pixels / block * block;
        for pixel in (0..full).step_by(block) {
            self.tile::<S, R, N>(simd, sample, channel, pixel);
        }
        let full_vectors = pixels / S::F32_LANES * S::F32_LANES;
        for pixel in (full..full_vectors).step_by(S::F32_LANES) {
            self.tile::<S, R, 1>(simd, sample, channel, pixel);
        }
        let patch = self.conv.patch();
        for pixel in full_vectors..pixels {
            for row in channel..channel + R {
                let mut sum = self.bias[row];
                for position in self.conv.positions() {
                    let at = position.at + sample * self.conv.plane() + pixel;
                    sum += self.weight[row * patch + position.weight] * self.spread[at];
                }
                self.output[(row * self.conv.batch + sample) * pixels + pixel] = sum;
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
        let Conv {
            batch,
            input: [channels, ..],
            output: [_, _, width],
            kernel,
            ..
        } = *self.conv;
        let (patch, plane, pixels) = (self.conv.patch(), self.conv.plane(), self.conv.pixels());
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

struct BackwardWeight<'a> {
    conv: &'a Conv,
    spread: &'a [f32],
    d_output: &'a [f32],
    d_weight: &'a mut [f32],
    keep: f32,
    scale: f32,
}

impl WithSimd for BackwardWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Conv {
            input: [from, ..],
            output: [channels, ..],
            kernel,
            ..
        } = *self.conv;
        // Sums, one row of inputs and one output in registers: 5·5 + 5 + 1, or 2·5 + 5 + 1.
        let most = if wide::<S>() { 5 } else { 2 };
        let (pixels, plane, lanes) = (self.conv.pixels(), self.conv.plane(), S::F32_LANES);
        // One loop over all vectors: between nested ones, the sums would leave the registers.
        let mut runs = Vec::with_capacity(self.conv.batch * (pixels / lanes));
        for sample in 0..self.conv.batch {
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
    }
}

/// Where one vector of pixels starts, from the first sample's first pixel on.
#[derive(Clone, Copy)]
struct Run {
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

impl BackwardWeight<'_> {
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
        let Conv {
            batch,
            output: [_, _, width],
            kernel,
            ..
        } = *self.conv;
        let (patch, plane, pixels) = (self.conv.patch(), self.conv.plane(), self.conv.pixels());
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
                let to = &mut self.d_weight[at + column];
                *to = super::kept(self.keep, *to) + self.scale * sum;
            }
        }
    }
}

struct BackwardSpread<'a> {
    conv: &'a Conv,
    weight: &'a [f32],
    d_output: &'a [f32],
    spread: &'a mut [f32],
}

impl WithSimd for BackwardSpread<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Conv {
            batch,
            input: [channels, ..],
            kernel,
            ..
        } = *self.conv;
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

impl BackwardSpread<'_> {
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
        let (pixels, block) = (self.conv.pixels(), N * S::F32_LANES);
        let Conv {
            batch,
            output: [channels, _, width],
            kernel,
            ..
        } = *self.conv;
        let (patch, plane) = (self.conv.patch(), self.conv.plane());
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
        let Conv {
            batch,
            output: [channels, ..],
            ..
        } = *self.conv;
        let (patch, pixels) = (self.conv.patch(), self.conv.pixels());
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
