//! Runs experiments, and turns their results into tables and figures.

mod cli;
mod commands;
mod error;
mod figure;
mod grid;
#[cfg(test)]
mod mutants;
mod report;
mod results;
mod rules;
mod runner;
mod theory;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let command = cli::Cli::parse().command;
    match commands::execute(&command, &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}
