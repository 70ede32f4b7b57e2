//! The look of a series: colour, dashes, marker and its inside.

use std::borrow::Cow;
use std::f64::consts::TAU;

use crate::error::Error;

/// Red, green and blue, 0 to 255 each.
///
/// The named colours but black are those of Okabe and Ito (*Color Universal Design*, 2008), which
/// people of any colour vision can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color(pub [u8; 3]);

impl Color {
    /// #000000
    pub const BLACK: Self = Self([0; 3]);
    /// #E69F00
    pub const ORANGE: Self = Self([0xE6, 0x9F, 0x00]);
    /// #56B4E9
    pub const SKY_BLUE: Self = Self([0x56, 0xB4, 0xE9]);
    /// #009E73
    pub const BLUISH_GREEN: Self = Self([0x00, 0x9E, 0x73]);
    /// #0072B2
    pub const BLUE: Self = Self([0x00, 0x72, 0xB2]);
    /// #D55E00
    pub const VERMILION: Self = Self([0xD5, 0x5E, 0x00]);
    /// #CC79A7
    pub const REDDISH_PURPLE: Self = Self([0xCC, 0x79, 0xA7]);

    /// The colour itself (index 0), darker (1), lighter (2), and these three again.
    ///
    /// ```
    /// use charts::Color;
    ///
    /// assert_eq!(Color::BLUE.shade(0), Color::BLUE);
    /// assert_eq!(Color::BLUE.shade(1), Color([0, 68, 106]));
    /// assert_eq!(Color::BLUE.shade(5), Color::BLUE.shade(2));
    /// ```
    #[must_use]
    pub fn shade(self, index: usize) -> Self {
        let toward = |target: u8, percent: u32| {
            let mix = |c: u8| (u32::from(c) * (100 - percent) + u32::from(target) * percent) / 100;
            Self(self.0.map(|c| mix(c) as u8))
        };
        match index % 3 {
            0 => self,
            1 => toward(0, 40),
            _ => toward(255, 35),
        }
    }

    /// Any number of colours of about the same lightness: hues in steps of the golden angle, so
    /// that neighbours in the order differ the most.
    pub fn spaced(index: usize) -> Self {
        const LIGHTNESS: f64 = 0.6;
        const CHROMA: f64 = 0.13;
        /// (3 − √5) / 2 turns.
        const GOLDEN: f64 = 0.381_966_011_250_105_1;
        let (sin, cos) = (TAU * (index as f64 * GOLDEN).fract()).sin_cos();
        let (a, b) = (CHROMA * cos, CHROMA * sin);
        // From Oklab to linear and then to gamma-corrected sRGB (Ottosson, 2020).
        let l = (LIGHTNESS + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (LIGHTNESS - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (LIGHTNESS - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        let linear = [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ];
        Self(linear.map(|value| {
            let value = value.clamp(0.0, 1.0);
            let encoded = if value <= 0.003_130_8 {
                12.92 * value
            } else {
                1.055 * value.powf(1.0 / 2.4) - 0.055
            };
            (255.0 * encoded).round() as u8
        }))
    }
}

/// How a line is cut: lengths in points, drawn and left out in turn; none for a solid line.
#[derive(Clone, Debug, PartialEq)]
pub struct Dashes(Cow<'static, [f64]>);

impl Dashes {
    /// One stroke from end to end.
    pub const SOLID: Self = Self(Cow::Borrowed(&[]));
    /// Long strokes.
    pub const DASHED: Self = Self(Cow::Borrowed(&[4.5, 2.0]));
    /// Dots.
    pub const DOTTED: Self = Self(Cow::Borrowed(&[1.2, 1.5]));
    /// Long strokes and dots in turn.
    pub const DASH_DOTTED: Self = Self(Cow::Borrowed(&[6.0, 1.5, 1.2, 1.5]));

    /// Least and largest length of a part, in points.
    const LENGTHS: (f64, f64) = (0.1, 1000.0);

    /// Dashes of these lengths in points, drawn and left out in turn, and again from the start.
    ///
    /// ```
    /// use charts::{Dashes, Error};
    ///
    /// let dashes = Dashes::new(vec![8.0, 2.0])?;
    /// assert_eq!(dashes.lengths(), [8.0, 2.0]);
    /// assert!(matches!(Dashes::new(vec![8.0]), Err(Error::Dashes { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// If the number of lengths is odd, or one is not in [0.1, 1000].
    pub fn new(lengths: Vec<f64>) -> Result<Self, Error> {
        let (shortest, longest) = Self::LENGTHS;
        let legal = |length: &f64| (shortest..=longest).contains(length);
        if !lengths.len().is_multiple_of(2) || !lengths.iter().all(legal) {
            return Err(Error::Dashes {
                lengths,
                shortest,
                longest,
            });
        }
        Ok(Self(lengths.into()))
    }

    /// The lengths in points, drawn and left out in turn.
    pub fn lengths(&self) -> &[f64] {
        &self.0
    }
}

/// The shape of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Marker {
    /// A disc.
    Circle,
    /// A square on its side.
    Square,
    /// A triangle that points up.
    TriangleUp,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    TriangleDown,
    /// Two strokes, level and upright. Strokes have no inside.
    Plus,
    /// Two strokes, aslant.
    Cross,
    /// Five corners.
    Pentagon,
    /// A star of so many points; fewer than 3 are drawn as 3.
    Star(u8),
    /// Six corners.
    Hexagon,
    /// A triangle that points left.
    TriangleLeft,
    /// A triangle that points right.
    TriangleRight,
    /// Three strokes.
    Asterisk,
}

impl Marker {
    /// How many markers [`Marker::nth`] knows. The first 16 or so are easily told apart.
    pub const COUNT: usize = 40;

    const FIRST: [Self; 14] = [
        Self::Circle,
        Self::Square,
        Self::TriangleUp,
        Self::Diamond,
        Self::TriangleDown,
        Self::Plus,
        Self::Cross,
        Self::Pentagon,
        Self::Star(5),
        Self::Hexagon,
        Self::TriangleLeft,
        Self::TriangleRight,
        Self::Asterisk,
        Self::Star(4),
    ];

    /// The `index`-th marker: no two are the same. After the named shapes come stars with more and
    /// more points.
    ///
    /// ```
    /// use charts::Marker;
    ///
    /// assert_eq!(Marker::nth(0)?, Marker::Circle);
    /// assert_eq!(Marker::nth(14)?, Marker::Star(6));
    /// assert!(Marker::nth(Marker::COUNT).is_err());
    /// # Ok::<(), charts::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `index` is not less than [`Marker::COUNT`].
    pub fn nth(index: usize) -> Result<Self, Error> {
        if index >= Self::COUNT {
            return Err(Error::Marker {
                index,
                count: Self::COUNT,
            });
        }
        Ok(Self::cycle(index))
    }

    /// The same, from the start again after the last.
    fn cycle(index: usize) -> Self {
        let index = index % Self::COUNT;
        let star = || Self::Star((index + 6 - Self::FIRST.len()) as u8);
        Self::FIRST.get(index).copied().unwrap_or_else(star)
    }
}

/// What is inside the outline of a marker or a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Inside {
    /// The colour.
    Filled,
    /// Nothing.
    Hollow,
    /// A dot in a marker, a light shade of the colour in a bar.
    Dot,
    /// The colour, on one side.
    Half(Side),
}

/// A side of a marker or a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The left half.
    Left,
    /// The upper half.
    Top,
    /// The right half.
    Right,
    /// The lower half.
    Bottom,
}

/// Colour, dashes and marker of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Style {
    /// Colour of lines, markers, bands and bars.
    pub color: Color,
    /// How lines are cut.
    pub dashes: Dashes,
    /// What stands at the points.
    pub marker: Marker,
    /// What is inside markers and bars.
    pub inside: Inside,
}

impl Style {
    /// A style for the `index`-th of things that have nothing in common. The first six differ in
    /// colour, the first [`Marker::COUNT`] in marker.
    pub fn nth(index: usize) -> Self {
        const COLORS: [Color; 6] = [
            Color::BLUE,
            Color::VERMILION,
            Color::BLUISH_GREEN,
            Color::REDDISH_PURPLE,
            Color::SKY_BLUE,
            Color::ORANGE,
        ];
        const DASHES: [Dashes; 4] = [
            Dashes::SOLID,
            Dashes::DASHED,
            Dashes::DASH_DOTTED,
            Dashes::DOTTED,
        ];
        Self {
            color: COLORS[index % COLORS.len()],
            dashes: DASHES[index % DASHES.len()].clone(),
            marker: Marker::cycle(index),
            inside: Inside::Filled,
        }
    }
}

/// What series that belong together share. Its members differ by marker and shade.
///
/// ```
/// use charts::{Color, Dashes, Family, Inside, Marker};
///
/// let measured = Family { color: Color::BLUE, dashes: Dashes::SOLID, inside: Inside::Hollow };
/// let second = measured.member(1)?;
/// assert_eq!((second.marker, second.inside), (Marker::Square, Inside::Hollow));
/// # Ok::<(), charts::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The colour whose shades the members have.
    pub color: Color,
    /// How lines are cut.
    pub dashes: Dashes,
    /// What is inside markers and bars.
    pub inside: Inside,
}

impl Family {
    /// The `index`-th member: the shade of the colour and the marker of that index.
    ///
    /// # Errors
    /// If `index` is not less than [`Marker::COUNT`].
    pub fn member(&self, index: usize) -> Result<Style, Error> {
        Ok(Style {
            color: self.color.shade(index),
            dashes: self.dashes.clone(),
            marker: Marker::nth(index)?,
            inside: self.inside,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_markers_are_the_same() {
        let markers: HashSet<_> = (0..Marker::COUNT)
            .map(|i| Marker::nth(i).unwrap())
            .collect();
        assert_eq!(markers.len(), Marker::COUNT);
        let error = Marker::nth(Marker::COUNT).unwrap_err().to_string();
        assert_eq!(
            error,
            "no marker has index 40: there are 40, counted from 0"
        );
    }

    #[test]
    fn things_without_anything_in_common_differ_in_colour_and_marker() {
        let styles: Vec<_> = (0..6).map(Style::nth).collect();
        for (i, a) in styles.iter().enumerate() {
            for b in &styles[..i] {
                assert!(a.color != b.color && a.marker != b.marker);
            }
        }
        assert_eq!(Style::nth(Marker::COUNT).marker, Marker::Circle);
    }

    #[test]
    fn members_of_a_family_differ() {
        let family = Family {
            color: Color::ORANGE,
            dashes: Dashes::DOTTED,
            inside: Inside::Dot,
        };
        let members: Vec<_> = (0..Marker::COUNT)
            .map(|i| family.member(i).unwrap())
            .collect();
        for (i, member) in members.iter().enumerate() {
            assert!(!members[..i].contains(member));
            assert_eq!(member.dashes, family.dashes);
        }
    }

    #[test]
    fn spaced_colours_differ_and_are_neither_light_nor_dark() {
        let colors: Vec<_> = (0..30).map(Color::spaced).collect();
        for (i, color) in colors.iter().enumerate() {
            assert!(!colors[..i].contains(color), "{color:?}");
            let [r, g, b] = color.0.map(f64::from);
            let luma = 0.299 * r + 0.587 * g + 0.114 * b;
            assert!((80.0..170.0).contains(&luma), "{color:?}: {luma}");
        }
    }

    #[test]
    fn dashes_are_pairs_of_lengths_that_can_be_drawn() {
        assert_eq!(Dashes::new(vec![]).unwrap(), Dashes::SOLID);
        assert!(Dashes::new(vec![0.1, 1000.0]).is_ok());
        for bad in [
            vec![1.0],
            vec![1.0, 0.09],
            vec![1.0, 1001.0],
            vec![f64::NAN, 1.0],
        ] {
            let error = Dashes::new(bad.clone()).unwrap_err().to_string();
            assert!(error.contains("from 0.1 to 1000 points"), "{error}");
        }
    }
}
