//! What holds for every attack, and what each refuses.

mod common;

use attacks::{Attack, Error, Mimic, Target, View};
use common::{forge, honest, pairs, parse, pipeline, plain_objective};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use robust_core::{Gradients, Round};

/// Every attack that `parse` makes, both ways where there are two.
const ATTACKS: [(&str, &[(&str, &str)]); 10] = [
    ("sf", &[]),
    ("foe", &[]),
    ("foe", &[("tau", "optimal")]),
    ("alie", &[]),
    ("alie", &[("tau", "optimal")]),
    ("lf", &[]),
    ("mimic", &[]),
    ("mimic", &[("worker", "heuristic")]),
    ("gaussian", &[]),
    ("inf", &[]),
];

#[test]
fn every_name_is_an_attack_of_that_name() {
    for name in attacks::NAMES {
        assert_eq!(parse::<f32>(name, &[]).name(), *name);
        assert!(ATTACKS.iter().any(|(listed, _)| listed == name));
    }
}

/// What the search finds against ARC on Fashion-MNIST (`experiments/fmnist-fig2.yaml`): NNM leaves out a vector longer
/// than the honest ones, but not what ARC made of it.
#[test]
fn shortened_by_arc_alie_of_any_length_mixes_with_honest_vectors_that_cancel() {
    let side = |worker: usize, sign: f64| {
        (0..10).map(move |column| sign * (f64::from(u8::from(column == worker)) - 0.09))
    };
    let rows: Vec<Vec<f64>> = (0..10)
        .map(|worker| side(worker, 1.0).chain(side(worker, -1.0)).collect())
        .collect();
    let round = Round { f: 3, seed: 0 };
    let moved = |stages: &str, tau: &str| {
        let server = pipeline(stages, &[]);
        let mut attack = parse("alie", &[("tau", tau)]);
        let (sent, _) = forge(attack.as_mut(), &server, &rows, round).expect("forged");
        plain_objective(&server, &rows, &sent, round)
    };
    let near = ["0.25", "0.5", "1", "1.5"].map(|tau| moved("nnm,cwtm", tau));
    let far = moved("arc,nnm,cwtm", "1000000");
    assert!(moved("nnm,cwtm", "1000000") < 1e-12);
    assert!(near.iter().all(|&near| far > 0.9 * near), "{far} {near:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn all_byzantine_workers_send_the_same_and_twice_the_same(
        rows in honest(3..8, 1..40),
        f in 1usize..4,
        seed: u64,
    ) {
        let server = pipeline("arc,nnm,gm", &[]);
        for (name, params) in ATTACKS {
            let round = Round { f: f.min(rows.len() - 1), seed };
            let send = || forge(parse(name, params).as_mut(), &server, &rows, round);
            let (sent, told) = send().expect("forged");
            prop_assert!(sent.iter().all(|row| row == &sent[0]), "{}", name);
            prop_assert_eq!((sent, told), send().expect("forged"));
        }
    }

    #[test]
    fn a_diverged_run_is_attacked_without_a_panic(
        mut rows in honest(3..8, 1..40),
        poison in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop_oneof![
                Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0),
                Just(f64::MAX), Just(-f64::MAX), Just(1e38), Just(1e-320), Just(5e-324),
            ]),
            1..40,
        ),
    ) {
        for (row, column, value) in poison {
            let row = row.get_mut(&mut rows);
            let column = column.index(row.len());
            row[column] = value;
        }
        let single: Vec<Vec<f32>> =
            rows.iter().map(|row| row.iter().map(|&x| x as f32).collect()).collect();
        let round = Round { f: 1, seed: 3 };
        for stages in ["mean", "arc,nnm,cwtm", "arc,gm", "nnm,mk", "meamed", "arc,caf"] {
            for (name, params) in ATTACKS {
                forge(parse(name, params).as_mut(), &pipeline(stages, &[]), &rows, round)
                    .expect("forged");
                forge(parse(name, params).as_mut(), &pipeline(stages, &[]), &single, round)
                    .expect("forged");
            }
        }
    }
}

#[test]
fn a_vector_that_is_not_finite_counts_as_zero() {
    let rows = [vec![2.0_f64, 4.0], vec![f64::NAN, 1e300], vec![4.0, 8.0]];
    let server = pipeline("mean", &[]);
    let round = Round { f: 1, seed: 0 };
    let (sent, _) = forge(parse("sf", &[]).as_mut(), &server, &rows, round).unwrap();
    assert_eq!(sent, [[-2.0, -4.0]]);
    let (sent, _) = forge(
        parse("alie", &[("tau", "1")]).as_mut(),
        &server,
        &rows,
        round,
    )
    .unwrap();
    assert_eq!(sent, [[4.0, 8.0]]); // σ of 2, 0, 4 is 2
    let given = [("tau", "optimal"), ("evaluations", "1"), ("start", "1")];
    let (_, told) = forge(parse("foe", &given).as_mut(), &server, &rows, round).unwrap();
    let expected = 20.0_f64.sqrt(); // (2 + 0 + 4 − 2)/4 − 2 = −1, twice that in the other column
    assert!((told.objective.unwrap() - expected / 2.0).abs() < 1e-12);
}

#[test]
fn without_byzantine_workers_there_is_no_attack() {
    let rows = [vec![1.0_f32], vec![2.0]];
    for (name, params) in ATTACKS {
        let round = Round { f: 0, seed: 0 };
        let error = forge(
            parse(name, params).as_mut(),
            &pipeline("mean", &[]),
            &rows,
            round,
        );
        assert!(matches!(error, Err(Error::NoByzantine)), "{name}");
    }
}

#[test]
fn an_output_of_the_wrong_size_is_refused() {
    let view = View {
        honest: &Gradients::new(&[1.0_f32, 2.0, 3.0, 4.0], 2, 2).unwrap(),
        flipped: Some(&[0.0]),
        pipeline: &pipeline("mean", &[]),
        round: Round { f: 2, seed: 0 },
    };
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for (name, params) in ATTACKS {
        let error = parse(name, params)
            .forge(&view, &mut rng, &mut [0.0; 3])
            .unwrap_err();
        assert_eq!(error.to_string(), "3 values for 2 vectors of dimension 2");
    }
    let mut lf = parse("lf", &[]);
    let error = lf.forge(&view, &mut rng, &mut [0.0; 4]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 values for a gradient on flipped labels of dimension 2"
    );
    let blind = View {
        flipped: None,
        ..view
    };
    let error = lf.forge(&blind, &mut rng, &mut [0.0; 4]).unwrap_err();
    assert!(matches!(error, Error::NoFlipped));
}

#[test]
fn what_the_pipeline_refuses_is_told() {
    let rows = [vec![1.0_f64], vec![2.0], vec![3.0]];
    let given = [("tau", "optimal")];
    for name in ["foe", "alie"] {
        let round = Round { f: 3, seed: 0 };
        let error = forge(
            parse(name, &given).as_mut(),
            &pipeline("cwtm", &[]),
            &rows,
            round,
        );
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Pipeline(_)), "{error}");
        let round = Round { f: 1, seed: 0 };
        let error = forge(
            parse(name, &given).as_mut(),
            &pipeline("nnm", &[]),
            &rows,
            round,
        );
        assert!(matches!(error, Err(Error::Pipeline(_))));
    }
    let round = Round { f: 1, seed: 0 };
    let error = forge(
        parse("alie", &[]).as_mut(),
        &pipeline("mean", &[]),
        &rows[..1],
        round,
    );
    assert!(matches!(error, Err(Error::NoDeviation(1))));
}

#[test]
fn parameters_are_read_strictly() {
    let error = |name: &str, given: &[(&str, &str)]| {
        attacks::parse::<f32>(name, &pairs(given))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error("flip", &[]),
        "unknown attack `flip`: must be one of sf, foe, alie, lf, mimic, gaussian, inf"
    );
    assert_eq!(
        error("lf", &[("tau", "1")]),
        "attack `lf` has no parameter `tau`; it has none"
    );
    assert_eq!(
        error("foe", &[("tau", "2"), ("evaluations", "16")]),
        "attack `foe` has no parameter `evaluations`; it has tau"
    );
    assert_eq!(
        error("alie", &[("tau", "optimal"), ("steps", "16")]),
        "attack `alie` has no parameter `steps`; it has tau, evaluations, start, delta, ratio"
    );
    assert_eq!(
        error("alie", &[("tau", "best")]),
        "attack `alie`: `tau` is `best`: must be a finite number or `optimal`"
    );
    assert_eq!(
        error("mimic", &[("worker", "1"), ("warmup", "3")]),
        "attack `mimic` has no parameter `warmup`; it has worker"
    );
    let optimal = |key, value| [("tau", "optimal"), (key, value)];
    for (key, value) in [
        ("evaluations", "0"),
        ("evaluations", "101"),
        ("evaluations", "2.5"),
        ("start", "nan"),
        ("start", "inf"),
        ("delta", "0"),
        ("delta", "-inf"),
        ("ratio", "0.5"),
        ("ratio", "1"),
        ("ratio", "nan"),
    ] {
        let text = error("foe", &optimal(key, value));
        assert!(
            text.contains(&format!("`{key}` is `{value}`: must be ")),
            "{text}"
        );
    }
    for (name, key, value) in [
        ("foe", "tau", "inf"),
        ("gaussian", "sigma", "-1"),
        ("gaussian", "sigma", "nan"),
        ("mimic", "worker", "-1"),
        ("mimic", "worker", "first"),
    ] {
        assert!(error(name, &[(key, value)]).contains(&format!("`{key}` is `{value}`")));
    }
    let given = [("worker", "heuristic"), ("warmup", "0")];
    assert!(error("mimic", &given).contains("`warmup` is `0`"));
    let edges: [&[(&str, &str)]; 3] = [
        &optimal("evaluations", "100"),
        &optimal("delta", "-1"),
        &optimal("ratio", "0.51"),
    ];
    edges
        .iter()
        .for_each(|given| drop(parse::<f64>("foe", given)));
}

#[test]
fn mimic_refuses_a_worker_that_is_not_there() {
    let rows = [vec![1.0_f64], vec![2.0]];
    let round = Round { f: 1, seed: 0 };
    let mut attack = parse("mimic", &[("worker", "2")]);
    let error = forge(attack.as_mut(), &pipeline("mean", &[]), &rows, round).unwrap_err();
    assert_eq!(
        error.to_string(),
        "attack `mimic`: `worker` is 2: must be below the number of honest workers, 2"
    );
}

#[test]
fn mimic_learns_the_direction_of_the_largest_variance_and_then_stays() {
    // Worker 3 is farthest along column 5, where the workers differ most; which end of the axis the
    // heuristic looks at depends on the draw, so worker 0, at the other end, may be taken too.
    let d = 20;
    let step = |t: usize| -> Vec<Vec<f64>> {
        let row = |worker: usize| {
            let noise = |column: usize| ((worker * d + column + 31 * t) as f64 * 12.9898).sin();
            let mut row: Vec<f64> = (0..d).map(|column| 0.1 * noise(column)).collect();
            row[5] += [-3.0, -1.0, 1.0, 4.0][worker];
            row
        };
        (0..4).map(row).collect()
    };
    let server = pipeline("mean", &[]);
    for seed in 0..8 {
        let round = Round { f: 1, seed };
        let mut mimic = Mimic::new(Target::Heuristic { warmup: 20 });
        let mut chosen = None;
        for t in 0..30 {
            let mut rows = step(t);
            if t >= 20 {
                rows.reverse(); // after the learning phase the worker stays, whatever it sends
            }
            let (sent, _) =
                forge(&mut mimic as &mut dyn Attack<f64>, &server, &rows, round).unwrap();
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
fn gaussian_has_the_deviation_it_is_given() {
    let d = 20_000;
    let rows = [vec![1.0_f32; d], vec![2.0; d]];
    let round = Round { f: 1, seed: 11 };
    let server = pipeline("mean", &[]);
    let mut attack = parse("gaussian", &[("sigma", "3")]);
    let (sent, _) = forge(attack.as_mut(), &server, &rows, round).unwrap();
    let mean = sent[0].iter().map(|&x| f64::from(x)).sum::<f64>() / d as f64;
    let square = sent[0].iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / d as f64;
    // Standard errors are 0.021 of the mean and 0.09 of the square: four of them.
    assert!(
        mean.abs() < 0.085 && (square - 9.0).abs() < 0.36,
        "{mean} {square}"
    );
}

/// A change of these streams changes published results: it must be seen.
#[test]
fn gaussian_draws_stay() {
    let rows = [vec![0.0_f64; 3], vec![0.0; 3]];
    let round = Round { f: 1, seed: 1 };
    let server = pipeline("mean", &[]);
    let (sent, _) = forge(parse("gaussian", &[]).as_mut(), &server, &rows, round).unwrap();
    let drawn = [
        -0.23484705855592097,
        -1.4108177006109994,
        0.3330286294792717,
    ];
    assert_eq!(sent, [drawn]);
}
