//! How long a run takes, roughly: to start the longest first, and for `--dry-run`.

use training::RunSpec;

/// Multiplications that one core does in a second of training: measured with the paper's network
/// for MNIST on an AVX-512 server core. Only an estimate hangs on it.
const PER_SECOND: f64 = 3.5e10;

/// Multiplications in a run: three passes of the network over each training sample (forward, and
/// back to weights and to inputs), one over each test sample of an evaluation.
pub fn work(spec: &RunSpec) -> f64 {
    let pass = spec.model.network().multiplications() as f64;
    let evaluations = 1 + spec.steps.div_ceil(spec.evaluate_every);
    let all = spec.dataset.definition().test;
    let tests = evaluations * spec.test_samples.unwrap_or(all).min(all);
    pass * (3.0 * (spec.steps * spec.honest * spec.batch) as f64 + tests as f64)
}

/// Seconds of one core for this much work.
pub fn seconds(work: f64) -> f64 {
    work / PER_SECOND
}

#[cfg(test)]
mod tests {
    use crate::experiment::tests::tiny;

    #[test]
    fn work_counts_three_passes_per_training_sample_and_one_per_test_sample() {
        let grid = tiny(&[]).unwrap();
        // 64 × 50 + 50 × 10 weights; 6 steps of 5 workers × 5 samples; 4 evaluations of 50.
        let expected = 3700.0 * (3.0 * 150.0 + 200.0);
        assert!((super::work(grid.runs[0].run.spec()) - expected).abs() < 0.5);
    }
}
