//! Rules that promise the best of all subsets, against listing all subsets.

mod common;

use common::{Rows, aggregate, an_f, distance, mean, norm, pipeline, rows, subsets};
use proptest::prelude::*;

/// Checks that a rule's output is the mean of a subset of n − f rows for which `measure` is
/// smallest.
fn finds_the_smallest(
    rule: &str,
    rows: &Rows,
    share: f64,
    measure: fn(&[&Vec<f64>]) -> f64,
) -> Result<(), TestCaseError> {
    let rule = pipeline(rule);
    let n = rows.len();
    let f = an_f(&rule, n, share).expect("it takes these n");
    let out = aggregate(&rule, rows, f);
    let members = |subset: &Vec<usize>| subset.iter().map(|&i| &rows[i]).collect::<Vec<_>>();
    let all: Vec<Vec<&Vec<f64>>> = subsets(n, n - f).iter().map(members).collect();
    let best = all.iter().map(|s| measure(s)).fold(f64::INFINITY, f64::min);
    let found = all.iter().any(|subset| {
        measure(subset) <= best * (1.0 + 1e-9) + 1e-12 && distance(&mean(subset), &out) < 1e-9
    });
    prop_assert!(found, "{}, n = {n}, f = {f}", rule.name());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn mda_finds_the_smallest_diameter(rows in rows(3..10, 1..6), share in 0.0..1.0) {
        finds_the_smallest("mda", &rows, share, |members| {
            let pairs = members.iter().flat_map(|x| members.iter().map(move |y| (x, y)));
            pairs.map(|(x, y)| distance(x, y)).fold(0.0, f64::max)
        })?;
    }

    #[test]
    fn smea_finds_the_smallest_top_eigenvalue(rows in rows(3..10, 1..6), share in 0.0..1.0) {
        finds_the_smallest("smea", &rows, share, top_variance)?;
    }
}

/// The largest eigenvalue of the scatter matrix of the rows, by the power method in d dimensions.
fn top_variance(rows: &[&Vec<f64>]) -> f64 {
    let mean = mean(rows);
    let centred: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| row.iter().zip(&mean).map(|(x, m)| x - m).collect())
        .collect();
    let mut best: f64 = 0.0;
    for start in 0..mean.len() {
        let mut v: Vec<f64> = (0..mean.len())
            .map(|k| if k == start { 1.0 } else { 0.1 })
            .collect();
        for _ in 0..2000 {
            let mut image = vec![0.0; v.len()];
            for row in &centred {
                let along: f64 = row.iter().zip(&v).map(|(x, v)| x * v).sum();
                image
                    .iter_mut()
                    .zip(row)
                    .for_each(|(image, x)| *image += along * x);
            }
            let length = norm(&image);
            if length == 0.0 {
                break;
            }
            v = image.iter().map(|x| x / length).collect();
            best = best.max(length * f64::from(u8::from(length.is_finite())));
        }
    }
    best
}
