//! Bars with error bars.

use crate::frame::Frame;
use crate::geometry::Rect;
use crate::marks::drawing::{Drawing, Entry, Place, Shared};
use crate::marks::points::{self, marks};
use crate::pen;
use crate::scene::Scene;
use crate::series::Point;
use crate::style::Style;
use crate::theme::{INK, SAMPLE};

/// Part of a category that its bars fill.
const FILLED: f64 = 0.8;
/// Half the part of its place that a bar fills.
const HALF: f64 = 0.46;
/// Around a bar in the legend.
const MARGIN: f64 = 4.0;

/// See [`crate::Marks::Bars`].
#[derive(Debug)]
pub(crate) struct Bars<'a>(pub &'a [Point]);

impl Drawing for Bars<'_> {
    fn x_values(&self) -> Vec<f64> {
        let sides = self.0.iter().map(|point| [point.x - 0.5, point.x + 0.5]);
        sides.flatten().collect()
    }

    fn y_values(&self) -> Vec<f64> {
        let mut values = points::y_values(self.0);
        values.push(0.0);
        values
    }

    fn is_visible(&self, frame: &Frame<'_>) -> bool {
        points::is_visible(self.0, frame)
    }

    fn needs_crossings(&self) -> bool {
        false
    }

    fn draw_below(&self, _: &mut Scene, _: &Frame<'_>, _: &Style, _: &Shared) {}

    fn draw(&self, scene: &mut Scene, frame: &Frame<'_>, style: &Style, place: Place, _: &Shared) {
        let width = place.share(FILLED * frame.unit());
        let marks = marks(self.0, frame, width * place.offset());
        let zero = frame.y(0.0);
        let foot = if zero.is_nan() {
            frame.area.bottom
        } else {
            zero
        };
        for mark in marks.iter().flatten() {
            let whole = Rect {
                left: mark.at.0 - HALF * width,
                top: mark.at.1.min(foot),
                right: mark.at.0 + HALF * width,
                bottom: mark.at.1.max(foot),
            };
            if let Some(shown) = whole.intersection(frame.area) {
                pen::bar(scene, shown, style);
            }
        }
        points::spreads(scene, frame, &marks, INK);
    }

    fn entries(&self, label: &str, style: &Style, _: &Shared) -> Vec<Entry> {
        let style = style.clone();
        vec![Entry::new(label, move |scene, (x, y)| {
            let bar = Rect {
                left: x + MARGIN,
                top: y - MARGIN,
                right: x + SAMPLE - MARGIN,
                bottom: y + MARGIN,
            };
            pen::bar(scene, bar, &style);
        })]
    }
}
