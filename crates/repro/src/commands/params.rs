//! `--param KEY=VALUE`.

use std::str::FromStr;

use robust_core::{Parameter, Parameters};

/// A parameter of a rule or an attack.
#[derive(Debug, Clone)]
pub struct Param {
    pub key: String,
    pub value: String,
}

impl FromStr for Param {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pair = text
            .split_once('=')
            .ok_or("expected KEY=VALUE, such as gm.iterations=3")?;
        Ok(Self {
            key: pair.0.to_owned(),
            value: pair.1.to_owned(),
        })
    }
}

/// Parameters as rules and attacks take them.
pub fn collect(params: &[Param]) -> Parameters {
    let pairs = params.iter();
    pairs
        .map(|param| (param.key.as_str(), param.value.as_str()))
        .collect()
}

/// A parameter in a line of a help text.
pub fn line(parameter: &Parameter) -> String {
    let Parameter {
        key,
        default,
        range,
        purpose,
        ..
    } = parameter;
    match default {
        Some(default) => format!("{key}={default}: {purpose} ({range})"),
        None => format!("{key}, required: {purpose} ({range})"),
    }
}
