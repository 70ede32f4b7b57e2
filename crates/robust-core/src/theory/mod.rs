//! The statements that the rules are judged by, as numbers: constants with formula, domain and
//! source.
//!
//! - [`HonestMajority`]: n vectors of which f are Byzantine, and the least robustness coefficient κ
//!   that there can be; [`Pipeline::kappa`](crate::Pipeline::kappa) has that of a pipeline, and
//!   [`ratio`] is what κ bounds.
//! - [`Dissimilarity`]: how much the honest losses differ; breakdown point, lower bound and the
//!   error of Robust-DGD.
//! - [`Quadratics`]: losses for which all of that is known exactly.
//! - [`Initialisation`]: Theorem 5.2 on ARC, which goes below the lower bound.
//!
//! All lengths are in one unit, that of the gradients; losses and smoothness are in units of it and
//! of the parameters.
//!
//! ```
//! use robust_core::Pipeline;
//! use robust_core::aggregators::TrimmedMean;
//! use robust_core::theory::{Dissimilarity, HonestMajority};
//! let cohort = HonestMajority::new(13, 1)?;
//! let kappa = Pipeline::from(TrimmedMean).kappa(cohort).expect("published");
//! assert!(kappa >= cohort.lower_bound());
//! let honest = Dissimilarity::new(1.0, 0.5)?;
//! // The error that Robust-DGD with this rule can't be above, and that nothing can be below.
//! assert!(honest.robust_dgd_floor(kappa)?.expect("κB² < 1") > honest.lower_bound(cohort).expect("f/n < BP"));
//! # Ok::<(), robust_core::Error>(())
//! ```

mod initialisation;
mod learning;
mod quadratics;
mod robustness;

pub use initialisation::Initialisation;
pub use learning::{Descent, Dissimilarity};
pub use quadratics::Quadratics;
pub use robustness::{HonestMajority, ratio};

use crate::Error;

/// The value, if it lies where the statement holds.
fn within(name: &'static str, value: f64, inside: bool, range: &'static str) -> Result<f64, Error> {
    if inside {
        Ok(value)
    } else {
        Err(Error::Domain {
            name,
            value: value.to_string(),
            range,
        })
    }
}

fn non_negative(name: &'static str, value: f64) -> Result<f64, Error> {
    within(name, value, value >= 0.0 && value.is_finite(), "[0, ∞)")
}

fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    within(name, value, value > 0.0 && value.is_finite(), "(0, ∞)")
}
