//! Parameters as text, what each of them is, and their checked reading.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Parameters as text, such as `gm.iterations` → `5`, sorted by key: what a command line or a file
/// gives. They are checked where they are read, as by [`Pipeline::parse`](crate::Pipeline::parse).
///
/// ```
/// use robust_core::{Parameters, Pipeline};
/// let parameters = Parameters::from_iter([("gm.nu", "0.5"), ("gm.iterations", "5")]);
/// assert_eq!(parameters.to_string(), "gm.iterations=5 gm.nu=0.5");
/// assert!(Pipeline::parse("arc,gm", &parameters).is_ok());
/// assert!(Pipeline::parse("mean", &parameters).is_err()); // nothing there takes gm.nu
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// No parameters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the text of `key`, and returns what it was.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(key.into(), value.into())
    }

    /// The text of `key`, if given.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The keys and values, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parameters to try something with that takes these: the required ones alone, and then with
    /// each other [example](Parameter::examples).
    ///
    /// ```
    /// use robust_core::{Parameters, rules};
    /// let gm = rules::aggregators().find(|rule| rule.name == "gm").expect("it is there");
    /// let examples = Parameters::examples(gm.parameters);
    /// assert!(examples[0].is_empty()); // nothing is required
    /// assert_eq!(examples[1].to_string(), "gm.nu=0.5");
    /// ```
    #[must_use]
    pub fn examples(known: &[Parameter]) -> Vec<Self> {
        let required = known.iter().filter(|p| p.default.is_none());
        let required: Self = required
            .flat_map(|p| p.examples.first().map(|text| (p.key, *text)))
            .collect();
        let mut all = vec![required.clone()];
        for parameter in known {
            for &text in parameter.examples {
                let mut example = required.clone();
                example.insert(parameter.key, text);
                if !all.contains(&example) {
                    all.push(example);
                }
            }
        }
        all
    }

    /// These and one more, unless its text is that of the default: a way to write the parameters of
    /// something that holds values.
    #[must_use]
    pub fn with(mut self, parameter: &Parameter, value: impl fmt::Display) -> Self {
        let text = value.to_string();
        if parameter.default != Some(text.as_str()) {
            self.insert(parameter.key, text);
        }
        self
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let text = |(key, value): (K, V)| (key.into(), value.into());
        Self(pairs.into_iter().map(text).collect())
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Parameters {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, pairs: I) {
        for (key, value) in pairs {
            self.insert(key, value);
        }
    }
}

/// `gm.iterations=5 gm.nu=0.1`.
impl fmt::Display for Parameters {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (key, value)) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(out, "{space}{key}={value}")?;
        }
        Ok(())
    }
}

/// What a parameter is: for help, schemas, tables and error messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its key, such as `gm.nu`.
    pub key: &'static str,
    /// The text of the value that it has when not given, which may also be given; `None`: the
    /// parameter is required.
    pub default: Option<&'static str>,
    /// What a value must be, such as `a finite number > 0`.
    pub range: &'static str,
    /// What it does.
    pub purpose: &'static str,
    /// Legal values other than the default, in the text that the rule itself writes: for schemas,
    /// and for the test suites, which try each of them. At least one.
    pub examples: &'static [&'static str],
}

impl Parameter {
    /// The value, if it is legal.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] if not.
    pub fn accept<N: fmt::Display>(&self, value: N, legal: bool) -> Result<N, ParameterError> {
        if legal {
            Ok(value)
        } else {
            Err(self.invalid(value))
        }
    }

    /// The error for a value outside the range.
    #[must_use]
    pub fn invalid(&self, value: impl fmt::Display) -> ParameterError {
        self.unexpected(value, self.range)
    }

    /// The error for a value that lies in the range but can't be used here.
    #[must_use]
    pub fn unexpected(
        &self,
        value: impl fmt::Display,
        expected: impl Into<String>,
    ) -> ParameterError {
        ParameterError::Invalid {
            key: self.key.into(),
            value: value.to_string(),
            expected: expected.into(),
        }
    }

    /// The error for a required parameter that isn't given.
    #[must_use]
    pub fn missing(&self) -> ParameterError {
        ParameterError::Missing {
            key: self.key.into(),
            expected: self.range.into(),
        }
    }
}

/// Why parameters can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// A key that nothing here has.
    #[error("unknown parameter `{key}` for {owner}; it takes: {known}")]
    Unknown {
        /// What has no such parameter, such as `this pipeline`.
        owner: String,
        /// The key as given.
        key: String,
        /// The keys there are, separated by spaces, or `none`.
        known: String,
    },
    /// A value outside the parameter's range.
    #[error("parameter `{key}` is `{value}`; expected {expected}")]
    Invalid {
        /// The key, such as `gm.nu`.
        key: String,
        /// The value as given.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// A parameter that has no default was not given.
    #[error("parameter `{key}` is required: {expected}")]
    Missing {
        /// The key, such as `clip.c`.
        key: String,
        /// What would be right.
        expected: String,
    },
}

/// Parameters whose keys are all known, to be read one by one.
///
/// ```
/// use robust_core::{Parameter, ParameterError, Parameters, Reader};
/// const NU: Parameter = Parameter {
///     key: "gm.nu",
///     default: Some("0.1"),
///     range: "a finite number > 0",
///     purpose: "the distance below which weights stop growing",
///     examples: &["0.5"],
/// };
/// let given = Parameters::from_iter([("gm.nu", "2")]);
/// assert_eq!(Reader::new("gm", [&NU], &given)?.number(&NU)?, Some(2.0));
/// assert_eq!(Reader::new("gm", [&NU], &Parameters::new())?.number::<f64>(&NU)?, None);
/// # Ok::<(), ParameterError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a Parameters);

impl<'a> Reader<'a> {
    /// Reads `given`, of which `owner` takes the `known` keys.
    ///
    /// # Errors
    /// [`ParameterError::Unknown`] for any other key.
    pub fn new<'p>(
        owner: &str,
        known: impl IntoIterator<Item = &'p Parameter>,
        given: &'a Parameters,
    ) -> Result<Self, ParameterError> {
        let mut keys: Vec<&str> = Vec::new();
        for parameter in known {
            if !keys.contains(&parameter.key) {
                keys.push(parameter.key);
            }
        }
        match given.iter().find(|(key, _)| !keys.contains(key)) {
            None => Ok(Self(given)),
            Some((key, _)) => Err(ParameterError::Unknown {
                owner: owner.into(),
                key: key.into(),
                known: if keys.is_empty() {
                    "none".into()
                } else {
                    keys.join(" ")
                },
            }),
        }
    }

    /// The text given for the parameter, without spaces around it; `None` also for the text of its
    /// default.
    #[must_use]
    pub fn text(&self, parameter: &Parameter) -> Option<&'a str> {
        let text = self.0.get(parameter.key).map(str::trim);
        text.filter(|_| text != parameter.default)
    }

    /// The number given for the parameter; `None` also for the text of its default.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] for what isn't a number of this type.
    pub fn number<N: FromStr>(&self, parameter: &Parameter) -> Result<Option<N>, ParameterError> {
        let Some(text) = self.text(parameter) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(parameter.invalid(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NU: Parameter = Parameter {
        key: "gm.nu",
        default: Some("0.1"),
        range: "a finite number > 0",
        purpose: "a distance",
        examples: &["0.5"],
    };
    const C: Parameter = Parameter {
        key: "clip.c",
        default: None,
        range: "a finite number ≥ 0",
        purpose: "a norm",
        examples: &["2", "0"],
    };

    #[test]
    fn a_map_of_text_sorted_by_key() {
        let mut parameters = Parameters::from_iter([("b", "2"), ("a", "1")]);
        assert_eq!(parameters.to_string(), "a=1 b=2");
        assert_eq!(parameters.insert("a", "3"), Some("1".to_string()));
        parameters.extend([("c".to_string(), "4".to_string())]);
        assert_eq!(parameters.get("a"), Some("3"));
        assert_eq!(parameters.get("d"), None);
        assert_eq!(
            parameters.iter().collect::<Vec<_>>(),
            [("a", "3"), ("b", "2"), ("c", "4")]
        );
        assert!(!parameters.is_empty() && Parameters::new().is_empty());
    }

    #[test]
    fn what_stands_at_its_default_is_not_written() {
        let parameters = Parameters::new().with(&NU, 0.1).with(&C, 2.0);
        assert_eq!(parameters, Parameters::from_iter([("clip.c", "2")]));
        assert_eq!(
            Parameters::examples(&[NU, C]),
            [
                Parameters::from_iter([("clip.c", "2")]),
                Parameters::from_iter([("clip.c", "2"), ("gm.nu", "0.5")]),
                Parameters::from_iter([("clip.c", "0")]),
            ]
        );
    }

    #[test]
    fn reading_knows_the_keys_and_says_what_it_expects() {
        let given = Parameters::from_iter([("gm.nu", " 0.25 ")]);
        let reader = Reader::new("gm", [&NU, &NU, &C], &given).expect("known");
        assert_eq!(reader.number(&NU), Ok(Some(0.25)));
        assert_eq!(reader.number::<f64>(&C), Ok(None));
        assert_eq!(
            reader.number::<usize>(&NU),
            Err(ParameterError::Invalid {
                key: "gm.nu".into(),
                value: "0.25".into(),
                expected: NU.range.into(),
            })
        );
        let written_out = Parameters::from_iter([("gm.nu", "0.1")]);
        let reader = Reader::new("gm", [&NU], &written_out).expect("known");
        assert_eq!(reader.text(&NU), None);
        let unknown = |known: &[&Parameter]| {
            let error = Reader::new("this pipeline", known.iter().copied(), &given);
            error.expect_err("unknown").to_string()
        };
        assert_eq!(
            unknown(&[&C]),
            "unknown parameter `gm.nu` for this pipeline; it takes: clip.c"
        );
        assert_eq!(
            unknown(&[]),
            "unknown parameter `gm.nu` for this pipeline; it takes: none"
        );
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serialised_it_is_a_map() {
        let parameters = Parameters::from_iter([("gm.nu", "0.5")]);
        let text = serde_json::to_string(&parameters).expect("text");
        assert_eq!(text, r#"{"gm.nu":"0.5"}"#);
        assert_eq!(
            serde_json::from_str::<Parameters>(&text).expect("a map"),
            parameters
        );
    }

    #[cfg(feature = "schemars")]
    #[test]
    fn its_schema_is_that_of_a_map_of_text() {
        let schema = schemars::schema_for!(Parameters);
        let property = |key: &str| schema.get(key).cloned().unwrap_or_default();
        assert_eq!(property("type"), "object");
        assert_eq!(property("additionalProperties")["type"], "string");
    }
}
