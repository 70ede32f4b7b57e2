//! How far each attack moves what a server computes from the honest workers' mean: ten honest
//! vectors around (1, …, 1), three Byzantine ones.
//!
//! `cargo run --release --example harm`

use std::error::Error;

use attacks::View;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use robust_core::{Gradients, Parameters, Pipeline, Round};

const HONEST: usize = 10;
const D: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut values: Vec<f64> = (0..HONEST * D).map(|_| 1.0 + draw()).collect();
    let column = |k| values.iter().skip(k).step_by(D);
    let mean: Vec<f64> = (0..D).map(|k| column(k).sum::<f64>() / 10.0).collect();
    let round = Round { f: 3, seed: 1 };

    let stages = ["mean", "cwtm", "nnm,cwtm", "arc,nnm,cwtm", "arc,nnm,gm"];
    println!(
        "{:24}{}",
        "",
        stages.map(|name| format!("{name:>14}")).concat()
    );
    for description in attacks::descriptions() {
        let parameters = Parameters::from_iter(description.usual.iter().copied());
        let attack = attacks::parse(description.name, &parameters)?;
        if attack.needs_flipped() {
            continue; // needs a model and data
        }
        let mut line = format!("{:24}", description.title);
        for stages in stages {
            let pipeline = Pipeline::parse(stages, &Parameters::new())?;
            values.truncate(HONEST * D);
            let view = View {
                honest: &Gradients::new(&values, HONEST, D)?,
                flipped: None,
                pipeline: &pipeline,
                round,
            };
            let mut memory = vec![0.0; attack.memory_len(D)];
            let mut sent = vec![0.0; round.f * D];
            attack.forge(&view, &mut memory, &mut rng, &mut sent)?;
            values.extend(sent);
            let all = Gradients::new(&values, HONEST + round.f, D)?;
            let mut aggregate = vec![0.0; D];
            pipeline.aggregate(&all, round, &mut aggregate)?;
            let squares = aggregate
                .iter()
                .zip(&mean)
                .map(|(x, mean)| (x - mean).powi(2));
            line += &format!("{:14.2}", squares.sum::<f64>().sqrt());
        }
        println!("{line}");
    }
    Ok(())
}
