//! Points with their spread: what lines, error bars and bars have in common.

use crate::frame::Frame;
use crate::geometry::{Xy, clip_line};
use crate::pen;
use crate::scene::Scene;
use crate::series::Point;
use crate::style::{Color, Style};

const ERROR_BAR: f64 = 0.9;
const CAP: f64 = 1.8;

/// The positions of a point's value and of the ends of its spread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub at: Xy,
    pub low: f64,
    pub high: f64,
}

/// The x values of points.
pub(crate) fn x_values(points: &[Point]) -> Vec<f64> {
    points.iter().map(|point| point.x).collect()
}

/// The y values of points and of their spread.
pub(crate) fn y_values(points: &[Point]) -> Vec<f64> {
    let values = points.iter().map(|point| [point.y, point.low, point.high]);
    values.flatten().collect()
}

/// Whether any point has a position.
pub(crate) fn is_visible(points: &[Point], frame: &Frame<'_>) -> bool {
    let mut points = points.iter();
    points.any(|point| frame.position(point.x, point.y).is_some())
}

/// Maps points, `dx` points to the right; those without a position are gaps.
pub(crate) fn marks(points: &[Point], frame: &Frame<'_>, dx: f64) -> Vec<Option<Mark>> {
    // A spread that reaches below zero has no lower end on a logarithmic axis: it goes on to the
    // edge.
    let end = |value: f64| {
        let position = frame.y(value);
        if value.is_finite() && position.is_nan() {
            frame.area.bottom
        } else {
            position
        }
    };
    let mark = |point: &Point| {
        let (x, y) = frame.position(point.x, point.y)?;
        Some(Mark {
            at: (x + dx, y),
            low: end(point.low),
            high: end(point.high),
        })
    };
    points.iter().map(mark).collect()
}

/// The runs of marks between gaps.
pub(crate) fn runs(marks: &[Option<Mark>]) -> impl Iterator<Item = Vec<Mark>> {
    marks
        .split(Option::is_none)
        .filter(|run| !run.is_empty())
        .map(|run| run.iter().flatten().copied().collect())
}

/// A line through the marks, interrupted at gaps.
pub(crate) fn join(scene: &mut Scene, frame: &Frame<'_>, marks: &[Option<Mark>], style: &Style) {
    for run in runs(marks) {
        let line: Vec<Xy> = run.iter().map(|mark| mark.at).collect();
        for part in clip_line(&line, frame.area) {
            pen::line(scene, &part, style);
        }
    }
}

/// An error bar for each mark that has a spread.
pub(crate) fn spreads(scene: &mut Scene, frame: &Frame<'_>, marks: &[Option<Mark>], color: Color) {
    let spread = |mark: &&Mark| (mark.high - mark.low).is_finite();
    for mark in marks.iter().flatten().filter(spread) {
        let x = mark.at.0;
        for bar in clip_line(&[(x, mark.low), (x, mark.high)], frame.area) {
            scene.line(bar, ERROR_BAR, color);
        }
        for end in [mark.low, mark.high] {
            for cap in clip_line(&[(x - CAP, end), (x + CAP, end)], frame.area) {
                scene.line(cap, ERROR_BAR, color);
            }
        }
    }
}
