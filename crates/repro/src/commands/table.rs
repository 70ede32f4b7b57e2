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

/// Prints the table, and writes `table.csv` and `evaluations.csv` beside the results. Tables of other
/// settings than the file's have other names, and a column that says which.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (grid, mut evaluations) = args.selection.evaluations(args.partial)?;
    let frame = grid.experiment.view.table(&evaluations)?;
    let mut table = Table::from_frame(&frame)?;
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
    table.print(out)?;

    if !changes.is_empty() {
        table.insert_column("changes", &changes);
        aggregate::say_changes(&mut evaluations, &changes)?;
    }
    let store = args.selection.store(&grid)?;
    let suffix = grid.suffix();
    let [all, cells] =
        ["evaluations", "table"].map(|name| store.beside(&format!("{name}{suffix}.csv")));
    // Who can only read results can still read the table.
    for written in [Table::stream(&evaluations, &all), table.save(&cells)] {
        if let Err(error) = written {
            console::warn(format_args!("not kept: {error}"));
        }
    }
    Ok(())
}
