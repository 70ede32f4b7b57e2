//! Images spread out, so that the products of a convolution read them in place.
//!
//! One worker's images lie `[channel][sample][row][column]`. They are *spread*: for each channel
//! and each horizontal offset dx of the kernel, the columns dx.. of every (padded) row, one output
//! row wide. In the spread, the input that a kernel position (channel, dy, dx) meets is one
//! contiguous run per sample, starting dy rows down, so that all three products (forward, weights'
//! gradient, input's gradient) read it in place: a kernel's width times the image in memory,
//! where unrolled patches would be the kernel's area times.

use super::sizes::Sizes;

impl Sizes {
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
    pub(super) fn gather(&self, spread: &[f32], d_input: &mut [f32]) {
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
