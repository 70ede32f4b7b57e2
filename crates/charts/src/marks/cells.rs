//! Cells with the colours of their values: heatmaps.

use std::collections::BTreeSet;
use std::iter;

use crate::axis::{Axis, Scale};
use crate::error::Error;
use crate::figure::Panel;
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::marks::colors::on;
use crate::marks::drawing::{Drawing, Entry, Place, Sample, Shared};
use crate::scale::ends;
use crate::scene::{Anchor, Scene};
use crate::series::{Cell, ColorScale, Marks};
use crate::style::{Color, Style};
use crate::text::{CAP_HEIGHT, Font};
use crate::theme::{LEGEND_ROW, MEDIUM, PAPER, SMALL};
use crate::ticks::{number, rounded, ticks};

/// Half the distance of cells.
const EDGE: f64 = 0.25;
/// Least distance of a number from the edge of its cell.
const MARGIN: f64 = 1.5;
/// Most swatches in the legend, and their width together where fewer will do.
const SWATCHES: usize = 6;
const WIDEST: f64 = 160.0;
/// Numbers from here on are written with a power of ten, as on axes.
const LARGE: f64 = 1e6;

/// See [`crate::Marks::Cells`].
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    pub scale: ColorScale,
    pub decimals: u8,
    pub cells: &'a [Cell],
}

impl Cells<'_> {
    /// What a cell shows.
    fn text(&self, cell: &Cell) -> String {
        if cell.value.is_nan() {
            "–".to_owned()
        } else if cell.value.abs() >= LARGE {
            number(cell.value, cell.value / 100.0)
        } else {
            rounded(cell.value, self.decimals.into())
        }
    }
}

impl Drawing for Cells<'_> {
    /// Categories always show all of themselves.
    fn x_values(&self) -> Vec<f64> {
        Vec::new()
    }

    fn y_values(&self) -> Vec<f64> {
        Vec::new()
    }

    fn is_visible(&self, _: &Frame<'_>) -> bool {
        !self.cells.is_empty()
    }

    fn needs_crossings(&self) -> bool {
        false
    }

    fn draw_below(&self, scene: &mut Scene, frame: &Frame<'_>, _: &Style, shared: &Shared) {
        for cell in self.cells {
            let place = place(cell, frame);
            // Paper between cells: else the grid, or the page in some viewers, shines through.
            scene.rectangle(place, PAPER);
            let color = shared.colors.color(self.scale, cell.value);
            scene.rectangle(place.shrunk(EDGE), color);
        }
    }

    fn draw(&self, scene: &mut Scene, frame: &Frame<'_>, _: &Style, _: Place, shared: &Shared) {
        let fitting = self.cells.iter().filter_map(|cell| {
            let text = self.text(cell);
            let size = fitting_size(&text, place(cell, frame), &shared.font);
            (size >= SMALL).then_some((cell, text, size))
        });
        let fitting: Vec<_> = fitting.collect();
        let sizes = fitting.iter().map(|&(_, _, size)| size);
        let size = sizes.fold(MEDIUM, f64::min);
        for (cell, text, _) in fitting {
            let color = on(shared.colors.color(self.scale, cell.value));
            let middle = place(cell, frame).middle();
            scene.colored_label(&text, size, middle, Anchor::Middle, color);
        }
    }

    /// A few round values in their colours, like cells side by side.
    fn entries(&self, label: &str, _: &Style, shared: &Shared) -> Vec<Entry> {
        let font = &shared.font;
        let swatches = |most| {
            let ticks = ticks(&Scale::Linear, shared.colors.ends(self.scale), most);
            let widths = ticks.iter().map(|tick| font.width(&tick.label, SMALL));
            let width = widths.fold(LEGEND_ROW, f64::max) + 4.0 * MARGIN;
            let color = |value| shared.colors.color(self.scale, value);
            let swatches = ticks.into_iter().map(|tick| (tick.label, color(tick.at)));
            (swatches.collect::<Vec<(String, Color)>>(), width)
        };
        let fits = |(swatches, width): &(Vec<_>, f64)| swatches.len() as f64 * width <= WIDEST;
        let most = (3..=SWATCHES).rev().map(swatches).find(fits);
        let (swatches, width) = most.unwrap_or_else(|| swatches(2));
        vec![Entry {
            label: label.to_owned(),
            sample: Sample {
                width: swatches.len() as f64 * width,
                height: LEGEND_ROW + 2.0,
                draw: Box::new(move |scene, (x, y)| {
                    for (i, (number, color)) in swatches.iter().enumerate() {
                        let left = x + i as f64 * width;
                        let swatch = Rect {
                            left,
                            top: y - LEGEND_ROW / 2.0,
                            right: left + width,
                            bottom: y + LEGEND_ROW / 2.0,
                        };
                        scene.rectangle(swatch.shrunk(EDGE), *color);
                        let middle = swatch.middle();
                        scene.colored_label(number, SMALL, middle, Anchor::Middle, on(*color));
                    }
                }),
            },
        }]
    }
}

/// The rectangle of a cell.
fn place(cell: &Cell, frame: &Frame<'_>) -> Rect {
    let (x, y) = (cell.x as f64, cell.y as f64);
    Rect {
        left: frame.across(x - 0.5),
        top: frame.down(y + 0.5),
        right: frame.across(x + 0.5),
        bottom: frame.down(y - 0.5),
    }
}

/// The font size at which `text` just fits into `place`.
fn fitting_size(text: &str, place: Rect, font: &Font) -> f64 {
    let room = place.shrunk(EDGE + MARGIN);
    (room.width() / font.width(text, 1.0)).min(room.height() / CAP_HEIGHT)
}

/// Whether each cell of a panel has a place of its own, a value or none, and a scale.
pub(crate) fn check(panel: &Panel) -> Result<(), Error> {
    let mut taken = BTreeSet::new();
    for series in &panel.series {
        let Marks::Cells { scale, cells, .. } = &series.marks else {
            continue;
        };
        let places = |axis: &Axis| match &axis.scale {
            Scale::Categories(names) => Ok(names.len()),
            Scale::Linear | Scale::Log => Err(Error::CellAxis {
                series: series.label.clone(),
                axis: axis.label.clone(),
            }),
        };
        let (columns, rows) = (places(&panel.x)?, places(&panel.y)?);
        if let ColorScale::Sequential { low, high } = *scale {
            ends(
                &Axis::linear(&series.label).within(low, high),
                iter::empty(),
            )?;
        }
        for &Cell { x, y, value } in cells {
            let series = || series.label.clone();
            if x >= columns || y >= rows {
                return Err(Error::CellPlace {
                    series: series(),
                    x,
                    y,
                    columns,
                    rows,
                });
            }
            if !taken.insert((x, y)) {
                let series = series();
                return Err(Error::CellTwice { series, x, y });
            }
            if value.is_infinite() {
                return Err(Error::CellValue {
                    series: series(),
                    x,
                    y,
                    value,
                });
            }
        }
    }
    Ok(())
}
