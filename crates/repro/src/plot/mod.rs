//! Figures for print: plain data in, SVG and PNG bytes out.
//!
//! A [`Figure`] is a grid of [`Panel`]s with one legend above them, in a strip of its own where it covers no data. A
//! figure of one column is 3.3 inches wide, the column of a two-column page, any other 7 inches; text is 8 to 10 points
//! at that size. [`svg`] and [`png`] show the same layout, with text in an embedded font (Arimo, whose widths are those
//! of Arial, Helvetica and Liberation Sans), so neither needs a font on the machine. The same figure gives the same
//! bytes.
//!
//! - A value that is NaN or infinite, or not positive on a logarithmic axis, is a gap: lines and bands break there.
//! - What lies outside an axis with a given range is cut off at the plotting area. Without one, the axis holds all data.
//! - Panels whose axes have the same label and scale share one range; inside the grid, an axis that repeats the one on
//!   its left or below loses its labels.
//! - A panel without any finite value says so.
//!
//! [`Style::of_pipeline`] gives each method its colour, dashes and marker, the same in every figure.
//!
//! ```
//! use repro::plot::{Axis, Figure, Panel, Point, Series, Style, svg};
//!
//! let accuracy = |gain: f64| (0..=1000).step_by(50).map(move |step| {
//!     let mean = 100.0 * (1.0 - (-gain * f64::from(step)).exp());
//!     Point::new(f64::from(step), mean).spread(3.0)
//! });
//! let mut panel = Panel::new(Axis::linear("step"), Axis::linear("test accuracy (%)").within(0.0, 100.0));
//! panel.title = Some("sign flipping".into());
//! panel.series.push(Series::line("ARC", Style::of_pipeline("arc,nnm,cwtm"), accuracy(0.006).collect()));
//! panel.series.push(Series::line("no clipping", Style::of_pipeline("nnm,cwtm"), accuracy(0.001).collect()));
//! let document = svg(&Figure { title: None, columns: 1, panels: vec![panel] })?;
//! assert!(document.contains("no clipping"));
//! # Ok::<(), repro::plot::Error>(())
//! ```

mod axes;
mod geometry;
mod layout;
mod legend;
mod marks;
mod render;
mod scene;
mod style;
mod ticks;

pub use style::{Style, pipeline_label};

/// What to draw: panels in rows of `columns`, under a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Above everything; papers put this into the caption instead.
    pub title: Option<String>,
    /// Panels per row, 1 to [`MAX_COLUMNS`]. One makes the figure 3.3 inches wide, more make it 7 inches.
    pub columns: usize,
    /// Row by row, 1 to [`MAX_PANELS`].
    pub panels: Vec<Panel>,
}

/// Most panels in a row that leave room to read them.
pub const MAX_COLUMNS: usize = 4;
/// Most panels in a figure.
pub const MAX_PANELS: usize = 24;

/// One plotting area with its axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What tells this panel from the others, such as the attack.
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

/// An axis, its quantity and its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Quantity, with its unit in parentheses: `test accuracy (%)`.
    pub label: String,
    /// How values become positions.
    pub scale: Scale,
    /// Lowest and highest value shown. Chosen from the data if absent; categories always show all of themselves.
    pub range: Option<(f64, f64)>,
}

impl Axis {
    /// An axis whose positions are proportional to the values.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            scale: Scale::Linear,
            range: None,
        }
    }

    /// An axis whose positions are proportional to the logarithms of the values.
    pub fn log(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            scale: Scale::Log,
            range: None,
        }
    }

    /// An axis with a position for each name.
    pub fn categories<N: Into<String>>(
        label: impl Into<String>,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self {
            label: label.into(),
            scale: Scale::Categories(names),
            range: None,
        }
    }

    /// The same axis from `low` to `high`.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self {
            range: Some((low, high)),
            ..self
        }
    }
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

/// What one method, or one quantity, looks like in one panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name in the legend, which shows it once for all panels; series of the same label must have the same style.
    pub label: String,
    /// Colour, dashes and marker.
    pub style: Style,
    /// The data.
    pub marks: Marks,
}

impl Series {
    /// A line through the points, with a band from `low` to `high`.
    pub fn line(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        Self {
            label: label.into(),
            style,
            marks: Marks::Line(points),
        }
    }

    /// Markers with error bars, joined by a line.
    pub fn joined(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        Self {
            label: label.into(),
            style,
            marks: Marks::ErrorBars {
                points,
                joined: true,
            },
        }
    }

    /// Markers with error bars.
    pub fn scatter(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        Self {
            label: label.into(),
            style,
            marks: Marks::ErrorBars {
                points,
                joined: false,
            },
        }
    }

    /// Bars with error bars, on a categorical x axis.
    pub fn bars(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        Self {
            label: label.into(),
            style,
            marks: Marks::Bars(points),
        }
    }

    /// Discs whose areas are the counts; `unit` says in the legend what is counted.
    pub fn bubbles(unit: impl Into<String>, style: Style, bubbles: Vec<Bubble>) -> Self {
        Self {
            label: unit.into(),
            style,
            marks: Marks::Bubbles(bubbles),
        }
    }
}

/// The data of a series and the way to show them.
#[derive(Clone, Debug, PartialEq)]
pub enum Marks {
    /// A line through the points in their order, some of them marked, and a band from `low` to `high`.
    Line(Vec<Point>),
    /// A marker and an error bar from `low` to `high` per point. On a categorical x axis the series of a panel stand a
    /// little beside each other, so that none hides another.
    ErrorBars {
        /// The data.
        points: Vec<Point>,
        /// Whether a line joins the markers.
        joined: bool,
    },
    /// A bar from zero (or the lower end of the y axis) per point, beside those of the panel's other series, and an
    /// error bar from `low` to `high`. One category is one unit of x.
    Bars(Vec<Point>),
    /// Discs with areas proportional to the counts; the largest count of the figure just fills its place.
    Bubbles(Vec<Bubble>),
}

/// A value and its spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Position on the x axis; the index of the name on a categorical one.
    pub x: f64,
    /// Value. NaN is a gap.
    pub y: f64,
    /// Lower end of the spread. NaN for none, as with a single seed.
    pub low: f64,
    /// Upper end of the spread. NaN for none.
    pub high: f64,
}

impl Point {
    /// A value without spread.
    pub fn new(x: f64, y: f64) -> Self {
        Self {
            x,
            y,
            low: f64::NAN,
            high: f64::NAN,
        }
    }

    /// The same value with a spread of `deviation` to both sides.
    #[must_use]
    pub fn spread(self, deviation: f64) -> Self {
        Self {
            low: self.y - deviation,
            high: self.y + deviation,
            ..self
        }
    }
}

/// A count at a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bubble {
    /// Position on the x axis.
    pub x: f64,
    /// Position on the y axis.
    pub y: f64,
    /// What the area is proportional to. Zero, negative and non-finite counts draw nothing.
    pub count: f64,
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

/// Why a figure can't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A figure has no panel, or more than fit on a page.
    #[error("a figure has 1 to {MAX_PANELS} panels, not {0}")]
    Panels(usize),
    /// Panels in a row would be too narrow to read, or none at all.
    #[error("a figure has 1 to {MAX_COLUMNS} columns, not {0}")]
    Columns(usize),
    /// The ends of an axis are not finite, not in order, or not positive on a logarithmic axis.
    #[error(
        "axis `{axis}` can't go from {low} to {high}: finite, increasing ends are needed, positive on a log axis"
    )]
    Range {
        /// Label of the axis.
        axis: String,
        /// Lower end asked for.
        low: f64,
        /// Upper end asked for.
        high: f64,
    },
    /// Text has no room.
    #[error("`{text}` takes {width:.0} points of width, and the figure has {room:.0}: shorten it")]
    Room {
        /// What doesn't fit.
        text: String,
        /// What it would take.
        width: f64,
        /// What there is.
        room: f64,
    },
    /// The embedded font can't be read.
    #[error("the embedded font can't be read")]
    Font,
    /// The drawing library failed.
    #[error("drawing failed: {0}")]
    Backend(String),
    /// The image can't be encoded.
    #[error("encoding the PNG image failed")]
    Png(#[from] png::EncodingError),
}

impl Error {
    fn backend(source: impl std::fmt::Display) -> Self {
        Self::Backend(source.to_string())
    }
}

/// The figure as an SVG document.
///
/// # Errors
/// If the numbers of panels or columns are out of bounds, an axis has an impossible range, or a label of the legend is
/// wider than the figure.
pub fn svg(figure: &Figure) -> Result<String, Error> {
    render::svg(&layout::scene(figure)?)
}

/// The figure as a PNG file of 300 pixels per inch.
///
/// # Errors
/// As [`svg`].
pub fn png(figure: &Figure) -> Result<Vec<u8>, Error> {
    render::png(&layout::scene(figure)?)
}

#[cfg(test)]
mod tests;
