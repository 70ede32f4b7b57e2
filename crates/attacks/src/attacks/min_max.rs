use std::fmt;

use robust_core::Geometry;

use super::*;
use crate::moments::moments;
use crate::search::mean_weights;

/// Min-Max, `min-max`: every Byzantine worker sends `μ + γp`, with μ the mean of the honest
/// vectors, p a direction, and γ the largest factor for which no honest vector is farther from it
/// than two honest vectors are from each other: `max_i ‖μ + γp − x_i‖ ≤ max_{i,j} ‖x_i − x_j‖`.
///
/// | parameter | default | purpose | range |
/// |---|---|---|---|
/// | `direction` | `unit` | p | `unit`: −μ/‖μ‖, `std`: −σ, `sign`: −sign(μ) |
///
/// σ is the coordinate-wise sample standard deviation. γ is the least of the n − f roots of
/// `‖p‖²γ² + 2⟨μ − x_i, p⟩γ + ‖μ − x_i‖² = max_{i,j} ‖x_i − x_j‖²`. Needs two honest vectors.
/// O(n²d).
///
/// The attackers know the honest vectors and nothing of the pipeline. Shejwalkar and Houmansadr,
/// *Manipulating the Byzantine*, NDSS 2021, who find γ by bisection.
///
/// ```
/// use attacks::{Attack, MinMax, View};
/// use rand::SeedableRng;
/// use robust_core::aggregators::TrimmedMean;
/// use robust_core::{Gradients, Pipeline, Round};
///
/// let view = View {
///     honest: &Gradients::new(&[1.0_f64, 2.0, 6.0], 3, 1)?,
///     flipped: None,
///     pipeline: &Pipeline::from(TrimmedMean),
///     round: Round { f: 1, seed: 1 },
/// };
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
/// let mut forged = [0.0];
/// MinMax::default().forge(&view, &mut [], &mut rng, &mut forged)?;
/// assert!((forged[0] - 1.0).abs() < 1e-12); // 5 from 6, as 1 is
/// # Ok::<(), attacks::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MinMax {
    direction: Direction,
}

/// Where the attack goes from the mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Direction {
    #[default]
    Unit,
    Deviation,
    Sign,
}

impl Direction {
    const ALL: [Self; 3] = [Self::Unit, Self::Deviation, Self::Sign];
}

impl fmt::Display for Direction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Unit => "unit",
            Self::Deviation => "std",
            Self::Sign => "sign",
        })
    }
}

const DIRECTION: Parameter = Parameter {
    key: "direction",
    default: Some("unit"),
    range: "`unit`, `std` or `sign`",
    purpose: "p: −μ/‖μ‖, −σ or −sign(μ)",
    examples: &["std", "sign"],
};

pub(super) static DESCRIPTION: Description = Description {
    name: "min-max",
    label: "Min-Max",
    title: "min-max",
    byzfl: None,
    formula: "μ + γp with the largest γ for which max_i ‖μ + γp − x_i‖ ≤ max_{i,j} ‖x_i − x_j‖",
    source: "Shejwalkar and Houmansadr, Manipulating the Byzantine, NDSS 2021",
    parameters: &[DIRECTION],
    usual: &[],
};

impl MinMax {
    /// Along −μ/‖μ‖.
    #[must_use]
    pub fn unit() -> Self {
        Self::along(Direction::Unit)
    }

    /// Along −σ.
    #[must_use]
    pub fn deviation() -> Self {
        Self::along(Direction::Deviation)
    }

    /// Along −sign(μ), coordinate by coordinate.
    #[must_use]
    pub fn sign() -> Self {
        Self::along(Direction::Sign)
    }

    fn along(direction: Direction) -> Self {
        Self { direction }
    }

    pub(super) fn read(given: &Parameters) -> Result<Self, ParameterError> {
        let Some(text) = reader(&DESCRIPTION, given)?.text(&DIRECTION) else {
            return Ok(Self::default());
        };
        let mut directions = Direction::ALL.into_iter();
        let direction = directions.find(|direction| direction.to_string() == text);
        direction.map_or_else(
            || Err(DIRECTION.invalid(text)),
            |found| Ok(Self::along(found)),
        )
    }
}

impl<T: Scalar> Attack<T> for MinMax {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new().with(&DIRECTION, self.direction)
    }

    fn forge(
        &self,
        view: &View<'_, T>,
        memory: &mut [f64],
        _rng: &mut dyn Rng,
        out: &mut [T],
    ) -> Result<Forged, Error> {
        view.check(self, memory, out)?;
        let (n, d) = (view.honest.n(), view.honest.d());
        view.check_honest(DESCRIPTION.name, 2)?;
        // −μ stands for −μ/‖μ‖: the direction's length is divided out below.
        let mut direction = vec![T::default(); d];
        moments(view.honest, |start, mean, deviation| {
            for (k, (&mean, &deviation)) in mean.iter().zip(deviation).enumerate() {
                out[start + k] = T::from_f64(mean);
                direction[start + k] = T::from_f64(match self.direction {
                    Direction::Unit => -mean,
                    Direction::Deviation => -deviation,
                    Direction::Sign if mean == 0.0 => 0.0,
                    Direction::Sign => -mean.signum(),
                });
            }
        });
        let basis = view.honest.with_rows(&direction)?;
        let factor = largest_factor(&Geometry::new(&basis), n);
        for (out, direction) in out.iter_mut().zip(&direction) {
            *out = T::from_f64(out.to_f64() + factor * direction.to_f64());
        }
        first_to_each_row(out, d);
        Ok(Forged::default())
    }
}

/// γ for the last of the n + 1 vectors as direction; the others are honest.
fn largest_factor(geometry: &Geometry<'_>, n: usize) -> f64 {
    let mean = mean_weights(n, n + 1);
    let from_mean = geometry.squared_distances_to(&mean);
    let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
    let largest = pairs
        .map(|(i, j)| geometry.squared_distance(i, j))
        .fold(0.0, f64::max);
    let length = geometry.norms()[n];
    if length <= 0.0 {
        return 0.0;
    }
    let factors = (0..n).map(|i| {
        // In units of the direction's length: γ² + 2⟨μ − x_i, p⟩γ = room.
        let mut difference = mean.clone();
        difference[i] -= 1.0;
        difference[n] = largest.sqrt() / length;
        let moved = geometry.squared_norm_of(&difference);
        let product = if largest > 0.0 {
            (moved - from_mean[i] - largest) / (2.0 * largest.sqrt())
        } else {
            0.0
        };
        let room = (largest - from_mean[i]).max(0.0);
        (product * product + room).sqrt() - product
    });
    factors.fold(f64::INFINITY, f64::min) / length
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use robust_core::aggregators::Mean;
    use robust_core::{Gradients, Pipeline, Round};

    use super::*;

    fn distance(x: &[f64], y: &[f64]) -> f64 {
        let squares = x.iter().zip(y).map(|(x, y)| (x - y) * (x - y));
        squares.sum::<f64>().sqrt()
    }

    #[test]
    fn goes_as_far_from_the_mean_as_the_honest_vectors_are_apart_and_no_farther() {
        let (n, d) = (5, 7);
        for seed in 0..20 {
            let value = |k: usize| ((k + 100 * seed) as f64 * 12.9898).sin() + 0.3;
            let values: Vec<f64> = (0..n * d).map(value).collect();
            let rows: Vec<&[f64]> = values.chunks(d).collect();
            let mean: Vec<f64> = (0..d)
                .map(|k| rows.iter().map(|row| row[k]).sum::<f64>() / n as f64)
                .collect();
            let apart = rows
                .iter()
                .flat_map(|x| rows.iter().map(|y| distance(x, y)));
            let apart = apart.fold(0.0, f64::max);
            for direction in Direction::ALL {
                let view = View {
                    honest: &Gradients::new(&values, n, d).unwrap(),
                    flipped: None,
                    pipeline: &Pipeline::from(Mean),
                    round: Round { f: 1, seed: 0 },
                };
                let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
                let mut sent = vec![0.0; d];
                let attack = MinMax::along(direction);
                attack.forge(&view, &mut [], &mut rng, &mut sent).unwrap();
                let farthest = rows
                    .iter()
                    .map(|row| distance(row, &sent))
                    .fold(0.0, f64::max);
                assert!((farthest - apart).abs() < 1e-9 * apart, "{direction}");
                for (k, sent) in sent.iter().enumerate() {
                    let down = sent - mean[k];
                    match direction {
                        Direction::Deviation => assert!(down < 0.0),
                        _ => assert!(down * mean[k] < 0.0),
                    }
                }
            }
        }
    }

    #[test]
    fn equal_vectors_leave_no_room() {
        let view = View {
            honest: &Gradients::new(&[2.0_f64, -1.0, 2.0, -1.0], 2, 2).unwrap(),
            flipped: None,
            pipeline: &Pipeline::from(Mean),
            round: Round { f: 2, seed: 0 },
        };
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
        let mut sent = [0.0; 4];
        let attack = MinMax::default();
        attack.forge(&view, &mut [], &mut rng, &mut sent).unwrap();
        let expected = [2.0_f64, -1.0, 2.0, -1.0];
        assert_eq!(sent.map(f64::to_bits), expected.map(f64::to_bits));
    }
}
