//! `repro data`

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use data::fetch;

use crate::console;

/// Options of `repro data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    /// Where datasets are; else the environment variable ROBUST_DATA_DIR, else data.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists the datasets and where they were found.
    List,
    /// Downloads what is missing of a dataset, and verifies it.
    Fetch {
        /// Its name, such as mnist.
        name: data::Name,
    },
    /// Reads a dataset and verifies the SHA-256 sums of all its files.
    Verify {
        /// Its name, such as mnist.
        name: data::Name,
    },
}

/// Does the action.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let dir = args.data.as_deref();
    match args.action {
        Action::List => {
            for name in data::Name::ALL {
                let place = match data::locate(name, dir) {
                    Ok(Some(dir)) => dir.display().to_string(),
                    Ok(None) => "embedded".to_owned(),
                    Err(_) => "not there".to_owned(),
                };
                writeln!(out, "{name:14}{place}")?;
            }
        }
        Action::Verify { name } => {
            let dataset = super::load(name, dir)?;
            let (train, test) = (dataset.train.len(), dataset.test.len());
            writeln!(
                out,
                "{name}: {train} + {test} samples, SHA-256 {}",
                dataset.checksum
            )?;
        }
        Action::Fetch { name } => {
            let live = std::io::stderr().is_terminal();
            let mut progress = |progress: fetch::Progress<'_>| {
                if live {
                    // A line that can't be written is lost.
                    let (file, kilobytes) = (progress.file, progress.done / 1000);
                    let _ = write!(std::io::stderr(), "\r{file}: {kilobytes} kB ");
                }
            };
            let dir = fetch::fetch(name, dir, name.definition().mirrors(), &mut progress)?;
            if live {
                console::say("");
            }
            writeln!(out, "{name} is in {}", dir.display())?;
        }
    }
    Ok(())
}
