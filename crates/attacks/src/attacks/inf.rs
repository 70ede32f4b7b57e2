use super::*;

/// Infinity, `inf`: every Byzantine worker sends +∞ in every coordinate.
///
/// O(f·d). ByzFL's `Inf`.
///
/// ```
/// use attacks::{Attack, Infinity, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::Mean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f32, 2.0], 2, 1)?,
///     flipped: None,
///     pipeline: &Pipeline::from(Mean),
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0];
/// Infinity.forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert_eq!(forged, [f32::INFINITY]);
/// # Ok::<(), attacks::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Infinity;

pub(super) static DESCRIPTION: Description = Description {
    name: "inf",
    label: "Inf",
    title: "infinity",
    byzfl: Some("Inf"),
    formula: "+∞ in every coordinate",
    source: "ByzFL",
    parameters: &[],
    usual: &[],
};

impl Infinity {
    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        reader(&DESCRIPTION, given).map(|_| Self)
    }
}

impl<T: Scalar> Attack<T> for Infinity {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        out.fill(T::INFINITY);
        Ok(Forged::default())
    }
}
