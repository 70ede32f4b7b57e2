//! `make bench`: the paper's pipelines at its sizes, and each rule of the lists alone.
//!
//! Compare runs on an idle machine only; `make bench-peers` measures against ByzFL and ByzPy.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use robust_core::{Description, Gradients, Matrix, Mixture, Parameters, Pipeline, Round, rules};

/// The paper's three rules, behind what it puts before them.
const PAPER: [&str; 3] = ["arc,nnm,cwtm", "arc,nnm,gm", "arc,nnm,mk"];
/// n, d and f of the paper, at the least and the most.
const SIZES: [(usize, usize, usize); 2] = [(13, 431_080, 3), (19, 431_080, 9)];

/// n, d and the most Byzantine vectors for a rule alone, by its cost.
fn size(rule: &Description) -> (usize, usize, usize) {
    if rule.properties.binomial {
        (16, 4096, 5)
    } else {
        (64, 65_536, 8)
    }
}

/// n × d numbers, roughly normal, the same in every run.
fn vectors(n: usize, d: usize) -> Vec<f32> {
    let mut state = 1u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    (0..n * d)
        .map(|_| 1.7 * (uniform() + uniform() + uniform() + uniform()))
        .collect()
}

fn rules(criterion: &mut Criterion) {
    for (n, d, f) in SIZES {
        let values = vectors(n, d);
        for stages in PAPER {
            let pipeline = Pipeline::parse(stages, &Parameters::new()).expect("a pipeline");
            measure(criterion, &pipeline, &values, n, f);
        }
    }
    for rule in rules::descriptions() {
        let (n, d, most) = size(rule);
        for parameters in Parameters::examples(rule.parameters) {
            let pipeline = Pipeline::parse(rule.name, &parameters).expect("a pipeline");
            let f = (0..=most).rfind(|&f| pipeline.check(n, f).is_ok());
            if let Some(f) = f {
                measure(criterion, &pipeline, &vectors(n, d), n, f);
            }
        }
    }
}

fn measure(criterion: &mut Criterion, pipeline: &Pipeline, values: &[f32], n: usize, f: usize) {
    let d = values.len() / n;
    let round = Round { f, seed: 0 };
    let mut out = if pipeline.is_aggregating() {
        vec![0.0; d]
    } else {
        let rows = Gradients::new(values, n, d).expect("n × d");
        pipeline.transform(&rows, round).expect("in range")
    };
    let name = format!("{} {}", pipeline.name(), pipeline.parameters());
    criterion.bench_function(&format!("{} {n}x{d} f={f}", name.trim_end()), |bencher| {
        bencher.iter(|| {
            let rows = Gradients::new(black_box(values), n, d).expect("n × d");
            let done = if pipeline.is_aggregating() {
                pipeline.aggregate(&rows, round, &mut out)
            } else {
                pipeline.transform_into(&rows, round, &mut out)
            };
            done.expect("in range");
        });
    });
}

/// One evaluation of an optimised attack: the basis and its geometry are there already.
fn evaluations(criterion: &mut Criterion) {
    let (honest, d, f) = (10, 431_080, 3);
    let values = vectors(honest + 1, d);
    let rows = Gradients::new(&values, honest + 1, d).expect("n × d");
    let basis = Mixture::new(&rows);
    let mut mean = vec![0.1; honest + 1];
    mean[honest] = 0.0;
    let mut weights = Matrix::zeros(honest + f, honest + 1);
    for i in 0..honest + f {
        if i < honest {
            weights.row_mut(i)[i] = 1.0;
        } else {
            weights.row_mut(i).copy_from_slice(&mean);
            weights.row_mut(i)[honest] = 1.5;
        }
    }
    let round = Round { f, seed: 0 };
    for stages in PAPER {
        let pipeline = Pipeline::parse(stages, &Parameters::new()).expect("a pipeline");
        criterion.bench_function(
            &format!("one evaluation, {stages} 13x431080 f=3"),
            |bencher| {
                bencher.iter(|| {
                    let vectors = basis.remix(black_box(&weights)).expect("finite");
                    pipeline
                        .deviation(&vectors, round, &mean)
                        .expect("in range")
                });
            },
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = rules, evaluations
}
criterion_main!(benches);
