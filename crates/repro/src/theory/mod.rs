//! The statements of `docs/paper.md`, sections 1 and 2, as experiments: each gives a table, a
//! figure and what doesn't hold.

mod descent;
mod empirical_kappa;
mod heterogeneity;
mod init;
mod kappa;
mod lower_bound;
mod real;
mod vectors;

use std::path::Path;

use charts::Figure;
use clap::ValueEnum;

use crate::error::Error;
use crate::experiment::Profile;
use crate::results::table::Table;

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Statement {
    /// The worst ratio that a search finds for each rule, against its published κ.
    Kappa,
    /// Robust-DGD on losses with exactly known G and B, against its bound and the lower bound.
    LowerBound,
    /// The same close to the breakdown point, well and badly initialised: Theorem 5.2.
    Init,
    /// G and B of real data, along training.
    Heterogeneity,
    /// The ratio that κ bounds, along real training.
    EmpiricalKappa,
}

/// What came out.
#[derive(Debug)]
pub struct Outcome {
    /// Coordinates and numbers.
    pub table: Table,
    /// How many columns of the table, the first ones, are coordinates; the others are numbers.
    pub coordinates: usize,
    /// By how much the numbers may differ from the stored ones, relatively.
    pub tolerance: f64,
    /// What the table says, for people.
    pub summary: Vec<String>,
    /// What contradicts a statement: empty, if all is well.
    pub violations: Vec<String>,
    /// The table as a figure.
    pub figure: Figure,
}

/// What a computation may read.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// How much to compute.
    pub profile: Profile,
    /// Whose gradients are measured.
    pub dataset: data::Name,
    /// Where datasets are.
    pub data: Option<&'a Path>,
}

impl Statement {
    /// Names the results folder, the figure and the stored table.
    ///
    /// # Panics
    /// Never: each statement has a name.
    pub fn id(self) -> String {
        let name = self.to_possible_value().expect("no variant is skipped");
        format!("theory-{}", name.get_name())
    }

    /// Whether it depends on a dataset.
    pub fn is_measured(self) -> bool {
        matches!(self, Self::Heterogeneity | Self::EmpiricalKappa)
    }

    /// The same numbers for the same input, whatever the number of threads.
    ///
    /// # Errors
    /// If a dataset can't be read; if a statement's numbers are out of their range.
    pub fn compute(self, input: Input<'_>) -> Result<Outcome, Error> {
        match self {
            Self::Kappa => kappa::compute(input.profile),
            Self::LowerBound => lower_bound::compute(input.profile),
            Self::Init => init::compute(input.profile),
            Self::Heterogeneity => heterogeneity::compute(input),
            Self::EmpiricalKappa => empirical_kappa::compute(input),
        }
    }
}

/// A table of coordinates and numbers.
fn table<const COLUMNS: usize>(header: [&str; COLUMNS], rows: Vec<[String; COLUMNS]>) -> Table {
    Table {
        header: header.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| row.to_vec()).collect(),
    }
}

/// A number for the table: six digits, as more would only show in which order sums were taken;
/// nothing for what isn't there, `inf` for what diverged.
fn number(value: impl Into<Option<f64>>) -> String {
    let Some(value) = value.into().filter(|value| !value.is_nan()) else {
        return String::new();
    };
    let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    match rounded.abs() {
        size if size.is_finite() && size > 0.0 && !(1e-4..1e7).contains(&size) => {
            format!("{rounded:e}")
        }
        _ => rounded.to_string(),
    }
}
