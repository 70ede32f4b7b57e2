//! Figures as they are described: panels with axes, series and references.

use crate::axis::Axis;
use crate::series::Series;

/// Most panels in a row that leave room to read them.
pub const MAX_COLUMNS: usize = 4;
/// Most panels in a figure.
pub const MAX_PANELS: usize = 24;

/// What to draw: panels in rows of `columns`, under a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Above everything; papers put this into the caption instead.
    pub title: Option<String>,
    /// Panels per row, 1 to [`MAX_COLUMNS`]. One makes the figure 3.3 inches wide, more make it
    /// 7 inches.
    pub columns: usize,
    /// Row by row, 1 to [`MAX_PANELS`].
    pub panels: Vec<Panel>,
}

/// One plotting area with its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What distinguishes this panel from the others.
    pub title: Option<String>,
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is shown; later series cover earlier ones.
    pub series: Vec<Series>,
    /// Bounds and other values to compare with.
    pub references: Vec<Reference>,
}

impl Panel {
    /// An empty panel.
    pub fn new(x: Axis, y: Axis) -> Self {
        Self {
            title: None,
            x,
            y,
            series: Vec::new(),
            references: Vec::new(),
        }
    }
}

/// What to compare with, such as a bound: a grey line, named in the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Name in the legend. References of the same label look the same in all panels.
    pub label: String,
    /// Where the line is.
    pub at: At,
}

/// The position of a reference line.
#[derive(Clone, Debug, PartialEq)]
pub enum At {
    /// Vertical across the panel, at this x.
    X(f64),
    /// Horizontal across the panel, at this y.
    Y(f64),
    /// Through these positions in their order; NaN is a gap.
    Curve(Vec<(f64, f64)>),
}
