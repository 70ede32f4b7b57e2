//! Lines to compare with.

use crate::figure::{At, Panel, Reference};
use crate::frame::Frame;
use crate::geometry::{Xy, clip_line};
use crate::marks::drawing::Entry;
use crate::pen;
use crate::scene::Scene;
use crate::theme::{REFERENCE, SAMPLE};

const WIDTH: f64 = 1.0;

/// The distinct labels of a figure's references, in the order of their appearance: the index
/// decides the dashes.
pub(crate) fn labels(panels: &[Panel]) -> Vec<&str> {
    let mut labels = Vec::new();
    for reference in panels.iter().flat_map(|panel| &panel.references) {
        if !labels.contains(&reference.label.as_str()) {
            labels.push(&reference.label);
        }
    }
    labels
}

fn dashes(index: usize) -> &'static [f64] {
    const DASHES: [&[f64]; 4] = [&[3.0, 1.5], &[0.9, 1.3], &[6.0, 1.5, 0.9, 1.5], &[8.0, 2.0]];
    DASHES[index % DASHES.len()]
}

/// The values that the x axis has to hold.
pub(crate) fn x_values(reference: &Reference) -> Vec<f64> {
    match &reference.at {
        At::X(x) => vec![*x],
        At::Y(_) => Vec::new(),
        At::Curve(positions) => positions.iter().map(|position| position.0).collect(),
    }
}

/// The values that the y axis has to hold.
pub(crate) fn y_values(reference: &Reference) -> Vec<f64> {
    match &reference.at {
        At::X(_) => Vec::new(),
        At::Y(y) => vec![*y],
        At::Curve(positions) => positions.iter().map(|position| position.1).collect(),
    }
}

/// Draws the line of the reference whose label has this index.
pub(crate) fn draw(scene: &mut Scene, frame: &Frame<'_>, reference: &Reference, index: usize) {
    let area = frame.area;
    let positions = match &reference.at {
        At::X(x) => vec![(frame.x(*x), area.bottom), (frame.x(*x), area.top)],
        At::Y(y) => vec![(area.left, frame.y(*y)), (area.right, frame.y(*y))],
        At::Curve(curve) => curve
            .iter()
            .map(|&(x, y)| (frame.x(x), frame.y(y)))
            .collect(),
    };
    let is_gap = |position: &Xy| !(position.0 + position.1).is_finite();
    for run in positions.split(is_gap) {
        for line in clip_line(run, area) {
            pen::dashed(scene, &line, dashes(index), REFERENCE, WIDTH);
        }
    }
}

/// The entry of the legend for the label with this index.
pub(crate) fn entry(label: &str, index: usize) -> Entry {
    Entry::new(label, move |scene, (x, y)| {
        let line = [(x, y), (x + SAMPLE, y)];
        pen::dashed(scene, &line, dashes(index), REFERENCE, WIDTH);
    })
}
