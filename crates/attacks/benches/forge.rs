//! One step of every attack on the paper's MNIST vectors. An attack that looks through the pipeline
//! is timed through several, with its 20 evaluations.
#![allow(missing_docs)]

use attacks::View;
use criterion::{Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use robust_core::{Gradients, Parameters, Pipeline, Round};

/// Honest vectors and dimension of the paper's runs on MNIST, with f = 3.
const HONEST: usize = 10;
const D: usize = 431_080;

const PIPELINES: [&str; 4] = ["arc,nnm,cwtm", "nnm,cwtm", "arc,nnm,gm", "arc,nnm,mk"];

fn forge(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let offset: Vec<f32> = (0..D).map(|_| StandardNormal.sample(&mut rng)).collect();
    let values: Vec<f32> = (0..HONEST)
        .flat_map(|_| {
            let noisy = |offset: &f32| {
                let noise: f32 = StandardNormal.sample(&mut rng);
                0.5 * offset + noise
            };
            offset.iter().map(noisy).collect::<Vec<f32>>()
        })
        .collect();
    let honest = Gradients::new(&values, HONEST, D).expect("10 × 431,080");
    let round = Round { f: 3, seed: 1 };
    let mut out = vec![0.0; round.f * D];
    let mut group = criterion.benchmark_group("forge");
    group.sample_size(20);
    for description in attacks::descriptions() {
        let usual = Parameters::from_iter(description.usual.iter().copied());
        let mut forms = vec![Parameters::new()];
        forms.extend((!usual.is_empty()).then_some(usual));
        for parameters in forms {
            let attack = attacks::parse(description.name, &parameters).expect("an attack");
            let mut memory = vec![0.0; attack.memory_len(D)];
            for stages in PIPELINES {
                let pipeline = Pipeline::parse(stages, &Parameters::new()).expect("a pipeline");
                let view = View {
                    honest: &honest,
                    flipped: Some(&offset),
                    pipeline: &pipeline,
                    round,
                };
                let mut once = || attack.forge(&view, &mut memory, &mut rng, &mut out);
                let searches = once().expect("forged").evaluations.is_some();
                let through = if searches { stages } else { "" };
                let name = format!("{} {parameters} {through}", description.name);
                group.bench_function(name.trim(), |bencher| bencher.iter(&mut once));
                if !searches {
                    break;
                }
            }
        }
    }
    group.finish();
}

criterion_group!(benches, forge);
criterion_main!(benches);
