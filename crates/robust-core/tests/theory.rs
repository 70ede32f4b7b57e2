//! What `robust_core::theory` states: hand-worked values, domains, and every inequality on random
//! instances.

mod common;

use common::{aggregate, alone, parse, pipeline, pipelines, subsets};
use proptest::prelude::*;
use robust_core::theory::{
    Descent, Dissimilarity, HonestMajority, Initialisation, Quadratics, ratio,
};
use robust_core::{Error, Parameters, Pipeline};

fn cohort(n: usize, f: usize) -> HonestMajority {
    HonestMajority::new(n, f).expect("2f < n")
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

/// A pipeline in which the geometric median, if there is one, is exact.
fn exact(stages: &str) -> Pipeline {
    let mut parameters = pipeline(stages).parameters();
    if stages.ends_with("gm") {
        parameters.extend([("gm.iterations", "converged"), ("gm.nu", "1e-12")]);
    }
    parse(stages, &parameters)
}

#[test]
fn kappas_worked_by_hand() {
    // n = 13, f = 3: f/(n−2f) = 3/7, f/(n−f) = 3/10.
    let cases = [
        ("cwtm", 180.0 / 49.0),
        ("krum", 60.0 / 7.0),
        ("gm", 400.0 / 49.0),
        ("cwmed", 400.0 / 49.0),
        ("arc,cwtm", 222.0 / 49.0),
        ("nnm,cwtm", 2.4 * 229.0 / 49.0),
        ("arc,nnm,cwtm", 2.4 * 229.0 / 49.0 + 6.0 / 7.0),
        // NNM's lemma for the rule CWTM∘ARC.
        ("nnm,arc,cwtm", 2.4 * 271.0 / 49.0),
    ];
    for (stages, expected) in cases {
        let kappa = exact(stages).kappa(cohort(13, 3));
        assert!(close(kappa.expect("published"), expected), "{stages}");
    }
    for stages in [
        "mean",
        "mk",
        "mda",
        "smea",
        "clip,cwtm",
        "bucketing,gm",
        "arc,nnm,mk",
        "arc,nnm",
    ] {
        assert_eq!(exact(stages).kappa(cohort(13, 3)), None, "{stages}");
    }
}

/// κ is published for some parameters only.
#[test]
fn kappa_asks_the_parameters() {
    let kappa = |stages, pairs: &[(&str, &str)]| {
        let parameters: Parameters = pairs.iter().copied().collect();
        parse(stages, &parameters).kappa(cohort(13, 3))
    };
    assert!(kappa("gm", &[]).is_none() && kappa("gm", &[("gm.iterations", "100")]).is_none());
    assert!(kappa("krum", &[]).is_some());
    assert!(kappa("krum", &[("krum.neighbours", "n-f-2")]).is_none());
    assert!(kappa("arc,cwtm", &[("arc.k", "4")]).is_none());
    // What no stage takes has no κ.
    assert!(kappa("bucketing,cwtm", &[("bucketing.size", "4")]).is_none());
}

#[test]
fn both_ends_of_every_domain() {
    for (n, f, inside) in [(1, 0, true), (0, 0, false), (5, 2, true), (4, 2, false)] {
        assert_eq!(
            HonestMajority::new(n, f).is_ok(),
            inside,
            "n = {n}, f = {f}"
        );
    }
    let message = |error: Error| error.to_string();
    assert_eq!(
        message(Dissimilarity::new(-1.0, 0.0).unwrap_err()),
        "G = -1, but must be in [0, ∞)"
    );
    assert!(Dissimilarity::new(0.0, 0.0).is_ok());
    assert!(Dissimilarity::new(1.0, f64::NAN).is_err());
    assert!(Dissimilarity::new(1.0, f64::INFINITY).is_err());

    let honest = Dissimilarity::new(1.0, 1.0).unwrap();
    assert_eq!(honest.lower_bound(cohort(3, 1)), None); // exactly BP = 1/3
    assert!(honest.lower_bound(cohort(100, 33)).is_some());
    assert_eq!(honest.robust_dgd_floor(1.0).unwrap(), None);
    assert!(honest.robust_dgd_floor(-0.1).is_err());
    let run = Descent {
        smoothness: 1.0,
        gap: 0.0,
        steps: 1,
    };
    for wrong in [
        Descent { steps: 0, ..run },
        Descent {
            smoothness: 0.0,
            ..run
        },
        Descent { gap: -1.0, ..run },
    ] {
        assert!(honest.robust_dgd_bound(0.1, wrong).is_err(), "{wrong:?}");
    }

    for xi0 in [0.0, 1.0, f64::NAN] {
        assert!(Initialisation::new(1.0, 1.0, 1.0, xi0).is_err());
    }
    let start = Initialisation::new(1.0, 1.0, 1.0, 0.5).unwrap();
    assert!(start.rho(Dissimilarity::new(0.0, 1.0).unwrap()).is_err());
    assert!(start.phi(Dissimilarity::new(1.0, 0.0).unwrap()).is_err());
    assert!(start.upsilon(honest, 0.0).is_err());
    assert_eq!(start.upsilon(honest, 0.6).unwrap(), None);
    assert!(start.upsilon(honest, 0.5).unwrap().is_some());

    assert!(Quadratics::new(1, vec![], vec![]).is_err());
    assert!(Quadratics::new(2, vec![1.0; 3], vec![1.0; 3]).is_err());
    assert!(Quadratics::new(1, vec![1.0; 2], vec![1.0; 3]).is_err());
    assert!(Quadratics::new(1, vec![-1.0], vec![0.0]).is_err());
    assert!(Quadratics::new(1, vec![0.0], vec![0.0]).is_err());
    assert!(Quadratics::mirrored(cohort(5, 0), 1.0, 0.1).is_err());
    assert!(Quadratics::mirrored(cohort(5, 1), 1.0, 0.0).is_err());
}

#[test]
fn theorem_5_2_worked_by_hand() {
    // ρ = 2·exp(3·4·½/(½·4)) = 2e³, Φ = 640 · (3/2)² · (1 + 2·4e⁶/4).
    let honest = Dissimilarity::new(2.0, 2f64.sqrt()).unwrap();
    let start = Initialisation::new(2.0, 3.0, 0.5, 0.5).unwrap();
    assert!(close(start.rho(honest).unwrap(), 2.0 * 3f64.exp()));
    let phi = 1440.0 * (1.0 + 2.0 * 6f64.exp());
    assert!(close(start.phi(honest).unwrap(), phi));
    assert!(close(
        start.upsilon(honest, 1e-3).unwrap().unwrap(),
        1e-3 * phi
    ));
}

#[test]
fn a_ratio_needs_members() {
    assert!(matches!(
        ratio(&[1.0, 2.0], &[1.0, 2.0, 3.0]),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(ratio::<f64>(&[], &[]), Err(Error::Shape { .. })));
    assert_eq!(ratio(&[1.0], &[1.0, 1.0]), Ok(0.0));
    assert_eq!(ratio(&[2.0], &[1.0, 1.0]), Ok(f64::INFINITY));
}

/// No rule can be better: with f vectors at 1 and the others at 0, an output other than 0 has an
/// infinite ratio for the subset that agrees, and 0 has f/(n−2f) for one that holds the ones.
#[test]
fn the_lower_bound_on_kappa_is_reached_by_its_construction() {
    for (n, f) in [(3, 1), (7, 2), (9, 4), (13, 3)] {
        let mut rows = vec![vec![0.0]; n];
        rows[..f].fill(vec![1.0]);
        for rule in ["cwtm", "krum", "gm", "cwmed", "mk"] {
            let out = aggregate(&exact(rule), &rows, f);
            let worst = subsets(n, n - f).iter().fold(0.0, |worst: f64, subset| {
                let members: Vec<f64> = subset.iter().map(|&i| rows[i][0]).collect();
                let off = (out[0] - members.iter().sum::<f64>() / members.len() as f64).abs();
                if off < 1e-9 {
                    worst
                } else {
                    worst.max(ratio(&out, &members).unwrap())
                }
            });
            let least = cohort(n, f).lower_bound();
            assert!(
                (worst - least).abs() < 1e-6 * least,
                "{rule}: {worst}, not {least}"
            );
        }
    }
}

fn cohorts() -> impl Strategy<Value = HonestMajority> {
    (1..200usize)
        .prop_flat_map(|n| (Just(n), 0..n.div_ceil(2)))
        .prop_map(|(n, f)| cohort(n, f))
}

/// Honest losses that are dissimilar in curvature and centre, with a B that is large enough.
fn losses() -> impl Strategy<Value = (Quadratics, HonestMajority, f64)> {
    (3..12usize, 1..4usize).prop_flat_map(|(n, d)| {
        (1..n.div_ceil(2)).prop_flat_map(move |f| {
            let rows = (n - f) * d;
            let curvatures = prop::collection::vec(0.3..1.0, rows);
            let centres = prop::collection::vec(-2.0..2.0, rows);
            (curvatures, centres, 0.0..0.5).prop_map(move |(a, c, extra)| {
                let losses = Quadratics::new(d, a.clone(), c).expect("curved");
                // The relative spread of the curvatures.
                let least = (0..d)
                    .map(|j| {
                        let along: Vec<f64> = a.iter().skip(j).step_by(d).copied().collect();
                        let mean = along.iter().sum::<f64>() / along.len() as f64;
                        let squares = along.iter().map(|a| (a / mean - 1.0).powi(2));
                        (squares.sum::<f64>() / along.len() as f64).sqrt()
                    })
                    .fold(0.0, f64::max);
                (losses, cohort(n, f), least + 0.01 + extra)
            })
        })
    })
}

proptest! {
    #[test]
    fn every_kappa_lies_above_the_lower_bound_and_arc_at_most_triples_it(cohort in cohorts()) {
        for rule in alone().into_iter().map(|rule| exact(&rule.name())) {
            let Some(kappa) = rule.kappa(cohort) else { continue };
            let behind = |stage: &str| exact(&format!("{stage},{}", rule.name())).kappa(cohort);
            prop_assert!(kappa >= cohort.lower_bound());
            prop_assert!(behind("arc").unwrap() <= 3.0 * kappa * (1.0 + 1e-12));
            prop_assert!(behind("nnm").unwrap() >= cohort.lower_bound());
        }
    }

    #[test]
    fn the_best_kappa_leaves_a_factor_of_four_to_the_lower_bound(
        cohort in cohorts(), g in 0.1..10.0, b in 0.0..3.0,
    ) {
        let honest = Dissimilarity::new(g, b).unwrap();
        let xi = honest.distance_to_breakdown(cohort);
        prop_assert!(close(cohort.fraction(), (1.0 - xi) * honest.breakdown_point()));
        if xi.abs() > 1e-6 {
            let floor = honest.robust_dgd_floor(cohort.lower_bound()).unwrap();
            let least = honest.lower_bound(cohort);
            prop_assert_eq!(floor.is_some(), xi > 0.0);
            prop_assert_eq!(least.is_some(), xi > 0.0);
            if let (Some(floor), Some(least)) = (floor, least) {
                prop_assert!(close(floor, 4.0 * least), "{} and {}", floor, least);
            }
        }
    }

    /// G is a bound for every θ, and the least: it is nearly reached at the worst of them.
    #[test]
    fn the_dissimilarity_of_quadratics_is_exact((losses, _, b) in losses(), seed in any::<u32>()) {
        let honest = losses.dissimilarity(b).unwrap().expect("B is large enough");
        let excess = |theta: &[f64]| {
            let gradients = losses.gradients(theta);
            let (count, d) = (losses.honest(), losses.d());
            let total: f64 = gradients.chunks(d).map(|row| row.iter().map(|x| x * x).sum::<f64>()).sum();
            let mean = losses.squared_gradient(theta);
            total / count as f64 - mean - (b * b) * mean
        };
        let mut theta: Vec<f64> = (0..losses.d()).map(|j| f64::from((seed >> (8 * j)) & 255) / 8.0 - 16.0).collect();
        prop_assert!(excess(&theta) <= honest.g().powi(2) * (1.0 + 1e-9));
        // Coordinate ascent by the vertex of the parabola through three points.
        for j in 0..losses.d() {
            let at = |t: f64| { let mut moved = theta.clone(); moved[j] = t; excess(&moved) };
            let (low, middle, high) = (at(-1.0), at(0.0), at(1.0));
            theta[j] = 0.5 * (low - high) / (low - 2.0 * middle + high);
        }
        prop_assert!(close(excess(&theta), honest.g().powi(2)), "{} and {}", excess(&theta), honest.g().powi(2));
    }

    /// The majority is as flat as is worst: a little more or less curvature gives a smaller error.
    #[test]
    fn the_mirrored_losses_put_four_times_the_lower_bound_at_the_origin(
        (n, f) in (3..60usize).prop_flat_map(|n| (Just(n), 1..n.div_ceil(2))), b in 0.0..2.0,
    ) {
        let cohort = cohort(n, f);
        let honest = Dissimilarity::new(1.0, b).unwrap();
        if honest.distance_to_breakdown(cohort) > 0.01 {
            let losses = Quadratics::mirrored(cohort, b, 1e-12).unwrap();
            prop_assert!(close(losses.dissimilarity(b).unwrap().unwrap().g(), 1.0));
            prop_assert!((losses.smoothness() - 1.0).abs() < 1e-15);
            let least = honest.lower_bound(cohort).unwrap();
            prop_assert!(close(losses.squared_gradient(&[0.0]), 4.0 * least));
        } else if honest.distance_to_breakdown(cohort) < -0.01 {
            let at = |flattest| Quadratics::mirrored(cohort, b, flattest).unwrap().squared_gradient(&[0.0]);
            prop_assert!(at(1e-6) > 50.0 * at(1e-5), "without bound");
        }
    }

    /// Robust-DGD's bound, on losses with exactly known constants, under attack.
    #[test]
    fn robust_dgd_keeps_its_bound(
        (losses, cohort, b) in losses(),
        (attack, tau) in (0..4usize, -3.0..3.0f64),
        steps in 1..40usize,
    ) {
        let honest = losses.dissimilarity(b).unwrap().expect("B is large enough");
        let (d, count) = (losses.d(), losses.honest());
        let start = vec![3.0; d];
        let run = Descent { smoothness: losses.smoothness(), gap: losses.gap(&start), steps };
        for rule in pipelines() {
        let Some(kappa) = rule.kappa(cohort) else { continue };
        let Some(bound) = honest.robust_dgd_bound(kappa, run).unwrap() else { continue };
        let mut theta = start.clone();
        let mut sum = 0.0;
        for _ in 0..steps {
            sum += losses.squared_gradient(&theta);
            let mut rows: Vec<Vec<f64>> = losses.gradients(&theta).chunks(d).map(<[f64]>::to_vec).collect();
            let mean = common::mean(&rows.iter().collect::<Vec<_>>());
            let sent = match attack {
                0 => mean.iter().map(|x| -tau * x).collect(),
                1 => rows[0].clone(),
                2 => mean.iter().zip(&rows[1]).map(|(m, x)| m + tau * (x - m)).collect(),
                _ => vec![1e6 * tau; d],
            };
            rows.resize(cohort.n(), sent);
            let step = aggregate(&rule, &rows, cohort.f());
            for (theta, step) in theta.iter_mut().zip(step) {
                *theta -= step / run.smoothness;
            }
        }
        prop_assert!(sum / steps as f64 <= bound, "{}: {} > {}", rule.name(), sum / steps as f64, bound);
        }
        prop_assert_eq!(count + cohort.f(), cohort.n());
    }

    /// Why ρ bounds the honest gradients in Theorem 5.2: with ARC a step is no longer than the
    /// longest honest gradient, for rules that stay in the convex hull.
    #[test]
    fn with_arc_no_honest_gradient_outgrows_rho(
        (losses, cohort, _) in losses(),
        size in -1e3..1e3,
        rate in 0.01..1.0,
    ) {
        let longest = |theta: &[f64]| losses.gradients(theta).chunks(losses.d()).map(common::norm).fold(0.0, f64::max);
        let start = losses.minimiser();
        let zeta = longest(&start);
        for pipeline in pipelines() {
            let clipped = pipeline.stages().first().is_some_and(|stage| stage.description().name == "arc");
            let (by_coordinate, _) = common::hull(&pipeline);
            if !clipped || by_coordinate || pipeline.check(cohort.n(), cohort.f()).is_err() {
                continue;
            }
            let mut theta = start.clone();
            for done in 1..20 {
                let mut rows: Vec<Vec<f64>> = losses.gradients(&theta).chunks(losses.d()).map(<[f64]>::to_vec).collect();
                rows.resize(cohort.n(), vec![size; losses.d()]);
                let step = aggregate(&pipeline, &rows, cohort.f());
                for (theta, step) in theta.iter_mut().zip(step) {
                    *theta -= rate / losses.smoothness() * step;
                }
                let grown = zeta * f64::exp(rate * f64::from(done)) * (1.0 + 1e-9);
                prop_assert!(longest(&theta) <= grown, "{}", pipeline.name());
            }
        }
    }
}
