//! What all backends have in common.

use plotters::backend::DrawingBackend;
use plotters::style::{RGBAColor, ShapeStyle};

use crate::error::Error;
use crate::scene::{Scene, Shape, Text};
use crate::style::Color;

/// A position in whole units of a backend.
pub(crate) type Pixel = (i32, i32);

/// A backend, and what each does in its own way. Positions and lengths are in its units.
pub(crate) trait Surface {
    type Backend: DrawingBackend;

    fn backend(&mut self) -> &mut Self::Backend;

    /// Draws a line through `points`.
    fn stroke(&mut self, points: &[Pixel], style: ShapeStyle) -> Result<(), Error>;

    /// Draws text at `unit` units to the point.
    fn write(&mut self, text: &Text, unit: f64) -> Result<(), Error>;
}

/// Draws all shapes of `scene`, `unit` units to the point.
pub(crate) fn draw<S: Surface>(surface: &mut S, scene: &Scene, unit: f64) -> Result<(), Error> {
    let length = |points: f64| (points * unit).round().max(1.0) as u32;
    let pixel = |(x, y): (f64, f64)| ((x * unit).round() as i32, (y * unit).round() as i32);
    for shape in &scene.shapes {
        match shape {
            Shape::Line {
                points,
                width,
                color,
            } => {
                let style = fill(*color, 1.0).stroke_width(length(*width));
                let points: Vec<Pixel> = points.iter().copied().map(pixel).collect();
                surface.stroke(&points, style)?;
            }
            Shape::Polygon {
                points,
                color,
                opacity,
            } => surface
                .backend()
                .fill_polygon(points.iter().copied().map(pixel), &fill(*color, *opacity))
                .map_err(Error::backend)?,
            Shape::Disc {
                center,
                radius,
                color,
            } => surface
                .backend()
                .draw_circle(pixel(*center), length(*radius), &fill(*color, 1.0), true)
                .map_err(Error::backend)?,
            Shape::Text(text) => surface.write(text, unit)?,
        }
    }
    surface.backend().present().map_err(Error::backend)
}

/// A colour as plotters has it.
pub(crate) fn fill(Color([r, g, b]): Color, opacity: f64) -> ShapeStyle {
    ShapeStyle {
        color: RGBAColor(r, g, b, opacity),
        filled: true,
        stroke_width: 1,
    }
}
