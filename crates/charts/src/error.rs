//! The one error type of the crate.

/// Why a figure can't be drawn, or why a part of its description can't be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A figure has no panel, or more than fit on a page.
    #[error("a figure has 1 to {most} panels, not {panels}")]
    Panels {
        /// How many there are.
        panels: usize,
        /// How many there may be.
        most: usize,
    },
    /// Panels in a row would be too narrow to read, or there are none.
    #[error("a figure has 1 to {most} columns, not {columns}")]
    Columns {
        /// How many are asked for.
        columns: usize,
        /// How many there may be.
        most: usize,
    },
    /// The panels below each other, or the names on their axes, are too many for a page.
    #[error("the figure is {height:.0} inches high, and may be {most:.0}: draw it in parts")]
    Height {
        /// What it would be, in inches.
        height: f64,
        /// What it may be, in inches.
        most: f64,
    },
    /// The ends of an axis or a colour scale are not finite, not in order, or not positive on a
    /// logarithmic axis.
    #[error(
        "axis `{axis}` can't go from {low} to {high}: finite, increasing ends are needed, positive on a log axis"
    )]
    Range {
        /// Label of the axis, or of the series that has the colour scale.
        axis: String,
        /// Lower end asked for.
        low: f64,
        /// Upper end asked for.
        high: f64,
    },
    /// Cells stand on an axis that has no places for them.
    #[error("the cells of `{series}` need categories on both axes, and axis `{axis}` has none")]
    CellAxis {
        /// Label of the cells.
        series: String,
        /// Label of the axis.
        axis: String,
    },
    /// A cell lies outside the axes.
    #[error(
        "`{series}` has a cell at ({x}, {y}): the axes have {columns} × {rows} places, counted from 0"
    )]
    CellPlace {
        /// Label of the cells.
        series: String,
        /// Where the cell is on the x axis.
        x: usize,
        /// Where it is on the y axis.
        y: usize,
        /// How many places the x axis has.
        columns: usize,
        /// How many places the y axis has.
        rows: usize,
    },
    /// Two cells of a panel have the same place.
    #[error("`{series}` has a cell at ({x}, {y}), where the panel already has one")]
    CellTwice {
        /// Label of the second cell.
        series: String,
        /// Where it is on the x axis.
        x: usize,
        /// Where it is on the y axis.
        y: usize,
    },
    /// The value of a cell is infinite.
    #[error(
        "cell ({x}, {y}) of `{series}` is {value}: finite numbers have colours, and NaN is none"
    )]
    CellValue {
        /// Label of the cells.
        series: String,
        /// Where the cell is on the x axis.
        x: usize,
        /// Where it is on the y axis.
        y: usize,
        /// Its value.
        value: f64,
    },
    /// Text is wider than its place.
    #[error("`{text}` takes {width:.0} points of width, and the figure has {room:.0}: shorten it")]
    Room {
        /// The text.
        text: String,
        /// Its width.
        width: f64,
        /// The width of its place.
        room: f64,
    },
    /// There are fewer markers than that.
    #[error("no marker has index {index}: there are {count}, counted from 0")]
    Marker {
        /// The index asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A line can't be cut into such dashes.
    #[error(
        "dashes are pairs of lengths, drawn and left out in turn, each from {shortest} to {longest} points, not {lengths:?}"
    )]
    Dashes {
        /// The lengths asked for.
        lengths: Vec<f64>,
        /// Least length of a part.
        shortest: f64,
        /// Largest length of a part.
        longest: f64,
    },
    /// The embedded font can't be read.
    #[error("the embedded font can't be read")]
    Font,
    /// The drawing library failed.
    #[error("drawing failed: {0}")]
    Backend(String),
    /// The image can't be encoded.
    #[cfg(feature = "png")]
    #[error("encoding the PNG image failed: {0}")]
    Png(#[from] png::EncodingError),
}

impl Error {
    /// For `map_err` on what plotters returns, whose error types differ by backend.
    pub(crate) fn backend(source: impl std::fmt::Display) -> Self {
        Self::Backend(source.to_string())
    }
}
