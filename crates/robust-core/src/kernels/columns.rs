//! The pass of the coordinate-wise rules: load a strip of columns, mix it, reduce it.

use super::{Aligned, ordered, ordered_chunks, prefetch};
use crate::matrix::Matrix;
use crate::traits::Coordinatewise;
use crate::{Gradients, Scalar};
use pulp::{Arch, Simd, WithSimd};

/// Columns that are mixed and reduced at a time: n rows of them stay in the L1 cache.
pub(crate) const STRIP: usize = 64;
/// How far ahead of the strip that is mixed columns are asked for.
const AHEAD: usize = 8 * STRIP;
/// Columns of the unit of parallel work.
const CHUNK: usize = 128 * STRIP;
/// Mixed rows and registers of a register tile.
const TILE: usize = 4;

/// A strip of columns of n (mixed) vectors, which a coordinate-wise rule may overwrite.
///
/// Row `i` holds the strip of vector `i`; all values are finite.
#[derive(Debug)]
pub struct Columns<'a, T> {
    values: &'a mut [T],
}

impl<'a, T: Scalar> Columns<'a, T> {
    /// `values` holds whole rows of a strip.
    pub(crate) fn of(values: &'a mut [T]) -> Self {
        Self { values }
    }

    /// Number of rows.
    #[must_use]
    pub fn n(&self) -> usize {
        self.values.len() / STRIP
    }

    /// Row `i` of the strip.
    ///
    /// # Panics
    /// If `i ≥ n`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[i * STRIP..(i + 1) * STRIP]
    }

    pub(crate) fn values(&self) -> &[T] {
        self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [T] {
        self.values
    }

    /// out = the mean of the given rows.
    ///
    /// # Panics
    /// If the range is empty or goes beyond n.
    pub fn mean(&self, rows: std::ops::Range<usize>, out: &mut [T]) {
        let weight = T::from_f64((rows.len() as f64).recip());
        let rows = &self.values[rows.start * STRIP..rows.end * STRIP];
        Arch::new().dispatch(MeanRow { rows, weight, out });
    }
}

/// out = Σ weight · row over the rows of a strip: no sum leaves the range that the values are in.
struct MeanRow<'a, T> {
    rows: &'a [T],
    weight: T,
    out: &'a mut [T],
}

impl<T: Scalar> WithSimd for MeanRow<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (rows, out) = (T::vectors::<S>(self.rows), T::vectors_mut::<S>(self.out));
        let weight = T::splat(simd, self.weight);
        let per_row = STRIP * size_of::<T>() / size_of::<T::Vector<S>>();
        for (group, out) in out.chunks_exact_mut(TILE).enumerate() {
            let mut sums = [T::splat(simd, T::default()); TILE];
            for row in rows.chunks_exact(per_row) {
                for (sum, &x) in sums.iter_mut().zip(&row[group * TILE..][..TILE]) {
                    *sum = T::mul_add(simd, weight, x, *sum);
                }
            }
            out.copy_from_slice(&sums);
        }
    }
}

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

    /// Calls `f(column, strip)` on every strip of columns `start..end`, in order. The last strip is
    /// padded with columns of zeros.
    fn for_each_strip(
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

/// out = rule(mixed rows), column by column.
pub(crate) fn aggregate<T: Scalar>(mix: &Mix<'_, T>, rule: &dyn Coordinatewise<T>, out: &mut [T]) {
    ordered_chunks(out, CHUNK, |c, out| {
        let start = c * CHUNK;
        let mut reduced = Aligned::zeros(STRIP);
        let reduced = reduced.values();
        mix.for_each_strip(start, start + out.len(), |column, strip| {
            rule.reduce(strip, reduced);
            let out = &mut out[column - start..];
            let width = out.len().min(STRIP);
            out[..width].copy_from_slice(&reduced[..width]);
        });
    });
}

/// Σ (rule(mixed rows but the first) − the first mixed row)², without writing the aggregate.
pub(crate) fn squared_deviation<T: Scalar>(
    mix: &Mix<'_, T>,
    d: usize,
    unit: f64,
    rule: &dyn Coordinatewise<T>,
) -> f64 {
    let partial = ordered(d.div_ceil(CHUNK), |c| {
        let mut reduced = Aligned::zeros(STRIP);
        let reduced = reduced.values();
        let mut sums = [0.0; STRIP];
        mix.for_each_strip(c * CHUNK, d.min((c + 1) * CHUNK), |_, strip| {
            // Columns of padding are zero in every row, hence also in the difference.
            let (target, values) = strip.values.split_at_mut(STRIP);
            rule.reduce(&mut Columns::of(values), reduced);
            Arch::new().dispatch(AddSquares {
                x: reduced,
                y: target,
                scale: unit.recip(),
                sums: &mut sums,
            });
        });
        sums.iter().sum::<f64>()
    });
    partial.into_iter().sum()
}

/// sums += ((x − y) · scale)², column by column.
struct AddSquares<'a, T> {
    x: &'a [T],
    y: &'a [T],
    scale: f64,
    sums: &'a mut [f64; STRIP],
}

impl<T: Scalar> WithSimd for AddSquares<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (x, y) = (&self.x[..STRIP], &self.y[..STRIP]);
        for k in 0..STRIP {
            let delta = (x[k].to_f64() - y[k].to_f64()) * self.scale;
            self.sums[k] += delta * delta;
        }
    }
}

/// out (m × d) = mixed rows.
pub(crate) fn transform<T: Scalar>(mix: &Mix<'_, T>, d: usize, out: &mut [T]) {
    let mut chunks: Vec<Vec<&mut [T]>> = Vec::new();
    chunks.resize_with(d.div_ceil(CHUNK), Vec::new);
    for row in out.chunks_mut(d) {
        for (chunk, part) in chunks.iter_mut().zip(row.chunks_mut(CHUNK)) {
            chunk.push(part);
        }
    }
    ordered_chunks(&mut chunks, 1, |c, chunk| {
        let start = c * CHUNK;
        for rows in chunk {
            mix.for_each_strip(start, d.min(start + CHUNK), |column, strip| {
                for (i, row) in rows.iter_mut().enumerate() {
                    let out = &mut row[column - start..];
                    let width = out.len().min(STRIP);
                    out[..width].copy_from_slice(&strip.row(mix.place[i])[..width]);
                }
            });
        }
    });
}
