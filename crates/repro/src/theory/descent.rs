//! Robust-DGD on quadratic losses, under attack.

use std::fmt;

use attacks::View;
use data::rng::ChaCha8Rng;
use rand::SeedableRng;
use robust_core::theory::{HonestMajority, Quadratics};
use robust_core::{Gradients, Parameters, Round};

use super::vectors::Rule;
use crate::error::Error;

/// What the Byzantine workers do in a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attack {
    /// They follow honest worker 0's loss, mirrored at the origin: against
    /// [`Quadratics::mirrored`] nobody can tell them from honest workers.
    Mirror,
    /// They send what this honest worker sends.
    Mimic(usize),
    /// −τμ; 1 is sign flipping.
    Foe(f64),
    /// μ + τσ.
    Alie(f64),
    /// −τμ with the τ that does the most harm at this step.
    OptimalFoe,
    /// μ + τσ with the τ that does the most harm at this step.
    OptimalAlie,
}

impl Attack {
    /// All that are tried, against honest workers of which the first and the last differ most.
    pub fn all(honest: usize) -> Vec<Self> {
        let mut all = vec![
            Self::Mirror,
            Self::Mimic(0),
            Self::Mimic(honest - 1),
            Self::OptimalFoe,
            Self::OptimalAlie,
        ];
        all.extend([0.5, 1.0, 3.0, 10.0].map(Self::Foe));
        all.extend([-3.0, -1.5, -0.7, 0.7, 1.5, 3.0].map(Self::Alie));
        all
    }

    /// Its name and parameters in the crate of attacks.
    fn named(self) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        let tau = |name, tau: f64| Some((name, vec![("tau", tau.to_string())]));
        match self {
            Self::Mirror => None,
            Self::Mimic(worker) => Some(("mimic", vec![("worker", worker.to_string())])),
            Self::Foe(factor) => tau("foe", factor),
            Self::Alie(factor) => tau("alie", factor),
            Self::OptimalFoe => Some(("foe", vec![("tau", "optimal".to_owned())])),
            Self::OptimalAlie => Some(("alie", vec![("tau", "optimal".to_owned())])),
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named() {
            None => out.write_str("mirror"),
            Some((name, params)) => {
                out.write_str(name)?;
                params
                    .iter()
                    .try_for_each(|(key, value)| write!(out, " {key}={value}"))
            }
        }
    }
}

/// Beyond this ‖∇L_H‖² a run counts as diverged.
const DIVERGED: f64 = 1e15;

/// `‖∇L_H(θ_t)‖²` of each iterate, θ_1 first, of so many steps of size 1/L from θ_1; ∞ from where
/// the run has diverged.
pub fn robust_dgd(
    losses: &Quadratics,
    cohort: HonestMajority,
    rule: &Rule,
    attack: Attack,
    start: &[f64],
    steps: usize,
) -> Result<Vec<f64>, Error> {
    let (d, f, rate) = (losses.d(), cohort.f(), losses.smoothness().recip());
    let round = Round { f, seed: 0 };
    let attacker = match attack.named() {
        None => None,
        Some((name, params)) => Some(attacks::parse::<f64>(name, &Parameters::from_iter(params))?),
    };
    let memory_len = attacker.as_ref().map_or(0, |attack| attack.memory_len(d));
    let mut memory = vec![0.0; memory_len];
    // None of these attacks draws.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut theta = start.to_vec();
    let mut aggregate = vec![0.0; d];
    let mut errors = Vec::with_capacity(steps);
    for _ in 0..steps {
        let error = losses.squared_gradient(&theta);
        if error > DIVERGED {
            break;
        }
        errors.push(error);
        let mut sent = losses.gradients(&theta);
        let mut forged = vec![0.0; f * d];
        match &attacker {
            None => {
                let mirrored: Vec<f64> = theta.iter().map(|x| -x).collect();
                let worker = &losses.gradients(&mirrored)[..d];
                let values = forged.iter_mut().zip(worker.iter().cycle());
                values.for_each(|(x, gradient)| *x = -gradient);
            }
            Some(attacker) => {
                let view = View {
                    honest: &Gradients::new(&sent, losses.honest(), d)?,
                    flipped: None,
                    pipeline: rule.pipeline(),
                    round,
                };
                attacker.forge(&view, &mut memory, &mut rng, &mut forged)?;
            }
        }
        sent.extend(forged);
        rule.aggregate(&sent, f, &mut aggregate)?;
        for (theta, aggregate) in theta.iter_mut().zip(&aggregate) {
            *theta -= rate * aggregate;
        }
    }
    errors.resize(steps, f64::INFINITY);
    Ok(errors)
}

/// The mean.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
