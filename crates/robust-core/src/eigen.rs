//! The largest eigenpair of a small symmetric positive semi-definite matrix.

use pulp::{Arch, Simd, WithSimd};

use crate::Matrix;
use crate::matrix::dot;

/// Squarings at most: 2^60 steps of the power method.
const SQUARINGS: usize = 60;
/// Distance from rank one, 1 − tr(M²) at tr(M) = 1, that counts as reached.
const RANK_ONE: f64 = 1e-15;

/// The largest eigenvalue and a unit eigenvector; 0 and a unit vector for the zero matrix.
///
/// Power method by repeated squaring: M ← M²/tr(M²) converges to the projector on the top
/// eigenspace, from no start vector, and squares the ratio of eigenvalues each time.
pub(crate) fn top_eigenpair(matrix: &Matrix) -> (f64, Vec<f64>) {
    let n = matrix.rows();
    let trace: f64 = (0..n).map(|i| matrix.row(i)[i]).sum();
    if trace <= 0.0 {
        let mut vector = vec![0.0; n];
        vector.iter_mut().take(1).for_each(|x| *x = 1.0);
        return (0.0, vector);
    }
    let mut power = divided(matrix, trace);
    for _ in 0..SQUARINGS {
        let purity: f64 = (0..n).map(|i| dot(power.row(i), power.row(i))).sum(); // tr(M²)
        if 1.0 - purity <= RANK_ONE {
            break;
        }
        power = divided(&square(&power), purity);
    }
    let diagonal = |&i: &usize| power.row(i)[i];
    let column = (0..n).max_by(|a, b| diagonal(a).total_cmp(&diagonal(b)).then(b.cmp(a)));
    let mut vector = power.row(column.unwrap_or(0)).to_vec();
    let norm = dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    (rayleigh(matrix, &vector), vector)
}

/// Whether the largest eigenvalue of a symmetric matrix is below the bound: whether `bound·I − M`
/// has a Cholesky factor.
pub(crate) fn is_below(matrix: &Matrix, bound: f64) -> bool {
    let n = matrix.rows();
    let mut factor = Matrix::zeros(n, n);
    for i in 0..n {
        for j in 0..=i {
            let known = dot(&factor.row(i)[..j], &factor.row(j)[..j]);
            if i == j {
                let square = bound - matrix.row(i)[i] - known;
                if square.is_nan() || square <= 0.0 {
                    return false;
                }
                factor.row_mut(i)[i] = square.sqrt();
            } else {
                factor.row_mut(i)[j] = -(matrix.row(i)[j] + known) / factor.row(j)[j];
            }
        }
    }
    true
}

/// vᵀ M v of a unit vector: at most the largest eigenvalue.
fn rayleigh(matrix: &Matrix, vector: &[f64]) -> f64 {
    (0..matrix.rows())
        .map(|i| vector[i] * dot(matrix.row(i), vector))
        .sum()
}

// Not times the inverse: that of a subnormal trace is infinite.
fn divided(matrix: &Matrix, by: f64) -> Matrix {
    let mut out = matrix.clone();
    for i in 0..out.rows() {
        out.row_mut(i).iter_mut().for_each(|x| *x /= by);
    }
    out
}

fn square(matrix: &Matrix) -> Matrix {
    Arch::new().dispatch(Square(matrix))
}

struct Square<'a>(&'a Matrix);

impl WithSimd for Square<'_> {
    type Output = Matrix;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Matrix {
        self.0.product(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_top_eigenpair_of_a_known_matrix() {
        // Eigenvalues 3 and 1, vectors (1,1)/√2 and (1,−1)/√2.
        let matrix = Matrix::from_values(2, 2, vec![2.0, 1.0, 1.0, 2.0]).expect("2 × 2");
        let (value, vector) = top_eigenpair(&matrix);
        assert!((value - 3.0).abs() < 1e-14);
        assert!((vector[0].abs() - 0.5f64.sqrt()).abs() < 1e-14);
        assert!((vector[0] - vector[1]).abs() < 1e-14);
    }

    #[test]
    fn a_close_second_and_a_tie_still_give_an_eigenvector() {
        for second in [1.0 - 1e-9, 1.0] {
            let matrix = Matrix::diagonal(&[0.5, second, 1.0]);
            let (value, vector) = top_eigenpair(&matrix);
            assert!((value - 1.0).abs() < 1e-9, "{value}");
            assert!(vector[0].abs() < 1e-12);
        }
    }

    #[test]
    fn a_bound_is_held_below_the_top_eigenvalue_and_passed_above() {
        let entry = |i: usize, j: usize| ((i * j + i + j) as f64 * 0.7).sin();
        let values = (0..49).map(|k| entry(k / 7, k % 7));
        let half = Matrix::from_values(7, 7, values.collect()).expect("7 × 7");
        let matrix = half.product(&half); // of a symmetric matrix: positive semi-definite
        let (top, _) = top_eigenpair(&matrix);
        for scale in [0.5, 0.9, 1.0 - 1e-9] {
            assert!(!is_below(&matrix, scale * top));
        }
        for scale in [1.0 + 1e-9, 1.1, 2.0] {
            assert!(is_below(&matrix, scale * top));
        }
        assert!(!is_below(&matrix, f64::NAN));
    }

    #[test]
    fn the_zero_matrix_has_eigenvalue_zero() {
        let (value, vector) = top_eigenpair(&Matrix::zeros(3, 3));
        assert!(value.to_bits() == 0 && vector == [1.0, 0.0, 0.0]);
    }
}
