//! A network's layers as the CPU engine runs them.

use super::kernel::Kernel;
use crate::layers::{Commutes, Shape};
use crate::networks::{Network, Placed};

/// A layer with its kernel.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) placed: Placed,
    pub(super) kernel: Kernel,
    /// Which activations it reads, and which it writes: the same where it works in place.
    pub(super) reads: usize,
    pub(super) writes: usize,
}

/// The stages in the order in which they are computed.
pub(super) fn stages(network: &Network) -> Vec<Stage> {
    let mut writes = 0;
    let layers = exchanged(network.layers().to_vec()).into_iter();
    let stages = layers.map(|placed| {
        let kernel = placed
            .layer
            .definition()
            .kernel(placed.input, placed.output);
        let reads = writes;
        writes += match kernel {
            Kernel::InPlace(_) => 0,
            Kernel::OutOfPlace(_) => 1,
        };
        Stage {
            placed,
            kernel,
            reads,
            writes,
        }
    });
    stages.collect()
}

/// Of two neighbours that commute, the one first that leaves less to the other.
fn exchanged(mut layers: Vec<Placed>) -> Vec<Placed> {
    for index in 1..layers.len() {
        let [first, second] = [index - 1, index].map(|at| layers[at].layer.definition().commutes());
        if (first, second) == (Commutes::Monotone, Commutes::Selection) {
            let output = layers[index].output;
            (layers[index - 1].input, layers[index - 1].output) = (output, output);
            layers.swap(index - 1, index);
        }
    }
    layers
}

/// Most numbers that any of these stages has for a sample.
pub(super) fn largest(stages: &[Stage]) -> usize {
    let sizes = stages
        .iter()
        .flat_map(|stage| [stage.placed.input, stage.placed.output]);
    sizes.map(Shape::size).max().unwrap_or(0)
}
