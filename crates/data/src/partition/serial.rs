//! How a partition is read from a configuration: a map with the key `scheme` and the scheme's
//! parameters.
//!
//! `#[serde(tag = "scheme")]` alone would keep all values until it knows the scheme, and an error
//! in one of them would no longer tell its key. So where `scheme` comes first, as in every file
//! that people write, the parameters are read directly; elsewhere, as in sorted maps, serde's way
//! has to do.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{InAnyOrder, Partition, Tag};

impl<'de> Deserialize<'de> for Partition {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(PartitionVisitor)
    }
}

struct PartitionVisitor;

impl<'de> Visitor<'de> for PartitionVisitor {
    type Value = Partition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with the key `scheme`, such as {scheme: iid}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Partition, A::Error> {
        let key: Option<String> = map.next_key()?;
        let partition = if key.as_deref() == Some("scheme") {
            let tag: Tag = map.next_value()?;
            tag.read(MapAccessDeserializer::new(map))?
        } else {
            let map = MapAccessDeserializer::new(PutBack { key, map });
            InAnyOrder::deserialize(map)?.into()
        };
        partition.check().map_err(A::Error::custom)?;
        Ok(partition)
    }
}

/// A map, with the key that was taken from its beginning.
struct PutBack<A> {
    key: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for PutBack<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.key.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Partition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Partition".into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::Partition").into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        InAnyOrder::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::{Dirichlet, Extreme, Iid, Similarity, any_partition};

    fn dirichlet(alpha: f64, min_samples: Option<usize>) -> Partition {
        Dirichlet { alpha, min_samples }.into()
    }

    #[test]
    fn serialised_form() {
        for (partition, json) in [
            (Iid {}.into(), r#"{"scheme":"iid"}"#),
            (Extreme {}.into(), r#"{"scheme":"extreme"}"#),
            (
                dirichlet(0.1, None),
                r#"{"scheme":"dirichlet","alpha":0.1}"#,
            ),
            (
                dirichlet(1.0, Some(3)),
                r#"{"scheme":"dirichlet","alpha":1.0,"min_samples":3}"#,
            ),
            (
                Similarity { gamma: 0.5 }.into(),
                r#"{"scheme":"similarity","gamma":0.5}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&partition).unwrap(), json);
            assert_eq!(serde_json::from_str::<Partition>(json).unwrap(), partition);
        }
    }

    proptest::proptest! {
        /// Keys of a `Value` are sorted, so `scheme` comes last.
        #[test]
        fn keys_may_come_in_any_order(partition in any_partition()) {
            let value = serde_json::to_value(partition).unwrap();
            proptest::prop_assert_eq!(serde_json::from_value::<Partition>(value).unwrap(), partition);
        }
    }

    /// The path of the wrong key, and the problem.
    fn refused(json: &str) -> (String, String) {
        let settings = format!(r#"{{"partitions":[{json}]}}"#);
        let from = &mut serde_json::Deserializer::from_str(&settings);
        let error = serde_path_to_error::deserialize::<_, Settings>(from).unwrap_err();
        let path = error.path().to_string();
        let problem = error.into_inner().to_string();
        let problem = problem.split(" at line").next().unwrap();
        (path, problem.to_owned())
    }

    #[derive(Debug, Deserialize)]
    struct Settings {
        #[allow(dead_code)]
        partitions: Vec<Partition>,
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_path() {
        let schemes: Vec<_> = Partition::SCHEMES
            .iter()
            .map(|scheme| format!("`{}`", scheme.name))
            .collect();
        for (json, path, problem) in [
            (
                r#"{"scheme":"dirichlet","alpha":"x"}"#,
                "partitions[0].alpha",
                r#"invalid type: string "x", expected f64"#,
            ),
            (
                r#"{"scheme":"dirichlet","alpha":0.1,"min_samples":-1}"#,
                "partitions[0].min_samples",
                "invalid value: integer `-1`, expected usize",
            ),
            (
                r#"{"scheme":"dirichlet","alpha":0.1,"gamma":1}"#,
                "partitions[0].gamma",
                "unknown field `gamma`, expected `alpha` or `min_samples`",
            ),
            (
                r#"{"scheme":"iid","alpha":0.1}"#,
                "partitions[0].alpha",
                "unknown field `alpha`, there are no fields",
            ),
            (
                r#"{"scheme":"random"}"#,
                "partitions[0].scheme",
                &format!(
                    "unknown variant `random`, expected one of {}",
                    schemes.join(", ")
                ),
            ),
            (
                r#"{"scheme":"dirichlet"}"#,
                "partitions[0]",
                "missing field `alpha`",
            ),
            ("{}", "partitions[0]", "missing field `scheme`"),
            (
                r#"{"scheme":"dirichlet","alpha":-1}"#,
                "partitions[0]",
                "alpha is -1, expected 1e-9 to 1e9",
            ),
            (
                r#""iid""#,
                "partitions[0]",
                r#"invalid type: string "iid", expected a map with the key `scheme`, such as {scheme: iid}"#,
            ),
            // Not in the usual order.
            (
                r#"{"alpha":-1,"scheme":"dirichlet"}"#,
                "partitions[0]",
                "alpha is -1, expected 1e-9 to 1e9",
            ),
            (
                r#"{"alpha":1,"scheme":"iid"}"#,
                "partitions[0]",
                "unknown field `alpha`, there are no fields",
            ),
        ] {
            assert_eq!(
                refused(json),
                (path.to_owned(), problem.to_owned()),
                "{json}"
            );
        }
    }

    #[cfg(feature = "schemars")]
    #[test]
    fn the_schema_has_every_scheme_and_every_parameter() {
        use serde_json::json;

        let schema = schemars::schema_for!(Partition).to_value();
        let variants = schema["oneOf"].as_array().unwrap();
        assert_eq!(variants.len(), Partition::SCHEMES.len());
        for (variant, scheme) in variants.iter().zip(Partition::SCHEMES) {
            assert_eq!(variant["properties"]["scheme"]["const"], scheme.name);
            assert_eq!(variant["description"], scheme.purpose);
            assert_eq!(variant["additionalProperties"], json!(false));
            let properties = variant["properties"].as_object().unwrap();
            assert_eq!(properties.len(), 1 + scheme.parameters.len());
            let required = variant["required"].as_array().unwrap();
            for parameter in scheme.parameters {
                assert!(properties[parameter.key]["description"].is_string());
                let is_required = required.contains(&json!(parameter.key));
                assert_eq!(is_required, parameter.default.is_none());
            }
        }
    }
}
