//! Which samples each honest worker draws at each step.

use data::rng::{Purpose, stream};
use data::{Augmentation, Samples};
use rand::seq::SliceRandom;

use crate::engine::Batch;

/// The mini-batches of all honest workers.
#[derive(Debug)]
pub(super) struct MiniBatches<'a> {
    samples: &'a Samples,
    augmentation: Augmentation,
    seed: u64,
    /// Samples per worker, b.
    size: usize,
    workers: Vec<Sampler>,
    /// `[workers · size]`, as all that follows.
    indices: Vec<usize>,
    images: Vec<f32>,
    labels: Vec<u8>,
}

impl<'a> MiniBatches<'a> {
    /// For one worker a part of the samples, each of at least one.
    pub(super) fn new(
        samples: &'a Samples,
        parts: Vec<Vec<usize>>,
        size: usize,
        augmentation: Augmentation,
        seed: u64,
    ) -> Self {
        let drawn = parts.len() * size;
        let workers = (0..)
            .zip(parts)
            .map(|(worker, part)| Sampler::new(part, seed, worker));
        Self {
            samples,
            augmentation,
            seed,
            size,
            workers: workers.collect(),
            indices: vec![0; drawn],
            images: vec![0.0; drawn * samples.shape().len()],
            labels: vec![0; drawn],
        }
    }

    /// Draws those of this step, counted from 0.
    pub(super) fn draw(&mut self, step: usize) -> Batch<'_> {
        let pixels = self.size * self.samples.shape().len();
        let workers = self
            .workers
            .iter_mut()
            .zip(self.indices.chunks_exact_mut(self.size))
            .zip(self.images.chunks_exact_mut(pixels));
        for (worker, ((sampler, indices), images)) in (0..).zip(workers) {
            sampler.draw(step, indices);
            let mut rng = stream(self.seed, Purpose::Augmentation, worker, step as u64);
            self.samples
                .fill_augmented(indices, self.augmentation, &mut rng, images);
        }
        for (label, &index) in self.labels.iter_mut().zip(&self.indices) {
            *label = self.samples.labels()[index];
        }
        Batch {
            images: &self.images,
            labels: &self.labels,
            workers: self.workers.len(),
            size: self.size,
            seed: self.seed,
            step: step as u64,
        }
    }
}

/// A worker's samples, shuffled anew for every pass over them; steps take b after b, and a batch
/// may reach into the next pass. Pass p of worker w is shuffled by its own generator, so that any
/// step can be drawn without those before it.
#[derive(Debug)]
struct Sampler {
    samples: Vec<usize>,
    seed: u64,
    worker: u64,
    /// The last pass that was shuffled, and its order.
    pass: Option<u64>,
    order: Vec<usize>,
}

impl Sampler {
    /// For one worker with at least one sample.
    fn new(samples: Vec<usize>, seed: u64, worker: u64) -> Self {
        Self {
            order: samples.clone(),
            samples,
            seed,
            worker,
            pass: None,
        }
    }

    /// Fills `batch` with the samples of this step, counted from 0.
    fn draw(&mut self, step: usize, batch: &mut [usize]) {
        let start = step * batch.len();
        for (at, to) in (start..).zip(batch) {
            let pass = (at / self.samples.len()) as u64;
            if self.pass != Some(pass) {
                self.pass = Some(pass);
                self.order.copy_from_slice(&self.samples);
                let mut rng = stream(self.seed, Purpose::Batch, self.worker, pass);
                self.order.shuffle(&mut rng);
            }
            *to = self.order[at % self.samples.len()];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pass_holds_every_sample_once_and_steps_can_be_drawn_in_any_order() {
        let samples: Vec<usize> = (100..117).collect();
        let mut sampler = Sampler::new(samples.clone(), 1, 3);
        let mut drawn = vec![0; 5 * 17];
        for (step, batch) in drawn.chunks_exact_mut(5).enumerate() {
            sampler.draw(step, batch);
        }
        for pass in drawn.chunks_exact(17) {
            let mut sorted = pass.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, samples);
        }
        assert_ne!(drawn[..17], drawn[17..34]);

        let mut again = [0; 5];
        Sampler::new(samples, 1, 3).draw(7, &mut again);
        assert_eq!(again, drawn[35..40]);
    }
}
