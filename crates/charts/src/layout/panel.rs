//! One panel: what it needs of the page, and how it is drawn.

use crate::axis::Axis;
use crate::error::Error;
use crate::figure::{Figure, Panel};
use crate::frame::{Frame, Span};
use crate::geometry::Rect;
use crate::layout::x_axis::XAxis;
use crate::layout::y_axis::YAxis;
use crate::marks::drawing::{Place, Shared};
use crate::marks::{drawing, references};
use crate::scale::{coordinate, ends};
use crate::scene::{Anchor, Scene, Text};
use crate::text::{Font, Paragraph};
use crate::theme::{AXIS, GRID, MEDIUM, SMALL};

/// A panel whose axes have their ends, and its y axis is measured.
#[derive(Debug)]
pub(crate) struct Resolved<'a> {
    pub panel: &'a Panel,
    pub x: Span<'a>,
    pub y: Span<'a>,
    pub y_axis: YAxis,
    /// Whether the x axis has labels, or the panel below shows the same ones.
    x_labelled: bool,
}

/// Resolves all panels of a figure, whose plotting areas have a height of `height` points. Those
/// with equal axes share one range.
pub(crate) fn resolve<'a>(
    figure: &'a Figure,
    height: f64,
    font: &Font,
) -> Result<Vec<Resolved<'a>>, Error> {
    let (panels, columns) = (&figure.panels, figure.columns);
    let resolve = |(i, panel): (usize, &'a Panel)| {
        let x = span(panels, &panel.x, |panel| &panel.x, x_values)?;
        let y = span(panels, &panel.y, |panel| &panel.y, y_values)?;
        let below = panels.get(i + columns);
        let before = (!i.is_multiple_of(columns)).then(|| &panels[i - 1]);
        let y_labelled = before.is_none_or(|other| other.y != panel.y);
        Ok(Resolved {
            panel,
            x,
            y,
            y_axis: YAxis::measure(&y, height, y_labelled, font),
            x_labelled: below.is_none_or(|other| other.x != panel.x),
        })
    };
    panels.iter().enumerate().map(resolve).collect()
}

/// The ends of `axis`, chosen for the values of all panels that have the same axis.
fn span<'a>(
    panels: &[Panel],
    axis: &'a Axis,
    same: impl Fn(&Panel) -> &Axis,
    values: impl Fn(&Panel) -> Vec<f64>,
) -> Result<Span<'a>, Error> {
    let values = panels
        .iter()
        .filter(|panel| same(panel) == axis)
        .flat_map(values);
    let ends = ends(axis, values.map(|value| coordinate(&axis.scale, value)))?;
    Ok(Span { axis, ends })
}

fn x_values(panel: &Panel) -> Vec<f64> {
    let references = panel.references.iter().flat_map(references::x_values);
    let series = panel.series.iter();
    references
        .chain(series.flat_map(|series| drawing(&series.marks).x_values()))
        .collect()
}

fn y_values(panel: &Panel) -> Vec<f64> {
    let references = panel.references.iter().flat_map(references::y_values);
    let series = panel.series.iter();
    references
        .chain(series.flat_map(|series| drawing(&series.marks).y_values()))
        .collect()
}

/// A panel, measured but not yet placed.
#[derive(Debug)]
pub(crate) struct Measured<'a> {
    pub resolved: Resolved<'a>,
    pub title: Paragraph,
    pub x_axis: XAxis,
}

impl<'a> Measured<'a> {
    /// Measures what depends on the width of the plotting area.
    pub fn new(resolved: Resolved<'a>, width: f64, font: &Font) -> Self {
        let title = resolved.panel.title.as_deref().unwrap_or_default();
        Self {
            title: font.wrap(title, MEDIUM, width),
            x_axis: XAxis::measure(&resolved.x, width, resolved.x_labelled, font),
            resolved,
        }
    }

    /// Draws all of the panel but its title; `labels` are those of the figure's references.
    pub fn draw(&self, scene: &mut Scene, area: Rect, labels: &[&str], shared: &Shared) {
        let Resolved {
            panel,
            x,
            y,
            y_axis,
            ..
        } = &self.resolved;
        let frame = Frame { area, x: *x, y: *y };
        self.draw_grid(scene, &frame);
        for series in &panel.series {
            drawing(&series.marks).draw_below(scene, &frame, &series.style, shared);
        }
        let corner = vec![
            (area.left, area.top),
            (area.left, area.bottom),
            (area.right, area.bottom),
        ];
        scene.line(corner, 0.7, AXIS);
        for reference in &panel.references {
            let index = labels.iter().position(|label| *label == reference.label);
            references::draw(scene, &frame, reference, index.unwrap_or(0));
        }
        for (i, series) in panel.series.iter().enumerate() {
            let place = place(panel, i);
            drawing(&series.marks).draw(scene, &frame, &series.style, place, shared);
        }
        let mut series = panel.series.iter();
        let visible = series.any(|series| drawing(&series.marks).is_visible(&frame));
        if !visible && panel.references.is_empty() {
            scene.text(Text {
                text: "no data".to_owned(),
                at: area.middle(),
                anchor: Anchor::Middle,
                size: SMALL,
                color: AXIS,
                upwards: false,
            });
        }
        y_axis.draw(scene, &frame);
        self.x_axis.draw(scene, &frame);
    }

    fn draw_grid(&self, scene: &mut Scene, frame: &Frame<'_>) {
        let area = frame.area;
        let mut series = self.resolved.panel.series.iter();
        let crossings = series.any(|series| drawing(&series.marks).needs_crossings());
        if crossings || !frame.is_categorical() {
            for tick in &self.x_axis.ticks {
                let x = frame.across(tick.at);
                scene.line(vec![(x, area.top), (x, area.bottom)], 0.5, GRID);
            }
        }
        for tick in &self.resolved.y_axis.ticks {
            let y = frame.down(tick.at);
            scene.line(vec![(area.left, y), (area.right, y)], 0.5, GRID);
        }
    }
}

/// Where the `i`-th series stands among those of its kind.
fn place(panel: &Panel, i: usize) -> Place {
    let kind = std::mem::discriminant(&panel.series[i].marks);
    let alike = |series: &&crate::series::Series| std::mem::discriminant(&series.marks) == kind;
    Place {
        index: panel.series[..i].iter().filter(alike).count(),
        count: panel.series.iter().filter(alike).count(),
    }
}
