//! Norms and distances of a set of vectors, and of anything mixed from them, without the vectors.

use std::sync::{Arc, OnceLock};

use crate::kernels::gram;
use crate::matrix::{Matrix, dot};
use crate::{Gradients, Scalar};

/// Norms and pairwise distances of n vectors and the origin: all that a weight-based rule sees.
///
/// **Polar form.** Kept are the norms `r_i = ‖x_i‖` and the squared chords
/// `E_ij = ‖x_i/r_i − x_j/r_j‖²`. Then
///
/// - `‖x_i − x_j‖² = (r_i − r_j)² + r_i r_j E_ij`, a sum of non-negative terms,
/// - scaling a row changes only its norm,
/// - `‖Σ δ_i x_i‖² = (Σ V_i)² − ½ Σ V_i V_j E_ij` with `V_i = δ_i r_i`, for any weights δ,
///
/// so neither a common offset of all rows nor a Byzantine row of norm 10³⁸ that is scaled down
/// afterwards wipes out what is small. Everything is computed when it is first asked for: a
/// pipeline that needs no distances makes no pass for them.
///
/// **Units.** Lengths are in [`unit`](Self::unit)s, a power of two that is 1 unless squares of the
/// lengths would leave the range of f64. Whatever is nearer than 2⁻¹⁰⁴⁰ of the longest row then
/// counts as equal: 10⁻⁵ next to rows of the largest f64. No f32 comes near to that. A rule that
/// compares a length with a parameter divides the parameter by the unit.
#[derive(Debug, Clone)]
pub struct Geometry<'a>(Arc<Inner<'a>>);

#[derive(Debug)]
struct Inner<'a> {
    n: usize,
    unit: f64,
    source: Source<'a>,
    norms: OnceLock<Vec<f64>>,
    chords: OnceLock<Matrix>,
}

#[derive(Debug)]
enum Source<'a> {
    Rows(&'a dyn Chords),
    Scaled(Geometry<'a>),
    Mixed(Geometry<'a>, Matrix),
}

/// What makes the one pass over the data, for either element type.
trait Chords: std::fmt::Debug + Sync {
    fn squared_chords(&self) -> Matrix;
    fn squared_distances_from(&self, i: usize) -> Vec<f64>;
}

impl<T: Scalar> Chords for Gradients<'_, T> {
    fn squared_chords(&self) -> Matrix {
        gram::squared_chords(self)
    }

    fn squared_distances_from(&self, i: usize) -> Vec<f64> {
        gram::squared_distances_from(self, i)
    }
}

impl<'a> Geometry<'a> {
    /// The geometry of the given rows.
    #[must_use]
    pub fn new<T: Scalar>(rows: &'a Gradients<'_, T>) -> Self {
        Self::from_source(
            rows.unit(),
            Source::Rows(rows),
            rows.n(),
            Some(rows.norms().to_vec()),
        )
    }

    fn from_source(unit: f64, source: Source<'a>, n: usize, norms: Option<Vec<f64>>) -> Self {
        let norms = norms.map_or_else(OnceLock::new, OnceLock::from);
        Self(Arc::new(Inner {
            n,
            unit,
            source,
            norms,
            chords: OnceLock::new(),
        }))
    }

    /// The geometry of the rows scaled by non-negative factors.
    pub(crate) fn scaled(&self, factors: &[f64]) -> Self {
        let norms = self
            .norms()
            .iter()
            .zip(factors)
            .map(|(norm, factor)| norm * factor)
            .collect();
        Self::from_source(
            self.unit(),
            Source::Scaled(self.clone()),
            self.n(),
            Some(norms),
        )
    }

    /// The geometry of `weights · rows`.
    pub(crate) fn mixed(&self, weights: Matrix) -> Self {
        let m = weights.rows();
        Self::from_source(self.unit(), Source::Mixed(self.clone(), weights), m, None)
    }

    /// Number of vectors.
    #[must_use]
    pub fn n(&self) -> usize {
        self.0.n
    }

    /// The power of two that lengths are measured in.
    #[must_use]
    pub fn unit(&self) -> f64 {
        self.0.unit
    }

    /// The norms ‖x_i‖.
    #[must_use]
    pub fn norms(&self) -> &[f64] {
        self.0.norms.get_or_init(|| match &self.0.source {
            Source::Rows(_) | Source::Scaled(_) => Vec::new(), // given at construction
            Source::Mixed(..) => self.mix().0.clone(),
        })
    }

    /// ‖x_i − x_j‖².
    ///
    /// # Panics
    /// If `i` or `j` isn't below n.
    #[must_use]
    pub fn squared_distance(&self, i: usize, j: usize) -> f64 {
        let (a, b) = (self.norms()[i], self.norms()[j]);
        ((a - b) * (a - b) + a * b * self.chords().row(i)[j]).max(0.0)
    }

    /// ‖x_i − x_j‖² of all pairs.
    #[must_use]
    pub fn squared_distances(&self) -> Matrix {
        let mut out = Matrix::zeros(self.n(), self.n());
        for i in 0..self.n() {
            for j in 0..self.n() {
                out.row_mut(i)[j] = if i == j {
                    0.0
                } else {
                    self.squared_distance(i, j)
                };
            }
        }
        out
    }

    /// The `kept` vectors nearest to vector `i`, itself first; equally near ones by index.
    ///
    /// # Panics
    /// If `i ≥ n`.
    #[must_use]
    pub fn nearest(&self, i: usize, kept: usize) -> Vec<usize> {
        let distances = (0..self.n()).map(|j| self.squared_distance(i, j)).collect();
        closest(distances, i, kept)
    }

    /// ‖x_i − x_j‖² for all j: for a rule that asks about one vector only, since it doesn't make
    /// all other distances known.
    ///
    /// # Panics
    /// If `i ≥ n`.
    #[must_use]
    pub fn squared_distances_from(&self, i: usize) -> Vec<f64> {
        match (&self.0.source, self.0.chords.get()) {
            (Source::Rows(rows), None) => rows.squared_distances_from(i),
            _ => (0..self.n()).map(|j| self.squared_distance(i, j)).collect(),
        }
    }

    /// ‖Σ δ_i x_i‖² for any weights δ, one per vector.
    #[must_use]
    pub fn squared_norm_of(&self, delta: &[f64]) -> f64 {
        let v: Vec<f64> = delta
            .iter()
            .zip(self.norms())
            .map(|(delta, norm)| delta * norm)
            .collect();
        let sum: f64 = v.iter().sum();
        let mut form = 0.0;
        for (i, &vi) in v.iter().enumerate() {
            if vi != 0.0 {
                form += vi * dot(self.chords().row(i), &v);
            }
        }
        (sum * sum - 0.5 * form).max(0.0)
    }

    /// ‖x_i − z‖² of every vector to the combination z = Σ α_j x_j.
    #[must_use]
    pub fn squared_distances_to(&self, alpha: &[f64]) -> Vec<f64> {
        let norms = self.norms();
        let v: Vec<f64> = alpha
            .iter()
            .zip(norms)
            .map(|(alpha, norm)| alpha * norm)
            .collect();
        let sum: f64 = v.iter().sum();
        let products: Vec<f64> = (0..self.n())
            .map(|i| dot(self.chords().row(i), &v))
            .collect();
        let form = dot(&v, &products);
        let square = |(&r, p): (&f64, &f64)| ((r - sum) * (r - sum) + r * p - 0.5 * form).max(0.0);
        norms.iter().zip(&products).map(square).collect()
    }

    fn chords(&self) -> &Matrix {
        self.0.chords.get_or_init(|| match &self.0.source {
            Source::Rows(rows) => rows.squared_chords(),
            Source::Scaled(of) => of.chords().clone(),
            Source::Mixed(..) => self.mix().1,
        })
    }

    /// Norms and squared chords of a mixture, by the quadratic form above.
    fn mix(&self) -> (Vec<f64>, Matrix) {
        let Source::Mixed(of, weights) = &self.0.source else {
            return (Vec::new(), Matrix::zeros(0, 0));
        };
        let m = weights.rows();
        let mut v = weights.clone();
        for i in 0..m {
            for (value, norm) in v.row_mut(i).iter_mut().zip(of.norms()) {
                *value *= norm;
            }
        }
        let forms = v.product(of.chords());
        let sums: Vec<f64> = (0..m).map(|i| v.row(i).iter().sum()).collect();
        let product = |i: usize, j: usize| sums[i] * sums[j] - 0.5 * dot(forms.row(i), v.row(j));
        let norms: Vec<f64> = (0..m).map(|i| product(i, i).max(0.0).sqrt()).collect();
        let mut chords = Matrix::zeros(m, m);
        for i in 0..m {
            for j in i + 1..m {
                let scale = norms[i] * norms[j];
                let mut chord = 0.0;
                if scale > 0.0 {
                    chord = 2.0 - 2.0 * (product(i, j) / scale);
                    if gram::is_close(norms[i], norms[j], chord) {
                        let pairs = weights.row(i).iter().zip(weights.row(j));
                        let delta: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
                        chord = gram::chord(norms[i], norms[j], of.squared_norm_of(&delta));
                    }
                }
                chords.row_mut(i)[j] = chord;
                chords.row_mut(j)[i] = chord;
            }
        }
        (norms, chords)
    }
}

/// The indices of the `kept` smallest distances, `own` first and ties by index.
pub(crate) fn closest(mut distances: Vec<f64>, own: usize, kept: usize) -> Vec<usize> {
    distances[own] = -1.0;
    let mut order: Vec<usize> = (0..distances.len()).collect();
    order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
    order.truncate(kept);
    order
}
