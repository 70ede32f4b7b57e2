//! Splitting the training set over the workers, from identical to disjoint distributions.

mod dirichlet;
#[cfg(test)]
mod tests;

use std::fmt;

use rand::{Rng, seq::SliceRandom};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A way of splitting a labelled training set over workers. Each sample goes to exactly one worker.
///
/// Parts "of equal size" differ by one sample at most, the larger ones first. In a configuration a partition is
/// written as `{scheme: dirichlet, alpha: 0.1}`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "scheme", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Partition {
    /// The samples in random order, cut into parts of equal size.
    Iid,
    /// The samples sorted by label (equal labels stay in the order of the dataset), cut into contiguous parts of
    /// equal size: with as many workers as classes of equal size, each worker has one class. Draws nothing.
    Extreme,
    /// For each class `c`, proportions `p_c` over the workers are drawn from the symmetric Dirichlet distribution
    /// `Dir(α, …, α)`, and the samples of the class, in the order of the dataset, are cut so: worker `w` gets
    /// those from `⌊(p_c1 + … + p_c(w−1))·N_c⌋` to `⌊(p_c1 + … + p_cw)·N_c⌋`. A small α gives each worker few
    /// classes, a large one equal shares of all.
    ///
    /// Source: Hsu, Qi, Brown, *Measuring the Effects of Non-Identical Data Distribution for Federated Visual
    /// Classification*, arXiv:1909.06335; the cut is ByzFL's.
    Dirichlet {
        /// The concentration α, in 1e-9..=1e9.
        alpha: f64,
        /// The least number of samples of a worker: all proportions are drawn again until each worker has that
        /// many. Without it they are drawn once, and a worker without samples is an error. It conditions the
        /// distribution, so it is not the same experiment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_samples: Option<usize>,
    },
    /// The first `⌊γN⌋` samples of the dataset are split as by [`Partition::Iid`], the rest as by
    /// [`Partition::Extreme`], and each worker gets a part of both.
    Similarity {
        /// The fraction γ, in 0..=1: 0 is extreme, 1 is iid.
        gamma: f64,
    },
}

impl Partition {
    /// The scheme's name, as in a configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Iid => "iid",
            Self::Extreme => "extreme",
            Self::Dirichlet { .. } => "dirichlet",
            Self::Similarity { .. } => "similarity",
        }
    }

    /// The indices of each worker's samples, for samples with these `labels`, which are less than `classes`.
    ///
    /// The result depends on nothing but the arguments: not on the platform's logarithm, nor on threads.
    ///
    /// # Errors
    /// - [`Error::Parameter`]: no worker, or α, γ or `min_samples` out of range.
    /// - [`Error::Label`]: a label that is not less than `classes`.
    /// - [`Error::TooFewSamples`]: a worker without samples, or with fewer than `min_samples` after 10,000 draws.
    ///
    /// ```
    /// use data::{partition::Partition, rng};
    ///
    /// let rng = &mut rng::stream(1, rng::Purpose::Partition, 0, 0);
    /// let workers = Partition::Extreme.split(&[2, 0, 1, 0, 2, 1], 3, 3, rng)?;
    /// assert_eq!(workers, [[1, 3], [2, 5], [0, 4]]);
    /// # Ok::<(), data::Error>(())
    /// ```
    pub fn split(
        &self,
        labels: &[u8],
        classes: usize,
        workers: usize,
        rng: &mut impl Rng,
    ) -> Result<Vec<Vec<usize>>, Error> {
        if workers == 0 {
            return Err(parameter("the number of workers", workers, "at least 1"));
        }
        if let Some((sample, &label)) = labels
            .iter()
            .enumerate()
            .find(|&(_, &label)| usize::from(label) >= classes)
        {
            return Err(Error::Label {
                sample,
                label,
                classes,
            });
        }
        let samples = labels.len();
        let (parts, least) = match *self {
            Self::Iid => (chunks(&shuffled(samples, rng), workers), 1),
            Self::Extreme => (chunks(&by_label(labels, 0), workers), 1),
            Self::Dirichlet { alpha, min_samples } => {
                let least = min_samples.unwrap_or(1);
                let draws = if min_samples.is_some() {
                    dirichlet::MAX_DRAWS
                } else {
                    1
                };
                dirichlet::validate(alpha, least, workers, samples)?;
                (
                    dirichlet::split(labels, classes, workers, alpha, least, draws, rng),
                    least,
                )
            }
            Self::Similarity { gamma } => {
                if !(0.0..=1.0).contains(&gamma) {
                    return Err(parameter("gamma", gamma, "0 to 1"));
                }
                let iid = shuffled(iid_len(samples, gamma), rng);
                (similarity(labels, &iid, workers), 1)
            }
        };
        match parts.iter().position(|part| part.len() < least) {
            None => Ok(parts),
            Some(worker) => Err(Error::TooFewSamples {
                worker,
                workers,
                found: parts[worker].len(),
                samples,
                expected: least,
                partition: *self,
            }),
        }
    }

    /// What to do when this partition leaves a worker with too few samples.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Dirichlet {
                min_samples: None, ..
            } => {
                "choose a larger alpha, another seed, or min_samples (draw again until each worker has as many)"
            }
            Self::Dirichlet {
                min_samples: Some(_),
                ..
            } => "10000 draws gave no better split; choose a larger alpha or a smaller min_samples",
            _ => "choose fewer workers or more samples",
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Iid | Self::Extreme => Ok(()),
            Self::Dirichlet {
                alpha,
                min_samples: None,
            } => write!(f, "(alpha={alpha})"),
            Self::Dirichlet {
                alpha,
                min_samples: Some(least),
            } => {
                write!(f, "(alpha={alpha}, min_samples={least})")
            }
            Self::Similarity { gamma } => write!(f, "(gamma={gamma})"),
        }
    }
}

/// 0, …, len − 1 in random order.
fn shuffled(len: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..len).collect();
    indices.shuffle(rng);
    indices
}

/// The indices from `first` on, sorted by label and then by index.
fn by_label(labels: &[u8], first: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (first..labels.len()).collect();
    indices.sort_by_key(|&index| labels[index]);
    indices
}

/// Contiguous parts of equal size; the first `len % workers` are one longer.
fn chunks(indices: &[usize], workers: usize) -> Vec<Vec<usize>> {
    let (size, longer) = (indices.len() / workers, indices.len() % workers);
    let mut rest = indices;
    (0..workers)
        .map(|worker| {
            let (part, after) = rest.split_at(size + usize::from(worker < longer));
            rest = after;
            part.to_vec()
        })
        .collect()
}

/// `⌊γN⌋`, in floating point as in ByzFL: 28, not 29, of 100 samples for γ = 0.29.
fn iid_len(samples: usize, gamma: f64) -> usize {
    (samples as f64 * gamma) as usize
}

/// `iid` holds the first indices, in random order.
fn similarity(labels: &[u8], iid: &[usize], workers: usize) -> Vec<Vec<usize>> {
    let extreme = chunks(&by_label(labels, iid.len()), workers);
    let mut parts = chunks(iid, workers);
    for (part, extreme) in parts.iter_mut().zip(extreme) {
        part.extend(extreme);
    }
    parts
}

fn parameter(name: &'static str, value: impl fmt::Display, expected: impl fmt::Display) -> Error {
    Error::Parameter {
        name,
        value: value.to_string(),
        expected: expected.to_string(),
    }
}
