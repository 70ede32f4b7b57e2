//! The sizes of one worker's convolution.

/// One worker's convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) input: [usize; 3],
    pub(super) output: [usize; 3],
    pub(super) kernel: usize,
    pub(super) padding: usize,
}

impl Sizes {
    /// Weights per output channel.
    pub(super) fn patch(&self) -> usize {
        self.input[0] * self.kernel * self.kernel
    }

    /// Pixels of one output image.
    pub(super) fn pixels(&self) -> usize {
        self.output[1] * self.output[2]
    }

    /// Numbers in one sample's spread of one channel and offset: padded rows, one output row wide.
    pub(super) fn plane(&self) -> usize {
        (self.input[1] + 2 * self.padding) * self.output[2]
    }

    /// Numbers in the spread of one worker.
    pub(super) fn spread_len(&self) -> usize {
        self.input[0] * self.kernel * self.batch * self.plane()
    }
}
