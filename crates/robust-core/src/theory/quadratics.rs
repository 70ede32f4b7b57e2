use super::{Dissimilarity, HonestMajority, non_negative, within};
use crate::Error;

/// Honest losses `L_i(θ) = ½ Σ_j a_ij (θ_j − c_ij)²`, whose dissimilarity, smoothness and gap are
/// known exactly: losses to test the theory on.
///
/// ```
/// use robust_core::theory::Quadratics;
/// // Two honest workers in one dimension: ½θ² and ½(θ−2)². Their gradients are always 2 apart.
/// let losses = Quadratics::new(1, vec![1.0, 1.0], vec![0.0, 2.0])?;
/// assert_eq!(losses.gradients(&[3.0]), [3.0, 1.0]);
/// assert_eq!(losses.squared_gradient(&[3.0]), 4.0);
/// assert_eq!(losses.dissimilarity(0.0)?.expect("equal curvatures").g(), 1.0);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Quadratics {
    d: usize,
    /// a, `[|H|, d]`.
    curvatures: Vec<f64>,
    /// c, `[|H|, d]`.
    centres: Vec<f64>,
}

impl Quadratics {
    /// From curvatures a and centres c, both `[|H|, d]` in row-major order.
    ///
    /// # Errors
    /// [`Error::Shape`] and [`Error::Length`] unless they are |H| × d with |H|, d ≥ 1;
    /// [`Error::Domain`] unless all are finite, a ≥ 0, and every dimension is curved for someone.
    pub fn new(d: usize, curvatures: Vec<f64>, centres: Vec<f64>) -> Result<Self, Error> {
        let len = curvatures.len();
        if d == 0 || len == 0 || !len.is_multiple_of(d) {
            let n = len.checked_div(d).unwrap_or(0);
            return Err(Error::Shape { n, d, len });
        }
        if centres.len() != len {
            return Err(Error::Length {
                what: "the centres",
                expected: len,
                got: centres.len(),
            });
        }
        for &curvature in &curvatures {
            non_negative("a curvature", curvature)?;
        }
        for &centre in &centres {
            within("a centre", centre, centre.is_finite(), "(−∞, ∞)")?;
        }
        let losses = Self {
            d,
            curvatures,
            centres,
        };
        for j in 0..d {
            let mean = losses.mean(j, |a, _| a);
            within("a dimension's mean curvature", mean, mean > 0.0, "(0, ∞)")?;
        }
        Ok(losses)
    }

    /// The losses that prove the lower bound, scaled to G = 1: in one dimension, f honest workers
    /// with ½(θ−s)² and n − 2f with ½r·θ². If the f Byzantine ones follow ½(θ+s)², nobody can tell
    /// the honest losses from their mirror image, so that no algorithm is better in both cases than
    /// θ = 0, where `‖∇L_H‖² = (fs/(n−f))²`.
    ///
    /// The flatter the majority, the larger s. The r that makes `‖∇L_H(0)‖²` largest for this B is
    /// `1/r = 1 + B²(n−f)/(n−2f−B²f)`; there it is `f/(n−2f−B²f)`, four times
    /// [ε₀](Dissimilarity::lower_bound). From the breakdown point on it grows without bound as
    /// r → 0, and r is `flattest`, which also bounds r from below before.
    ///
    /// The construction is that of the NeurIPS 2023 paper (see [`Dissimilarity`]) as far as we know
    /// it; the choice of r and the factor four are ours, and tested.
    ///
    /// # Errors
    /// [`Error::Domain`] unless f ≥ 1, B is finite and ≥ 0, and 0 < `flattest` ≤ 1.
    pub fn mirrored(cohort: HonestMajority, b: f64, flattest: f64) -> Result<Self, Error> {
        let (n, f) = (cohort.n() as f64, cohort.f() as f64);
        within("f", f, f >= 1.0, "[1, n/2)")?;
        let squared = non_negative("B", b)?.powi(2);
        let inside = flattest > 0.0 && flattest <= 1.0;
        within("the flattest curvature", flattest, inside, "(0, 1]")?;
        let room = n - 2.0 * f - squared * f;
        let flat = if room > 0.0 {
            (1.0 / (1.0 + squared * (n - f) / room)).max(flattest)
        } else {
            flattest
        };
        let minority = cohort.f();
        let honest = cohort.n() - cohort.f();
        let of = |first: f64, other: f64| {
            let mut values = vec![other; honest];
            values[..minority].fill(first);
            values
        };
        let unscaled = Self::new(1, of(1.0, flat), of(1.0, 0.0))?;
        let g = unscaled.dissimilarity(b)?.map_or(0.0, Dissimilarity::g);
        within("G", g, g > 0.0, "(0, ∞)")?;
        Self::new(1, of(1.0, flat), of(1.0 / g, 0.0))
    }

    /// |H|.
    #[must_use]
    pub fn honest(&self) -> usize {
        self.curvatures.len() / self.d
    }

    /// d.
    #[must_use]
    pub fn d(&self) -> usize {
        self.d
    }

    /// c, `[|H|, d]`: the workers' own minima, where they have curvature.
    #[must_use]
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// The same losses with all lengths multiplied by `factor`: G is, B isn't.
    ///
    /// # Errors
    /// [`Error::Domain`] if a centre leaves the finite range.
    pub fn scaled(&self, factor: f64) -> Result<Self, Error> {
        let centres = self.centres.iter().map(|centre| centre * factor);
        Self::new(self.d, self.curvatures.clone(), centres.collect())
    }

    /// ∇L_i(θ) of every worker, `[|H|, d]`.
    ///
    /// # Panics
    /// If θ isn't of length d.
    #[must_use]
    pub fn gradients(&self, theta: &[f64]) -> Vec<f64> {
        assert_eq!(theta.len(), self.d, "θ has one entry per dimension");
        let theta = theta.iter().cycle();
        let losses = self.curvatures.iter().zip(&self.centres);
        losses.zip(theta).map(|((a, c), t)| a * (t - c)).collect()
    }

    /// ‖∇L_H(θ)‖².
    ///
    /// # Panics
    /// If θ isn't of length d.
    #[must_use]
    pub fn squared_gradient(&self, theta: &[f64]) -> f64 {
        let along = |(j, &t): (usize, &f64)| self.mean(j, |a, c| a * (t - c)).powi(2);
        theta.iter().enumerate().map(along).sum()
    }

    /// L_H(θ) − min L_H.
    ///
    /// # Panics
    /// If θ isn't of length d.
    #[must_use]
    pub fn gap(&self, theta: &[f64]) -> f64 {
        let along = |(j, &t): (usize, &f64)| {
            self.mean(j, |a, c| a * (t - c)).powi(2) / (2.0 * self.mean(j, |a, _| a))
        };
        theta.iter().enumerate().map(along).sum()
    }

    /// L, the largest curvature: every L_i is L-smooth.
    #[must_use]
    pub fn smoothness(&self) -> f64 {
        self.curvatures.iter().fold(0.0, |a, &b| a.max(b))
    }

    /// The minimiser of L_H.
    #[must_use]
    pub fn minimiser(&self) -> Vec<f64> {
        let along = |j| self.mean(j, |a, c| a * c) / self.mean(j, |a, _| a);
        (0..self.d).map(along).collect()
    }

    /// The least G for this B, exactly: the supremum over all θ of
    /// `1/|H| Σ ‖∇L_i − ∇L_H‖² − B²‖∇L_H‖²`. `None` if it is infinite: B is too small.
    ///
    /// With u the mean gradient along a dimension, each worker's deviation there is `e_i·u + h_i`,
    /// so that the supremum is `mean h² + (mean eh)²/(B² − mean e²)`, summed over the dimensions.
    ///
    /// # Errors
    /// [`Error::Domain`] unless B is finite and ≥ 0.
    pub fn dissimilarity(&self, b: f64) -> Result<Option<Dissimilarity>, Error> {
        let squared = non_negative("B", b)?.powi(2);
        let mut total = 0.0;
        for j in 0..self.d {
            let (slope, offset) = (self.mean(j, |a, _| a), self.mean(j, |a, c| a * c));
            let e = |a: f64| (a - slope) / slope;
            let h = |a: f64, c: f64| e(a) * offset - (a * c - offset);
            let room = squared - self.mean(j, |a, _| e(a).powi(2));
            let cross = self.mean(j, |a, c| e(a) * h(a, c)).powi(2);
            if room < 0.0 || (room <= 0.0 && cross > 0.0) {
                return Ok(None);
            }
            total += self.mean(j, |a, c| h(a, c).powi(2));
            if cross > 0.0 {
                total += cross / room;
            }
        }
        Dissimilarity::new(total.sqrt(), b).map(Some)
    }

    /// The mean over the workers of a function of their curvature and centre along a dimension.
    fn mean(&self, j: usize, of: impl Fn(f64, f64) -> f64) -> f64 {
        let rows = self.curvatures.iter().zip(&self.centres);
        let along = rows.skip(j).step_by(self.d);
        along.map(|(&a, &c)| of(a, c)).sum::<f64>() / self.honest() as f64
    }
}
