use super::*;

/// Centered clipping, `cc`: from v = 0, L times `v ← v + 1/n Σ (x_i − v) · min(1, τ/‖x_i − v‖)`.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `cc.tau` | 100 | τ, the longest step a vector contributes | finite, ≥ 0 |
/// | `cc.iterations` | 1 | L | 0 to 10⁶ |
///
/// Needs 2f < n; f isn't used otherwise. Every call starts at 0: it has no memory, unlike ByzFL's
/// instance, which starts at its last result. A start m is a translation: `m + cc(x − m)`. O(n²d),
/// whatever L.
///
/// Karimireddy et al., *Learning from History for Byzantine Robust Optimization*, ICML 2021. ByzFL:
/// `CenteredClipping`.
///
/// ```
/// use robust_core::aggregators::CenteredClipping;
/// use robust_core::{Gradients, Pipeline, Round};
/// let cc = Pipeline::from(CenteredClipping::new(3.0, 1)?);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 1e6], 3, 1)?;
/// cc.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-9); // (1 + 2 + 3)/3
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CenteredClipping {
    tau: f64,
    iterations: usize,
}

const TAU: Parameter = Parameter {
    key: "cc.tau",
    default: Some("100"),
    range: "a finite number ≥ 0",
    purpose: "τ, the longest step a vector contributes",
    examples: &["1.5", "0"],
};
const ITERATIONS: Parameter = Parameter {
    key: "cc.iterations",
    default: Some("1"),
    range: "an integer in [0, 1000000]",
    purpose: "L, the number of steps",
    examples: &["3", "0"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "cc",
    label: "CC",
    title: "centered clipping",
    byzfl: Some("CenteredClipping"),
    formula: "from v = 0: v ← v + 1/n Σ (x_i − v) · min(1, τ/‖x_i − v‖)",
    source: "Karimireddy et al., Learning from History for Byzantine Robust Optimization, ICML 2021",
    parameters: &[TAU, ITERATIONS],
    properties: Properties {
        hull: Hull::RowsAndOrigin,
        permutation: true,
        translation: false,
        chooses: false,
        binomial: false,
        lengths: &[TAU.key],
    },
};

impl CenteredClipping {
    /// With the longest step τ and the number of iterations L.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless τ is finite and ≥ 0, and L at most 10⁶.
    pub fn new(tau: f64, iterations: usize) -> Result<Self, ParameterError> {
        let tau = TAU.accept(tau, tau.is_finite() && tau >= 0.0)?;
        // More are a mistake, and would not end.
        let iterations = ITERATIONS.accept(iterations, iterations <= 1_000_000)?;
        Ok(Self { tau, iterations })
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        let default = Self::default();
        let tau = reader.number(&TAU)?.unwrap_or(default.tau);
        let iterations = reader.number(&ITERATIONS)?;
        Self::new(tau, iterations.unwrap_or(default.iterations))
    }
}

impl Default for CenteredClipping {
    fn default() -> Self {
        Self {
            tau: 100.0,
            iterations: 1,
        }
    }
}

impl Aggregator for CenteredClipping {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
            .with(&TAU, self.tau)
            .with(&ITERATIONS, self.iterations)
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        honest_majority("cc", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, _round: Round) -> Combination {
        let n = geometry.n();
        let tau = self.tau / geometry.unit();
        let mut alpha = vec![0.0; n];
        for step in 0..self.iterations {
            let distances: Vec<f64> = if step == 0 {
                geometry.norms().to_vec() // no pass for pairwise distances if L = 1
            } else {
                geometry
                    .squared_distances_to(&alpha)
                    .into_iter()
                    .map(f64::sqrt)
                    .collect()
            };
            let clip = |&d: &f64| if d > tau { tau / d } else { 1.0 };
            let factors: Vec<f64> = distances.iter().map(clip).collect();
            let kept = 1.0 - factors.iter().sum::<f64>() / n as f64;
            for (alpha, factor) in alpha.iter_mut().zip(&factors) {
                *alpha = *alpha * kept + factor / n as f64;
            }
        }
        Combination::Weights(alpha)
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}
