//! What a rule says of itself.

use crate::parameters::Parameter;

/// A rule's names, formula and source, its parameters, and what its users and the test suites may
/// rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Its name in a pipeline, such as `cwtm`.
    pub name: &'static str,
    /// Its short name in figures and tables, such as `CWTM`.
    pub label: &'static str,
    /// Its full name, such as `coordinate-wise trimmed mean`.
    pub title: &'static str,
    /// What [ByzFL](https://byzfl.epfl.ch) calls it, if it has it.
    pub byzfl: Option<&'static str>,
    /// What it computes, in one line.
    pub formula: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// Its parameters; their keys start with the name and a dot.
    pub parameters: &'static [Parameter],
    /// What holds of its output for any input.
    pub properties: Properties,
}

/// What holds of a rule's output for any input, up to rounding, with the default parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties {
    /// Where the output lies.
    pub hull: Hull,
    /// Whether the order of the rows doesn't matter: an aggregate stays the same, rows that leave a
    /// pre-aggregator are permuted as the rows that enter.
    pub permutation: bool,
    /// Whether adding one vector to all rows adds it to the output.
    pub translation: bool,
    /// Whether it chooses between rows or values, so that a tie, exact or within rounding, may move
    /// the output.
    pub chooses: bool,
    /// Whether its cost grows as the number of subsets of n − f rows, in the worst case.
    pub binomial: bool,
    /// The keys of the parameters that are lengths: if they are scaled together with all rows, the
    /// output is scaled as well.
    pub lengths: &'static [&'static str],
}

/// Where every row of the output lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hull {
    /// In the convex hull of the rows.
    Rows,
    /// In the convex hull of the rows and the origin.
    RowsAndOrigin,
    /// In the box of the rows, coordinate by coordinate.
    Coordinates,
}
