//! Pipelines on a few short vectors.

use robust_core::theory::HonestMajority;
use robust_core::{Gradients, Parameters, Pipeline, Round};

use crate::error::Error;

/// A pipeline, with parameters that make its rules the ones of the theory: GM is the geometric
/// median, up to 10⁻⁶ in the vectors' unit.
#[derive(Debug)]
pub struct Rule {
    pipeline: Pipeline,
}

impl Rule {
    pub fn new(stages: &str) -> Result<Self, Error> {
        Self::with(stages, &[])
    }

    pub fn with(stages: &str, params: &[(&str, &str)]) -> Result<Self, Error> {
        let exact = [("gm.nu", "1e-6"), ("gm.iterations", "converged")];
        let exact = exact.iter().filter(|_| stages.ends_with("gm"));
        let params: Parameters = exact.chain(params).copied().collect();
        Ok(Self {
            pipeline: Pipeline::parse(stages, &params)?,
        })
    }

    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The published κ.
    pub fn kappa(&self, cohort: HonestMajority) -> Option<f64> {
        self.pipeline.kappa(cohort)
    }

    /// The aggregate of `vectors`, `[n, d]`, into `out`.
    pub fn aggregate(&self, vectors: &[f64], f: usize, out: &mut [f64]) -> Result<(), Error> {
        let d = out.len();
        let rows = Gradients::new(vectors, vectors.len() / d, d)?;
        self.pipeline.aggregate(&rows, Round { f, seed: 0 }, out)?;
        Ok(())
    }
}
