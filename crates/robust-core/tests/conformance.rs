//! What every rule of the lists must satisfy, whatever it computes.

mod common;

use std::collections::BTreeSet;

use common::{an_f, parse, pipeline, required, variants};
use proptest::prelude::*;
use robust_core::{Description, Effect, Error, Parameters, Pipeline, rules};

#[test]
fn descriptions_are_complete() {
    for rule in rules::descriptions() {
        let name = rule.name;
        let texts = [name, rule.label, rule.title, rule.formula, rule.source];
        for text in texts.into_iter().chain(rule.byzfl) {
            assert!(!text.is_empty() && text == text.trim(), "{name}: {rule:?}");
        }
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
            "{name}: a name is typed into pipelines"
        );
        for p in rule.parameters {
            assert_eq!(p.key.split_once('.').map(|(owner, _)| owner), Some(name));
            assert!(!p.range.is_empty() && !p.purpose.is_empty(), "{p:?}");
            assert!(!p.examples.is_empty(), "{p:?}: no value to test it with");
            assert!(
                p.default.is_none_or(|text| !p.examples.contains(&text)),
                "{p:?}: an example differs from the default"
            );
        }
        for key in rule.properties.lengths {
            assert!(rule.parameters.iter().any(|p| p.key == *key), "{key}");
        }
    }
}

#[test]
fn names_are_unique() {
    let distinct = |of: fn(&Description) -> Vec<&'static str>| {
        let all: Vec<&str> = rules::descriptions().flat_map(of).collect();
        assert_eq!(
            all.iter().collect::<BTreeSet<_>>().len(),
            all.len(),
            "{all:?}"
        );
    };
    distinct(|rule| vec![rule.name]);
    distinct(|rule| vec![rule.label]);
    distinct(|rule| vec![rule.title]);
    distinct(|rule| rule.byzfl.into_iter().collect());
    distinct(|rule| rule.parameters.iter().map(|p| p.key).collect());
}

#[test]
fn a_rule_is_found_by_its_name_and_writes_down_its_parameters() {
    for rule in rules::descriptions() {
        for given in variants(rule) {
            let made = parse(rule.name, &given);
            assert_eq!(made.name(), rule.name);
            assert_eq!(
                made.parameters(),
                given,
                "in canonical text, defaults left out"
            );
            assert_eq!(parse(&made.name(), &made.parameters()), made);
            let described = match made.aggregator() {
                Some(aggregator) => aggregator.description(),
                None => made.stages()[0].description(),
            };
            assert_eq!(described, rule);
        }
        // The default may be written out.
        for p in rule.parameters {
            let Some(default) = p.default else { continue };
            let mut given = required(rule);
            given.insert(p.key, format!(" {default} "));
            assert_eq!(parse(rule.name, &given), pipeline(rule.name), "{}", p.key);
        }
    }
}

#[test]
fn variants_differ() {
    for rule in rules::descriptions() {
        let made: Vec<Pipeline> = variants(rule).iter().map(|p| parse(rule.name, p)).collect();
        for (i, a) in made.iter().enumerate() {
            for (k, b) in made.iter().enumerate() {
                assert_eq!(a == b, i == k, "{}: {a:?} and {b:?}", rule.name);
            }
        }
    }
}

#[test]
fn what_is_no_value_is_refused_with_its_range() {
    for rule in rules::descriptions() {
        for p in rule.parameters {
            for wrong in ["", "no such value", "NaN", "-1", "1e400"] {
                let mut given = required(rule);
                given.insert(p.key, wrong);
                let error = Pipeline::parse(rule.name, &given).expect_err(p.key);
                let want = format!("parameter `{}` is `", p.key);
                assert!(
                    matches!(error, Error::Parameter(_))
                        && error.to_string().starts_with(&want)
                        && error
                            .to_string()
                            .ends_with(&format!("expected {}", p.range)),
                    "{error}"
                );
            }
            if p.default.is_none() {
                let error = Pipeline::parse(rule.name, &Parameters::new()).expect_err(p.key);
                assert_eq!(
                    error.to_string(),
                    format!("parameter `{}` is required: {}", p.key, p.range)
                );
            }
        }
        let mut unknown = required(rule);
        unknown.insert(format!("{}.no-such-key", rule.name), "1");
        let error = Pipeline::parse(rule.name, &unknown).expect_err(rule.name);
        assert!(
            rule.parameters
                .iter()
                .all(|p| error.to_string().contains(p.key)),
            "{error}"
        );
    }
}

/// `check` takes every f up to a largest one, and says what it needs beyond.
#[test]
fn f_has_two_ends() {
    for rule in rules::descriptions() {
        for given in variants(rule) {
            let made = parse(rule.name, &given);
            let mut takes_some = false;
            for n in 1..=20 {
                let taken: Vec<bool> = (0..=n + 1).map(|f| made.check(n, f).is_ok()).collect();
                let most = taken.iter().take_while(|&&taken| taken).count();
                takes_some |= most > 0;
                assert!(
                    taken[most..].iter().all(|&taken| !taken),
                    "{}, n = {n}: takes a larger f but not {most}",
                    rule.name
                );
                for f in most..=n + 1 {
                    let error = made.check(n, f).expect_err("beyond").to_string();
                    assert!(error.contains(rule.name), "{error}");
                    assert!(error.contains(&n.to_string()), "{error}");
                }
            }
            assert!(takes_some, "{}, {given}: takes no n up to 20", rule.name);
            // No arithmetic on n and f overflows.
            for f in [0, 1, usize::MAX / 2, usize::MAX - 1, usize::MAX] {
                let _ = made.check(usize::MAX, f);
                let _ = made.check(1, f);
            }
        }
    }
}

/// For vectors of different lengths, all longer than any example's threshold.
#[test]
fn a_stage_changes_what_it_says() {
    for rule in rules::preaggregators() {
        for given in variants(rule) {
            let made = parse(rule.name, &given);
            for (n, f) in (1..=8).flat_map(|n| (0..=n).map(move |f| (n, f))) {
                if made.check(n, f).is_err() {
                    continue;
                }
                let rows: Vec<Vec<f64>> = (0..n).map(|i| vec![3.0 + i as f64, 1.0]).collect();
                let mut out = common::transform(&made, &rows, f);
                let name = format!("{}, {given}, n = {n}, f = {f}", rule.name);
                match made.stages()[0].effect(n, f) {
                    Effect::Nothing(why) => assert!(out == rows && !why.is_empty(), "{name}"),
                    Effect::Order(why) => {
                        out.sort_by(|a, b| a[0].total_cmp(&b[0]));
                        assert!(out == rows && !why.is_empty(), "{name}");
                    }
                    Effect::Values => assert_ne!(out, rows, "{name}"),
                }
            }
        }
    }
}

#[test]
fn idle_stages_are_found_among_others() {
    let idle = |stages: &str, pairs: &[(&str, &str)], n, f| {
        let made = parse(stages, &pairs.iter().copied().collect());
        let idle = made.idle_stages(n, f);
        idle.map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
    };
    assert_eq!(idle("bucketing,arc,mean", &[], 9, 2), Ok(vec!["bucketing"]));
    assert_eq!(
        idle("bucketing,arc,mean", &[], 9, 0),
        Ok(vec!["bucketing", "arc"])
    );
    // Whether the order matters is decided by all that comes after, not before.
    assert_eq!(idle("bucketing,nnm,monna", &[], 9, 2), Ok(vec![]));
    assert_eq!(idle("bucketing,nnm", &[], 9, 2), Ok(vec![]));
    assert_eq!(idle("nnm,bucketing,cwtm", &[], 9, 2), Ok(vec!["bucketing"]));
    let given = [("bucketing.permutation", "0,1,2")];
    assert_eq!(idle("bucketing", &given, 3, 0), Ok(vec!["bucketing"]));
    // Each stage is asked about the vectors that reach it.
    let pairs = [("bucketing.size", "3")];
    assert_eq!(idle("bucketing,nnm,mean", &pairs, 3, 0), Ok(vec!["nnm"]));
    assert_eq!(idle("bucketing,nnm,mean", &pairs, 4, 0), Ok(vec![]));
    assert_eq!(idle("arc,mean", &[("arc.k", "0")], 9, 2), Ok(vec!["arc"]));
    assert_eq!(
        idle("clip,nnm,cwtm", &[("clip.c", "1e300")], 9, 2),
        Ok(vec![])
    );
    assert_eq!(idle("arc", &[], 0, 0), Ok(vec!["arc"]));
    assert!(matches!(
        idle("arc,cwtm", &[], 4, 2),
        Err(Error::TooManyByzantine { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// With every parameter, at both ends of f and between them, as a rule alone and in a pipeline.
    #[test]
    fn every_variant_gives_finite_numbers_and_the_same_ones_again(
        rows in common::rows(1..16, 1..40),
        share in prop::sample::select(vec![0.0, 0.5, 0.999]),
    ) {
        for rule in rules::aggregators() {
            for given in variants(rule) {
                for before in ["", "arc,nnm,"] {
                    let made = parse(&format!("{before}{}", rule.name), &given);
                    let Some(f) = an_f(&made, rows.len(), share) else { continue };
                    let out = common::aggregate(&made, &rows, f);
                    prop_assert!(out.iter().all(|x| x.is_finite()), "{}, {}", made.name(), given);
                    prop_assert_eq!(&out, &common::aggregate(&made.clone(), &rows, f));
                }
            }
        }
        for rule in rules::preaggregators() {
            for given in variants(rule) {
                let made = parse(rule.name, &given);
                for f in 0..=rows.len() {
                    if made.check(rows.len(), f).is_err() { continue }
                    let out = common::transform(&made, &rows, f);
                    prop_assert!(out.iter().flatten().all(|x| x.is_finite()), "{}, {}", made.name(), given);
                    prop_assert_eq!(&out, &common::transform(&made.clone(), &rows, f));
                    // What leaves is as many as `check` says.
                    let stage = &made.stages()[0];
                    prop_assert_eq!(stage.check(rows.len(), f), Ok(out.len()));
                }
            }
        }
    }
}
