//! What a rule is. A new rule is one file that implements one of these traits, and a line in the
//! list of its folder.

use std::fmt::Debug;

use crate::description::Description;
use crate::geometry::Geometry;
use crate::matrix::Matrix;
use crate::parameters::Parameters;
use crate::theory::HonestMajority;
use crate::{Columns, Error, Scalar};

/// What a rule may know about the round besides the vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// The number of Byzantine vectors to withstand.
    pub f: usize,
    /// What a random rule draws from: its choice is a pure function of the seed and n.
    pub seed: u64,
}

/// How a pre-aggregator makes its output rows from its input rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Mixing {
    /// Row i times a factor in [0, 1]: what a norm above the threshold is scaled by.
    Clip {
        /// The norm that longer rows are scaled down to, in the geometry's units.
        threshold: f64,
        /// One factor per row.
        factors: Vec<f64>,
    },
    /// This n × n matrix times the rows; row i that leaves still stands for the vector of worker i.
    InPlace(Matrix),
    /// This m × n matrix times the rows; a row of the product stands for no worker in particular.
    Regrouped(Matrix),
}

/// What a pre-aggregator may change of its vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Their values, or their number.
    Values,
    /// Their order and nothing else; why.
    Order(&'static str),
    /// Nothing, whatever the vectors; why.
    Nothing(&'static str),
}

/// A rule that turns n vectors into m, with coefficients that depend only on norms and distances.
pub trait PreAggregator: Debug + Send + Sync {
    /// Its names, formula, source, parameters and properties.
    fn description(&self) -> &'static Description;

    /// Its parameters that aren't at their defaults: read back, they make the same rule.
    fn parameters(&self) -> Parameters;

    /// The number of vectors that leave when n enter, of which f may be Byzantine.
    ///
    /// # Errors
    /// Whatever of n and f, or of a parameter against n, the rule can't take.
    fn check(&self, n: usize, f: usize) -> Result<usize, Error>;

    /// The coefficients. Called only with an n and f that [`check`](Self::check) takes.
    fn mix(&self, geometry: &Geometry<'_>, round: Round) -> Mixing;

    /// What it may change of n vectors of which f may be Byzantine. A rule that doesn't say may
    /// change values. Called only with an n and f that [`check`](Self::check) takes.
    fn effect(&self, _n: usize, _f: usize) -> Effect {
        Effect::Values
    }

    /// As [`Aggregator::revision`].
    fn revision(&self) -> u32 {
        0
    }

    /// A κ for which this rule followed by any (f,κ)-robust one is robust, if one is proven for
    /// these parameters; `cohort` is what enters this rule.
    fn kappa_after(&self, cohort: HonestMajority, kappa: f64) -> Option<f64>;
}

/// How an aggregator makes its output.
#[derive(Debug)]
pub enum Combination {
    /// Σ w_i x_i with these weights.
    Weights(Vec<f64>),
    /// A function of the values of each coordinate.
    Coordinatewise {
        /// The function.
        function: CoordinateFunction,
        /// The vectors whose values it takes; `None` for all n.
        among: Option<Vec<usize>>,
    },
}

impl Combination {
    /// A function of each coordinate's n values.
    #[must_use]
    pub fn coordinatewise(function: impl Coordinatewise + 'static) -> Self {
        Self::Coordinatewise {
            function: CoordinateFunction(Box::new(function)),
            among: None,
        }
    }

    /// A function of each coordinate's values in these vectors.
    #[must_use]
    pub fn coordinatewise_among(
        vectors: Vec<usize>,
        function: impl Coordinatewise + 'static,
    ) -> Self {
        Self::Coordinatewise {
            function: CoordinateFunction(Box::new(function)),
            among: Some(vectors),
        }
    }

    /// The mean of a subset of n vectors.
    ///
    /// # Panics
    /// If an index isn't below n.
    #[must_use]
    pub fn mean_of(subset: &[usize], n: usize) -> Self {
        let mut weights = vec![0.0; n];
        for &i in subset {
            weights[i] = 1.0 / subset.len() as f64;
        }
        Self::Weights(weights)
    }
}

/// A rule that turns n vectors into one.
pub trait Aggregator: Debug + Send + Sync {
    /// Its names, formula, source, parameters and properties.
    fn description(&self) -> &'static Description;

    /// Its parameters that aren't at their defaults: read back, they make the same rule.
    fn parameters(&self) -> Parameters;

    /// Whether it takes n vectors of which f may be Byzantine.
    ///
    /// # Errors
    /// Whatever of n and f, or of a parameter against n, the rule can't take.
    fn check(&self, n: usize, f: usize) -> Result<(), Error>;

    /// The weights, or the function of the coordinates. Called only with an n and f that
    /// [`check`](Self::check) takes.
    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination;

    /// How often the numbers of this rule, with these parameters, have changed since it was first
    /// released: raised with each change, so that no old result is taken for a new one.
    fn revision(&self) -> u32 {
        0
    }

    /// A κ for which it is (f,κ)-robust, if one is proven for these parameters.
    fn kappa(&self, cohort: HonestMajority) -> Option<f64>;
}

/// A symmetric function of a coordinate's n values, written once for both element types and applied
/// to a strip of coordinates at a time.
pub trait Coordinatewise: Debug + Send + Sync {
    /// Reduces every column of the strip to its entry of `out`, of length
    /// [`Columns::width`]. The strip may be overwritten.
    ///
    /// The result must not depend on the order of a column's values: after mixing, the rows of a
    /// strip stand in any order.
    fn reduce<T: Scalar>(&self, columns: &mut Columns<'_, T>, out: &mut [T]);
}

/// A [`Coordinatewise`] function whose type is forgotten.
#[derive(Debug)]
pub struct CoordinateFunction(Box<dyn ForBoth>);

impl CoordinateFunction {
    /// Reduces every column of the strip to its entry of `out`.
    pub(crate) fn reduce<T: Scalar>(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
        T::reduce(self, columns, out);
    }

    pub(crate) fn reduce_f32(&self, columns: &mut Columns<'_, f32>, out: &mut [f32]) {
        self.0.reduce_f32(columns, out);
    }

    pub(crate) fn reduce_f64(&self, columns: &mut Columns<'_, f64>, out: &mut [f64]) {
        self.0.reduce_f64(columns, out);
    }
}

/// What a trait object can hold of a function that is generic over the element type.
trait ForBoth: Debug + Send + Sync {
    fn reduce_f32(&self, columns: &mut Columns<'_, f32>, out: &mut [f32]);
    fn reduce_f64(&self, columns: &mut Columns<'_, f64>, out: &mut [f64]);
}

impl<C: Coordinatewise> ForBoth for C {
    fn reduce_f32(&self, columns: &mut Columns<'_, f32>, out: &mut [f32]) {
        self.reduce(columns, out);
    }

    fn reduce_f64(&self, columns: &mut Columns<'_, f64>, out: &mut [f64]) {
        self.reduce(columns, out);
    }
}
