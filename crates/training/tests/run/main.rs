//! Whole runs on the embedded digits.

mod learning;
mod resuming;
mod settings;
mod watching;

use std::sync::Arc;

use attacks::Attack;
use data::partition::{Extreme, Partition};
use robust_core::{Parameters, Pipeline};
use training::{Evaluation, RunSpec, ValidRun, run};

fn attack(name: &str) -> Option<Arc<dyn Attack<f32>>> {
    attack_with(name, &Parameters::new())
}

fn attack_with(name: &str, parameters: &Parameters) -> Option<Arc<dyn Attack<f32>>> {
    Some(attacks::parse(name, parameters).unwrap())
}

fn pipeline(stages: &str) -> Pipeline {
    Pipeline::parse(stages, &Parameters::new()).unwrap()
}

fn dataset() -> data::Dataset {
    data::load(data::Name::Digits, None).unwrap()
}

/// Sign flipping against ARC, NNM and CWTM: 60 steps.
fn digits() -> RunSpec {
    RunSpec {
        f: 3,
        pipeline: pipeline("arc,nnm,cwtm"),
        attack: attack("sf"),
        evaluate_every: 25,
        ..dsgd()
    }
}

/// Nobody attacks.
fn dsgd() -> RunSpec {
    RunSpec::dsgd(data::Name::Digits, Partition::from(Extreme {}), 60).unwrap()
}

/// The evaluations of the whole run.
fn train(spec: RunSpec) -> Vec<Evaluation> {
    let evaluations = run(&ValidRun::new(spec).unwrap(), &dataset(), &mut ()).unwrap();
    without_times(evaluations)
}

fn without_times(mut evaluations: Vec<Evaluation>) -> Vec<Evaluation> {
    for evaluation in &mut evaluations {
        (evaluation.seconds, evaluation.spent) = (0.0, None);
    }
    evaluations
}

/// Every attack of the list, as it is by default and as papers use it.
fn every_attack() -> Vec<Arc<dyn Attack<f32>>> {
    let mut all = Vec::new();
    for attack in attacks::descriptions() {
        let required = attack.parameters.iter().filter(|one| one.default.is_none());
        let default = required.map(|one| (one.key, one.examples[0]));
        let usual = attack.usual.iter().copied();
        for parameters in [Parameters::from_iter(default), Parameters::from_iter(usual)] {
            let made = attacks::parse::<f32>(attack.name, &parameters).unwrap();
            let name = |one: &Arc<dyn Attack<f32>>| (one.description().name, one.parameters());
            if all.last().map(name) != Some(name(&made)) {
                all.push(made);
            }
        }
    }
    all
}
