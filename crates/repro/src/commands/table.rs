//! `repro table`

use std::io::Write;

use anyhow::Result;

use crate::commands::selection::Selection;
use crate::console;
use crate::results::aggregate;
use crate::results::table::Table;

/// Options of `repro table`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Shows what is there of an unfinished grid, and says how much is missing.
    #[arg(long)]
    partial: bool,
}

/// Prints the table, and writes `table.csv` and `evaluations.csv` beside the results. Tables of
/// other settings than the file's have other names, and a column that says which.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (grid, evaluations) = args.selection.evaluations(args.partial)?;
    let cells = grid.experiment.view.table(&evaluations)?;
    let experiment = &grid.experiment;
    writeln!(
        out,
        "{} ({}): {}",
        experiment.id, grid.profile, experiment.title
    )?;
    let changes = grid.changes.join(" ");
    if !changes.is_empty() {
        writeln!(out, "with {changes}")?;
    }
    if !experiment.reading.is_empty() {
        writeln!(out, "{}", experiment.reading.trim_end())?;
    }
    writeln!(out, "dataset {}", experiment.dataset)?;
    Table::from_frame(&cells)?.print(out)?;

    let store = args.selection.store(&grid)?;
    for (name, mut frame) in [("evaluations", evaluations), ("table", cells)] {
        if !changes.is_empty() {
            aggregate::say_changes(&mut frame, &changes)?;
        }
        let path = store.beside(&format!("{name}{}.csv", grid.suffix()));
        // Who can only read results can still read the table.
        if let Err(error) = Table::stream(&frame, &path) {
            console::warn(format_args!("not kept: {error}"));
        }
    }
    Ok(())
}
