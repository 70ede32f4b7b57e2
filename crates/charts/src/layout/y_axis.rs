//! Ticks and labels to the left of a plotting area.

use crate::frame::{Frame, Span};
use crate::scene::{Anchor, Scene, Text};
use crate::text::{CAP_HEIGHT, Font, LEADING, Paragraph};
use crate::theme::{AXIS, GAP, INK, MEDIUM, MINOR_TICK, SMALL, TICK};
use crate::ticks::{self, Tick};

/// Left of a panel that shares its y axis with its neighbour.
const SHARED: f64 = 8.0;
/// Least distance of ticks, in font sizes.
const APART: f64 = 2.0;

/// A y axis, measured.
#[derive(Debug)]
pub(crate) struct YAxis {
    pub ticks: Vec<Tick>,
    minor: Vec<f64>,
    /// None where the panel on the left shows the same axis.
    words: Option<Words>,
}

/// What an axis says.
#[derive(Debug)]
struct Words {
    /// Width of the widest tick label.
    widest: f64,
    label: Paragraph,
}

impl YAxis {
    /// Measures the axis of a panel of `height` points.
    pub fn measure(span: &Span<'_>, height: f64, labelled: bool, font: &Font) -> Self {
        let most = (height / (SMALL * APART)) as usize;
        let ticks = ticks::ticks(&span.axis.scale, span.ends, most);
        let words = labelled.then(|| {
            let widths = ticks.iter().map(|tick| font.width(&tick.label, SMALL));
            Words {
                widest: widths.fold(0.0, f64::max),
                label: font.wrap(&span.axis.label, MEDIUM, height),
            }
        });
        Self {
            ticks,
            minor: ticks::minor_ticks(&span.axis.scale, span.ends),
            words,
        }
    }

    /// Room to the left of the plotting area.
    pub fn width(&self) -> f64 {
        match &self.words {
            None => SHARED,
            Some(words) => words.label.height() + 2.0 * GAP + TICK + words.widest,
        }
    }

    /// Draws the axis to the left of the plotting area.
    pub fn draw(&self, scene: &mut Scene, frame: &Frame<'_>) {
        let area = frame.area;
        for &at in &self.minor {
            let y = frame.down(at);
            scene.line(vec![(area.left - MINOR_TICK, y), (area.left, y)], 0.5, AXIS);
        }
        for tick in &self.ticks {
            let y = frame.down(tick.at);
            scene.line(vec![(area.left - TICK, y), (area.left, y)], 0.7, AXIS);
            if self.words.is_some() {
                let at = (area.left - TICK - GAP, y);
                scene.label(&tick.label, SMALL, at, Anchor::End);
            }
        }
        let Some(words) = &self.words else { return };
        // The last line stands next to the tick labels.
        let mut x = area.left - TICK - 2.0 * GAP - words.widest;
        for line in words.label.lines.iter().rev() {
            scene.text(Text {
                text: line.clone(),
                at: (
                    x - MEDIUM * (LEADING - CAP_HEIGHT) / 2.0,
                    (area.top + area.bottom) / 2.0,
                ),
                anchor: Anchor::Middle,
                size: MEDIUM,
                color: INK,
                upwards: true,
            });
            x -= MEDIUM * LEADING;
        }
    }
}
