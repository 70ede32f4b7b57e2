//! The kinds of marks: one file each, and one line here.

mod bars;
mod bubbles;
pub(crate) mod cells;
pub(crate) mod colors;
pub(crate) mod discs;
pub(crate) mod drawing;
mod error_bars;
mod line;
mod points;
pub(crate) mod references;

use drawing::Drawing;

use crate::series::Marks;

/// What draws the marks of a series.
pub(crate) fn drawing(marks: &Marks) -> Box<dyn Drawing + '_> {
    match marks {
        Marks::Line(points) => Box::new(line::Line(points)),
        Marks::ErrorBars { points, joined } => Box::new(error_bars::ErrorBars {
            points,
            joined: *joined,
        }),
        Marks::Bars(points) => Box::new(bars::Bars(points)),
        Marks::Bubbles(bubbles) => Box::new(bubbles::Bubbles(bubbles)),
        Marks::Cells {
            scale,
            decimals,
            cells,
        } => Box::new(cells::Cells {
            scale: *scale,
            decimals: *decimals,
            cells,
        }),
    }
}
