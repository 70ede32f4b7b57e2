use super::{Dissimilarity, non_negative, positive, within};
use crate::Error;

/// Where Robust-DGD starts, for **Theorem 5.2** of arXiv:2405.14432: close to the breakdown point
/// and well initialised, ARC brings the error below the lower bound ε₀ for arbitrary
/// initialisation.
///
/// Write `f/n = (1−ξ)·BP` with `0 < ξ ≤ ξ₀ < 1`. If `‖∇L_i(θ_1)‖ ≤ ζ` for every honest i and
/// `ξ ≤ min(υ/Φ, ξ₀)`, Robust-DGD with ARC reaches `E‖∇L_H(θ̂)‖² ≤ υ·ε₀`, where
/// `ρ = ζ·exp(L(2+B²)Δ₀/((1−ξ₀)G²))` and `Φ = 640(1+1/B²)²(1+B²ρ²/G²)`. Needs G, B > 0.
///
/// ```
/// use robust_core::theory::{Dissimilarity, Initialisation};
/// let honest = Dissimilarity::new(1.0, 1.0)?;
/// let start = Initialisation::new(0.1, 1.0, 0.0, 0.5)?; // ζ, L, Δ₀, ξ₀
/// assert_eq!(start.rho(honest)?, 0.1);
/// // Φ = 640 · 2² · 1.01, so the theorem says something for ξ < 1/2586.
/// assert!((start.phi(honest)? - 2585.6).abs() < 1e-9);
/// assert!(start.upsilon(honest, 1e-4)?.expect("ξ ≤ ξ₀") < 0.26);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Initialisation {
    zeta: f64,
    smoothness: f64,
    gap: f64,
    xi0: f64,
}

impl Initialisation {
    /// From ζ, a bound on every honest gradient at θ_1; L, the smoothness of every L_i;
    /// Δ₀ = L_H(θ_1) − inf L_H; and ξ₀.
    ///
    /// # Errors
    /// [`Error::Domain`] unless ζ and Δ₀ are finite and ≥ 0, L > 0, and 0 < ξ₀ < 1.
    pub fn new(zeta: f64, smoothness: f64, gap: f64, xi0: f64) -> Result<Self, Error> {
        Ok(Self {
            zeta: non_negative("ζ", zeta)?,
            smoothness: positive("L", smoothness)?,
            gap: non_negative("Δ₀", gap)?,
            xi0: within("ξ₀", xi0, xi0 > 0.0 && xi0 < 1.0, "(0, 1)")?,
        })
    }

    /// The exponent in ρ, `L(2+B²)Δ₀/((1−ξ₀)G²)`.
    ///
    /// With ARC no honest gradient grows by more than the factor `1 + γL` in a step of size γ, so
    /// that after T steps it is at most `ζ·exp(γLT)`: the exponent is the γLT that the theorem
    /// allows.
    ///
    /// # Errors
    /// [`Error::Domain`] unless G > 0.
    pub fn horizon(self, honest: Dissimilarity) -> Result<f64, Error> {
        let g = positive("G", honest.g())?;
        let curvature = self.smoothness * (2.0 + honest.b().powi(2));
        Ok(curvature * self.gap / ((1.0 - self.xi0) * g.powi(2)))
    }

    /// ρ, a bound on every honest gradient along the run; ∞ where it overflows.
    ///
    /// # Errors
    /// [`Error::Domain`] unless G > 0.
    pub fn rho(self, honest: Dissimilarity) -> Result<f64, Error> {
        let horizon = self.horizon(honest)?;
        Ok(if self.zeta > 0.0 {
            self.zeta * horizon.exp()
        } else {
            0.0
        })
    }

    /// Φ.
    ///
    /// # Errors
    /// [`Error::Domain`] unless G, B > 0.
    pub fn phi(self, honest: Dissimilarity) -> Result<f64, Error> {
        let squared = positive("B", honest.b())?.powi(2);
        let rho = self.rho(honest)? / honest.g();
        Ok(640.0 * (1.0 + 1.0 / squared).powi(2) * (1.0 + squared * rho.powi(2)))
    }

    /// The least υ that the theorem gives at this ξ: `ξ·Φ`. `None` if ξ > ξ₀. Below 1, ARC beats
    /// the lower bound.
    ///
    /// # Errors
    /// [`Error::Domain`] unless ξ > 0 and G, B > 0.
    pub fn upsilon(self, honest: Dissimilarity, xi: f64) -> Result<Option<f64>, Error> {
        let upsilon = positive("ξ", xi)? * self.phi(honest)?;
        Ok((xi <= self.xi0).then_some(upsilon))
    }
}
