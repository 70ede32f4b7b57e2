//! What every command on an experiment takes.

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use training::Device;

use crate::error::Error;
use crate::experiment::{File, Grid, Profile, Setting};
use crate::results::aggregate;
use crate::results::store::{Record, Store};

/// Which runs: the same options, given to another command, mean the same runs.
#[derive(Debug, clap::Args)]
pub struct Selection {
    /// The experiment file.
    #[arg(value_name = "EXPERIMENT.yaml")]
    experiment: PathBuf,
    /// How much of it; `paper` is the file as it stands.
    #[arg(long, value_enum, default_value_t = Profile::Paper)]
    profile: Profile,
    /// These seeds instead of the file's.
    #[arg(long, value_name = "1,2", value_delimiter = ',')]
    seeds: Option<Vec<u64>>,
    /// Another value for a setting of the file, as YAML: --set steps=100 --set optimiser.batch=10.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Setting>,
    /// Where results are kept.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Where tensors live: flex, libtorch or cuda:N.
    #[arg(long, default_value = "flex")]
    device: Device,
}

impl Selection {
    /// The runs, all checked.
    pub fn grid(&self) -> Result<Grid, Error> {
        let mut settings = self.settings.clone();
        settings.extend(self.seeds.as_deref().map(Setting::seeds));
        Grid::expand(
            File::load(&self.experiment, self.profile, &settings)?,
            self.device,
        )
    }

    /// Where these runs' results are.
    pub fn store(&self, grid: &Grid) -> Result<Store, Error> {
        Store::open(&self.results, grid)
    }

    /// The runs and all their evaluations; an error if some are missing.
    pub fn evaluations(&self) -> Result<(Grid, DataFrame), Error> {
        let (grid, records) = self.records()?;
        let evaluations = aggregate::evaluations(&grid, &records)?;
        Ok((grid, evaluations))
    }

    /// The runs and all that is kept of them; an error if some are missing.
    pub fn records(&self) -> Result<(Grid, Vec<Record>), Error> {
        let grid = self.grid()?;
        let records = self.store(&grid)?.load_all(&grid)?;
        Ok((grid, records))
    }
}

/// The experiment files in a folder, by name.
pub fn experiment_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::read(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
