//! The engines against one step that PyTorch computed in f64, which `scripts/golden/step.py` wrote
//! down: each worker's gradient with its own dropout and batch statistics, the mean one on flipped
//! labels, running statistics, evaluation.

use burn::tensor::{DType, Device};
use data::Samples;
use serde::Deserialize;
use training::engine::{Autodiff, Batch, Cohort, Engine, Rows, Theta};
use training::layers::{BatchNorm, Convolution, Dropout, Flatten, Layer, Linear, MaxPool, Relu};
use training::{Architecture, Network};

/// Of a tensor's gradient: relative to its norm.
const GRADIENT: f64 = 1e-5;
/// Of a mean loss: absolute.
const LOSS: f64 = 1e-6;
/// Of a running mean or variance: relative to 1 + its magnitude.
const STATISTICS: f64 = 1e-6;

#[derive(Deserialize)]
struct Golden {
    salt: u64,
    workers: usize,
    size: usize,
    seed: u64,
    step: u64,
    directions: u64,
    tensors: Vec<Tensor>,
    /// Per worker.
    losses: Vec<f64>,
    /// Per worker and tensor: the norm, then the product with each direction.
    gradients: Vec<Vec<Vec<f64>>>,
    /// Per tensor.
    flipped: Vec<Vec<f64>>,
    running_statistics: Vec<f64>,
    evaluation: Option<Evaluation>,
}

#[derive(Deserialize)]
struct Tensor {
    name: String,
    len: usize,
    centre: f32,
    spread: f32,
}

#[derive(Deserialize)]
struct Evaluation {
    count: usize,
    loss: f64,
    correct: usize,
}

/// The finaliser of SplitMix64.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Golden {
    /// The formula: purpose 0 is θ, 1 the images, 2 the labels, 3 + k direction k.
    fn words(&self, purpose: u64) -> impl Iterator<Item = u64> {
        let start = mix(self.salt << 8 | purpose);
        (0..).map(move |index| mix(start.wrapping_add(index)))
    }

    /// Multiples of 2^-19 in [-1, 1).
    fn units(&self, purpose: u64) -> impl Iterator<Item = f32> {
        let scale = (-19.0_f32).exp2();
        self.words(purpose)
            .map(move |word| (word >> 44) as f32 * scale - 1.0)
    }

    fn theta(&self) -> Vec<f32> {
        let ranges = self
            .tensors
            .iter()
            .flat_map(|tensor| std::iter::repeat_n((tensor.centre, tensor.spread), tensor.len));
        ranges
            .zip(self.units(0))
            .map(|((centre, spread), unit)| centre + spread * unit)
            .collect()
    }

    /// How far a gradient is from PyTorch's, and where most.
    fn off(&self, gradient: &[f32], golden: &[Vec<f64>], whose: &str) -> (f64, String) {
        let mut start = 0;
        assert_eq!(golden.len(), self.tensors.len());
        let errors = self.tensors.iter().zip(golden).map(|(tensor, golden)| {
            let range = start..start + tensor.len;
            start = range.end;
            let part = gradient[range.clone()].iter().map(|&x| f64::from(x));
            let norm = part.clone().map(|x| x * x).sum::<f64>().sqrt();
            let products = (0..self.directions).map(|direction| {
                let words = self.words(3 + direction).skip(range.start);
                let signed = part.clone().zip(words);
                signed
                    .map(|(x, word)| if word >> 63 == 0 { x } else { -x })
                    .sum()
            });
            let ours: Vec<f64> = [norm].into_iter().chain(products).collect();
            assert_eq!(ours.len(), golden.len());
            let errors = ours.iter().zip(golden).map(|(a, b)| (a - b).abs());
            let error = errors.max_by(f64::total_cmp).unwrap() / golden[0];
            (error, format!("{whose}, {}", tensor.name))
        });
        worst(errors.collect())
    }
}

fn worst(errors: Vec<(f64, String)>) -> (f64, String) {
    errors
        .into_iter()
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap()
}

/// Each with the place where it is largest.
struct Errors {
    gradient: (f64, String),
    loss: (f64, String),
    statistics: (f64, String),
}

/// The step that PyTorch did, from this θ.
fn errors(golden: &Golden, engine: &mut dyn Engine, theta: &[f32], pixels: usize) -> Errors {
    let (samples, d) = (golden.workers * golden.size, theta.len());
    let images: Vec<f32> = golden.units(1).take(samples * pixels).collect();
    let labels: Vec<u8> = golden
        .words(2)
        .take(samples)
        .map(|word| (word % 10) as u8)
        .collect();
    let (mut rows, mut flipped) = (vec![f32::NAN; golden.workers * d], vec![f32::NAN; d]);
    let (mut losses, mut total) = (Vec::new(), 0.0);
    let fresh = engine.running_statistics().to_vec();
    assert_eq!(golden.losses.len(), golden.workers);
    // The first worker alone, the first two and so on, so that each one's loss shows in the mean.
    for (workers, loss) in (1..).zip(&golden.losses) {
        engine.running_statistics_mut().copy_from_slice(&fresh);
        let batch = Batch {
            images: &images[..workers * golden.size * pixels],
            labels: &labels[..workers * golden.size],
            workers,
            size: golden.size,
            seed: golden.seed,
            step: golden.step,
        };
        let rows = Rows {
            values: &mut rows[..workers * d],
            keep: 0.0,
            scale: 1.0,
        };
        let ours = engine
            .gradients(Theta::shared(theta), &batch, rows, Some(&mut flipped))
            .unwrap();
        total += loss;
        losses.push((
            (ours - total / workers as f64).abs(),
            format!("{workers} workers"),
        ));
    }
    assert_eq!(golden.gradients.len(), golden.workers);
    let workers = rows.chunks_exact(d).zip(&golden.gradients).enumerate();
    let mut gradients: Vec<_> = workers
        .map(|(worker, (row, expected))| golden.off(row, expected, &format!("worker {worker}")))
        .collect();
    gradients.push(golden.off(&flipped, &golden.flipped, "flipped"));
    let statistics = engine.running_statistics();
    assert_eq!(statistics.len(), golden.running_statistics.len());
    let statistics = statistics
        .iter()
        .zip(&golden.running_statistics)
        .enumerate();
    let statistics = statistics.map(|(index, (&ours, expected))| {
        let error = (f64::from(ours) - expected).abs() / (1.0 + expected.abs());
        (error, format!("number {index}"))
    });
    let none = (0.0, "no batch normalisation".to_owned());
    Errors {
        gradient: worst(gradients),
        loss: worst(losses),
        statistics: worst(statistics.chain([none]).collect()),
    }
}

fn golden(name: &str) -> Golden {
    let path = format!("{}/tests/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn agree(name: &str, network: &Network, test: Option<&Samples>) {
    let golden = golden(name);
    let theta = golden.theta();
    assert_eq!(theta.len(), network.parameters());
    let pixels = network.input().iter().product();
    let mut engines: [(&str, Box<dyn Engine>); 2] = [
        ("cohort", Box::new(Cohort::new(network))),
        (
            "burn",
            Box::new(Autodiff::new(
                network.clone(),
                Device::flex(),
                DType::F64,
                1,
            )),
        ),
    ];
    for (engine_name, engine) in &mut engines {
        let Errors {
            gradient,
            loss,
            statistics,
        } = errors(&golden, &mut **engine, &theta, pixels);
        println!(
            "{name}, {engine_name}: gradient {gradient:?}, loss {loss:?}, statistics {statistics:?}"
        );
        assert!(
            gradient.0 <= GRADIENT,
            "{name}, {engine_name}: gradient {gradient:?}"
        );
        assert!(loss.0 <= LOSS, "{name}, {engine_name}: loss {loss:?}");
        assert!(
            statistics.0 <= STATISTICS,
            "{name}, {engine_name}: statistics {statistics:?}"
        );
        assert_eq!(golden.evaluation.is_some(), test.is_some());
        let (Some(expected), Some(test)) = (&golden.evaluation, test) else {
            continue;
        };
        let score = engine.evaluate(&theta, test, expected.count).unwrap();
        let error = (score.loss - expected.loss).abs();
        println!("{name}, {engine_name}: evaluation's loss {error:e}");
        assert!(
            error <= LOSS,
            "{name}, {engine_name}: evaluation's loss off by {error:e}"
        );
        let correct = (score.accuracy * expected.count as f64).round() as usize;
        assert_eq!(correct, expected.correct, "{name}, {engine_name}");
    }
}

#[test]
fn cnn_mnist() {
    agree("cnn-mnist", &Architecture::CnnMnist.network(), None);
}

#[test]
fn cnn_cifar() {
    agree("cnn-cifar", &Architecture::CnnCifar.network(), None);
}

#[test]
fn mlp_digits() {
    let digits = data::load(data::Name::Digits, None).unwrap();
    agree(
        "mlp-digits",
        &Architecture::MlpDigits.network(),
        Some(&digits.test),
    );
}

/// None of the paper's: evaluation with batch normalisation, on the only images that need no file.
#[test]
fn cnn_digits() {
    let convolution = |outputs| Convolution {
        outputs,
        kernel: 3,
        padding: 1,
    };
    let layers: [Layer; 10] = [
        convolution(6).into(),
        Relu {}.into(),
        BatchNorm {}.into(),
        convolution(8).into(),
        Relu {}.into(),
        BatchNorm {}.into(),
        MaxPool {}.into(),
        Dropout { probability: 0.25 }.into(),
        Flatten {}.into(),
        Linear { outputs: 10 }.into(),
    ];
    let digits = data::load(data::Name::Digits, None).unwrap();
    agree(
        "cnn-digits",
        &Network::new([1, 8, 8], &layers).unwrap(),
        Some(&digits.test),
    );
}

/// What the tolerances are worth: a weight of each tensor, changed by a thousandth of its range,
/// shows.
#[test]
fn a_changed_parameter_shows() {
    let golden = golden("mlp-digits");
    let network = Architecture::MlpDigits.network();
    let mut start = 0;
    for tensor in &golden.tensors {
        let mut theta = golden.theta();
        theta[start] += tensor.spread / 1000.0;
        start += tensor.len;
        let errors = errors(&golden, &mut Cohort::new(&network), &theta, 64);
        println!("{}: {:?}", tensor.name, errors.gradient);
        assert!(
            errors.gradient.0 > GRADIENT,
            "{}: {:?}",
            tensor.name,
            errors.gradient
        );
    }
}
