use std::f64::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::partition::Partition;
use crate::partition::tests::{Lawful, check_golden};
use crate::rng::{ChaCha8Rng, Purpose, stream};

impl Lawful for Dirichlet {
    fn any() -> BoxedStrategy<Self> {
        let alpha = (-2.0..2.0f64).prop_map(|exponent| 10f64.powf(exponent));
        (alpha, prop::option::of(1..3usize))
            .prop_map(|(alpha, min_samples)| Self { alpha, min_samples })
            .boxed()
    }

    fn imbalance(&self) -> Option<usize> {
        None
    }
}

fn rng(seed: u64) -> ChaCha8Rng {
    stream(seed, Purpose::Partition, 0, 0)
}

fn dirichlet(alpha: f64) -> Partition {
    Dirichlet {
        alpha,
        min_samples: None,
    }
    .into()
}

fn at_least(alpha: f64, least: usize) -> Partition {
    Dirichlet {
        alpha,
        min_samples: Some(least),
    }
    .into()
}

#[test]
fn it_is_byzfls() {
    let json = include_str!("../../../tests/golden/partition_dirichlet.json");
    check_golden(json, |case, labels, workers| {
        let proportions: Vec<Vec<f64>> =
            serde_json::from_value(case["random"]["proportions"].clone()).unwrap();
        by_proportions(labels, workers, &proportions)
    });
}

// Distribution. Seeds are fixed, so these tests either always pass or always fail.

/// Largest distance between the empirical distribution of `values` and `cdf`.
fn kolmogorov_smirnov(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let len = values.len() as f64;
    let gap = |(index, &value): (usize, &f64)| {
        let (below, expected) = (index as f64 / len, cdf(value));
        (expected - below)
            .abs()
            .max((below + 1.0 / len - expected).abs())
    };
    values.iter().enumerate().map(gap).fold(0.0, f64::max)
}

/// One worker's proportion under Dir(α) over k workers is Beta(α, (k − 1)α), whose distribution
/// function is elementary in these cases.
#[test]
fn proportions_have_the_distribution_of_dirichlet() {
    type Case = (f64, usize, fn(f64) -> f64);
    let cases: [Case; 5] = [
        (0.5, 2, |x| 2.0 / PI * x.sqrt().asin()),
        (0.5, 3, |x| x.sqrt()),
        (1.0, 2, |x| x),
        (1.0, 5, |x| 1.0 - (1.0 - x).powi(4)),
        (2.0, 2, |x| x * x * (3.0 - 2.0 * x)),
    ];
    let draws = 20_000;
    let critical = 1.63 / f64::from(draws).sqrt(); // level 1 %
    for (case, (alpha, workers, cdf)) in cases.into_iter().enumerate() {
        let rng = &mut rng(case as u64);
        let values: Vec<Vec<f64>> = (0..draws)
            .map(|_| proportions(alpha, workers, rng))
            .collect();
        for worker in 0..workers {
            let distance = kolmogorov_smirnov(values.iter().map(|p| p[worker]).collect(), cdf);
            assert!(
                distance < critical,
                "alpha {alpha}, worker {worker} of {workers}: {distance}"
            );
        }
        // The same values are far from the law of any other case.
        for (_, _, other) in cases
            .iter()
            .enumerate()
            .filter(|&(i, _)| i != case)
            .map(|(_, c)| c)
        {
            let distance = kolmogorov_smirnov(values.iter().map(|p| p[0]).collect(), other);
            assert!(
                distance > 5.0 * critical,
                "alpha {alpha}, {workers} workers: {distance}"
            );
        }
    }
}

/// E Σ_w p_w² = (α + 1)/(kα + 1), here measured on the split itself, so it fails if the split
/// ignores α.
#[test]
fn the_concentration_of_a_split_is_that_of_its_alpha() {
    const CLASSES: usize = 200;
    const PER_CLASS: usize = 1000;
    const WORKERS: usize = 10;
    let labels: Vec<u8> = (0..CLASSES * PER_CLASS)
        .map(|index| (index % CLASSES) as u8)
        .collect();
    for alpha in [0.05, 0.1, 0.5, 1.0, 10.0] {
        let parts = dirichlet(alpha)
            .split(&labels, CLASSES, WORKERS, &mut rng(3))
            .unwrap();
        let mut concentration = [0.0; CLASSES];
        for part in &parts {
            let mut counts = [0u32; CLASSES];
            part.iter()
                .for_each(|&index| counts[usize::from(labels[index])] += 1);
            for (sum, count) in concentration.iter_mut().zip(counts) {
                *sum += (f64::from(count) / PER_CLASS as f64).powi(2);
            }
        }
        let mean = concentration.iter().sum::<f64>() / CLASSES as f64;
        let variance = concentration
            .iter()
            .map(|x| (x - mean).powi(2))
            .sum::<f64>()
            / (CLASSES - 1) as f64;
        let error = (variance / CLASSES as f64).sqrt();
        let expected = (alpha + 1.0) / (WORKERS as f64 * alpha + 1.0);
        assert!(
            (mean - expected).abs() < 3.0 * error,
            "alpha {alpha}: {mean} ± {error}, not {expected}"
        );
    }
}

#[test]
fn proportions_are_finite_at_both_ends_of_alpha() {
    for alpha in [1e-9, 1e-3, 1e9] {
        for seed in 0..100 {
            let proportions = super::proportions(alpha, 7, &mut rng(seed));
            let sum: f64 = proportions.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "alpha {alpha}: {proportions:?}");
            assert!(
                proportions.iter().all(|p| (0.0..=1.0).contains(p)),
                "{proportions:?}"
            );
        }
    }
    let equal = proportions(1e9, 7, &mut rng(1));
    assert!(
        equal.iter().all(|p| (p - 1.0 / 7.0).abs() < 1e-4),
        "{equal:?}"
    );
    let one = proportions(1e-9, 7, &mut rng(1));
    assert!(one.iter().any(|&p| p > 1.0 - 1e-12), "{one:?}");
}

#[test]
fn parameters_out_of_range_are_errors() {
    let error = |partition: Partition, samples| {
        let split = partition.split_seeded(&vec![0; samples], 1, 4, 1);
        split.unwrap_err().to_string()
    };
    for alpha in [0.0, -1.0, 9e-10, 1.1e9, f64::NAN, f64::INFINITY] {
        let expected = format!("alpha is {alpha}, expected 1e-9 to 1e9");
        assert_eq!(error(dirichlet(alpha), 100), expected);
    }
    assert_eq!(
        error(at_least(1.0, 0), 100),
        "min_samples is 0, expected at least 1"
    );
    for least in [26, usize::MAX] {
        let expected =
            format!("min_samples is {least}, expected 1 to 25 (100 samples over 4 workers)");
        assert_eq!(error(at_least(1.0, least), 100), expected);
    }
    assert_eq!(
        (
            ALPHA_RANGE,
            format!("{:e} to {:e}", ALPHA.start(), ALPHA.end())
        ),
        ("1e-9 to 1e9", ALPHA_RANGE.to_owned())
    );
}

#[test]
fn the_ends_of_the_ranges_are_legal() {
    for alpha in [*ALPHA.start(), *ALPHA.end()] {
        dirichlet(alpha).check().unwrap();
    }
    // Equal shares of 100 are cut to 24 to 26 samples, so 25 each takes a few draws.
    let parts = at_least(1e9, 25).split_seeded(&[0; 100], 1, 4, 1).unwrap();
    assert_eq!(parts.len(), 4);
}

// Value stability: a change of any of these is a change of every published result.

#[test]
fn the_proportions_are_those_of_this_version() {
    assert_eq!(
        proportions(0.1, 3, &mut rng(1)),
        [0.4260451837927668, 1.9915557314046615e-7, 0.57395461705166]
    );
    assert_eq!(
        proportions(3.0, 3, &mut rng(1)),
        [0.41113739024231993, 0.4797759398496273, 0.10908666990805266]
    );
}

#[test]
fn the_split_of_the_digits_is_that_of_this_version() {
    let digits = crate::load(crate::Name::Digits, None).unwrap();
    let sizes = |alpha, seed| -> Vec<usize> {
        let parts = dirichlet(alpha)
            .split(digits.train.labels(), 10, 10, &mut rng(seed))
            .unwrap();
        parts.iter().map(Vec::len).collect()
    };
    assert_eq!(
        sizes(0.1, 1),
        [29, 87, 199, 98, 206, 160, 72, 259, 227, 100]
    );
    assert_eq!(
        sizes(1.0, 1),
        [103, 113, 181, 131, 168, 129, 144, 210, 121, 137]
    );
    assert_eq!(
        sizes(1.0, 2),
        [102, 217, 161, 214, 195, 109, 138, 102, 82, 117]
    );
}
