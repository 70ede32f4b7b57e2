//! The CPU engine: every honest worker's own gradient from one pass over the whole cohort.
//!
//! All honest workers hold the same θ, so their mini-batches go through the network together:
//! activations layer by layer for all workers, then one backward pass for the activations, and the
//! weights' gradients grouped by worker, straight into the n × d matrix that the pipeline reads.
//! Nothing is allocated per step. Products go to the `gemm` crate, whose kernels pick AVX2 or
//! AVX-512 at run time; they stay on one thread: a grid uses the cores by running several runs.
//!
//! Between layers, one worker's images lie as `[channel][sample][pixel]`, so that a convolution is
//! one product per worker; after [`Layer::Flatten`] a worker's samples are rows of features, so
//! that a linear layer is one product per cohort. Up to there, one worker goes through all layers
//! before the next does: what a layer wrote is still in the cache when the next one reads it.
//! One-worker-at-a-time automatic differentiation ([`crate::autodiff`]) is the oracle this engine is
//! tested against.

mod conv;
mod linear;
mod matrix;
mod norm;
mod pool;
mod sparse;

use std::ops::Range;

use pulp::Arch;

use crate::TrainError;
use crate::dropout;
use crate::engine::{Batch, Engine, Rows, Score};
use crate::loss;
use crate::model::{Layer, Model};
use conv::Conv;
use norm::Statistics;
use sparse::Sparse;

/// Samples in one evaluation pass are this many workers' worth of this size.
const EVALUATION: (usize, usize) = (10, 25);

/// See the [module documentation](self).
#[derive(Debug)]
pub struct Cohort {
    arch: Arch,
    stages: Vec<Stage>,
    classes: usize,
    parameters: usize,
    input: [usize; 3],
    running: Vec<f32>,
    shape: Shape,
    /// Activations: the input, then the output of each stage that is not in place.
    activations: Vec<Vec<f32>>,
    /// One worker's images as its convolution reads them.
    spread: Vec<f32>,
    sparse: Sparse,
    /// How many of the stages work on images, one worker at a time.
    images: usize,
    /// All workers' from the loss to there, then one worker's.
    gradients: Gradients,
    image_gradients: Gradients,
}

/// The gradient of a stage's output, and the one of its input that is being written.
#[derive(Debug, Default)]
struct Gradients {
    output: Vec<f32>,
    input: Vec<f32>,
}

/// How many samples are in the buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    workers: usize,
    batch: usize,
}

/// A layer as this engine runs it.
#[derive(Debug)]
struct Stage {
    op: Op,
    input: [usize; 3],
    output: [usize; 3],
    weight: Range<usize>,
    bias: Range<usize>,
    /// Which activations it reads, and which it writes: the same where it works in place.
    reads: usize,
    writes: usize,
}

#[derive(Debug)]
enum Op {
    Conv {
        kernel: usize,
        padding: usize,
    },
    Relu,
    Norm {
        running: usize,
        statistics: Vec<Statistics>,
    },
    Pool {
        chosen: Vec<u8>,
    },
    Dropout {
        probability: f32,
        mask: Vec<f32>,
    },
    Flatten,
    Linear,
}

impl Op {
    fn in_place(&self) -> bool {
        matches!(self, Self::Relu | Self::Dropout { .. })
    }
}

/// Whose labels the gradient is taken on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Labels {
    True,
    Flipped,
}

/// Where one worker's gradient goes.
struct Target<'a> {
    values: &'a mut [f32],
    width: usize,
    keep: f32,
    scale: f32,
    /// All workers into one row, averaged.
    mean: bool,
}

impl Target<'_> {
    fn row(&mut self, worker: usize, workers: usize) -> (&mut [f32], f32, f32) {
        if self.mean {
            let keep = if worker == 0 { 0.0 } else { 1.0 };
            (self.values, keep, 1.0 / workers as f32)
        } else {
            let row = &mut self.values[worker * self.width..][..self.width];
            (row, self.keep, self.scale)
        }
    }
}

impl Cohort {
    /// An engine for this network.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let mut layers: Vec<_> = model.layers().to_vec();
        // The maximum commutes with ReLU, gradients included: rectify a quarter of the pixels.
        for index in 1..layers.len() {
            if layers[index - 1].layer == Layer::Relu && layers[index].layer == Layer::MaxPool2d {
                layers.swap(index - 1, index);
                layers[index].input = layers[index - 1].output;
                layers[index].output = layers[index - 1].output;
            }
        }
        let (mut stages, mut running, mut last) = (Vec::new(), Vec::new(), 0);
        for placed in &layers {
            let op = match placed.layer {
                Layer::Conv2d {
                    kernel, padding, ..
                } => Op::Conv { kernel, padding },
                Layer::Relu => Op::Relu,
                Layer::BatchNorm2d => {
                    let at = running.len();
                    let channels = placed.input[0];
                    running.resize(at + channels, 0.0);
                    running.resize(at + 2 * channels, 1.0);
                    Op::Norm {
                        running: at,
                        statistics: Vec::new(),
                    }
                }
                Layer::MaxPool2d => Op::Pool { chosen: Vec::new() },
                Layer::Dropout(probability) => Op::Dropout {
                    probability,
                    mask: Vec::new(),
                },
                Layer::Flatten => Op::Flatten,
                Layer::Linear { .. } => Op::Linear,
            };
            let reads = last;
            last += usize::from(!op.in_place());
            stages.push(Stage {
                op,
                input: placed.input,
                output: placed.output,
                weight: placed.weight.clone(),
                bias: placed.bias.clone(),
                reads,
                writes: last,
            });
        }
        let flatten = stages
            .iter()
            .position(|stage| matches!(stage.op, Op::Flatten));
        Self {
            arch: Arch::new(),
            images: flatten.map_or(0, |index| index + 1),
            input: stages.first().map_or([0; 3], |stage| stage.input),
            stages,
            classes: model.classes(),
            parameters: model.parameters(),
            running,
            shape: Shape {
                workers: 0,
                batch: 0,
            },
            activations: vec![Vec::new(); last + 1],
            spread: Vec::new(),
            sparse: Sparse::default(),
            gradients: Gradients::default(),
            image_gradients: Gradients::default(),
        }
    }

    /// Makes room for this many samples.
    fn reserve(&mut self, shape: Shape) {
        if self.shape == shape {
            return;
        }
        self.shape = shape;
        let samples = shape.workers * shape.batch;
        let size = |shape: [usize; 3]| shape.iter().product::<usize>();
        let mut spread = 0;
        self.activations[0].resize(samples * size(self.input), 0.0);
        let (images, features) = self.stages.split_at(self.images);
        for (stages, samples, gradients) in [
            (images, shape.batch, &mut self.image_gradients),
            (features, samples, &mut self.gradients),
        ] {
            let sizes = stages.iter().flat_map(|stage| [stage.input, stage.output]);
            let largest = samples * sizes.map(size).max().unwrap_or(0);
            gradients.output.resize(largest, 0.0);
            gradients.input.resize(largest, 0.0);
        }
        for stage in &mut self.stages {
            let (input, output) = (samples * size(stage.input), samples * size(stage.output));
            if !stage.op.in_place() {
                self.activations[stage.writes].resize(output, 0.0);
            }
            match &mut stage.op {
                Op::Conv { .. } => {
                    spread = spread.max(conv(stage, shape.batch).spread_len());
                }
                Op::Norm { statistics, .. } => {
                    statistics.resize(shape.workers * stage.input[0], Statistics::default());
                }
                Op::Pool { chosen } => chosen.resize(output, 0),
                Op::Dropout { mask, .. } => mask.resize(input, 0.0),
                Op::Relu | Op::Flatten | Op::Linear => {}
            }
        }
        self.spread.resize(spread, 0.0);
    }

    /// Copies images `[sample, channel, pixel]` to each worker's `[channel, sample, pixel]`.
    fn load(&mut self, images: &[f32]) {
        let [channels, height, width] = self.input;
        let (batch, pixels) = (self.shape.batch, height * width);
        let workers = self.activations[0].chunks_exact_mut(batch * channels * pixels);
        for (to, from) in workers.zip(images.chunks_exact(batch * channels * pixels)) {
            for (sample, image) in from.chunks_exact(channels * pixels).enumerate() {
                for (channel, image) in image.chunks_exact(pixels).enumerate() {
                    to[(channel * batch + sample) * pixels..][..pixels].copy_from_slice(image);
                }
            }
        }
    }

    /// Runs the network on the loaded images; `training` names the (seed, step) of the dropout,
    /// `None` evaluates.
    fn forward(&mut self, theta: &[f32], training: Option<(u64, u64)>) {
        let Shape { workers, batch } = self.shape;
        let mut streams = training.map(|(seed, step)| dropout::streams(seed, step, workers));
        let (images, features) = (0..self.images, self.images..self.stages.len());
        let order = (0..workers)
            .flat_map(|worker| images.clone().map(move |index| (index, worker..worker + 1)))
            .chain(features.map(|index| (index, 0..workers)));
        for (index, workers) in order {
            let stage = &mut self.stages[index];
            let (before, after) = self.activations.split_at_mut(stage.writes);
            let weight = &theta[stage.weight.clone()];
            let bias = &theta[stage.bias.clone()];
            let (each_input, each_output) = per_worker(stage, batch);
            let output = &mut after[0][of(&workers, each_output)];
            if stage.op.in_place() {
                let values = output;
                match &mut stage.op {
                    Op::Relu => self.arch.dispatch(
                        #[inline(always)]
                        || {
                            // Phrased so that NaN stays NaN.
                            for value in values.iter_mut() {
                                *value = if *value < 0.0 { 0.0 } else { *value };
                            }
                        },
                    ),
                    Op::Dropout { probability, mask } => {
                        if let Some(streams) = &mut streams {
                            let [channels, height, width] = stage.input;
                            let mask = &mut mask[of(&workers, each_input)];
                            let streams = &mut streams[workers.clone()];
                            for (mask, rng) in mask.chunks_exact_mut(each_input).zip(streams) {
                                let shape = [batch, channels, height * width];
                                dropout::fill(mask, shape, *probability, rng);
                            }
                            values
                                .iter_mut()
                                .zip(mask)
                                .for_each(|(value, &mut m)| *value *= m);
                        }
                    }
                    _ => unreachable!("only these two work in place"),
                }
                continue;
            }
            let input = &before[stage.reads][of(&workers, each_input)];
            match &mut stage.op {
                Op::Conv { .. } => {
                    let conv = conv(stage, batch);
                    let inputs = input.chunks_exact(each_input);
                    for (input, output) in inputs.zip(output.chunks_exact_mut(each_output)) {
                        self.arch.dispatch(
                            #[inline(always)]
                            || conv.spread(input, &mut self.spread),
                        );
                        conv.forward(self.arch, weight, bias, &self.spread, output);
                    }
                }
                Op::Norm {
                    running,
                    statistics,
                } => {
                    let [channels, height, width] = stage.input;
                    let pixels = batch * height * width;
                    let (means, variances) =
                        self.running[*running..][..2 * channels].split_at_mut(channels);
                    let planes = input
                        .chunks_exact(pixels)
                        .zip(output.chunks_exact_mut(pixels));
                    let statistics = &mut statistics[of(&workers, channels)];
                    for (plane, (input, output)) in planes.enumerate() {
                        let channel = plane % channels;
                        let (mean, variance) = (&mut means[channel], &mut variances[channel]);
                        let measured = match training {
                            Some(_) => Statistics::measure(input, mean, variance),
                            None => Statistics::running(*mean, *variance),
                        };
                        measured.normalise(weight[channel], bias[channel], input, output);
                        statistics[plane] = measured;
                    }
                }
                Op::Pool { chosen } => {
                    let [_, height, width] = stage.input;
                    let chosen = &mut chosen[of(&workers, each_output)];
                    self.arch.dispatch(
                        #[inline(always)]
                        || pool::forward((height, width), input, output, chosen),
                    );
                }
                Op::Flatten => linear::flatten(stage.input, batch, input, output),
                Op::Linear => {
                    linear::forward(weight, bias, input, output, workers.len() * batch);
                }
                Op::Relu | Op::Dropout { .. } => unreachable!("handled above"),
            }
        }
    }

    /// Takes the loss's gradient in `self.gradients` back through the network.
    fn backward(&mut self, theta: &[f32], mut target: Target<'_>) {
        let Shape { workers, batch } = self.shape;
        let (images, all) = (self.images, self.stages.len());
        let mut cohort = std::mem::take(&mut self.gradients);
        self.backward_through(theta, images..all, 0..workers, &mut cohort, &mut target);
        if let Some(flatten) = images.checked_sub(1) {
            let (_, each) = per_worker(&self.stages[flatten], batch);
            let mut one = std::mem::take(&mut self.image_gradients);
            for worker in (0..workers).map(|worker| worker..worker + 1) {
                one.output[..each].copy_from_slice(&cohort.output[of(&worker, each)]);
                self.backward_through(theta, 0..images, worker, &mut one, &mut target);
            }
            self.image_gradients = one;
        }
        self.gradients = cohort;
    }

    /// Takes these workers' gradients back through these stages.
    fn backward_through(
        &mut self,
        theta: &[f32],
        stages: Range<usize>,
        active: Range<usize>,
        gradients: &mut Gradients,
        target: &mut Target<'_>,
    ) {
        let Shape { workers, batch } = self.shape;
        for index in stages.rev() {
            let stage = &self.stages[index];
            let weight = &theta[stage.weight.clone()];
            let (each_input, each_output) = per_worker(stage, batch);
            let input = &self.activations[stage.reads][of(&active, each_input)];
            let d_output = &mut gradients.output[..active.len() * each_output];
            let d_input = &mut gradients.input[..active.len() * each_input];
            match &stage.op {
                Op::Relu => {
                    self.arch.dispatch(
                        #[inline(always)]
                        || {
                            for (gradient, &value) in d_output.iter_mut().zip(input) {
                                *gradient = if value > 0.0 { *gradient } else { 0.0 };
                            }
                        },
                    );
                    continue;
                }
                Op::Dropout { mask, .. } => {
                    let mask = &mask[of(&active, each_input)];
                    d_output
                        .iter_mut()
                        .zip(mask)
                        .for_each(|(gradient, m)| *gradient *= m);
                    continue;
                }
                Op::Conv { .. } => {
                    let conv = conv(stage, batch);
                    let outputs = d_output.chunks_exact(each_output);
                    let inputs = input.chunks_exact(each_input);
                    let d_inputs = d_input.chunks_exact_mut(each_input);
                    for (((worker, d_output), input), d_input) in
                        active.clone().zip(outputs).zip(inputs).zip(d_inputs)
                    {
                        let d_input = (index > 0).then_some(d_input);
                        let (row, keep, scale) = target.row(worker, workers);
                        let (d_weight, d_bias) = parameters(row, stage);
                        let sparse = self.arch.dispatch(
                            #[inline(always)]
                            || {
                                conv.backward_bias(d_output, (d_bias, keep, scale));
                                sparse::suits(&conv, d_output)
                            },
                        );
                        let target = (d_weight, keep, scale);
                        if sparse {
                            let images = (input, d_output);
                            self.sparse
                                .backward(self.arch, &conv, weight, images, target, d_input);
                            continue;
                        }
                        let spread = &mut self.spread;
                        conv.spread(input, spread);
                        conv.backward_weight(self.arch, spread, d_output, target);
                        if let Some(d_input) = d_input {
                            conv.backward_input(self.arch, weight, d_output, spread, d_input);
                        }
                    }
                }
                Op::Norm { statistics, .. } => {
                    let [channels, height, width] = stage.input;
                    let pixels = batch * height * width;
                    let statistics = &statistics[of(&active, channels)];
                    for (plane, statistics) in statistics.iter().enumerate() {
                        let (worker, channel) = (active.start + plane / channels, plane % channels);
                        let range = plane * pixels..(plane + 1) * pixels;
                        let (d_weight, d_bias) = statistics.backward(
                            weight[channel],
                            &input[range.clone()],
                            &d_output[range.clone()],
                            &mut d_input[range],
                        );
                        let (row, keep, scale) = target.row(worker, workers);
                        let (weights, biases) = parameters(row, stage);
                        for (to, gradient) in [
                            (&mut weights[channel], d_weight),
                            (&mut biases[channel], d_bias),
                        ] {
                            *to = kept(keep, *to) + scale * gradient;
                        }
                    }
                }
                Op::Pool { chosen } => {
                    let [_, height, width] = stage.input;
                    let chosen = &chosen[of(&active, each_output)];
                    self.arch.dispatch(
                        #[inline(always)]
                        || pool::backward((height, width), d_output, chosen, d_input),
                    );
                }
                Op::Flatten => linear::unflatten(stage.input, batch, d_output, d_input),
                Op::Linear => {
                    let inputs = input.chunks_exact(each_input);
                    let outputs = d_output.chunks_exact(each_output);
                    for (worker, (input, d_output)) in active.clone().zip(inputs.zip(outputs)) {
                        let (row, keep, scale) = target.row(worker, workers);
                        linear::backward_parameters(
                            input,
                            d_output,
                            batch,
                            parameters(row, stage),
                            (keep, scale),
                        );
                    }
                    if index > 0 {
                        linear::backward_input(weight, d_output, d_input, active.len() * batch);
                    }
                }
            }
            std::mem::swap(&mut gradients.output, &mut gradients.input);
        }
    }

    fn logits(&self) -> &[f32] {
        self.activations.last().map_or(&[], Vec::as_slice)
    }

    /// Sets `self.gradients` to that of each worker's mean loss, and returns the mean loss.
    fn loss(&mut self, labels: &[u8], which: Labels) -> f64 {
        let Shape { workers, batch } = self.shape;
        let logits = self.activations.last().map_or(&[][..], Vec::as_slice);
        let mut total = 0.0;
        let rows = logits.chunks_exact(self.classes);
        for ((logits, &label), gradient) in rows
            .zip(labels)
            .zip(self.gradients.output.chunks_exact_mut(self.classes))
        {
            let label = match which {
                Labels::True => usize::from(label),
                Labels::Flipped => self.classes - 1 - usize::from(label),
            };
            total += loss::gradient(logits, label, 1.0 / batch as f32, gradient);
        }
        total / (workers * batch) as f64
    }
}

impl Engine for Cohort {
    fn gradients(
        &mut self,
        theta: &[f32],
        batch: &Batch<'_>,
        rows: Rows<'_>,
        flipped: Option<&mut [f32]>,
    ) -> Result<f64, TrainError> {
        self.reserve(Shape {
            workers: batch.workers,
            batch: batch.size,
        });
        self.load(batch.images);
        self.forward(theta, Some((batch.seed, batch.step)));
        let loss = self.loss(batch.labels, Labels::True);
        let (
            width,
            Rows {
                values,
                keep,
                scale,
            },
        ) = (self.parameters, rows);
        self.backward(
            theta,
            Target {
                values,
                width,
                keep,
                scale,
                mean: false,
            },
        );
        if let Some(values) = flipped {
            self.loss(batch.labels, Labels::Flipped);
            self.backward(
                theta,
                Target {
                    values,
                    width,
                    keep: 0.0,
                    scale: 1.0,
                    mean: true,
                },
            );
        }
        Ok(loss)
    }

    fn evaluate(
        &mut self,
        theta: &[f32],
        samples: &data::Samples,
        count: usize,
    ) -> Result<Score, TrainError> {
        let (workers, batch) = EVALUATION;
        let workers = workers.min(count.div_ceil(batch));
        self.reserve(Shape { workers, batch });
        let mut images = vec![0.0; workers * batch * self.input.iter().product::<usize>()];
        let (mut loss, mut correct) = (0.0, 0_usize);
        let (labels, last) = (&samples.labels()[..count], count - 1);
        for start in (0..count).step_by(workers * batch) {
            // The last pass is filled up with a sample that no one counts.
            let indices: Vec<usize> = (start..start + workers * batch)
                .map(|index| index.min(last))
                .collect();
            samples.fill(&indices, &mut images);
            self.load(&images);
            self.forward(theta, None);
            for (logits, &label) in self
                .logits()
                .chunks_exact(self.classes)
                .zip(&labels[start..])
            {
                loss += loss::value(logits, usize::from(label));
                correct += usize::from(loss::predicts(logits, usize::from(label)));
            }
        }
        let count = count as f64;
        Ok(Score {
            loss: loss / count,
            accuracy: correct as f64 / count,
        })
    }

    fn running_statistics(&self) -> &[f32] {
        &self.running
    }

    fn running_statistics_mut(&mut self) -> &mut [f32] {
        &mut self.running
    }
}

fn conv(stage: &Stage, batch: usize) -> Conv {
    let Op::Conv { kernel, padding } = stage.op else {
        unreachable!("only called for convolutions")
    };
    Conv {
        batch,
        input: stage.input,
        output: stage.output,
        kernel,
        padding,
    }
}

/// Numbers in one worker's input and output.
fn per_worker(stage: &Stage, batch: usize) -> (usize, usize) {
    let size = |shape: [usize; 3]| batch * shape.iter().product::<usize>();
    (size(stage.input), size(stage.output))
}

/// Where these workers' numbers are, each having as many.
fn of(workers: &Range<usize>, each: usize) -> Range<usize> {
    workers.start * each..workers.end * each
}

/// The stage's weight and bias in a row of gradients.
fn parameters<'a>(row: &'a mut [f32], stage: &Stage) -> (&'a mut [f32], &'a mut [f32]) {
    row[stage.weight.start..stage.bias.end].split_at_mut(stage.weight.len())
}

/// What `keep` leaves of a value: nothing at all, even of NaN, where it is 0.
fn kept(keep: f32, value: f32) -> f32 {
    if keep == 0.0 { 0.0 } else { keep * value }
}

/// Sum in sixteen fixed lanes, so that it vectorises and has the same bits everywhere.
#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let chunks = values.chunks_exact(16);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}
