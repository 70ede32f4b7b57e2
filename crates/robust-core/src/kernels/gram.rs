//! The pass behind every distance: all inner products at once, then exact differences for the
//! pairs that are too close for them.

use pulp::{Arch, Simd, WithSimd};

use super::{Aligned, ordered, prefetch, squares};
use crate::matrix::Matrix;
use crate::{Gradients, Scalar};

/// Columns that are converted to f64 at a time: four rows of them stay in the L1 cache.
const PANEL: usize = 256;
/// Rows on each side of a register tile.
const TILE: usize = 4;
/// f64 lanes of the widest register.
const MAX_LANES: usize = 8;
/// Columns of the unit of parallel work.
const CHUNK: usize = 64 * PANEL;
/// Inner products lose what ‖x−y‖² loses against ‖x‖²+‖y‖²: below this ratio, take differences.
const CLOSE: f64 = 1e-4;

/// Squared chords ‖x_i/‖x_i‖ − x_j/‖x_j‖‖² of all pairs of rows, 0 where a row is zero.
///
/// Together with the norms they give every distance without cancellation, whatever the rows are
/// scaled by: see [`crate::Geometry`]. Inner products are accumulated in f64; pairs with
/// ‖x_i − x_j‖² < 10⁻⁴ (‖x_i‖² + ‖x_j‖²) are taken from exact differences, and equal rows are at
/// distance 0 exactly.
pub(crate) fn squared_chords<T: Scalar>(rows: &Gradients<'_, T>) -> Matrix {
    let n = rows.n();
    let norms = rows.norms();
    let mut chords = inner_products(rows);
    let mut close = Vec::new();
    for i in 0..n {
        for j in 0..n {
            let product = norms[i] * norms[j];
            let chord = if i == j || product == 0.0 {
                0.0
            } else {
                2.0 - 2.0 * (chords.row(i)[j] / product)
            };
            chords.row_mut(i)[j] = chord;
            if i < j && product > 0.0 && is_close(norms[i], norms[j], chord) {
                close.push((i, j));
            }
        }
    }
    // Copies of a row need one comparison with it, not one with each other copy.
    let mut copy_of: Vec<Option<usize>> = vec![None; n];
    let copies = ordered(close.len(), |k| {
        let (i, j) = close[k];
        norms[i].to_bits() == norms[j].to_bits() && equal(rows.row(i), rows.row(j))
    });
    for (&(i, j), &copy) in close.iter().zip(&copies) {
        if copy && copy_of[j].is_none() {
            copy_of[j] = Some(i);
        }
    }
    close.retain(|&(i, j)| copy_of[i].is_none() && copy_of[j].is_none());
    let exact = ordered(close.len(), |k| {
        let (i, j) = close[k];
        let (x, y, scale) = (rows.row(i), rows.row(j), rows.unit().recip());
        squares::of_difference(x, y, scale)
    });
    for (&(i, j), &square) in close.iter().zip(&exact) {
        let chord = chord(norms[i], norms[j], square);
        chords.row_mut(i)[j] = chord;
        chords.row_mut(j)[i] = chord;
    }
    for (j, &original) in copy_of.iter().enumerate() {
        if let Some(i) = original {
            for k in 0..n {
                let chord = if k == j { 0.0 } else { chords.row(i)[k] };
                chords.row_mut(j)[k] = chord;
                chords.row_mut(k)[j] = chord;
            }
        }
    }
    chords
}

/// ‖x_i − x_j‖² from row i to every row, from exact differences.
pub(crate) fn squared_distances_from<T: Scalar>(rows: &Gradients<'_, T>, i: usize) -> Vec<f64> {
    ordered(rows.n(), |j| {
        match (rows.is_finite_row(i), rows.is_finite_row(j)) {
            (true, true) => {
                let (x, y, scale) = (rows.row(i), rows.row(j), rows.unit().recip());
                squares::of_difference(x, y, scale)
            }
            // What isn't finite is the zero vector.
            _ => (rows.norms()[i] - rows.norms()[j]).powi(2),
        }
    })
}

/// Whether all values are equal; a block at a time, because a loop that may end anywhere isn't
/// vectorised.
fn equal<T: Scalar>(x: &[T], y: &[T]) -> bool {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut blocks = x.chunks(PANEL).zip(y.chunks(PANEL));
            blocks.all(|(x, y)| {
                let pairs = x.iter().zip(y);
                pairs.fold(true, |equal, (x, y)| equal & (x == y))
            })
        },
    )
}

/// Whether the pair with these norms and this squared chord is too close for inner products.
pub(crate) fn is_close(a: f64, b: f64, chord: f64) -> bool {
    (a - b) * (a - b) + a * b * chord < CLOSE * (a * a + b * b)
}

/// The squared chord of two rows with norms a and b at squared distance `square`.
pub(crate) fn chord(a: f64, b: f64, square: f64) -> f64 {
    (square - (a - b) * (a - b)) / (a * b)
}

/// ⟨x_i, x_j⟩ of all pairs i ≠ j, in squared units.
fn inner_products<T: Scalar>(rows: &Gradients<'_, T>) -> Matrix {
    let n = rows.n();
    let tiles = n.div_ceil(TILE);
    let entries = tiles * (tiles + 1) / 2 * TILE * TILE;
    // One worker's chunk is narrower for few columns, by d alone, so that all threads get some.
    let chunk = rows
        .d()
        .div_ceil(8)
        .next_multiple_of(PANEL)
        .clamp(4 * PANEL, CHUNK);
    let partial = ordered(rows.d().div_ceil(chunk), |c| {
        let columns = c * chunk..((c + 1) * chunk).min(rows.d());
        let mut buffer = Aligned::zeros(tiles * TILE * PANEL);
        let panel = buffer.values();
        let mut lanes = Aligned::zeros(entries * MAX_LANES);
        let lanes = lanes.values();
        for start in columns.clone().step_by(PANEL) {
            let end = columns.end.min(start + PANEL);
            for i in (0..n).filter(|&i| rows.is_finite_row(i)) {
                prefetch(&rows.row(i)[end..(end + PANEL).min(rows.d())]);
                Arch::new().dispatch(Convert {
                    source: &rows.row(i)[start..end],
                    scale: rows.unit().recip(),
                    target: &mut panel[i * PANEL..(i + 1) * PANEL],
                });
            }
            Arch::new().dispatch(Tiles {
                panel,
                n,
                sums: lanes,
            });
        }
        let sums = lanes
            .chunks_exact(MAX_LANES)
            .map(|lanes| lanes.iter().sum());
        sums.collect::<Vec<f64>>()
    });
    let mut total = vec![0.0; entries];
    for sums in &partial {
        for (total, sum) in total.iter_mut().zip(sums) {
            *total += sum;
        }
    }
    let mut gram = Matrix::zeros(n, n);
    for (tile, (bi, bj)) in upper_tiles(tiles).enumerate() {
        for i in 0..TILE {
            for j in 0..TILE {
                let (row, col) = (bi * TILE + i, bj * TILE + j);
                if row < col && col < n {
                    let value = total[(tile * TILE + i) * TILE + j];
                    gram.row_mut(row)[col] = value;
                    gram.row_mut(col)[row] = value;
                }
            }
        }
    }
    gram
}

/// The tiles on and above the diagonal, in the order in which their sums are stored.
#[inline(always)]
fn upper_tiles(tiles: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..tiles).flat_map(move |bi| (bi..tiles).map(move |bj| (bi, bj)))
}

/// target = source · scale in f64, then zeros.
struct Convert<'a, T> {
    source: &'a [T],
    scale: f64,
    target: &'a mut [f64],
}

impl<T: Scalar> WithSimd for Convert<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (head, tail) = self.target.split_at_mut(self.source.len());
        for (t, s) in head.iter_mut().zip(self.source) {
            *t = s.to_f64() * self.scale;
        }
        tail.fill(0.0);
    }
}

/// Adds the inner products of one panel to `sums`, lane by lane.
struct Tiles<'a> {
    panel: &'a [f64],
    n: usize,
    sums: &'a mut [f64],
}

impl WithSimd for Tiles<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = S::as_simd_f64s(self.panel).0;
        let block = |b: usize| {
            let rows = &rows[b * TILE * PANEL / S::F64_LANES..];
            (rows, TILE.min(self.n - b * TILE))
        };
        let sums = self.sums.chunks_exact_mut(TILE * TILE * MAX_LANES);
        for ((bi, bj), sums) in upper_tiles(self.n.div_ceil(TILE)).zip(sums) {
            let (a, b) = (block(bi), block(bj));
            match (bi == bj, b.1) {
                (true, 1) => {} // norms are known
                (true, 2) => tile::<S, 2, true>(simd, a.0, b.0, sums),
                (true, 3) => tile::<S, 3, true>(simd, a.0, b.0, sums),
                (true, _) => tile::<S, TILE, true>(simd, a.0, b.0, sums),
                (false, 1) => tile::<S, 1, false>(simd, a.0, b.0, sums),
                (false, 2) => tile::<S, 2, false>(simd, a.0, b.0, sums),
                (false, 3) => tile::<S, 3, false>(simd, a.0, b.0, sums),
                (false, _) => tile::<S, TILE, false>(simd, a.0, b.0, sums),
            }
        }
    }
}

/// One register tile: `COLS` rows against four, or against each other, each pair once.
#[inline(always)]
fn tile<S: Simd, const COLS: usize, const DIAGONAL: bool>(
    simd: S,
    a: &[S::f64s],
    b: &[S::f64s],
    sums: &mut [f64],
) {
    let vectors = PANEL / S::F64_LANES;
    // Before the diagonal ends, every block of rows is whole.
    let a: [&[S::f64s]; TILE] = std::array::from_fn(|i| {
        let row = if DIAGONAL { i.min(COLS - 1) } else { i };
        &a[row * vectors..(row + 1) * vectors]
    });
    let b: [&[S::f64s]; COLS] = std::array::from_fn(|j| &b[j * vectors..(j + 1) * vectors]);
    let mut acc = [[simd.splat_f64s(0.0); COLS]; TILE];
    for k in 0..vectors {
        let x = [a[0][k], a[1][k], a[2][k], a[3][k]];
        for j in 0..COLS {
            let y = b[j][k];
            for i in 0..if DIAGONAL { j } else { TILE } {
                acc[i][j] = simd.mul_add_e_f64s(x[i], y, acc[i][j]);
            }
        }
    }
    for (i, acc) in acc.iter().enumerate() {
        for (j, acc) in acc.iter().enumerate() {
            let sum = &mut sums[(i * TILE + j) * MAX_LANES..][..MAX_LANES];
            let sum = &mut S::as_mut_simd_f64s(sum).0[0];
            *sum = simd.add_f64s(*sum, *acc);
        }
    }
}
