//! Wrong input is refused with the value, and what would be right; both ends of every range.

mod common;

use common::{parse, pipeline};
use robust_core::aggregators::*;
use robust_core::preaggregators::*;
use robust_core::{Error, Gradients, ParameterError, Parameters, Pipeline, Round};

fn message(stages: &str, pairs: &[(&str, &str)]) -> String {
    Pipeline::parse(stages, &pairs.iter().copied().collect())
        .expect_err("it is wrong")
        .to_string()
}

#[test]
fn stages_are_checked() {
    let unknown = message("arc,nope,cwtm", &[]);
    for name in ["`nope`", "cwtm", "smea", "bucketing"] {
        assert!(unknown.contains(name), "{unknown}");
    }
    for empty in ["", "  "] {
        assert_eq!(
            message(empty, &[]),
            "the pipeline is empty; give stages in order of application, e.g. `arc,nnm,cwtm`"
        );
    }
    assert!(message("arc,", &[]).contains("unknown rule ``"));
    assert_eq!(
        message("cwtm,arc", &[]),
        "the aggregator `cwtm` must be the last stage of the pipeline"
    );
    assert_eq!(
        message("gm,cwtm", &[]),
        "the aggregator `gm` must be the last stage of the pipeline"
    );
}

#[test]
fn parameters_are_checked() {
    assert_eq!(
        message("arc,gm", &[("gm.mu", "1")]),
        "unknown parameter `gm.mu` for this pipeline; it takes: arc.k gm.nu gm.iterations"
    );
    assert!(message("mean", &[("clip.c", "1")]).contains("it takes: none"));
    assert_eq!(
        message("clip,mean", &[]),
        "parameter `clip.c` is required: a finite number ≥ 0"
    );
    assert_eq!(
        message("gm", &[("gm.nu", "0")]),
        "parameter `gm.nu` is `0`; expected a finite number > 0"
    );
    let wrong = [
        ("clip,mean", "clip.c", &["-1", "NaN", "inf", "x"] as &[&str]),
        ("arc,mean", "arc.k", &["-1", "1.5", "n"]),
        ("gm", "gm.nu", &["0", "-1", "NaN", "inf"]),
        ("gm", "gm.iterations", &["-1", "1.5", "1000001", "forever"]),
        ("cc", "cc.tau", &["-1", "NaN", "inf"]),
        ("cc", "cc.iterations", &["-1", "1000001", ""]),
        ("krum", "krum.neighbours", &["3", "n-f"]),
        ("mk", "mk.neighbours", &["n-f-3"]),
        ("monna", "monna.reference", &["-1", "1.0"]),
        ("bucketing,mean", "bucketing.size", &["0", "-2"]),
        (
            "bucketing,mean",
            "bucketing.permutation",
            &["", "0,x", "1 2", "0,1,1", "0,1,3", "1"],
        ),
    ];
    for (stages, key, values) in wrong {
        for value in values {
            let text = message(stages, &[(key, value)]);
            let start = format!("parameter `{key}` is `{value}`; expected ");
            assert!(text.starts_with(&start), "{text}");
        }
    }
    parse(
        "gm",
        &[("gm.nu", "1e-300"), ("gm.iterations", "0")]
            .into_iter()
            .collect(),
    );
    parse("clip,mean", &[("clip.c", "0")].into_iter().collect());
}

/// What parsing refuses, constructors do, at both ends of every range.
#[test]
fn constructors_check_what_they_are_given() {
    fn refused<R: std::fmt::Debug>(made: Result<R, ParameterError>) -> String {
        made.expect_err("out of range").to_string()
    }
    for nu in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let text = refused(GeometricMedian::new(nu, Iterations::Converged));
        assert_eq!(
            text,
            format!("parameter `gm.nu` is `{nu}`; expected a finite number > 0")
        );
    }
    for below in [-1e-300, f64::NAN, f64::INFINITY] {
        assert!(refused(CenteredClipping::new(below, 1)).contains("cc.tau"));
        assert!(refused(StaticClipping::new(below)).contains("clip.c"));
    }
    assert!(GeometricMedian::new(f64::MIN_POSITIVE, Iterations::Fixed(0)).is_ok());
    assert!(CenteredClipping::new(0.0, 0).is_ok() && StaticClipping::new(f64::MAX).is_ok());
    assert!(refused(Bucketing::new(0)).contains("bucketing.size"));
    let order = |order: &[usize]| Bucketing::default().with_permutation(order.to_vec());
    for wrong in [&[] as &[usize], &[1], &[0, 0], &[0, 2]] {
        assert!(refused(order(wrong)).contains("bucketing.permutation"));
    }
    assert!(order(&[0]).is_ok() && order(&[2, 0, 1]).is_ok());
}

/// Ranges other than 2f < n, and what changes n on the way. That there are two ends is part of the
/// conformance of every rule.
#[test]
fn n_and_f_are_checked_by_every_stage() {
    let check = |stages: &str, pairs: &[(&str, &str)], n, f| {
        parse(stages, &pairs.iter().copied().collect()).check(n, f)
    };
    assert_eq!(
        check("cwtm", &[], 8, 4).map_err(|error| error.to_string()),
        Err("`cwtm` needs 2f < n, got n = 8 vectors and f = 4".to_string())
    );
    assert!(check("arc", &[], 5, 5).is_ok() && check("arc", &[], 5, 6).is_err());
    assert!(check("nnm", &[], 5, 4).is_ok() && check("nnm", &[], 5, 5).is_err());
    let original = [("krum.neighbours", "n-f-2")];
    assert!(check("krum", &original, 4, 1).is_ok() && check("krum", &original, 3, 1).is_err());
    let reference = [("monna.reference", "4")];
    assert!(check("monna", &reference, 5, 1).is_ok() && check("monna", &reference, 4, 1).is_err());
    // Bucketing leaves fewer vectors to the stages after it, for the same f.
    let halved = [("bucketing.size", "2")];
    assert!(check("bucketing,cwtm", &halved, 9, 2).is_ok());
    assert!(check("bucketing,cwtm", &halved, 8, 2).is_err());
    let three = [("bucketing.permutation", "2,1,0")];
    assert!(check("bucketing", &three, 3, 0).is_ok() && check("bucketing", &three, 4, 0).is_err());
    assert!(check("arc", &[], usize::MAX, usize::MAX / 2).is_ok());
}

#[test]
fn shapes_are_checked() {
    for (len, n, d) in [(4, 2, 3), (0, 0, 4), (0, 4, 0), (4, usize::MAX, 2)] {
        let values = vec![0.0f32; len];
        assert_eq!(
            Gradients::new(&values, n, d).err(),
            Some(Error::Shape { n, d, len })
        );
    }
    let row: &[f64] = &[0.0; 2];
    assert!(matches!(
        Gradients::<f64>::from_rows(&[]),
        Err(Error::Shape { n: 0, .. })
    ));
    assert!(matches!(
        Gradients::from_rows(&[&row[..0]]),
        Err(Error::Shape { d: 0, .. })
    ));
    assert_eq!(
        Gradients::from_rows(&[row, &row[..1]])
            .expect_err("ragged")
            .to_string(),
        "a row must have length 2, got 1"
    );
    let values = [0.0f64; 6];
    let rows = Gradients::new(&values, 3, 2).expect("3 × 2");
    let round = Round { f: 0, seed: 0 };
    let mean = pipeline("mean");
    assert!(matches!(
        mean.aggregate(&rows, round, &mut [0.0]),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        mean.transform(&rows, round),
        Err(Error::NotTransforming { .. })
    ));
    let nnm = pipeline("nnm");
    assert!(!nnm.is_aggregating());
    assert!(matches!(
        nnm.aggregate(&rows, round, &mut [0.0; 2]),
        Err(Error::NotAggregating { .. })
    ));
    assert!(matches!(
        nnm.transform_into(&rows, round, &mut [0.0]),
        Err(Error::Length { .. })
    ));
}

#[test]
fn names_and_parameters_are_canonical() {
    let given = Parameters::from_iter([("gm.nu", " 0.50 "), ("gm.iterations", "3")]);
    let made = parse(" arc , nnm,gm ", &given);
    assert_eq!(made.name(), "arc,nnm,gm");
    assert_eq!(made.parameters(), Parameters::from_iter([("gm.nu", "0.5")]));
    assert!(made.is_aggregating());
    assert_eq!(made, made.clone());
    assert_ne!(made, pipeline("arc,nnm,gm")); // another ν
    assert_ne!(pipeline("arc,nnm"), pipeline("nnm,arc"));
    assert_eq!(Pipeline::from(GeometricMedian::default()), pipeline("gm"));
}
