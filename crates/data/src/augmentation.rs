use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::Samples;

/// Random changes to training images, drawn anew each time an image is used. What the paper applies
/// to a dataset is in its [definition](crate::Definition::augmentation).
///
/// In a configuration it is written as `{crop_padding: 4, horizontal_flip: true}`; what is left out
/// is not done.
///
/// ```
/// use data::{Augmentation, Name};
///
/// let paper = Name::Cifar10.definition().augmentation;
/// assert_eq!(paper, Augmentation { crop_padding: 0, horizontal_flip: true });
/// let byzfl = Augmentation { crop_padding: 4, ..paper };
/// # let _ = byzfl;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Zero pixels put around the image before a window of its own size is cut out at a random
    /// place; 0 for no crop. ByzFL uses 4 for CIFAR-10.
    pub crop_padding: u16,
    /// Whether the image is mirrored, left to right, with probability one half.
    pub horizontal_flip: bool,
}

impl Samples {
    /// Like [`Samples::fill`], with each image changed at random: cropped, then flipped. Per image,
    /// in the order of `indices`, it draws the crop's row and column, if there is a crop, and the
    /// flip, if there is one.
    ///
    /// ```
    /// use data::{Augmentation, Name, rng};
    ///
    /// let digits = data::load(Name::Digits, None)?;
    /// let (worker, step) = (7, 120);
    /// let mut rng = rng::stream(1, rng::Purpose::Augmentation, worker, step);
    /// let augmentation = Augmentation { crop_padding: 1, horizontal_flip: false };
    /// let mut pixels = vec![0.0; 2 * digits.shape.len()];
    /// digits.train.fill_augmented(&[5, 9], augmentation, &mut rng, &mut pixels);
    /// # Ok::<(), data::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`Samples::fill`].
    pub fn fill_augmented(
        &self,
        indices: &[usize],
        augmentation: Augmentation,
        rng: &mut impl Rng,
        out: &mut [f32],
    ) {
        let size = self.shape().len();
        assert_eq!(out.len(), indices.len() * size, "one value per pixel");
        for (&index, out) in indices.iter().zip(out.chunks_exact_mut(size)) {
            let Augmentation {
                crop_padding,
                horizontal_flip,
            } = augmentation;
            let mut offset = || match crop_padding {
                0 => 0,
                padding => {
                    let padding = u32::from(padding);
                    i64::from(rng.random_range(0..=2 * padding)) - i64::from(padding)
                }
            };
            let (down, right) = (offset(), offset());
            let flip = horizontal_flip && rng.random();
            self.fill_window(index, down, right, flip, out);
        }
    }

    /// The window of the image's own size that lies `down` and `right` of it, zero outside of the
    /// image, then mirrored if `flip`.
    fn fill_window(&self, index: usize, down: i64, right: i64, flip: bool, out: &mut [f32]) {
        let (height, width) = (self.shape().height, self.shape().width);
        // A shift past the edge becomes a coordinate that no row or column has.
        let shifted = |at: usize, by: i64| usize::try_from(at as i64 + by).unwrap_or(usize::MAX);
        for ((plane, values), out) in self.planes(index).zip(out.chunks_exact_mut(height * width)) {
            for (y, out) in out.chunks_exact_mut(width).enumerate() {
                let row = plane.chunks_exact(width).nth(shifted(y, down));
                for (x, out) in out.iter_mut().enumerate() {
                    let column = shifted(if flip { width - 1 - x } else { x }, right);
                    let byte = row.and_then(|row| row.get(column)).copied().unwrap_or(0);
                    *out = values[usize::from(byte)];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::rng::{Purpose, stream};
    use crate::{Normalisation, Shape};

    /// Two channels of 2×3 pixels whose values are the bytes; the second sample differs from the
    /// first by 20.
    fn samples() -> Samples {
        let shape = Shape {
            channels: 2,
            height: 2,
            width: 3,
        };
        let normalisation = Normalisation {
            max: 1,
            mean_std: &[(0.0, 1.0); 2],
        };
        let first = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16];
        let pixels = first
            .iter()
            .copied()
            .chain(first.map(|byte| byte + 20))
            .collect();
        Samples::new(shape, &normalisation, pixels, vec![0, 1])
    }

    fn window(down: i64, right: i64, flip: bool) -> Vec<f32> {
        let mut out = vec![f32::NAN; 12];
        samples().fill_window(0, down, right, flip, &mut out);
        out
    }

    fn rng(step: u64) -> ChaCha8Rng {
        stream(1, Purpose::Augmentation, 0, step)
    }

    #[test]
    fn windows() {
        assert_eq!(
            window(0, 0, true),
            [3., 2., 1., 6., 5., 4., 13., 12., 11., 16., 15., 14.]
        );
        assert_eq!(
            window(1, 0, false),
            [4., 5., 6., 0., 0., 0., 14., 15., 16., 0., 0., 0.]
        );
        assert_eq!(
            window(-1, 1, false),
            [0., 0., 0., 2., 3., 0., 0., 0., 0., 12., 13., 0.]
        );
        // Cropped, then flipped: the column that fell out of the image is on the left.
        assert_eq!(
            window(0, 1, true),
            [0., 3., 2., 0., 6., 5., 0., 13., 12., 0., 16., 15.]
        );
        assert_eq!(window(-2, 0, false), [0.; 12]);
    }

    #[test]
    fn nothing_to_do_is_fill() {
        let (mut plain, mut augmented) = (vec![0.0; 24], vec![1.0; 24]);
        samples().fill(&[1, 0], &mut plain);
        samples().fill_augmented(
            &[1, 0],
            Augmentation::default(),
            &mut rng(0),
            &mut augmented,
        );
        assert_eq!(plain, augmented);
        assert_eq!(plain[..3], [21., 22., 23.]);
    }

    #[test]
    fn what_is_left_out_of_a_setting_is_not_done_and_unknown_keys_are_refused() {
        let flip = Augmentation {
            crop_padding: 0,
            horizontal_flip: true,
        };
        let parse = serde_json::from_str::<Augmentation>;
        assert_eq!(parse(r#"{"horizontal_flip":true}"#).unwrap(), flip);
        assert_eq!(parse("{}").unwrap(), Augmentation::default());
        assert_eq!(
            serde_json::to_string(&flip).unwrap(),
            r#"{"crop_padding":0,"horizontal_flip":true}"#
        );
        for json in [
            r#"{"flip":true}"#,
            r#"{"crop_padding":-1}"#,
            r#"{"crop_padding":65536}"#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn the_largest_padding_is_legal() {
        let augmentation = Augmentation {
            crop_padding: u16::MAX,
            horizontal_flip: true,
        };
        let mut out = vec![1.0; 12];
        samples().fill_augmented(&[0], augmentation, &mut rng(0), &mut out);
        assert_eq!(out, [0.0; 12]);
    }

    #[test]
    fn each_window_and_each_flip_is_as_frequent_as_the_others() {
        let draws = 9000;
        let augmentation = Augmentation {
            crop_padding: 1,
            horizontal_flip: true,
        };
        let mut counts = std::collections::BTreeMap::new();
        for step in 0..draws {
            let mut out = vec![0.0; 12];
            samples().fill_augmented(&[0], augmentation, &mut rng(step), &mut out);
            *counts
                .entry(out.iter().map(|&value| value as u8).collect::<Vec<_>>())
                .or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 18);
        // 500 each, standard deviation 22.
        assert!(
            counts.values().all(|count| (400..=600).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn the_draws_are_those_of_this_version() {
        let augmentation = Augmentation {
            crop_padding: 1,
            horizontal_flip: true,
        };
        let mut out = vec![0.0; 24];
        samples().fill_augmented(&[0, 1], augmentation, &mut rng(3), &mut out);
        // The first sample: one down, one right. The second: one left, flipped.
        assert_eq!(
            out[..12],
            [5., 6., 0., 0., 0., 0., 15., 16., 0., 0., 0., 0.]
        );
        assert_eq!(
            out[12..],
            [22., 21., 0., 25., 24., 0., 32., 31., 0., 35., 34., 0.]
        );
    }
}
