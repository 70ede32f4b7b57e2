//! Register tiles: what the three dense products have in common.

use pulp::Simd;

/// Most rows of a register tile.
pub(super) const TILE: usize = 6;

/// Whether there are 32 registers (AVX-512) and not 16: a tile must fit them.
#[inline(always)]
pub(super) fn wide<S: Simd>() -> bool {
    S::F32_LANES >= 16
}

#[inline(always)]
pub(super) fn load<S: Simd, const N: usize>(values: &[f32]) -> [S::f32s; N] {
    let vectors = S::as_simd_f32s(&values[..N * S::F32_LANES]).0;
    std::array::from_fn(
        #[inline(always)]
        |index| vectors[index],
    )
}

/// Calls `$call` with `$rows` a constant from 1 to [`TILE`].
macro_rules! with_rows {
    ($count:expr, $rows:ident => $call:expr) => {
        match $count {
            1 => {
                const $rows: usize = 1;
                $call
            }
            2 => {
                const $rows: usize = 2;
                $call
            }
            3 => {
                const $rows: usize = 3;
                $call
            }
            4 => {
                const $rows: usize = 4;
                $call
            }
            5 => {
                const $rows: usize = 5;
                $call
            }
            _ => {
                const $rows: usize = $crate::layers::convolution::tiles::TILE;
                $call
            }
        }
    };
}

/// Cuts `count` rows into tiles of nearly equal height, none above `most`.
pub(super) fn tiles(count: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = count.div_ceil(most);
    (0..tiles).map(move |tile| {
        let start = tile * count / tiles;
        (start, (tile + 1) * count / tiles - start)
    })
}

pub(super) use with_rows;
