//! The cohort engine against one-worker-at-a-time automatic differentiation in f64.

use burn::tensor::{DType, Device};
use data::rng::{Purpose, stream};
use rand::RngExt;
use training::Architecture;
use training::autodiff::Autodiff;
use training::cohort::Cohort;
use training::engine::{Batch, Engine, Rows};
use training::model::{Layer, Model};

/// Relative to the norm of what is compared.
const TOLERANCE: f64 = 1e-5;

fn assert_close(ours: &[f32], oracle: &[f32], what: &str) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let scale = norm(&mut oracle.iter().map(|&b| f64::from(b)));
    let error = norm(
        &mut ours
            .iter()
            .zip(oracle)
            .map(|(&a, &b)| f64::from(a) - f64::from(b)),
    );
    assert!(
        error <= TOLERANCE * scale,
        "{what}: off by {error:e} of {scale:e}"
    );
}

/// Layer by layer, so that a small one cannot hide behind a large one.
fn assert_gradients_close(model: &Model, ours: &[f32], oracle: &[f32], what: &str) {
    for placed in model.layers() {
        for range in [placed.weight.clone(), placed.bias.clone()] {
            let what = format!("{what}, {:?} at {range:?}", placed.layer);
            assert_close(&ours[range.clone()], &oracle[range], &what);
        }
    }
}

/// Two steps with momentum and flipped labels through both engines.
fn agree(model: &Model, workers: usize, size: usize) {
    let input: usize = model.layers()[0].input.iter().product();
    let (d, classes) = (model.parameters(), model.classes());
    let mut rng = stream(7, Purpose::Initialisation, workers as u64, size as u64);
    let theta = model.initialise(1.0, &mut rng);
    let images: Vec<f32> = (0..workers * size * input)
        .map(|_| rng.random::<f32>() * 2.0 - 1.0)
        .collect();
    let labels: Vec<u8> = (0..workers * size)
        .map(|_| rng.random_range(0..classes as u8))
        .collect();

    let autodiff = |at_once| Autodiff::new(model.clone(), Device::flex(), DType::F64, at_once);
    let mut engines: [Box<dyn Engine>; 3] = [
        Box::new(Cohort::new(model)),
        Box::new(autodiff(3)),
        Box::new(autodiff(1)),
    ];
    let [cohort, grouped, oracle] = engines.each_mut().map(|engine| {
        let (mut rows, mut flipped) = (vec![f32::NAN; workers * d], vec![f32::NAN; d]);
        let mut losses = Vec::new();
        for step in 0..2 {
            let batch = Batch {
                images: &images,
                labels: &labels,
                workers,
                size,
                seed: 3,
                step,
            };
            let keep = if step == 0 { 0.0 } else { 0.9 };
            let rows = Rows {
                values: &mut rows,
                keep,
                scale: 0.1,
            };
            losses.push(
                engine
                    .gradients(&theta, &batch, rows, Some(&mut flipped))
                    .unwrap() as f32,
            );
        }
        (rows, flipped, losses, engine.running_statistics().to_vec())
    });
    let layers: Vec<_> = model.layers().iter().map(|placed| placed.layer).collect();
    for (name, ours) in [("cohort", cohort), ("grouped", grouped)] {
        let what = format!("{name}, {layers:?}, {workers} × {size}");
        for worker in 0..workers {
            let row = worker * d..(worker + 1) * d;
            let what = format!("{what}, worker {worker}");
            assert_gradients_close(model, &ours.0[row.clone()], &oracle.0[row], &what);
        }
        assert_gradients_close(model, &ours.1, &oracle.1, &format!("{what}, flipped"));
        assert_close(&ours.2, &oracle.2, &format!("{what}, loss"));
        assert_close(&ours.3, &oracle.3, &format!("{what}, running statistics"));
    }
}

#[test]
fn each_kind_of_layer_at_batch_sizes_1_to_50() {
    use Layer::{BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Relu};
    let linear = Linear { outputs: 5 };
    let valid = Conv2d {
        outputs: 4,
        kernel: 3,
        padding: 0,
    };
    let padded = Conv2d {
        outputs: 3,
        kernel: 3,
        padding: 1,
    };
    let networks: [&[Layer]; 7] = [
        &[Flatten, linear],
        &[Flatten, Linear { outputs: 9 }, Relu, linear],
        &[valid, Flatten, linear],
        &[padded, Relu, padded, Relu, Flatten, linear],
        &[valid, Relu, MaxPool2d, Flatten, linear],
        &[
            padded,
            Relu,
            BatchNorm2d,
            padded,
            Relu,
            BatchNorm2d,
            MaxPool2d,
            Flatten,
            linear,
        ],
        &[
            padded,
            Relu,
            Dropout(0.25),
            Flatten,
            Linear { outputs: 9 },
            Relu,
            Dropout(0.5),
            linear,
        ],
    ];
    for layers in networks {
        let model = Model::new([2, 7, 9], layers);
        for (workers, size) in [(1, 2), (3, 1), (4, 7), (2, 25), (1, 50)] {
            agree(&model, workers, size);
        }
    }
}

#[test]
fn the_papers_networks() {
    agree(&Architecture::MlpDigits.model(), 10, 25);
    agree(&Architecture::CnnMnist.model(), 2, 25);
    agree(&Architecture::CnnCifar.model(), 2, 4);
}

/// What a checkpoint relies on: but for θ and the rows, the running statistics are all of an engine.
#[test]
fn an_engine_goes_on_from_anothers_running_statistics() {
    use Layer::{BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Relu};
    let conv = Conv2d {
        outputs: 4,
        kernel: 3,
        padding: 1,
    };
    let dropout = Dropout(0.25);
    let linear = Linear { outputs: 10 };
    let layers = [
        conv,
        Relu,
        BatchNorm2d,
        conv,
        Relu,
        MaxPool2d,
        dropout,
        Flatten,
        linear,
    ];
    let model = Model::new([1, 8, 8], &layers);
    let digits = data::load(data::Name::Digits, None).unwrap();
    let theta = model.initialise(1.0, &mut stream(7, Purpose::Initialisation, 0, 0));
    let (workers, size, d) = (3, 5, model.parameters());
    let indices: Vec<usize> = (0..workers * size).collect();
    let mut images = vec![0.0; workers * size * 64];
    digits.train.fill(&indices, &mut images);
    let step = |engine: &mut dyn Engine, step| {
        let mut rows = vec![0.0; workers * d];
        let batch = Batch {
            images: &images,
            labels: &digits.train.labels()[..workers * size],
            workers,
            size,
            seed: 3,
            step,
        };
        let into = Rows {
            values: &mut rows,
            keep: 0.0,
            scale: 1.0,
        };
        let loss = engine.gradients(&theta, &batch, into, None).unwrap();
        let score = engine.evaluate(&theta, &digits.test, 50).unwrap();
        (rows, loss, score, engine.running_statistics().to_vec())
    };
    type New = fn(&Model) -> Box<dyn Engine>;
    let new: [New; 2] = [
        |model| Box::new(Cohort::new(model)),
        |model| Box::new(Autodiff::new(model.clone(), Device::flex(), DType::F32, 2)),
    ];
    for new in new {
        let (mut whole, mut resumed) = (new(&model), new(&model));
        let (_, _, _, statistics) = step(&mut *whole, 0);
        assert_ne!(statistics, resumed.running_statistics());
        resumed
            .running_statistics_mut()
            .copy_from_slice(&statistics);
        assert_eq!(step(&mut *resumed, 1), step(&mut *whole, 1));
    }
}

/// What docs/devices.md states: θ after 20 steps, relative to how far it went.
#[test]
fn engines_end_20_steps_at_the_same_parameters() {
    let model = Architecture::CnnMnist.model();
    let (workers, size, d) = (3, 4, model.parameters());
    let mut rng = stream(7, Purpose::Initialisation, 0, 0);
    let start = model.initialise(1.0, &mut rng);
    let images: Vec<f32> = (0..20 * workers * size * 784)
        .map(|_| rng.random())
        .collect();
    let labels: Vec<u8> = (0..20 * workers * size)
        .map(|_| rng.random_range(0..10))
        .collect();
    let on = |device| Autodiff::new(model.clone(), device, DType::F32, workers);
    let mut engines: Vec<Box<dyn Engine>> =
        vec![Box::new(Cohort::new(&model)), Box::new(on(Device::flex()))];
    #[cfg(feature = "tch")]
    engines.push(Box::new(on(Device::libtorch())));
    #[cfg(feature = "cuda")]
    engines.push(Box::new(on(Device::cuda(0))));
    let mut ends = engines.iter_mut().map(|engine| {
        let (mut theta, mut rows) = (start.clone(), vec![0.0; workers * d]);
        for step in 0..20 {
            let samples = step * workers * size..(step + 1) * workers * size;
            let batch = Batch {
                images: &images[samples.start * 784..samples.end * 784],
                labels: &labels[samples],
                workers,
                size,
                seed: 3,
                step: step as u64,
            };
            let momenta = Rows {
                values: &mut rows,
                keep: 0.9,
                scale: 0.1,
            };
            engine.gradients(&theta, &batch, momenta, None).unwrap();
            for row in rows.chunks(d) {
                let rate = 0.1 / workers as f32;
                theta.iter_mut().zip(row).for_each(|(x, m)| *x -= rate * m);
            }
        }
        theta
    });
    let distance = |a: &[f32], b: &[f32]| {
        let squares = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let ours = ends.next().unwrap();
    let gone = distance(&ours, &start);
    for other in ends {
        let apart = distance(&ours, &other);
        println!("{apart:e} apart after {gone:e}");
        assert!(apart <= 1e-4 * gone, "{apart:e} apart after {gone:e}");
    }
}
