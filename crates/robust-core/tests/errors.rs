//! Wrong input is refused with the value, and what would be right; both ends of every range.

mod common;

use common::{AGGREGATORS, params};
use robust_core::{Error, Gradients, Params, Pipeline, Round};

fn message(stages: &str, pairs: &[(&str, &str)]) -> String {
    Pipeline::<f64>::parse(stages, &params(pairs))
        .expect_err("it is wrong")
        .to_string()
}

#[test]
fn stages_are_checked() {
    let unknown = message("arc,nope,cwtm", &[]);
    for name in ["`nope`", "cwtm", "smea", "bucketing"] {
        assert!(unknown.contains(name), "{unknown}");
    }
    assert!(message("", &[]).contains("empty"));
    assert!(message("arc,", &[]).contains("unknown rule ``"));
    assert_eq!(
        message("cwtm,arc", &[]),
        "the aggregator `cwtm` must be the last stage of the pipeline"
    );
}

#[test]
fn parameters_are_checked() {
    assert_eq!(
        message("arc,gm", &[("gm.mu", "1")]),
        "unknown parameter `gm.mu` for this pipeline; it takes: arc.k gm.nu gm.iterations"
    );
    assert!(message("mean", &[("clip.c", "1")]).contains("it takes: none"));
    assert!(message("clip,mean", &[]).contains("`clip.c` is required"));
    let wrong = [
        ("clip,mean", "clip.c", &["-1", "NaN", "inf", "x"] as &[&str]),
        ("arc,mean", "arc.k", &["-1", "1.5", "n"]),
        ("gm", "gm.nu", &["0", "-1", "NaN", "inf"]),
        ("gm", "gm.iterations", &["-1", "1.5", "forever"]),
        ("cc", "cc.tau", &["-1", "NaN", "inf"]),
        ("cc", "cc.iterations", &["-1", ""]),
        ("krum", "krum.neighbours", &["3", "n-f"]),
        ("mk", "mk.neighbours", &["n-f-3"]),
        ("monna", "monna.reference", &["-1", "1.0"]),
        ("bucketing,mean", "bucketing.size", &["0", "-2"]),
        (
            "bucketing,mean",
            "bucketing.permutation",
            &["", "0,x", "1 2"],
        ),
    ];
    for (stages, key, values) in wrong {
        for value in values {
            let text = message(stages, &[(key, value)]);
            assert!(text.contains(key) && text.contains("expected"), "{text}");
        }
    }
    let right = [("gm.nu", "1e-300"), ("gm.iterations", "0")];
    assert!(Pipeline::<f32>::parse("gm", &params(&right)).is_ok());
    assert!(Pipeline::<f32>::parse("clip,mean", &params(&[("clip.c", "0")])).is_ok());
}

#[test]
fn f_is_checked_at_both_ends() {
    for n in [1, 2, 3, 8, 9] {
        let most = (n - 1) / 2;
        for rule in AGGREGATORS.into_iter().filter(|&rule| rule != "mean") {
            let pipeline = Pipeline::<f32>::parse(rule, &Params::default()).expect("a pipeline");
            assert_eq!(pipeline.check(n, most), Ok(()), "{rule}");
            let error = pipeline
                .check(n, most + 1)
                .expect_err("too many")
                .to_string();
            let want = format!(
                "`{rule}` needs 2f < n, got n = {n} vectors and f = {}",
                most + 1
            );
            assert_eq!(error, want);
        }
    }
    let check = |stages: &str, pairs: &[(&str, &str)], n, f| {
        Pipeline::<f32>::parse(stages, &params(pairs))
            .expect("a pipeline")
            .check(n, f)
    };
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
    for permutation in ["0,1", "0,1,1", "0,1,3", "0,1,2,3"] {
        assert!(check("bucketing", &[("bucketing.permutation", permutation)], 3, 0).is_err());
    }
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
    let values = [0.0f64; 6];
    let rows = Gradients::new(&values, 3, 2).expect("3 × 2");
    let round = Round { f: 0, seed: 0 };
    let mean = Pipeline::parse("mean", &Params::default()).expect("a pipeline");
    assert!(matches!(
        mean.aggregate(&rows, round, &mut [0.0]),
        Err(Error::Length { .. })
    ));
    assert!(matches!(
        mean.transform(&rows, round),
        Err(Error::NotTransforming { .. })
    ));
    let nnm = Pipeline::parse("nnm", &Params::default()).expect("a pipeline");
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
fn names_are_canonical() {
    let pipeline = Pipeline::<f64>::parse(" arc , nnm,cwtm ", &Params::default()).expect("stages");
    assert_eq!(pipeline.name(), "arc,nnm,cwtm");
    assert!(pipeline.is_aggregating());
}
