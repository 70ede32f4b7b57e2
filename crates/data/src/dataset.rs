use crate::{Name, Samples, Shape};

/// A training and a test set, with what a model needs to know of them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Which dataset this is.
    pub name: Name,
    /// The training set.
    pub train: Samples,
    /// The test set.
    pub test: Samples,
    /// The shape of one sample.
    pub shape: Shape,
    /// The number of classes; labels are less than it.
    pub classes: usize,
    /// SHA-256 of the list of the files' SHA-256 sums, in the order and the format of
    /// `sha256sum FILE...` on the uncompressed files: it changes when any byte of any file does.
    pub checksum: String,
}
