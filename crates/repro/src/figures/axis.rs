//! The settings that a grid spans, as axes of figures.

use schemars::JsonSchema;
use serde::Deserialize;

use super::names::partition_name;
use crate::experiment::{Cell, Experiment};

/// A setting that the grid spans.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub enum Axis {
    Partition,
    F,
    InitScale,
    /// A parameter of the pipelines, such as `clip.c`. A pipeline that doesn't have it is the same
    /// at each of its values.
    Parameter(String),
}

impl TryFrom<String> for Axis {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "partition" => Ok(Self::Partition),
            "f" => Ok(Self::F),
            "init_scale" => Ok(Self::InitScale),
            _ if name.contains('.') => Ok(Self::Parameter(name)),
            _ => Err(format!(
                "unknown axis `{name}`, expected partition, f, init_scale, or a parameter such as clip.c"
            )),
        }
    }
}

impl Axis {
    /// What it is called in figures.
    pub fn label(&self) -> &str {
        match self {
            Self::Partition => "heterogeneity",
            Self::F => "Byzantine workers f",
            Self::InitScale => "scale of the initial parameters",
            Self::Parameter(key) => match key.as_str() {
                "clip.c" => "static clipping threshold C",
                "arc.k" => "number of clipped vectors k",
                key => key,
            },
        }
    }

    /// Whether the experiment has such a setting.
    ///
    /// # Errors
    /// What it lacks.
    pub fn check(&self, experiment: &Experiment) -> Result<(), String> {
        let Self::Parameter(key) = self else {
            return Ok(());
        };
        if self.values(experiment).is_empty() {
            return Err(format!("no pipeline has the parameter `{key}`"));
        }
        Ok(())
    }

    /// All its values, in the order of the file, each once.
    pub fn values(&self, experiment: &Experiment) -> Vec<String> {
        match self {
            Self::Partition => experiment.partitions.iter().map(partition_name).collect(),
            Self::F => experiment.f.0.iter().map(ToString::to_string).collect(),
            Self::InitScale => {
                let scales = experiment.init_scale.0.iter();
                scales.map(ToString::to_string).collect()
            }
            Self::Parameter(key) => {
                let mut values: Vec<String> = Vec::new();
                for pipeline in &experiment.pipelines {
                    let value = pipeline.pipeline.parameters().get(key).map(str::to_owned);
                    values.extend(value.filter(|value| !values.contains(value)));
                }
                values
            }
        }
    }

    /// The cell's value; none where it has no such setting: the baseline has no Byzantine workers
    /// at any f, and not every pipeline has every parameter.
    pub fn coordinate(&self, cell: &Cell) -> Option<String> {
        match self {
            Self::Partition => Some(partition_name(&cell.partition)),
            Self::F => (!cell.is_dsgd()).then(|| cell.f.to_string()),
            Self::InitScale => Some(cell.init_scale.to_string()),
            Self::Parameter(key) => {
                let parameters = cell.pipeline.pipeline.parameters();
                parameters.get(key).map(str::to_owned)
            }
        }
    }

    /// Whether the cell belongs to this value: it has it, or is the same at each value.
    pub fn includes(&self, value: &str, cell: &Cell) -> bool {
        self.coordinate(cell)
            .is_none_or(|coordinate| coordinate == value)
    }

    /// A value, for a panel's title.
    pub fn setting(&self, value: &str) -> String {
        match self {
            Self::Partition => value.to_owned(),
            Self::F => format!("f = {value}"),
            Self::InitScale | Self::Parameter(_) => format!("{} = {value}", self.label()),
        }
    }
}
