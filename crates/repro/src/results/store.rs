//! One file per run, named by its key: there completely or not at all.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use training::{Evaluation, RunSpec};

use crate::console;
use crate::error::Error;
use crate::experiment::{Grid, Profile, Provenance, Run, RunKey};
use crate::results::files;

/// What is kept of one run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its settings.
    pub spec: RunSpec,
    /// How it was made.
    pub made: Circumstances,
    /// Its evaluations, step 0 first.
    pub evaluations: Vec<Evaluation>,
}

/// How a run was made. None of it enters the key or a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// Version of the program.
    pub version: String,
    /// The commit that the program was built from, if git knew it.
    pub commit: Option<String>,
    /// The profile that asked for it.
    pub profile: Profile,
    /// Operating system and processor architecture.
    pub platform: String,
    /// The instruction sets that the kernels choose between.
    pub cpu_features: Vec<String>,
    /// The processor's name, where the system tells it.
    #[serde(default)]
    pub processor: Option<String>,
    /// Of the dataset's files.
    pub dataset_checksum: String,
    /// Where the settings come from.
    pub provenance: Provenance,
}

impl Circumstances {
    /// By this program on this machine, from this dataset.
    pub fn here(grid: &Grid, dataset: &data::Dataset) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("REPRO_COMMIT").map(str::to_owned),
            profile: grid.profile,
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cpu_features: cpu_features(),
            processor: processor(),
            dataset_checksum: dataset.checksum.clone(),
            provenance: grid.experiment.provenance.clone(),
        }
    }
}

/// The processor's name on Linux.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Those of the instruction sets that this processor has.
#[cfg(target_arch = "x86_64")]
pub fn cpu_features() -> Vec<String> {
    let features = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    let there = features.into_iter().filter(|(_, there)| *there);
    there.map(|(name, _)| name.to_owned()).collect()
}

/// None that the kernels choose between.
#[cfg(not(target_arch = "x86_64"))]
pub fn cpu_features() -> Vec<String> {
    Vec::new()
}

/// The results of one experiment at one profile.
#[derive(Debug)]
pub struct Store {
    /// The folder of all experiments' results.
    results: PathBuf,
    folder: PathBuf,
    profile: Profile,
    provenance: Provenance,
    /// Whether runs that other experiments computed will do. Not where the figure shows their time.
    takes_over: bool,
}

impl Store {
    /// Below `results`; nothing is created yet.
    ///
    /// # Errors
    /// If the folder is a symbolic link: `results` itself may be one, what is in it is ours.
    pub fn open(results: &Path, grid: &Grid) -> Result<Self, Error> {
        let experiment = &grid.experiment;
        let mut folder = results.to_owned();
        for name in [experiment.id.to_string(), grid.profile.to_string()] {
            folder.push(name);
            files::refuse_link(&folder)?;
        }
        Ok(Self {
            results: results.to_owned(),
            folder,
            profile: grid.profile,
            provenance: experiment.provenance.clone(),
            takes_over: !experiment.view.shows_time(),
        })
    }

    /// Where this run's file is, or would be.
    pub fn path(&self, key: RunKey) -> PathBuf {
        self.file(key, "json")
    }

    /// The path of another file of this run.
    pub fn file(&self, key: RunKey, extension: &str) -> PathBuf {
        self.beside(&format!("{key}.{extension}"))
    }

    /// The path of another file beside the runs.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The run's record, if it is there and complete. One that can't be read or trusted, because it
    /// is cut off or not of these settings, counts as missing: `warn` hears of it, and it is
    /// computed again.
    pub fn load(&self, run: &Run, warn: &mut dyn FnMut(String)) -> Option<Record> {
        let path = self.path(run.key);
        let text = match files::read(&path) {
            Ok(text) => text?,
            Err(error) => {
                warn(format!("{error}; counts as not computed"));
                return None;
            }
        };
        let record = trusted(&text, run);
        if let Err(why) = &record {
            warn(format!("{}: {why}; counts as not computed", path.display()));
        }
        record.ok()
    }

    /// The run's record, if another experiment has it: a key is all of a run's settings, so that
    /// figures with a cell in common share it. What the settings come from is this experiment's.
    /// What can't be read elsewhere is not there.
    pub fn elsewhere(&self, run: &Run) -> Option<Record> {
        if !self.takes_over {
            return None;
        }
        let name = format!("{}.json", run.key);
        let experiments = files::folders(&self.results);
        let profiles = experiments.iter().flat_map(|path| files::folders(path));
        let mut record = profiles
            .filter_map(|folder| files::read(&folder.join(&name)).ok()?)
            .find_map(|text| trusted(&text, run).ok())?;
        record.made.profile = self.profile;
        record.made.provenance = self.provenance.clone();
        Some(record)
    }

    /// Every run's record, in the order of the grid.
    ///
    /// # Errors
    /// [`Error::Missing`], after warnings that name what is missing.
    pub fn load_all(&self, grid: &Grid) -> Result<Vec<Record>, Error> {
        let records = self.load_found(grid);
        let (runs, missing) = (records.len(), count_missing(&records));
        if missing > 0 {
            return Err(Error::Missing { missing, runs });
        }
        Ok(records.into_iter().flatten().collect())
    }

    /// Each run's record, if it is there, in the order of the grid. What isn't is named in
    /// warnings.
    pub fn load_found(&self, grid: &Grid) -> Vec<Option<Record>> {
        /// More are only counted.
        const NAMED: usize = 10;
        let mut unnamed = 0;
        let load = |run: &Run| {
            let record = self.load(run, &mut console::warn);
            if record.is_none() {
                match self.failure(run.key) {
                    Some(reason) => console::warn(format_args!("{run} failed: {reason}")),
                    None => {
                        unnamed += 1;
                        if unnamed <= NAMED {
                            console::warn(format_args!("missing: {run}"));
                        }
                    }
                }
            }
            record
        };
        let records: Vec<Option<Record>> = grid.runs.iter().map(load).collect();
        if unnamed > NAMED {
            let missing = count_missing(&records);
            console::warn(format_args!("{missing} runs are missing in all"));
        }
        records
    }

    /// Why the run failed when it was last tried; `None` if it didn't.
    pub fn failure(&self, key: RunKey) -> Option<String> {
        match files::read(&self.file(key, "failed")) {
            Ok(reason) => Some(String::from_utf8_lossy(&reason?).into_owned()),
            Err(error) => Some(format!("why can't be read: {error}")),
        }
    }
}

fn count_missing(records: &[Option<Record>]) -> usize {
    records.iter().filter(|record| record.is_none()).count()
}

fn trusted(text: &[u8], run: &Run) -> Result<Record, String> {
    let record: Record = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if RunKey::new(&record.spec) != run.key {
        return Err("its settings are not those of its name".to_owned());
    }
    let spec = run.run.spec();
    let expected = (0..spec.steps)
        .step_by(spec.evaluate_every)
        .chain([spec.steps]);
    let steps = record.evaluations.iter().map(|evaluation| evaluation.step);
    if !steps.eq(expected) {
        return Err("it lacks evaluations".to_owned());
    }
    Ok(record)
}
