//! Takes the cohort's mini-batches through the layers, and the loss's gradient back.
//!
//! As long as a layer takes images, one worker goes through all layers before the next does: what
//! a layer wrote is still in the cache when the next one reads it. From the first layer on that
//! takes features, all workers go through together: what they share is one product.

use std::ops::Range;

use pulp::Arch;
use rand_chacha::ChaCha8Rng;

use super::Theta;
use super::kernel::{BackwardPass, ForwardPass, Gradients, Kernel, Size, Target, Weights, span};
use super::stages::{Stage, largest, stages};
use crate::layers::Shape;
use crate::networks::{Network, Placed};

#[derive(Debug)]
pub(super) struct Driver {
    arch: Arch,
    stages: Vec<Stage>,
    /// So many stages work one worker at a time.
    images: usize,
    /// The first stage that has parameters: no gradient is needed before it.
    first: usize,
    /// How many samples there is room for.
    pub(super) size: Size,
    /// The input, then the output of each stage that is not in place.
    activations: Vec<Vec<f32>>,
    /// For one kernel at a time.
    scratch: Vec<f32>,
    /// All layers' running statistics.
    pub(super) statistics: Vec<f32>,
    /// All workers' gradients among the features.
    cohort: Sides,
    /// One worker's among the images.
    worker: Sides,
}

/// The gradient of a stage's output, and that of its input.
#[derive(Debug, Default)]
struct Sides {
    output: Vec<f32>,
    input: Vec<f32>,
}

impl Sides {
    fn resize(&mut self, len: usize) {
        self.output.resize(len, 0.0);
        self.input.resize(len, 0.0);
    }
}

impl Driver {
    pub(super) fn new(network: &Network) -> Self {
        let stages = stages(network);
        let features = |stage: &Stage| matches!(stage.placed.input, Shape::Features(_));
        let parameters = |stage: &Stage| stage.placed.weight.start < stage.placed.bias.end;
        let activations = stages.last().map_or(1, |last| last.writes + 1);
        Self {
            arch: Arch::new(),
            images: stages.iter().position(features).unwrap_or(stages.len()),
            first: stages.iter().position(parameters).unwrap_or(stages.len()),
            stages,
            size: Size::default(),
            activations: vec![Vec::new(); activations],
            scratch: Vec::new(),
            statistics: network.initial_statistics(),
            cohort: Sides::default(),
            worker: Sides::default(),
        }
    }

    /// Makes room for so many samples.
    pub(super) fn reserve(&mut self, size: Size) {
        if self.size == size {
            return;
        }
        self.size = size;
        let mut scratch = 0;
        for stage in &mut self.stages {
            let Placed { input, output, .. } = &stage.placed;
            self.activations[stage.reads].resize(size.samples() * input.size(), 0.0);
            self.activations[stage.writes].resize(size.samples() * output.size(), 0.0);
            stage.kernel.reserve(size);
            scratch = scratch.max(stage.kernel.scratch());
        }
        self.scratch.resize(scratch, 0.0);
        let (images, features) = self.stages.split_at(self.images);
        self.worker.resize(size.batch * largest(images));
        self.cohort
            .resize(size.samples() * largest(features).max(self.outputs()));
    }

    /// Numbers that the last layer gives for one sample.
    fn outputs(&self) -> usize {
        self.stages
            .last()
            .map_or(0, |last| last.placed.output.size())
    }

    /// The input of the first layer, to be written.
    pub(super) fn input(&mut self) -> &mut [f32] {
        &mut self.activations[0]
    }

    /// The output of the last layer, `[workers · batch, classes]`.
    pub(super) fn logits(&self) -> &[f32] {
        &self.activations[self.activations.len() - 1]
    }

    /// The same, and where the loss's gradient by it is to be written.
    pub(super) fn logits_and_gradient(&mut self) -> (&[f32], &mut [f32]) {
        let logits = &self.activations[self.activations.len() - 1];
        (logits, &mut self.cohort.output[..logits.len()])
    }

    /// Computes all activations from the input: in training with the workers' random numbers.
    pub(super) fn forward(&mut self, theta: Theta<'_>, mut training: Option<&mut [ChaCha8Rng]>) {
        let (images, all, workers) = (self.images, self.stages.len(), self.size.workers);
        for worker in 0..workers {
            self.forward_through(
                0..images,
                worker..worker + 1,
                theta,
                training.as_deref_mut(),
            );
        }
        self.forward_through(images..all, 0..workers, theta, training);
    }

    /// Takes these workers through these stages.
    fn forward_through(
        &mut self,
        stages: Range<usize>,
        workers: Range<usize>,
        theta: Theta<'_>,
        mut training: Option<&mut [ChaCha8Rng]>,
    ) {
        for stage in &mut self.stages[stages] {
            let (each_input, each_output) = stage.placed.sizes(self.size.batch);
            let (before, after) = self.activations.split_at_mut(stage.writes);
            let output = &mut after[0][span(&workers, each_output)];
            let pass = ForwardPass {
                arch: self.arch,
                workers: workers.clone(),
                weights: Weights::new(theta, &stage.placed),
                statistics: &mut self.statistics[stage.placed.statistics.clone()],
                training: training.as_deref_mut().map(|all| &mut all[workers.clone()]),
                scratch: &mut self.scratch,
            };
            match &mut stage.kernel {
                Kernel::InPlace(kernel) => kernel.forward(pass, output),
                Kernel::OutOfPlace(kernel) => {
                    let input = &before[stage.reads][span(&workers, each_input)];
                    kernel.forward(pass, input, output);
                }
            }
        }
    }

    /// Takes the loss's gradient back to the first layer that has parameters.
    pub(super) fn backward(&mut self, theta: Theta<'_>, mut target: Target<'_>) {
        let (images, all, workers) = (self.images, self.stages.len(), self.size.workers);
        let (first, batch) = (self.first, self.size.batch);
        let mut cohort = std::mem::take(&mut self.cohort);
        let mut one = std::mem::take(&mut self.worker);
        self.backward_through(
            first.max(images)..all,
            0..workers,
            theta,
            &mut cohort,
            &mut target,
        );
        if first < images {
            let (_, each) = self.stages[images - 1].placed.sizes(batch);
            for worker in (0..workers).map(|worker| worker..worker + 1) {
                one.output[..each].copy_from_slice(&cohort.output[span(&worker, each)]);
                self.backward_through(first..images, worker, theta, &mut one, &mut target);
            }
        }
        (self.cohort, self.worker) = (cohort, one);
    }

    /// Takes these workers' gradients back through these stages.
    fn backward_through(
        &mut self,
        stages: Range<usize>,
        workers: Range<usize>,
        theta: Theta<'_>,
        gradients: &mut Sides,
        target: &mut Target<'_>,
    ) {
        for index in stages.rev() {
            let stage = &mut self.stages[index];
            let (each_input, each_output) = stage.placed.sizes(self.size.batch);
            let input = &self.activations[stage.reads][span(&workers, each_input)];
            let d_output = &mut gradients.output[..workers.len() * each_output];
            let pass = BackwardPass {
                arch: self.arch,
                workers: workers.clone(),
                weights: Weights::new(theta, &stage.placed),
                gradients: Gradients::new(target.reborrow(), &stage.placed),
                needs_input: index > self.first,
                scratch: &mut self.scratch,
            };
            match &mut stage.kernel {
                Kernel::InPlace(kernel) => kernel.backward(pass, input, d_output),
                Kernel::OutOfPlace(kernel) => {
                    let d_input = &mut gradients.input[..workers.len() * each_input];
                    kernel.backward(pass, input, d_output, d_input);
                    std::mem::swap(&mut gradients.output, &mut gradients.input);
                }
            }
        }
    }
}
