//! Where everything of a figure goes: measured first, then placed, then drawn into a scene.

mod legend;
mod panel;
#[cfg(test)]
mod tests;
mod x_axis;
mod y_axis;

use legend::Legend;
use panel::{Measured, Resolved, resolve};

use crate::axis::Scale;
use crate::error::Error;
use crate::figure::{Figure, MAX_COLUMNS, MAX_PANELS};
use crate::geometry::Rect;
use crate::marks::colors::Colors;
use crate::marks::discs::Discs;
use crate::marks::drawing::Shared;
use crate::marks::{cells, references};
use crate::scene::Scene;
use crate::text::{Font, Paragraph};
use crate::theme::{GAP, INCH, LARGE, SMALL};

/// Widths of one column and of a whole page.
const COLUMN: f64 = 3.3 * INCH;
const PAGE: f64 = 7.0 * INCH;
/// Largest height, in inches: a bitmap of it still fits into memory.
const HIGHEST: f64 = 100.0;
/// Heights of plotting areas, by the number of columns.
const HEIGHTS: [f64; MAX_COLUMNS] = [140.0, 145.0, 105.0, 85.0];
/// Height of a category, in font sizes.
const CATEGORY: f64 = 1.6;
/// Free space around the figure.
const PAD: f64 = 3.0;
/// Between the plotting area and the next panel, or the edge.
const RIGHT: f64 = 10.0;
/// Between rows of panels.
const BETWEEN: f64 = 7.0;
/// Least width of a plotting area.
const NARROWEST: f64 = 36.0;

/// A figure, all of whose parts have their places.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    width: f64,
    height: f64,
    /// Width of the plotting areas.
    across: f64,
    title: Paragraph,
    legend: Legend,
    /// Where the legend starts.
    legend_top: f64,
    /// The panels and their plotting areas.
    panels: Vec<(Measured<'a>, Rect)>,
    /// Those of the references, whose places decide their looks.
    labels: Vec<&'a str>,
    shared: Shared,
}

impl<'a> Page<'a> {
    /// Measures and places everything.
    pub fn new(figure: &'a Figure, font: &Font) -> Result<Self, Error> {
        let columns = figure.columns;
        check(figure)?;
        let width = if columns == 1 { COLUMN } else { PAGE };
        let inner = width - 2.0 * PAD;
        let height = area_height(figure);
        let panels = resolve(figure, height, font)?;

        let mut lefts = vec![0.0_f64; columns];
        for (i, panel) in panels.iter().enumerate() {
            lefts[i % columns] = lefts[i % columns].max(PAD + panel.y_axis.width());
        }
        let across = (width - lefts.iter().sum::<f64>()) / columns as f64 - RIGHT;
        if across < NARROWEST {
            let room = width / columns as f64 - RIGHT - NARROWEST;
            return Err(too_wide(&panels, room, font));
        }
        let slots = panels.iter().map(|panel| {
            let (x, y) = (panel.x.ends, panel.y.ends);
            (across / (x.1 - x.0)).min(height / (y.1 - y.0))
        });
        let slot = slots.fold(f64::INFINITY, f64::min);
        let series = figure.panels.iter().flat_map(|panel| &panel.series);
        let marks = series.map(|series| &series.marks);
        let shared = Shared {
            discs: Discs::new(marks.clone(), slot),
            colors: Colors::new(marks),
            font: font.clone(),
        };

        let title = font.wrap(figure.title.as_deref().unwrap_or_default(), LARGE, inner);
        let legend = Legend::measure(figure, inner, &shared)?;
        let legend_top = match &figure.title {
            Some(_) => title.end(PAD) + GAP,
            None => PAD,
        };
        let mut top = legend_top;
        if legend.height() > 0.0 {
            top += legend.height() + GAP;
        }

        let panels = panels.into_iter();
        let panels = panels.map(|panel| Measured::new(panel, across, font));
        let (panels, bottom) = place(panels.collect(), &lefts, (across, height), top);
        let height = bottom + PAD;
        if height > HIGHEST * INCH {
            return Err(Error::Height {
                height: height / INCH,
                most: HIGHEST,
            });
        }
        Ok(Self {
            width,
            height,
            across,
            title,
            legend,
            legend_top,
            panels,
            labels: references::labels(&figure.panels),
            shared,
        })
    }

    /// Draws everything where it is.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene {
            width: self.width,
            height: self.height,
            shapes: Vec::new(),
        };
        let middle = self.width / 2.0;
        scene.paragraph(&self.title, middle, PAD);
        let sides = (PAD, self.width - PAD);
        self.legend.draw(&mut scene, sides, self.legend_top);
        for (panel, area) in &self.panels {
            let top = area.top - GAP - panel.title.height();
            let middle = area.left + self.across / 2.0;
            scene.paragraph(&panel.title, middle, top);
            panel.draw(&mut scene, *area, &self.labels, &self.shared);
        }
        scene
    }
}

/// Gives each panel its plotting area, row by row from `top` down, and says where the last row
/// ends. `lefts` are the margins of the columns.
fn place<'a>(
    panels: Vec<Measured<'a>>,
    lefts: &[f64],
    (width, height): (f64, f64),
    top: f64,
) -> (Vec<(Measured<'a>, Rect)>, f64) {
    let mut areas = Vec::with_capacity(panels.len());
    let mut top = top;
    for row in panels.chunks(lefts.len()) {
        let titles = row.iter().map(|panel| panel.title.height());
        let area_top = top + titles.fold(0.0, f64::max) + GAP;
        let mut left = 0.0;
        for margin in &lefts[..row.len()] {
            left += margin;
            areas.push(Rect {
                left,
                top: area_top,
                right: left + width,
                bottom: area_top + height,
            });
            left += width + RIGHT;
        }
        let ends = row.iter().map(|panel| panel.x_axis.end(area_top + height));
        top = ends.fold(area_top + height, f64::max) + BETWEEN;
    }
    (panels.into_iter().zip(areas).collect(), top - BETWEEN)
}

fn check(figure: &Figure) -> Result<(), Error> {
    let (panels, columns) = (figure.panels.len(), figure.columns);
    if !(1..=MAX_PANELS).contains(&panels) {
        let most = MAX_PANELS;
        return Err(Error::Panels { panels, most });
    }
    if !(1..=MAX_COLUMNS).contains(&columns) {
        let most = MAX_COLUMNS;
        return Err(Error::Columns { columns, most });
    }
    figure.panels.iter().try_for_each(cells::check)
}

/// Height of all plotting areas: enough for the categories of each.
fn area_height(figure: &Figure) -> f64 {
    let categories = figure.panels.iter().map(|panel| match &panel.y.scale {
        Scale::Categories(names) => names.len() as f64 * SMALL * CATEGORY,
        Scale::Linear | Scale::Log => 0.0,
    });
    categories.fold(HEIGHTS[figure.columns - 1], f64::max)
}

/// The error that names the widest label of the y axes.
fn too_wide(panels: &[Resolved<'_>], room: f64, font: &Font) -> Error {
    let ticks = panels.iter().flat_map(|panel| &panel.y_axis.ticks);
    let measured = ticks.map(|tick| (font.width(&tick.label, SMALL), &tick.label));
    let (width, text) = measured
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(width, label)| (width, label.clone()))
        .unwrap_or_default();
    Error::Room { text, width, room }
}
