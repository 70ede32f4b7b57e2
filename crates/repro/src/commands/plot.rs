//! `repro plot`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::commands::selection::Selection;
use crate::figures;

/// Options of `repro plot`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Shows what is there of an unfinished grid, and says how much is missing.
    #[arg(long)]
    partial: bool,
    /// Where figures are written.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    figures: PathBuf,
}

/// Writes `<id>.svg` and `.png`, with the profile in the name unless it is the paper's. Figures of
/// other settings than the file's have other names, and say which.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (grid, evaluations) = args.selection.evaluations(args.partial)?;
    let figure = figures::experiment(&grid, &evaluations)?;
    for path in figures::save_both(&figure, &args.figures, &grid.figure_name())? {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}
