//! The Python version of CIFAR-10: a dictionary with `labels` and `data`, pickled by Python 2 with
//! protocol 2.
//!
//! Pickles are programs. This reader knows the instructions that such a dictionary takes, and the
//! two functions of NumPy that it calls; anything else is refused, and nothing is ever run. The
//! images of a batch are those of the file of the same number of the binary version, so it is
//! turned into that file's records, and its checksum is that of the file.
//!
//! Source: `pickletools.py` of CPython; `__reduce__` and `__setstate__` of `numpy.ndarray`.

mod batch;
mod machine;
#[cfg(test)]
pub mod tests;

use std::path::Path;

use self::machine::Machine;
use crate::Error;

/// The instruction that every pickle of protocol 2 begins with.
const PROTOCOL_2: [u8; 2] = [0x80, 2];

/// Whether a file that begins so is a pickle of protocol 2.
pub fn is_one(start: &[u8]) -> bool {
    start.starts_with(&PROTOCOL_2)
}

/// The most bytes that the pickle of a batch with so many bytes of records has. The names of the
/// files make it longer: by one part in a hundred for CIFAR-10.
pub fn longest(records: usize) -> usize {
    records.saturating_mul(2).saturating_add(4096)
}

/// The batch as the binary version has it: a label and the bytes of an image for each sample; of
/// more than `limit` bytes, one more.
pub fn records(path: &Path, bytes: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let wrong = |Wrong(what, found, expected): Wrong| Error::Format {
        path: path.to_owned(),
        what,
        found,
        expected,
    };
    let batch = Machine::new(bytes).run().map_err(wrong)?;
    let width = batch.width;
    let mut records = Vec::with_capacity(batch.labels.len() + batch.data.len());
    for (label, image) in batch.labels.iter().zip(batch.data.chunks_exact(width)) {
        records.push(*label);
        records.extend_from_slice(image);
        if records.len() > limit {
            records.truncate(limit.saturating_add(1));
            break;
        }
    }
    Ok(records)
}

/// What is wrong, what was found, and what was expected.
struct Wrong(String, String, String);

type Result_<T> = Result<T, Wrong>;

fn wrong<T>(
    what: impl Into<String>,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> Result_<T> {
    Err(Wrong(what.into(), found.into(), expected.into()))
}

/// Index of a value.
type Id = usize;

/// What instructions make. Values refer to each other by index, so that none is copied and none is
/// deep.
enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Text(&'a [u8]),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A module and a name in it.
    Global(&'a [u8], &'a [u8]),
    /// NumPy's type with this name.
    Dtype(&'a [u8]),
    /// NumPy's array, once its state is known.
    Array(Option<Array<'a>>),
}

impl Value<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Global(..) => "a function",
            Self::Dtype(_) => "a type",
            Self::Array(_) => "an array",
        }
    }
}

#[derive(Clone, Copy)]
struct Array<'a> {
    rows: usize,
    width: usize,
    bytes: &'a [u8],
}
