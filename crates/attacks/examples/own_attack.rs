//! An attack of one's own, which remembers: every Byzantine worker sends the opposite of the mean
//! of what the honest workers sent at the step before.
//!
//! `cargo run --example own_attack`

use attacks::{Attack, Description, Error, Forged, View};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use robust_core::aggregators::TrimmedMean;
use robust_core::{Gradients, Parameters, Pipeline, Round, Scalar};

#[derive(Debug)]
struct LateFlipping;

static LATE: Description = Description {
    name: "late",
    label: "Late",
    title: "late sign flipping",
    byzfl: None,
    formula: "−μ of the step before; 0 at the first",
    source: "this example",
    parameters: &[],
    usual: &[],
};

impl<T: Scalar> Attack<T> for LateFlipping {
    fn description(&self) -> &'static Description {
        &LATE
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    /// μ of the step before.
    fn memory_len(&self, d: usize) -> usize {
        d
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        for row in out.chunks_exact_mut(view.honest.d()) {
            for (out, before) in row.iter_mut().zip(&*memory) {
                *out = T::from_f64(-before);
            }
        }
        memory.fill(0.0);
        // A worker whose vector isn't finite is received as zeros.
        let n = view.honest.n();
        for worker in (0..n).filter(|&worker| view.honest.is_finite_row(worker)) {
            for (mean, x) in memory.iter_mut().zip(view.honest.row(worker)) {
                *mean += x.to_f64() / n as f64;
            }
        }
        Ok(Forged::default())
    }
}

fn main() -> Result<(), Error> {
    let pipeline = Pipeline::from(TrimmedMean);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut memory = vec![0.0; Attack::<f64>::memory_len(&LateFlipping, 2)];
    for step in 0..3 {
        let x = f64::from(step);
        let workers: [&[f64]; 3] = [&[x, 1.0], &[x + 0.5, 2.0], &[x + 1.0, 3.0]];
        let view = View {
            honest: &Gradients::from_rows(&workers)?,
            flipped: None,
            pipeline: &pipeline,
            round: Round { f: 1, seed: 0 },
        };
        let mut sent = [0.0; 2];
        LateFlipping.forge(&view, &mut memory, &mut rng, &mut sent)?;
        println!("step {step}: {sent:?}");
    }
    Ok(())
}
