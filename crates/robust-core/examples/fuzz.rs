//! Long random testing of every rule on arbitrary bytes, where `cargo fuzz` isn't at hand:
//! `cargo run --release --example fuzz -- SECONDS [SEED]`. The target itself is shared with
//! `fuzz/fuzz_targets/pipeline.rs`.

use std::time::{Duration, Instant};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[path = "../fuzz/fuzz_targets/check.rs"]
mod check;

fn main() {
    let mut args = std::env::args()
        .skip(1)
        .map(|arg| arg.parse::<u64>().expect("a number"));
    let limit = Duration::from_secs(args.next().unwrap_or(60));
    let mut rng = ChaCha8Rng::seed_from_u64(args.next().unwrap_or(0));
    let start = Instant::now();
    let (mut inputs, mut checked) = (0u64, 0u64);
    let mut slowest = (Duration::ZERO, String::new());
    while start.elapsed() < limit {
        let mut bytes = vec![0; rng.random_range(0..600)];
        rng.fill_bytes(&mut bytes);
        // Repeated rows and few distinct bytes: ties, copies, zeros, extreme exponents.
        match rng.random_range(0..4) {
            0 => bytes
                .iter_mut()
                .for_each(|b| *b = [0, 0x7f, 0x80, 0xff, 1, 0x3f][*b as usize % 6]),
            1 => {
                let period = rng.random_range(1..40);
                for i in period.min(bytes.len())..bytes.len() {
                    bytes[i] = bytes[i - period];
                }
            }
            _ => {}
        }
        let began = Instant::now();
        let stages = check::check(&bytes);
        inputs += 1;
        checked += u64::from(stages.is_some());
        if let Some(stages) = stages
            && began.elapsed() > slowest.0
        {
            slowest = (began.elapsed(), stages);
        }
    }
    println!("{inputs} inputs, {checked} aggregated, nothing found; slowest {slowest:?}");
}
