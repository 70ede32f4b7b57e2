//! Rows of comma-separated numbers, gzipped and part of the program: the pixels of an image, then
//! its label. The first rows are the training set, the others the test set.

use std::path::Path;

use flate2::read::GzDecoder;

use super::Contents;
use crate::file::{self, Unpacked};
use crate::{Definition, Error, Name, PublishedFile};

/// An embedded file.
#[derive(Debug)]
pub struct Csv {
    pub file: PublishedFile,
    pub gzip: &'static [u8],
}

impl Csv {
    /// The training and the test set.
    pub fn read(&self, name: Name, definition: &Definition) -> Result<[Contents; 2], Error> {
        let embedded = format!("embedded {}.gz", self.file.name);
        let path = Path::new(&embedded);
        let csv =
            file::read_limited(GzDecoder::new(self.gzip), limit(definition)).map_err(|source| {
                Error::Gzip {
                    path: path.to_owned(),
                    source,
                }
            })?;
        let csv = Unpacked::file(csv);
        file::verify(path, &csv, name, self.file)?;
        let Contents {
            mut pixels,
            mut labels,
        } = parse(path, &csv.bytes, definition)?;
        let test = Contents {
            pixels: pixels.split_off(definition.train * definition.shape.len()),
            labels: labels.split_off(definition.train),
        };
        Ok([Contents { pixels, labels }, test])
    }
}

/// More bytes than the file can have: values of three digits, each with a comma or a line feed
/// after it.
fn limit(definition: &Definition) -> usize {
    (definition.train + definition.test) * (definition.shape.len() + 1) * 4
}

/// All rows.
pub fn parse(path: &Path, csv: &[u8], definition: &Definition) -> Result<Contents, Error> {
    let wrong = |what: String, found: &[u8], expected: String| Error::Format {
        path: path.to_owned(),
        what,
        found: format!("`{}`", found.escape_ascii()),
        expected,
    };
    let (size, max) = (definition.shape.len(), definition.normalisation.max);
    let (classes, rows) = (definition.classes, definition.train + definition.test);
    let (mut pixels, mut labels) = (Vec::with_capacity(rows * size), Vec::new());
    let lines = csv.trim_ascii_end().split(|&byte| byte == b'\n');
    for (row, line) in lines.enumerate() {
        let values: Option<Vec<u8>> = line
            .split(|&byte| byte == b',')
            .map(|value| std::str::from_utf8(value).ok()?.parse().ok())
            .collect();
        match values.as_deref() {
            Some([image @ .., label])
                if image.len() == size
                    && image.iter().all(|&pixel| pixel <= max)
                    && usize::from(*label) < classes =>
            {
                pixels.extend_from_slice(image);
                labels.push(*label);
            }
            _ => {
                let last = classes - 1;
                let expected = format!("{size} pixels in 0..={max} and a label in 0..={last}");
                return Err(wrong(format!("row {row}"), line, expected));
            }
        }
    }
    if labels.len() != rows {
        let (what, found) = ("the number of rows".to_owned(), labels.len().to_string());
        return Err(wrong(what, found.as_bytes(), rows.to_string()));
    }
    Ok(Contents { pixels, labels })
}
