use super::*;

/// Label flipping, `lf`: every Byzantine worker sends the mean over the honest workers of their
/// gradients of this step computed on the labels `9 − y`, without momentum.
///
/// O(f·d) beyond the gradients. Allen-Zhu et al., *Byzantine-Resilient Non-Convex Stochastic
/// Gradient Descent*, ICLR 2021; form as ByzFL's clients do it under `LabelFlipping`.
///
/// ```
/// use attacks::{Attack, LabelFlipping, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::Mean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 3.0, 4.0], 2, 2)?,
///     flipped: Some(&[-5.0, 6.0]),
///     pipeline: &Pipeline::from(Mean),
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 2];
/// LabelFlipping.forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert_eq!(forged, [-5.0, 6.0]);
/// # Ok::<(), attacks::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelFlipping;

pub(super) static DESCRIPTION: Description = Description {
    name: "lf",
    label: "LF",
    title: "label flipping",
    byzfl: Some("LabelFlipping"),
    formula: "the honest workers' mean gradient on the labels 9 − y",
    source: "Allen-Zhu et al., Byzantine-Resilient Non-Convex Stochastic Gradient Descent, ICLR 2021",
    parameters: &[],
    usual: &[],
};

impl LabelFlipping {
    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        reader(&DESCRIPTION, given).map(|_| Self)
    }
}

impl<T: Scalar> Attack<T> for LabelFlipping {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn needs_flipped(&self) -> bool {
        true
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        let flipped = view.flipped.ok_or(Error::NoFlipped {
            attack: DESCRIPTION.name,
        })?;
        out.chunks_exact_mut(view.honest.d())
            .for_each(|row| row.copy_from_slice(flipped));
        Ok(Forged::default())
    }
}
