use std::fmt;

use crate::Normalisation;

/// The shape of one sample, in the order in which its pixels are stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// Number of channels: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    /// Rows of pixels, top to bottom.
    pub height: usize,
    /// Columns of pixels, left to right.
    pub width: usize,
}

impl Shape {
    /// Number of values of one sample: channels × height × width.
    #[allow(clippy::len_without_is_empty)] // an image is never empty
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Images and their labels, contiguous, kept as bytes.
#[derive(Clone)]
pub struct Samples {
    shape: Shape,
    /// len × channels × height × width.
    pixels: Vec<u8>,
    labels: Vec<u8>,
    /// Per channel, the normalised value of each byte.
    values: Vec<[f32; 256]>,
}

impl Samples {
    /// `pixels` has `labels.len() * shape.len()` bytes, and `normalisation` an entry per channel.
    pub(crate) fn new(
        shape: Shape,
        normalisation: &Normalisation,
        pixels: Vec<u8>,
        labels: Vec<u8>,
    ) -> Self {
        debug_assert_eq!(pixels.len(), labels.len() * shape.len());
        debug_assert_eq!(normalisation.mean_std.len(), shape.channels);
        let max = f32::from(normalisation.max);
        let value = |byte: usize, (mean, std)| (byte as f32 / max - mean) / std;
        let values = normalisation
            .mean_std
            .iter()
            .map(|&channel| std::array::from_fn(|byte| value(byte, channel)))
            .collect();
        Self {
            shape,
            pixels,
            labels,
            values,
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The shape of one sample.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The label of each sample.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Keeps the first `len` samples, as smoke runs do; all of them if there are fewer.
    pub fn truncate(&mut self, len: usize) {
        self.labels.truncate(len);
        self.pixels.truncate(len.saturating_mul(self.shape.len()));
    }

    /// Writes the normalised pixels of the samples `indices` into `out`, in the layout sample,
    /// channel, row, column (NCHW).
    ///
    /// # Panics
    /// If `out` doesn't have `indices.len() * shape().len()` entries, or an index is not less than
    /// `len()`.
    pub fn fill(&self, indices: &[usize], out: &mut [f32]) {
        let size = self.shape.len();
        assert_eq!(out.len(), indices.len() * size, "one value per pixel");
        for (&index, out) in indices.iter().zip(out.chunks_exact_mut(size)) {
            let plane_size = self.shape.height * self.shape.width;
            for ((plane, values), out) in self.planes(index).zip(out.chunks_exact_mut(plane_size)) {
                for (&byte, out) in plane.iter().zip(out) {
                    *out = values[usize::from(byte)];
                }
            }
        }
    }

    /// Each channel of a sample: its bytes, row by row, and the normalised value of each byte.
    pub(crate) fn planes(&self, index: usize) -> impl Iterator<Item = (&[u8], &[f32; 256])> {
        let image = &self.pixels[index * self.shape.len()..][..self.shape.len()];
        image
            .chunks_exact(self.shape.height * self.shape.width)
            .zip(&self.values)
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples")
            .field("len", &self.len())
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}
