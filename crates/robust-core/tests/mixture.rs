//! The door for attacks: vectors given as combinations of others, against the vectors written out.

mod common;

use common::{distance, flat, norm, pipelines, rule};
use proptest::prelude::*;
use robust_core::aggregators::Mean;
use robust_core::{Error, Gradients, Hull, Matrix, Mixture, Pipeline, Round, Trace};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_mixture_is_aggregated_as_the_vectors_it_stands_for(
        basis in common::rows(4..12, 1..150),
        tau in -20.0..20.0f64,
        share in 0.0..1.0,
    ) {
        // Honest rows and a direction; f copies of their mean + τ·direction.
        let (b, d) = (basis.len(), basis[0].len());
        let h = b - 1;
        let f = (share * h as f64) as usize; // the largest f of an honest majority, at most
        let n = h + f;
        let mut mean = vec![1.0 / h as f64; b];
        mean[h] = 0.0;
        let mut attack = mean.clone();
        attack[h] = tau;
        let mut weights = Matrix::zeros(n, b);
        for i in 0..n {
            if i < h {
                weights.row_mut(i)[i] = 1.0;
            } else {
                weights.row_mut(i).copy_from_slice(&attack);
            }
        }
        let combine = |w: &[f64]| -> Vec<f64> {
            (0..d).map(|k| w.iter().zip(&basis).map(|(w, row)| w * row[k]).sum()).collect()
        };
        let written: Vec<Vec<f64>> = (0..n).map(|i| combine(weights.row(i))).collect();
        let centre = combine(&mean);
        let (values, written_values) = (flat(&basis, |x| x), flat(&written, |x| x));
        let view = Gradients::new(&values, b, d).expect("n × d");
        let written_view = Gradients::new(&written_values, n, d).expect("n × d");
        let vectors = Mixture::new(&view).remix(&weights).expect("finite weights");
        let round = Round { f, seed: 3 };
        for pipeline in pipelines() {
            let name = pipeline.name();
            let properties = common::properties(&pipeline);
            if pipeline.check(n, f).is_err() || (properties.binomial && n > 12) {
                continue;
            }
            let (mut want, mut got) = (vec![0.0; d], vec![0.0; d]);
            let trace = pipeline.aggregate(&written_view, round, &mut want).expect("in range");
            let traced = pipeline.aggregate_mixture(&vectors, round, &mut got).expect("same");
            let size = norm(&centre) + tau.abs() * norm(&basis[h]) + 4.0 * (d as f64).sqrt();
            let deviation = pipeline.deviation(&vectors, round, &mean).expect("same");
            prop_assert!(
                (deviation - distance(&got, &centre)).abs() <= 1e-7 * size,
                "{}: {} for {}", name, deviation, distance(&got, &centre)
            );
            // A choice between vectors may hang on a tie that rounding decides: the copies and
            // three rows, or what NNM made equal. Compare where it doesn't.
            let last = rule(&pipeline).properties;
            let chooses_vectors = last.chooses && last.hull != Hull::Coordinates;
            let makes_ties = pipeline.stages().iter().any(|s| s.description().properties.chooses);
            if !chooses_vectors && !makes_ties {
                prop_assert!(distance(&got, &want) <= 1e-8 * size, "{}", name);
            }
            let told = |trace: &Trace| trace.clipped.as_ref().map(Vec::len);
            prop_assert_eq!(told(&trace), told(&traced));
        }
    }
}

#[test]
fn a_wrong_mixture_is_refused() {
    let values = [1.0, 2.0, 3.0, 4.0];
    let rows = Gradients::new(&values, 2, 2).expect("2 × 2");
    let basis = Mixture::new(&rows);
    let error = basis
        .remix(&Matrix::zeros(2, 3))
        .expect_err("three columns for two rows");
    assert_eq!(
        error.to_string(),
        "a row of mixing weights must have length 2, got 3"
    );
    assert!(matches!(
        basis.remix(&Matrix::zeros(0, 2)),
        Err(Error::Length { .. })
    ));
    for bad in [f64::NAN, f64::INFINITY] {
        let weights = Matrix::from_values(1, 2, vec![1.0, bad]).expect("1 × 2");
        assert!(matches!(
            basis.remix(&weights),
            Err(Error::Weight { row: 0, .. })
        ));
    }
    let pipeline = Pipeline::from(Mean);
    let round = Round { f: 0, seed: 0 };
    assert!(matches!(
        pipeline.deviation(&basis, round, &[1.0]),
        Err(Error::Length { .. })
    ));
}
