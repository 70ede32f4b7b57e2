//! `repro apply`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use robust_core::{Gradients, Pipeline, Round, rules};

use crate::commands::params::{self, Param};
use crate::commands::vectors;

/// Every rule, with its parameters and their defaults.
fn rules_help() -> String {
    let mut help = vec!["Rules and their parameters; a pipeline ends in an aggregator:".to_owned()];
    for rule in rules::preaggregators().chain(rules::aggregators()) {
        help.push(format!(
            "  {:9} {}: {}",
            rule.name, rule.title, rule.formula
        ));
        for parameter in rule.parameters {
            help.push(format!("            {}", params::line(parameter)));
        }
    }
    help.join("\n")
}

/// Options of `repro apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = rules_help())]
pub struct Args {
    /// Rules in order of application, such as arc,nnm,cwtm.
    #[arg(long)]
    pipeline: String,
    /// Number of Byzantine vectors that every stage withstands.
    #[arg(long)]
    f: usize,
    /// A rule's parameter, such as gm.iterations=3.
    #[arg(long = "param", value_name = "KEY=VALUE")]
    params: Vec<Param>,
    /// What random rules draw from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Vectors as CSV without header, one per row; - is standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// Prints the aggregate, or all vectors where the pipeline ends in a pre-aggregator.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let pipeline = Pipeline::parse(&args.pipeline, &params::collect(&args.params))?;
    let input = vectors::read(&args.file)?;
    let rows = Gradients::new(&input.values, input.n, input.d)?;
    let round = Round {
        f: args.f,
        seed: args.seed,
    };
    let output = if pipeline.is_aggregating() {
        let mut aggregate = vec![0.0; input.d];
        pipeline.aggregate(&rows, round, &mut aggregate)?;
        aggregate
    } else {
        pipeline.transform(&rows, round)?
    };
    vectors::write(&output, input.d, out)?;
    Ok(())
}
