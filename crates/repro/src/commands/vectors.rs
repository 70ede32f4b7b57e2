//! Vectors as CSV, one per row, without a header. Numbers survive a round trip.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::{Error, Located};

/// n rows of d numbers, row-major.
#[derive(Debug)]
pub struct Vectors {
    pub values: Vec<f64>,
    pub n: usize,
    pub d: usize,
}

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path) -> Result<Vectors, Error> {
    let mut bytes = Vec::new();
    if path != Path::new("-") {
        bytes = std::fs::read(path).map_err(Error::read(path))?;
        return parse(&bytes, &path.display().to_string());
    }
    let mut input = io::stdin().lock();
    input.read_to_end(&mut bytes).map_err(Error::read(path))?;
    parse(&bytes, "standard input")
}

fn parse(bytes: &[u8], name: &str) -> Result<Vectors, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let (mut values, mut n, mut d) = (Vec::new(), 0, None);
    for (row, record) in (1..).zip(reader.records()) {
        let wrong = |problem: String| {
            let place = format!("{name}, row {row}");
            Error::Vectors(Located { place, problem })
        };
        let record = record.map_err(|error| wrong(error.to_string()))?;
        for (column, field) in (1..).zip(&record) {
            let wrong = |what: &str| wrong(format!("column {column}: `{field}` {what}"));
            let field = field.trim();
            let number: f64 = field.parse().map_err(|_| wrong("is not a number"))?;
            // Who means infinity writes it.
            if number.is_infinite() && field.contains(|c: char| c.is_ascii_digit()) {
                return Err(wrong(
                    "is larger than the largest number of 64 bits, 1.8e308",
                ));
            }
            values.push(number);
        }
        let expected = *d.get_or_insert(record.len());
        if record.len() != expected {
            return Err(wrong(format!(
                "{} numbers, but the rows before have {expected}",
                record.len()
            )));
        }
        n = row;
    }
    match d {
        Some(d) => Ok(Vectors { values, n, d }),
        None => Err(Error::Vectors(Located {
            place: name.to_owned(),
            problem: "no vectors: give one per row, numbers separated by commas".to_owned(),
        })),
    }
}

/// Prints rows of length d.
pub fn write(values: &[f64], d: usize, out: &mut dyn Write) -> io::Result<()> {
    for row in values.chunks_exact(d) {
        // The debug form is the shortest that reads back the same, also for 1e300.
        let numbers: Vec<_> = row.iter().map(|value| format!("{value:?}")).collect();
        writeln!(out, "{}", numbers.join(","))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrong_rows_are_named() {
        let message = |text: &str| parse(text.as_bytes(), "v.csv").unwrap_err().to_string();
        assert_eq!(
            message("1,2\n3\n"),
            "v.csv, row 2: 1 numbers, but the rows before have 2"
        );
        assert_eq!(
            message("1,x\n"),
            "v.csv, row 1: column 2: `x` is not a number"
        );
        assert_eq!(
            message("1,-1e999\n"),
            "v.csv, row 1: column 2: `-1e999` is larger than the largest number of 64 bits, 1.8e308"
        );
        assert!(message("").starts_with("v.csv: no vectors"));
        let vectors = parse(b"1, -2e-3\nNaN,inf", "v.csv").unwrap();
        assert_eq!((vectors.n, vectors.d), (2, 2));
        assert!(vectors.values[2].is_nan() && vectors.values[3] == f64::INFINITY);
    }

    proptest! {
        #[test]
        fn every_number_round_trips(bits in prop::collection::vec(any::<u64>(), 1..20)) {
            let values: Vec<_> = bits.into_iter().map(f64::from_bits).collect();
            let mut text = Vec::new();
            write(&values, values.len(), &mut text).unwrap();
            let back = parse(&text, "text").unwrap().values;
            for (value, back) in values.iter().zip(back) {
                prop_assert!(value.to_bits() == back.to_bits() || value.is_nan() && back.is_nan());
            }
        }
    }
}
