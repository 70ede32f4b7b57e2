//! What a table was made from and with.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::experiment::{FORMAT, Grid, yaml};
use crate::results::store::Record;

/// What is said beside a table of these runs; where they differ, each value once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The format of the runs' numbers; none in tables of before it was kept.
    #[serde(default)]
    pub format: Option<u32>,
    /// The instruction sets that the kernels chose between, of each run; none likewise.
    #[serde(default)]
    pub cpu_features: Vec<String>,
    /// Number of runs.
    pub runs: usize,
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Time of all runs together, one core each.
    pub core_hours: f64,
    /// Time of the longest run.
    pub longest_run_seconds: f64,
    /// Processor, system and instruction sets.
    pub machine: Vec<String>,
    /// Where tensors live.
    pub device: Vec<String>,
    /// Version and commit.
    pub program: Vec<String>,
    /// Name and checksum.
    pub data: Vec<String>,
}

impl Facts {
    /// Those beside a stored table, if there are any that can be read.
    pub fn beside(table: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(table.with_extension("yaml")).ok()?;
        yaml::read(&yaml::parse(&text).ok()?).ok()
    }

    /// Whether equal settings gave equal bytes: the same format, and one and the same kind of
    /// processor for all runs.
    pub fn same_bytes(&self, other: &Self) -> bool {
        self.format.is_some()
            && self.format == other.format
            && self.cpu_features.len() == 1
            && self.cpu_features == other.cpu_features
            && self.device == other.device
    }

    /// Of all runs of a grid.
    pub fn new(grid: &Grid, records: &[Record]) -> Self {
        let distinct = |of: fn(&Record) -> String| {
            let values: BTreeSet<_> = records.iter().map(of).collect();
            Vec::from_iter(values)
        };
        let seconds = |record: &Record| record.evaluations.last().map_or(0.0, |last| last.seconds);
        let total: f64 = records.iter().map(seconds).sum();
        let round = |value: f64, digits: f64| (value * digits).round() / digits;
        Self {
            format: Some(FORMAT),
            cpu_features: distinct(|record| record.made.cpu_features.join(" ")),
            runs: records.len(),
            seeds: grid.experiment.seeds.clone(),
            core_hours: round(total / 3600.0, 1e4),
            longest_run_seconds: round(records.iter().map(seconds).fold(0.0, f64::max), 10.0),
            machine: distinct(|record| {
                let made = &record.made;
                let processor = made.processor.as_deref().unwrap_or("unknown processor");
                let features = made.cpu_features.join(" ");
                format!("{processor}, {}, {features}", made.platform)
            }),
            device: distinct(|record| record.spec.device.to_string()),
            program: distinct(|record| {
                let commit = record.made.commit.as_deref().unwrap_or("unknown commit");
                format!("{}, {commit}", record.made.version)
            }),
            data: distinct(|record| {
                let (name, checksum) = (record.spec.dataset, &record.made.dataset_checksum);
                format!("{name}, SHA-256 {checksum}")
            }),
        }
    }
}
