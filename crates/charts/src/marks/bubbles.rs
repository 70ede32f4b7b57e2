//! Discs whose areas are counts.

use crate::frame::Frame;
use crate::marks::drawing::{Drawing, Entry, Place, Sample, Shared};
use crate::scene::Scene;
use crate::series::Bubble;
use crate::style::Style;
use crate::theme::LEGEND_ROW;
use crate::ticks::number;

/// See [`crate::Marks::Bubbles`].
#[derive(Debug)]
pub(crate) struct Bubbles<'a>(pub &'a [Bubble]);

impl Drawing for Bubbles<'_> {
    fn x_values(&self) -> Vec<f64> {
        let sides = self.0.iter().map(|bubble| [bubble.x - 0.5, bubble.x + 0.5]);
        sides.flatten().collect()
    }

    fn y_values(&self) -> Vec<f64> {
        let sides = self.0.iter().map(|bubble| [bubble.y - 0.5, bubble.y + 0.5]);
        sides.flatten().collect()
    }

    fn is_visible(&self, frame: &Frame<'_>) -> bool {
        let mut bubbles = self.0.iter();
        bubbles.any(|bubble| frame.position(bubble.x, bubble.y).is_some())
    }

    fn needs_crossings(&self) -> bool {
        true
    }

    fn draw_below(&self, _: &mut Scene, _: &Frame<'_>, _: &Style, _: &Shared) {}

    fn draw(&self, scene: &mut Scene, frame: &Frame<'_>, style: &Style, _: Place, shared: &Shared) {
        for bubble in self.0 {
            let center = (frame.x(bubble.x), frame.y(bubble.y));
            let radius = shared.discs.radius(bubble.count);
            if radius > 0.0 && frame.area.contains(center) {
                scene.disc(center, radius, style.color);
            }
        }
    }

    /// A few round counts; the last one says what is counted.
    fn entries(&self, label: &str, style: &Style, shared: &Shared) -> Vec<Entry> {
        let counts = shared.discs.round_counts();
        let last = counts.len().saturating_sub(1);
        let entry = |(i, &count): (usize, &f64)| {
            let (radius, color) = (shared.discs.radius(count), style.color);
            let count = number(count, count);
            Entry {
                label: if i == last {
                    format!("{count} {label}")
                } else {
                    count
                },
                sample: Sample {
                    width: 2.0 * radius,
                    height: LEGEND_ROW.max(2.0 * radius + 2.0),
                    draw: Box::new(move |scene, (x, y)| {
                        scene.disc((x + radius, y), radius, color);
                    }),
                },
            }
        };
        counts.iter().enumerate().map(entry).collect()
    }
}
