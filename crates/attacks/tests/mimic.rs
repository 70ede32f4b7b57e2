//! Mimic's heuristic against its formula written out, and its memory.

mod common;

use std::sync::Arc;

use attacks::{Error, Mimic};
use common::{Attacker, forge, pipeline};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use robust_core::Round;

fn heuristic(warmup: usize, d: usize) -> Attacker<f64> {
    Attacker::new(Arc::new(Mimic::heuristic(warmup).expect("≥ 1")), d)
}

/// Four workers that differ most in column 5.
fn at_step(t: usize) -> Vec<Vec<f64>> {
    let d = 20;
    let row = |worker: usize| {
        let noise = |column: usize| ((worker * d + column + 31 * t) as f64 * 12.9898).sin();
        let mut row: Vec<f64> = (0..d).map(|column| 0.1 * noise(column)).collect();
        row[5] += [-3.0, -1.0, 1.0, 4.0][worker];
        row
    };
    (0..4).map(row).collect()
}

fn inner(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn normalised(x: &[f64]) -> Vec<f64> {
    let norm = inner(x, x).sqrt();
    x.iter().map(|x| x / norm).collect()
}

/// a x + b y
fn combined(a: f64, x: &[f64], b: f64, y: &[f64]) -> Vec<f64> {
    x.iter().zip(y).map(|(x, y)| a * x + b * y).collect()
}

#[test]
fn the_heuristic_is_its_formula() {
    let d = 20;
    let round = Round { f: 1, seed: 5 };
    let server = pipeline("mean", &[]);
    let mut mimic = heuristic(10, d);
    let mut rng = ChaCha8Rng::seed_from_u64(round.seed);
    let mut z: Vec<f64> = (0..d).map(|_| StandardNormal.sample(&mut rng)).collect();
    let mut mu = vec![0.0; d];
    let mut chosen = 0;
    for step in 0..15 {
        let rows = at_step(step);
        if step < 10 {
            let t = step as f64;
            let mut mean = vec![0.0; d];
            for row in &rows {
                mean = combined(1.0, &mean, 0.25, row);
            }
            mu = combined(t / (1.0 + t), &mu, 1.0 / (1.0 + t), &mean);
            let mut c = vec![0.0; d];
            for row in &rows {
                let centred = combined(1.0, row, -1.0, &mu);
                c = combined(1.0, &c, inner(&centred, &z), &centred);
            }
            z = normalised(&combined(
                t / (1.0 + t),
                &z,
                1.0 / (1.0 + t),
                &normalised(&c),
            ));
            let along = |worker: usize| inner(&rows[worker], &z);
            chosen = (0..4).fold(0, |best, worker| {
                if along(worker) > along(best) {
                    worker
                } else {
                    best
                }
            });
        }
        let (sent, _) = mimic.forge(&server, &rows, round).expect("forged");
        assert_eq!(sent, [rows[chosen].clone()], "step {step}");
        let (counts, vectors) = mimic.memory.split_at(2);
        assert_eq!(counts, [(step + 1).min(10) as f64, chosen as f64]);
        for (found, expected) in vectors.iter().zip(mu.iter().chain(&z)) {
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
        }
    }
}

#[test]
fn it_learns_the_direction_of_the_largest_variance_and_then_stays() {
    // Worker 3 is farthest along column 5; which end of the axis the heuristic looks at depends on
    // the draw, so worker 0, at the other end, may be taken too.
    let server = pipeline("mean", &[]);
    for seed in 0..8 {
        let round = Round { f: 1, seed };
        let mut mimic = heuristic(20, 20);
        let mut chosen = None;
        for t in 0..30 {
            let mut rows = at_step(t);
            if t >= 20 {
                rows.reverse(); // after the learning phase the worker stays, whatever it sends
            }
            let (sent, _) = mimic.forge(&server, &rows, round).unwrap();
            let worker = rows.iter().position(|row| row == &sent[0]).unwrap();
            if t == 19 {
                assert!(worker == 0 || worker == 3, "{worker}");
                chosen = Some(worker);
            }
            if t >= 20 {
                assert_eq!(Some(worker), chosen);
            }
        }
    }
}

#[test]
fn a_memory_of_another_dimension_or_without_counts_is_refused() {
    let server = pipeline("mean", &[]);
    let round = Round { f: 1, seed: 0 };
    let mut mimic = heuristic(20, 20);
    mimic.forge(&server, &at_step(0), round).expect("forged");
    let narrow: Vec<Vec<f64>> = at_step(1).iter().map(|row| row[..7].to_vec()).collect();
    let error = mimic.forge(&server, &narrow, round).unwrap_err();
    assert_eq!(
        error,
        Error::MemoryLength {
            attack: "mimic",
            found: 42,
            expected: 16
        }
    );
    for (index, value, what, largest) in [
        (0, -1.0, "the number of steps", 20),
        (0, 0.5, "the number of steps", 20),
        (0, 21.0, "the number of steps", 20),
        (0, f64::INFINITY, "the number of steps", 20),
        (1, -1.0, "the worker", 3),
        (1, 1.5, "the worker", 3),
        (1, 4.0, "the worker", 3),
        (1, 1e300, "the worker", 3),
    ] {
        let mut memory = mimic.memory.clone();
        memory[index] = value;
        let attack = mimic.attack.clone();
        let error = Attacker { attack, memory }
            .forge(&server, &at_step(1), round)
            .unwrap_err();
        let expected = Error::Memory {
            attack: "mimic",
            what,
            value,
            largest,
        };
        assert_eq!(error, expected);
    }
    let mut memory = mimic.memory.clone();
    memory[0] = f64::NAN;
    let attack = mimic.attack.clone();
    let error = Attacker { attack, memory }
        .forge(&server, &at_step(1), round)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "attack `mimic`: its memory holds NaN as the number of steps; expected an integer from 0 to 20"
    );
}

#[test]
fn a_worker_that_is_not_there_is_refused() {
    let rows = [vec![1.0_f64], vec![2.0]];
    let round = Round { f: 1, seed: 0 };
    let error = forge(
        Arc::new(Mimic::worker(2)),
        &pipeline("mean", &[]),
        &rows,
        round,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "attack `mimic`: parameter `worker` is `2`; expected a number below 2, that of the honest workers"
    );
}
