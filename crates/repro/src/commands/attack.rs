//! `repro attack`

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use attacks::View;
use data::rng::{Purpose, stream};
use robust_core::{Gradients, Pipeline, Round};

use crate::Error;
use crate::commands::params::{self, Param};
use crate::commands::vectors;
use crate::console::say;

/// Every attack, with its parameters and their defaults.
fn attacks_help() -> String {
    let mut help = vec![
        "Attacks and their parameters, with μ and σ the mean and the deviation of the honest vectors:"
            .to_owned(),
    ];
    for attack in attacks::descriptions() {
        help.push(format!("  {:9} {}", attack.name, attack.formula));
        for parameter in attack.parameters {
            help.push(format!("            {}", params::line(parameter)));
        }
    }
    help.join("\n")
}

/// Options of `repro attack`.
#[derive(Debug, clap::Args)]
#[command(after_help = attacks_help())]
pub struct Args {
    /// The attack, such as sf.
    #[arg(long)]
    name: String,
    /// Number of Byzantine vectors to send.
    #[arg(long)]
    f: usize,
    /// The attack's parameter, such as tau=1.5.
    #[arg(long = "param", value_name = "KEY=VALUE")]
    params: Vec<Param>,
    /// The server's pipeline, which optimised attacks look through.
    #[arg(long, default_value = "mean")]
    pipeline: String,
    /// A parameter of the pipeline, such as clip.c=2.
    #[arg(long = "pipeline-param", value_name = "KEY=VALUE")]
    pipeline_params: Vec<Param>,
    /// What random attacks and rules draw from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Also prints the chosen τ and the reached objective ‖F(..) − mean of the honest vectors‖ on
    /// standard error.
    #[arg(long)]
    explain: bool,
    /// Honest vectors as CSV without header, one per row; - is standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
}

/// More numbers than anybody prints.
const MOST_NUMBERS: usize = 1 << 28;

/// Prints the f Byzantine vectors.
pub fn execute(args: &Args, out: &mut dyn Write) -> Result<()> {
    let attack = attacks::parse::<f64>(&args.name, &params::collect(&args.params))?;
    let pipeline_params = params::collect(&args.pipeline_params);
    let pipeline = Pipeline::parse(&args.pipeline, &pipeline_params)?;
    let input = vectors::read(&args.file)?;
    let honest = Gradients::new(&input.values, input.n, input.d)?;
    let round = Round {
        f: args.f,
        seed: args.seed,
    };
    let numbers = args
        .f
        .checked_mul(input.d)
        .filter(|&numbers| numbers <= MOST_NUMBERS);
    let Some(numbers) = numbers else {
        return Err(Error::Argument {
            argument: format!("--f {}", args.f),
            problem: format!(
                "f vectors of {} would have more than {MOST_NUMBERS} numbers",
                input.d
            ),
        }
        .into());
    };
    let mut forged = vec![0.0; numbers];
    let view = View {
        honest: &honest,
        flipped: None,
        pipeline: &pipeline,
        round,
    };
    let mut memory = vec![0.0; attack.memory_len(input.d)];
    let mut rng = stream(args.seed, Purpose::Attack, 0, 0);
    let report = attack.forge(&view, &mut memory, &mut rng, &mut forged)?;
    if args.explain {
        let lines = [("tau", report.tau), ("objective", report.objective)];
        for (name, value) in lines {
            let value = value.map_or(
                "none, the attack searches for nothing".to_owned(),
                |value| format!("{value:?}"),
            );
            say(format_args!("{name} {value}"));
        }
    }
    vectors::write(&forged, input.d, out)?;
    Ok(())
}
