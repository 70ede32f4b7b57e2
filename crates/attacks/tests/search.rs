//! The line search sees what the server does: against every vector written out.

mod common;

use attacks::Description;
use common::{forge, honest, parse, pipeline, plain_objective, single};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use robust_core::{Hull, Parameters, Pipeline, Round, Scalar, rules};

/// The attacks with a line search.
fn searching() -> impl Iterator<Item = &'static Description> {
    attacks::descriptions().filter(|attack| {
        let mut parameters = attack.parameters.iter();
        parameters.any(|parameter| parameter.key == "evaluations")
    })
}

/// The objective at one τ, which is what a search of one evaluation reports, and the plain one.
fn both<T: Scalar>(
    name: &str,
    server: &Pipeline,
    honest: &[Vec<T>],
    tau: f64,
    round: Round,
) -> (f64, f64) {
    let start = tau.to_string();
    let once = [("tau", "optimal"), ("evaluations", "1"), ("start", &start)];
    let (sent, forged) = forge(parse(name, &once), server, honest, round).expect("forged");
    (
        forged.objective.expect("an objective"),
        plain_objective(server, honest, &sent, round),
    )
}

/// Pipelines of every aggregator after nothing, after each pre-aggregator, also with an example of
/// each of its parameters, and after two of them.
fn servers() -> Vec<Server> {
    let mut before = vec![(Vec::new(), Parameters::new())];
    for first in rules::preaggregators() {
        let plain = required(first);
        for parameter in first.parameters {
            let mut given = plain.clone();
            given.insert(parameter.key, parameter.examples[0]);
            before.push((vec![first], given));
        }
        for second in rules::preaggregators() {
            let mut given = plain.clone();
            given.extend(required(second).iter());
            let mut stages = vec![first];
            stages.extend((second != first).then_some(second)); // on the diagonal the first alone
            before.push((stages, given));
        }
    }
    let mut servers = Vec::new();
    for (stages, given) in before {
        for last in rules::aggregators() {
            // Where only rounding decides there is nothing to compare: clipping makes all that it
            // shortens equally long, for a rule that chooses by length (it knows the origin); NNM
            // makes copies, for a rule whose choices hang on the order of the vectors.
            let rule = last.properties;
            let mut before = stages.iter().map(|rule| rule.properties);
            let undecided = match rule.chooses {
                true if !rule.translation => before.any(|rule| rule.hull == Hull::RowsAndOrigin),
                true if !rule.permutation => before.any(|rule| rule.chooses),
                _ => false,
            };
            if undecided {
                continue;
            }
            let mut given = given.clone();
            given.extend(required(last).iter());
            let names: Vec<&str> = stages.iter().chain([&last]).map(|rule| rule.name).collect();
            servers.push(Server {
                pipeline: Pipeline::parse(&names.join(","), &given).expect("a pipeline"),
                binomial: last.properties.binomial,
                tied: last.properties.chooses && !stages.is_empty(),
                differing: 0,
                tried: 0,
            });
        }
    }
    servers
}

struct Server {
    pipeline: Pipeline,
    binomial: bool,
    /// A rule chooses among what another one may have made equal: rounding decides.
    tied: bool,
    differing: usize,
    tried: usize,
}

/// An example of each parameter that must be given.
fn required(rule: &robust_core::Description) -> Parameters {
    let parameters = rule.parameters.iter();
    let required = parameters.filter(|parameter| parameter.default.is_none());
    required
        .map(|parameter| (parameter.key, parameter.examples[0]))
        .collect()
}

#[test]
fn the_objective_is_that_of_the_vectors_written_out() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut servers = servers();
    for case in 0..30 {
        let n = rng.random_range(5..12);
        let d = rng.random_range(3..200);
        let f = rng.random_range(1..4);
        let tau: f64 = rng.random_range([-3.0..-0.01, 0.01..3.0, 5.0..50.0][case % 3].clone());
        let offset: Vec<f64> = (0..d).map(|_| rng.random_range(-1.0..1.0)).collect();
        let mut row = || -> Vec<f64> {
            let moved = offset.iter().map(|x| x + rng.random_range(-1.0..1.0));
            moved.collect()
        };
        let rows: Vec<Vec<f64>> = (0..n).map(|_| row()).collect();
        let narrow = single(&rows);
        let round = Round { f, seed: 7 };
        let size = (1.0 + tau.abs()) * (d as f64).sqrt();
        for server in &mut servers {
            if server.pipeline.check(n + f, f).is_err() || (server.binomial && n + f > 9) {
                continue;
            }
            for attack in searching() {
                let (found, plain) = both(attack.name, &server.pipeline, &rows, tau, round);
                // A distance that is 0 in exact arithmetic has a square of rounding errors.
                let close = (found - plain).abs() <= 1e-9 * plain + 1e-7 * size;
                let (found, plain) = both(attack.name, &server.pipeline, &narrow, tau, round);
                let close_in_f32 = (found - plain).abs() <= 1e-5 * plain + 3e-6 * size;
                server.tried += 2;
                server.differing += usize::from(!close) + usize::from(!close_in_f32);
            }
        }
    }
    for server in servers {
        let allowed = if server.tied { server.tried / 10 } else { 0 };
        assert!(
            server.differing <= allowed,
            "{} {}: {} of {}",
            server.pipeline.name(),
            server.pipeline.parameters(),
            server.differing,
            server.tried
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_search_never_ends_below_any_of_its_first_steps(rows in honest(4..10, 1..40)) {
        // evaluations = k + 1 goes on where k stopped.
        let server = pipeline("arc,nnm,cwtm", &[]);
        for attack in searching() {
            let mut last = 0.0;
            for evaluations in ["1", "2", "5", "10", "20"] {
                let given = [("tau", "optimal"), ("evaluations", evaluations), ("start", "0.5")];
                let round = Round { f: 1, seed: 0 };
                let (_, forged) = forge(parse(attack.name, &given), &server, &rows, round).unwrap();
                let objective = forged.objective.unwrap();
                prop_assert!(objective >= last);
                last = objective;
            }
        }
    }
}
