//! Markers with error bars, joined by a line or not.

use crate::frame::Frame;
use crate::marks::drawing::{Drawing, Entry, Place, Shared};
use crate::marks::points::{self, marks};
use crate::pen;
use crate::scene::Scene;
use crate::series::Point;
use crate::style::Style;
use crate::theme::SAMPLE;

/// Series beside each other on a categorical axis keep this distance.
const DODGE: f64 = 3.0;

/// See [`crate::Marks::ErrorBars`].
#[derive(Debug)]
pub(crate) struct ErrorBars<'a> {
    pub points: &'a [Point],
    pub joined: bool,
}

impl Drawing for ErrorBars<'_> {
    fn x_values(&self) -> Vec<f64> {
        points::x_values(self.points)
    }

    fn y_values(&self) -> Vec<f64> {
        points::y_values(self.points)
    }

    fn is_visible(&self, frame: &Frame<'_>) -> bool {
        points::is_visible(self.points, frame)
    }

    fn needs_crossings(&self) -> bool {
        false
    }

    fn draw_below(&self, _: &mut Scene, _: &Frame<'_>, _: &Style, _: &Shared) {}

    fn draw(&self, scene: &mut Scene, frame: &Frame<'_>, style: &Style, place: Place, _: &Shared) {
        let place = if frame.is_categorical() {
            place
        } else {
            Place::ALONE
        };
        let dodge = DODGE.min(place.share(0.8 * frame.unit()));
        let marks = marks(self.points, frame, dodge * place.offset());
        if self.joined {
            points::join(scene, frame, &marks, style);
        }
        points::spreads(scene, frame, &marks, style.color);
        for mark in marks.iter().flatten() {
            if frame.area.contains(mark.at) {
                pen::marker(scene, mark.at, style);
            }
        }
    }

    fn entries(&self, label: &str, style: &Style, _: &Shared) -> Vec<Entry> {
        let (style, joined) = (style.clone(), self.joined);
        vec![Entry::new(label, move |scene, (x, y)| {
            if joined {
                pen::line(scene, &[(x, y), (x + SAMPLE, y)], &style);
            }
            pen::marker(scene, (x + SAMPLE / 2.0, y), &style);
        })]
    }
}
