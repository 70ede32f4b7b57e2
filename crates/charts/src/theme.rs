//! Sizes in points and colours that all figures have in common.

use crate::style::Color;

/// Text.
pub(crate) const INK: Color = Color([0x22; 3]);
/// Axes, and notes inside a panel.
pub(crate) const AXIS: Color = Color([0x55; 3]);
/// Lines of the grid.
pub(crate) const GRID: Color = Color([0xE4; 3]);
/// Reference lines.
pub(crate) const REFERENCE: Color = Color([0x55; 3]);
/// Cells without a value.
pub(crate) const EMPTY: Color = Color([0xD0; 3]);
/// The page.
pub(crate) const PAPER: Color = Color([0xFF; 3]);

/// Points per inch.
pub(crate) const INCH: f64 = 72.0;

/// Font size of ticks and of the legend.
pub(crate) const SMALL: f64 = 8.0;
/// Font size of the labels of axes and of the titles of panels.
pub(crate) const MEDIUM: f64 = 9.0;
/// Font size of the figure's title.
pub(crate) const LARGE: f64 = 10.0;

/// Length of a labelled tick.
pub(crate) const TICK: f64 = 2.5;
/// Length of a tick between these.
pub(crate) const MINOR_TICK: f64 = 1.5;
/// Between ticks and their labels, and between these and the axis label.
pub(crate) const GAP: f64 = 2.5;

/// Width of a sample in the legend.
pub(crate) const SAMPLE: f64 = 22.0;
/// Height of a row of the legend.
pub(crate) const LEGEND_ROW: f64 = 12.5;
