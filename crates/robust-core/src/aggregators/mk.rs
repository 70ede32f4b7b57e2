use super::*;

/// Multi-Krum, `mk`: the mean of the n − f vectors of lowest [`Krum`](super::Krum) score; equal
/// ones in the order of their index.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `mk.neighbours` | `n-f-1` | how many neighbours count | `n-f-1`, or `n-f-2` as first published |
///
/// Needs 2f < n, and f ≤ n − 3 for `n-f-2`. O(n²d).
///
/// Blanchard et al., NeurIPS 2017. ByzFL: `MultiKrum`.
///
/// ```
/// use robust_core::aggregators::MultiKrum;
/// use robust_core::{Gradients, Pipeline, Round};
/// let mk = Pipeline::from(MultiKrum::default());
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, 100.0], 4, 1)?;
/// mk.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MultiKrum(Neighbours);

const NEIGHBOURS: Parameter = Neighbours::parameter("mk.neighbours");

pub(super) static DESCRIPTION: Description = Description {
    name: "mk",
    label: "MK",
    title: "Multi-Krum",
    byzfl: Some("MultiKrum"),
    formula: "the mean of the n − f vectors of lowest Krum score",
    source: "Blanchard et al., Machine Learning with Adversaries, NeurIPS 2017",
    parameters: &[NEIGHBOURS],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: true,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl MultiKrum {
    /// With this many neighbours.
    #[must_use]
    pub fn new(neighbours: Neighbours) -> Self {
        Self(neighbours)
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        Neighbours::read(reader, &NEIGHBOURS).map(Self)
    }
}

impl Aggregator for MultiKrum {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new().with(&NEIGHBOURS, self.0)
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        self.0.check("mk", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let order = self.0.by_score(geometry, round.f);
        Combination::mean_of(&order[..geometry.n() - round.f], geometry.n())
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}
