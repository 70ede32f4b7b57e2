use rand_distr::{Distribution, StandardNormal};
use robust_core::Gradients;

use super::*;
use crate::moments::means;

/// Mimic, `mimic`: every Byzantine worker sends what one honest worker sends, so that this worker
/// counts f + 1 times. No rule can tell such vectors from honest ones.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `worker` | 0 | the worker to copy, 0-based, or `heuristic` | below n − f |
/// | `warmup` | 100 | steps of the learning phase; only with `heuristic` | ≥ 1 |
///
/// **Heuristic.** The worker is the one whose vector points most along the direction z of the
/// largest variance of all honest vectors so far. At step t = 0, 1, … of the learning phase, with
/// x_i the honest vectors and from a random z (Oja's rule):
///
/// ```text
/// μ ← t/(1+t) μ + 1/(1+t) mean_i x_i
/// c = Σ_i ⟨x_i − μ, z⟩ (x_i − μ)
/// z ← t/(1+t) z + 1/(1+t) c/‖c‖, normalised
/// ```
///
/// and the worker is `argmax_i ⟨x_i, z⟩`, the first of equals. After the learning phase the last
/// one stays. O(n·d) per step. The memory is t, the worker, μ and z: 2 + 2d numbers.
///
/// Karimireddy et al., *Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing*, ICLR
/// 2022, and the authors' code, where the length of the learning phase must be chosen; a fixed
/// worker as in ByzFL's `Mimic`.
///
/// ```
/// use attacks::{Attack, Mimic, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::TrimmedMean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?,
///     flipped: None,
///     pipeline: &Pipeline::from(TrimmedMean),
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 2];
/// Mimic::worker(1).forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert_eq!(forged, [3.0, 4.0]);
///
/// // The variance is along (1, 1): the heuristic takes the first or the last worker.
/// let heuristic = Mimic::heuristic(10)?;
/// let mut memory = vec![0.0; Attack::<f64>::memory_len(&heuristic, 2)];
/// heuristic.forge(&view, &mut memory, &mut rng, &mut forged)?;
/// assert!(forged == [1.0, 2.0] || forged == [5.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mimic {
    target: Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Worker(usize),
    Heuristic { warmup: usize },
}

/// [`Target::Heuristic`] as text.
const HEURISTIC: &str = "heuristic";

const WORKER: Parameter = Parameter {
    key: "worker",
    default: Some("0"),
    range: "a worker's number from 0, or `heuristic`",
    purpose: "the honest worker to copy, 0-based; `heuristic`: the one that a learning phase finds",
    examples: &[HEURISTIC, "1"],
};
const WARMUP: Parameter = Parameter {
    key: "warmup",
    default: Some("100"),
    range: "an integer ≥ 1",
    purpose: "with `worker=heuristic`: steps of the learning phase",
    examples: &["5"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "mimic",
    label: "Mimic",
    title: "mimic",
    byzfl: Some("Mimic"),
    formula: "x_i, what the honest worker i sends",
    source: "Karimireddy et al., Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing, \
             ICLR 2022",
    parameters: &[WORKER, WARMUP],
    usual: &[(WORKER.key, HEURISTIC)],
};

impl Mimic {
    /// Of the honest worker with this 0-based number.
    #[must_use]
    pub fn worker(worker: usize) -> Self {
        let target = Target::Worker(worker);
        Self { target }
    }

    /// Of the worker that a learning phase of so many steps finds.
    ///
    /// # Errors
    /// [`ParameterError::Invalid`] for 0 steps.
    pub fn heuristic(warmup: usize) -> Result<Self, ParameterError> {
        let warmup = WARMUP.accept(warmup, warmup >= 1)?;
        let target = Target::Heuristic { warmup };
        Ok(Self { target })
    }

    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        let reader = reader(&DESCRIPTION, given)?;
        if reader.text(&WORKER) == Some(HEURISTIC) {
            return Self::heuristic(reader.number(&WARMUP)?.unwrap_or(100));
        }
        let reader = Reader::new("this attack with a fixed worker", &[WORKER], given)?;
        let worker = reader.number(&WORKER)?;
        Ok(worker.map_or_else(Self::default, Self::worker))
    }
}

/// Of the first honest worker.
impl Default for Mimic {
    fn default() -> Self {
        Self::worker(0)
    }
}

impl<T: Scalar> Attack<T> for Mimic {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        match self.target {
            Target::Worker(worker) => Parameters::new().with(&WORKER, worker),
            Target::Heuristic { warmup } => Parameters::new()
                .with(&WORKER, HEURISTIC)
                .with(&WARMUP, warmup),
        }
    }

    fn memory_len(&self, d: usize) -> usize {
        match self.target {
            Target::Worker(_) => 0,
            Target::Heuristic { .. } => 2 + 2 * d,
        }
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        let (honest, d) = (view.honest.n(), view.honest.d());
        let worker = match self.target {
            Target::Worker(worker) if worker < honest => worker,
            Target::Worker(worker) => {
                let expected = format!("a number below {honest}, that of the honest workers");
                return Err(Error::Parameter {
                    attack: DESCRIPTION.name,
                    error: WORKER.unexpected(worker, expected),
                });
            }
            Target::Heuristic { warmup } => {
                let mut learned = Learned::new(memory, warmup, honest)?;
                if learned.steps < warmup {
                    learned.learn(view.honest, rng);
                }
                learned.worker
            }
        };
        out[..d].copy_from_slice(view.honest.row(worker));
        first_to_each_row(out, d);
        Ok(Forged::default())
    }
}

/// What the heuristic remembers from step to step.
struct Learned<'a> {
    steps: usize,
    worker: usize,
    /// Steps and worker, where they are kept.
    counts: &'a mut [f64],
    mean: &'a mut [f64],
    direction: &'a mut [f64],
}

impl<'a> Learned<'a> {
    /// The memory's parts, if its counts are ones: at most `warmup` steps, a worker below `honest`.
    fn new(memory: &'a mut [f64], warmup: usize, honest: usize) -> Result<Self, Error> {
        let count = |value: f64, what, largest: usize| {
            if value >= 0.0 && value.fract() == 0.0 && value <= largest as f64 {
                Ok(value as usize)
            } else {
                Err(Error::Memory {
                    attack: DESCRIPTION.name,
                    what,
                    value,
                    largest,
                })
            }
        };
        let (counts, vectors) = memory.split_at_mut(2);
        let (mean, direction) = vectors.split_at_mut(vectors.len() / 2);
        Ok(Self {
            steps: count(counts[0], "the number of steps", warmup)?,
            worker: count(counts[1], "the worker", honest - 1)?,
            counts,
            mean,
            direction,
        })
    }

    fn learn<T: Scalar>(&mut self, honest: &Gradients<'_, T>, rng: &mut dyn Rng) {
        if self.steps == 0 {
            self.direction.fill_with(|| StandardNormal.sample(rng));
        }
        let new = 1.0 / (1.0 + self.steps as f64);
        means(honest, |start, current| {
            for (mean, current) in self.mean[start..].iter_mut().zip(current) {
                *mean += new * (current - *mean);
            }
        });
        // c = Σ w_i x_i − (Σ w_i) μ with w_i = ⟨x_i, z⟩ − ⟨μ, z⟩
        let base = dot(self.mean, self.direction);
        let mut change = vec![0.0; honest.d()];
        let mut sum = 0.0;
        for worker in finite_workers(honest) {
            let row = honest.row(worker);
            let weight = row_dot(row, self.direction) - base;
            sum += weight;
            for (change, x) in change.iter_mut().zip(row) {
                *change += weight * x.to_f64();
            }
        }
        // A row that is not finite is received as zero.
        sum -= base * (honest.n() - finite_workers(honest).count()) as f64;
        for (change, mean) in change.iter_mut().zip(&*self.mean) {
            *change -= sum * mean;
        }
        // Without variance there is no direction to learn.
        if let Some(scale) = inverse_norm(&change) {
            for (z, change) in self.direction.iter_mut().zip(&change) {
                *z = (1.0 - new) * *z + new * scale * change;
            }
            if let Some(scale) = inverse_norm(self.direction) {
                self.direction.iter_mut().for_each(|z| *z *= scale);
            }
        }
        self.steps += 1;
        let mut best = f64::NEG_INFINITY;
        for worker in 0..honest.n() {
            let along = if honest.is_finite_row(worker) {
                row_dot(honest.row(worker), self.direction)
            } else {
                0.0
            };
            if along > best {
                (best, self.worker) = (along, worker);
            }
        }
        self.counts[0] = self.steps as f64;
        self.counts[1] = self.worker as f64;
    }
}

fn finite_workers<'a, T: Scalar>(honest: &'a Gradients<'_, T>) -> impl Iterator<Item = usize> + 'a {
    (0..honest.n()).filter(|&worker| honest.is_finite_row(worker))
}

fn row_dot<T: Scalar>(row: &[T], z: &[f64]) -> f64 {
    row.iter().zip(z).map(|(x, z)| x.to_f64() * z).sum()
}

fn dot(x: &[f64], z: &[f64]) -> f64 {
    x.iter().zip(z).map(|(x, z)| x * z).sum()
}

/// `None` where it is not a positive finite number.
fn inverse_norm(x: &[f64]) -> Option<f64> {
    let inverse = dot(x, x).sqrt().recip();
    (inverse.is_finite() && inverse > 0.0).then_some(inverse)
}
