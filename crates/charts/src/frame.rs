//! A plotting area, and where values are in it.

use crate::axis::{Axis, Scale};
use crate::geometry::{Rect, Xy};
use crate::scale::coordinate;

/// An axis with its ends decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    pub axis: &'a Axis,
    /// In the coordinate of its scale.
    pub ends: (f64, f64),
}

impl Span<'_> {
    fn length(&self) -> f64 {
        self.ends.1 - self.ends.0
    }
}

/// A plotting area with the two axes that span it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub area: Rect,
    pub x: Span<'a>,
    pub y: Span<'a>,
}

impl Frame<'_> {
    /// Width of one unit of the x axis, which is one category of a categorical one.
    pub fn unit(&self) -> f64 {
        self.area.width() / self.x.length()
    }

    /// Position of a coordinate on the x axis.
    pub fn across(&self, coordinate: f64) -> f64 {
        self.area.left + (coordinate - self.x.ends.0) * self.unit()
    }

    /// Position of a coordinate on the y axis.
    pub fn down(&self, coordinate: f64) -> f64 {
        self.area.bottom - (coordinate - self.y.ends.0) * self.area.height() / self.y.length()
    }

    /// Position of a value on the x axis; NaN where it has none.
    pub fn x(&self, value: f64) -> f64 {
        self.across(coordinate(&self.x.axis.scale, value))
    }

    /// Position of a value on the y axis; NaN where it has none.
    pub fn y(&self, value: f64) -> f64 {
        self.down(coordinate(&self.y.axis.scale, value))
    }

    /// Position of a pair of values, if it has one.
    pub fn position(&self, x: f64, y: f64) -> Option<Xy> {
        let at = (self.x(x), self.y(y));
        (at.0.is_finite() && at.1.is_finite()).then_some(at)
    }

    /// Whether the x axis has a place for each of several names.
    pub fn is_categorical(&self) -> bool {
        matches!(self.x.axis.scale, Scale::Categories(_))
    }
}
