//! The line search of the optimised attacks, and what it sees of the server.

use robust_core::{
    Gradients, Matrix, Mixture, Parameter, ParameterError, Parameters, Reader, Scalar,
};

use crate::{Error, Forged, View};

/// The factor τ of an attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Factor {
    /// The same at every step.
    Fixed(f64),
    /// The one that does the most harm, searched for at every step.
    Optimal(Search),
}

/// [`Factor::Optimal`] as text.
const OPTIMAL: &str = "optimal";
const TAU: &str = "tau";

/// Papers mean an optimised τ.
pub(crate) const USUAL: &[(&str, &str)] = &[(TAU, OPTIMAL)];

impl Factor {
    /// τ as a parameter, for an attack with this default.
    pub(crate) const fn parameter(default: &'static str) -> Parameter {
        Parameter {
            key: TAU,
            default: Some(default),
            range: "a finite number or `optimal`",
            purpose: "τ; `optimal`: the one that does the most harm, searched for at every step",
            examples: &[OPTIMAL, "0.5", "-3"],
        }
    }

    /// `None` where τ is at its default.
    pub(crate) fn read(
        tau: &Parameter,
        given: &Parameters,
    ) -> Result<Option<Self>, ParameterError> {
        let known = [tau, &EVALUATIONS, &START, &DELTA, &RATIO];
        let reader = Reader::new("this attack", known, given)?;
        if reader.text(tau) == Some(OPTIMAL) {
            return Search::read(&reader).map(|search| Some(Self::Optimal(search)));
        }
        let reader = Reader::new("this attack with a fixed tau", [tau], given)?;
        Ok(reader.number(tau)?.map(Self::Fixed))
    }

    pub(crate) fn checked(self, tau: &Parameter) -> Result<Self, ParameterError> {
        match self {
            Self::Fixed(value) => tau.accept(value, value.is_finite()).map(Self::Fixed),
            Self::Optimal(_) => Ok(self),
        }
    }

    /// Those that aren't at their defaults.
    pub(crate) fn parameters(&self, tau: &Parameter) -> Parameters {
        match self {
            Self::Fixed(value) => Parameters::new().with(tau, value),
            Self::Optimal(search) => search.parameters().with(tau, OPTIMAL),
        }
    }
}

/// A line search that maximises `y(τ) = ‖F(honest ∪ f·attack(τ)) − μ‖`, F the whole pipeline.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `evaluations` | 20 | how often y is evaluated | 1 to 100 |
/// | `start` | 0 | the first τ | finite |
/// | `delta` | 10 | the first step | finite, not 0 |
/// | `ratio` | 0.8 | what a step that did not help is multiplied by | above 0.5, below 1 |
///
/// First the steps grow: as long as y(τ + δ) is larger, τ moves there and δ doubles. Then they
/// shrink: every trial of τ + δ multiplies δ by the ratio, and τ moves there if y is larger. It
/// never looks back: τ − δ is not tried.
///
/// Source: ByzFL's `Optimal_InnerProductManipulation` and `Optimal_ALittleIsEnough`, after Allouah
/// et al., *Fixing by Mixing*, AISTATS 2023.
///
/// **Cost.** The Byzantine vectors for all τ lie on one line, so each is a combination of a few
/// rows (a [`Mixture`]): the pass for the distances between those is made once. For a weight-based
/// aggregator an evaluation is algebra on n × n numbers; for a coordinate-wise one, one pass over
/// the n × d values.
///
/// ```
/// use attacks::{Factor, FallOfEmpires, Search};
/// let search = Search::default().with_evaluations(16)?.with_delta(-10.0)?;
/// let attack = FallOfEmpires::new(Factor::Optimal(search))?;
/// assert!(Search::default().with_ratio(0.5).is_err());
/// # Ok::<(), robust_core::ParameterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    evaluations: usize,
    start: f64,
    delta: f64,
    ratio: f64,
}

pub(crate) const EVALUATIONS: Parameter = Parameter {
    key: "evaluations",
    default: Some("20"),
    range: "an integer from 1 to 100",
    purpose: "with `tau=optimal`: how often the harm is evaluated",
    examples: &["16"],
};
pub(crate) const START: Parameter = Parameter {
    key: "start",
    default: Some("0"),
    range: "a finite number",
    purpose: "with `tau=optimal`: the first τ",
    examples: &["0.5"],
};
pub(crate) const DELTA: Parameter = Parameter {
    key: "delta",
    default: Some("10"),
    range: "a finite number other than 0",
    purpose: "with `tau=optimal`: the first step of τ",
    examples: &["-10"],
};
pub(crate) const RATIO: Parameter = Parameter {
    key: "ratio",
    default: Some("0.8"),
    range: "a number above 0.5 and below 1",
    purpose: "with `tau=optimal`: what a step that did not help is multiplied by",
    examples: &["0.9"],
};

impl Default for Search {
    fn default() -> Self {
        Self {
            evaluations: 20,
            start: 0.0,
            delta: 10.0,
            ratio: 0.8,
        }
    }
}

impl Search {
    /// The same with so many evaluations.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless there are 1 to 100.
    pub fn with_evaluations(self, evaluations: usize) -> Result<Self, ParameterError> {
        let evaluations = EVALUATIONS.accept(evaluations, (1..=100).contains(&evaluations))?;
        Ok(Self {
            evaluations,
            ..self
        })
    }

    /// The same from this first τ.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless it is finite.
    pub fn with_start(self, start: f64) -> Result<Self, ParameterError> {
        let start = START.accept(start, start.is_finite())?;
        Ok(Self { start, ..self })
    }

    /// The same with this first step.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless it is finite and not 0.
    pub fn with_delta(self, delta: f64) -> Result<Self, ParameterError> {
        let delta = DELTA.accept(delta, delta.is_finite() && delta.abs() > 0.0)?;
        Ok(Self { delta, ..self })
    }

    /// The same with this ratio, by which a step that did not help is multiplied.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] unless it is above 0.5 and below 1.
    pub fn with_ratio(self, ratio: f64) -> Result<Self, ParameterError> {
        let ratio = RATIO.accept(ratio, ratio > 0.5 && ratio < 1.0)?;
        Ok(Self { ratio, ..self })
    }

    fn read(reader: &Reader<'_>) -> Result<Self, ParameterError> {
        let default = Self::default();
        default
            .with_evaluations(reader.number(&EVALUATIONS)?.unwrap_or(default.evaluations))?
            .with_start(reader.number(&START)?.unwrap_or(default.start))?
            .with_delta(reader.number(&DELTA)?.unwrap_or(default.delta))?
            .with_ratio(reader.number(&RATIO)?.unwrap_or(default.ratio))
    }

    /// Those that aren't at their defaults.
    fn parameters(&self) -> Parameters {
        Parameters::new()
            .with(&EVALUATIONS, self.evaluations)
            .with(&START, self.start)
            .with(&DELTA, self.delta)
            .with(&RATIO, self.ratio)
    }

    /// Searches along the Byzantine vectors `(offset + τ·direction) · basis rows`; the first rows
    /// of the basis are the honest vectors.
    pub(crate) fn along<T: Scalar>(
        &self,
        view: &View<'_, T>,
        basis: &Gradients<'_, T>,
        offset: &[f64],
        direction: &[f64],
    ) -> Result<(f64, Forged), Error> {
        let (honest, f) = (view.honest.n(), view.round.f);
        view.pipeline.check(honest + f, f)?;
        let mean = mean_weights(honest, basis.n());
        let mut weights = Matrix::zeros(honest + f, basis.n());
        for row in 0..honest {
            weights.row_mut(row)[row] = 1.0;
        }
        let basis = Mixture::new(basis);
        let (tau, objective) = self.maximise(|tau| {
            for row in honest..honest + f {
                let line = offset.iter().zip(direction);
                for (weight, (offset, direction)) in weights.row_mut(row).iter_mut().zip(line) {
                    *weight = offset + tau * direction;
                }
            }
            let sent = basis.remix(&weights)?;
            view.pipeline.deviation(&sent, view.round, &mean)
        })?;
        let forged = Forged {
            tau: Some(tau),
            objective: Some(objective),
            evaluations: Some(self.evaluations),
        };
        Ok((tau, forged))
    }

    /// The best τ that the search meets, and y there.
    fn maximise<E>(&self, mut y: impl FnMut(f64) -> Result<f64, E>) -> Result<(f64, f64), E> {
        let (mut tau, mut step) = (self.start, self.delta);
        let mut best = y(tau)?;
        let mut growing = true;
        for _ in 1..self.evaluations {
            let trial = y(tau + step)?;
            let better = trial > best;
            if better {
                best = trial;
                tau += step;
            }
            growing &= better;
            step *= if growing { 2.0 } else { self.ratio };
        }
        Ok((tau, best))
    }
}

/// μ as weights over a basis whose first rows are the honest vectors.
pub(crate) fn mean_weights(honest: usize, basis: usize) -> Vec<f64> {
    let mut weights = vec![0.0; basis];
    weights[..honest].fill(1.0 / honest as f64);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visited(search: Search, y: impl Fn(f64) -> f64) -> (f64, f64, Vec<f64>) {
        let mut visited = Vec::new();
        let (tau, best) = search
            .maximise(|tau| {
                visited.push(tau);
                Ok::<_, Error>(y(tau))
            })
            .unwrap();
        (tau, best, visited)
    }

    #[test]
    fn steps_double_while_they_help_then_shrink() {
        let search = Search {
            evaluations: 7,
            start: 1.0,
            delta: 1.0,
            ratio: 0.75,
        };
        let (tau, best, visited) = visited(search, |tau| -(tau - 5.0).abs());
        assert_eq!(visited, [1.0, 2.0, 4.0, 8.0, 7.0, 6.25, 5.6875]);
        assert_eq!((tau, best), (5.6875, -0.6875));
    }

    #[test]
    fn a_plateau_is_not_an_improvement() {
        let (tau, _, visited) = visited(Search::default(), |_| 1.0);
        assert_eq!((tau, visited.len()), (0.0, 20));
        assert_eq!(visited[..3], [0.0, 10.0, 8.0]);
    }

    #[test]
    fn one_evaluation_is_the_start() {
        let search = Search {
            evaluations: 1,
            start: -2.0,
            ..Search::default()
        };
        assert_eq!(visited(search, |tau| tau), (-2.0, -2.0, vec![-2.0]));
    }
}
