//! The strip above the panels that names each series and reference once.

use crate::error::Error;
use crate::figure::Figure;
use crate::marks::drawing::{Entry, Shared};
use crate::marks::{drawing, references};
use crate::scene::{Anchor, Scene};
use crate::theme::{LEGEND_ROW, SMALL};

/// Between a sample and its name.
const GAP: f64 = 4.0;
/// Between columns.
const BETWEEN: f64 = 18.0;

/// The legend of a figure, measured but not yet placed.
#[derive(Debug)]
pub(crate) struct Legend {
    entries: Vec<Entry>,
    /// Widths of the columns; entries fill them row by row.
    columns: Vec<f64>,
    row: f64,
}

impl Legend {
    /// Names each label of `figure` once, in as few rows of `room` points as will do.
    pub fn measure(figure: &Figure, room: f64, shared: &Shared) -> Result<Self, Error> {
        let mut entries: Vec<Entry> = Vec::new();
        for series in figure.panels.iter().flat_map(|panel| &panel.series) {
            for entry in drawing(&series.marks).entries(&series.label, &series.style, shared) {
                if entries.iter().all(|other| other.label != entry.label) {
                    entries.push(entry);
                }
            }
        }
        let references = references::labels(&figure.panels).into_iter().enumerate();
        entries.extend(references.map(|(index, label)| references::entry(label, index)));

        let mut widths = Vec::with_capacity(entries.len());
        for entry in &entries {
            let width = entry.sample.width + GAP + shared.font.width(&entry.label, SMALL);
            if width > room {
                return Err(Error::Room {
                    text: entry.label.clone(),
                    width,
                    room,
                });
            }
            widths.push(width);
        }
        let heights = entries.iter().map(|entry| entry.sample.height);
        let row = heights.fold(LEGEND_ROW, f64::max);
        let columns = (1..=entries.len())
            .map(|rows| columns(&widths, rows))
            .find(|columns| total(columns) <= room)
            .unwrap_or_default();
        Ok(Self {
            entries,
            columns,
            row,
        })
    }

    /// Height of the strip in points.
    pub fn height(&self) -> f64 {
        if self.entries.is_empty() {
            return 0.0;
        }
        self.entries.len().div_ceil(self.columns.len()) as f64 * self.row
    }

    /// Draws the legend in the middle between `left` and `right`, from `top` down.
    pub fn draw(&self, scene: &mut Scene, (left, right): (f64, f64), top: f64) {
        let start = (left + right - total(&self.columns)) / 2.0;
        for (i, entry) in self.entries.iter().enumerate() {
            let (row, column) = (i / self.columns.len(), i % self.columns.len());
            let before = self.columns[..column].iter().map(|width| width + BETWEEN);
            let x = start + before.sum::<f64>();
            let y = top + (row as f64 + 0.5) * self.row;
            (entry.sample.draw)(scene, (x, y));
            let after = (x + entry.sample.width + GAP, y);
            scene.label(&entry.label, SMALL, after, Anchor::Start);
        }
    }
}

/// The widths of the columns where entries of these widths stand in so many rows.
fn columns(widths: &[f64], rows: usize) -> Vec<f64> {
    let mut columns = vec![0.0_f64; widths.len().div_ceil(rows)];
    let count = columns.len();
    for (i, &width) in widths.iter().enumerate() {
        columns[i % count] = columns[i % count].max(width);
    }
    columns
}

fn total(columns: &[f64]) -> f64 {
    columns.iter().sum::<f64>() + BETWEEN * columns.len().saturating_sub(1) as f64
}
