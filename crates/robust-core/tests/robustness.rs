//! The defining inequality, ‖F(x) − x̄_S‖² ≤ κ/|S| Σ_{i∈S} ‖x_i − x̄_S‖² for every S of n − f rows,
//! with each rule's published κ, exhaustively over S.

mod common;

use common::{aggregate, before, distance, mean, parse, pipeline, required, subsets};
use proptest::prelude::*;
use robust_core::theory::HonestMajority;
use robust_core::{Description, Parameters, Pipeline, rules};

/// What rounding may add to ‖F − x̄_S‖, as a part of the largest entry.
const SLACK: f64 = 1e-9;

/// Every pipeline with a published κ, for any parameters but lengths: those are as good as zero,
/// for which what is published holds, such as the ν of a smoothed geometric median.
fn with_kappa(cohort: HonestMajority, length: f64) -> Vec<(Pipeline, f64)> {
    let short = |rule: &Description, parameters: &mut Parameters| {
        let lengths = rule.properties.lengths.iter();
        parameters.extend(lengths.map(|key| (*key, format!("{length:e}"))));
    };
    let mut all = Vec::new();
    for rule in rules::aggregators() {
        let mut made: Vec<Pipeline> = Vec::new();
        for before in before() {
            for mut parameters in common::variants(rule) {
                for stage in rules::preaggregators() {
                    if before.split(',').any(|name| name == stage.name) {
                        parameters.extend(required(stage).iter());
                    }
                }
                short(rule, &mut parameters);
                let pipeline = parse(&format!("{before}{}", rule.name), &parameters);
                if !made.contains(&pipeline) {
                    made.push(pipeline);
                }
            }
        }
        all.extend(made);
    }
    let kappa = |pipeline: Pipeline| Some((pipeline.kappa(cohort)?, pipeline));
    let all = all.into_iter().filter_map(kappa);
    all.map(|(kappa, pipeline)| (pipeline, kappa)).collect()
}

/// The largest ‖F − x̄_S‖² / (1/|S| Σ ‖x_i − x̄_S‖²) over all S, and its S.
fn worst_ratio(out: &[f64], rows: &[Vec<f64>], f: usize) -> f64 {
    let slack = SLACK * common::peak(rows);
    subsets(rows.len(), rows.len() - f)
        .iter()
        .map(|subset| {
            let members: Vec<&Vec<f64>> = subset.iter().map(|&i| &rows[i]).collect();
            let centre = mean(&members);
            let spread: f64 = members
                .iter()
                .map(|row| distance(row, &centre).powi(2))
                .sum::<f64>()
                / members.len() as f64;
            let error = (distance(out, &centre) - slack).max(0.0).powi(2);
            if error == 0.0 { 0.0 } else { error / spread }
        })
        .fold(0.0, f64::max)
}

/// Honest rows, then f rows of an attacker that knows them, for any f < n/2.
fn attacked() -> impl Strategy<Value = (Vec<Vec<f64>>, usize)> {
    let byzantine = (0..6usize, -3.0..3.0f64);
    (common::rows(3..10, 1..5), 0.0..1.0, byzantine, -2.0..2.0f64).prop_map(
        |(mut rows, share, (attack, size), offset)| {
            let n = rows.len();
            let f = (share * n.div_ceil(2) as f64) as usize;
            rows.iter_mut().flatten().for_each(|x| *x += offset);
            let honest: Vec<&Vec<f64>> = rows[..n - f].iter().collect();
            let centre = mean(&honest);
            let spread: Vec<f64> = (0..centre.len())
                .map(|k| {
                    let squares = honest.iter().map(|row| (row[k] - centre[k]).powi(2));
                    (squares.sum::<f64>() / honest.len() as f64).sqrt()
                })
                .collect();
            for i in n - f..n {
                rows[i] = match attack {
                    0 => centre.iter().map(|x| -size * x).collect(), // foe
                    1 => centre
                        .iter()
                        .zip(&spread)
                        .map(|(x, s)| x + size * s)
                        .collect(), // alie
                    2 => rows[0].clone(),                            // mimic
                    3 => centre.iter().map(|x| 10f64.powf(5.0 * size) * x).collect(),
                    4 => vec![0.0; centre.len()],
                    _ => continue,
                };
            }
            (rows, f)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_rule_keeps_its_published_kappa((rows, f) in attacked()) {
        let n = rows.len();
        let cohort = HonestMajority::new(n, f).expect("2f < n");
        let length = (SLACK * common::peak(&rows)).max(f64::MIN_POSITIVE);
        for (pipeline, kappa) in with_kappa(cohort, length) {
            let name = pipeline.name();
            let out = aggregate(&pipeline, &rows, f);
            let ratio = worst_ratio(&out, &rows, f);
            prop_assert!(ratio <= kappa, "{name}, n = {n}, f = {f}: {ratio} > {kappa}");
            prop_assert!(kappa >= cohort.lower_bound());
            // What docs/theory.md proves: alone, the trimmed mean has the least κ there is.
            if name == "cwtm" {
                prop_assert!(ratio <= cohort.lower_bound() * (1.0 + 1e-9), "n = {n}, f = {f}");
            }
        }
    }
}

#[test]
fn static_clipping_is_not_robust_and_arc_is() {
    // Honest rows agree on a long vector: any deviation breaks the inequality.
    let rows = vec![vec![100.0], vec![100.0], vec![100.0], vec![-100.0]];
    let fixed = parse("clip,cwtm", &Parameters::from_iter([("clip.c", "1")]));
    assert!((aggregate(&fixed, &rows, 1)[0] - 100.0).abs() > 90.0);
    let adaptive = pipeline("arc,cwtm");
    assert!((aggregate(&adaptive, &rows, 1)[0] - 100.0).abs() < 1e-9);
}
