use std::fmt;

use super::*;

/// Krum, `krum`: the vector with the smallest sum of squared distances to its nearest n − f − 1
/// other vectors; of equal ones the first.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `krum.neighbours` | `n-f-1` | how many neighbours count | `n-f-1`, or `n-f-2` as first published |
///
/// Needs 2f < n, and f ≤ n − 3 for `n-f-2`. (f,κ)-robust with `κ = 6(1 + f/(n−2f))` for
/// n − f − 1 neighbours. O(n²d).
///
/// Blanchard et al., *Machine Learning with Adversaries*, NeurIPS 2017; κ and n − f − 1: Allouah et
/// al., *Fixing by Mixing*, AISTATS 2023. ByzFL: `Krum`.
///
/// ```
/// use robust_core::aggregators::Krum;
/// use robust_core::{Gradients, Pipeline, Round};
/// let krum = Pipeline::from(Krum::default());
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 2.5, 100.0], 4, 1)?;
/// krum.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert_eq!(out, [2.0]);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Krum(Neighbours);

const NEIGHBOURS: Parameter = Neighbours::parameter("krum.neighbours");

pub(super) static DESCRIPTION: Description = Description {
    name: "krum",
    label: "Krum",
    title: "Krum",
    byzfl: Some("Krum"),
    formula: "the vector with the smallest sum of squared distances to its nearest n − f − 1 others",
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

impl Krum {
    /// With this many neighbours.
    #[must_use]
    pub fn new(neighbours: Neighbours) -> Self {
        Self(neighbours)
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        Neighbours::read(reader, &NEIGHBOURS).map(Self)
    }
}

impl Aggregator for Krum {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new().with(&NEIGHBOURS, self.0)
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        self.0.check("krum", n, f)
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let order = self.0.by_score(geometry, round.f);
        let mut weights = vec![0.0; geometry.n()];
        weights[order[0]] = 1.0;
        Combination::Weights(weights)
    }

    fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        let least = cohort.lower_bound();
        (self.0 == Neighbours::HonestMinusOne).then_some(6.0 * (1.0 + least))
    }
}

/// How many neighbours a score of [`Krum`] or [`MultiKrum`](super::MultiKrum) counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Neighbours {
    /// n − f − 1: with the vector itself, as many as there are honest ones.
    #[default]
    HonestMinusOne,
    /// n − f − 2, as in the publication of 2017.
    HonestMinusTwo,
}

impl fmt::Display for Neighbours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::HonestMinusOne => "n-f-1",
            Self::HonestMinusTwo => "n-f-2",
        })
    }
}

impl Neighbours {
    /// The parameter of the rules that count neighbours.
    pub(super) const fn parameter(key: &'static str) -> Parameter {
        Parameter {
            key,
            default: Some("n-f-1"),
            range: "`n-f-1` or `n-f-2`",
            purpose: "how many neighbours count; n-f-2 is as first published",
            examples: &["n-f-2"],
        }
    }

    pub(super) fn read(reader: &Reader<'_>, parameter: &Parameter) -> Result<Self, ParameterError> {
        match reader.text(parameter) {
            None => Ok(Self::default()),
            Some("n-f-2") => Ok(Self::HonestMinusTwo),
            Some(text) => Err(parameter.invalid(text)),
        }
    }

    pub(super) fn check(self, rule: &'static str, n: usize, f: usize) -> Result<(), Error> {
        honest_majority(rule, n, f)?;
        if self == Self::HonestMinusTwo && n - f < 3 {
            return Err(Error::TooManyByzantine {
                rule,
                bound: "n − f − 2 ≥ 1",
                n,
                f,
            });
        }
        Ok(())
    }

    /// The vectors from the lowest score to the highest; equal ones by index.
    pub(super) fn by_score(self, geometry: &Geometry<'_>, f: usize) -> Vec<usize> {
        let n = geometry.n();
        let count = match self {
            Self::HonestMinusOne => n - f - 1,
            Self::HonestMinusTwo => n - f - 2,
        };
        let distances = geometry.squared_distances();
        let scores: Vec<f64> = (0..n)
            .map(|i| {
                let others = (0..n).filter(|&j| j != i).map(|j| distances.row(i)[j]);
                let mut others: Vec<f64> = others.collect();
                others.sort_unstable_by(f64::total_cmp);
                others[..count].iter().sum()
            })
            .collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        order
    }
}
