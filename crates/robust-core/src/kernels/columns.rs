//! The pass of the coordinate-wise rules over strips of columns: mixed, then reduced.

use pulp::{Arch, Simd, WithSimd};

use super::mix::Mix;
use super::{Aligned, ordered, ordered_chunks};
use crate::Scalar;
use crate::traits::CoordinateFunction;

/// Columns that are mixed and reduced at a time: n rows of them stay in the L1 cache.
pub(crate) const STRIP: usize = 64;
/// Columns of the unit of parallel work.
const CHUNK: usize = 128 * STRIP;
/// Registers per row that are summed together.
const GROUP: usize = 4;

/// A strip of columns of n vectors, which a coordinate-wise function may overwrite.
///
/// Every vector has one row of the strip, but **in any order**: where pre-aggregators mixed the
/// vectors, equal ones stand behind all others. All values are finite. The last strip is padded
/// with columns of zeros.
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

    /// Number of columns.
    #[must_use]
    pub fn width(&self) -> usize {
        STRIP
    }

    /// Row `i` of the strip, one value per column.
    ///
    /// # Panics
    /// If `i ≥ n`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[T] {
        &self.values[i * STRIP..(i + 1) * STRIP]
    }

    /// Row `i` of the strip, to write.
    ///
    /// # Panics
    /// If `i ≥ n`.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        &mut self.values[i * STRIP..(i + 1) * STRIP]
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
        for (group, out) in out.chunks_exact_mut(GROUP).enumerate() {
            let mut sums = [T::splat(simd, T::default()); GROUP];
            for row in rows.chunks_exact(per_row) {
                for (sum, &x) in sums.iter_mut().zip(&row[group * GROUP..][..GROUP]) {
                    *sum = T::mul_add(simd, weight, x, *sum);
                }
            }
            out.copy_from_slice(&sums);
        }
    }
}

/// out = function(mixed rows), column by column.
pub(crate) fn aggregate<T: Scalar>(mix: &Mix<'_, T>, function: &CoordinateFunction, out: &mut [T]) {
    ordered_chunks(out, CHUNK, |c, out| {
        let start = c * CHUNK;
        let mut reduced = Aligned::zeros(STRIP);
        let reduced = reduced.values();
        mix.for_each_strip(start, start + out.len(), |column, strip| {
            function.reduce(strip, reduced);
            let out = &mut out[column - start..];
            let width = out.len().min(STRIP);
            out[..width].copy_from_slice(&reduced[..width]);
        });
    });
}

/// Σ (function(mixed rows but the first) − the first mixed row)², without writing the aggregate.
pub(crate) fn squared_deviation<T: Scalar>(
    mix: &Mix<'_, T>,
    d: usize,
    unit: f64,
    function: &CoordinateFunction,
) -> f64 {
    let partial = ordered(d.div_ceil(CHUNK), |c| {
        let mut reduced = Aligned::zeros(STRIP);
        let reduced = reduced.values();
        let mut sums = [0.0; STRIP];
        mix.for_each_strip(c * CHUNK, d.min((c + 1) * CHUNK), |_, strip| {
            // Columns of padding are zero in every row, hence also in the difference.
            let (target, values) = strip.values.split_at_mut(STRIP);
            function.reduce(&mut Columns::of(values), reduced);
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
                    out[..width].copy_from_slice(&strip.row(mix.place(i))[..width]);
                }
            });
        }
    });
}
