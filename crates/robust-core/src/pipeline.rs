//! Rules in order of application, and their one pass over the data.

mod parse;

use std::sync::Arc;

use crate::kernels::mix::Mix;
use crate::kernels::{columns, combine};
use crate::matrix::Matrix;
use crate::mixture::Mixture;
use crate::parameters::Parameters;
use crate::theory::HonestMajority;
use crate::trace::Trace;
use crate::traits::{Aggregator, Combination, Mixing, PreAggregator, Round};
use crate::{Error, Gradients, Scalar};

/// Pre-aggregators, then at most one aggregator: `arc,nnm,cwtm` is CWTM∘NNM∘ARC.
///
/// No stage's vectors are ever written down. Each stage maps norms and distances to mixing weights;
/// the weights compose as n × n matrices; one pass over the data applies them together with the
/// aggregator.
///
/// ```
/// use robust_core::aggregators::TrimmedMean;
/// use robust_core::preaggregators::{AdaptiveRobustClipping, NearestNeighborMixing};
/// use robust_core::{Gradients, Parameters, Pipeline, Round};
/// use std::sync::Arc;
/// let pipeline = Pipeline::parse("arc,nnm,cwtm", &Parameters::new())?;
/// let vectors = [1.0, 1.0, 1.2, 0.8, 0.9, 1.1, /* Byzantine: */ -1e38, f64::INFINITY];
/// let rows = Gradients::new(&vectors, 4, 2)?;
/// let mut out = [0.0; 2];
/// pipeline.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((out[0] - 1.0).abs() < 0.2 && (out[1] - 1.0).abs() < 0.2);
///
/// // The same without text.
/// let arc = AdaptiveRobustClipping::default();
/// let stages: Vec<Arc<dyn robust_core::PreAggregator>> =
///     vec![Arc::new(arc), Arc::new(NearestNeighborMixing)];
/// assert_eq!(Pipeline::new(stages, Some(Arc::new(TrimmedMean))), pipeline);
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pipeline {
    stages: Vec<Arc<dyn PreAggregator>>,
    aggregator: Option<Arc<dyn Aggregator>>,
}

impl Pipeline {
    /// A pipeline of rules that are made in code, also of the caller's own. Without an aggregator,
    /// it transforms vectors.
    #[must_use]
    pub fn new(
        stages: Vec<Arc<dyn PreAggregator>>,
        aggregator: Option<Arc<dyn Aggregator>>,
    ) -> Self {
        Self { stages, aggregator }
    }

    /// The pre-aggregators, in order of application.
    #[must_use]
    pub fn stages(&self) -> &[Arc<dyn PreAggregator>] {
        &self.stages
    }

    /// The aggregator, if it ends in one.
    #[must_use]
    pub fn aggregator(&self) -> Option<&dyn Aggregator> {
        self.aggregator.as_deref()
    }

    /// Name and parameters of every stage.
    fn written(&self) -> impl Iterator<Item = (&'static str, Parameters)> {
        let stages = self.stages.iter();
        let stages = stages.map(|stage| (stage.description().name, stage.parameters()));
        let last = self.aggregator.iter();
        stages.chain(last.map(|last| (last.description().name, last.parameters())))
    }

    /// Whether it ends in an aggregator.
    #[must_use]
    pub fn is_aggregating(&self) -> bool {
        self.aggregator.is_some()
    }

    /// The stages' names separated by commas.
    #[must_use]
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.written().map(|(name, _)| name).collect();
        names.join(",")
    }

    /// The parameters that aren't at their defaults. With the [`name`](Self::name), they are read
    /// as the same pipeline again, if all its rules are in the lists and stages of the same name,
    /// which share their keys, are equal.
    #[must_use]
    pub fn parameters(&self) -> Parameters {
        let mut all = Parameters::new();
        for (_, parameters) in self.written() {
            all.extend(parameters.iter());
        }
        all
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

    /// The sum of its rules' revisions: another one means that the same vectors may give other
    /// numbers.
    #[must_use]
    pub fn revision(&self) -> u32 {
        let stages = self.stages.iter().map(|stage| stage.revision());
        let last = self.aggregator.iter().map(|last| last.revision());
        stages.chain(last).sum()
    }

    /// A κ for which the pipeline is (f,κ)-robust, if one is proven for each of its stages as it
    /// is: that of the aggregator, changed by the stages before it from the last to the first.
    ///
    /// `None` without an aggregator, or if a stage doesn't take this many vectors.
    ///
    /// ```
    /// use robust_core::theory::HonestMajority;
    /// use robust_core::{Parameters, Pipeline};
    /// let kappa = |stages| -> Result<Option<f64>, robust_core::Error> {
    ///     let cohort = HonestMajority::new(13, 3)?;
    ///     Ok(Pipeline::parse(stages, &Parameters::new())?.kappa(cohort))
    /// };
    /// assert_eq!(kappa("krum")?, Some(6.0 * (1.0 + 3.0 / 7.0)));
    /// assert_eq!(kappa("arc,krum")?, Some(6.0 * (1.0 + 3.0 / 7.0) + 6.0 / 7.0));
    /// assert_eq!(kappa("mk")?, None); // none is published
    /// assert_eq!(kappa("gm")?, None); // three steps aren't the geometric median
    /// # Ok::<(), robust_core::Error>(())
    /// ```
    #[must_use]
    pub fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        let aggregator = self.aggregator.as_ref()?;
        let f = cohort.f();
        let mut entering = vec![cohort];
        for stage in &self.stages {
            let n = stage.check(entering.last()?.n(), f).ok()?;
            entering.push(HonestMajority::new(n, f).ok()?);
        }
        let last = entering.pop()?;
        aggregator.check(last.n(), f).ok()?;
        let stages = self.stages.iter().zip(entering).rev();
        stages.fold(aggregator.kappa(last), |kappa, (stage, cohort)| {
            stage.kappa_after(cohort, kappa?)
        })
    }

    /// Aggregates the rows into `out`, of length d.
    ///
    /// # Errors
    /// [`Error::NotAggregating`]; [`Error::Length`] of `out`; those of [`check`](Self::check).
    pub fn aggregate<T: Scalar>(
        &self,
        rows: &Gradients<'_, T>,
        round: Round,
        out: &mut [T],
    ) -> Result<Trace, Error> {
        self.aggregate_mixture(&Mixture::new(rows), round, out)
    }

    /// Aggregates the vectors of a mixture into `out`, of the basis rows' length d.
    ///
    /// # Errors
    /// As [`aggregate`](Self::aggregate).
    pub fn aggregate_mixture<T: Scalar>(
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
            Combination::Coordinatewise { function, .. } => {
                let mix = Mix::new(mixed.basis(), mixed.weights());
                columns::aggregate(&mix, &function, out);
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
    pub fn deviation<T: Scalar>(
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
            Combination::Coordinatewise { function, .. } => {
                let identity;
                let weights = match mixed.weights() {
                    Some(weights) => weights,
                    None => {
                        identity = Matrix::identity(basis.n());
                        &identity
                    }
                };
                let mix = Mix::new(basis, Some(&weights.below(target)));
                columns::squared_deviation(&mix, basis.d(), basis.unit(), &function)
            }
        };
        Ok(square.sqrt() * basis.unit())
    }

    /// The vectors that leave a pipeline of pre-aggregators: m × d, row-major.
    ///
    /// # Errors
    /// [`Error::NotTransforming`]; those of [`check`](Self::check).
    pub fn transform<T: Scalar>(
        &self,
        rows: &Gradients<'_, T>,
        round: Round,
    ) -> Result<Vec<T>, Error> {
        let mut out = vec![T::default(); self.leaving(rows.n(), round.f)? * rows.d()];
        self.transform_into(rows, round, &mut out)?;
        Ok(out)
    }

    /// As [`transform`](Self::transform), into a buffer of m · d values.
    ///
    /// # Errors
    /// As [`transform`](Self::transform); [`Error::Length`] of `out`.
    pub fn transform_into<T: Scalar>(
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
        let (mixed, trace) = self.mix(&Mixture::new(rows), round)?;
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
    fn mix<'a, T: Scalar>(
        &self,
        vectors: &Mixture<'a, T>,
        round: Round,
    ) -> Result<(Mixture<'a, T>, Trace), Error> {
        self.check(vectors.n(), round.f)?;
        let mut trace = Trace::default();
        let mut mixed = vectors.clone();
        // The input row that each vector stands for.
        let mut stands_for: Option<Vec<usize>> = Some((0..vectors.n()).collect());
        for stage in &self.stages {
            mixed = match stage.mix(mixed.geometry(), round) {
                Mixing::Clip { threshold, factors } => {
                    expect_length("a stage's factors", mixed.n(), factors.len())?;
                    if trace.clip_threshold.is_none() {
                        trace.clip_threshold = Some(threshold * mixed.geometry().unit());
                        trace.clipped = stands_for.as_ref().map(|rows| {
                            let mut clipped = vec![false; rows.len()];
                            for (&row, &norm) in rows.iter().zip(mixed.geometry().norms()) {
                                clipped[row] = norm > threshold;
                            }
                            clipped
                        });
                    }
                    mixed.scaled(&factors)
                }
                Mixing::InPlace(weights) => {
                    expect_length("a stage's weights", mixed.n(), weights.rows())?;
                    expect_length("a row of a stage's weights", mixed.n(), weights.cols())?;
                    mixed.mixed(weights)
                }
                Mixing::Regrouped(weights) => {
                    expect_length("a row of a stage's weights", mixed.n(), weights.cols())?;
                    stands_for = stands_for.and_then(|rows| {
                        let order = weights.as_permutation()?;
                        Some(order.into_iter().map(|from| rows[from]).collect())
                    });
                    mixed.mixed(weights)
                }
            };
        }
        Ok((mixed, trace))
    }

    fn combine<'a, T: Scalar>(
        &self,
        vectors: &Mixture<'a, T>,
        round: Round,
    ) -> Result<(Mixture<'a, T>, Combination, Trace), Error> {
        let Some(aggregator) = &self.aggregator else {
            return Err(Error::NotAggregating {
                pipeline: self.name(),
            });
        };
        let (mixed, trace) = self.mix(vectors, round)?;
        let mut combination = aggregator.combine(mixed.geometry(), round);
        let mixed = match &mut combination {
            Combination::Weights(weights) => {
                expect_length("the aggregator's weights", mixed.n(), weights.len())?;
                mixed
            }
            Combination::Coordinatewise { among, .. } => match among.take() {
                Some(vectors) => mixed.mixed(selection(&vectors, mixed.n())?),
                None => mixed,
            },
        };
        Ok((mixed, combination, trace))
    }
}

/// The matrix that leaves these of n vectors.
fn selection(vectors: &[usize], n: usize) -> Result<Matrix, Error> {
    let what = "the vectors that the aggregator takes values of";
    expect_length(what, vectors.len().clamp(1, n), vectors.len())?;
    let mut matrix = Matrix::zeros(vectors.len(), n);
    for (row, &vector) in vectors.iter().enumerate() {
        expect_length(what, vector.min(n - 1), vector)?;
        matrix.row_mut(row)[vector] = 1.0;
    }
    Ok(matrix)
}

/// The same stages with the same parameters, by name.
impl PartialEq for Pipeline {
    fn eq(&self, other: &Self) -> bool {
        self.is_aggregating() == other.is_aggregating() && self.written().eq(other.written())
    }
}

impl Eq for Pipeline {}

/// The aggregator alone.
impl<A: Aggregator + 'static> From<A> for Pipeline {
    fn from(aggregator: A) -> Self {
        Self::new(Vec::new(), Some(Arc::new(aggregator)))
    }
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
