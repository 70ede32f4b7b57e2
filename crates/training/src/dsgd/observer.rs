//! What watches a run.

use std::ops::ControlFlow;

use super::{Checkpoint, Evaluation, Vectors};

/// Watches a run.
pub trait Observer {
    /// After each step; `Break` stops the run.
    fn step(&mut self, done: usize) -> ControlFlow<()>;

    /// After each evaluation.
    fn evaluation(&mut self, _evaluation: &Evaluation) {}

    /// Between two steps, after the evaluation that is due there, and before the run stops: the run
    /// can [`resume`](crate::resume) from what `take` returns.
    fn checkpoint(&mut self, _take: &dyn Fn() -> Checkpoint) {}

    /// After each step, before [`step`](Self::step): everything that it computed.
    fn vectors(&mut self, _vectors: &Vectors<'_>) {}
}

/// Watches nothing: the run goes on to its end.
impl Observer for () {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
