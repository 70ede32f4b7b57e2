//! The parameters at which gradients are taken.

use std::ops::Range;

/// The parameters θ at which the workers' gradients are taken: one vector that all of them hold, as
/// in Robust-DSGD, or each worker's own.
///
/// ```
/// use training::engine::Theta;
///
/// let shared = [0.5, -1.0];
/// let own = [0.5, -1.0, 0.25, 2.0];
/// assert_eq!(Theta::shared(&shared).worker(7), [0.5, -1.0]);
/// assert_eq!(Theta::per_worker(&own, 2).worker(1), [0.25, 2.0]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Theta<'a> {
    values: &'a [f32],
    parameters: usize,
    /// From one worker's parameters to the next's: 0 where they are the same.
    stride: usize,
}

impl<'a> Theta<'a> {
    /// The same parameters for all workers, `[d]`.
    #[must_use]
    pub fn shared(values: &'a [f32]) -> Self {
        Self {
            values,
            parameters: values.len(),
            stride: 0,
        }
    }

    /// A row for each worker, `[workers, d]`.
    #[must_use]
    pub fn per_worker(values: &'a [f32], d: usize) -> Self {
        Self {
            values,
            parameters: d,
            stride: d,
        }
    }

    /// This worker's parameters, `[d]`.
    ///
    /// # Panics
    /// If there is no row for the worker.
    #[must_use]
    pub fn worker(self, worker: usize) -> &'a [f32] {
        &self.values[worker * self.stride..][..self.parameters]
    }

    /// Cuts these workers into runs that hold the same parameters.
    pub(crate) fn groups(self, workers: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let size = match self.stride {
            0 => workers.len(),
            _ => 1,
        };
        let end = workers.end;
        workers
            .step_by(size.max(1))
            .map(move |start| start..end.min(start + size))
    }
}
