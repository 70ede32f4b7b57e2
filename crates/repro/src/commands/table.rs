//! `repro table`

use std::io::Write;

use crate::commands::selection::Selection;
use anyhow::Result;

use crate::results::table::Table;

/// Options of `repro table`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
}

/// Writes `table.csv` and `evaluations.csv` beside the results, and prints the table.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (grid, evaluations) = args.selection.evaluations()?;
    let table = Table::of(&grid.experiment.view.table(&evaluations)?)?;
    let store = args.selection.store(&grid)?;
    Table::stream(&evaluations, &store.beside("evaluations.csv"))?;
    table.save(&store.beside("table.csv"))?;
    let experiment = &grid.experiment;
    writeln!(
        out,
        "{} ({}): {}",
        experiment.id, grid.profile, experiment.title
    )?;
    if !experiment.reading.is_empty() {
        writeln!(out, "{}", experiment.reading.trim_end())?;
    }
    writeln!(out, "dataset {}", experiment.dataset)?;
    table.print(out)?;
    Ok(())
}
