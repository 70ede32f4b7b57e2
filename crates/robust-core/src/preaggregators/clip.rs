use super::*;

/// Static clipping, `clip`: `min(1, c/‖x_i‖) · x_i` for a fixed c.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `clip.c` | required | the longest norm that leaves | finite, c ≥ 0 |
///
/// Any n and f. For no c and κ is F∘Clip_c (f,κ)-robust, whatever F (arXiv:2405.14432, Lemma 3.1).
/// O(nd). ByzFL: `Clipping`.
///
/// ```
/// use robust_core::preaggregators::StaticClipping;
/// use robust_core::{Gradients, Pipeline, Round};
/// use std::sync::Arc;
/// let clip = Pipeline::new(vec![Arc::new(StaticClipping::new(2.0)?)], None);
/// let rows = Gradients::new(&[1.0, -4.0], 2, 1)?;
/// assert_eq!(clip.transform(&rows, Round { f: 0, seed: 0 })?, [1.0, -2.0]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StaticClipping {
    c: f64,
}

const C: Parameter = Parameter {
    key: "clip.c",
    default: None,
    range: "a finite number ≥ 0",
    purpose: "the longest norm that leaves",
    examples: &["2", "0"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "clip",
    label: "Clip",
    title: "static clipping",
    byzfl: Some("Clipping"),
    formula: "min(1, c/‖x_i‖) · x_i for a fixed c",
    source: "as in Allouah et al., The Vital Role of Gradient Clipping in Byzantine-Resilient \
             Distributed Learning, arXiv:2405.14432, Section 3",
    parameters: &[C],
    properties: Properties {
        hull: Hull::RowsAndOrigin,
        permutation: true,
        translation: false,
        chooses: false,
        binomial: false,
        lengths: &[C.key],
    },
};

impl StaticClipping {
    /// With the longest norm c that leaves.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless c is finite and ≥ 0.
    pub fn new(c: f64) -> Result<Self, ParameterError> {
        let c = C.accept(c, c.is_finite() && c >= 0.0)?;
        Ok(Self { c })
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        Self::new(reader.number(&C)?.ok_or_else(|| C.missing())?)
    }
}

impl PreAggregator for StaticClipping {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new().with(&C, self.c)
    }

    fn check(&self, n: usize, _f: usize) -> Result<usize, Error> {
        Ok(n)
    }

    fn mix(&self, geometry: &Geometry<'_>, _round: Round) -> Mixing {
        clip_to(self.c / geometry.unit(), geometry.norms())
    }

    fn kappa_after(&self, _cohort: HonestMajority, _kappa: f64) -> Option<f64> {
        None
    }
}
