//! A figure as shapes in points: the last form before a file format.

use crate::geometry::{Rect, Xy};
use crate::style::Color;
use crate::text::{CAP_HEIGHT, LEADING, Paragraph};
use crate::theme::INK;

/// One thing to draw. Later shapes cover earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Line {
        points: Vec<Xy>,
        width: f64,
        color: Color,
    },
    Polygon {
        points: Vec<Xy>,
        color: Color,
        opacity: f64,
    },
    Disc {
        center: Xy,
        radius: f64,
        color: Color,
    },
    Text(Text),
}

/// Where text lies relative to its position on the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub text: String,
    /// Position on the baseline.
    pub at: Xy,
    pub anchor: Anchor,
    /// Font size in points.
    pub size: f64,
    pub color: Color,
    /// Whether the text runs upwards.
    pub upwards: bool,
}

/// All that is drawn on a page of the given size in points.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scene {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Scene {
    pub fn line(&mut self, points: Vec<Xy>, width: f64, color: Color) {
        self.shapes.push(Shape::Line {
            points,
            width,
            color,
        });
    }

    pub fn polygon(&mut self, points: Vec<Xy>, color: Color, opacity: f64) {
        if points.len() > 2 {
            self.shapes.push(Shape::Polygon {
                points,
                color,
                opacity,
            });
        }
    }

    pub fn rectangle(&mut self, rect: Rect, color: Color) {
        self.tinted(rect, color, 1.0);
    }

    pub fn tinted(&mut self, rect: Rect, color: Color, opacity: f64) {
        let Rect {
            left,
            top,
            right,
            bottom,
        } = rect;
        let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
        self.polygon(corners, color, opacity);
    }

    pub fn disc(&mut self, center: Xy, radius: f64, color: Color) {
        self.shapes.push(Shape::Disc {
            center,
            radius,
            color,
        });
    }

    pub fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }

    /// Level text whose capitals stand around the height `y`.
    pub fn label(&mut self, text: &str, size: f64, at: Xy, anchor: Anchor) {
        self.colored_label(text, size, at, anchor, INK);
    }

    /// The same in another colour.
    pub fn colored_label(
        &mut self,
        text: &str,
        size: f64,
        (x, y): Xy,
        anchor: Anchor,
        color: Color,
    ) {
        self.text(Text {
            text: text.to_owned(),
            at: (x, y + size * CAP_HEIGHT / 2.0),
            anchor,
            size,
            color,
            upwards: false,
        });
    }

    /// Text whose lines are centred on `middle`, from `top` down.
    pub fn paragraph(&mut self, text: &Paragraph, middle: f64, mut top: f64) {
        let size = text.size;
        for line in &text.lines {
            self.text(Text {
                text: line.clone(),
                at: (middle, top + size * (LEADING + CAP_HEIGHT) / 2.0),
                anchor: Anchor::Middle,
                size,
                color: INK,
                upwards: false,
            });
            top += size * LEADING;
        }
    }
}
