//! A table as text: header and rows, for CSV files, the terminal and comparison.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use polars::prelude::{AnyValue, DataFrame};

use crate::error::Error;
use crate::results::files::write_atomically;

/// Cells as they stand in a CSV file. Numbers are in their shortest form that reads back the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub header: Vec<String>,
    /// One text per column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// All of a frame, nulls as empty cells.
    ///
    /// # Errors
    /// If a column can't be read.
    pub fn from_frame(frame: &DataFrame) -> Result<Self, Error> {
        let header = frame
            .get_column_names()
            .iter()
            .map(ToString::to_string)
            .collect();
        let rows = (0..frame.height())
            .map(|row| {
                frame
                    .columns()
                    .iter()
                    .map(|column| Ok(cell(&column.get(row)?).into_owned()))
                    .collect()
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self { header, rows })
    }

    /// Writes a frame's CSV file row by row: of the evaluations there may be millions.
    ///
    /// # Panics
    /// Never: a vector takes all writes.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn stream(frame: &DataFrame, path: &Path) -> Result<(), Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |row: Vec<Cow<'_, str>>| {
            let written = writer.write_record(row.iter().map(|cell| cell.as_bytes()));
            written.expect("a vector takes all writes");
        };
        let names = frame.get_column_names();
        write(names.iter().map(|name| name.as_str().into()).collect());
        for row in 0..frame.height() {
            let values = frame.columns().iter().map(|column| column.get(row));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            write(values.iter().map(cell).collect());
        }
        let bytes = writer.into_inner().expect("a vector takes all writes");
        write_atomically(path, &bytes)
    }

    /// Reads a CSV file.
    ///
    /// # Errors
    /// If it is there and can't be read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let strings = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let mut read = || -> csv::Result<Self> {
            let header = strings(reader.headers()?);
            let rows = reader.records().map(|record| Ok(strings(&record?)));
            Ok(Self {
                header,
                rows: rows.collect::<csv::Result<_>>()?,
            })
        };
        read().map_err(|error| Error::Read {
            path: path.to_owned(),
            source: error.into(),
        })
    }

    /// The CSV file's bytes.
    ///
    /// # Panics
    /// Never: a vector takes all writes.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let records = std::iter::once(&self.header).chain(&self.rows);
        records.for_each(|record| {
            writer
                .write_record(record)
                .expect("a vector takes all writes")
        });
        writer.into_inner().expect("a vector takes all writes")
    }

    /// Writes the CSV file.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        write_atomically(path, &self.to_csv())
    }

    /// Prints it for people: coordinates that never change in a line above, numbers rounded.
    ///
    /// # Errors
    /// If `out` can't be written.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let coordinates = self.column("mean").unwrap_or(self.header.len());
        let constant = |column: usize| {
            column < coordinates
                && self
                    .rows
                    .iter()
                    .all(|row| row[column] == self.rows[0][column])
        };
        let (above, shown): (Vec<_>, Vec<_>) = (0..self.header.len()).partition(|&c| constant(c));
        let above: Vec<_> = above
            .into_iter()
            .filter(|&column| self.rows.first().is_some_and(|row| !row[column].is_empty()))
            .map(|column| format!("{} {}", self.header[column], self.rows[0][column]))
            .collect();
        writeln!(out, "{}", above.join(", "))?;
        let text = |row: &[String], column: usize| match row[column].parse::<f64>() {
            Ok(number) if ["mean", "std"].contains(&self.header[column].as_str()) => {
                format!("{number:.4}")
            }
            Ok(number) if self.header[column].ends_with("_ms") => format!("{number:.1}"),
            _ => row[column].clone(),
        };
        let header: Vec<_> = shown
            .iter()
            .map(|&column| self.header[column].clone())
            .collect();
        let rows = self
            .rows
            .iter()
            .map(|row| shown.iter().map(|&c| text(row, c)).collect());
        let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
        let widths: Vec<_> = (0..shown.len())
            .map(|column| {
                lines
                    .iter()
                    .map(|line| line[column].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for line in &lines {
            let cells = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    /// The place of the column with this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|header| header == name)
    }
}

fn cell<'a>(value: &'a AnyValue<'_>) -> Cow<'a, str> {
    match value {
        AnyValue::Null => "".into(),
        AnyValue::String(text) => (*text).into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Float64(number) => number.to_string().into(),
        other => other.to_string().into(),
    }
}
