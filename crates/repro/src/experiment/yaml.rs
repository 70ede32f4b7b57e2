//! YAML, with the place of each error: everything that knows serde_yaml.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde::de::{Deserializer, Visitor};
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

/// All that keeps a value from being a `T`. Where a part is wrong, the same part of `example`, which
/// is a `T`, stands in for it, so that the rest is looked at too.
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
/// The first problem. Its key is that of the wrong value; of an unknown or missing key it is that key.
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

/// The line, from 1, of a key of this document, and how many of the key's names lead there: fewer
/// than all if the document has only a parent of it.
pub fn line(text: &str, key: &Key) -> Option<(usize, usize)> {
    let lengths = (1..=key.0.len()).rev();
    lengths
        .filter_map(|len| Some((line_of(text, &key.0[..len])?, len)))
        .next()
}

/// The line of exactly this key: serde_yaml tells where a value is that a visitor refuses.
fn line_of(text: &str, key: &[Step]) -> Option<usize> {
    let document = serde_yaml::Deserializer::from_str(text);
    let error = Find(key).deserialize(document).err()?;
    if !error.to_string().contains(FOUND) {
        return None;
    }
    Some(error.location()?.line())
}

const FOUND: &str = "this is the key";

/// Refuses the value with this key, or the key itself where it has a name.
#[derive(Clone, Copy)]
struct Find<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.0 {
            [] => Err(D::Error::custom(FOUND)),
            [Step::Name(_), ..] => from.deserialize_map(self),
            [Step::Index(_), ..] => from.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the way to a key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Step::Name(name), rest)) = self.0.split_first() else {
            return Ok(());
        };
        let key = FindName {
            name,
            refuse: rest.is_empty(),
        };
        while let Some(found) = map.next_key_seed(key)? {
            match found {
                Some(()) => return map.next_value_seed(Find(rest)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((Step::Index(at), rest)) = self.0.split_first() else {
            return Ok(());
        };
        for _ in 0..*at {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        items.next_element_seed(Item(rest)).map(|_| ())
    }
}

/// A list's item, which is refused at its beginning.
struct Item<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        struct Refuse;
        impl<'de> Visitor<'de> for Refuse {
            type Value = ();

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(FOUND)
            }
        }
        match self.0 {
            // No visitor method is there: each kind of value is refused.
            [] => from.deserialize_any(Refuse),
            rest => Find(rest).deserialize(from),
        }
    }
}

/// A mapping's key: whether it has this name; if it is the last of the way, it is refused.
#[derive(Clone, Copy)]
struct FindName<'a> {
    name: &'a str,
    refuse: bool,
}

impl<'de> DeserializeSeed<'de> for FindName<'_> {
    type Value = Option<()>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl Visitor<'_> for FindName<'_> {
    type Value = Option<()>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, found: &str) -> Result<Self::Value, E> {
        match (found == self.name, self.refuse) {
            (true, true) => Err(E::custom(FOUND)),
            (true, false) => Ok(Some(())),
            (false, _) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    const DOCUMENT: &str = "\
# A comment: with a colon
first: 1
nested: {inner: 2,
  other: 3}
list:
  - a
  - {name: b, size: 4}
  -
    name: c
'quoted key': |
  first: not a key
deep:
    deeper:
        deepest: 5
";

    #[test]
    fn keys_are_found_in_every_style() {
        let at = |key: Key| line(DOCUMENT, &key);
        let named = |text: &str| at(Key::parse(text));
        assert_eq!(named("first"), Some((2, 1)));
        assert_eq!(named("nested"), Some((3, 1)));
        assert_eq!(named("nested.inner"), Some((3, 2)));
        assert_eq!(named("nested.other"), Some((4, 2)));
        assert_eq!(named("quoted key"), Some((10, 1)));
        assert_eq!(named("deep.deeper.deepest"), Some((14, 3)));
        // Only a parent is there, or nothing.
        assert_eq!(named("deep.deeper.lost.child"), Some((13, 2)));
        assert_eq!(named("first.child"), Some((2, 1)));
        assert_eq!(named("lost"), None);
        let item = |at: usize, name: &str| {
            let mut key = Key::parse("list");
            key.0.push(Step::Index(at));
            key.0.extend(Key::parse(name).0);
            key
        };
        assert_eq!(at(item(0, "")), Some((6, 2)));
        assert_eq!(at(item(1, "size")), Some((7, 3)));
        assert_eq!(at(item(2, "name")), Some((9, 3)));
        assert_eq!(at(item(3, "name")), Some((5, 1)));
        assert_eq!(item(1, "size").to_string(), "list[1].size");
    }

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
