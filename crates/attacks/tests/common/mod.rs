//! What the tests share: every attack in its forms, one step of it, and the server's side written
//! out plainly.
#![allow(dead_code, missing_docs)] // each test file uses its part

use std::sync::Arc;

use attacks::{Attack, Description, Error, Forged, View};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use robust_core::{Gradients, Parameters, Pipeline, Round, Scalar};

/// Parameters from pairs.
pub fn given(pairs: &[(&str, &str)]) -> Parameters {
    pairs.iter().copied().collect()
}

pub fn pipeline(stages: &str, pairs: &[(&str, &str)]) -> Pipeline {
    Pipeline::parse(stages, &given(pairs)).expect("a pipeline")
}

pub fn parse<T: Scalar>(name: &str, pairs: &[(&str, &str)]) -> Arc<dyn Attack<T>> {
    attacks::parse(name, &given(pairs)).expect("an attack")
}

/// Whether the attack takes these parameters.
pub fn takes(attack: &Description, parameters: &Parameters) -> bool {
    attacks::parse::<f64>(attack.name, parameters).is_ok()
}

/// The parameters of every form in which an attack is tried: the default one, the usual one, and
/// each example of a parameter, alone if the attack takes it so, else beside the usual ones.
pub fn forms(attack: &Description) -> Vec<Parameters> {
    let mut forms = vec![Parameters::new()];
    forms.extend((!attack.usual.is_empty()).then(|| given(attack.usual)));
    for parameter in attack.parameters {
        for example in parameter.examples {
            let alone = given(&[(parameter.key, example)]);
            let mut beside = given(attack.usual);
            beside.extend(alone.iter());
            let form = if takes(attack, &alone) { alone } else { beside };
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms
}

/// Every attack in each of its forms.
pub fn every() -> impl Iterator<Item = (&'static Description, Parameters)> {
    attacks::descriptions().flat_map(|attack| {
        let forms = forms(attack).into_iter();
        forms.map(move |form| (attack, form))
    })
}

/// What one run of an attack keeps from step to step.
pub struct Attacker<T: Scalar> {
    pub attack: Arc<dyn Attack<T>>,
    pub memory: Vec<f64>,
}

impl<T: Scalar> Attacker<T> {
    pub fn new(attack: Arc<dyn Attack<T>>, d: usize) -> Self {
        let memory = vec![0.0; attack.memory_len(d)];
        Self { attack, memory }
    }

    /// The f vectors of a step.
    pub fn forge(
        &mut self,
        pipeline: &Pipeline,
        honest: &[Vec<T>],
        round: Round,
    ) -> Result<(Vec<Vec<T>>, Forged), Error> {
        let d = honest[0].len();
        let rows: Vec<&[T]> = honest.iter().map(Vec::as_slice).collect();
        let flipped: Vec<T> = honest.last().expect("a row").clone();
        let view = View {
            honest: &Gradients::from_rows(&rows)?,
            flipped: self.attack.needs_flipped().then_some(&flipped[..]),
            pipeline,
            round,
        };
        let mut out = vec![T::default(); round.f * d];
        let mut rng = ChaCha8Rng::seed_from_u64(round.seed);
        let forged = self
            .attack
            .forge(&view, &mut self.memory, &mut rng, &mut out)?;
        Ok((out.chunks(d).map(<[T]>::to_vec).collect(), forged))
    }
}

/// The f vectors of a first step.
pub fn forge<T: Scalar>(
    attack: Arc<dyn Attack<T>>,
    pipeline: &Pipeline,
    honest: &[Vec<T>],
    round: Round,
) -> Result<(Vec<Vec<T>>, Forged), Error> {
    Attacker::new(attack, honest[0].len()).forge(pipeline, honest, round)
}

pub fn single(rows: &[Vec<f64>]) -> Vec<Vec<f32>> {
    let single = |row: &Vec<f64>| row.iter().map(|&x| x as f32).collect();
    rows.iter().map(single).collect()
}

/// ‖F(honest ∪ byzantine) − μ‖, with every vector written out: the oracle of the line search.
pub fn plain_objective<T: Scalar>(
    pipeline: &Pipeline,
    honest: &[Vec<T>],
    byzantine: &[Vec<T>],
    round: Round,
) -> f64 {
    let d = honest[0].len();
    let values = [honest.concat(), byzantine.concat()].concat();
    let rows = Gradients::new(&values, values.len() / d, d).expect("n × d");
    let mut aggregate = vec![T::default(); d];
    pipeline
        .aggregate(&rows, round, &mut aggregate)
        .expect("in range");
    let square = |(column, x): (usize, &T)| {
        let sum: f64 = honest.iter().map(|row| row[column].to_f64()).sum();
        (x.to_f64() - sum / honest.len() as f64).powi(2)
    };
    aggregate.iter().enumerate().map(square).sum::<f64>().sqrt()
}

/// Rows around a common offset, as the gradients of heterogeneous workers are.
pub fn honest(
    n: std::ops::Range<usize>,
    d: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Vec<f64>>> {
    (n, d).prop_flat_map(|(n, d)| {
        let row = prop::collection::vec(-1.0..1.0f64, d);
        let offset = prop::collection::vec(-1.0..1.0f64, d);
        (offset, prop::collection::vec(row, n)).prop_map(|(offset, rows)| {
            let shift = |row: Vec<f64>| row.iter().zip(&offset).map(|(x, o)| x + o).collect();
            rows.into_iter().map(shift).collect()
        })
    })
}
