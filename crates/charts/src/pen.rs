//! Lines, bands, bars and markers in a style.

use std::f64::consts::TAU;

use crate::geometry::{Rect, Xy, clip_polygon, dash};
use crate::scene::Scene;
use crate::style::{Color, Inside, Marker, Side, Style};
use crate::theme::PAPER;

const LINE: f64 = 1.3;
/// Half the height of a marker.
const RADIUS: f64 = 2.5;
/// Outline of a marker or bar that is not filled.
const OUTLINE: f64 = 0.9;
const BAND_OPACITY: f64 = 0.18;

/// A line cut into dashes.
pub(crate) fn dashed(scene: &mut Scene, line: &[Xy], dashes: &[f64], color: Color, width: f64) {
    for part in dash(line, dashes) {
        scene.line(part, width, color);
    }
}

/// A line of a series.
pub(crate) fn line(scene: &mut Scene, line: &[Xy], style: &Style) {
    dashed(scene, line, style.dashes.lengths(), style.color, LINE);
}

/// A band around a line of a series.
pub(crate) fn band(scene: &mut Scene, outline: &[Xy], style: &Style) {
    scene.polygon(outline.to_vec(), style.color, BAND_OPACITY);
}

/// A bar, its inside like that of the series' markers.
pub(crate) fn bar(scene: &mut Scene, bar: Rect, style: &Style) {
    scene.rectangle(bar, style.color);
    if bar.width().min(bar.height()) <= 2.5 * OUTLINE {
        return;
    }
    let inner = bar.shrunk(OUTLINE);
    match style.inside {
        Inside::Filled => {}
        Inside::Hollow => scene.rectangle(inner, PAPER),
        Inside::Dot => {
            scene.rectangle(inner, PAPER);
            scene.tinted(inner, style.color, 0.4);
        }
        Inside::Half(side) => scene.rectangle(inner.half(opposite(side)), PAPER),
    }
}

/// A marker at `center`.
pub(crate) fn marker(scene: &mut Scene, center: Xy, style: &Style) {
    match form(style.marker) {
        Form::Strokes { count, turn } => {
            for stroke in 0..count {
                let angle = turn + TAU / 2.0 * f64::from(stroke) / f64::from(count);
                let (sin, cos) = angle.sin_cos();
                let (dx, dy) = (1.1 * RADIUS * cos, 1.1 * RADIUS * sin);
                let (x, y) = center;
                let line = vec![(x - dx, y - dy), (x + dx, y + dy)];
                scene.line(line, 1.4 * OUTLINE, style.color);
            }
        }
        Form::Disc => {
            let disc = |scene: &mut Scene, scale: f64, color| {
                scene.disc(center, scale * RADIUS, color);
            };
            let round = Outline {
                corners: 24,
                turn: 0.0,
                size: 1.0,
                notch: 1.0,
            };
            filled(scene, center, style, &round, disc);
        }
        Form::Outline(outline) => {
            let polygon = |scene: &mut Scene, scale: f64, color| {
                scene.polygon(outline.at(center, scale), color, 1.0);
            };
            filled(scene, center, style, &outline, polygon);
        }
    }
}

/// A marker with an inside; `solid` draws it in one colour at a part of its size.
fn filled(
    scene: &mut Scene,
    center: Xy,
    style: &Style,
    outline: &Outline,
    solid: impl Fn(&mut Scene, f64, Color),
) {
    let inner = 1.0 - 1.15 * OUTLINE / RADIUS;
    solid(scene, 1.0, style.color);
    match style.inside {
        Inside::Filled => {}
        Inside::Hollow => solid(scene, inner, PAPER),
        Inside::Dot => {
            solid(scene, inner, PAPER);
            scene.disc(center, 0.35 * RADIUS, style.color);
        }
        Inside::Half(side) => {
            let empty = Rect::around(center, 2.0 * RADIUS).half(opposite(side));
            scene.polygon(clip_polygon(&outline.at(center, inner), empty), PAPER, 1.0);
        }
    }
}

fn opposite(side: Side) -> Side {
    match side {
        Side::Left => Side::Right,
        Side::Top => Side::Bottom,
        Side::Right => Side::Left,
        Side::Bottom => Side::Top,
    }
}

/// How a marker is drawn.
enum Form {
    Disc,
    /// Through the centre; the first one at an angle of `turn`.
    Strokes {
        count: u8,
        turn: f64,
    },
    Outline(Outline),
}

/// Corners on a circle.
struct Outline {
    corners: u16,
    /// Where the first corner is, in turns.
    turn: f64,
    /// Radius, relative to that of a disc: gives all markers about the same area.
    size: f64,
    /// Radius of every second corner, relative to the others.
    notch: f64,
}

impl Outline {
    /// The corners around `center`, at `scale` times the size.
    fn at(&self, center: Xy, scale: f64) -> Vec<Xy> {
        let corner = |i: u16| {
            let notch = if i % 2 == 1 { self.notch } else { 1.0 };
            let radius = notch * self.size * scale * RADIUS;
            let turn = self.turn + f64::from(i) / f64::from(self.corners);
            let (sin, cos) = (TAU * turn).sin_cos();
            (center.0 + radius * cos, center.1 + radius * sin)
        };
        (0..self.corners).map(corner).collect()
    }
}

fn form(marker: Marker) -> Form {
    let regular = |corners, turn, size| {
        Form::Outline(Outline {
            corners,
            turn,
            size,
            notch: 1.0,
        })
    };
    match marker {
        Marker::Circle => Form::Disc,
        Marker::Square => regular(4, 0.125, 1.27),
        Marker::Diamond => regular(4, 0.0, 1.3),
        Marker::TriangleUp => regular(3, -0.25, 1.45),
        Marker::TriangleDown => regular(3, 0.25, 1.45),
        Marker::TriangleLeft => regular(3, 0.5, 1.45),
        Marker::TriangleRight => regular(3, 0.0, 1.45),
        Marker::Pentagon => regular(5, -0.25, 1.2),
        Marker::Hexagon => regular(6, 0.0, 1.15),
        Marker::Star(points) => Form::Outline(Outline {
            corners: 2 * u16::from(points.max(3)),
            turn: -0.25,
            size: 1.5,
            notch: 0.45,
        }),
        Marker::Plus => Form::Strokes {
            count: 2,
            turn: 0.0,
        },
        Marker::Cross => Form::Strokes {
            count: 2,
            turn: TAU / 8.0,
        },
        Marker::Asterisk => Form::Strokes {
            count: 3,
            turn: TAU / 4.0,
        },
    }
}
