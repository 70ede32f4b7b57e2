use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use robust_core::{Parameters, Pipeline, rules};
use training::Device;

use super::*;
use crate::experiment::{File, Grid};
use crate::figures::names;

/// In a line.
fn describe(style: &Style) -> String {
    let Color([r, g, b]) = style.color;
    let (dashes, marker, inside) = (style.dashes.lengths(), style.marker, style.inside);
    format!("#{r:02X}{g:02X}{b:02X} {dashes:?} {marker:?} {inside:?}")
}

/// The look of a rule after pre-aggregators.
fn after(preaggregators: &[usize], aggregator: usize) -> Style {
    let places = Places {
        preaggregators: preaggregators.to_vec(),
        aggregator,
    };
    look(&places, 0).unwrap()
}

/// All sequences of up to `longest` pre-aggregators, repetitions included.
fn sequences(longest: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    let mut last = all.clone();
    for _ in 0..longest {
        let longer = |sequence: &Vec<usize>| {
            let sequence = sequence.clone();
            (0..rules::preaggregators().len()).map(move |next| [&sequence[..], &[next]].concat())
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.clone());
    }
    all
}

#[test]
fn no_two_methods_look_alike() {
    let mut seen = vec![baseline()];
    for sequence in sequences(3) {
        for rule in 0..rules::aggregators().len() {
            let style = after(&sequence, rule);
            assert!(!seen.contains(&style), "{sequence:?}, {rule}: {style:?}");
            seen.push(style);
        }
    }
}

/// Bars and single markers have no dashes.
#[test]
fn colours_differ_too() {
    let mut sequences = sequences(2);
    sequences.extend([[1, 0, 3], [3, 1, 0], [1, 3, 0], [0, 1, 3]].map(Vec::from));
    let colors: HashSet<Color> = sequences
        .iter()
        .map(|before| after(before, 0).color)
        .collect();
    assert_eq!(colors.len(), sequences.len());
}

#[test]
fn orders_and_repetitions_differ_in_colour_and_dashes() {
    for (a, b) in [
        ("arc,nnm,cwtm", "nnm,arc,cwtm"),
        ("arc,nnm,cwtm", "arc,nnm,bucketing,cwtm"),
        ("cwtm", "bucketing,cwtm"),
        ("nnm,cwtm", "bucketing,nnm,cwtm"),
        ("bucketing,nnm,cwtm", "nnm,bucketing,cwtm"),
        ("arc,cwtm", "arc,arc,cwtm"),
        ("clip,cwtm", "arc,clip,cwtm"),
        ("clip,arc,cwtm", "arc,clip,cwtm"),
    ] {
        let [one, other] = [a, b].map(|stages| method(stages).unwrap());
        assert_ne!(one.color, other.color, "{a}, {b}");
        assert_ne!(one.dashes, other.dashes, "{a}, {b}");
        assert_eq!(one.marker, other.marker, "{a}, {b}: the same rule");
    }
}

#[test]
fn further_rules_have_looks_of_their_own_or_an_error() {
    let count = rules::preaggregators().len();
    let next = [count, count + 1, 70].map(|place| vec![place]);
    let mut seen = Vec::new();
    for before in sequences(1).into_iter().chain(next) {
        for rule in 0..Marker::COUNT {
            let style = after(&before, rule);
            assert!(!seen.contains(&style), "{before:?}, {rule}: {style:?}");
            seen.push(style);
        }
    }
    let places = Places {
        preaggregators: vec![],
        aggregator: Marker::COUNT,
    };
    assert!(matches!(
        look(&places, 0),
        Err(charts::Error::Marker { .. })
    ));
}

#[test]
fn the_usual_methods_keep_their_looks() {
    let families = [
        (&[][..], "#E69F00 [4.5, 2.0] Circle Hollow"),
        (&[0], "#D55E00 [4.5, 2.0] Circle Hollow"),
        (&[1], "#56B4E9 [] Circle Filled"),
        (&[1, 0], "#0072B2 [] Circle Filled"),
        (&[2], "#CC79A7 [1.2, 1.5] Circle Dot"),
        (&[2, 0], "#009E73 [1.2, 1.5] Circle Dot"),
    ];
    for (before, expected) in families {
        assert_eq!(describe(&after(before, 0)), expected);
    }
    let looks = rules::aggregators().enumerate().map(|(place, rule)| {
        let Style { color, marker, .. } = after(&[1, 0], place);
        format!("{} {:?} {marker:?}", rule.name, color.0)
    });
    // Further rules have further looks.
    assert_eq!(
        looks.take(12).collect::<Vec<_>>(),
        [
            "cwtm [0, 114, 178] Circle",
            "gm [0, 68, 106] Square",
            "mk [89, 163, 204] TriangleUp",
            "cwmed [0, 114, 178] Diamond",
            "krum [0, 68, 106] TriangleDown",
            "mean [89, 163, 204] Plus",
            "cc [0, 114, 178] Cross",
            "mda [0, 68, 106] Pentagon",
            "monna [89, 163, 204] Star(5)",
            "meamed [0, 114, 178] Hexagon",
            "caf [0, 68, 106] TriangleLeft",
            "smea [89, 163, 204] TriangleRight",
        ]
    );
}

fn specs(pipelines: &[(&str, &str)]) -> Vec<PipelineSpec> {
    let spec = |&(stages, k): &(&str, &str)| PipelineSpec {
        label: String::new(),
        pipeline: Pipeline::parse(stages, &Parameters::from_iter([("arc.k", k)])).unwrap(),
    };
    pipelines.iter().map(spec).collect()
}

#[test]
fn variants_look_like_no_other_pipeline_of_the_experiment() {
    // The second of CWTM's own looks is that of GM.
    let pipelines = specs(&[
        ("arc,nnm,cwtm", "1"),
        ("arc,nnm,cwtm", "2"),
        ("arc,nnm,gm", "1"),
        ("arc,nnm,cwtm", "3"),
        ("arc,nnm,gm", "2"),
    ]);
    let looks = pipelines
        .iter()
        .map(|spec| pipeline(spec, &pipelines).unwrap());
    let looks: Vec<Style> = looks.collect();
    assert_eq!(looks[0], method("arc,nnm,cwtm").unwrap());
    assert_eq!(looks[2], method("arc,nnm,gm").unwrap());
    for (i, look) in looks.iter().enumerate() {
        assert!(!looks[..i].contains(look), "{i}: {look:?}");
        assert_eq!(look.dashes, looks[0].dashes);
    }
    let other = &specs(&[("arc,nnm,mk", "1")])[0];
    assert!(pipeline(other, &pipelines).is_err());
}

/// Stored figures have these looks: none may move.
#[test]
fn the_pipelines_of_all_experiments_keep_their_looks() {
    let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    let mut looks = BTreeSet::new();
    for entry in std::fs::read_dir(experiments).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let paper = File::load(&path, crate::experiment::Profile::Paper, &[]).unwrap();
        for profile in paper.profiles() {
            let file = File::load(&path, profile, &[]).unwrap();
            let grid = Grid::expand(file, Device::Flex).unwrap();
            for cell in grid.cells() {
                let style = names::style(cell, &grid.experiment).unwrap();
                let name = match cell.is_dsgd() {
                    true => "dsgd".to_owned(),
                    false => cell.pipeline.name(),
                };
                looks.insert(format!("{name}: {}", describe(&style)));
            }
        }
    }
    for look in include_str!("looks.txt").lines() {
        assert!(looks.contains(look), "{look} is gone; there are {looks:#?}");
    }
}
