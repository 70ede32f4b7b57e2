//! What several schemes do.

use rand::Rng;
use rand::seq::SliceRandom;

/// What to do when a worker gets too few samples of a scheme that has no say in it.
pub const FEWER_WORKERS: &str = "choose fewer workers or more samples";

/// 0, …, len − 1 in random order.
pub fn shuffled(len: usize, rng: &mut dyn Rng) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..len).collect();
    indices.shuffle(rng);
    indices
}

/// The indices from `first` on, sorted by label and then by index.
pub fn by_label(labels: &[u8], first: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (first..labels.len()).collect();
    indices.sort_by_key(|&index| labels[index]);
    indices
}

/// Contiguous parts of equal size; the first `len % workers` are one longer.
pub fn chunks(indices: &[usize], workers: usize) -> Vec<Vec<usize>> {
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
