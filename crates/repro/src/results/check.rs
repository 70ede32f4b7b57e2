//! Whether a table is the stored one, cell by cell.
//!
//! # Tolerance
//! The same format on a processor with the same instruction sets gives the same bytes: then no
//! number may differ. Other roundings, of another processor or a faster kernel, grow within some
//! hundred steps into other numbers, as another seed would. At worst each run is then a fresh draw,
//! so that the difference of two means of n seeds has the standard deviation s·√(2/n), with s the
//! deviation over the seeds, and that of two sample deviations about s/√(n−1). A cell may move by
//! three of these:
//!
//! ```text
//! mean: max(floor, 3·s·√(2/n))      std: max(floor, 3·s/√(n−1))
//! ```
//!
//! s and n are the stored cell's; `floor` is for cells whose few seeds agree by chance, or that
//! have one seed and no deviation. It is the experiment's `tolerance` for what the cell measures.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::experiment::Tolerance;
use crate::results::table::Table;

/// How two tables differ.
#[derive(Debug, Default, Serialize)]
pub struct Comparison {
    /// Cells of the stored table.
    pub cells: usize,
    /// Values that differ, but within their tolerance.
    pub within: Vec<Moved>,
    /// Values that are beyond it, in the order of the cells.
    pub beyond: Vec<Moved>,
}

/// One value that isn't as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// The cell's coordinates.
    pub cell: String,
    /// How it differs.
    #[serde(flatten)]
    pub what: Difference,
}

/// How it differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Difference {
    /// The cell is in the stored table alone.
    Gone,
    /// The cell is in the new table alone.
    New,
    /// A table has the cell twice.
    Twice,
    /// A number differs.
    Number {
        /// The column's name.
        column: String,
        /// The stored number.
        stored: f64,
        /// The new one.
        found: f64,
        /// By how much they may differ.
        tolerance: f64,
    },
    /// Something differs that is no number, or must not differ.
    Text {
        /// The column's name.
        column: String,
        /// The stored text.
        stored: String,
        /// The new one.
        found: String,
    },
}

impl fmt::Display for Moved {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.cell)?;
        match &self.what {
            Difference::Gone => out.write_str("is not in the table any more"),
            Difference::New => out.write_str("is not in the stored table"),
            Difference::Twice => out.write_str("is in a table twice"),
            Difference::Number {
                column,
                stored,
                found,
                tolerance,
            } => {
                let by = found - stored;
                write!(
                    out,
                    "{column} {stored:.4} → {found:.4} ({by:+.4}, tolerance {tolerance:.4})"
                )
            }
            Difference::Text {
                column,
                stored,
                found,
            } => write!(out, "{column} `{stored}` → `{found}`"),
        }
    }
}

/// Compares headers, cells that are only in one of the tables, means, deviations and numbers of
/// seeds.
///
/// The worst attack may change without being a drift: two may be equally bad. `exact` is for tables
/// of the same format, made with the same instruction sets: then no number may differ at all.
pub fn compare(stored: &Table, found: &Table, tolerance: &Tolerance, exact: bool) -> Comparison {
    let mut comparison = Comparison::from_headers(stored, found);
    let old = by_cell(stored, |cell| comparison.add(cell, Difference::Twice));
    let new = by_cell(found, |cell| comparison.add(cell, Difference::Twice));
    comparison.cells = old.len();
    for (cell, values) in &old {
        let Some(now) = new.get(cell) else {
            comparison.add(cell, Difference::Gone);
            continue;
        };
        let floor = floor(values, tolerance);
        for (&column, &stored) in values {
            let found = now.get(column).copied().unwrap_or_default();
            let floor = (!exact).then_some(floor);
            if let Some(what) = difference(column, stored, found, values, floor) {
                comparison.add(cell, what);
            }
        }
    }
    for cell in new.keys().filter(|cell| !old.contains_key(*cell)) {
        comparison.add(cell, Difference::New);
    }
    comparison
}

/// Compares tables of which all columns but the first so many `coordinates` are numbers, which may
/// differ by the part `tolerance` of the stored one. Other text, such as the name of the strongest
/// of several equal attacks, may change.
pub fn compare_numbers(
    stored: &Table,
    found: &Table,
    coordinates: usize,
    tolerance: f64,
) -> Comparison {
    let mut comparison = Comparison::from_headers(stored, found);
    let mut rows = |table: &Table| {
        let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in &table.rows {
            let (cell, values) = row.split_at(coordinates.min(row.len()));
            let named = table.header.iter().zip(cell);
            let named = named.filter(|(_, value)| !value.is_empty());
            let named: Vec<_> = named
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let cell = named.join(", ");
            if rows.insert(cell.clone(), values.to_vec()).is_some() {
                comparison.add(&cell, Difference::Twice);
            }
        }
        rows
    };
    let (old, new) = (rows(stored), rows(found));
    comparison.cells = old.len();
    for cell in new.keys().filter(|cell| !old.contains_key(*cell)) {
        comparison.add(cell, Difference::New);
    }
    for (cell, before) in &old {
        let Some(after) = new.get(cell) else {
            comparison.add(cell, Difference::Gone);
            continue;
        };
        let columns = stored.header.iter().skip(coordinates);
        for (column, (before, after)) in columns.zip(before.iter().zip(after)) {
            let what = match (before.parse::<f64>(), after.parse::<f64>()) {
                _ if before == after => continue,
                (Err(_), Err(_)) if !before.is_empty() && !after.is_empty() => continue,
                (Ok(stored), Ok(found)) => Difference::Number {
                    column: column.clone(),
                    stored,
                    found,
                    // Infinity is close to nothing else, and close to 0 is small.
                    tolerance: match stored.abs() {
                        size if size.is_finite() => tolerance * size.max(SMALLEST),
                        _ => 0.0,
                    },
                },
                _ => Difference::Text {
                    column: column.clone(),
                    stored: before.clone(),
                    found: after.clone(),
                },
            };
            comparison.add(cell, what);
        }
    }
    comparison
}

/// A stored number below this is compared as this.
const SMALLEST: f64 = 1e-9;

impl Comparison {
    /// With the columns that only one of the tables has.
    fn from_headers(stored: &Table, found: &Table) -> Self {
        let mut comparison = Self::default();
        if stored.header != found.header {
            let what = Difference::Text {
                column: "names of the columns".to_owned(),
                stored: stored.header.join(","),
                found: found.header.join(","),
            };
            comparison.add("header", what);
        }
        comparison
    }

    fn add(&mut self, cell: &str, what: Difference) {
        // Written so that NaN counts as beyond.
        let within = matches!(&what, Difference::Number { stored, found, tolerance, .. }
            if (found - stored).abs() <= *tolerance);
        let list = if within {
            &mut self.within
        } else {
            &mut self.beyond
        };
        let cell = cell.to_owned();
        list.push(Moved { cell, what });
    }

    /// Whether the table is the stored one.
    pub fn holds(&self) -> bool {
        self.beyond.is_empty()
    }
}

type Values<'a> = BTreeMap<&'a str, &'a str>;

fn difference(
    column: &str,
    stored: &str,
    found: &str,
    values: &Values<'_>,
    floor: Option<f64>,
) -> Option<Difference> {
    if stored == found {
        return None;
    }
    let number = |name: &str| values.get(name).and_then(|text| text.parse::<f64>().ok());
    let column = column.to_owned();
    match (column.as_str(), stored.parse(), found.parse()) {
        ("mean" | "std", Ok(stored), Ok(found)) => Some(Difference::Number {
            tolerance: floor.map_or(0.0, |floor| {
                tolerance(&column, number("std"), number("seeds"), floor)
            }),
            column,
            stored,
            found,
        }),
        ("mean" | "std" | "seeds", ..) => Some(Difference::Text {
            column,
            stored: stored.to_owned(),
            found: found.to_owned(),
        }),
        _ => None,
    }
}

/// What any cell with these values may move by.
fn floor(values: &Values<'_>, tolerance: &Tolerance) -> f64 {
    match values.get("measure").copied() {
        Some("clip_threshold") => {
            let mean = values.get("mean").and_then(|mean| mean.parse::<f64>().ok());
            tolerance.threshold * mean.map_or(0.0, f64::abs)
        }
        Some("clipped_honest" | "clipped_byzantine") => tolerance.vectors,
        _ => tolerance.accuracy,
    }
}

/// See the [module documentation](self).
fn tolerance(column: &str, std: Option<f64>, seeds: Option<f64>, floor: f64) -> f64 {
    let (Some(std), Some(seeds)) = (std, seeds) else {
        return floor;
    };
    let spread = match column {
        "mean" => std * (2.0 / seeds).sqrt(),
        _ => std / (seeds - 1.0).sqrt(),
    };
    let spread = 3.0 * spread;
    // A deviation that can't be one allows nothing.
    if spread.is_finite() {
        return floor.max(spread);
    }
    floor
}

/// All columns of each cell by name, under the cell's coordinates; `twice` hears of cells that are
/// there more than once.
fn by_cell(table: &Table, mut twice: impl FnMut(&str)) -> BTreeMap<String, Values<'_>> {
    let mut cells = BTreeMap::new();
    for row in &table.rows {
        let columns = table.header.iter().zip(row);
        let values = columns.map(|(name, value)| (name.as_str(), value.as_str()));
        let cell = cell(table, row);
        if cells.insert(cell.clone(), values.collect()).is_some() {
            twice(&cell);
        }
    }
    cells
}

/// A row's coordinates: all columns before `mean`, but for the empty ones.
pub fn cell(table: &Table, row: &[String]) -> String {
    let columns = table.header.iter().zip(row).take(coordinates(table));
    let given = columns.filter(|(_, value)| !value.is_empty());
    let cell: Vec<_> = given
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    cell.join(", ")
}

fn coordinates(table: &Table) -> usize {
    table.column("mean").unwrap_or(table.header.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 6]]) -> Table {
        let header = ["pipeline", "alpha", "mean", "std", "seeds", "worst_attack"];
        let strings = |row: &[&str; 6]| row.map(str::to_owned).to_vec();
        Table {
            header: strings(&header),
            rows: rows.iter().map(strings).collect(),
        }
    }

    fn accuracy(accuracy: f64) -> Tolerance {
        Tolerance {
            accuracy,
            threshold: 0.1,
            vectors: 0.5,
            why: String::new(),
        }
    }

    fn texts(moved: &[Moved]) -> Vec<String> {
        moved.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_way_to_drift_is_reported_and_nothing_else() {
        let stored = table(&[
            ["a", "1", "0.5", "0.01", "8", "sf"],
            ["b", "", "0.5", "0.01", "8", "sf"],
            ["c", "1", "0.5", "", "1", "sf"],
            ["d", "1", "0.5", "0.01", "8", "sf"],
            ["e", "1", "0.5", "0.01", "8", "sf"],
        ]);
        // 3 · 0.01 · √(2/8) = 0.015, and 3 · 0.01 / √7 = 0.0113.
        let found = table(&[
            ["e", "1", "NaN", "0.01", "8", "sf"],
            ["a", "1", "0.5149", "0.0213", "8", "lf"],
            ["b", "", "0.5151", "0.0214", "7", "sf"],
            ["c", "1", "0.504", "0.01", "1", "sf"],
            ["f", "1", "0.5", "0.01", "8", "sf"],
        ]);
        let comparison = compare(&stored, &found, &accuracy(0.005), false);
        assert_eq!(
            texts(&comparison.beyond),
            [
                "pipeline b: mean 0.5000 → 0.5151 (+0.0151, tolerance 0.0150)",
                "pipeline b: seeds `8` → `7`",
                "pipeline b: std 0.0100 → 0.0214 (+0.0114, tolerance 0.0113)",
                "pipeline c, alpha 1: std `` → `0.01`",
                "pipeline d, alpha 1: is not in the table any more",
                "pipeline e, alpha 1: mean 0.5000 → NaN (NaN, tolerance 0.0150)",
                "pipeline f, alpha 1: is not in the stored table",
            ]
        );
        assert_eq!(
            texts(&comparison.within),
            [
                "pipeline a, alpha 1: mean 0.5000 → 0.5149 (+0.0149, tolerance 0.0150)",
                "pipeline a, alpha 1: std 0.0100 → 0.0213 (+0.0113, tolerance 0.0113)",
                "pipeline c, alpha 1: mean 0.5000 → 0.5040 (+0.0040, tolerance 0.0050)",
            ]
        );
        assert!(!comparison.holds() && compare(&stored, &stored, &accuracy(0.0), true).holds());
    }

    #[test]
    fn each_measure_has_its_floor() {
        let table = |means: [&str; 3]| Table {
            header: ["measure", "mean", "std", "seeds"]
                .map(str::to_owned)
                .to_vec(),
            rows: ["clip_threshold", "clipped_honest", "maximal"]
                .iter()
                .zip(means)
                .map(|(measure, mean)| [measure, mean, "", "1"].map(str::to_owned).to_vec())
                .collect(),
        };
        let stored = table(["20", "3", "0.5"]);
        let moved = |means| {
            compare(&stored, &table(means), &accuracy(0.01), false)
                .beyond
                .len()
        };
        assert_eq!(moved(["21.9", "3.4", "0.509"]), 0);
        assert_eq!(moved(["22.1", "3.6", "0.511"]), 3);
    }

    #[test]
    fn infinity_other_headers_and_cells_twice_are_differences() {
        let stored = table(&[["a", "1", "0.5", "inf", "8", "sf"]]);
        let moved = table(&[["a", "1", "0.9", "inf", "8", "sf"]]);
        assert!(!compare(&stored, &moved, &accuracy(0.05), false).holds());
        let close = table(&[["a", "1", "0.54", "inf", "8", "sf"]]);
        assert!(compare(&stored, &close, &accuracy(0.05), false).holds());
        assert!(!compare(&stored, &close, &accuracy(0.05), true).holds());

        let renamed = |from: &str| {
            let mut table = stored.clone();
            let column = table.header.iter_mut().find(|name| *name == from);
            column.unwrap().push('2');
            table
        };
        for column in ["std", "seeds", "worst_attack"] {
            let comparison = compare(&renamed(column), &stored, &accuracy(0.05), false);
            assert!(!comparison.holds(), "{column}");
        }

        let row = ["a", "1", "0.5", "0.01", "8", "sf"];
        let other = ["a", "1", "0.9", "0.01", "8", "sf"];
        let twice = compare(
            &table(&[other, row]),
            &table(&[row]),
            &accuracy(0.05),
            false,
        );
        assert_eq!(
            texts(&twice.beyond),
            ["pipeline a, alpha 1: is in a table twice"]
        );
    }

    #[test]
    fn no_number_is_close_to_infinity_nor_far_numbers_to_zero() {
        let numbers = |value: &str| Table {
            header: vec!["rule".to_owned(), "ratio".to_owned()],
            rows: vec![vec!["a".to_owned(), value.to_owned()]],
        };
        let holds = |stored: &str, found: &str| {
            compare_numbers(&numbers(stored), &numbers(found), 1, 0.05).holds()
        };
        assert!(holds("inf", "inf") && holds("1", "1.04") && holds("0", "1e-12"));
        assert!(!holds("inf", "1") && !holds("1", "inf") && !holds("0", "0.001"));
        assert!(!holds("inf", "-inf") && !holds("1", "1.06") && !holds("1", ""));
        let mut renamed = numbers("1");
        renamed.header[1] = "other".to_owned();
        assert!(!compare_numbers(&numbers("1"), &renamed, 1, 0.05).holds());
    }
}
