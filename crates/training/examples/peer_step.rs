//! The training side of `scripts/bench-peers`: times steps of a run.
//!
//! `peer_step SPEC.json [DATA]` does one step of the run per line on standard input, and prints the
//! milliseconds of its gradients, its attack, its aggregation and its update.

use std::error::Error;
use std::io::BufRead;
use std::path::Path;

use training::{RunSpec, ValidRun};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (spec, data) = match args.as_slice() {
        [spec] => (spec, None),
        [spec, data] => (spec, Some(Path::new(data))),
        _ => return Err("usage: peer_step SPEC.json [DATA]".into()),
    };
    let spec: RunSpec = serde_json::from_slice(&std::fs::read(spec)?)?;
    let dataset = data::load(spec.dataset, data)?;
    let run = ValidRun::new(spec)?;
    let mut steps = training::timed_steps(&run, &dataset)?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let Some(time) = steps.next().transpose()? else {
            break;
        };
        let phases = [time.gradients, time.attack, time.aggregation, time.update];
        let ms = phases.map(|phase| format!("{}", phase.as_secs_f64() * 1e3));
        println!("{}", ms.join(" "));
    }
    Ok(())
}
