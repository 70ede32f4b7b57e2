//! The Rust side of `scripts/bench-peers`: times one pipeline on a file of f32 vectors.
//!
//! `peer_bench STAGES N D F FILE [KEY=VALUE]…` runs the pipeline once per line on standard input
//! and prints the milliseconds it took, views and output included; `peer_bench bandwidth` prints
//! the GB/s at which this machine reads 512 MiB.

use std::error::Error;
use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

use rayon::prelude::*;
use robust_core::{Gradients, Parameters, Pipeline, Round};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [mode] if mode == "bandwidth" => {
            println!("{}", bandwidth());
            Ok(())
        }
        [stages, n, d, f, file, params @ ..] => {
            let pairs = params.iter().filter_map(|pair| pair.split_once('='));
            answer(
                &Pipeline::parse(stages, &pairs.collect::<Parameters>())?,
                n.parse()?,
                d.parse()?,
                f.parse()?,
                &std::fs::read(file)?,
            )
        }
        _ => Err("usage: peer_bench STAGES N D F FILE [KEY=VALUE]… | peer_bench bandwidth".into()),
    }
}

fn answer(
    pipeline: &Pipeline,
    n: usize,
    d: usize,
    f: usize,
    bytes: &[u8],
) -> Result<(), Box<dyn Error>> {
    let values: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&b| f32::from_le_bytes(b))
        .collect();
    let round = Round { f, seed: 0 };
    let mut out = if pipeline.is_aggregating() {
        vec![0.0; d]
    } else {
        pipeline.transform(&Gradients::new(&values, n, d)?, round)?
    };
    for line in std::io::stdin().lock().lines() {
        line?;
        let start = Instant::now();
        let rows = Gradients::new(black_box(&values), n, d)?;
        if pipeline.is_aggregating() {
            pipeline.aggregate(&rows, round, &mut out)?;
        } else {
            pipeline.transform_into(&rows, round, &mut out)?;
        }
        black_box(&out);
        println!("{}", start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}

/// The best of several passes over an array that no cache holds.
fn bandwidth() -> f64 {
    let values = vec![1u64; 64 << 20];
    let pass = || {
        let start = Instant::now();
        let sum: u64 = values
            .par_chunks(1 << 16)
            .map(|chunk| chunk.iter().sum::<u64>())
            .sum();
        black_box(sum);
        (values.len() * 8) as f64 / start.elapsed().as_secs_f64() * 1e-9
    };
    (0..10).map(|_| pass()).fold(0.0, f64::max)
}
