//! The sampler of proportions is our own, because that of `rand_distr` takes logarithms and powers
//! from the system's library as soon as any crate of the build turns on `num-traits/std`, and so
//! differs between platforms and between builds. This one uses only `libm`, written in Rust, and
//! operations that IEEE 754 rounds correctly.

#[cfg(test)]
mod tests;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::{Description, Parameter, Scheme, out_of_range};
use crate::Error;

pub(super) static DESCRIPTION: Description = Description {
    name: "dirichlet",
    purpose: "Each class cut in proportions drawn from the Dirichlet distribution Dir(α, …, α): with a small α each worker has \
              few classes, with a large one equal shares of all.",
    parameters: &[
        Parameter {
            key: "alpha",
            symbol: Some("α"),
            default: None,
            range: ALPHA_RANGE,
            purpose: "the concentration: small, each worker has few classes; large, equal shares of all",
        },
        Parameter {
            key: "min_samples",
            symbol: None,
            default: Some("none"),
            range: LEAST_RANGE,
            purpose: "draw again until each worker has so many samples",
        },
    ],
};

/// Far beyond these bounds the logarithms overflow or lose all digits.
const ALPHA: std::ops::RangeInclusive<f64> = 1e-9..=1e9;
const ALPHA_RANGE: &str = "1e-9 to 1e9";
const LEAST_RANGE: &str = "at least 1";

/// How often all proportions are drawn, at most, to satisfy `min_samples`.
const MAX_DRAWS: usize = 10_000;

/// For each class `c`, proportions `p_c` over the workers are drawn from the symmetric Dirichlet
/// distribution `Dir(α, …, α)`, and the samples of the class, in the order of the dataset, are cut
/// so: worker `w` gets those from `⌊(p_c1 + … + p_c(w−1))·N_c⌋` to `⌊(p_c1 + … + p_cw)·N_c⌋`. A
/// small α gives each worker few classes, a large one equal shares of all.
///
/// Source: Hsu, Qi, Brown, *Measuring the Effects of Non-Identical Data Distribution for Federated
/// Visual Classification*, arXiv:1909.06335; the cut is ByzFL's.
///
/// ```
/// use data::partition::{Dirichlet, Partition};
///
/// let labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];
/// let partition = Partition::from(Dirichlet { alpha: 0.1, min_samples: Some(3) });
/// let workers = partition.split_seeded(&labels, 3, 3, 1)?;
/// assert_eq!(workers, [vec![0, 1, 4, 7], vec![2, 5, 8], vec![3, 6, 9, 10, 11]]);
/// # Ok::<(), data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(description = DESCRIPTION.purpose))]
#[serde(deny_unknown_fields)]
pub struct Dirichlet {
    /// The concentration α, in 1e-9..=1e9.
    #[cfg_attr(feature = "schemars", schemars(range(min = 1e-9, max = 1e9)))]
    pub alpha: f64,
    /// The least number of samples of a worker: all proportions are drawn again until each worker
    /// has that many. Without it they are drawn once, and a worker without samples is an error. It
    /// conditions the distribution, so it is not the same experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(range(min = 1)))]
    pub min_samples: Option<usize>,
}

impl Scheme for Dirichlet {
    fn check(&self) -> Result<(), Error> {
        if !ALPHA.contains(&self.alpha) {
            return Err(out_of_range("alpha", self.alpha, ALPHA_RANGE));
        }
        match self.min_samples {
            Some(0) => Err(out_of_range("min_samples", 0, LEAST_RANGE)),
            Some(_) | None => Ok(()),
        }
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        let least = self.min_samples.map(|least| ("min_samples", least as f64));
        [("alpha", self.alpha)].into_iter().chain(least).collect()
    }

    fn least(&self) -> usize {
        self.min_samples.unwrap_or(1)
    }

    /// The first split in which each worker has `min_samples`, or else the last of 10,000.
    fn parts(
        &self,
        labels: &[u8],
        classes: usize,
        workers: usize,
        rng: &mut dyn Rng,
    ) -> Result<Vec<Vec<usize>>, Error> {
        let (samples, least) = (labels.len(), self.least());
        if least.saturating_mul(workers) > samples {
            let most = samples / workers;
            let expected = format!("1 to {most} ({samples} samples over {workers} workers)");
            return Err(out_of_range("min_samples", least, expected));
        }
        let draws = match self.min_samples {
            Some(_) => MAX_DRAWS,
            None => 1,
        };
        let mut parts = Vec::new();
        for _ in 0..draws {
            let proportions: Vec<_> = (0..classes)
                .map(|_| proportions(self.alpha, workers, rng))
                .collect();
            parts = by_proportions(labels, workers, &proportions);
            if parts.iter().all(|part| part.len() >= least) {
                break;
            }
        }
        Ok(parts)
    }

    fn remedy(&self, workers: usize, classes: &[usize]) -> String {
        // With equal shares the first worker has the fewest samples: the larger alpha is, the
        // nearer it comes to these.
        let shares = |workers: usize| classes.iter().map(|size| size / workers).sum::<usize>();
        let least = self.least();
        let equal_shares_do = shares(workers) >= least;
        let fewer = || {
            let enough = |&workers: &usize| shares(workers) >= least;
            let most = (1..workers).rev().find(enough).unwrap_or(1);
            format!(
                "choose fewer workers: beyond {most}, not even equal shares of each class are enough"
            )
        };
        match self.min_samples {
            None if equal_shares_do => {
                "choose a larger alpha, another seed, or min_samples (draw again until each worker has as many)"
                    .to_owned()
            }
            None => fewer(),
            Some(least) => {
                let mut remedies = Vec::new();
                if equal_shares_do {
                    remedies.push("a larger alpha");
                }
                if least > 1 {
                    remedies.push("a smaller min_samples");
                }
                let remedy = match remedies.is_empty() {
                    true => fewer(),
                    false => format!("choose {}", remedies.join(" or ")),
                };
                format!("{MAX_DRAWS} draws gave no better split; {remedy}")
            }
        }
    }
}

/// Cuts each class so that worker `w` gets the fraction `proportions[class][w]` of it; a worker's
/// classes follow one another.
fn by_proportions(labels: &[u8], workers: usize, proportions: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut classes = vec![Vec::new(); proportions.len()];
    for (index, &label) in labels.iter().enumerate() {
        classes[usize::from(label)].push(index);
    }
    let mut parts = vec![Vec::new(); workers];
    for (indices, proportions) in classes.iter().zip(proportions) {
        let mut sum = 0.0;
        let mut start = 0;
        for (worker, (part, proportion)) in parts.iter_mut().zip(proportions).enumerate() {
            sum += proportion;
            let cut = (sum * indices.len() as f64) as usize;
            // The last worker takes what rounding left; rounding can't take a cut past the end
            // either.
            let end = if worker + 1 == workers {
                indices.len()
            } else {
                cut.min(indices.len())
            };
            part.extend_from_slice(&indices[start..end]);
            start = end;
        }
    }
    parts
}

/// A draw from Dir(α, …, α): independent Gamma(α) variates divided by their sum. They stay
/// logarithms until the largest is known, so that a small α can't make all of them underflow to 0.
fn proportions(alpha: f64, workers: usize, rng: &mut dyn Rng) -> Vec<f64> {
    let logs: Vec<f64> = (0..workers).map(|_| ln_gamma_variate(alpha, rng)).collect();
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logs.iter().map(|log| libm::exp(log - largest)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// The logarithm of a Gamma(α, 1) variate, by the method of Marsaglia and Tsang, *A Simple Method
/// for Generating Gamma Variables*, ACM TOMS 26(3), 2000; for α < 1, Gamma(α) = Gamma(α +
/// 1)·U^(1/α).
fn ln_gamma_variate(alpha: f64, rng: &mut dyn Rng) -> f64 {
    if alpha < 1.0 {
        let ln_power = libm::log(open_uniform(rng)) / alpha;
        return ln_gamma_variate(alpha + 1.0, rng) + ln_power;
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = standard_normal(rng);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let ln_v = libm::log(v);
        if libm::log(open_uniform(rng)) < 0.5 * x * x + d * (1.0 - v + ln_v) {
            return libm::log(d) + ln_v;
        }
    }
}

/// Marsaglia's polar method.
fn standard_normal(rng: &mut dyn Rng) -> f64 {
    loop {
        let (x, y) = (
            2.0 * rng.random::<f64>() - 1.0,
            2.0 * rng.random::<f64>() - 1.0,
        );
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            return x * (-2.0 * libm::log(square) / square).sqrt();
        }
    }
}

/// Uniform in (0, 1].
fn open_uniform(rng: &mut dyn Rng) -> f64 {
    1.0 - rng.random::<f64>()
}
