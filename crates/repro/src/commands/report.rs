//! `repro report`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use training::Device;

use crate::commands::selection::for_each_file;
use crate::experiment::{File, Grid, Profile};
use crate::report::{self, Computed, Pending};
use crate::results::aggregate;
use crate::results::facts::Facts;
use crate::results::files::write_atomically;
use crate::results::store::Store;
use crate::results::table::Table;
use crate::{console, figures};

/// Options of `repro report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the experiment files are.
    #[arg(value_name = "DIR", default_value = "experiments")]
    experiments: PathBuf,
    /// Where results are kept.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Where the stored tables are.
    #[arg(long, value_name = "DIR", default_value = "experiments/expected")]
    expected: PathBuf,
    /// The page.
    #[arg(long, value_name = "FILE", default_value = "figures/report.html")]
    output: PathBuf,
}

/// Writes a page with the figure, the table and the settings of everything that is computed.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (mut computed, mut pending) = (Vec::new(), Vec::new());
    for_each_file(&args.experiments, |path| {
        for profile in File::load(path, Profile::Paper, &[])?.profiles() {
            let grid = Grid::expand(File::load(path, profile, &[])?, Device::Flex)?;
            match gather(args, grid)? {
                Ok(section) => computed.push(section),
                Err(section) => pending.push(section),
            }
        }
        Ok(())
    })?;
    let page = report::page(&computed, &pending);
    write_atomically(&args.output, page.as_bytes())?;
    writeln!(
        out,
        "{}: {} of {} figures and tables",
        args.output.display(),
        computed.len(),
        computed.len() + pending.len()
    )?;
    Ok(())
}

fn gather(args: &Args, grid: Grid) -> Result<Result<Computed, Pending>> {
    let store = Store::open(&args.results, &grid)?;
    let (mut records, mut failures) = (Vec::new(), Vec::new());
    for run in &grid.runs {
        match store.load(run, &mut console::warn) {
            Some(record) => records.push(record),
            None => {
                let failure = store.failure(run.key);
                failures.extend(failure.map(|reason| (run.to_string(), reason)));
            }
        }
    }
    let name = format!("{}-{}", grid.experiment.id, grid.profile);
    if records.len() < grid.runs.len() {
        return Ok(Err(Pending {
            name,
            computed: records.len(),
            runs: grid.runs.len(),
            failures,
        }));
    }
    let evaluations = aggregate::evaluations(&grid, &records)?;
    let table = Table::from_frame(&grid.experiment.view.table(&evaluations)?)?;
    let stored = args.expected.join(format!("{name}.csv"));
    let facts = Facts::beside(&stored);
    let exact = facts.is_some_and(|facts| facts.same_bytes(&Facts::new(&grid, &records)));
    let stored = stored.exists().then(|| Table::read(&stored)).transpose()?;
    let figure = charts::svg(&figures::experiment(&grid, &evaluations)?)?;
    Ok(Ok(Computed {
        grid,
        records,
        table,
        stored,
        exact,
        figure,
    }))
}
