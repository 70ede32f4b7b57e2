//! `repro plot`

use std::io::Write;
use std::path::PathBuf;

use crate::commands::selection::Selection;
use anyhow::Result;

use crate::experiment::Profile;
use crate::figures;

/// Options of `repro plot`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Where figures are written.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    figures: PathBuf,
}

/// Writes `<id>.svg` and `.png`, with the profile in the name unless it is the paper's.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let (grid, evaluations) = args.selection.evaluations()?;
    let figure = figures::experiment(&grid, &evaluations)?;
    let name = match grid.profile {
        Profile::Paper => grid.experiment.id.to_string(),
        profile => format!("{}-{profile}", grid.experiment.id),
    };
    for extension in ["svg", "png"] {
        let path = args.figures.join(format!("{name}.{extension}"));
        figures::save(&figure, &path)?;
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}
