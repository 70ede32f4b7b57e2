//! The line search sees what the server does: against every vector written out.

mod common;

use common::{AGGREGATORS, forge, honest, parse, pipeline, plain_objective};
use proptest::prelude::*;
use robust_core::{Round, Scalar};

/// The objective at one τ, which is what a search of one evaluation reports, and the plain one.
fn both<T: Scalar>(
    name: &str,
    stages: &str,
    honest: &[Vec<T>],
    tau: f64,
    round: Round,
) -> (f64, f64) {
    let params = match stages {
        stages if stages.contains("clip") => vec![("clip.c", "1.5")],
        stages if stages.contains("bucketing") => vec![("bucketing.size", "2")],
        _ => vec![],
    };
    let server = pipeline(stages, &params);
    let start = tau.to_string();
    let given = [("tau", "optimal"), ("evaluations", "1"), ("start", &start)];
    let mut attack = parse(name, &given);
    let (sent, told) = forge(attack.as_mut(), &server, honest, round).expect("forged");
    (
        told.objective.expect("an objective"),
        plain_objective(&server, honest, &sent, round),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_objective_is_that_of_the_vectors_written_out(
        rows in honest(5..12, 3..200),
        tau in prop_oneof![-3.0..-0.01f64, 0.01..3.0f64, 5.0..50.0f64],
        f in 1usize..4,
    ) {
        let round = Round { f, seed: 7 };
        let single: Vec<Vec<f32>> =
            rows.iter().map(|row| row.iter().map(|&x| x as f32).collect()).collect();
        for name in ["foe", "alie"] {
            for aggregator in AGGREGATORS {
                for before in ["", "arc,", "clip,", "nnm,", "arc,nnm,", "bucketing,arc,"] {
                    let stages = format!("{before}{aggregator}");
                    if before.contains("bucketing") && (rows.len() + f).div_ceil(2) <= 2 * f {
                        continue;
                    }
                    // Vectors that NNM made equal leave equal diameters, and values equally near to
                    // a median between two: rounding chooses.
                    if matches!(aggregator, "mda" | "meamed") && before.contains("nnm") {
                        continue;
                    }
                    let size = (1.0 + tau.abs()) * (rows[0].len() as f64).sqrt();
                    let (found, plain) = both(name, &stages, &rows, tau, round);
                    // A distance that is 0 in exact arithmetic has a square of rounding errors.
                    prop_assert!(
                        (found - plain).abs() <= 1e-9 * plain + 1e-7 * size,
                        "{name} through {stages}: {found} for {plain}"
                    );
                    // CAF takes steps until a sum is down to a goal: in f32 rounding may choose
                    // whether there is one more.
                    if aggregator == "caf" {
                        continue;
                    }
                    let (found, plain) = both(name, &stages, &single, tau, round);
                    prop_assert!(
                        (found - plain).abs() <= 1e-5 * plain + 3e-6 * size,
                        "{name} through {stages} in f32: {found} for {plain}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_search_never_ends_below_any_of_its_first_steps(rows in honest(4..10, 1..40)) {
        // evaluations = k + 1 goes on where k stopped.
        let server = pipeline("arc,nnm,cwtm", &[]);
        let mut last = 0.0;
        for evaluations in ["1", "2", "5", "10", "20"] {
            let given = [("tau", "optimal"), ("evaluations", evaluations), ("start", "0.5")];
            let round = Round { f: 1, seed: 0 };
            let (_, told) = forge(parse("alie", &given).as_mut(), &server, &rows, round).unwrap();
            let objective = told.objective.unwrap();
            prop_assert!(objective >= last);
            last = objective;
        }
    }
}
