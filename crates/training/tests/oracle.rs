//! The CPU engine against one-worker-at-a-time automatic differentiation in f64: every layer of the
//! list alone and beside every other, and every network.

use burn::tensor::{DType, Device};
use data::rng::{Purpose, stream};
use rand::RngExt;
use training::engine::{Autodiff, Batch, Cohort, Engine, Rows, Score, Theta};
use training::layers::{Convolution, Flatten, Layer, Linear};
use training::{Architecture, Network};

/// Relative to the norm of what is compared.
const TOLERANCE: f64 = 1e-5;

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// How far these are apart relative to the oracle's norm, or to `least` where that is smaller.
fn close(ours: &[f32], oracle: &[f32], least: f64, what: &str) -> f64 {
    let pairs = ours.iter().zip(oracle);
    let apart = norm(pairs.map(|(&a, &b)| f64::from(a) - f64::from(b)));
    let size = norm(oracle.iter().map(|&b| f64::from(b)));
    assert!(
        apart <= TOLERANCE * size.max(least),
        "{what}: off by {apart:e}, of {size:e}"
    );
    match apart {
        0.0 => 0.0,
        _ => apart / size.max(least),
    }
}

/// Layer by layer, so that a small one cannot hide behind a large one. A gradient that vanishes, as
/// that of a bias before batch normalisation, is compared to a tenth of the whole.
fn gradients_close(network: &Network, ours: &[f32], oracle: &[f32], what: &str) -> f64 {
    let least = 0.1 * norm(oracle.iter().map(|&b| f64::from(b)));
    let layers = network.layers().iter();
    let ranges = layers.flat_map(|placed| {
        [&placed.weight, &placed.bias].map(|range| (placed.layer, range.clone()))
    });
    let errors = ranges.map(|(layer, range)| {
        let what = format!("{what}, {layer:?} at {range:?}");
        close(&ours[range.clone()], &oracle[range], least, &what)
    });
    errors.fold(0.0, f64::max)
}

/// Whether all workers hold the same parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hold {
    Same,
    TheirOwn,
}

/// Two steps with momentum and flipped labels through both engines; returns the CPU engine's
/// largest error.
fn agree(network: &Network, workers: usize, size: usize, hold: Hold) -> f64 {
    let input: usize = network.input().iter().product();
    let (d, classes) = (network.parameters(), network.classes());
    let mut rng = stream(7, Purpose::Initialisation, workers as u64, size as u64);
    let theta: Vec<f32> = match hold {
        Hold::Same => network.initialise(1.0, &mut rng),
        Hold::TheirOwn => {
            let each = (0..workers).flat_map(|_| network.initialise(1.0, &mut rng));
            each.collect()
        }
    };
    let theta = match hold {
        Hold::Same => Theta::shared(&theta),
        Hold::TheirOwn => Theta::per_worker(&theta, d),
    };
    let images: Vec<f32> = (0..workers * size * input)
        .map(|_| rng.random::<f32>() * 2.0 - 1.0)
        .collect();
    let labels: Vec<u8> = (0..workers * size)
        .map(|_| rng.random_range(0..classes as u8))
        .collect();

    let autodiff = |at_once| Autodiff::new(network.clone(), Device::flex(), DType::F64, at_once);
    let mut engines: [Box<dyn Engine>; 3] = [
        Box::new(Cohort::new(network)),
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
            let loss = engine.gradients(theta, &batch, rows, Some(&mut flipped));
            losses.push(loss.unwrap() as f32);
        }
        (rows, flipped, losses, engine.running_statistics().to_vec())
    });
    let layers: Vec<_> = network.layers().iter().map(|placed| placed.layer).collect();
    let errors = [("cohort", cohort), ("grouped", grouped)].map(|(name, ours)| {
        let what = format!("{name}, {layers:?}, {workers} × {size}, {hold:?}");
        let mut largest = 0.0_f64;
        for worker in 0..workers {
            let row = worker * d..(worker + 1) * d;
            let what = format!("{what}, worker {worker}");
            let (ours, oracle) = (&ours.0[row.clone()], &oracle.0[row]);
            largest = largest.max(gradients_close(network, ours, oracle, &what));
        }
        let flipped = format!("{what}, flipped");
        largest = largest.max(gradients_close(network, &ours.1, &oracle.1, &flipped));
        close(&ours.2, &oracle.2, 0.0, &format!("{what}, loss"));
        close(
            &ours.3,
            &oracle.3,
            0.0,
            &format!("{what}, running statistics"),
        );
        largest
    });
    errors[0]
}

/// Little networks with these layers next to each other: among images and among features, as far as
/// they fit, and with parameters before and after them.
fn around(image: [usize; 3], layers: &[Layer]) -> Vec<Network> {
    let convolution: Layer = Convolution {
        outputs: 3,
        kernel: 3,
        padding: 1,
    }
    .into();
    let [flatten, narrow, last]: [Layer; 3] = [
        Flatten {}.into(),
        Linear { outputs: 8 }.into(),
        Linear { outputs: 10 }.into(),
    ];
    let mut networks = Vec::new();
    for before in [&[convolution][..], &[flatten, narrow]] {
        for after in [&[last][..], &[flatten, last]] {
            networks.extend(Network::new(image, &[before, layers, after].concat()));
        }
    }
    networks
}

#[test]
fn each_layer_at_batch_sizes_1_to_50() {
    for layer in Layer::examples() {
        let networks = around([2, 7, 9], &[layer]);
        assert!(!networks.is_empty(), "{layer:?} fits nowhere");
        let mut largest = 0.0_f64;
        for network in &networks {
            for (workers, size) in [(1, 2), (3, 1), (4, 7), (2, 25), (1, 50)] {
                largest = largest.max(agree(network, workers, size, Hold::Same));
            }
            largest = largest.max(agree(network, 3, 4, Hold::TheirOwn));
        }
        println!("{layer:?}: off by at most {largest:.1e} of the norm");
    }
}

#[test]
fn each_layer_beside_each_other() {
    for first in Layer::examples() {
        for second in Layer::examples() {
            for network in around([2, 7, 9], &[first, second]) {
                agree(&network, 2, 3, Hold::Same);
            }
        }
    }
}

#[test]
fn each_network_of_the_list() {
    for &architecture in Architecture::ALL {
        let network = architecture.network();
        let largest = agree(&network, 2, 5, Hold::Same);
        println!("{architecture}: off by at most {largest:.1e} of the norm");
    }
}

/// The first digits, as mini-batches.
struct Digits {
    dataset: data::Dataset,
    images: Vec<f32>,
}

impl Digits {
    const WORKERS: usize = 3;
    const SIZE: usize = 5;

    fn load() -> Self {
        let dataset = data::load(data::Name::Digits, None).unwrap();
        let indices: Vec<usize> = (0..Self::WORKERS * Self::SIZE).collect();
        let mut images = vec![0.0; indices.len() * 64];
        dataset.train.fill(&indices, &mut images);
        Self { dataset, images }
    }

    /// The gradients and the loss of a step, the score after it, and the running statistics.
    fn step(
        &self,
        network: &Network,
        engine: &mut dyn Engine,
        step: u64,
    ) -> (Vec<f32>, f64, Score, Vec<f32>) {
        let theta = network.initialise(1.0, &mut stream(7, Purpose::Initialisation, 0, 0));
        let mut rows = vec![0.0; Self::WORKERS * theta.len()];
        let batch = Batch {
            images: &self.images,
            labels: &self.dataset.train.labels()[..Self::WORKERS * Self::SIZE],
            workers: Self::WORKERS,
            size: Self::SIZE,
            seed: 3,
            step,
        };
        let into = Rows {
            values: &mut rows,
            keep: 0.0,
            scale: 1.0,
        };
        let loss = engine.gradients(Theta::shared(&theta), &batch, into, None);
        let score = engine.evaluate(&theta, &self.dataset.test, 60).unwrap();
        (
            rows,
            loss.unwrap(),
            score,
            engine.running_statistics().to_vec(),
        )
    }
}

/// What a checkpoint relies on: but for θ and the rows, the running statistics are all of an
/// engine.
#[test]
fn an_engine_goes_on_from_the_running_statistics_of_another() {
    let digits = Digits::load();
    type New = fn(&Network) -> Box<dyn Engine>;
    let new: [New; 2] = [
        |network| Box::new(Cohort::new(network)),
        |network| {
            let device = Device::flex();
            Box::new(Autodiff::new(network.clone(), device, DType::F32, 2))
        },
    ];
    for layer in Layer::examples() {
        for (network, new) in around([1, 8, 8], &[layer])
            .iter()
            .flat_map(|network| new.map(|new| (network, new)))
        {
            let (mut whole, mut resumed) = (new(network), new(network));
            let (_, _, _, statistics) = digits.step(network, &mut *whole, 0);
            let moved = statistics != resumed.running_statistics();
            assert_eq!(moved, !statistics.is_empty());
            let to = resumed.running_statistics_mut();
            to.copy_from_slice(&statistics);
            assert_eq!(
                digits.step(network, &mut *resumed, 1),
                digits.step(network, &mut *whole, 1)
            );
        }
    }
}

/// Without dropout, and with running statistics that have moved.
#[test]
fn engines_score_alike() {
    let digits = Digits::load();
    for layer in Layer::examples() {
        for network in around([1, 8, 8], &[layer]) {
            let mut ours = Cohort::new(&network);
            let mut oracle = Autodiff::new(network.clone(), Device::flex(), DType::F64, 1);
            let (_, _, ours, _) = digits.step(&network, &mut ours, 0);
            let (_, _, oracle, _) = digits.step(&network, &mut oracle, 0);
            assert!(
                (ours.loss - oracle.loss).abs() <= TOLERANCE * oracle.loss,
                "{layer:?}: {ours:?}, not {oracle:?}"
            );
        }
    }
}

/// What docs/devices.md states: θ after 20 steps, relative to how far it went.
#[test]
fn engines_end_20_steps_at_the_same_parameters() {
    let network = Architecture::CnnMnist.network();
    let (workers, size, d) = (3, 4, network.parameters());
    let mut rng = stream(7, Purpose::Initialisation, 0, 0);
    let start = network.initialise(1.0, &mut rng);
    let images: Vec<f32> = (0..20 * workers * size * 784)
        .map(|_| rng.random())
        .collect();
    let labels: Vec<u8> = (0..20 * workers * size)
        .map(|_| rng.random_range(0..10))
        .collect();
    let on = |device| Autodiff::new(network.clone(), device, DType::F32, workers);
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(Cohort::new(&network)),
        Box::new(on(Device::flex())),
    ];
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
            engine
                .gradients(Theta::shared(&theta), &batch, momenta, None)
                .unwrap();
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
