//! One step: draw, gradients, attack, aggregate, update.

use std::time::Instant;

use attacks::View;
use data::Dataset;
use data::rng::{Purpose, stream};
use rand::Rng;
use robust_core::{Gradients, Round, Trace};

use super::batches::MiniBatches;
use super::{RunSpec, Spent, StepTime, ValidRun, Vectors, WeightDecayAt};
use crate::TrainError;
use crate::engine::{Engine, Rows, Theta};

/// A run between two steps.
pub(super) struct State<'a> {
    pub(super) run: &'a ValidRun,
    pub(super) dataset: &'a Dataset,
    pub(super) engine: Box<dyn Engine>,
    batches: MiniBatches<'a>,
    /// Steps done.
    pub(super) done: usize,
    /// θ, `[d]`.
    pub(super) theta: Vec<f32>,
    /// What the workers send, `[n, d]`: the honest ones' momenta, then the Byzantine vectors.
    pub(super) rows: Vec<f32>,
    /// Mean of the honest gradients on flipped labels, `[d]`, for the attack that needs it.
    flipped: Option<Vec<f32>>,
    /// What the attack remembers.
    pub(super) memory: Vec<f64>,
    /// F(m_1, …, m_n), `[d]`.
    pub(super) aggregate: Vec<f32>,
    /// Sum and number of the losses since the last evaluation.
    pub(super) losses: (f64, usize),
    pub(super) last: Option<Last>,
    pub(super) spent: Spent,
}

/// What is known of the last step.
pub(super) struct Last {
    pub(super) trace: Trace,
    pub(super) tau: Option<f64>,
}

impl<'a> State<'a> {
    /// Before the first step.
    pub(super) fn new(run: &'a ValidRun, dataset: &'a Dataset) -> Result<Self, TrainError> {
        Self::with_engine(run, dataset, run.engine()?)
    }

    fn with_engine(
        run: &'a ValidRun,
        dataset: &'a Dataset,
        engine: Box<dyn Engine>,
    ) -> Result<Self, TrainError> {
        let spec = run.spec();
        let parts = run.split(dataset)?;
        let theta = run.initial_parameters();
        let d = theta.len();
        let attack = spec.attack.as_ref();
        Ok(Self {
            run,
            dataset,
            engine,
            batches: MiniBatches::new(
                &dataset.train,
                parts,
                spec.batch,
                spec.augmentation,
                spec.seed,
            ),
            done: 0,
            theta,
            rows: vec![0.0; (spec.honest + spec.f) * d],
            flipped: attack
                .is_some_and(|attack| attack.needs_flipped())
                .then(|| vec![0.0; d]),
            memory: vec![0.0; attack.map_or(0, |attack| attack.memory_len(d))],
            aggregate: vec![0.0; d],
            losses: (0.0, 0),
            last: None,
            spent: Spent::default(),
        })
    }

    pub(super) fn spec(&self) -> &'a RunSpec {
        self.run.spec()
    }

    pub(super) fn step(&mut self) -> Result<StepTime, TrainError> {
        let (spec, d) = (self.run.spec(), self.theta.len());
        let start = Instant::now();
        self.add_gradients()?;
        let computed = Instant::now();
        let seed = stream(spec.seed, Purpose::Bucketing, 0, self.done as u64).next_u64();
        let round = Round { f: spec.f, seed };
        let (honest, byzantine) = self.rows.split_at_mut(spec.honest * d);
        let honest = Gradients::new(honest, spec.honest, d)?;
        let viewed = Instant::now();
        let mut tau = None;
        if let Some(attack) = &spec.attack {
            let view = View {
                honest: &honest,
                flipped: self.flipped.as_deref(),
                pipeline: &spec.pipeline,
                round,
            };
            let mut rng = stream(spec.seed, Purpose::Attack, 0, self.done as u64);
            tau = attack
                .forge(&view, &mut self.memory, &mut rng, byzantine)?
                .tau;
        }
        let forged = Instant::now();
        let sent = honest.with_rows(byzantine)?;
        let trace = spec.pipeline.aggregate(&sent, round, &mut self.aggregate)?;
        self.last = Some(Last { trace, tau });
        let aggregated = Instant::now();
        self.update();
        self.done += 1;
        let time = StepTime {
            gradients: computed - start,
            attack: forged - viewed,
            aggregation: (viewed - computed) + (aggregated - forged),
            update: aggregated.elapsed(),
        };
        self.spent.add(&time);
        Ok(time)
    }

    /// Draws the mini-batches, and folds their gradients into the honest workers' momenta.
    fn add_gradients(&mut self) -> Result<(), TrainError> {
        let (spec, d) = (self.run.spec(), self.theta.len());
        let honest = &mut self.rows[..spec.honest * d];
        let (keep, scale) = (spec.momentum as f32, (1.0 - spec.momentum) as f32);
        let batch = self.batches.draw(self.done);
        let rows = Rows {
            values: honest,
            keep,
            scale,
        };
        let loss = self.engine.gradients(
            Theta::shared(&self.theta),
            &batch,
            rows,
            self.flipped.as_deref_mut(),
        )?;
        self.losses = (self.losses.0 + loss, self.losses.1 + 1);
        if spec.weight_decay_at == WeightDecayAt::Worker && spec.weight_decay > 0.0 {
            let lambda = spec.weight_decay as f32;
            decay(honest, &self.theta, scale * lambda);
            // What label flipping sends has no momentum.
            if let Some(flipped) = &mut self.flipped {
                decay(flipped, &self.theta, lambda);
            }
        }
        Ok(())
    }

    /// The server's step.
    fn update(&mut self) {
        let spec = self.run.spec();
        let decays = spec
            .learning_rate_milestones
            .iter()
            .filter(|&&at| self.done >= at)
            .count();
        let decay = spec
            .learning_rate_factor
            .powi(i32::try_from(decays).unwrap_or(i32::MAX));
        let rate = (spec.learning_rate * decay) as f32;
        let lambda = match spec.weight_decay_at {
            WeightDecayAt::Server => spec.weight_decay as f32,
            WeightDecayAt::Worker => 0.0,
        };
        for (theta, aggregate) in self.theta.iter_mut().zip(&self.aggregate) {
            *theta -= rate * (aggregate + lambda * *theta);
        }
    }

    /// What the last step computed.
    pub(super) fn vectors(&self) -> Vectors<'_> {
        let (honest, byzantine) = self.rows.split_at(self.spec().honest * self.theta.len());
        Vectors {
            theta: &self.theta,
            honest,
            byzantine,
            aggregate: &self.aggregate,
        }
    }
}

/// Adds `factor`·θ to each row.
fn decay(rows: &mut [f32], theta: &[f32], factor: f32) {
    for row in rows.chunks_exact_mut(theta.len()) {
        row.iter_mut()
            .zip(theta)
            .for_each(|(value, theta)| *value += factor * theta);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use attacks::LabelFlipping;
    use data::Samples;
    use data::partition::{Iid, Partition};
    use robust_core::Pipeline;
    use robust_core::aggregators::Mean;

    use super::*;
    use crate::engine::{Batch, Score};

    /// A loss whose gradient is 1 in every coordinate, and 2 on flipped labels.
    struct Linear;

    impl Engine for Linear {
        fn gradients(
            &mut self,
            _theta: Theta<'_>,
            _batch: &Batch<'_>,
            rows: Rows<'_>,
            flipped: Option<&mut [f32]>,
        ) -> Result<f64, TrainError> {
            for value in rows.values {
                *value = rows.keep * *value + rows.scale;
            }
            if let Some(flipped) = flipped {
                flipped.fill(2.0);
            }
            Ok(0.0)
        }

        fn evaluate(&mut self, _: &[f32], _: &Samples, _: usize) -> Result<Score, TrainError> {
            unreachable!("steps evaluate nothing")
        }

        fn running_statistics(&self) -> &[f32] {
            &[]
        }

        fn running_statistics_mut(&mut self) -> &mut [f32] {
            &mut []
        }
    }

    /// θ, an honest momentum and the Byzantine vector after each of two steps: every coordinate is
    /// the same.
    fn two_steps(weight_decay_at: WeightDecayAt) -> [[f32; 3]; 2] {
        let spec = RunSpec {
            honest: 3,
            f: 1,
            pipeline: Pipeline::from(Mean),
            attack: Some(Arc::new(LabelFlipping)),
            init_scale: 0.0,
            weight_decay: 0.5,
            weight_decay_at,
            ..RunSpec::dsgd(data::Name::Digits, Partition::from(Iid {}), 2).unwrap()
        };
        let run = ValidRun::new(spec).unwrap();
        let dataset = data::load(data::Name::Digits, None).unwrap();
        let mut state = State::with_engine(&run, &dataset, Box::new(Linear)).unwrap();
        [(); 2].map(|()| {
            state.step().unwrap();
            let vectors = state.vectors();
            let rows = [vectors.theta, vectors.honest, vectors.byzantine];
            rows.map(|row| {
                assert!(row.iter().all(|value| value.to_bits() == row[0].to_bits()));
                row[0]
            })
        })
    }

    fn assert_close(found: [[f32; 3]; 2], expected: [[f32; 3]; 2]) {
        let pairs = found.as_flattened().iter().zip(expected.as_flattened());
        for (found_one, expected_one) in pairs {
            let close = (found_one - expected_one).abs() < 1e-6;
            assert!(close, "{found:?}, expected {expected:?}");
        }
    }

    /// β = 0.9, γ = 0.1, λ = 0.5. Step 1, at θ = 0, is the same for both: m = 0.1, the attack sends
    /// 2, their mean is (3·0.1 + 2)/4 = 0.575, so θ = −0.0575. There λθ = −0.02875.
    #[test]
    fn two_steps_by_hand() {
        // m = 0.9·0.1 + 0.1·(1 − 0.02875) = 0.187125; attack 2 − 0.02875 = 1.97125;
        // mean 0.63315625; θ = −0.0575 − 0.063315625.
        let worker = [[-0.0575, 0.1, 2.0], [-0.120_815_63, 0.187_125, 1.971_25]];
        assert_close(two_steps(WeightDecayAt::Worker), worker);
        // m = 0.9·0.1 + 0.1 = 0.19; attack 2; mean 0.6425; θ = −0.0575 − 0.1·(0.6425 − 0.02875).
        let server = [[-0.0575, 0.1, 2.0], [-0.118_875, 0.19, 2.0]];
        assert_close(two_steps(WeightDecayAt::Server), server);
    }
}
