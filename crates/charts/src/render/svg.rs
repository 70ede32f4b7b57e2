//! A scene as an SVG document.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, ShapeStyle, TextStyle,
};

use crate::error::Error;
use crate::render::surface::{Pixel, Surface, draw};
use crate::scene::{Anchor, Scene, Text};
use crate::style::Color;
use crate::text::FAMILY;
use crate::theme::INCH;

/// Whole units of the coordinates per point: plotters knows no fractions.
const UNITS: f64 = 20.0;

/// The scene as an SVG document whose size is given in inches.
pub(crate) fn document(scene: &Scene) -> Result<String, Error> {
    let units = |points: f64| (points * UNITS).round() as u32;
    let (width, height) = (units(scene.width), units(scene.height));
    let mut drawn = String::new();
    let mut backend = SVGBackend::with_string(&mut drawn, (width, height));
    draw(&mut backend, scene, UNITS)?;
    drop(backend);
    // plotters gives sizes in pixels only, and no way to set how lines join.
    let (_, body) = drawn.split_once('\n').unwrap_or_default();
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.4}in\" height=\"{:.4}in\" \
         viewBox=\"0 0 {width} {height}\" stroke-linejoin=\"round\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>\n{body}",
        scene.width / INCH,
        scene.height / INCH,
    ))
}

impl<'a> Surface for SVGBackend<'a> {
    type Backend = SVGBackend<'a>;

    fn backend(&mut self) -> &mut Self::Backend {
        self
    }

    fn stroke(&mut self, points: &[Pixel], style: ShapeStyle) -> Result<(), Error> {
        self.draw_path(points.iter().copied(), &style)
            .map_err(Error::backend)
    }

    fn write(&mut self, text: &Text, unit: f64) -> Result<(), Error> {
        /// plotters writes its font size divided by this as the size of an em,
        const SIZE: f64 = 1.24;
        /// and sets the baseline of text anchored at the top so many ems below.
        const BASELINE: f64 = 0.76;
        let em = text.size * unit;
        let (x, y) = (text.at.0 * unit, text.at.1 * unit);
        let (x, y, transform) = if text.upwards {
            (x - em * BASELINE, y, FontTransform::Rotate270)
        } else {
            (x, y - em * BASELINE, FontTransform::None)
        };
        let anchor = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let Color([r, g, b]) = text.color;
        let color = RGBColor(r, g, b);
        let font = FontDesc::new(FontFamily::Name(FAMILY), em * SIZE, FontStyle::Normal);
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(anchor, VPos::Top))
            .transform(transform);
        self.draw_text(&text.text, &style, (x.round() as i32, y.round() as i32))
            .map_err(Error::backend)
    }
}
