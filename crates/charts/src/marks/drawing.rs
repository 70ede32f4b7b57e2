//! What every kind of marks does.

use std::fmt;

use crate::frame::Frame;
use crate::geometry::Xy;
use crate::marks::colors::Colors;
use crate::marks::discs::Discs;
use crate::scene::Scene;
use crate::style::Style;
use crate::text::Font;
use crate::theme::{LEGEND_ROW, SAMPLE};

/// A kind of marks: what it needs of the axes, how it is drawn, and what the legend says of it.
pub(crate) trait Drawing {
    /// The values that the x axis has to hold.
    fn x_values(&self) -> Vec<f64>;

    /// The values that the y axis has to hold.
    fn y_values(&self) -> Vec<f64>;

    /// Whether any of the marks has a place in the frame.
    fn is_visible(&self, frame: &Frame<'_>) -> bool;

    /// Whether the marks stand where categories cross, so that each category needs its line.
    fn needs_crossings(&self) -> bool;

    /// Draws what lies below the axes and the lines of all series.
    fn draw_below(&self, scene: &mut Scene, frame: &Frame<'_>, style: &Style, shared: &Shared);

    /// Draws all else.
    fn draw(
        &self,
        scene: &mut Scene,
        frame: &Frame<'_>,
        style: &Style,
        place: Place,
        shared: &Shared,
    );

    /// The entries of the legend for a series of this label.
    fn entries(&self, label: &str, style: &Style, shared: &Shared) -> Vec<Entry>;
}

/// What the marks of all panels of a figure have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub discs: Discs,
    pub colors: Colors,
    /// Measures the text in marks.
    pub font: Font,
}

/// Where a series stands among those of its kind in its panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Number of this series among them, from 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl Place {
    /// That of a series alone.
    pub const ALONE: Self = Self { index: 0, count: 1 };

    /// Distance from the middle, in units of one series.
    pub fn offset(self) -> f64 {
        self.index as f64 - (self.count as f64 - 1.0) / 2.0
    }

    /// Width of one series where all of them have `room`.
    pub fn share(self, room: f64) -> f64 {
        room / self.count.max(1) as f64
    }
}

/// A line of the legend: a sample, and what it means.
#[derive(Debug)]
pub(crate) struct Entry {
    pub label: String,
    pub sample: Sample,
}

impl Entry {
    /// With a sample of the usual size.
    pub fn new(label: &str, draw: impl Fn(&mut Scene, Xy) + 'static) -> Self {
        Self {
            label: label.to_owned(),
            sample: Sample {
                width: SAMPLE,
                height: LEGEND_ROW,
                draw: Box::new(draw),
            },
        }
    }
}

/// Draws a sample.
type Draw = dyn Fn(&mut Scene, Xy);

/// What stands before a name in the legend.
pub(crate) struct Sample {
    pub width: f64,
    pub height: f64,
    /// Draws it to the right of a position, around its height.
    pub draw: Box<Draw>,
}

impl fmt::Debug for Sample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sample({} × {})", self.width, self.height)
    }
}
