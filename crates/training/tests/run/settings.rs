//! Which settings there are, how they are written, and which are refused.

use std::fmt::Write;

use data::Augmentation;
use data::partition::{Dirichlet, Partition};
use robust_core::Parameters;
use sha2::{Digest, Sha256};
use training::{Architecture, Device, RunSpec, ValidRun, parse_attack, run};

use super::{attack, attack_with, dataset, digits, dsgd, every_attack, pipeline};

fn json(spec: &RunSpec) -> String {
    serde_json::to_string(spec).unwrap()
}

fn dirichlet(alpha: f64) -> Partition {
    Partition::from(Dirichlet {
        alpha,
        min_samples: None,
    })
}

/// Settings of kept runs, each after the key that the run is kept under.
const STORED: &str = include_str!("stored.txt");

#[test]
fn settings_of_kept_runs_are_written_as_they_were() {
    for line in STORED.lines() {
        let (key, stored) = line.split_once(' ').unwrap();
        let spec: RunSpec = serde_json::from_str(stored).unwrap();
        assert_eq!(json(&spec), stored);
        ValidRun::new(spec.clone()).unwrap();
        let hash = Sha256::digest(format!(r#"{{"format":4,"spec":{}}}"#, json(&spec)));
        let hash = hash.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        });
        assert_eq!(hash, key);
    }
}

#[test]
fn every_field_is_written_in_the_order_of_the_first_version() {
    let size = Parameters::from_iter([("bucketing.size", "2")]);
    let spec = RunSpec {
        train_samples: Some(1000),
        partition: Partition::from(Dirichlet {
            alpha: 0.5,
            min_samples: Some(2),
        }),
        pipeline: robust_core::Pipeline::parse("bucketing,arc,cwtm", &size).unwrap(),
        attack: attack_with("foe", &Parameters::from_iter([("tau", "optimal")])),
        learning_rate_milestones: vec![20, 40],
        learning_rate_factor: 0.5,
        device: Device::Cuda(1),
        ..digits()
    };
    let expected = concat!(
        r#"{"dataset":"digits","train_samples":1000,"test_samples":null,"#,
        r#""partition":{"scheme":"dirichlet","alpha":0.5,"min_samples":2},"honest":10,"f":3,"#,
        r#""pipeline":"bucketing,arc,cwtm","pipeline_params":{"bucketing.size":"2"},"#,
        r#""attack":"foe","attack_params":{"tau":"optimal"},"model":"mlp-digits","#,
        r#""init_scale":1.0,"batch":25,"steps":60,"learning_rate":0.1,"#,
        r#""learning_rate_milestones":[20,40],"learning_rate_factor":0.5,"momentum":0.9,"#,
        r#""weight_decay":0.0001,"weight_decay_at":"server","evaluate_every":25,"seed":1,"#,
        r#""device":"cuda:1"}"#,
    );
    assert_eq!(json(&spec), expected);
    assert_eq!(serde_json::from_str::<RunSpec>(expected).unwrap(), spec);
}

#[test]
fn what_is_at_its_default_is_not_written() {
    let own = json(&digits());
    assert!(!own.contains("augmentation"), "{own}");
    let cropped = RunSpec {
        augmentation: Augmentation {
            crop_padding: 4,
            horizontal_flip: false,
        },
        ..digits()
    };
    let text = json(&cropped);
    let added = r#","augmentation":{"crop_padding":4,"horizontal_flip":false}}"#;
    let open = own.strip_suffix('}').unwrap();
    assert_eq!(text, format!("{open}{added}"));
    assert_eq!(serde_json::from_str::<RunSpec>(&text).unwrap(), cropped);

    // A dataset's own augmentation, given in full, is left out too.
    let flip = r#""augmentation":{"crop_padding":0,"horizontal_flip":false}"#;
    let given = format!("{open},{flip}}}");
    assert_eq!(json(&serde_json::from_str(&given).unwrap()), own);

    // So are an attack's and a rule's parameters at their defaults.
    let foe = json(&RunSpec {
        attack: attack("foe"),
        pipeline: pipeline("gm"),
        ..digits()
    });
    let given = foe
        .replace(r#""attack_params":{}"#, r#""attack_params":{"tau":"2"}"#)
        .replace(
            r#""pipeline_params":{}"#,
            r#""pipeline_params":{"gm.nu":"0.1"}"#,
        );
    assert_ne!(given, foe);
    assert_eq!(json(&serde_json::from_str(&given).unwrap()), foe);
}

#[test]
fn every_attack_survives_its_written_form() {
    for attack in every_attack() {
        let spec = RunSpec {
            attack: Some(attack),
            ..digits()
        };
        let again: RunSpec = serde_json::from_str(&json(&spec)).unwrap();
        assert_eq!(again, spec);
        assert_eq!(json(&again), json(&spec));
    }
    assert_eq!(
        serde_json::from_str::<RunSpec>(&json(&dsgd())).unwrap(),
        dsgd()
    );
    assert_ne!(digits(), dsgd());
}

#[test]
fn what_is_written_wrongly_is_refused_with_its_reason() {
    let own = json(&digits());
    #[rustfmt::skip]
    let cases = [
        (r#""attack":"sf""#, r#""attack":"fs""#, "unknown attack `fs`"),
        (r#""attack_params":{}"#, r#""attack_params":{"tau":"1"}"#, "unknown parameter `tau`"),
        ("arc,nnm,cwtm", "arc,nmn,cwtm", "unknown rule `nmn`"),
        (r#""pipeline_params":{}"#, r#""pipeline_params":{"clip.c":"2"}"#, "unknown parameter `clip.c`"),
        (r#""device":"flex""#, r#""device":"gpu""#, "unknown device `gpu`"),
        (r#""steps":60"#, r#""steps":60,"stepz":61"#, "unknown field `stepz`"),
        (r#""steps":60,"#, "", "missing field `steps`"),
    ];
    for (from, to, expected) in cases {
        assert!(own.contains(from), "{from}");
        let error = serde_json::from_str::<RunSpec>(&own.replace(from, to)).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn no_attack_is_written_none_and_has_no_parameters() {
    assert!(json(&dsgd()).contains(r#""attack":"none","attack_params":{}"#));
    assert!(parse_attack("none", &Parameters::new()).unwrap().is_none());
    let tau = Parameters::from_iter([("tau", "1")]);
    let error = parse_attack("none", &tau).unwrap_err();
    let message = "attack parameters `tau=1` are given, but attack is `none`";
    assert_eq!(error.to_string(), message);
    assert_eq!(error.setting(), "attack_params");
}

#[test]
fn settings_out_of_range_are_refused_with_their_name_value_and_bound() {
    let mimic = |worker| attack_with("mimic", &Parameters::from_iter([("worker", worker)]));
    let crop_padding = |crop_padding| Augmentation {
        crop_padding,
        horizontal_flip: false,
    };
    let d = digits;
    #[rustfmt::skip]
    let cases: Vec<(RunSpec, &str, &str)> = vec![
        (RunSpec { f: 7, honest: 6, ..d() }, "f", "n = 13 vectors and f = 7"),
        (RunSpec { honest: 0, ..dsgd() }, "honest", "honest = 0, but must be at least 1"),
        (RunSpec { batch: 0, ..d() }, "batch", "batch = 0"),
        (RunSpec { steps: 0, ..d() }, "steps", "steps = 0"),
        (RunSpec { evaluate_every: 0, ..d() }, "evaluate_every", "evaluate_every = 0"),
        (RunSpec { train_samples: Some(0), ..d() }, "train_samples", "train_samples = 0"),
        (RunSpec { train_samples: Some(1438), ..d() }, "train_samples", "train_samples = 1438, but `digits` has 1437"),
        (RunSpec { test_samples: Some(361), ..d() }, "test_samples", "test_samples = 361, but `digits` has 360"),
        (RunSpec { train_samples: Some(9), ..d() }, "honest", "honest = 10, but there are 9 training samples"),
        (RunSpec { honest: usize::MAX, ..d() }, "honest", "honest = 18446744073709551615, but there are 1437"),
        (RunSpec { f: usize::MAX, ..d() }, "honest", "honest is too large"),
        (RunSpec { batch: usize::MAX, ..d() }, "batch", "batch is too large"),
        (RunSpec { momentum: 1.0, ..d() }, "momentum", "momentum = 1, but must be in [0, 1)"),
        (RunSpec { momentum: -0.1, ..d() }, "momentum", "momentum = -0.1"),
        (RunSpec { learning_rate: f64::NAN, ..d() }, "learning_rate", "learning_rate = NaN, but must be in (0, ∞)"),
        (RunSpec { learning_rate: 0.0, ..d() }, "learning_rate", "learning_rate = 0"),
        (RunSpec { learning_rate_factor: f64::INFINITY, ..d() }, "learning_rate_factor", "[0, ∞)"),
        (RunSpec { weight_decay: -1.0, ..d() }, "weight_decay", "weight_decay = -1"),
        (RunSpec { init_scale: f64::NAN, ..d() }, "init_scale", "init_scale = NaN"),
        (RunSpec { attack: None, ..d() }, "attack", "f = 3 Byzantine workers"),
        (RunSpec { attack: attack("sf"), ..dsgd() }, "f", "attack `sf` with f = 0"),
        (RunSpec { attack: mimic("10"), ..d() }, "attack_params", "10"),
        (RunSpec { pipeline: pipeline("arc,nnm"), ..d() }, "pipeline", "must end in an aggregator"),
        (RunSpec { partition: dirichlet(-1.0), ..d() }, "partition", "alpha is -1"),
        (RunSpec { model: Architecture::CnnMnist, ..d() }, "model", "`cnn-mnist` takes images of [1, 28, 28]"),
        (RunSpec { augmentation: crop_padding(9), ..d() }, "augmentation", "crop_padding = 9, but must be in [0, 8]"),
    ];
    for (spec, setting, expected) in cases {
        let error = ValidRun::new(spec).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        assert_eq!(error.setting(), setting, "{message}");
    }
    // The ends of open and closed intervals.
    for spec in [
        RunSpec {
            momentum: 0.0,
            weight_decay: 0.0,
            init_scale: 0.0,
            learning_rate_factor: 0.0,
            learning_rate: f64::MIN_POSITIVE,
            train_samples: Some(1437),
            test_samples: Some(360),
            augmentation: crop_padding(8),
            ..d()
        },
        RunSpec {
            attack: mimic("9"),
            ..d()
        },
    ] {
        ValidRun::new(spec).unwrap();
    }
}

#[test]
fn a_dataset_that_does_not_fit_is_refused() {
    let digits_at = |train, test| {
        let mut dataset = dataset();
        dataset.train.truncate(train);
        dataset.test.truncate(test);
        dataset
    };
    let samples = |samples| RunSpec {
        train_samples: samples,
        ..digits()
    };
    let sparse = RunSpec {
        partition: dirichlet(1e-6),
        ..digits()
    };
    let mnist = RunSpec::dsgd(data::Name::Mnist, dsgd().partition, 10).unwrap();
    for (spec, dataset, expected) in [
        (mnist, dataset(), "dataset `mnist`, but `digits` was given"),
        (
            samples(Some(700)),
            digits_at(699, 1),
            "train_samples is at least 700, but the dataset as given has 699",
        ),
        (digits(), digits_at(700, 0), "test_samples is at least 1"),
        (
            digits(),
            digits_at(9, 1),
            "seed 1: the number of workers is 10",
        ),
        (sparse, dataset(), "seed 1: worker 0 of 10"),
    ] {
        let valid = ValidRun::new(spec).unwrap();
        let error = run(&valid, &dataset, &mut ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(valid.split(&dataset).is_err());
    }
    let shortened = digits_at(700, 10);
    run(
        &ValidRun::new(samples(Some(700))).unwrap(),
        &shortened,
        &mut (),
    )
    .unwrap();
}

#[test]
fn the_split_is_of_the_samples_that_the_settings_ask_for() {
    let spec = RunSpec {
        train_samples: Some(500),
        ..digits()
    };
    let parts = ValidRun::new(spec).unwrap().split(&dataset()).unwrap();
    let mut all: Vec<usize> = parts.concat();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..500));
    assert!(parts.iter().all(|part| part.len() == 50));
}
