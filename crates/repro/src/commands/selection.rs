//! What every command on an experiment takes.

use std::path::{Path, PathBuf};

use anyhow::Result;
use polars::prelude::DataFrame;
use training::Device;

use crate::console;
use crate::error::Error;
use crate::experiment::{File, Grid, Id, Profile, Setting};
use crate::results::aggregate;
use crate::results::store::Store;

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

    /// The runs and all their evaluations; an error if some are missing, unless a part will do:
    /// then the grid has only what is there, and says so.
    pub fn evaluations(&self, partial: bool) -> Result<(Grid, DataFrame), Error> {
        let mut grid = self.grid()?;
        let store = self.store(&grid)?;
        let records = if partial {
            let found = store.load_found(&grid);
            let runs = found.len();
            let mut there = found.iter().map(Option::is_some);
            grid.runs.retain(|_| there.next().unwrap_or(false));
            let missing = runs - grid.runs.len();
            if missing == runs {
                return Err(Error::Missing { missing, runs });
            }
            if missing > 0 {
                let part = format!("{missing} of {runs} runs missing");
                grid.changes.push(part);
            }
            found.into_iter().flatten().collect()
        } else {
            store.load_all(&grid)?
        };
        let evaluations = aggregate::evaluations(&grid, &records)?;
        Ok((grid, evaluations))
    }
}

/// The experiment files in a folder, by name: `ID.yaml`. What editors, archivers and sync tools
/// leave beside them is passed over, and said.
fn experiment_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::read(folder))?.path();
        let yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml");
        if !yaml {
            continue;
        }
        let id = path.file_stem().and_then(|stem| stem.to_str());
        if id.is_some_and(Id::is_legal) && path.is_file() {
            files.push(path);
        } else {
            console::warn(format_args!("{}: is no experiment file", path.display()));
        }
    }
    files.sort();
    Ok(files)
}

/// Does the same with each experiment file of a folder. What is wrong with one is said, and the
/// others are done.
pub fn for_each_file(folder: &Path, mut act: impl FnMut(&Path) -> Result<()>) -> Result<()> {
    for path in experiment_files(folder)? {
        if let Err(error) = act(&path) {
            let error = error.context(format!("{} is left out", path.display()));
            console::warn(format_args!("{error:#}"));
        }
    }
    Ok(())
}
