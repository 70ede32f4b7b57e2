//! Selection networks: the same few minima and maxima for every column, so they vectorise.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::columns::{Columns, STRIP};
use crate::Scalar;

/// Puts the smaller of two rows into the first, the larger into the second, column by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Comparator {
    low: usize,
    high: usize,
}

/// Batcher's odd-even merge sort, pruned to what a range of ranks needs.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    comparators: Vec<Comparator>,
}

impl Network {
    /// Sorts every column of n rows.
    pub(crate) fn sort(n: usize) -> Self {
        let mut comparators = Vec::new();
        let mut p = 1;
        while p < n {
            let mut k = p;
            while k >= 1 {
                for j in (k % p..n - k.min(n)).step_by(2 * k) {
                    for i in 0..k.min(n - j - k) {
                        if (i + j) / (2 * p) == (i + j + k) / (2 * p) {
                            comparators.push(Comparator {
                                low: i + j,
                                high: i + j + k,
                            });
                        }
                    }
                }
                k /= 2;
            }
            p *= 2;
        }
        Self { comparators }
    }

    /// Brings the values of the given ranks into the rows of `ranks`, in any order.
    pub(crate) fn select(n: usize, ranks: Range<usize>) -> Self {
        let mut network = Self::sort(n);
        // Backwards: comparing two rows matters only if a later comparator reads one of them, or
        // if one is inside the wanted ranks and the other isn't.
        let class = |row: usize| usize::from(row >= ranks.start) + usize::from(row >= ranks.end);
        let mut read_later = vec![false; n];
        let mut keep = vec![false; network.comparators.len()];
        for (index, c) in network.comparators.iter().enumerate().rev() {
            if read_later[c.low] || read_later[c.high] || class(c.low) != class(c.high) {
                keep[index] = true;
                read_later[c.low] = true;
                read_later[c.high] = true;
            }
        }
        let mut keep = keep.into_iter();
        network.comparators.retain(|_| keep.next() == Some(true));
        network
    }

    /// Runs the network on every column.
    pub(crate) fn apply<T: Scalar>(&self, columns: &mut Columns<'_, T>) {
        let values = columns.values_mut();
        Arch::new().dispatch(Apply {
            comparators: &self.comparators,
            values,
        });
    }
}

struct Apply<'a, T> {
    comparators: &'a [Comparator],
    values: &'a mut [T],
}

/// Registers per row that one comparator handles at a time: independent work hides latency.
const GROUP: usize = 4;

impl<T: Scalar> WithSimd for Apply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let values = T::vectors_mut::<S>(self.values);
        let per_row = STRIP * size_of::<T>() / size_of::<T::Vector<S>>();
        for group in (0..per_row).step_by(GROUP) {
            for c in self.comparators {
                let (head, tail) = values.split_at_mut(c.high * per_row + group);
                let low = &mut head[c.low * per_row + group..][..GROUP];
                let high = &mut tail[..GROUP];
                for (a, b) in low.iter_mut().zip(high) {
                    let (x, y) = (*a, *b);
                    *a = T::min(simd, x, y);
                    *b = T::max(simd, x, y);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a network on one column.
    fn run(network: &Network, column: &[f64]) -> Vec<f64> {
        let mut values: Vec<f64> = column.iter().flat_map(|&x| [x; STRIP]).collect();
        network.apply(&mut Columns::of(&mut values));
        values.chunks(STRIP).map(|row| row[STRIP - 1]).collect()
    }

    fn columns(n: usize) -> impl Iterator<Item = Vec<f64>> {
        (0..20).map(move |seed| {
            let entry = |i: usize| ((seed * n + i + 1) as f64 * 78.233).sin().to_bits() % 17;
            (0..n).map(|i| entry(i) as f64).collect()
        })
    }

    #[test]
    fn sorts_any_number_of_rows() {
        for n in 1..70 {
            let network = Network::sort(n);
            for column in columns(n) {
                let mut sorted = column.clone();
                sorted.sort_by(f64::total_cmp);
                assert_eq!(run(&network, &column), sorted);
            }
        }
    }

    #[test]
    fn selects_the_ranks_it_was_pruned_to() {
        for n in 1..40usize {
            for f in 0..n.div_ceil(2) {
                let network = Network::select(n, f..n - f);
                assert!(network.comparators.len() <= Network::sort(n).comparators.len());
                for column in columns(n) {
                    let mut sorted = column.clone();
                    sorted.sort_by(f64::total_cmp);
                    let mut selected = run(&network, &column)[f..n - f].to_vec();
                    selected.sort_by(f64::total_cmp);
                    assert_eq!(selected, sorted[f..n - f], "n = {n}, f = {f}");
                }
            }
        }
    }
}
