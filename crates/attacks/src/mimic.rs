use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use robust_core::{Gradients, Scalar};

use crate::moments::means;
use crate::params::Params;
use crate::{Attack, Error, Forged, View, check_output, first_to_each_row};

/// Mimic: every Byzantine worker sends what one honest worker sends, so that this worker counts
/// f + 1 times. No rule can tell such vectors from honest ones.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `worker` | 0 | the worker to copy, 0-based, or `heuristic` | below n − f |
/// | `warmup` | 100 | steps of the learning phase; only with `heuristic` | at least 1 |
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
/// and the worker is `argmax_i ⟨x_i, z⟩`, the first of equals. After the learning phase the last one
/// stays. O(n·d) per step; μ and z are the attack's memory, 2d numbers.
///
/// Source: Karimireddy et al., *Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing*,
/// ICLR 2022, and the authors' code, where the length of the learning phase must be chosen; a fixed
/// worker as in ByzFL's `Mimic`.
///
/// ```
/// use attacks::{Attack, Mimic, Target, View};
/// use rand::SeedableRng;
/// use robust_core::{Gradients, Params, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?,
///     flipped: None,
///     pipeline: &Pipeline::parse("cwtm", &Params::default())?,
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0; 2];
/// Mimic::new(Target::Worker(1)).forge(&view, &mut rng, &mut forged)?;
/// assert_eq!(forged, [3.0, 4.0]);
///
/// // The variance is along (1, 1): the heuristic takes the first or the last worker.
/// Mimic::new(Target::Heuristic { warmup: 10 }).forge(&view, &mut rng, &mut forged)?;
/// assert!(forged == [1.0, 2.0] || forged == [5.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mimic {
    target: Target,
    learned: Learned,
}

/// Whom [`Mimic`] copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The honest worker with this 0-based number.
    Worker(usize),
    /// The worker that a learning phase of that many steps finds.
    Heuristic {
        /// Steps of the learning phase.
        warmup: usize,
    },
}

/// What the heuristic remembers from step to step.
#[derive(Debug, Clone, Default)]
struct Learned {
    steps: usize,
    mean: Vec<f64>,
    direction: Vec<f64>,
    worker: usize,
}

impl Mimic {
    /// A mimic that has learned nothing yet.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            learned: Learned::default(),
        }
    }

    pub(crate) fn parse(params: &Params<'_>) -> Result<Self, Error> {
        let target = if params.is("worker", "heuristic") {
            params.only(&["worker", "warmup"])?;
            let expected = "an integer, at least 1";
            let warmup = params.number("warmup", 100, expected, |&steps: &usize| steps >= 1)?;
            Target::Heuristic { warmup }
        } else {
            params.only(&["worker"])?;
            let expected = "a worker's number from 0, or `heuristic`";
            Target::Worker(params.number("worker", 0, expected, |_| true)?)
        };
        Ok(Self::new(target))
    }
}

impl<T: Scalar> Attack<T> for Mimic {
    fn name(&self) -> &'static str {
        "mimic"
    }

    fn forge(
        &mut self,
        view: &View<'_, T>,
        rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        check_output(view, out)?;
        let (honest, d) = (view.honest.n(), view.honest.d());
        let worker = match self.target {
            Target::Worker(worker) => worker,
            Target::Heuristic { warmup } => {
                if self.learned.steps < warmup {
                    self.learned.learn(view.honest, rng);
                }
                self.learned.worker
            }
        };
        if worker >= honest {
            return Err(Error::NoWorker { worker, honest });
        }
        out[..d].copy_from_slice(view.honest.row(worker));
        first_to_each_row(out, d);
        Ok(Forged::default())
    }

    /// Steps and worker, then μ and z.
    fn memory(&self) -> Vec<f64> {
        let Learned {
            steps,
            mean,
            direction,
            worker,
        } = &self.learned;
        match steps {
            0 => Vec::new(),
            _ => [&[*steps as f64, *worker as f64], &mean[..], direction].concat(),
        }
    }

    fn restore(&mut self, memory: &[f64]) -> Result<(), Error> {
        self.learned = match memory {
            [] => Learned::default(),
            [steps, worker, vectors @ ..] if vectors.len() % 2 == 0 => {
                let (mean, direction) = vectors.split_at(vectors.len() / 2);
                Learned {
                    steps: *steps as usize,
                    worker: *worker as usize,
                    mean: mean.to_vec(),
                    direction: direction.to_vec(),
                }
            }
            _ => return Err(Error::Memory("mimic")),
        };
        Ok(())
    }
}

impl Learned {
    fn learn<T: Scalar>(&mut self, honest: &Gradients<'_, T>, rng: &mut dyn Rng) {
        let d = honest.d();
        if self.direction.len() != d {
            let draws = (0..d).map(|_| StandardNormal.sample(rng));
            *self = Self {
                mean: vec![0.0; d],
                direction: draws.collect(),
                ..Self::default()
            };
        }
        let new = 1.0 / (1.0 + self.steps as f64);
        means(honest, |start, current| {
            for (mean, current) in self.mean[start..].iter_mut().zip(current) {
                *mean += new * (current - *mean);
            }
        });
        // c = Σ w_i x_i − (Σ w_i) μ with w_i = ⟨x_i, z⟩ − ⟨μ, z⟩
        let base = dot(&self.mean, &self.direction);
        let mut change = vec![0.0; d];
        let mut sum = 0.0;
        for worker in finite_workers(honest) {
            let row = honest.row(worker);
            let weight = row_dot(row, &self.direction) - base;
            sum += weight;
            for (change, x) in change.iter_mut().zip(row) {
                *change += weight * x.to_f64();
            }
        }
        // A row that is not finite is received as zero.
        sum -= base * (honest.n() - finite_workers(honest).count()) as f64;
        for (change, mean) in change.iter_mut().zip(&self.mean) {
            *change -= sum * mean;
        }
        // Without variance there is no direction to learn.
        if let Some(scale) = inverse_norm(&change) {
            for (z, change) in self.direction.iter_mut().zip(&change) {
                *z = (1.0 - new) * *z + new * scale * change;
            }
            if let Some(scale) = inverse_norm(&self.direction) {
                self.direction.iter_mut().for_each(|z| *z *= scale);
            }
        }
        self.steps += 1;
        let mut best = f64::NEG_INFINITY;
        for worker in 0..honest.n() {
            let along = match honest.is_finite_row(worker) {
                true => row_dot(honest.row(worker), &self.direction),
                false => 0.0,
            };
            if along > best {
                (best, self.worker) = (along, worker);
            }
        }
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
