//! What a batch of CIFAR-10 is in Python: a dictionary with a list of labels and NumPy's array of
//! images.

use super::machine::Machine;
use super::{Array, Id, Result_, Value, wrong};

/// As many labels as rows of `data`.
pub struct Batch<'a> {
    pub labels: Vec<u8>,
    pub data: &'a [u8],
    /// Bytes of an image, not 0.
    pub width: usize,
}

impl<'a> Machine<'a> {
    /// (version, shape, type, whether columns come first, bytes).
    pub fn array(&self, state: Id) -> Result_<Array<'a>> {
        let value = |id: Id| &self.values[id];
        let state = match value(state) {
            Value::Tuple(items) if items.len() == 5 => items,
            other => return wrong("an array's state", other.kind(), "a tuple of 5"),
        };
        match value(state[2]) {
            Value::Dtype(b"u1") => {}
            Value::Dtype(other) => {
                let found = other.escape_ascii().to_string();
                return wrong("an array's type", found, "u1, bytes");
            }
            other => return wrong("an array's type", other.kind(), "u1, bytes"),
        }
        let shape: Option<Vec<usize>> = match value(state[1]) {
            Value::Tuple(sizes) => sizes
                .iter()
                .map(|&size| match value(size) {
                    Value::Int(size) => usize::try_from(*size).ok(),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let Some(&[rows, width]) = shape.as_deref().filter(|shape| shape.last() != Some(&0)) else {
            return wrong("an array's shape", format!("{shape:?}"), "rows and columns");
        };
        match value(state[3]) {
            Value::Bool(false) => {}
            _ => return wrong("an array's order", "columns first", "rows first"),
        }
        match value(state[4]) {
            Value::Text(bytes) if rows.checked_mul(width) == Some(bytes.len()) => {
                Ok(Array { rows, width, bytes })
            }
            Value::Text(bytes) => wrong(
                "an array's length",
                bytes.len().to_string(),
                format!("{rows} × {width}"),
            ),
            other => wrong("an array's contents", other.kind(), "bytes"),
        }
    }

    /// What the program has left.
    pub fn batch(&self) -> Result_<Batch<'a>> {
        let entries = match self.stack.as_slice() {
            &[id] => match &self.values[id] {
                Value::Dict(entries) => entries,
                other => return wrong("the pickle", other.kind(), "a dictionary"),
            },
            stack => {
                let found = format!("{} values", stack.len());
                return wrong("the pickle", found, "a dictionary");
            }
        };
        let find = |name: &str| {
            let entry = entries.iter().rev().find(|&&(key, _)| {
                matches!(&self.values[key], Value::Text(key) if *key == name.as_bytes())
            });
            match entry {
                Some(&(_, value)) => Ok(&self.values[value]),
                None => wrong(format!("the key {name}"), "missing", "there"),
            }
        };
        let labels = match find("labels")? {
            Value::List(items) => items,
            other => return wrong("labels", other.kind(), "a list"),
        };
        let labels: Option<Vec<u8>> = labels
            .iter()
            .map(|&label| match &self.values[label] {
                Value::Int(label) => u8::try_from(*label).ok(),
                _ => None,
            })
            .collect();
        let Some(labels) = labels else {
            return wrong("a label", "something else", "0 to 255");
        };
        let array = match find("data")? {
            Value::Array(Some(array)) => *array,
            other => return wrong("data", other.kind(), "an array with contents"),
        };
        if labels.len() != array.rows {
            let found = labels.len().to_string();
            let expected = format!("{}, the number of images", array.rows);
            return wrong("the number of labels", found, expected);
        }
        Ok(Batch {
            labels,
            data: array.bytes,
            width: array.width,
        })
    }
}
