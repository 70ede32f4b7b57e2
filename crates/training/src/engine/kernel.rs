//! How the CPU engine computes a layer: what it is given, and where its gradients go.
//!
//! A worker's images lie `[channel][sample][pixel]`, its features `[sample][feature]`, and the
//! workers one after the other. A layer whose input is images is called for one worker at a time,
//! one whose input is features for all of them: a kernel takes either.

use std::fmt;
use std::ops::Range;

use pulp::Arch;
use rand_chacha::ChaCha8Rng;

use super::{Rows, Theta};
use crate::networks::Placed;

/// A layer's kernel, with its buffers.
#[derive(Debug)]
pub(crate) enum Kernel {
    /// The output takes the input's place.
    InPlace(Box<dyn InPlace>),
    /// The output has a buffer of its own.
    OutOfPlace(Box<dyn OutOfPlace>),
}

/// A kernel that overwrites its input.
pub(crate) trait InPlace: fmt::Debug + Send {
    /// Makes room for so many samples.
    fn reserve(&mut self, _size: Size) {}

    /// Computes the output from the input, both `values`.
    fn forward(&mut self, pass: ForwardPass<'_>, values: &mut [f32]);

    /// Computes the gradient of the input from that of the output, both `gradient`. The `values`
    /// are the outputs as the layers in place after it have left them. So whatever doesn't become
    /// 0 in place must keep its sign, and a kernel that needs more than that keeps it itself.
    fn backward(&mut self, pass: BackwardPass<'_>, values: &[f32], gradient: &mut [f32]);
}

/// A kernel that leaves its input as it is.
pub(crate) trait OutOfPlace: fmt::Debug + Send {
    /// Makes room for so many samples.
    fn reserve(&mut self, _size: Size) {}

    /// How much scratch memory it needs for them.
    fn scratch(&self) -> usize {
        0
    }

    /// Computes the output.
    fn forward(&mut self, pass: ForwardPass<'_>, input: &[f32], output: &mut [f32]);

    /// Computes the gradient of the input, and of the parameters if there are any.
    fn backward(
        &mut self,
        pass: BackwardPass<'_>,
        input: &[f32],
        d_output: &[f32],
        d_input: &mut [f32],
    );
}

impl Kernel {
    pub(crate) fn reserve(&mut self, size: Size) {
        match self {
            Self::InPlace(kernel) => kernel.reserve(size),
            Self::OutOfPlace(kernel) => kernel.reserve(size),
        }
    }

    pub(crate) fn scratch(&self) -> usize {
        match self {
            Self::InPlace(_) => 0,
            Self::OutOfPlace(kernel) => kernel.scratch(),
        }
    }
}

/// How many samples are in the buffers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) workers: usize,
    /// Samples of each worker.
    pub(crate) batch: usize,
}

impl Size {
    pub(crate) fn samples(self) -> usize {
        self.workers * self.batch
    }
}

/// What a kernel has on the way forward.
pub(crate) struct ForwardPass<'a> {
    pub(crate) arch: Arch,
    /// Whose numbers these are.
    pub(crate) workers: Range<usize>,
    pub(crate) weights: Weights<'a>,
    /// The layer's running statistics.
    pub(crate) statistics: &'a mut [f32],
    /// In training, these workers' random numbers.
    pub(crate) training: Option<&'a mut [ChaCha8Rng]>,
    /// For whatever the kernel needs while it works.
    pub(crate) scratch: &'a mut [f32],
}

/// What a kernel has on the way back.
pub(crate) struct BackwardPass<'a> {
    pub(crate) arch: Arch,
    /// Whose numbers these are.
    pub(crate) workers: Range<usize>,
    pub(crate) weights: Weights<'a>,
    /// Where the gradients of the parameters go.
    pub(crate) gradients: Gradients<'a>,
    /// Whether anything reads the gradient of the input; else it may be left as it is.
    pub(crate) needs_input: bool,
    /// For whatever the kernel needs while it works.
    pub(crate) scratch: &'a mut [f32],
}

/// Where these workers' numbers are, each having as many.
pub(crate) fn span(workers: &Range<usize>, each: usize) -> Range<usize> {
    workers.start * each..workers.end * each
}

/// One layer's parameters, of each worker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights<'a> {
    theta: Theta<'a>,
    placed: &'a Placed,
}

impl<'a> Weights<'a> {
    pub(crate) fn new(theta: Theta<'a>, placed: &'a Placed) -> Self {
        Self { theta, placed }
    }

    /// The weight and the bias of this worker.
    pub(crate) fn worker(&self, worker: usize) -> (&'a [f32], &'a [f32]) {
        let theta = self.theta.worker(worker);
        let Placed { weight, bias, .. } = self.placed;
        (&theta[weight.clone()], &theta[bias.clone()])
    }

    /// Cuts these workers into runs that hold the same parameters, so that each can be one product.
    /// The runs are counted from the first of these workers.
    pub(crate) fn groups(
        &self,
        workers: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, &'a [f32], &'a [f32])> + use<'a> {
        let (weights, first) = (*self, workers.start);
        weights.theta.groups(workers).map(move |run| {
            let (weight, bias) = weights.worker(run.start);
            (run.start - first..run.end - first, weight, bias)
        })
    }
}

/// Where the gradients of one layer's parameters go.
#[derive(Debug)]
pub(crate) struct Gradients<'a> {
    target: Target<'a>,
    placed: &'a Placed,
}

impl<'a> Gradients<'a> {
    pub(crate) fn new(target: Target<'a>, placed: &'a Placed) -> Self {
        Self { target, placed }
    }

    /// Where this worker's go: of the weight, and of the bias.
    pub(crate) fn worker(&mut self, worker: usize) -> (&mut [f32], &mut [f32], Fold) {
        let (row, fold) = self.target.worker(worker);
        let Placed { weight, bias, .. } = self.placed;
        let (weight, bias) = row[weight.start..bias.end].split_at_mut(weight.len());
        (weight, bias, fold)
    }
}

/// Where the workers' gradients go.
#[derive(Debug)]
pub(crate) enum Target<'a> {
    /// Each into its own row.
    Rows { rows: Rows<'a>, width: usize },
    /// The mean of so many into one.
    Mean {
        values: &'a mut [f32],
        workers: usize,
    },
}

impl Target<'_> {
    pub(crate) fn reborrow(&mut self) -> Target<'_> {
        match self {
            Self::Rows { rows, width } => Target::Rows {
                rows: Rows {
                    values: rows.values,
                    ..*rows
                },
                width: *width,
            },
            Self::Mean { values, workers } => Target::Mean {
                values,
                workers: *workers,
            },
        }
    }

    fn worker(&mut self, worker: usize) -> (&mut [f32], Fold) {
        match self {
            Self::Rows { rows, width } => {
                let (keep, scale) = (rows.keep, rows.scale);
                let row = &mut rows.values[worker * *width..][..*width];
                (row, Fold { keep, scale })
            }
            Self::Mean { values, workers } => {
                let keep = if worker == 0 { 0.0 } else { 1.0 };
                let scale = 1.0 / *workers as f32;
                (values, Fold { keep, scale })
            }
        }
    }
}

/// How a gradient g joins what is there, x: `x ← keep·x + scale·g`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fold {
    pub(crate) keep: f32,
    pub(crate) scale: f32,
}

impl Fold {
    /// `keep·x`: 0 where nothing is kept, even of NaN.
    #[inline(always)]
    pub(crate) fn kept(self, value: f32) -> f32 {
        if self.keep == 0.0 {
            0.0
        } else {
            self.keep * value
        }
    }

    /// Folds one gradient in.
    #[inline(always)]
    pub(crate) fn add(self, to: &mut f32, gradient: f32) {
        *to = self.kept(*to) + self.scale * gradient;
    }
}
