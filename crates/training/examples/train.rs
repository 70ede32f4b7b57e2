//! The digits under attack: without clipping, with static clipping, and with ARC.
//!
//! ```sh
//! cargo run --release -p training --example train [ATTACK]
//! ```

use std::error::Error;
use std::ops::ControlFlow;

use data::partition::{Extreme, Partition};
use robust_core::{Parameters, Pipeline};
use training::{Evaluation, Observer, RunSpec, ValidRun, run};

/// Prints an accuracy per evaluation.
struct Print;

impl Observer for Print {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn evaluation(&mut self, evaluation: &Evaluation) {
        print!(" {:5.1}", 100.0 * evaluation.test_accuracy);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or("sf".to_owned());
    let attack = attacks::parse(&name, &Parameters::new())?;
    let digits = data::load(data::Name::Digits, None)?;
    let dsgd = RunSpec::dsgd(digits.name, Partition::from(Extreme {}), 300)?;

    println!("Test accuracy in % every 50 steps; 10 honest workers, one class each.");
    print!("{:32}", "no attack, plain mean");
    run(&ValidRun::new(dsgd.clone())?, &digits, &mut Print)?;
    println!();

    let clip = Parameters::from_iter([("clip.c", "2")]);
    for (stages, parameters) in [
        ("mean", Parameters::new()),
        ("nnm,cwtm", Parameters::new()),
        ("clip,nnm,cwtm", clip),
        ("arc,nnm,cwtm", Parameters::new()),
    ] {
        let spec = RunSpec {
            f: 3,
            pipeline: Pipeline::parse(stages, &parameters)?,
            attack: Some(attack.clone()),
            ..dsgd.clone()
        };
        print!("{:32}", format!("3 attackers ({name}), {stages}"));
        run(&ValidRun::new(spec)?, &digits, &mut Print)?;
        println!();
    }
    Ok(())
}
