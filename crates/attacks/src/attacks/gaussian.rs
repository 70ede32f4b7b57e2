use rand_distr::{Distribution, StandardNormal};

use super::*;

/// Gaussian noise, `gaussian`: every Byzantine worker sends the same draw of `N(0, σ²)`, each
/// coordinate independently.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `sigma` | 1 | σ, the standard deviation of a coordinate | finite, ≥ 0 |
///
/// O(f·d). ByzFL's `Gaussian`.
///
/// ```
/// use attacks::{Attack, Gaussian, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::Mean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0], 2, 1)?,
///     flipped: None,
///     pipeline: &Pipeline::from(Mean),
///     round: Round { f: 2, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 2];
/// Gaussian::new(10.0)?.forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert!(forged[0] != 0.0 && forged[0] == forged[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gaussian {
    sigma: f64,
}

const SIGMA: Parameter = Parameter {
    key: "sigma",
    default: Some("1"),
    range: "a finite number ≥ 0",
    purpose: "σ, the standard deviation of a coordinate",
    examples: &["200"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "gaussian",
    label: "Gaussian",
    title: "Gaussian noise",
    byzfl: Some("Gaussian"),
    formula: "one draw of N(0, σ²) in every coordinate, σ a parameter",
    source: "ByzFL",
    parameters: &[SIGMA],
    usual: &[],
};

impl Gaussian {
    /// With this standard deviation σ of a coordinate.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless σ is finite and ≥ 0.
    pub fn new(sigma: f64) -> Result<Self, ParameterError> {
        let sigma = SIGMA.accept(sigma, sigma.is_finite() && sigma >= 0.0)?;
        Ok(Self { sigma })
    }

    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        let sigma = reader(&DESCRIPTION, given)?.number(&SIGMA)?;
        sigma.map_or(Ok(Self::default()), Self::new)
    }
}

/// σ = 1.
impl Default for Gaussian {
    fn default() -> Self {
        Self { sigma: 1.0 }
    }
}

impl<T: Scalar> Attack<T> for Gaussian {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new().with(&SIGMA, self.sigma)
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        let d = view.honest.d();
        for out in &mut out[..d] {
            let draw: f64 = StandardNormal.sample(rng);
            *out = T::from_f64(self.sigma * draw);
        }
        first_to_each_row(out, d);
        Ok(Forged::default())
    }
}
