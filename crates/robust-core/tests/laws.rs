//! Laws that hold for any input: invariances, what ARC clips, where the output lies. Which of them
//! hold of a rule, its description says.

mod common;

use common::{
    aggregate, aggregate_in, alone, an_f, distance, hull, norm, parse, peak, pipeline, pipelines,
    properties, required, rows, rule, transform,
};
use proptest::prelude::*;
use robust_core::{Gradients, Parameters, Pipeline, Round, rules};

/// Whether a choice between these vectors may hang on a tie, which goes by index or by rounding:
/// clipping makes some equally long, NNM equal, and two vectors are each other's nearest.
fn hangs_on_a_tie(pipeline: &Pipeline, n: usize, f: usize) -> bool {
    rule(pipeline).properties.chooses && (n - f <= 2 || !pipeline.stages().is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        (original, shuffled) in rows(1..41, 1..201)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        share in 0.0..1.0,
    ) {
        for pipeline in pipelines() {
            let n = original.len();
            let Some(f) = an_f(&pipeline, n, share) else { continue };
            if !properties(&pipeline).permutation || hangs_on_a_tie(&pipeline, n, f) {
                continue;
            }
            let got = aggregate(&pipeline, &shuffled, f);
            let want = aggregate(&pipeline, &original, f);
            prop_assert!(
                distance(&got, &want) <= 1e-9 * peak(&original) * (got.len() as f64).sqrt(),
                "{}, n = {n}, f = {f}", pipeline.name()
            );
        }
    }

    #[test]
    fn scaling_the_rows_scales_the_result(
        rows in rows(3..21, 1..40),
        exponent in -200..200i32,
        length in 0.1..3.0f64,
        share in 0.0..1.0,
    ) {
        let scale = f64::from(exponent).exp2();
        let scaled: Vec<Vec<f64>> =
            rows.iter().map(|row| row.iter().map(|x| x * scale).collect()).collect();
        for stages in pipelines() {
            // Lengths among the parameters are scaled along.
            let with = |length: f64| {
                let before = stages.stages().iter().map(|stage| stage.description());
                let mut parameters = Parameters::new();
                for rule in before.chain([rule(&stages)]) {
                    parameters.extend(required(rule).iter());
                    let lengths = rule.properties.lengths.iter();
                    parameters.extend(lengths.map(|key| (*key, length.to_string())));
                }
                parse(&stages.name(), &parameters)
            };
            let n = rows.len();
            let Some(f) = an_f(&stages, n, share) else { continue };
            let want = aggregate(&with(length), &rows, f);
            let got = aggregate(&with(length * scale), &scaled, f);
            let want: Vec<f64> = want.iter().map(|x| x * scale).collect();
            prop_assert!(
                distance(&got, &want) <= 1e-10 * norm(&want).max(scale * peak(&rows)),
                "{}, n = {n}, f = {f}, 2^{exponent}", stages.name()
            );
        }
    }

    #[test]
    fn moving_the_rows_moves_the_result(
        rows in rows(3..21, 1..40),
        offset in -1e4..1e4f64,
        share in 0.0..1.0,
    ) {
        let moved: Vec<Vec<f64>> =
            rows.iter().map(|row| row.iter().map(|x| x + offset).collect()).collect();
        for pipeline in pipelines() {
            let n = rows.len();
            let Some(f) = an_f(&pipeline, n, share) else { continue };
            if !properties(&pipeline).translation || hangs_on_a_tie(&pipeline, n, f) {
                continue;
            }
            let got = aggregate(&pipeline, &moved, f);
            let want: Vec<f64> =
                aggregate(&pipeline, &rows, f).iter().map(|x| x + offset).collect();
            let relative = if pipeline.stages().is_empty() { 1e-9 } else { 1e-8 };
            prop_assert!(
                distance(&got, &want) <= relative * (offset.abs() + 1.0) * (got.len() as f64).sqrt(),
                "{}, n = {n}, f = {f}: {got:?} for {want:?}", pipeline.name()
            );
        }
    }

    #[test]
    fn the_output_lies_where_the_description_says(
        rows in rows(1..21, 1..30),
        directions in prop::collection::vec(prop::collection::vec(-1.0..1.0f64, 30), 5),
        share in 0.0..1.0,
    ) {
        let d = rows[0].len();
        for pipeline in pipelines() {
            let Some(f) = an_f(&pipeline, rows.len(), share) else { continue };
            let out = aggregate(&pipeline, &rows, f);
            let (by_coordinate, with_origin) = hull(&pipeline);
            let axis = |k: usize| (0..d).map(|j| f64::from(u8::from(j == k))).collect();
            let directions = if by_coordinate { (0..d).map(axis).collect() } else { directions.clone() };
            for direction in &directions {
                let along = |x: &[f64]| -> f64 { x.iter().zip(direction).map(|(x, u)| x * u).sum() };
                let (mut low, mut high) =
                    if with_origin { (0.0, 0.0) } else { (f64::INFINITY, f64::NEG_INFINITY) };
                for row in &rows {
                    (low, high) = (f64::min(low, along(row)), f64::max(high, along(row)));
                }
                let slack = 1e-10 * peak(&rows) * d as f64;
                prop_assert!(
                    (low - slack..=high + slack).contains(&along(&out)),
                    "{}, n = {}, f = {f}", pipeline.name(), rows.len()
                );
            }
        }
    }

    /// k ≥ f: for every S, no longer than the longest row of S.
    #[test]
    fn after_arc_no_output_in_the_hull_is_longer_than_the_longest_honest_row(
        rows in rows(1..21, 1..30),
        share in 0.0..1.0,
    ) {
        let mut norms: Vec<f64> = rows.iter().map(|row| norm(row)).collect();
        norms.sort_by(|a, b| b.total_cmp(a));
        for pipeline in pipelines() {
            let first = pipeline.stages().first().map(|stage| stage.description().name);
            let Some(f) = an_f(&pipeline, rows.len(), share) else { continue };
            if first != Some("arc") || hull(&pipeline).0 {
                continue;
            }
            let out = aggregate(&pipeline, &rows, f);
            prop_assert!(norm(&out) <= norms[f] * (1.0 + 1e-12), "{}, f = {f}", pipeline.name());
        }
    }

    #[test]
    fn arc_clips_exactly_k_rows(rows in rows(1..41, 1..201), share in 0.0..1.0) {
        let n = rows.len();
        let f = (share * n as f64) as usize;
        let k = 2 * f * (n - f) / n;
        let mut norms: Vec<f64> = rows.iter().map(|row| norm(row)).collect();
        let out = transform(&pipeline("arc"), &rows, f);
        let changed: Vec<bool> = out.iter().zip(&rows).map(|(a, b)| a != b).collect();
        prop_assert_eq!(changed.iter().filter(|&&c| c).count(), k);
        let (_, trace) = aggregate_in(|x| x, &pipeline("arc,mean"), &rows, f);
        prop_assert_eq!(trace.clipped.as_ref(), Some(&changed));
        norms.sort_by(|a, b| b.total_cmp(a));
        let threshold = trace.clip_threshold.expect("arc has one");
        prop_assert!((threshold - norms[k]).abs() <= 1e-12 * norms[k]);
        for (out, row) in out.iter().zip(&rows) {
            let want: Vec<f64> =
                row.iter().map(|x| x * (threshold / norm(row)).min(1.0)).collect();
            prop_assert!(distance(out, &want) <= 1e-12 * norm(row));
        }
    }
}

/// Rows 0 and 4 are longest. What is clipped is told of input rows, or not at all.
#[test]
fn what_was_clipped_is_told_of_input_rows() {
    let rows: Vec<Vec<f64>> = [9.0, 1.0, 1.1, 0.9, -8.0].map(|x| vec![x, x]).into();
    let with = |stages: &str, pairs: &[(&str, &str)]| {
        let made = parse(stages, &pairs.iter().copied().collect());
        aggregate_in(|x| x, &made, &rows, 1).1
    };
    let both = Some(vec![true, false, false, false, true]);
    let longest = Some(vec![true, false, false, false, false]);
    let c = ("clip.c", "2");
    assert_eq!(with("clip,mean", &[c]).clipped, both);
    assert_eq!(with("arc,mean", &[]).clipped, longest); // k = 1
    assert_eq!(
        with("nnm,arc,mean", &[]).clipped.map(|all| all.len()),
        Some(5)
    );
    // What comes later doesn't matter.
    let pairs = ("bucketing.size", "2");
    assert_eq!(with("arc,bucketing,mean", &[pairs]).clipped, longest);
    // A permutation is translated back.
    for order in ["seeded", "0,1,2,3,4", "2,0,1,4,3", "4,0,1,2,3"] {
        let order = ("bucketing.permutation", order);
        assert_eq!(with("bucketing,arc,mean", &[order]).clipped, longest);
        assert_eq!(with("bucketing,clip,mean", &[order, c]).clipped, both);
        assert_eq!(
            with("bucketing,bucketing,clip,mean", &[order, c]).clipped,
            both
        );
        // Groups stand for no row, even the one that is left over.
        let grouped = with("bucketing,arc,mean", &[order, pairs]);
        assert!(grouped.clipped.is_none() && grouped.clip_threshold.is_some());
    }
    let nothing = with("nnm,mean", &[]);
    assert!(nothing.clipped.is_none() && nothing.clip_threshold.is_none());
}

#[test]
fn coordinatewise_rules_may_leave_the_hull() {
    let rows = vec![
        vec![1.0, 1.0, 0.0],
        vec![1.0, 0.0, 1.0],
        vec![0.0, 1.0, 1.0],
    ];
    for stages in ["cwmed", "cwtm", "arc,cwmed"] {
        let out = aggregate(&pipeline(stages), &rows, 1);
        assert!(distance(&out, &[1.0; 3]) < 1e-12, "{stages}: {out:?}");
        assert!(norm(&out) > 1.2 * norm(&rows[0]));
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let (n, d, f) = (11, 40_123, 3);
    let value = |i: usize| ((i as f64 * 0.618_033).sin() * 1e3).fract() as f32;
    let values: Vec<f32> = (0..n * d).map(value).collect();
    let run = |threads: usize, pipeline: &Pipeline, f: usize| -> Vec<u32> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("a pool").install(|| {
            let rows = Gradients::new(&values, n, d).expect("n × d");
            let round = Round { f, seed: 7 };
            let out = if pipeline.is_aggregating() {
                let mut out = vec![0.0; d];
                pipeline.aggregate(&rows, round, &mut out).map(|_| out)
            } else {
                pipeline.transform(&rows, round)
            };
            let out = out.expect("in range");
            out.into_iter().map(f32::to_bits).collect()
        })
    };
    let transforming = rules::preaggregators().map(|rule| (pipeline(rule.name), f));
    let behind = alone().into_iter().flat_map(|rule| {
        let behind = pipeline(&format!("arc,nnm,{}", rule.name()));
        [rule, behind]
    });
    let aggregating = behind.map(|pipeline| {
        let most = common::largest_f(&pipeline, n).expect("it takes 11 rows");
        (pipeline, most.min(f))
    });
    for (pipeline, f) in transforming.chain(aggregating) {
        let one = run(1, &pipeline, f);
        for threads in [2, 5] {
            assert!(run(threads, &pipeline, f) == one, "{}", pipeline.name());
        }
    }
}
