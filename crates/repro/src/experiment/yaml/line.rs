//! Where a key stands in a document.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::{Key, Step};

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
}
