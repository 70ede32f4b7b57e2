//! What every attack of the list must satisfy, in each of its forms: a new attack is tested by
//! being in the list.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use attacks::{Attack, Error, View};
use common::{Attacker, every, forge, forms, given, honest, pipeline, single, takes};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use robust_core::{Gradients, ParameterError, Parameters, Pipeline, Round, Scalar};

fn parse<T: Scalar>(name: &str, parameters: &Parameters) -> Arc<dyn Attack<T>> {
    attacks::parse(name, parameters).expect("an attack")
}

/// Four honest vectors of dimension 3.
fn some_rows() -> Vec<Vec<f64>> {
    let row = |worker: u8| {
        [1.0, -2.0, 0.5]
            .map(|x| x + 0.3 * f64::from(worker))
            .to_vec()
    };
    (0..4).map(row).collect()
}

#[test]
fn every_attack_is_found_by_its_name_and_described() {
    for attack in attacks::descriptions() {
        for text in [attack.name, attack.label, attack.title] {
            assert!(!text.is_empty() && text.trim() == text);
        }
        assert!(
            !attack.formula.is_empty() && !attack.source.is_empty(),
            "{}",
            attack.name
        );
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(attack.name.chars().all(plain), "{}", attack.name);
        assert_eq!(
            parse::<f32>(attack.name, &Parameters::new()).description(),
            attack
        );
        assert_eq!(
            parse::<f64>(attack.name, &Parameters::new()).description(),
            attack
        );
    }
    type Text = fn(&attacks::Description) -> &'static str;
    let texts: [Text; 3] = [|a| a.name, |a| a.label, |a| a.title];
    for text in texts {
        let distinct: BTreeSet<&str> = attacks::descriptions().map(text).collect();
        assert_eq!(distinct.len(), attacks::descriptions().len());
    }
    let names: Vec<&str> = attacks::descriptions().map(|attack| attack.name).collect();
    for name in ["flip", "", "SF", " sf"] {
        let error = attacks::parse::<f32>(name, &Parameters::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("unknown attack `{name}`; attacks: {}", names.join(" "))
        );
    }
}

#[test]
fn parameters_that_are_read_are_written_again() {
    for (attack, form) in every() {
        assert!(takes(attack, &form), "{} {form}", attack.name);
        assert_eq!(parse::<f32>(attack.name, &form).parameters(), form);
        assert_eq!(parse::<f64>(attack.name, &form).parameters(), form);
    }
}

#[test]
fn the_text_of_a_default_is_read_and_not_written() {
    for attack in attacks::descriptions() {
        for parameter in attack.parameters {
            let default = parameter.default.expect("no parameter is required");
            let default = given(&[(parameter.key, default)]);
            let mut beside = given(attack.usual);
            beside.extend(default.iter());
            let (read, left) = if takes(attack, &default) {
                (default, Parameters::new())
            } else {
                (beside, given(attack.usual))
            };
            assert_eq!(parse::<f64>(attack.name, &read).parameters(), left);
        }
    }
}

#[test]
fn every_parameter_has_examples_and_each_is_tried() {
    for attack in attacks::descriptions() {
        for parameter in attack.parameters {
            assert!(!parameter.examples.is_empty(), "{}", parameter.key);
            for example in parameter.examples {
                assert_ne!(Some(*example), parameter.default, "{}", parameter.key);
                let tried = forms(attack)
                    .iter()
                    .any(|form| form.get(parameter.key) == Some(example));
                assert!(tried, "{} {}={example}", attack.name, parameter.key);
            }
        }
    }
}

#[test]
fn wrong_parameters_are_refused_with_their_name_and_what_would_be_right() {
    for (attack, form) in every() {
        let mut wrong = form.clone();
        wrong.insert("no-such-key", "1");
        let keys: Vec<&str> = attack.parameters.iter().map(|p| p.key).collect();
        let expected = Error::Parameter {
            attack: attack.name,
            error: ParameterError::Unknown {
                owner: "this attack".into(),
                key: "no-such-key".into(),
                known: if keys.is_empty() {
                    "none".into()
                } else {
                    keys.join(" ")
                },
            },
        };
        let error = attacks::parse::<f32>(attack.name, &wrong).unwrap_err();
        assert_eq!(error, expected);
        for parameter in attack.parameters {
            for value in ["", "no-such-word", "nan", "1 2"] {
                let mut wrong = form.clone();
                wrong.insert(parameter.key, value);
                let error = attacks::parse::<f32>(attack.name, &wrong).unwrap_err();
                let text = error.to_string();
                assert!(
                    text.starts_with(&format!("attack `{}`: ", attack.name)),
                    "{text}"
                );
                let Error::Parameter { error, .. } = error else {
                    panic!("{text}");
                };
                match error {
                    ParameterError::Invalid {
                        key,
                        value: found,
                        expected,
                    } => {
                        assert_eq!(
                            (key.as_str(), expected.as_str()),
                            (parameter.key, parameter.range)
                        );
                        assert_eq!(found.to_lowercase(), value);
                    }
                    // One that this form doesn't have.
                    ParameterError::Unknown { known, .. } => {
                        assert!(known.split(' ').all(|key| keys.contains(&key)), "{text}");
                    }
                    ParameterError::Missing { .. } => panic!("{text}"),
                    _ => panic!("{text}"),
                }
            }
        }
    }
}

#[test]
fn shapes_are_checked() {
    let rows = some_rows();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let server = pipeline("mean", &[]);
    let view = View {
        honest: &Gradients::from_rows(&rows).expect("rows"),
        flipped: Some(rows[0]),
        pipeline: &server,
        round: Round { f: 2, seed: 0 },
    };
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for (attack, form) in every() {
        let attack = parse::<f64>(attack.name, &form);
        let name = attack.description().name;
        let length = attack.memory_len(3);
        let mut try_with = |view: &View<'_, f64>, remembered: usize, sent: usize| {
            let mut memory = vec![0.0; remembered];
            attack.forge(view, &mut memory, &mut rng, &mut vec![0.0; sent])
        };
        try_with(&view, length, 6).expect("forged");

        let none = View {
            round: Round { f: 0, seed: 0 },
            ..view
        };
        assert_eq!(
            try_with(&none, length, 0),
            Err(Error::NoByzantine),
            "{name}"
        );
        for found in [0, 3, 5, 7] {
            let error = try_with(&view, length, found).unwrap_err();
            assert_eq!(error, Error::Output { found, f: 2, d: 3 }, "{name}");
        }
        let many = View {
            round: Round {
                f: usize::MAX / 2,
                seed: 0,
            },
            ..view
        };
        let error = try_with(&many, length, 6).unwrap_err();
        assert!(matches!(error, Error::Output { .. }), "{name}");
        for found in [length + 1, length.wrapping_sub(1), 2 * length + 2] {
            if found == usize::MAX {
                continue;
            }
            let error = Error::MemoryLength {
                attack: name,
                found,
                expected: length,
            };
            assert_eq!(try_with(&view, found, 6), Err(error), "{name}");
        }
        let blind = View {
            flipped: None,
            ..view
        };
        let short = View {
            flipped: Some(&rows[0][..2]),
            ..view
        };
        if attack.needs_flipped() {
            let error = try_with(&blind, length, 6).unwrap_err();
            assert_eq!(error, Error::NoFlipped { attack: name });
            let error = try_with(&short, length, 6).unwrap_err();
            assert_eq!(error, Error::Flipped { found: 2, d: 3 });
        } else {
            try_with(&blind, length, 6).expect("forged");
            try_with(&short, length, 6).expect("forged");
        }
    }
}

#[test]
fn one_honest_vector_or_a_pipeline_that_takes_none_is_no_panic() {
    let rows = some_rows();
    for (attack, form) in every() {
        let one = forge(
            parse(attack.name, &form),
            &pipeline("mean", &[]),
            &rows[..1],
            Round { f: 1, seed: 0 },
        );
        let refused = matches!(
            one,
            Ok(_) | Err(Error::TooFewHonest { .. } | Error::Parameter { .. })
        );
        assert!(refused, "{} {form}: {one:?}", attack.name);
        for (stages, f) in [("cwtm", 4), ("nnm", 1), ("krum", 9)] {
            let round = Round { f, seed: 0 };
            let server = pipeline(stages, &[]);
            let refused = forge(parse(attack.name, &form), &server, &rows, round);
            // Only an attack that looks through the pipeline notices.
            match refused {
                Ok((_, forged)) => assert_eq!(forged.evaluations, None, "{}", attack.name),
                Err(error) => assert!(matches!(error, Error::Pipeline(_)), "{error}"),
            }
        }
    }
}

#[test]
fn a_memory_that_no_run_wrote_is_no_panic() {
    let rows = some_rows();
    let server = pipeline("mean", &[]);
    for (attack, form) in every() {
        for value in [f64::NAN, f64::INFINITY, -1.0, 0.5, 1.0, 1e300, -0.0] {
            for filled in 0..8 {
                let mut attacker = Attacker::new(parse(attack.name, &form), 3);
                let filled = filled.min(attacker.memory.len());
                attacker.memory[..filled].fill(value);
                let before = attacker.memory.clone();
                let step = attacker.forge(&server, &rows, Round { f: 1, seed: 0 });
                match step {
                    Ok(_) => {}
                    Err(Error::Memory { attack: name, .. }) => {
                        assert_eq!(name, attack.name);
                        let bits =
                            |memory: &[f64]| memory.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                        assert_eq!(bits(&attacker.memory), bits(&before));
                    }
                    Err(error) => panic!("{}: {error}", attack.name),
                }
            }
        }
    }
}

/// Rows that move from step to step.
fn at_step(rows: &[Vec<f64>], step: usize) -> Vec<Vec<f64>> {
    let moved = |(worker, row): (usize, &Vec<f64>)| {
        let shift = ((worker + 3 * step) as f64 * 12.9898).sin();
        row.iter().map(|x| x + shift).collect()
    };
    rows.iter().enumerate().map(moved).collect()
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
        let round = Round { f: f.min(rows.len() - 1), seed };
        for (attack, form) in every() {
            let send = || forge(parse(attack.name, &form), &server, &rows, round);
            let step = send().expect("forged");
            prop_assert!(step.0.iter().all(|row| row == &step.0[0]), "{}", attack.name);
            prop_assert_eq!(step, send().expect("forged"));
        }
    }

    #[test]
    fn what_is_remembered_is_all_in_the_memory(
        rows in honest(3..8, 1..20),
        stops in prop::collection::vec(0usize..12, 0..4),
        seed: u64,
    ) {
        let server = pipeline("arc,cwtm", &[]);
        let d = rows[0].len();
        for (attack, form) in every() {
            let mut whole = Attacker::new(parse(attack.name, &form), d);
            let mut interrupted = Attacker::new(parse(attack.name, &form), d);
            // A second run of the same attack beside the first is no disturbance.
            let mut other = Attacker::new(whole.attack.clone(), d);
            for step in 0..12 {
                if stops.contains(&step) {
                    let memory = interrupted.memory.clone();
                    let attack = parse(attack.name, &interrupted.attack.parameters());
                    interrupted = Attacker { attack, memory };
                }
                let rows = at_step(&rows, step);
                let round = Round { f: 1, seed: seed.wrapping_add(step as u64) };
                let expected = whole.forge(&server, &rows, round).expect("forged");
                prop_assert_eq!(&interrupted.forge(&server, &rows, round).expect("forged"), &expected);
                other.forge(&server, &at_step(&rows, 7), round).expect("forged");
            }
            prop_assert_eq!(&whole.memory, &interrupted.memory);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

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
        let narrow = single(&rows);
        let round = Round { f: 1, seed: 3 };
        let aggregators = robust_core::rules::aggregators();
        let servers: Vec<_> = aggregators
            .filter(|rule| !rule.properties.binomial)
            .map(|rule| pipeline(&format!("arc,nnm,{}", rule.name), &[]))
            .filter(|server: &Pipeline| server.check(rows.len() + round.f, round.f).is_ok())
            .collect();
        for server in &servers {
            for (attack, form) in every() {
                let mut wide = Attacker::new(parse(attack.name, &form), rows[0].len());
                let mut single = Attacker::new(parse(attack.name, &form), rows[0].len());
                let steps = if wide.memory.is_empty() { 1 } else { 2 };
                for _ in 0..steps {
                    wide.forge(server, &rows, round).expect("forged");
                    single.forge(server, &narrow, round).expect("forged");
                }
            }
        }
    }
}
