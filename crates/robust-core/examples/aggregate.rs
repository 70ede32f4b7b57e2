//! Aggregating the vectors of workers of which some send garbage.
//!
//! `cargo run --example aggregate`

use robust_core::aggregators::{GeometricMedian, Iterations, Mean};
use robust_core::theory::HonestMajority;
use robust_core::{Error, Gradients, Parameters, Pipeline, Round};

fn main() -> Result<(), Error> {
    // Five workers in three dimensions. The last two are Byzantine.
    let vectors: [f32; 15] = [
        1.0,
        2.0,
        3.0, //
        1.1,
        1.9,
        3.2, //
        0.9,
        2.1,
        2.8, //
        -1e30,
        1e30,
        0.0, //
        f32::NAN,
        0.0,
        0.0,
    ];
    let rows = Gradients::new(&vectors, 5, 3)?;
    let round = Round { f: 2, seed: 0 };

    // Text becomes a pipeline once: clip, mix, take the trimmed mean.
    let text = Pipeline::parse("arc,nnm,cwtm", &Parameters::new())?;
    // Rules can also be made in code, with parameters that are checked.
    let code = Pipeline::from(GeometricMedian::new(1e-6, Iterations::Converged)?);

    for pipeline in [Pipeline::from(Mean), text, code] {
        let mut out = [0.0; 3];
        let trace = pipeline.aggregate(&rows, round, &mut out)?;
        println!("{}: {out:?}", pipeline.name());
        if !pipeline.parameters().is_empty() {
            println!("  with {}", pipeline.parameters());
        }
        if let (Some(threshold), Some(clipped)) = (trace.clip_threshold, trace.clipped) {
            println!("  scaled down to {threshold:.3}: {clipped:?}");
        }
        match pipeline.kappa(HonestMajority::new(5, round.f)?) {
            Some(kappa) => println!("  (f,κ)-robust with κ = {kappa:.2}"),
            None => println!("  no κ is proven"),
        }
    }
    Ok(())
}
