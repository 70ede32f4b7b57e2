//! What observers see, and when they stop a run.

use std::ops::ControlFlow;

use training::{Observer, RunSpec, TrainError, ValidRun, Vectors, WeightDecayAt, run};

use super::{attack, dataset, digits};

/// Stops after so many steps.
struct StopAfter(usize);

impl Observer for StopAfter {
    fn step(&mut self, done: usize) -> ControlFlow<()> {
        if done < self.0 {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(())
    }
}

#[test]
fn an_observer_stops_a_run() {
    let valid = ValidRun::new(digits()).unwrap();
    let error = run(&valid, &dataset(), &mut StopAfter(7)).unwrap_err();
    assert!(matches!(error, TrainError::Stopped(7)), "{error}");
}

/// Repeats the server's steps from what each is said to have aggregated.
struct Follow {
    theta: Vec<f32>,
    steps: usize,
}

impl Observer for Follow {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn vectors(&mut self, vectors: &Vectors<'_>) {
        let d = vectors.theta.len();
        assert_eq!(vectors.honest.len(), 10 * d);
        assert_eq!(vectors.byzantine.len(), 3 * d);
        // Sign flipping.
        let sum: f32 = vectors.honest.iter().step_by(d).sum();
        assert!((vectors.byzantine[0] + sum / 10.0).abs() < 1e-6);
        let after = vectors.theta.iter().zip(vectors.aggregate);
        for (before, (after, aggregate)) in self.theta.iter().zip(after) {
            assert!((before - 0.1 * (aggregate + 1e-4 * before) - after).abs() < 1e-6);
        }
        self.theta = vectors.theta.to_vec();
        self.steps += 1;
    }
}

#[test]
fn an_observer_sees_the_vectors_of_each_step_from_the_initial_parameters_on() {
    let valid = ValidRun::new(RunSpec {
        steps: 5,
        ..digits()
    })
    .unwrap();
    let mut follow = Follow {
        theta: valid.initial_parameters(),
        steps: 0,
    };
    run(&valid, &dataset(), &mut follow).unwrap();
    assert_eq!(follow.steps, 5);
}

/// The vectors of the first step.
#[derive(Default)]
struct First {
    honest: Vec<f32>,
    byzantine: Vec<f32>,
}

impl Observer for First {
    fn step(&mut self, _done: usize) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn vectors(&mut self, vectors: &Vectors<'_>) {
        self.honest = vectors.honest.to_vec();
        self.byzantine = vectors.byzantine.to_vec();
    }
}

/// m_i = (1 − β)(g_i + λθ); what label flipping sends is the mean of g_i' + λθ.
#[test]
fn decay_on_the_worker_is_in_every_gradient_also_in_the_label_flipped_ones() {
    let spec = RunSpec {
        attack: attack("lf"),
        weight_decay_at: WeightDecayAt::Worker,
        ..digits()
    };
    let vectors_at = |weight_decay| {
        let spec = RunSpec {
            weight_decay,
            ..spec.clone()
        };
        let mut first = First::default();
        run(&ValidRun::new(spec).unwrap(), &dataset(), &mut first).unwrap_err();
        first
    };
    let (without, with) = (vectors_at(0.0), vectors_at(0.5));
    let theta = ValidRun::new(spec).unwrap().initial_parameters();
    let added = |with: &[f32], without: &[f32], factor: f32| {
        let rows = with.iter().zip(without).zip(theta.iter().cycle());
        for ((with, without), theta) in rows {
            assert!((with - without - factor * theta).abs() < 1e-6);
        }
    };
    added(&with.honest, &without.honest, 0.1 * 0.5);
    added(&with.byzantine, &without.byzantine, 0.5);
}
