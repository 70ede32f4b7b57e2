//! The embedded font, and how much room text takes in it.

use ab_glyph::{Font as _, FontRef, GlyphId};

use crate::error::Error;

/// The font family that SVG files name and PNG files are drawn with. All but the last have Arimo's
/// widths, so text takes the measured room on any machine that has one of them.
pub(crate) const FAMILY: &str = "Arimo, Liberation Sans, Arial, Helvetica, sans-serif";
/// Height of capitals and digits in em.
pub(crate) const CAP_HEIGHT: f64 = 1409.0 / 2048.0;
/// Distance of lines of text, in font sizes.
pub(crate) const LEADING: f64 = 1.2;

static ARIMO: &[u8] = include_bytes!("../assets/Arimo-Regular-subset.ttf");

/// The embedded font.
#[derive(Clone, Debug)]
pub(crate) struct Font {
    /// What draws outlines.
    pub face: FontRef<'static>,
}

impl Font {
    /// Reads the font from the program.
    pub fn embedded() -> Result<Self, Error> {
        let face = FontRef::try_from_slice(ARIMO).map_err(|_| Error::Font)?;
        Ok(Self { face })
    }

    /// The glyphs of `text`, and where each starts, in em.
    pub fn glyphs(&self, text: &str) -> impl Iterator<Item = (GlyphId, f64)> {
        let mut end = 0.0;
        text.chars().map(move |c| {
            let (glyph, start) = (self.face.glyph_id(c), end);
            end += self.advance(glyph);
            (glyph, start)
        })
    }

    fn advance(&self, glyph: GlyphId) -> f64 {
        let em = self.face.units_per_em().unwrap_or(f32::NAN);
        f64::from(self.face.h_advance_unscaled(glyph)) / f64::from(em)
    }

    /// Width in points of `text` at a font size of `size` points.
    pub fn width(&self, text: &str, size: f64) -> f64 {
        let last = self.glyphs(text).last();
        last.map_or(0.0, |(glyph, start)| (start + self.advance(glyph)) * size)
    }

    /// Breaks `text` at spaces into lines no wider than `room`, unless a single word is.
    pub fn wrap(&self, text: &str, size: f64, room: f64) -> Paragraph {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if let Some(line) = lines.last_mut() {
                let longer = format!("{line} {word}");
                if self.width(&longer, size) <= room {
                    *line = longer;
                    continue;
                }
            }
            lines.push(word.to_owned());
        }
        Paragraph { lines, size }
    }
}

/// Lines of text of one size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paragraph {
    pub lines: Vec<String>,
    /// Font size in points.
    pub size: f64,
}

impl Paragraph {
    /// From the top of the first line to the bottom of the last.
    pub fn height(&self) -> f64 {
        self.lines.len() as f64 * self.size * LEADING
    }

    /// Where the text ends that starts at `top`.
    pub fn end(&self, top: f64) -> f64 {
        self.lines
            .iter()
            .fold(top, |top, _| top + self.size * LEADING)
    }

    /// Width of the widest line.
    pub fn width(&self, font: &Font) -> f64 {
        let widths = self.lines.iter().map(|line| font.width(line, self.size));
        widths.fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_what_labels_need() {
        let font = Font::embedded().unwrap();
        for sign in "azAZ09αβγδεζθκλμξρστφψΔΣ∘∇‖≤≥±−·×√∞→°²³⁰¹⁴⁵⁶⁷⁸⁹⁻₀₁₂…–".chars()
        {
            assert_ne!(font.face.glyph_id(sign).0, 0, "{sign}");
        }
    }

    #[test]
    fn text_is_broken_at_spaces_into_lines_that_fit() {
        let font = Font::embedded().unwrap();
        let room = font.width("worst-case maximal", 9.0);
        let text = font.wrap("worst-case maximal  accuracy", 9.0, room);
        assert_eq!(text.lines, ["worst-case maximal", "accuracy"]);
        assert_eq!(
            (text.width(&font), text.height()),
            (room, 2.0 * 9.0 * LEADING)
        );
        assert_eq!(font.wrap("a word", 9.0, 0.0).lines, ["a", "word"]);
        assert!(font.wrap(" ", 9.0, 0.0).lines.is_empty());
    }
}
