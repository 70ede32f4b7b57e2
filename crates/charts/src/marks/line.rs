//! A line with a band, some of its points marked.

use crate::frame::Frame;
use crate::geometry::{Xy, clip_polygon};
use crate::marks::drawing::{Drawing, Entry, Place, Shared};
use crate::marks::points::{self, Mark, marks, runs};
use crate::pen;
use crate::scene::Scene;
use crate::series::Point;
use crate::style::Style;
use crate::theme::SAMPLE;

/// Markers of one line keep this distance.
const SPACING: f64 = 17.0;
/// Half the height of a band in the legend.
const BAND: f64 = 4.0;

/// See [`crate::Marks::Line`].
#[derive(Debug)]
pub(crate) struct Line<'a>(pub &'a [Point]);

impl Drawing for Line<'_> {
    fn x_values(&self) -> Vec<f64> {
        points::x_values(self.0)
    }

    fn y_values(&self) -> Vec<f64> {
        points::y_values(self.0)
    }

    fn is_visible(&self, frame: &Frame<'_>) -> bool {
        points::is_visible(self.0, frame)
    }

    fn needs_crossings(&self) -> bool {
        false
    }

    fn draw_below(&self, scene: &mut Scene, frame: &Frame<'_>, style: &Style, _: &Shared) {
        let marks = marks(self.0, frame, 0.0);
        let spread = |mark: &Option<Mark>| mark.filter(|m| (m.high - m.low).is_finite());
        let marks: Vec<_> = marks.iter().map(spread).collect();
        for run in runs(&marks) {
            let upper = run.iter().map(|mark| (mark.at.0, mark.high));
            let lower = run.iter().rev().map(|mark| (mark.at.0, mark.low));
            let outline: Vec<Xy> = upper.chain(lower).collect();
            pen::band(scene, &clip_polygon(&outline, frame.area), style);
        }
    }

    fn draw(&self, scene: &mut Scene, frame: &Frame<'_>, style: &Style, place: Place, _: &Shared) {
        let marks = marks(self.0, frame, 0.0);
        points::join(scene, frame, &marks, style);
        // The series of a panel mark different points where they have many, so that markers don't
        // pile up.
        let mut last = f64::NEG_INFINITY;
        for run in runs(&marks) {
            let length = (run[run.len() - 1].at.0 - run[0].at.0).abs();
            let crowded = length < SPACING * (run.len() - 1) as f64;
            if crowded && last == f64::NEG_INFINITY {
                let part = place.index as f64 / place.count.max(1) as f64;
                last = run[0].at.0 + SPACING * (part - 1.0);
            }
            for mark in run.iter().filter(|mark| frame.area.contains(mark.at)) {
                if !crowded || (mark.at.0 - last).abs() >= SPACING - 1e-6 {
                    pen::marker(scene, mark.at, style);
                    last = mark.at.0;
                }
            }
        }
    }

    fn entries(&self, label: &str, style: &Style, _: &Shared) -> Vec<Entry> {
        let style = style.clone();
        let mut points = self.0.iter();
        let banded = points.any(|point| (point.high - point.low).is_finite());
        vec![Entry::new(label, move |scene, (x, y)| {
            let end = x + SAMPLE;
            if banded {
                let (top, bottom) = (y - BAND, y + BAND);
                let corners = [(x, top), (end, top), (end, bottom), (x, bottom)];
                pen::band(scene, &corners, &style);
            }
            pen::line(scene, &[(x, y), (end, y)], &style);
            pen::marker(scene, (x + SAMPLE / 2.0, y), &style);
        })]
    }
}
