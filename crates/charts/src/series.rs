//! Data as they are described: points, counts and cells, and the way to show them.

use crate::style::Style;

/// What one method, or one quantity, looks like in one panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name in the legend, which shows it once for all panels; series of the same label must have
    /// the same style, and cells of the same label the same colour scale.
    pub label: String,
    /// Colour, dashes and marker. Cells have their colours from their scale instead.
    pub style: Style,
    /// The data.
    pub marks: Marks,
}

/// The data of a series and the way to show them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Marks {
    /// A line through the points in their order, some of them marked, and a band from `low` to
    /// `high`.
    Line(Vec<Point>),
    /// A marker and an error bar from `low` to `high` per point. On a categorical x axis the series
    /// of a panel stand a little beside each other, so that none hides another.
    ErrorBars {
        /// The data.
        points: Vec<Point>,
        /// Whether a line joins the markers.
        joined: bool,
    },
    /// A bar from zero (or the lower end of the y axis) per point, beside those of the panel's
    /// other series, and an error bar from `low` to `high`. One category is one unit of x.
    Bars(Vec<Point>),
    /// Discs with areas proportional to the counts; the largest count of the figure just fills its
    /// place.
    Bubbles(Vec<Bubble>),
    /// Rectangles with the colours of their values, which they show as numbers: a heatmap. Both
    /// axes are categories. The numbers of a series have one size; one that doesn't fit into its
    /// cell is left out.
    Cells {
        /// From values to colours. Equal scales mean the same in all panels of a figure.
        scale: ColorScale,
        /// How many decimals the numbers have. Numbers from a million on are written with a power
        /// of ten.
        decimals: u8,
        /// The data.
        cells: Vec<Cell>,
    },
}

impl Series {
    /// A line through the points, with a band from `low` to `high`.
    pub fn line(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        Self::new(label, style, Marks::Line(points))
    }

    /// Markers with error bars, joined by a line.
    pub fn joined(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        let joined = true;
        Self::new(label, style, Marks::ErrorBars { points, joined })
    }

    /// Markers with error bars.
    pub fn scatter(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        let joined = false;
        Self::new(label, style, Marks::ErrorBars { points, joined })
    }

    /// Bars with error bars, on a categorical x axis.
    pub fn bars(label: impl Into<String>, style: Style, points: Vec<Point>) -> Self {
        Self::new(label, style, Marks::Bars(points))
    }

    /// Discs whose areas are the counts; `unit` says in the legend what is counted.
    pub fn bubbles(unit: impl Into<String>, style: Style, bubbles: Vec<Bubble>) -> Self {
        Self::new(unit, style, Marks::Bubbles(bubbles))
    }

    /// Cells coloured by their values, which they show with so many `decimals`; `unit` says in the
    /// legend what the values are.
    ///
    /// ```
    /// use charts::{Axis, Cell, ColorScale, Figure, Panel, Series, svg};
    ///
    /// let accuracies = [[91.2, 88.0], [f64::NAN, 47.5]];
    /// let cell = |(x, y)| Cell { x, y, value: accuracies[y][x] };
    /// let cells = [(0, 0), (1, 0), (0, 1), (1, 1)].map(cell);
    /// let mut panel = Panel::new(
    ///     Axis::categories("attack", ["sign flipping", "label flipping"]),
    ///     Axis::categories("rule", ["median", "mean"]),
    /// );
    /// let scale = ColorScale::Sequential { low: 0.0, high: 100.0 };
    /// panel.series = vec![Series::cells("accuracy (%)", scale, 1, cells.into())];
    /// let document = svg(&Figure { title: None, columns: 1, panels: vec![panel] })?;
    /// assert!(document.contains("47.5") && document.contains("–"));
    /// # Ok::<(), charts::Error>(())
    /// ```
    pub fn cells(
        unit: impl Into<String>,
        scale: ColorScale,
        decimals: u8,
        cells: Vec<Cell>,
    ) -> Self {
        let marks = Marks::Cells {
            scale,
            decimals,
            cells,
        };
        Self::new(unit, Style::nth(0), marks)
    }

    fn new(label: impl Into<String>, style: Style, marks: Marks) -> Self {
        Self {
            label: label.into(),
            style,
            marks,
        }
    }
}

/// A value and its spread.
///
/// ```
/// use charts::Point;
///
/// let point = Point::new(100.0, 0.8).spread(0.125);
/// assert_eq!((point.low, point.high), (0.675, 0.925));
/// assert!(Point::new(100.0, 0.8).low.is_nan(), "no spread");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Position on the x axis; the index of the name on a categorical one.
    pub x: f64,
    /// Value. NaN is a gap.
    pub y: f64,
    /// Lower end of the spread. NaN for none, as with a single sample.
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

/// A value where two categories cross.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Index of the name on the x axis.
    pub x: usize,
    /// Index of the name on the y axis, counted upwards.
    pub y: usize,
    /// What the colour and the number show. NaN for none: a grey cell with a dash.
    pub value: f64,
}

/// From the values of cells to colours that people of any colour vision can tell apart.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ColorScale {
    /// From dark blue over green to yellow, evenly to the eye (viridis). A value beyond an end has
    /// the colour of that end.
    Sequential {
        /// Value of the darkest colour.
        low: f64,
        /// Value of the lightest colour.
        high: f64,
    },
    /// For differences: from blue over white at 0 to vermilion. It reaches as far to both sides as
    /// the largest absolute value that the figure shows on this scale.
    Diverging,
}
