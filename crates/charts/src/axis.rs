//! Axes as they are described: a quantity, a scale, and the ends if they are prescribed.

/// An axis, its quantity and its ends.
///
/// ```
/// use charts::{Axis, Scale};
///
/// let axis = Axis::linear("test accuracy (%)").within(0.0, 100.0);
/// assert_eq!((axis.scale, axis.range), (Scale::Linear, Some((0.0, 100.0))));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Quantity, with its unit in parentheses: `test accuracy (%)`.
    pub label: String,
    /// How values become positions.
    pub scale: Scale,
    /// Lowest and highest value shown. Without it, the axis holds all data. Categories always show
    /// all of themselves.
    pub range: Option<(f64, f64)>,
}

/// How values become positions.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Proportionally.
    Linear,
    /// By their decimal logarithm.
    Log,
    /// The value 0 is the first name, 1 the second, and so on.
    Categories(Vec<String>),
}

impl Axis {
    /// An axis whose positions are proportional to the values.
    pub fn linear(label: impl Into<String>) -> Self {
        Self::new(label, Scale::Linear)
    }

    /// An axis whose positions are proportional to the logarithms of the values.
    pub fn log(label: impl Into<String>) -> Self {
        Self::new(label, Scale::Log)
    }

    /// An axis with a position for each name.
    pub fn categories<N: Into<String>>(
        label: impl Into<String>,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self::new(label, Scale::Categories(names))
    }

    /// The same axis from `low` to `high`.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self {
            range: Some((low, high)),
            ..self
        }
    }

    fn new(label: impl Into<String>, scale: Scale) -> Self {
        Self {
            label: label.into(),
            scale,
            range: None,
        }
    }
}
