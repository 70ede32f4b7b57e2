//! Log-softmax and negative log-likelihood of one sample, in f64.

/// Whether the label's logit is the largest, the first of equals winning. A NaN never wins, so a
/// diverged network predicts class 0: chance.
pub(crate) fn predicts(logits: &[f32], label: usize) -> bool {
    let mut best = 0;
    for (class, &logit) in logits.iter().enumerate() {
        if logit > logits[best] || (logits[best].is_nan() && !logit.is_nan()) {
            best = class;
        }
    }
    best == label
}

/// −log softmax(logits)[label].
pub(crate) fn value(logits: &[f32], label: usize) -> f64 {
    let max = max(logits);
    let total: f64 = logits
        .iter()
        .map(|&logit| (f64::from(logit) - max).exp())
        .sum();
    max + total.ln() - f64::from(logits[label])
}

/// Writes `scale·∇value` and returns the value.
pub(crate) fn gradient(logits: &[f32], label: usize, scale: f32, out: &mut [f32]) -> f64 {
    let value = value(logits, label);
    let log_total = value + f64::from(logits[label]);
    for (class, (out, &logit)) in out.iter_mut().zip(logits).enumerate() {
        let probability = (f64::from(logit) - log_total).exp();
        let target = if class == label { 1.0 } else { 0.0 };
        *out = scale * (probability - target) as f32;
    }
    value
}

fn max(logits: &[f32]) -> f64 {
    logits
        .iter()
        .fold(f64::NEG_INFINITY, |max, &logit| max.max(f64::from(logit)))
}
