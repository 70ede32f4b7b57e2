use super::{HonestMajority, non_negative, positive};
use crate::Error;

/// **(G,B)-gradient dissimilarity** of the honest losses L_i with mean L_H: for all θ,
///
/// `1/|H| Σ_{i∈H} ‖∇L_i(θ) − ∇L_H(θ)‖² ≤ G² + B² ‖∇L_H(θ)‖²`.
///
/// G has the unit of a gradient, B has none. Errors below are values of ‖∇L_H‖².
///
/// Source: Allouah, Guerraoui, Gupta, Pinot, Rizk, *Robust Distributed Learning: Tight Error Bounds
/// and Breakdown Point under Data Heterogeneity*, NeurIPS 2023; as used in arXiv:2405.14432.
///
/// ```
/// use robust_core::theory::{Dissimilarity, HonestMajority};
/// let honest = Dissimilarity::new(2.0, 1.0)?;
/// assert_eq!(honest.breakdown_point(), 1.0 / 3.0);
/// // ¼ · 0.1 / (1 − 3 · 0.1) · 2²
/// let least = honest.lower_bound(HonestMajority::new(10, 1)?).expect("0.1 < 1/3");
/// assert!((least - 1.0 / 7.0).abs() < 1e-15);
/// assert_eq!(honest.lower_bound(HonestMajority::new(10, 4)?), None);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dissimilarity {
    g: f64,
    b: f64,
}

/// A run of gradient descent with step 1/L.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// L, the smoothness of L_H.
    pub smoothness: f64,
    /// Δ₀ = L_H(θ_1) − inf L_H.
    pub gap: f64,
    /// T, the number of steps.
    pub steps: usize,
}

impl Dissimilarity {
    /// From G and B.
    ///
    /// # Errors
    /// [`Error::Domain`] unless both are finite and ≥ 0.
    pub fn new(g: f64, b: f64) -> Result<Self, Error> {
        Ok(Self {
            g: non_negative("G", g)?,
            b: non_negative("B", b)?,
        })
    }

    /// G.
    #[must_use]
    pub fn g(self) -> f64 {
        self.g
    }

    /// B.
    #[must_use]
    pub fn b(self) -> f64 {
        self.b
    }

    /// `BP = 1/(2+B²)`: for f/n ≥ BP no algorithm has a bounded error. In (0, 1/2].
    #[must_use]
    pub fn breakdown_point(self) -> f64 {
        1.0 / (2.0 + self.b.powi(2))
    }

    /// ξ with `f/n = (1−ξ)·BP`: the relative distance to the breakdown point, at most 1, and ≤ 0
    /// from it on.
    #[must_use]
    pub fn distance_to_breakdown(self, cohort: HonestMajority) -> f64 {
        1.0 - cohort.fraction() / self.breakdown_point()
    }

    /// `ε₀ = ¼ · (f/n)/(1−(2+B²)f/n) · G²`: for no algorithm is the error smaller for all losses
    /// with this dissimilarity and an arbitrary initialisation. `None` from the breakdown point on.
    #[must_use]
    pub fn lower_bound(self, cohort: HonestMajority) -> Option<f64> {
        let room = self.distance_to_breakdown(cohort);
        (room > 0.0).then(|| 0.25 * cohort.fraction() / room * self.g.powi(2))
    }

    /// `κG²/(1−κB²)`: what the error of Robust-DGD with an (f,κ)-robust rule tends to, at most.
    /// `None` unless κB² < 1.
    ///
    /// For the least κ that there can be, f/(n−2f), it is four times
    /// [`lower_bound`](Self::lower_bound).
    ///
    /// # Errors
    /// [`Error::Domain`] unless κ is finite and ≥ 0.
    pub fn robust_dgd_floor(self, kappa: f64) -> Result<Option<f64>, Error> {
        non_negative("kappa", kappa)?;
        let room = 1.0 - kappa * self.b.powi(2);
        Ok((room > 0.0).then(|| kappa * self.g.powi(2) / room))
    }

    /// `1/T Σ_t ‖∇L_H(θ_t)‖² ≤ κG²/(1−κB²) + 2LΔ₀/((1−κB²)T)` for Robust-DGD with an (f,κ)-robust
    /// rule and step 1/L. `None` unless κB² < 1.
    ///
    /// # Errors
    /// [`Error::Domain`] unless κ and Δ₀ are finite and ≥ 0, and L > 0 and T ≥ 1.
    pub fn robust_dgd_bound(self, kappa: f64, run: Descent) -> Result<Option<f64>, Error> {
        let smoothness = positive("L", run.smoothness)?;
        let gap = non_negative("Δ₀", run.gap)?;
        let steps = positive("T", run.steps as f64)?;
        let floor = self.robust_dgd_floor(kappa)?;
        let room = 1.0 - kappa * self.b.powi(2);
        Ok(floor.map(|floor| floor + 2.0 * smoothness * gap / (room * steps)))
    }
}
