//! A scene as a PNG file.
//!
//! Two things of plotters' bitmap backend aren't used: it sets each glyph at a whole pixel and
//! without its left bearing, so text is drawn here from the outlines of the font; and it makes one
//! polygon of a thick line, which has holes where the line folds back, so lines are drawn segment
//! by segment.

use ab_glyph::{Font as _, Point, point};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color as _, ShapeStyle};

use crate::error::Error;
use crate::render::surface::{Pixel, Surface, draw, fill};
use crate::scene::{Anchor, Scene, Text};
use crate::text::Font;
use crate::theme::INCH;

/// Resolution in pixels per inch.
const DPI: u32 = 300;
/// Each pixel is the mean of this many by this many: plotters smooths no edges of its own well.
const OVERSAMPLING: u32 = 3;
const METRES_PER_INCH: f64 = 0.0254;

/// The scene as a PNG file of 300 pixels per inch.
pub(crate) fn file(scene: &Scene, font: &Font) -> Result<Vec<u8>, Error> {
    let pixels = |points: f64| (points / INCH * f64::from(DPI)).ceil() as u32;
    let (width, height) = (pixels(scene.width), pixels(scene.height));
    let size = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut fine = vec![u8::MAX; size.0 as usize * size.1 as usize * 3];
    let unit = f64::from(DPI * OVERSAMPLING) / INCH;
    let mut bitmap = Bitmap {
        backend: BitMapBackend::with_buffer(&mut fine, size),
        font,
    };
    draw(&mut bitmap, scene, unit)?;
    drop(bitmap);

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let per_metre = (f64::from(DPI) / METRES_PER_INCH).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&shrink(&fine, width as usize, OVERSAMPLING as usize))?;
    writer.finish()?;
    Ok(bytes)
}

/// plotters' bitmap, and what text is drawn with.
struct Bitmap<'a> {
    backend: BitMapBackend<'a>,
    font: &'a Font,
}

impl<'a> Surface for Bitmap<'a> {
    type Backend = BitMapBackend<'a>;

    fn backend(&mut self) -> &mut Self::Backend {
        &mut self.backend
    }

    fn stroke(&mut self, points: &[Pixel], style: ShapeStyle) -> Result<(), Error> {
        let half = f64::from(style.stroke_width) / 2.0;
        for (i, pair) in points.windows(2).enumerate() {
            if i > 0 {
                self.backend
                    .draw_circle(pair[0], half as u32, &style, true)
                    .map_err(Error::backend)?;
            }
            if let Some(corners) = thick(pair[0], pair[1], half) {
                self.backend
                    .fill_polygon(corners, &style)
                    .map_err(Error::backend)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, text: &Text, unit: f64) -> Result<(), Error> {
        let face = &self.font.face;
        let scale = face.pt_to_px_scale((text.size * unit * 0.75) as f32);
        let scale = scale.ok_or(Error::Font)?;
        let width = self.font.width(&text.text, text.size);
        let start = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let (x, y) = (text.at.0 * unit, text.at.1 * unit);
        for (glyph, advance) in self.font.glyphs(&text.text) {
            // Along the baseline, from where the text is anchored.
            let along = (start + advance * text.size) * unit;
            // Turned text is drawn level around the origin, and its pixels are turned.
            let at = if text.upwards {
                (along, 0.0)
            } else {
                (x + along, y)
            };
            let glyph = glyph.with_scale_and_position(scale, point(at.0 as f32, at.1 as f32));
            let Some(outline) = face.outline_glyph(glyph) else {
                continue;
            };
            let Point { x: left, y: top } = outline.px_bounds().min;
            let mut result = Ok(());
            outline.draw(|column, row, coverage| {
                let (dx, dy) = (left as i32 + column as i32, top as i32 + row as i32);
                let pixel = if text.upwards {
                    (x.round() as i32 + dy, y.round() as i32 - dx)
                } else {
                    (dx, dy)
                };
                if result.is_ok() && coverage > 0.0 {
                    let color = fill(text.color, f64::from(coverage.min(1.0))).color;
                    result = self.backend.draw_pixel(pixel, color.to_backend_color());
                }
            });
            result.map_err(Error::backend)?;
        }
        Ok(())
    }
}

/// The corners of a segment that is `2 * half` wide; none if it has no length.
fn thick(from: Pixel, to: Pixel, half: f64) -> Option<[Pixel; 4]> {
    let (x, y) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    let length = x.hypot(y);
    if length <= 0.0 {
        return None;
    }
    let (dx, dy) = (-y / length * half, x / length * half);
    let side = |p: Pixel, sign: f64| {
        let (x, y) = (f64::from(p.0) + sign * dx, f64::from(p.1) + sign * dy);
        (x.round() as i32, y.round() as i32)
    };
    Some([
        side(from, 1.0),
        side(to, 1.0),
        side(to, -1.0),
        side(from, -1.0),
    ])
}

/// Means over squares of `by × by` pixels, of an RGB image that is `width * by` pixels wide.
fn shrink(fine: &[u8], width: usize, by: usize) -> Vec<u8> {
    let samples = (by * by) as u32;
    let mut coarse = Vec::with_capacity(fine.len() / (by * by));
    let mut sums = vec![0_u32; width * 3];
    for rows in fine.chunks_exact(width * by * 3 * by) {
        sums.fill(0);
        for row in rows.chunks_exact(width * by * 3) {
            for (square, sum) in row.chunks_exact(by * 3).zip(sums.chunks_exact_mut(3)) {
                for pixel in square.chunks_exact(3) {
                    for (total, &value) in sum.iter_mut().zip(pixel) {
                        *total += u32::from(value);
                    }
                }
            }
        }
        coarse.extend(sums.iter().map(|sum| ((sum + samples / 2) / samples) as u8));
    }
    coarse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_takes_the_mean_of_each_square() {
        let fine = [
            [0, 10, 20, 2, 10, 20, 50, 0, 9, 50, 0, 9],
            [4, 10, 20, 6, 14, 20, 50, 0, 9, 50, 0, 9],
        ];
        assert_eq!(shrink(&fine.concat(), 2, 2), [3, 11, 20, 50, 0, 9]);
    }
}
