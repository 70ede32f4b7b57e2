//! `repro check`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::Error;
use crate::commands::selection::Selection;
use crate::experiment::{Profile, yaml};
use crate::results::check::{self, Comparison};
use crate::results::facts::Facts;
use crate::results::table::Table;
use crate::results::{aggregate, files};

/// Options of `repro check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Where the stored tables are.
    #[arg(long, value_name = "DIR", default_value = "experiments/expected")]
    expected: PathBuf,
    /// Stores the table as the expected one, with what it was made from, and prints what moved.
    #[arg(long)]
    update: bool,
    /// How to print what moved.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line per value that moved beyond its tolerance.
    Text,
    /// One JSON object, with all values that moved.
    Json,
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Report<'a> {
    experiment: String,
    profile: Profile,
    stored: &'a str,
    exact: bool,
    holds: bool,
    updated: bool,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// Prints each value that moved by more than its tolerance; an error if there is one.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let grid = args.selection.grid()?;
    if !grid.changes.is_empty() {
        return Err(Error::Argument {
            argument: grid.changes.join(" "),
            problem: "stored tables are of the files as they stand: leave it out".to_owned(),
        }
        .into());
    }
    let records = args.selection.store(&grid)?.load_all(&grid)?;
    let evaluations = aggregate::evaluations(&grid, &records)?;
    let found = Table::from_frame(&grid.experiment.view.table(&evaluations)?)?;
    let name = format!("{}-{}.csv", grid.experiment.id, grid.profile);
    let stored_at = args.expected.join(name);
    let stored = if args.update && !stored_at.exists() {
        found.clone()
    } else {
        Table::read(&stored_at)?
    };
    let facts = Facts::new(&grid, &records);
    let exact = Facts::beside(&stored_at).is_some_and(|stored| stored.same_bytes(&facts));
    let comparison = check::compare(&stored, &found, &grid.experiment.tolerance, exact);
    if args.update {
        found.save(&stored_at)?;
        let facts = yaml::to_string(&facts);
        files::write_atomically(&stored_at.with_extension("yaml"), facts.as_bytes())?;
    }
    let place = stored_at.display().to_string();
    match args.format {
        Format::Text => text(&comparison, &place, exact, args.update, out)?,
        Format::Json => {
            let report = Report {
                experiment: grid.experiment.id.to_string(),
                profile: grid.profile,
                stored: &place,
                exact,
                holds: comparison.holds(),
                updated: args.update,
                comparison: &comparison,
            };
            serde_json::to_writer_pretty(&mut *out, &report).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
    }
    if !args.update && !comparison.holds() {
        let moved = comparison.beyond.len();
        return Err(Error::Moved {
            moved,
            stored: stored_at,
        }
        .into());
    }
    Ok(())
}

fn text(
    comparison: &Comparison,
    stored: &str,
    exact: bool,
    updated: bool,
    out: &mut dyn Write,
) -> Result<()> {
    let Comparison {
        cells,
        within,
        beyond,
    } = comparison;
    let shown = if updated { within.as_slice() } else { &[] };
    for moved in beyond.iter().chain(shown) {
        writeln!(out, "{moved}")?;
    }
    let (within, beyond) = (within.len(), beyond.len());
    writeln!(
        out,
        "{stored}: {cells} cells; {within} values moved within their tolerance, {beyond} beyond"
    )?;
    let how = if exact {
        "compared exactly: the same format and instruction sets"
    } else {
        "compared by the spread over the seeds: another format or other instruction sets"
    };
    writeln!(out, "{how}")?;
    if updated {
        writeln!(out, "stored {stored}")?;
    }
    Ok(())
}
