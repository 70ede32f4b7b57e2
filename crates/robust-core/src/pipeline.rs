//! Rules in order of application, and their one pass over the data.

use crate::kernels::columns::{self, Mix};
use crate::kernels::combine;
use crate::matrix::Matrix;
use crate::mixture::Mixture;
use crate::params::Params;
use crate::registry::{Build, aggregators, preaggregators, unknown};
use crate::traits::{Aggregator, Combination, Mixing, PreAggregator, Round};
use crate::{Error, Gradients, Scalar};

/// Pre-aggregators, then at most one aggregator: `arc,nnm,cwtm` is CWTM∘NNM∘ARC.
///
/// No stage's vectors are ever written down. Each stage maps norms and distances to mixing weights;
/// the weights compose as n × n matrices; one pass over the data applies them together with the
/// aggregator.
///
/// ```
/// use robust_core::{Gradients, Params, Pipeline, Round};
/// let pipeline = Pipeline::<f64>::parse("arc,nnm,cwtm", &Params::default())?;
/// let vectors = [1.0, 1.0, 1.2, 0.8, 0.9, 1.1, /* Byzantine: */ -1e38, f64::INFINITY];
/// let rows = Gradients::new(&vectors, 4, 2)?;
/// let mut out = [0.0; 2];
/// pipeline.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 1.0).abs() < 0.2 && (out[1] - 1.0).abs() < 0.2);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Pipeline<T> {
    stages: Vec<Box<dyn PreAggregator>>,
    aggregator: Option<Box<dyn Aggregator<T>>>,
}

/// What a pipeline did to its input, for the record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// The norm that the first `arc` or `clip` stage scaled longer vectors down to.
    pub clip_threshold: Option<f64>,
    /// Which vectors that stage scaled down; empty without such a stage. One entry per vector that
    /// reached the stage: the input rows, unless `bucketing` comes before it.
    pub clipped: Vec<bool>,
}

impl<T: Scalar> Pipeline<T> {
    /// Reads stage names separated by commas, in order of application.
    ///
    /// # Errors
    /// [`Error::UnknownRule`], [`Error::AggregatorNotLast`], [`Error::EmptyPipeline`] for the
    /// stages; [`Error::UnknownParam`], [`Error::InvalidParam`], [`Error::MissingParam`] for the
    /// parameters.
    pub fn parse(stages: &str, params: &Params) -> Result<Self, Error> {
        let (aggregators, preaggregators) = (aggregators::<T>(), preaggregators());
        let mut pipeline = Self {
            stages: Vec::new(),
            aggregator: None,
        };
        let mut keys = Vec::new();
        let mut builds = Vec::new();
        for name in stages.split(',').map(str::trim) {
            if let Some(entry) = preaggregators.iter().find(|entry| entry.name == name) {
                keys.extend(entry.keys);
                builds.push(Found::PreAggregator(entry.build));
            } else if let Some(entry) = aggregators.iter().find(|entry| entry.name == name) {
                keys.extend(entry.keys);
                builds.push(Found::Aggregator(entry.build));
            } else if stages.trim().is_empty() {
                return Err(Error::EmptyPipeline);
            } else {
                return Err(unknown::<T>(name));
            }
        }
        if let Some((key, _)) = params.iter().find(|(key, _)| !keys.contains(key)) {
            let known = if keys.is_empty() {
                "none".into()
            } else {
                keys.join(" ")
            };
            return Err(Error::UnknownParam {
                key: key.into(),
                known,
            });
        }
        for build in builds {
            if let Some(last) = &pipeline.aggregator {
                return Err(Error::AggregatorNotLast { name: last.name() });
            }
            match build {
                Found::PreAggregator(build) => pipeline.stages.push(build(params)?),
                Found::Aggregator(build) => pipeline.aggregator = Some(build(params)?),
            }
        }
        Ok(pipeline)
    }

    /// A pipeline of rules that aren't in the registry, or are built in code.
    #[must_use]
    pub fn new(
        stages: Vec<Box<dyn PreAggregator>>,
        aggregator: Option<Box<dyn Aggregator<T>>>,
    ) -> Self {
        Self { stages, aggregator }
    }

    /// Whether it ends in an aggregator.
    #[must_use]
    pub fn is_aggregating(&self) -> bool {
        self.aggregator.is_some()
    }

    /// The stages' names separated by commas.
    #[must_use]
    pub fn name(&self) -> String {
        let stages = self.stages.iter().map(|stage| stage.name());
        let names = stages.chain(self.aggregator.as_ref().map(|aggregator| aggregator.name()));
        names.collect::<Vec<_>>().join(",")
    }

    /// Whether every stage takes n vectors of which f may be Byzantine.
    ///
    /// # Errors
    /// The first stage's that doesn't, with its bound.
    pub fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        let leaving = self.leaving(n, f)?;
        self.aggregator
            .as_ref()
            .map_or(Ok(()), |aggregator| aggregator.check(leaving, f))
    }

    /// The number of vectors that leave the pre-aggregators.
    fn leaving(&self, n: usize, f: usize) -> Result<usize, Error> {
        self.stages.iter().try_fold(n, |n, stage| stage.check(n, f))
    }

    /// Aggregates the rows into `out`, of length d.
    ///
    /// # Errors
    /// [`Error::NotAggregating`]; [`Error::Length`] of `out`; those of [`check`](Self::check).
    pub fn aggregate(
        &self,
        rows: &Gradients<'_, T>,
        round: Round,
        out: &mut [T],
    ) -> Result<Trace, Error> {
        self.aggregate_mixture(&Mixture::of(rows), round, out)
    }

    /// Aggregates the vectors of a mixture into `out`, of the basis rows' length d.
    ///
    /// # Errors
    /// As [`aggregate`](Self::aggregate).
    pub fn aggregate_mixture(
        &self,
        vectors: &Mixture<'_, T>,
        round: Round,
        out: &mut [T],
    ) -> Result<Trace, Error> {
        expect_length("the aggregate", vectors.basis().d(), out.len())?;
        let (mixed, combination, trace) = self.combine(vectors, round)?;
        match combination {
            Combination::Weights(weights) => {
                combine::combine(mixed.basis(), &mixed.over_basis(weights), out);
            }
            Combination::Coordinatewise(rule) => {
                let mix = Mix::new(mixed.basis(), mixed.weights());
                columns::aggregate(&mix, rule.as_ref(), out);
            }
        }
        Ok(trace)
    }

    /// ‖F(vectors) − t‖ with t = Σ `target_i` · basis row i, without writing F down.
    ///
    /// For weight-based aggregators that is algebra on n × n numbers; for coordinate-wise ones, one
    /// pass over the data.
    ///
    /// # Errors
    /// As [`aggregate`](Self::aggregate); [`Error::Length`] unless `target` has one weight per
    /// basis row.
    pub fn deviation(
        &self,
        vectors: &Mixture<'_, T>,
        round: Round,
        target: &[f64],
    ) -> Result<f64, Error> {
        let basis = vectors.basis();
        expect_length("the target's weights", basis.n(), target.len())?;
        let (mixed, combination, _) = self.combine(vectors, round)?;
        let square = match combination {
            Combination::Weights(weights) => {
                let mut delta = mixed.over_basis(weights);
                delta
                    .iter_mut()
                    .zip(target)
                    .for_each(|(weight, target)| *weight -= target);
                vectors.basis_geometry().squared_norm_of(&delta)
            }
            Combination::Coordinatewise(rule) => {
                let identity;
                let weights = match mixed.weights() {
                    Some(weights) => weights,
                    None => {
                        identity = Matrix::identity(basis.n());
                        &identity
                    }
                };
                let mix = Mix::new(basis, Some(&weights.below(target)));
                columns::squared_deviation(&mix, basis.d(), basis.unit(), rule.as_ref())
            }
        };
        Ok(square.sqrt() * basis.unit())
    }

    /// The vectors that leave a pipeline of pre-aggregators: m × d, row-major.
    ///
    /// # Errors
    /// [`Error::NotTransforming`]; those of [`check`](Self::check).
    pub fn transform(&self, rows: &Gradients<'_, T>, round: Round) -> Result<Vec<T>, Error> {
        let mut out = vec![T::default(); self.leaving(rows.n(), round.f)? * rows.d()];
        self.transform_into(rows, round, &mut out)?;
        Ok(out)
    }

    /// As [`transform`](Self::transform), into a buffer of m · d values.
    ///
    /// # Errors
    /// As [`transform`](Self::transform); [`Error::Length`] of `out`.
    pub fn transform_into(
        &self,
        rows: &Gradients<'_, T>,
        round: Round,
        out: &mut [T],
    ) -> Result<Trace, Error> {
        if self.is_aggregating() {
            return Err(Error::NotTransforming {
                pipeline: self.name(),
            });
        }
        let m = self.leaving(rows.n(), round.f)?;
        expect_length("the transformed vectors", m * rows.d(), out.len())?;
        let (mixed, trace) = self.mix(&Mixture::of(rows), round)?;
        let identity;
        let weights = match mixed.weights() {
            Some(weights) => weights,
            None => {
                identity = Matrix::identity(rows.n());
                &identity
            }
        };
        if let Some(factors) = weights.as_diagonal() {
            combine::scale(rows, &factors, out);
        } else if weights.nonzeros() <= 2 * rows.n() {
            for (i, out) in out.chunks_mut(rows.d()).enumerate() {
                combine::combine(rows, weights.row(i), out);
            }
        } else {
            columns::transform(&Mix::new(rows, Some(weights)), rows.d(), out);
        }
        Ok(trace)
    }

    /// Runs the stages: each maps the geometry to weights, and to the next geometry.
    fn mix<'a>(
        &self,
        vectors: &Mixture<'a, T>,
        round: Round,
    ) -> Result<(Mixture<'a, T>, Trace), Error> {
        self.check(vectors.n(), round.f)?;
        let mut trace = Trace::default();
        let mut mixed = vectors.clone();
        for stage in &self.stages {
            mixed = match stage.mix(mixed.geometry(), round) {
                Mixing::Clip { threshold, factors } => {
                    expect_length("a stage's factors", mixed.n(), factors.len())?;
                    if trace.clip_threshold.is_none() {
                        trace.clip_threshold = Some(threshold * mixed.geometry().unit());
                        let norms = mixed.geometry().norms();
                        trace.clipped = norms.iter().map(|&norm| norm > threshold).collect();
                    }
                    mixed.scaled(&factors)
                }
                Mixing::Matrix(weights) => {
                    expect_length("a row of a stage's weights", mixed.n(), weights.cols())?;
                    mixed.mixed(weights)
                }
            };
        }
        Ok((mixed, trace))
    }

    fn combine<'a>(
        &self,
        vectors: &Mixture<'a, T>,
        round: Round,
    ) -> Result<(Mixture<'a, T>, Combination<T>, Trace), Error> {
        let Some(aggregator) = &self.aggregator else {
            return Err(Error::NotAggregating {
                pipeline: self.name(),
            });
        };
        let (mixed, trace) = self.mix(vectors, round)?;
        let combination = aggregator.combine(mixed.geometry(), round);
        if let Combination::Weights(weights) = &combination {
            expect_length("the aggregator's weights", mixed.n(), weights.len())?;
        }
        Ok((mixed, combination, trace))
    }
}

/// A stage that was found by name and waits for the parameters to be checked.
enum Found<T> {
    PreAggregator(Build<dyn PreAggregator>),
    Aggregator(Build<dyn Aggregator<T>>),
}

fn expect_length(what: &'static str, expected: usize, got: usize) -> Result<(), Error> {
    if expected == got {
        Ok(())
    } else {
        Err(Error::Length {
            what,
            expected,
            got,
        })
    }
}
