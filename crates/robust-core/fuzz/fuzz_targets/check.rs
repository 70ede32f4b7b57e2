//! What must hold for any bytes: no panic; with at most f rows that aren't finite, an output that
//! is, the same twice.

use robust_core::{Description, Gradients, Parameters, Pipeline, Round, Scalar, rules};

/// Reads a pipeline with its parameters, n, d, f and n × d values from the bytes and checks them;
/// the stages, if the pipeline took them.
pub fn check(bytes: &[u8]) -> Option<String> {
    let (&[rule, first, second, third, variant, n, d, f, wide], values) =
        bytes.split_first_chunk::<9>()?;
    let aggregators: Vec<&Description> = rules::aggregators().collect();
    let preaggregators: Vec<&Description> = rules::preaggregators().collect();
    let mut stages: Vec<&Description> = Vec::new();
    for byte in [first, second, third] {
        // Half of them are no stage.
        stages.extend(preaggregators.get(byte as usize % (2 * preaggregators.len())));
    }
    stages.push(aggregators[rule as usize % aggregators.len()]);
    let mut parameters = Parameters::new();
    for stage in &stages {
        let examples = Parameters::examples(stage.parameters);
        parameters.extend(examples[variant as usize % examples.len()].iter());
    }
    let binomial = stages.iter().any(|stage| stage.properties.binomial);
    let names: Vec<&str> = stages.iter().map(|stage| stage.name).collect();
    let pipeline = Pipeline::parse(&names.join(","), &parameters).expect("a pipeline");
    let most = if binomial { 12 } else { 40 };
    let (n, d, f) = (1 + n as usize % most, 1 + d as usize % 9, f as usize % 21);
    // Short inputs repeat: copies and ties.
    let mut cycle = values.iter().copied().cycle();
    let mut next = || cycle.next().unwrap_or_default();
    let taken = if wide % 2 == 0 {
        let values = (0..n * d).map(|_| f32::from_le_bytes(std::array::from_fn(|_| next())));
        run(&pipeline, &values.collect::<Vec<f32>>(), n, f)
    } else {
        let values = (0..n * d).map(|_| f64::from_le_bytes(std::array::from_fn(|_| next())));
        run(&pipeline, &values.collect::<Vec<f64>>(), n, f)
    };
    taken.then(|| pipeline.name())
}

fn run<T: Scalar>(pipeline: &Pipeline, values: &[T], n: usize, f: usize) -> bool {
    let d = values.len() / n;
    let (stages, parameters) = (pipeline.name(), pipeline.parameters());
    let rows = Gradients::new(values, n, d).expect("n × d values");
    let round = Round { f, seed: 1 };
    let mut out = values[..d].to_vec();
    if pipeline.aggregate(&rows, round, &mut out).is_err() {
        assert!(
            pipeline.check(n, f).is_err(),
            "{stages}, {parameters}, n = {n}, f = {f}: refused in range"
        );
        return false;
    }
    assert!(
        out.iter().all(|x| x.to_f64().is_finite()),
        "{stages}, {parameters}, n = {n}, d = {d}, f = {f}: {out:?}"
    );
    let mut again = values[..d].to_vec();
    pipeline
        .aggregate(&rows, round, &mut again)
        .expect("it took them before");
    assert!(
        out == again,
        "{stages}, {parameters}, n = {n}, d = {d}, f = {f}: differs from itself"
    );
    true
}
