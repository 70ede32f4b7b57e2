//! What a pipeline reports of its work.

/// What a pipeline did to its input, for the record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    /// The norm that the first `arc` or `clip` stage scaled longer vectors down to.
    pub clip_threshold: Option<f64>,
    /// Which input rows that stage scaled down, in the order of the input. `None` without such a
    /// stage, and where one before it (`bucketing`) made vectors that stand for no input row.
    pub clipped: Option<Vec<bool>>,
}
