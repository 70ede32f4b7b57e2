//! `repro theory`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::experiment::Profile;
use crate::results::check;
use crate::results::table::Table;
use crate::theory::{Input, Statement};
use crate::{Error, figures};

/// Options of `repro theory`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_enum)]
    statement: Statement,
    /// How much of it.
    #[arg(long, value_enum, default_value_t = Profile::Paper)]
    profile: Profile,
    /// Whose gradients are measured, where it takes real ones; files of others than MNIST say so in
    /// their names.
    #[arg(long, default_value_t = data::Name::Mnist)]
    dataset: data::Name,
    /// Where datasets are.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the table is written.
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Where the figure is written.
    #[arg(long, value_name = "DIR", default_value = "figures")]
    figures: PathBuf,
    /// Where the stored tables are.
    #[arg(long, value_name = "DIR", default_value = "experiments/expected")]
    expected: PathBuf,
    /// Compares the table with the stored one, and writes nothing.
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Stores the table as the expected one.
    #[arg(long)]
    update: bool,
}

/// Computes, writes `results/theory-<name>/<profile>/table.csv` and the figure, and prints what the
/// table says; an error if something contradicts the theory, or isn't as stored.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let profile = args.profile;
    let id = match args.dataset {
        dataset if args.statement.is_measured() && dataset != data::Name::Mnist => {
            format!("{}-{dataset}", args.statement.id())
        }
        _ => args.statement.id(),
    };
    let outcome = args.statement.compute(Input {
        profile,
        dataset: args.dataset,
        data: args.data.as_deref(),
    })?;
    for line in outcome.summary.iter().chain(&outcome.violations) {
        writeln!(out, "{line}")?;
    }
    if !outcome.violations.is_empty() {
        return Err(Error::Contradicted(outcome.violations.len()).into());
    }
    let stored_at = args.expected.join(format!("{id}-{profile}.csv"));
    if args.check {
        let stored = Table::read(&stored_at)?;
        let comparison = check::compare_numbers(
            &stored,
            &outcome.table,
            outcome.coordinates,
            outcome.tolerance,
        );
        for moved in &comparison.beyond {
            writeln!(out, "{moved}")?;
        }
        if !comparison.holds() {
            return Err(Error::Moved {
                moved: comparison.beyond.len(),
                stored: stored_at,
            }
            .into());
        }
        let rows = stored.rows.len();
        writeln!(out, "{}: {rows} rows within tolerance", stored_at.display())?;
        return Ok(());
    }
    let mut written = Vec::new();
    let results = args.results.join(&id).join(profile.to_string());
    written.push(results.join("table.csv"));
    if args.update {
        written.push(stored_at);
    }
    for path in &written {
        outcome.table.save(path)?;
    }
    let name = profile.figure_name(&id);
    written.extend(figures::save_both(&outcome.figure, &args.figures, &name)?);
    for path in written {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}
