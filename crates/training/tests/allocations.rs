//! The CPU engine allocates nothing per step, once its buffers are there.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use data::rng::{Purpose, stream};
use training::Network;
use training::engine::{Batch, Cohort, Engine, Rows, Theta};
use training::layers::{BatchNorm, Convolution, Dropout, Flatten, MaxPool, Relu};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is passed on to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Every layer but the linear one, whose products are made in buffers of the `gemm` crate.
fn network() -> Network {
    let convolution = |outputs| Convolution {
        outputs,
        kernel: 3,
        padding: 1,
    };
    let layers = [
        convolution(16).into(),
        Relu {}.into(),
        BatchNorm {}.into(),
        // Mostly zeros come back to this one, and its patches are long: the sparse way.
        convolution(5).into(),
        Relu {}.into(),
        MaxPool {}.into(),
        Dropout { probability: 0.25 }.into(),
        Flatten {}.into(),
    ];
    Network::new([3, 7, 8], &layers).unwrap()
}

#[test]
fn a_step_allocates_nothing() {
    let network = network();
    let (d, [workers, size]) = (network.parameters(), [2, 3]);
    let theta = network.initialise(1.0, &mut stream(1, Purpose::Initialisation, 0, 0));
    let images: Vec<f32> = (0..workers * size * 3 * 7 * 8)
        .map(|pixel| (pixel as f32).sin())
        .collect();
    let labels = vec![3; workers * size];
    let (mut rows, mut flipped) = (vec![0.0; workers * d], vec![0.0; d]);
    let mut engine = Cohort::new(&network);
    let mut before = 0;
    for step in 0..3 {
        before = ALLOCATIONS.load(Ordering::Relaxed);
        let batch = Batch {
            images: &images,
            labels: &labels,
            workers,
            size,
            seed: 1,
            step,
        };
        let rows = Rows {
            values: &mut rows,
            keep: 0.9,
            scale: 0.1,
        };
        let theta = Theta::shared(&theta);
        engine
            .gradients(theta, &batch, rows, Some(&mut flipped))
            .unwrap();
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
}
