//! The one error type of the crate: every variant carries the offending value and what is legal.

use crate::parameters::ParameterError;

/// Why a pipeline can't be built, or can't be applied to these vectors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No stage at all.
    #[error("the pipeline is empty; give stages in order of application, e.g. `arc,nnm,cwtm`")]
    EmptyPipeline,
    /// A stage of the pipeline has no such name.
    #[error("unknown rule `{name}`; aggregators: {aggregators}; pre-aggregators: {preaggregators}")]
    UnknownRule {
        /// What was asked for.
        name: String,
        /// The aggregators there are, separated by spaces.
        aggregators: String,
        /// The pre-aggregators there are, separated by spaces.
        preaggregators: String,
    },
    /// An aggregator returns one vector, so nothing can follow it.
    #[error("the aggregator `{name}` must be the last stage of the pipeline")]
    AggregatorNotLast {
        /// The aggregator that something follows.
        name: &'static str,
    },
    /// A parameter that no stage has, is missing, or has a value that its rule can't use.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The slice doesn't hold n × d values, or there is no vector or no coordinate.
    #[error("expected n × d = {n} × {d} values with n, d ≥ 1, got {len}")]
    Shape {
        /// Number of rows asked for.
        n: usize,
        /// Length of each row asked for.
        d: usize,
        /// Number of values given.
        len: usize,
    },
    /// A buffer or matrix of the wrong size.
    #[error("{what} must have length {expected}, got {got}")]
    Length {
        /// What it is.
        what: &'static str,
        /// The length it must have.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// More Byzantine vectors than a rule can take.
    #[error("`{rule}` needs {bound}, got n = {n} vectors and f = {f}")]
    TooManyByzantine {
        /// The rule.
        rule: &'static str,
        /// The condition on n and f.
        bound: &'static str,
        /// Number of vectors that reach the rule.
        n: usize,
        /// Number of Byzantine vectors.
        f: usize,
    },
    /// A rule that looks at subsets would have to look at too many.
    #[error("{rule} looks at subsets of n − f vectors, and n = {n}, f = {f} have more than 10⁹")]
    TooManySubsets {
        /// The rule.
        rule: &'static str,
        /// Number of vectors.
        n: usize,
        /// Number of Byzantine ones.
        f: usize,
    },
    /// A quantity outside the domain of a statement of the theory.
    #[error("{name} = {value}, but must be in {range}")]
    Domain {
        /// The quantity, such as `G`.
        name: &'static str,
        /// Its value, printed.
        value: String,
        /// Where the statement holds.
        range: &'static str,
    },
    /// A weight that isn't a finite number.
    #[error("mixing weights must be finite, got {value} for row {row}")]
    Weight {
        /// The mixed row.
        row: usize,
        /// The weight, printed.
        value: String,
    },
    /// The pipeline ends in a pre-aggregator where an aggregate is asked for.
    #[error("the pipeline `{pipeline}` ends in a pre-aggregator: end it with an aggregator")]
    NotAggregating {
        /// The pipeline's name.
        pipeline: String,
    },
    /// The pipeline ends in an aggregator where transformed vectors are asked for.
    #[error("the pipeline `{pipeline}` ends in an aggregator: it returns one vector, not n")]
    NotTransforming {
        /// The pipeline's name.
        pipeline: String,
    },
}
