//! `repro list`

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use training::Device;

use crate::commands::selection::for_each_file;
use crate::experiment::{File, Grid, Profile, Provenance};
use crate::results::store::Store;

/// Options of `repro list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the experiment files are.
    #[arg(value_name = "DIR", default_value = "experiments")]
    experiments: PathBuf,
    /// Where results are kept.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
}

/// Prints each experiment with the number of its settings per source, and per profile how many of
/// its runs are computed.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    for_each_file(&args.experiments, |path| {
        let file = File::load(path, Profile::Paper, &[])?;
        let experiment = &file.experiment;
        writeln!(
            out,
            "{}: {} ({})",
            experiment.id, experiment.title, experiment.figure
        )?;
        writeln!(out, "  settings: {}", sources(&experiment.provenance))?;
        for profile in file.profiles() {
            let (computed, runs) = progress(path, profile, &args.results)?;
            writeln!(out, "  {profile}: {computed} of {runs} runs computed")?;
        }
        Ok(())
    })?;
    writeln!(
        out,
        "P: published text, G: the authors' code, R: reconstructed, ours: chosen here"
    )?;
    Ok(())
}

fn sources(provenance: &Provenance) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for source in provenance.sources() {
        let name = source.to_string();
        match counts.iter_mut().find(|(counted, _)| *counted == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    counts.join(", ")
}

fn progress(path: &Path, profile: Profile, results: &Path) -> Result<(usize, usize)> {
    let grid = Grid::expand(File::load(path, profile, &[])?, Device::Flex)?;
    let store = Store::open(results, &grid)?;
    let computed = grid
        .runs
        .iter()
        .filter(|run| store.load(run, &mut |_| ()).is_some())
        .count();
    Ok((computed, grid.runs.len()))
}
