//! What the test files share: the rules of the lists with all their parameters, pipelines of them,
//! and vectors.
#![allow(dead_code)] // each test file uses its own part

use proptest::prelude::*;
use robust_core::{
    Description, Gradients, Hull, Parameters, Pipeline, Properties, Round, Scalar, Trace, rules,
};

pub type Rows = Vec<Vec<f64>>;

/// Parameters to try a rule with, the required ones first.
pub fn variants(rule: &Description) -> Vec<Parameters> {
    Parameters::examples(rule.parameters)
}

/// The parameters without which a rule can't be made.
pub fn required(rule: &Description) -> Parameters {
    variants(rule).swap_remove(0)
}

/// A pipeline of these stages, with the required parameters.
pub fn pipeline(stages: &str) -> Pipeline {
    let used = rules::descriptions().filter(|rule| stages.split(',').any(|s| s == rule.name));
    let mut parameters = Parameters::new();
    for rule in used {
        parameters.extend(required(rule).iter());
    }
    parse(stages, &parameters)
}

pub fn parse(stages: &str, parameters: &Parameters) -> Pipeline {
    match Pipeline::parse(stages, parameters) {
        Ok(pipeline) => pipeline,
        Err(error) => panic!("{stages}, {parameters}: {error}"),
    }
}

/// No pre-aggregator, each of them, and each two of them.
pub fn before() -> Vec<String> {
    let names: Vec<&str> = rules::preaggregators().map(|rule| rule.name).collect();
    let mut all = vec![String::new()];
    all.extend(names.iter().map(|name| format!("{name},")));
    for first in &names {
        let others = names.iter().filter(|second| *second != first);
        all.extend(others.map(|second| format!("{first},{second},")));
    }
    all
}

/// Every aggregator, alone and behind every [`before`].
pub fn pipelines() -> Vec<Pipeline> {
    let rules = rules::aggregators().flat_map(|rule| {
        let stages = before().into_iter();
        stages.map(move |before| pipeline(&format!("{before}{}", rule.name)))
    });
    rules.collect()
}

/// Every aggregator alone.
pub fn alone() -> Vec<Pipeline> {
    rules::aggregators()
        .map(|rule| pipeline(rule.name))
        .collect()
}

pub fn rule(pipeline: &Pipeline) -> &'static Description {
    let aggregator = pipeline.aggregator().expect("it aggregates");
    aggregator.description()
}

/// What holds of a pipeline, because it holds of each of its stages.
pub fn properties(pipeline: &Pipeline) -> Properties {
    let mut all = rule(pipeline).properties;
    for stage in pipeline.stages() {
        let stage = stage.description().properties;
        all.permutation &= stage.permutation;
        all.translation &= stage.translation;
        all.chooses |= stage.chooses;
        all.binomial |= stage.binomial;
    }
    all
}

/// Whether each coordinate of the output lies in the hull of that coordinate alone, and whether
/// the hull includes the origin.
pub fn hull(pipeline: &Pipeline) -> (bool, bool) {
    let stages = pipeline.stages().iter().map(|stage| stage.description());
    let hulls: Vec<Hull> = stages
        .chain([rule(pipeline)])
        .map(|rule| rule.properties.hull)
        .collect();
    (
        hulls.contains(&Hull::Coordinates),
        hulls.contains(&Hull::RowsAndOrigin),
    )
}

/// The largest f of an honest majority that the pipeline takes; `None` if it doesn't take n at all.
pub fn largest_f(pipeline: &Pipeline, n: usize) -> Option<usize> {
    (0..n.div_ceil(2))
        .take_while(|&f| pipeline.check(n, f).is_ok())
        .last()
}

/// An f that the pipeline takes, by its share of the largest; `None` where a test had better not
/// run it with these n: it doesn't take them, or takes too long.
pub fn an_f(pipeline: &Pipeline, n: usize, share: f64) -> Option<usize> {
    if properties(pipeline).binomial && n > 12 {
        return None;
    }
    largest_f(pipeline, n).map(|most| (share * (most + 1) as f64) as usize)
}

pub fn flat<T>(rows: &[Vec<f64>], cast: fn(f64) -> T) -> Vec<T> {
    rows.iter().flatten().map(|&x| cast(x)).collect()
}

/// The aggregate of rows in another element type, and what was clipped.
pub fn aggregate_in<T: Scalar>(
    cast: fn(f64) -> T,
    pipeline: &Pipeline,
    rows: &[Vec<f64>],
    f: usize,
) -> (Vec<f64>, Trace) {
    let values = flat(rows, cast);
    let mut out = vec![T::default(); rows[0].len()];
    let view = Gradients::new(&values, rows.len(), rows[0].len()).expect("n × d");
    let trace = match pipeline.aggregate(&view, Round { f, seed: 1 }, &mut out) {
        Ok(trace) => trace,
        Err(error) => panic!("{}: {error}", pipeline.name()),
    };
    (out.into_iter().map(T::to_f64).collect(), trace)
}

pub fn aggregate(pipeline: &Pipeline, rows: &[Vec<f64>], f: usize) -> Vec<f64> {
    aggregate_in(|x| x, pipeline, rows, f).0
}

pub fn aggregate_f32(pipeline: &Pipeline, rows: &[Vec<f64>], f: usize) -> Vec<f64> {
    aggregate_in(|x| x as f32, pipeline, rows, f).0
}

pub fn transform(pipeline: &Pipeline, rows: &[Vec<f64>], f: usize) -> Rows {
    let values = flat(rows, |x| x);
    let view = Gradients::new(&values, rows.len(), rows[0].len()).expect("n × d");
    let out = pipeline.transform(&view, Round { f, seed: 1 });
    let out = out.expect("in range");
    out.chunks(rows[0].len()).map(<[f64]>::to_vec).collect()
}

pub fn norm(x: &[f64]) -> f64 {
    // Scaled, so that 1e200 squares.
    let peak = x.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    if peak == 0.0 {
        0.0
    } else {
        peak * x.iter().map(|x| (x / peak).powi(2)).sum::<f64>().sqrt()
    }
}

pub fn distance(x: &[f64], y: &[f64]) -> f64 {
    norm(&x.iter().zip(y).map(|(a, b)| a - b).collect::<Vec<f64>>())
}

pub fn peak(rows: &[Vec<f64>]) -> f64 {
    rows.iter().flatten().fold(0.0, |a: f64, b| a.max(b.abs()))
}

pub fn mean(rows: &[&Vec<f64>]) -> Vec<f64> {
    let mut out = vec![0.0; rows[0].len()];
    for row in rows {
        for (out, x) in out.iter_mut().zip(*row) {
            *out += x / rows.len() as f64;
        }
    }
    out
}

/// All subsets of 0..n of the given size, in lexicographic order.
pub fn subsets(n: usize, size: usize) -> Vec<Vec<usize>> {
    fn extend(n: usize, size: usize, partial: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
        if partial.len() == size {
            out.push(partial.clone());
            return;
        }
        for i in partial.last().map_or(0, |last| last + 1)..n {
            partial.push(i);
            extend(n, size, partial, out);
            partial.pop();
        }
    }
    let mut out = Vec::new();
    extend(n, size, &mut Vec::new(), &mut out);
    out
}

/// n rows of d numbers, roughly standard normal.
pub fn rows(n: std::ops::Range<usize>, d: std::ops::Range<usize>) -> impl Strategy<Value = Rows> {
    (n, d).prop_flat_map(|(n, d)| {
        let number = prop::array::uniform4(-1.0..1.0).prop_map(|u: [f64; 4]| u.iter().sum());
        prop::collection::vec(prop::collection::vec(number, d), n)
    })
}
