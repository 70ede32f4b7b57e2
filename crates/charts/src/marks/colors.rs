//! From the values of a figure's cells to colours.

use plotters::style::RGBColor;
use plotters::style::colors::colormaps::{ColorMap, DerivedColorMap, ViridisRGB};

use crate::axis::Scale;
use crate::scale::coordinate;
use crate::series::{ColorScale, Marks};
use crate::style::Color;
use crate::theme::{EMPTY, PAPER};

/// The colours of values: the same on equal scales in all panels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colors {
    /// Where diverging scales end, on both sides of zero.
    largest: f64,
}

impl Colors {
    /// For the cells among these marks.
    pub fn new<'a>(marks: impl Iterator<Item = &'a Marks>) -> Self {
        let diverging = marks.flat_map(|marks| match marks {
            Marks::Cells {
                scale: ColorScale::Diverging,
                cells,
                ..
            } => cells.as_slice(),
            Marks::Cells {
                scale: ColorScale::Sequential { .. },
                ..
            }
            | Marks::Line(_)
            | Marks::ErrorBars { .. }
            | Marks::Bars(_)
            | Marks::Bubbles(_) => &[],
        });
        let largest = diverging
            .map(|cell| coordinate(&Scale::Linear, cell.value).abs())
            .fold(0.0, f64::max);
        // Without any difference all is in the middle, whatever the ends.
        let largest = if largest > 0.0 { largest } else { 1.0 };
        Self { largest }
    }

    /// Lowest and highest value of a scale.
    pub fn ends(&self, scale: ColorScale) -> (f64, f64) {
        match scale {
            ColorScale::Sequential { low, high } => (low, high),
            ColorScale::Diverging => (-self.largest, self.largest),
        }
    }

    /// The colour of a value; of NaN, that of a cell without one.
    pub fn color(&self, scale: ColorScale, value: f64) -> Color {
        if value.is_nan() {
            return EMPTY;
        }
        let (low, high) = self.ends(scale);
        let RGBColor(r, g, b) = match scale {
            ColorScale::Sequential { .. } => ViridisRGB.get_color_normalized(value, low, high),
            ColorScale::Diverging => {
                let colors = [Color::BLUE, PAPER, Color::VERMILION];
                let colors = colors.map(|Color([r, g, b])| RGBColor(r, g, b));
                DerivedColorMap::new(&colors).get_color_normalized(value, low, high)
            }
        };
        Color([r, g, b])
    }
}

/// Black or the white of paper, whichever is easier to read on `color`.
pub(crate) fn on(color: Color) -> Color {
    if contrast(Color::BLACK, color) >= contrast(PAPER, color) {
        Color::BLACK
    } else {
        PAPER
    }
}

/// How much two colours differ in lightness, 1 to 21 (WCAG 2.2, *contrast ratio*).
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Lightness, 0 to 1 (WCAG 2.2, *relative luminance*).
fn luminance(Color(rgb): Color) -> f64 {
    let [r, g, b] = rgb.map(|c| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::Cell;

    const HUNDRED: ColorScale = ColorScale::Sequential {
        low: 0.0,
        high: 100.0,
    };

    /// Diverging from −100 to 100.
    fn colors() -> Colors {
        Colors { largest: 100.0 }
    }

    fn diverging(values: &[f64]) -> Marks {
        let cell = |(x, &value)| Cell { x, y: 0, value };
        Marks::Cells {
            scale: ColorScale::Diverging,
            decimals: 0,
            cells: values.iter().enumerate().map(cell).collect(),
        }
    }

    #[test]
    fn text_is_legible_on_all_colours() {
        assert!((contrast(Color::BLACK, PAPER) - 21.0).abs() < 1e-9);
        assert!((contrast(Color([0x76; 3]), PAPER) - 4.54).abs() < 0.005);
        for scale in [HUNDRED, ColorScale::Diverging] {
            for tenth in -1000..=1000 {
                let color = colors().color(scale, f64::from(tenth) / 10.0);
                let ratio = contrast(on(color), color);
                assert!(ratio >= 4.5, "{color:?}: {ratio}");
            }
        }
        assert_eq!(on(EMPTY), Color::BLACK);
        assert_eq!(on(colors().color(HUNDRED, 0.0)), PAPER);
        assert_eq!(on(colors().color(HUNDRED, 100.0)), Color::BLACK);
    }

    #[test]
    fn a_sequential_scale_gets_lighter_in_even_steps() {
        // L* of CIELAB, in which equal steps look equal.
        let lightness = |value| 116.0 * luminance(colors().color(HUNDRED, value)).cbrt() - 16.0;
        let steps = (0..10).map(|i| 10.0 * f64::from(i));
        for value in steps {
            let step = lightness(value + 10.0) - lightness(value);
            assert!((5.0..10.0).contains(&step), "{value}: {step}");
        }
    }

    #[test]
    fn a_diverging_scale_has_white_at_zero_and_the_named_colours_at_its_ends() {
        let color = |value| colors().color(ColorScale::Diverging, value);
        assert_eq!(color(-100.0), Color::BLUE);
        assert_eq!(color(0.0), PAPER);
        assert_eq!(color(-0.0), PAPER);
        assert_eq!(color(100.0), Color::VERMILION);
        let mut last = [1.0, 1.0];
        for value in (0..=100).step_by(10).map(f64::from) {
            let sides = [color(value), color(-value)].map(luminance);
            assert!(sides[0] <= last[0] && sides[1] <= last[1], "{value}");
            last = sides;
        }
    }

    #[test]
    fn values_beyond_the_ends_have_the_colours_of_the_ends() {
        let color = |value| colors().color(HUNDRED, value);
        assert_eq!(color(-f64::MAX), color(0.0));
        assert_eq!(color(f64::MAX), color(100.0));
        assert_eq!(color(f64::NAN), EMPTY);
    }

    #[test]
    fn the_largest_difference_of_all_panels_ends_the_scale() {
        let ends = |marks: &[Marks]| Colors::new(marks.iter()).ends(ColorScale::Diverging);
        let panels = [
            diverging(&[1.0, f64::NAN]),
            diverging(&[-7.5, 2.0]),
            Marks::Cells {
                scale: HUNDRED,
                decimals: 0,
                cells: vec![Cell {
                    x: 0,
                    y: 0,
                    value: 90.0,
                }],
            },
        ];
        assert_eq!(ends(&panels), (-7.5, 7.5));
        assert_eq!(ends(&[diverging(&[0.0, f64::NAN])]), (-1.0, 1.0));
        assert_eq!(ends(&[diverging(&[])]), (-1.0, 1.0));
        assert_eq!(Colors::new(panels.iter()).ends(HUNDRED), (0.0, 100.0));
    }
}
