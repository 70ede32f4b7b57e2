//! The attacks' side of `scripts/bench-peers`: times one optimised attack on a file of f32 vectors.
//!
//! `peer_attack NAME STAGES N D F FILE` forges the f vectors once per line on standard input, from
//! the first N − F of the file's vectors, and prints the milliseconds it took, view included.

use std::error::Error;
use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

use attacks::View;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use robust_core::{Gradients, Parameters, Pipeline, Round};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, stages, n, d, f, file] = args.as_slice() else {
        return Err("usage: peer_attack NAME STAGES N D F FILE".into());
    };
    let (n, d, f): (usize, usize, usize) = (n.parse()?, d.parse()?, f.parse()?);
    let honest = n.checked_sub(f).ok_or("F is more than N")?;
    let bytes = std::fs::read(file)?;
    let values = bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b));
    let values: Vec<f32> = values.take(honest * d).collect();
    let optimal = Parameters::from_iter([("tau", "optimal")]);
    let attack = attacks::parse(name, &optimal)?;
    let pipeline = Pipeline::parse(stages, &Parameters::new())?;
    let mut memory = vec![0.0; attack.memory_len(d)];
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut out = vec![0.0; f * d];
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        let view = View {
            honest: &Gradients::new(black_box(&values), honest, d)?,
            flipped: None,
            pipeline: &pipeline,
            round: Round { f, seed: 0 },
        };
        attack.forge(&view, &mut memory, &mut rng, &mut out)?;
        black_box(&out);
        println!("{}", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
