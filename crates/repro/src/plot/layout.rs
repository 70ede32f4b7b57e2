//! Where everything of a figure goes: from data to a scene in points.

use super::axes;
use super::geometry::{Rect, Xy, clip_line};
use super::legend::{self, Legend};
use super::marks::{self, Frame, Place, REFERENCE_COLOR};
use super::scene::{Anchor, CAP_HEIGHT, Rgb, Scene, Text, text_width, wrap};
use super::ticks::{self, Tick, coordinate};
use super::{At, Axis, Error, Figure, MAX_COLUMNS, MAX_PANELS, Marks, Panel, Scale};

/// Colour of text, axes and grid.
pub const INK: Rgb = [0x22; 3];
pub const AXIS: Rgb = [0x55; 3];
const GRID: Rgb = [0xE4; 3];

/// Font sizes in points: ticks and legend, axes and panels, the figure's title.
pub const SMALL: f64 = 8.0;
pub const MEDIUM: f64 = 9.0;
const LARGE: f64 = 10.0;
/// Distance of lines of text, in font sizes.
pub const LEADING: f64 = 1.2;

/// Widths of one column and of a whole page.
const COLUMN: f64 = 3.3 * 72.0;
const PAGE: f64 = 7.0 * 72.0;
/// Free space around the figure.
const PAD: f64 = 3.0;
/// Between the plotting area and the next panel, or the edge.
const RIGHT: f64 = 10.0;
/// Between ticks and their labels, and between these and the axis label.
pub const GAP: f64 = 2.5;
/// Between rows of panels.
const BETWEEN: f64 = 7.0;
/// Least width of a plotting area.
const NARROWEST: f64 = 36.0;

/// A panel with its axes resolved.
pub struct Cell<'a> {
    pub panel: &'a Panel,
    /// Ends of the axes, in their coordinates.
    pub x: (f64, f64),
    pub y: (f64, f64),
    pub y_ticks: Vec<Tick>,
    /// Whether the axes show their labels, or a neighbour does it for them.
    pub x_shown: bool,
    pub y_shown: bool,
}

/// Lays out `figure`.
pub fn scene(figure: &Figure) -> Result<Scene, Error> {
    if !(1..=MAX_PANELS).contains(&figure.panels.len()) {
        return Err(Error::Panels(figure.panels.len()));
    }
    if !(1..=MAX_COLUMNS).contains(&figure.columns) {
        return Err(Error::Columns(figure.columns));
    }
    let columns = figure.columns;
    let width = if columns == 1 { COLUMN } else { PAGE };
    let tallest = figure.panels.iter().map(|panel| match &panel.y.scale {
        Scale::Categories(names) => names.len() as f64 * SMALL * 1.6,
        _ => 0.0,
    });
    let height = tallest.fold([140.0, 145.0, 105.0, 85.0][columns - 1], f64::max);
    let cells = cells(figure, height)?;

    let mut lefts = vec![0.0_f64; columns];
    for (i, cell) in cells.iter().enumerate() {
        lefts[i % columns] = lefts[i % columns].max(PAD + axes::left_margin(cell, height)?);
    }
    let across = (width - lefts.iter().sum::<f64>()) / columns as f64 - RIGHT;
    if across < NARROWEST {
        return Err(too_wide(&cells, width / columns as f64 - RIGHT - NARROWEST));
    }

    let most = largest_count(figure);
    let largest = largest_radius(&cells, across, height);
    let radius = |count: f64| {
        if count.is_finite() && count > 0.0 {
            largest * (count / most).sqrt()
        } else {
            0.0
        }
    };
    let legend = Legend::new(figure, width - 2.0 * PAD, radius, most)?;

    let mut scene = Scene {
        width,
        ..Scene::default()
    };
    let mut top = PAD;
    if let Some(title) = &figure.title {
        let room = width - 2.0 * PAD;
        top = centered(&mut scene, title, LARGE, width / 2.0, top, room)? + GAP;
    }
    if legend.height() > 0.0 {
        legend.draw(&mut scene, (PAD, width - PAD), top);
        top += legend.height() + GAP;
    }

    for row in cells.chunks(columns) {
        let mut title_lines = 0;
        for title in row.iter().filter_map(|cell| cell.panel.title.as_ref()) {
            title_lines = title_lines.max(wrap(title, MEDIUM, across)?.len());
        }
        let titles = title_lines as f64 * MEDIUM * LEADING;
        let area_top = top + titles + GAP;
        let mut bottom = area_top + height;
        let mut left = 0.0;
        for (cell, margin) in row.iter().zip(&lefts) {
            left += margin;
            let area = Rect {
                left,
                top: area_top,
                right: left + across,
                bottom: area_top + height,
            };
            if let Some(title) = &cell.panel.title {
                let lines = wrap(title, MEDIUM, across)?.len();
                let top = area_top - GAP - lines as f64 * MEDIUM * LEADING;
                centered(&mut scene, title, MEDIUM, left + across / 2.0, top, across)?;
            }
            bottom = bottom.max(draw_panel(&mut scene, figure, cell, area, &radius)?);
            left += across + RIGHT;
        }
        top = bottom + BETWEEN;
    }
    scene.height = top - BETWEEN + PAD;
    Ok(scene)
}

/// Resolves the axes of all panels.
fn cells(figure: &Figure, height: f64) -> Result<Vec<Cell<'_>>, Error> {
    let panels = &figure.panels;
    let most = (height / (SMALL * 2.0)) as usize;
    let below = |i: usize| panels.get(i + figure.columns);
    let before = |i: usize| {
        if !i.is_multiple_of(figure.columns) {
            panels.get(i - 1)
        } else {
            None
        }
    };
    panels
        .iter()
        .enumerate()
        .map(|(i, panel)| {
            let x = ends(panels, &panel.x, |panel| &panel.x, x_values)?;
            let y = ends(panels, &panel.y, |panel| &panel.y, y_values)?;
            Ok(Cell {
                panel,
                x,
                y,
                y_ticks: ticks::ticks(&panel.y.scale, y, most),
                x_shown: below(i).is_none_or(|other| other.x != panel.x),
                y_shown: before(i).is_none_or(|other| other.y != panel.y),
            })
        })
        .collect()
}

/// The ends of `axis`, chosen for the values of all panels that have the same axis.
fn ends(
    panels: &[Panel],
    axis: &Axis,
    of: impl Fn(&Panel) -> &Axis,
    values: impl Fn(&Panel) -> Vec<f64>,
) -> Result<(f64, f64), Error> {
    let values = panels
        .iter()
        .filter(|panel| of(panel) == axis)
        .flat_map(values);
    ticks::ends(axis, values.map(|value| coordinate(&axis.scale, value)))
}

fn x_values(panel: &Panel) -> Vec<f64> {
    let mut values = Vec::new();
    for reference in &panel.references {
        match &reference.at {
            At::X(x) => values.push(*x),
            At::Y(_) => {}
            At::Curve(positions) => values.extend(positions.iter().map(|position| position.0)),
        }
    }
    for series in &panel.series {
        match &series.marks {
            Marks::Line(points) | Marks::ErrorBars { points, .. } => {
                values.extend(points.iter().map(|point| point.x));
            }
            Marks::Bars(points) => {
                values.extend(
                    points
                        .iter()
                        .flat_map(|point| [point.x - 0.5, point.x + 0.5]),
                );
            }
            Marks::Bubbles(bubbles) => {
                values.extend(
                    bubbles
                        .iter()
                        .flat_map(|bubble| [bubble.x - 0.5, bubble.x + 0.5]),
                );
            }
        }
    }
    values
}

fn y_values(panel: &Panel) -> Vec<f64> {
    let mut values = Vec::new();
    for reference in &panel.references {
        match &reference.at {
            At::X(_) => {}
            At::Y(y) => values.push(*y),
            At::Curve(positions) => values.extend(positions.iter().map(|position| position.1)),
        }
    }
    for series in &panel.series {
        match &series.marks {
            Marks::Line(points) | Marks::ErrorBars { points, .. } => {
                values.extend(
                    points
                        .iter()
                        .flat_map(|point| [point.y, point.low, point.high]),
                );
            }
            Marks::Bars(points) => {
                values.push(0.0);
                values.extend(
                    points
                        .iter()
                        .flat_map(|point| [point.y, point.low, point.high]),
                );
            }
            Marks::Bubbles(bubbles) => {
                values.extend(
                    bubbles
                        .iter()
                        .flat_map(|bubble| [bubble.y - 0.5, bubble.y + 0.5]),
                );
            }
        }
    }
    values
}

/// The error that names the widest label of the y axes.
fn too_wide(cells: &[Cell<'_>], room: f64) -> Error {
    let labels = cells
        .iter()
        .flat_map(|cell| &cell.y_ticks)
        .map(|tick| tick.label.clone());
    let measured = labels.map(|label| (text_width(&label, SMALL).unwrap_or(0.0), label));
    let (width, text) = measured
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or_default();
    Error::Room { text, width, room }
}

fn largest_count(figure: &Figure) -> f64 {
    let series = figure.panels.iter().flat_map(|panel| &panel.series);
    let counts = series.flat_map(|series| match &series.marks {
        Marks::Bubbles(bubbles) => bubbles.as_slice(),
        _ => &[],
    });
    counts
        .map(|bubble| bubble.count)
        .filter(|count| count.is_finite())
        .fold(0.0, f64::max)
}

/// The radius at which bubbles on neighbouring positions nearly touch.
fn largest_radius(cells: &[Cell<'_>], width: f64, height: f64) -> f64 {
    let slots = cells
        .iter()
        .map(|cell| (width / (cell.x.1 - cell.x.0)).min(height / (cell.y.1 - cell.y.0)));
    0.47 * slots.fold(f64::INFINITY, f64::min)
}

/// Writes `text` in lines around `middle`, from `top` down, and returns where it ends.
pub fn centered(
    scene: &mut Scene,
    text: &str,
    size: f64,
    middle: f64,
    mut top: f64,
    room: f64,
) -> Result<f64, Error> {
    for line in wrap(text, size, room)? {
        scene.text(Text {
            text: line,
            at: (middle, top + size * (LEADING + CAP_HEIGHT) / 2.0),
            anchor: Anchor::Middle,
            size,
            color: INK,
            upwards: false,
        });
        top += size * LEADING;
    }
    Ok(top)
}

/// Draws a panel into `area` and its labels around it, and returns how far down they reach.
fn draw_panel(
    scene: &mut Scene,
    figure: &Figure,
    cell: &Cell<'_>,
    area: Rect,
    radius: &impl Fn(f64) -> f64,
) -> Result<f64, Error> {
    let panel = cell.panel;
    let unit = area.width() / (cell.x.1 - cell.x.0);
    let across = |at: f64| area.left + (at - cell.x.0) * unit;
    let down = |at: f64| area.bottom - (at - cell.y.0) * area.height() / (cell.y.1 - cell.y.0);
    let frame = Frame {
        area,
        x: |value: f64| across(coordinate(&panel.x.scale, value)),
        y: |value: f64| down(coordinate(&panel.y.scale, value)),
    };
    let x_ticks = axes::x_ticks(&panel.x.scale, cell.x, area.width())?;
    scene.plots.push(area);

    let bubbles = panel
        .series
        .iter()
        .any(|series| matches!(series.marks, Marks::Bubbles(_)));
    if bubbles || !matches!(panel.x.scale, Scale::Categories(_)) {
        for tick in &x_ticks.ticks {
            scene.line(
                vec![(across(tick.at), area.top), (across(tick.at), area.bottom)],
                0.5,
                GRID,
            );
        }
    }
    for tick in &cell.y_ticks {
        scene.line(
            vec![(area.left, down(tick.at)), (area.right, down(tick.at))],
            0.5,
            GRID,
        );
    }

    for series in &panel.series {
        frame.draw_band(scene, &series.marks, series.style);
    }
    let corner = vec![
        (area.left, area.top),
        (area.left, area.bottom),
        (area.right, area.bottom),
    ];
    scene.line(corner, 0.7, AXIS);

    let labels = legend::reference_labels(figure);
    for reference in &panel.references {
        let index = labels
            .iter()
            .position(|label| *label == reference.label)
            .unwrap_or(0);
        let positions = match &reference.at {
            At::X(x) => vec![((frame.x)(*x), area.bottom), ((frame.x)(*x), area.top)],
            At::Y(y) => vec![(area.left, (frame.y)(*y)), (area.right, (frame.y)(*y))],
            At::Curve(curve) => curve
                .iter()
                .map(|&(x, y)| ((frame.x)(x), (frame.y)(y)))
                .collect(),
        };
        let there = |position: &Xy| (position.0 + position.1).is_finite();
        for run in positions.split(|position| !there(position)) {
            for line in clip_line(run, area) {
                let dashes = marks::reference_dashes(index);
                marks::dashed(scene, &line, dashes, REFERENCE_COLOR, 1.0);
            }
        }
    }
    for (i, series) in panel.series.iter().enumerate() {
        let kind = std::mem::discriminant(&series.marks);
        let alike = |other: &&super::Series| std::mem::discriminant(&other.marks) == kind;
        let mut place = Place {
            index: panel.series[..i].iter().filter(alike).count(),
            of: panel.series.iter().filter(alike).count(),
        };
        let apart = matches!(panel.x.scale, Scale::Categories(_));
        if matches!(series.marks, Marks::ErrorBars { .. }) && !apart {
            place = Place { index: 0, of: 1 };
        }
        frame.draw_series(scene, &series.marks, series.style, place, unit, radius);
    }
    let has_place = |x: f64, y: f64| ((frame.x)(x) + (frame.y)(y)).is_finite();
    let empty = !panel.series.iter().any(|series| match &series.marks {
        Marks::Line(points) | Marks::ErrorBars { points, .. } | Marks::Bars(points) => {
            points.iter().any(|point| has_place(point.x, point.y))
        }
        Marks::Bubbles(bubbles) => bubbles.iter().any(|bubble| has_place(bubble.x, bubble.y)),
    });
    if empty && panel.references.is_empty() {
        scene.text(Text {
            text: "no data".to_owned(),
            at: (
                (area.left + area.right) / 2.0,
                (area.top + area.bottom) / 2.0,
            ),
            anchor: Anchor::Middle,
            size: SMALL,
            color: AXIS,
            upwards: false,
        });
    }
    axes::draw_y_axis(scene, cell, area, down)?;
    axes::draw_x_axis(scene, cell, area, across, &x_ticks)
}
