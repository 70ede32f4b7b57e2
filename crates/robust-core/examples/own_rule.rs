//! A rule of one's own at the end of a pipeline: the medoid, the vector with the smallest sum of
//! distances to all others.
//!
//! `cargo run --example own_rule`

use std::sync::Arc;

use robust_core::preaggregators::{AdaptiveRobustClipping, NearestNeighborMixing};
use robust_core::theory::HonestMajority;
use robust_core::{
    Aggregator, Combination, Description, Error, Geometry, Gradients, Hull, Parameters, Pipeline,
    Properties, Round,
};

#[derive(Debug)]
struct Medoid;

static MEDOID: Description = Description {
    name: "medoid",
    label: "Medoid",
    title: "medoid",
    byzfl: None,
    formula: "argmin over the vectors x_j of Σ ‖x_i − x_j‖",
    source: "this example",
    parameters: &[],
    properties: Properties {
        hull: Hull::Rows,
        permutation: true,
        translation: true,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl Aggregator for Medoid {
    fn description(&self) -> &'static Description {
        &MEDOID
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        HonestMajority::new(n, f).map(|_| ())
    }

    /// A rule sees norms and distances, and answers with one weight per vector.
    fn combine(&self, geometry: &Geometry<'_>, _round: Round) -> Combination {
        let n = geometry.n();
        let squares = geometry.squared_distances();
        let sum = |i: usize| {
            squares
                .row(i)
                .iter()
                .map(|square| square.sqrt())
                .sum::<f64>()
        };
        let best = (0..n).min_by(|&a, &b| sum(a).total_cmp(&sum(b)));
        Combination::mean_of(&[best.unwrap_or(0)], n)
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

fn main() -> Result<(), Error> {
    let clip = AdaptiveRobustClipping::default();
    let pipeline = Pipeline::new(
        vec![Arc::new(clip), Arc::new(NearestNeighborMixing)],
        Some(Arc::new(Medoid)),
    );
    let workers: [&[f64]; 4] = [&[1.0, 1.0], &[1.1, 0.9], &[0.9, 1.2], &[50.0, -50.0]];
    let rows = Gradients::from_rows(&workers)?;
    let mut out = [0.0; 2];
    pipeline.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
    println!("{}: {out:?}", pipeline.name());
    Ok(())
}
