//! f rows of any size, up to the largest number: the bound of every rule is set by the honest rows,
//! whatever its parameters.

mod common;

use common::{
    Rows, aggregate, aggregate_f32, distance, largest_f, mean, norm, parse, properties, variants,
};
use proptest::prelude::*;
use robust_core::theory::HonestMajority;
use robust_core::{Pipeline, rules};

/// An entry of a Byzantine row: a sign, a size, and what it is made of.
type Entry = (bool, f64, usize);

/// Honest rows of some scale, then f hostile ones; f as a share of the largest that a rule takes.
#[derive(Debug, Clone)]
struct Attacked {
    honest: Rows,
    hostile: Vec<Vec<Entry>>,
    share: f64,
}

impl Attacked {
    fn rows(&self, f: usize) -> Rows {
        let kept = self.honest.len() - f;
        let mut rows = self.honest.clone();
        for (row, entries) in rows[kept..].iter_mut().zip(&self.hostile) {
            for (x, &(negative, exponent, kind)) in row.iter_mut().zip(entries) {
                let size = match kind {
                    0 => f64::MAX,
                    1 => f64::from(f32::MAX),
                    2 => f64::NAN,
                    3 => f64::INFINITY,
                    4 => x.abs(),
                    _ => 10f64.powf(exponent),
                };
                *x = if negative { -size } else { size };
            }
        }
        rows
    }
}

/// A row is hostile in one way, or each of its entries in another.
fn hostile_row() -> impl Strategy<Value = Vec<Entry>> {
    let entry = || (any::<bool>(), -320.0..308.2f64, 0..9usize);
    prop_oneof![
        3 => (prop::collection::vec(any::<bool>(), 6), -3.0..308.2f64, 0..9usize).prop_map(
            |(signs, exponent, kind)| signs.into_iter().map(|sign| (sign, exponent, kind)).collect()
        ),
        1 => prop::collection::vec(entry(), 6),
    ]
}

fn attacked() -> impl Strategy<Value = Attacked> {
    let hostile = prop_oneof![
        prop::collection::vec(hostile_row(), 6),
        // All the same: they are each other's neighbours.
        hostile_row().prop_map(|row| vec![row; 6]),
    ];
    (
        common::rows(5..12, 1..6),
        hostile,
        0.0..1.0,
        -6..7i32,
        -3.0..3.0f64,
    )
        .prop_map(|(mut honest, hostile, share, exponent, offset)| {
            let scale = 10f64.powi(exponent);
            honest
                .iter_mut()
                .flatten()
                .for_each(|x| *x = (*x + offset) * scale);
            Attacked {
                honest,
                hostile,
                share,
            }
        })
}

/// Every aggregator with every parameter, alone and behind the paper's stages; lengths among the
/// parameters are scaled along with the rows, or as good as zero.
fn settings(scale: f64) -> Vec<(Pipeline, f64)> {
    let mut all = Vec::new();
    for rule in rules::aggregators() {
        for given in variants(rule) {
            for before in ["", "arc,", "nnm,", "arc,nnm,"] {
                for length in [None, Some(1e-9 * scale)] {
                    let mut given = given.clone();
                    let mut longest: f64 = 0.0;
                    for p in rule
                        .parameters
                        .iter()
                        .filter(|p| rule.properties.lengths.contains(&p.key))
                    {
                        let text = given
                            .get(p.key)
                            .or(p.default)
                            .expect("an example or a default");
                        let value: f64 = text.parse().expect("a length");
                        let value = length.unwrap_or(value * scale);
                        longest = longest.max(value);
                        given.insert(p.key, value.to_string());
                    }
                    if length.is_some() && longest == 0.0 {
                        continue; // no lengths: the same again
                    }
                    let stages = format!("{before}{}", rule.name);
                    all.push((parse(&stages, &given), longest));
                }
            }
        }
    }
    all
}

/// Whether a rule takes every f: then it can't be robust.
fn promises_nothing(pipeline: &Pipeline) -> bool {
    pipeline
        .aggregator()
        .expect("it aggregates")
        .check(3, 2)
        .is_ok()
}

/// One row of the largest numbers must not hide another that is far from the honest ones, but for
/// what is nearer than 2⁻¹⁰⁴⁰ of it.
#[test]
fn the_longest_row_hides_no_other() {
    for scale in [1.0, 1e-3, 1e-8, 1e-100, 1e-200, 1e-290] {
        let value = |i: usize, k: usize| ((i * 3 + k) as f64 * 1.7).sin();
        let row = |i: usize| (0..3).map(|k| value(i, k) * scale).collect();
        let honest: Rows = (0..9).map(row).collect();
        for (huge, far) in [
            (f64::MAX, 1e3),
            (f64::MAX, 1e8),
            (1e300, 1e4),
            (1e150, 1e4),
            (1.0, 1e4),
        ] {
            let mut rows = honest.clone();
            let unseen = huge * 2_f64.powi(-1000) * 2_f64.powi(-40);
            rows.push(vec![huge, -huge, huge]);
            rows.push(vec![far * scale; 3]);
            for (pipeline, longest) in settings(scale) {
                if pipeline.check(11, 2).is_err() || promises_nothing(&pipeline) {
                    continue;
                }
                let out = aggregate(&pipeline, &rows, 2);
                let error = distance(&out, &mean(&honest.iter().collect::<Vec<_>>()));
                assert!(
                    error <= 20.0 * longest.max(scale).max(unseen),
                    "{} {}: {error:e} at {scale:e}, {huge:e}, {far:e}",
                    pipeline.name(),
                    pipeline.parameters()
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_f_rows_of_any_size_leave_the_bound(attacked in attacked()) {
        let n = attacked.honest.len();
        let scale = common::peak(&attacked.honest).max(1e-300);
        for (pipeline, longest) in settings(scale) {
            let Some(most) = largest_f(&pipeline, n) else { continue };
            let f = (attacked.share * (most + 1) as f64) as usize;
            let rows = attacked.rows(f);
            let honest: Vec<&Vec<f64>> = rows[..n - f].iter().collect();
            let name = format!("{} {}, n = {n}, f = {f}", pipeline.name(), pipeline.parameters());
            let centre = mean(&honest);
            let diameter = honest.iter().flat_map(|x| honest.iter().map(|y| distance(x, y))).fold(0.0, f64::max);
            let spread = honest.iter().map(|row| distance(row, &centre).powi(2)).sum::<f64>() / honest.len() as f64;
            for (out, rounding) in [
                (aggregate(&pipeline, &rows, f), 1e-8),
                (aggregate_f32(&pipeline, &rows, f), 1e-4),
            ] {
                prop_assert!(out.iter().all(|x| x.is_finite()), "{name}: {out:?}");
                if promises_nothing(&pipeline) {
                    continue;
                }
                let error = distance(&out, &centre) - rounding * scale * (out.len() as f64).sqrt();
                let cohort = HonestMajority::new(n, f).expect("2f < n");
                // The published κ of a rule with a length holds as that goes to 0.
                let kappa = pipeline.kappa(cohort).filter(|_| longest <= 1e-9 * scale);
                if let Some(kappa) = kappa {
                    let bound = (kappa * spread).sqrt();
                    prop_assert!(error <= bound, "{name}: {error:e} against {bound:e}");
                }
                let mut bound = diameter;
                if !properties(&pipeline).translation {
                    bound += honest.iter().map(|row| norm(row)).fold(longest, f64::max);
                }
                // Some need 2f + 2 < n for any bound at all.
                if 2 * f + 2 < n {
                    prop_assert!(error <= 20.0 * bound, "{name}: {error:e} against 20 times {bound:e}");
                }
            }
        }
    }
}
