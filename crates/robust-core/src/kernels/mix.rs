//! Strips of columns of mixed vectors, one after the other: loaded, and mixed by their weights.

use pulp::{Arch, Simd, WithSimd};

use super::columns::{Columns, STRIP};
use super::{Aligned, prefetch};
use crate::matrix::Matrix;
use crate::{Gradients, Scalar};

/// How far ahead of the strip that is mixed columns are asked for.
const AHEAD: usize = 8 * STRIP;
/// Mixed rows and registers of a register tile.
const TILE: usize = 4;

/// The rows that a mixing matrix reads, and its weights as the kernel wants them.
pub(crate) struct Mix<'a, T> {
    sources: Vec<&'a [T]>,
    weights: Weights<T>,
    /// Where in a strip each row that comes out stands. Rows with the same weights, as NNM gives
    /// to copies, are mixed once: the distinct ones come first, in order, then the copies.
    place: Vec<usize>,
    /// The places that the copies are taken from.
    copies: Vec<usize>,
}

enum Weights<T> {
    /// The rows as they are.
    Identity,
    /// (distinct rows padded to whole tiles) × sources.
    Fast(Vec<T>),
    /// Distinct rows × sources, for huge rows: summed in f64.
    Careful(Vec<f64>),
}

impl<'a, T: Scalar> Mix<'a, T> {
    /// `weights · rows`, or the rows themselves for `None`.
    pub(crate) fn new(rows: &Gradients<'a, T>, weights: Option<&Matrix>) -> Self {
        let n = rows.n();
        let Some(weights) = weights else {
            let row = |i| {
                if rows.is_finite_row(i) {
                    rows.row(i)
                } else {
                    &[]
                }
            };
            return Self {
                sources: (0..n).map(row).collect(),
                weights: Weights::Identity,
                place: (0..n).collect(),
                copies: Vec::new(),
            };
        };
        let m = weights.rows();
        let active: Vec<usize> = (0..n)
            .filter(|&j| rows.is_finite_row(j) && (0..m).any(|i| weights.row(i)[j] != 0.0))
            .collect();
        let sources = active.iter().map(|&j| rows.row(j)).collect();
        let same = |i: usize, k: usize| {
            let bits = |row: usize| weights.row(row).iter().map(|w| w.to_bits());
            bits(i).eq(bits(k))
        };
        let mut distinct: Vec<usize> = Vec::new();
        let mut found = Vec::new();
        for i in 0..m {
            found.push(distinct.iter().position(|&k| same(i, k)));
            if found[i].is_none() {
                distinct.push(i);
            }
        }
        let (mut originals, mut copies) = (0.., Vec::new());
        let place = found.into_iter().map(|original| match original {
            Some(original) => {
                copies.push(original);
                distinct.len() + copies.len() - 1
            }
            None => originals.next().unwrap_or_default(),
        });
        let place = place.collect();
        let values = distinct
            .iter()
            .flat_map(|&i| active.iter().map(move |&j| weights.row(i)[j]));
        let norm = |j: usize| rows.norms()[j] * rows.unit();
        let bound = (0..m).map(|i| {
            active
                .iter()
                .map(|&j| weights.row(i)[j].abs() * norm(j))
                .sum()
        });
        let peak = active
            .iter()
            .map(|&j| norm(j))
            .chain(bound)
            .fold(0.0, f64::max);
        let weights = if peak > T::LARGE {
            Weights::Careful(values.collect())
        } else {
            let mut padded: Vec<T> = values.map(T::from_f64).collect();
            padded.resize(
                distinct.len().next_multiple_of(TILE) * active.len(),
                T::default(),
            );
            Weights::Fast(padded)
        };
        Self {
            sources,
            weights,
            place,
            copies,
        }
    }

    /// Rows that come out.
    fn m(&self) -> usize {
        self.place.len()
    }

    /// Which row of a strip is the mixed row `i`.
    pub(super) fn place(&self, i: usize) -> usize {
        self.place[i]
    }

    /// Calls `f(column, strip)` on every strip of columns `start..end`, in order. The last strip is
    /// padded with columns of zeros.
    pub(super) fn for_each_strip(
        &self,
        start: usize,
        end: usize,
        mut f: impl FnMut(usize, &mut Columns<'_, T>),
    ) {
        if matches!(self.weights, Weights::Identity) {
            return self.for_each_loaded(start, end, f);
        }
        let len = self.m().next_multiple_of(TILE) * STRIP;
        let mut buffer = Aligned::zeros(len);
        let y = buffer.values();
        let mut x: Vec<&[T]> = Vec::with_capacity(self.sources.len());
        let whole = end - (end - start) % STRIP;
        for column in (start..whole).step_by(STRIP) {
            x.clear();
            x.extend(self.sources.iter().map(|row| &row[column..column + STRIP]));
            let next = (column + AHEAD).min(end)..(column + AHEAD + STRIP).min(end);
            self.sources
                .iter()
                .for_each(|row| prefetch(&row[next.clone()]));
            self.mix(&x, y);
            f(column, &mut Columns::of(&mut y[..self.m() * STRIP]));
        }
        if whole < end {
            let mut padded = vec![T::default(); self.sources.len() * STRIP];
            for (padded, row) in padded.chunks_exact_mut(STRIP).zip(&self.sources) {
                padded[..end - whole].copy_from_slice(&row[whole..end]);
            }
            let x: Vec<&[T]> = padded.chunks_exact(STRIP).collect();
            self.mix(&x, y);
            f(whole, &mut Columns::of(&mut y[..self.m() * STRIP]));
        }
    }

    /// y = the mixed rows of one strip; x holds the rows that are read.
    fn mix(&self, x: &[&[T]], y: &mut [T]) {
        let distinct = self.m() - self.copies.len();
        let tiles = &mut y[..distinct.next_multiple_of(TILE) * STRIP];
        match &self.weights {
            Weights::Identity => {}
            Weights::Fast(weights) => {
                Arch::new().dispatch(MixStrip {
                    weights,
                    x,
                    y: tiles,
                });
            }
            Weights::Careful(weights) => {
                Arch::new().dispatch(MixInF64 {
                    weights,
                    x,
                    y: tiles,
                });
            }
        }
        for (copy, &original) in self.copies.iter().enumerate() {
            let from = original * STRIP..(original + 1) * STRIP;
            y.copy_within(from, (distinct + copy) * STRIP);
        }
    }

    /// The strips of the rows as they are.
    fn for_each_loaded(
        &self,
        start: usize,
        end: usize,
        mut f: impl FnMut(usize, &mut Columns<'_, T>),
    ) {
        let mut buffer = Aligned::zeros(self.m() * STRIP);
        let x = buffer.values();
        for column in (start..end).step_by(STRIP) {
            for (x, row) in x.as_chunks_mut::<STRIP>().0.iter_mut().zip(&self.sources) {
                // A row that isn't finite is an empty slice here: zeros.
                let strip = |from: usize| row.get(from..end.min(from + STRIP)).unwrap_or_default();
                prefetch(strip(column + AHEAD));
                let strip = strip(column);
                let (head, tail) = x.split_at_mut(strip.len());
                head.copy_from_slice(strip);
                tail.fill(T::default());
            }
            f(column, &mut Columns::of(x));
        }
    }
}

/// y = weights · x for one strip.
struct MixStrip<'a, T> {
    weights: &'a [T],
    x: &'a [&'a [T]],
    y: &'a mut [T],
}

impl<T: Scalar> WithSimd for MixStrip<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let sources = self.x.len();
        let y = T::vectors_mut::<S>(self.y);
        let per_row = STRIP * size_of::<T>() / size_of::<T::Vector<S>>();
        for (tile, y) in y.chunks_exact_mut(TILE * per_row).enumerate() {
            let w: [&[T]; TILE] = std::array::from_fn(|i| {
                &self.weights[(tile * TILE + i) * sources..(tile * TILE + i + 1) * sources]
            });
            for group in (0..per_row).step_by(TILE) {
                let mut acc = [[T::splat(simd, T::default()); TILE]; TILE];
                for (k, x) in self.x.iter().enumerate() {
                    let x = &T::vectors::<S>(x)[group..][..TILE];
                    let x = [x[0], x[1], x[2], x[3]];
                    for i in 0..TILE {
                        let weight = T::splat(simd, w[i][k]);
                        for c in 0..TILE {
                            acc[i][c] = T::mul_add(simd, weight, x[c], acc[i][c]);
                        }
                    }
                }
                for i in 0..TILE {
                    y[i * per_row + group..][..TILE].copy_from_slice(&acc[i]);
                }
            }
        }
    }
}

/// y = weights · x for one strip of rows whose products may leave the range of f32.
struct MixInF64<'a, T> {
    weights: &'a [f64],
    x: &'a [&'a [T]],
    y: &'a mut [T],
}

impl<T: Scalar> WithSimd for MixInF64<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let weights = self.weights.chunks_exact(self.x.len().max(1));
        for (y, weights) in self.y.as_chunks_mut::<STRIP>().0.iter_mut().zip(weights) {
            let mut sums = [0.0; STRIP];
            for (weight, x) in weights.iter().zip(self.x) {
                for k in 0..STRIP {
                    sums[k] += weight * x[k].to_f64();
                }
            }
            for k in 0..STRIP {
                y[k] = T::from_f64(sums[k]);
            }
        }
    }
}
