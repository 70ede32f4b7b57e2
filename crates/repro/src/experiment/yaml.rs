//! YAML, with the place of each error: everything that knows serde_yaml.

mod line;

use std::fmt;

pub use line::line;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
pub use serde_yaml::{Mapping, Value};

/// The way from a document's top to a value, such as `pipelines[1].stages`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Key {
    /// The key with these names, `optimiser.batch` for one within another.
    pub fn parse(text: &str) -> Self {
        let names = text.split('.').filter(|name| !name.is_empty());
        Self(names.map(|name| Step::Name(name.to_owned())).collect())
    }

    /// The names of the mappings on the way, and of the value if it is in a mapping.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            Step::Index(_) => None,
        })
    }

    /// This key within the mapping of another one.
    pub fn within(&self, parents: &[&str]) -> Self {
        let parents = parents.iter().map(|name| Step::Name((*name).to_owned()));
        Self(parents.chain(self.0.iter().cloned()).collect())
    }

    fn push(&mut self, name: &str) {
        self.0.push(Step::Name(name.to_owned()));
    }

    fn last_name(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if index == 0 => out.write_str(name)?,
                Step::Name(name) => write!(out, ".{name}")?,
                Step::Index(at) => write!(out, "[{at}]")?,
            }
        }
        Ok(())
    }
}

impl From<&serde_path_to_error::Path> for Key {
    fn from(path: &serde_path_to_error::Path) -> Self {
        let steps = path.iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Name(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Self(steps.collect())
    }
}

/// A value that isn't what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub key: Key,
    /// What is wrong with it.
    pub text: String,
}

/// Reads a document.
///
/// # Errors
/// What is no YAML, with its line.
pub fn parse(text: &str) -> Result<Value, String> {
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

/// A value as it would be read.
///
/// # Panics
/// If the value has a map whose keys aren't text.
pub fn value(value: &impl Serialize) -> Value {
    serde_yaml::to_value(value).expect("lists, numbers and text")
}

/// Writes a document. Values with maps whose keys aren't text can't be written.
///
/// # Panics
/// If the value has a map whose keys aren't text.
pub fn to_string(value: &impl Serialize) -> String {
    serde_yaml::to_string(value).expect("lists, numbers and text")
}

/// All that keeps a value from being a `T`. Where a part is wrong, the same part of `example`,
/// which is a `T`, stands in for it, so that the rest is looked at too.
pub fn problems<T: DeserializeOwned>(value: &Value, example: &Value) -> Vec<Problem> {
    /// More than anybody reads; each round finds one.
    const MOST: usize = 50;
    let mut value = value.clone();
    let mut problems: Vec<Problem> = Vec::new();
    while problems.len() < MOST
        && let Err(problem) = read::<T>(&value)
    {
        // The mapping around it, where the example has no such part.
        let mut ways = (0..=problem.key.0.len()).rev();
        ways.find(|&len| repair(&mut value, &problem.key.0[..len], example));
        problems.push(problem);
    }
    problems.dedup();
    problems
}

/// Reads a value as a `T`.
///
/// # Errors
/// The first problem. Its key is that of the wrong value; of an unknown or missing key it is that
/// key.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut key = Key::from(error.path());
        let text = error.into_inner().to_string();
        // The path may end at the mapping that has the unknown key, or lacks a key.
        let quoted = ["unknown field `", "missing field `"];
        let quoted = quoted.iter().find_map(|start| text.strip_prefix(start));
        if let Some(name) = quoted.and_then(|rest| rest.split('`').next())
            && key.last_name() != Some(name)
        {
            key.push(name);
        }
        Problem {
            key,
            text: plain(&text),
        }
    })
}

/// Serde's message without the words of its implementation.
fn plain(text: &str) -> String {
    const WORDS: [(&str, &str); 19] = [
        ("expected usize", "expected a whole number ≥ 0"),
        ("expected u64", "expected a whole number ≥ 0"),
        ("expected u32", "expected a whole number ≥ 0"),
        ("expected u16", "expected a whole number from 0 to 65535"),
        ("expected u8", "expected a whole number from 0 to 255"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected a mapping"),
        ("expected a boolean", "expected true or false"),
        ("invalid type: map", "found a mapping"),
        ("invalid type: sequence", "found a list"),
        ("invalid type: unit value", "found nothing"),
        ("invalid type: floating point", "found the number"),
        ("invalid type: integer", "found the number"),
        ("invalid type: boolean", "found"),
        ("invalid type: string", "found the text"),
        ("invalid value: integer", "found the number"),
        ("invalid value: floating point", "found the number"),
        ("unknown variant", "unknown name"),
    ];
    let mut plain = text.to_owned();
    for (from, to) in WORDS {
        plain = plain.replace(from, to);
    }
    // A mapping with fixed keys is a "struct", one with a `kind` an "enum".
    for kind in ["struct ", "internally tagged enum ", "enum "] {
        if let Some((before, rest)) = plain.split_once(&format!("expected {kind}")) {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            plain = format!("{before}expected a mapping{rest}");
        }
    }
    plain
}

/// Puts the example's part in the place of the value's; takes the value's away if the example has
/// none. Whether anything changed.
fn repair(value: &mut Value, key: &[Step], example: &Value) -> bool {
    match (key, value) {
        ([Step::Name(name)], Value::Mapping(mapping)) => match example.get(name) {
            Some(example) => {
                mapping
                    .insert(name.as_str().into(), example.clone())
                    .as_ref()
                    != Some(example)
            }
            None => mapping.shift_remove(name.as_str()).is_some(),
        },
        ([Step::Name(name), rest @ ..], Value::Mapping(mapping)) => {
            let Some(part) = mapping.get_mut(name.as_str()) else {
                return false;
            };
            match example.get(name) {
                Some(example) if example.is_mapping() && part.is_mapping() => {
                    repair(part, rest, example)
                }
                Some(Value::Sequence(examples)) if part.is_sequence() => {
                    let Some((Step::Index(at), example)) = rest.first().zip(examples.first())
                    else {
                        return false;
                    };
                    part.get_mut(*at)
                        .is_some_and(|item| std::mem::replace(item, example.clone()) != *example)
                }
                Some(example) => std::mem::replace(part, example.clone()) != *example,
                None => mapping.shift_remove(name.as_str()).is_some(),
            }
        }
        (_, value) => std::mem::replace(value, example.clone()) != *example,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Thing {
        count: u8,
        name: String,
        sizes: Vec<u8>,
        inner: Inner,
        #[serde(default)]
        others: BTreeMap<String, u8>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Inner {
        left: u8,
        right: u8,
    }

    #[test]
    fn all_problems_are_found_at_once() {
        let example = parse("{count: 1, name: n, sizes: [1], inner: {left: 1, right: 2}}").unwrap();
        assert_eq!(problems::<Thing>(&example, &example), []);
        let wrong = parse(
            "{count: many, title: n, sizes: [1, two, 3, four], inner: {left: -1, up: 1}, \
             others: {a: b, c: 1}, extra: {x: y}}",
        )
        .unwrap();
        let found = problems::<Thing>(&wrong, &example);
        let keys: Vec<String> = found
            .iter()
            .map(|problem| problem.key.to_string())
            .collect();
        let expected = [
            "count",
            "title",
            "sizes[1]",
            "sizes[3]",
            "inner.left",
            "inner.up",
            "inner.right",
            "others.a",
            "extra",
            "name",
        ];
        assert_eq!(keys, expected, "{found:?}");
        let no_mapping = problems::<Thing>(&Value::from(3), &example);
        assert_eq!(no_mapping.len(), 1, "{no_mapping:?}");
    }
}
