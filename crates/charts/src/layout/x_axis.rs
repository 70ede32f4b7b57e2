//! Ticks and labels below a plotting area.

use crate::axis::Scale;
use crate::frame::{Frame, Span};
use crate::scene::{Anchor, Scene, Text};
use crate::text::{CAP_HEIGHT, Font, LEADING, Paragraph};
use crate::theme::{AXIS, GAP, INK, MEDIUM, MINOR_TICK, SMALL, TICK};
use crate::ticks::{self, Tick};

/// Between tick labels, at least.
const APART: f64 = 5.0;

/// An x axis, measured: ticks chosen so that no two labels touch.
#[derive(Debug)]
pub(crate) struct XAxis {
    pub ticks: Vec<Tick>,
    minor: Vec<f64>,
    /// None where the panel below shows the same axis.
    words: Option<Words>,
}

/// What an axis says.
#[derive(Debug)]
struct Words {
    names: Names,
    label: Paragraph,
}

/// How the labels of the ticks stand.
#[derive(Debug)]
enum Names {
    /// In level lines, with the width of each.
    Level(Vec<(Paragraph, f64)>),
    /// Names too long for that, each in one line, with the length of the longest.
    Upwards(f64),
}

impl XAxis {
    /// Measures the axis of a panel of `width` points.
    pub fn measure(span: &Span<'_>, width: f64, labelled: bool, font: &Font) -> Self {
        let (ticks, room) = choose(span, width, font);
        let words = labelled.then(|| Words {
            names: match room {
                Some(room) => {
                    Names::Level(ticks.iter().map(|tick| level(tick, room, font)).collect())
                }
                None => {
                    let widths = ticks.iter().map(|tick| font.width(&tick.label, SMALL));
                    Names::Upwards(widths.fold(0.0, f64::max))
                }
            },
            label: font.wrap(&span.axis.label, MEDIUM, width),
        });
        Self {
            ticks,
            minor: ticks::minor_ticks(&span.axis.scale, span.ends),
            words,
        }
    }

    /// Where the axis ends, below a plotting area that ends at `bottom`.
    pub fn end(&self, bottom: f64) -> f64 {
        match &self.words {
            None => bottom + TICK,
            Some(words) => words.label.end(words.label_top(bottom)),
        }
    }

    /// Draws the axis below the plotting area, no label beyond the right edge of the page.
    pub fn draw(&self, scene: &mut Scene, frame: &Frame<'_>) {
        let bottom = frame.area.bottom;
        for &at in &self.minor {
            let x = frame.across(at);
            scene.line(vec![(x, bottom), (x, bottom + MINOR_TICK)], 0.5, AXIS);
        }
        for tick in &self.ticks {
            let x = frame.across(tick.at);
            scene.line(vec![(x, bottom), (x, bottom + TICK)], 0.7, AXIS);
        }
        let Some(words) = &self.words else { return };
        match &words.names {
            Names::Level(labels) => {
                let top = bottom + TICK + GAP - SMALL * (LEADING - CAP_HEIGHT) / 2.0;
                for (tick, (label, width)) in self.ticks.iter().zip(labels) {
                    let x = frame.across(tick.at).min(scene.width - width / 2.0);
                    scene.paragraph(label, x, top);
                }
            }
            Names::Upwards(_) => {
                for tick in &self.ticks {
                    let x = frame.across(tick.at) + SMALL * CAP_HEIGHT / 2.0;
                    scene.text(Text {
                        text: tick.label.clone(),
                        at: (x, bottom + TICK + GAP),
                        anchor: Anchor::End,
                        size: SMALL,
                        color: INK,
                        upwards: true,
                    });
                }
            }
        }
        let (middle, _) = frame.area.middle();
        scene.paragraph(&words.label, middle, words.label_top(bottom));
    }
}

impl Words {
    /// Where the axis label starts, below a plotting area that ends at `bottom`.
    fn label_top(&self, bottom: f64) -> f64 {
        let top = bottom + TICK + GAP;
        match &self.names {
            Names::Level(labels) => {
                let start = top - SMALL * (LEADING - CAP_HEIGHT) / 2.0;
                let ends = labels.iter().map(|(label, _)| label.end(start));
                ends.fold(top, f64::max)
            }
            Names::Upwards(longest) => top + longest,
        }
    }
}

/// A tick's label in lines no longer than `room`, and its width.
fn level(tick: &Tick, room: f64, font: &Font) -> (Paragraph, f64) {
    let label = font.wrap(&tick.label, SMALL, room);
    let width = label.width(font);
    (label, width)
}

/// The ticks of an axis of `width` points, and the room of each label: as many ticks as fit on a
/// scale, all of the names of categories, but only every so many where they are numbers. No room
/// if the labels have to stand upwards.
fn choose(span: &Span<'_>, width: f64, font: &Font) -> (Vec<Tick>, Option<f64>) {
    let unit = width / (span.ends.1 - span.ends.0);
    let unlimited = Some(f64::INFINITY);
    let fits = |ticks: &[Tick]| {
        ticks.windows(2).all(|pair| {
            let widths = font.width(&pair[0].label, SMALL) + font.width(&pair[1].label, SMALL);
            (pair[1].at - pair[0].at) * unit >= widths / 2.0 + APART
        })
    };
    let Scale::Categories(names) = &span.axis.scale else {
        let ticks = |most| ticks::ticks(&span.axis.scale, span.ends, most);
        let most = (3..=8).rev().map(ticks).find(|ticks| fits(ticks));
        return (most.unwrap_or_else(|| ticks(2)), unlimited);
    };
    let all = ticks::ticks(&span.axis.scale, span.ends, names.len());
    if fits(&all) {
        return (all, unlimited);
    }
    if names.iter().all(|name| name.parse::<f64>().is_ok()) {
        for step in [2, 5, 10, 20, 50, 100] {
            let some: Vec<Tick> = all.iter().step_by(step).cloned().collect();
            if fits(&some) {
                return (some, unlimited);
            }
        }
    }
    let room = unit - APART;
    let broken = |name: &String| font.wrap(name, SMALL, room).width(font) <= room;
    let level = names.iter().all(broken);
    (all, level.then_some(room))
}
