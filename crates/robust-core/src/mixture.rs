//! Vectors that are known as combinations of others: what stages see, and the door for attacks.

use crate::geometry::Geometry;
use crate::matrix::Matrix;
use crate::{Error, Gradients, Scalar};

/// n vectors given as `weights · basis rows`, without the vectors themselves.
///
/// An optimised attack evaluates a pipeline on honest vectors plus f copies of `μ + τ·direction`
/// for many τ. Take the honest vectors and the direction as the basis once, [`remix`](Self::remix)
/// per τ, and [`Pipeline::deviation`](crate::Pipeline::deviation) gives ‖F − μ‖: the pass for the
/// distances is made once, whatever the number of τ.
///
/// ```
/// use robust_core::{Gradients, Matrix, Mixture, Parameters, Pipeline, Round};
/// // Three honest vectors and a direction; f = 1 Byzantine vector μ + 2·direction.
/// let values = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, /* direction */ 0.5, 0.0];
/// let basis = Gradients::new(&values, 4, 2)?;
/// let basis = Mixture::new(&basis);
/// let third = 1.0 / 3.0;
/// let weights = vec![
///     1.0, 0.0, 0.0, 0.0, //
///     0.0, 1.0, 0.0, 0.0, //
///     0.0, 0.0, 1.0, 0.0, //
///     third, third, third, 2.0,
/// ];
/// let attacked = basis.remix(&Matrix::from_values(4, 4, weights)?)?;
/// let mean = [third, third, third, 0.0];
/// let pipeline = Pipeline::parse("mean", &Parameters::new())?;
/// let deviation = pipeline.deviation(&attacked, Round { f: 1, seed: 0 }, &mean)?;
/// assert!((deviation - 0.25).abs() < 1e-12); // a quarter of 2·‖direction‖
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mixture<'a, T> {
    basis: &'a Gradients<'a, T>,
    basis_geometry: Geometry<'a>,
    /// `None`: the basis rows themselves.
    weights: Option<Matrix>,
    geometry: Geometry<'a>,
}

impl<'a, T: Scalar> Mixture<'a, T> {
    /// The rows themselves.
    #[must_use]
    pub fn new(rows: &'a Gradients<'a, T>) -> Self {
        let geometry = Geometry::new(rows);
        Self {
            basis: rows,
            basis_geometry: geometry.clone(),
            weights: None,
            geometry,
        }
    }

    /// `weights` (m × n) times these n vectors. What was computed of their geometry is shared.
    ///
    /// # Errors
    /// [`Error::Length`] unless `weights` has n columns and at least one row, [`Error::Weight`] if
    /// one isn't finite.
    pub fn remix(&self, weights: &Matrix) -> Result<Self, Error> {
        if weights.cols() != self.n() {
            let (expected, got) = (self.n(), weights.cols());
            return Err(Error::Length {
                what: "a row of mixing weights",
                expected,
                got,
            });
        }
        if weights.rows() == 0 {
            return Err(Error::Length {
                what: "the mixture",
                expected: 1,
                got: 0,
            });
        }
        for row in 0..weights.rows() {
            if let Some(value) = weights.row(row).iter().find(|w| !w.is_finite()) {
                return Err(Error::Weight {
                    row,
                    value: value.to_string(),
                });
            }
        }
        Ok(self.mixed(weights.clone()))
    }

    pub(crate) fn mixed(&self, weights: Matrix) -> Self {
        let composed = match &self.weights {
            Some(before) => weights.product(before),
            None => weights.clone(),
        };
        Self {
            weights: Some(composed),
            geometry: self.geometry.mixed(weights),
            ..self.clone()
        }
    }

    pub(crate) fn scaled(&self, factors: &[f64]) -> Self {
        let composed = match &self.weights {
            Some(before) => {
                let mut composed = before.clone();
                for (i, factor) in factors.iter().enumerate() {
                    composed.row_mut(i).iter_mut().for_each(|w| *w *= factor);
                }
                composed
            }
            None => Matrix::diagonal(factors),
        };
        Self {
            weights: Some(composed),
            geometry: self.geometry.scaled(factors),
            ..self.clone()
        }
    }

    /// Number of vectors.
    #[must_use]
    pub fn n(&self) -> usize {
        self.geometry.n()
    }

    /// The rows that the vectors are mixed from.
    #[must_use]
    pub fn basis(&self) -> &'a Gradients<'a, T> {
        self.basis
    }

    /// Norms and distances of the vectors.
    #[must_use]
    pub fn geometry(&self) -> &Geometry<'a> {
        &self.geometry
    }

    /// Norms and distances of the rows that the vectors are mixed from.
    #[must_use]
    pub fn basis_geometry(&self) -> &Geometry<'a> {
        &self.basis_geometry
    }

    pub(crate) fn weights(&self) -> Option<&Matrix> {
        self.weights.as_ref()
    }

    /// The weights over the basis of Σ w_i (vector i).
    pub(crate) fn over_basis(&self, combination: Vec<f64>) -> Vec<f64> {
        let Some(weights) = &self.weights else {
            return combination;
        };
        let mut out = vec![0.0; weights.cols()];
        for (i, &w) in combination.iter().enumerate() {
            if w != 0.0 {
                crate::matrix::add_scaled(&mut out, w, weights.row(i));
            }
        }
        out
    }
}
