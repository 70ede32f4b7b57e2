use super::*;
use crate::kernels::network::Network;
use crate::{Columns, Coordinatewise, Matrix, Scalar};

/// Bulyan, `bulyan`, over Krum: choose n − 2f vectors one after the other, each time the one that
/// Krum chooses among those left; then, per coordinate, the mean of the n − 4f of their values that
/// are nearest to their median.
///
/// With m vectors left, a Krum score counts the m − f − 2 nearest others; of equal scores the first
/// is chosen. The last choices count one other or none, so that scores are equal and the order of
/// the vectors matters. Needs n ≥ 4f + 3. O(n²d + n³ log n).
///
/// El Mhamdi, Guerraoui, Rouault, *The Hidden Vulnerability of Distributed Learning in Byzantium*,
/// ICML 2018. No κ is known to us.
///
/// ```
/// use robust_core::aggregators::Bulyan;
/// use robust_core::{Gradients, Pipeline, Round};
/// let bulyan = Pipeline::from(Bulyan);
/// let mut out = [0.0_f64];
/// let rows = Gradients::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1e6], 7, 1)?;
/// bulyan.aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)?;
/// assert!((1.0..6.0).contains(&out[0]));
/// assert!(bulyan.check(6, 1).is_err());
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bulyan;

pub(super) static DESCRIPTION: Description = Description {
    name: "bulyan",
    label: "Bulyan",
    title: "Bulyan over Krum",
    byzfl: None,
    formula: "of n − 2f vectors chosen by Krum one after the other, per coordinate the mean of the n − 4f values nearest to the median",
    source: "El Mhamdi et al., The Hidden Vulnerability of Distributed Learning in Byzantium, ICML 2018",
    parameters: &[],
    properties: Properties {
        hull: Hull::Coordinates,
        permutation: false,
        translation: true,
        chooses: true,
        binomial: false,
        lengths: &[],
    },
};

impl Bulyan {
    pub(super) fn read(_: &Reader<'_>) -> Result<Self, ParameterError> {
        Ok(Self)
    }
}

impl Aggregator for Bulyan {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn parameters(&self) -> Parameters {
        Parameters::new()
    }

    fn check(&self, n: usize, f: usize) -> Result<(), Error> {
        if n >= 3 && f <= (n - 3) / 4 {
            Ok(())
        } else {
            Err(Error::TooManyByzantine {
                rule: "bulyan",
                bound: "n ≥ 4f + 3",
                n,
                f,
            })
        }
    }

    fn combine(&self, geometry: &Geometry<'_>, round: Round) -> Combination {
        let chosen = chosen(&geometry.squared_distances(), round.f);
        let function = NearestValues {
            kept: chosen.len() - 2 * round.f,
            network: Network::sort(chosen.len()),
        };
        Combination::coordinatewise_among(chosen, function)
    }

    fn kappa(&self, _cohort: HonestMajority) -> Option<f64> {
        None
    }
}

/// The n − 2f vectors that Krum chooses one after the other.
fn chosen(distances: &Matrix, f: usize) -> Vec<usize> {
    let mut left: Vec<usize> = (0..distances.rows()).collect();
    let mut chosen = Vec::new();
    for _ in 0..distances.rows() - 2 * f {
        let neighbours = left.len().saturating_sub(f + 2);
        let score = |&i: &usize| -> f64 {
            let others = left.iter().filter(|&&j| j != i);
            let mut others: Vec<f64> = others.map(|&j| distances.row(i)[j]).collect();
            others.sort_unstable_by(f64::total_cmp);
            others[..neighbours].iter().sum()
        };
        let scores: Vec<f64> = left.iter().map(score).collect();
        let best = (0..left.len()).min_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        chosen.extend(best.map(|best| left.remove(best)));
    }
    chosen
}

/// The mean of the values nearest to the median; of two equally near ones the smaller.
#[derive(Debug)]
struct NearestValues {
    kept: usize,
    network: Network,
}

impl Coordinatewise for NearestValues {
    fn reduce<T: Scalar>(&self, columns: &mut Columns<'_, T>, out: &mut [T]) {
        self.network.apply(columns);
        let n = columns.n();
        for (column, out) in out.iter_mut().enumerate() {
            let value = |row: usize| columns.row(row)[column].to_f64();
            // Halves: the difference of two finite values may not be finite.
            let median = 0.5 * value((n - 1) / 2) + 0.5 * value(n / 2);
            let distance = |row: usize| (0.5 * value(row) - 0.5 * median).abs();
            // In sorted order the nearest are consecutive.
            let moves = |&start: &usize| distance(start + self.kept) < distance(start);
            let start = (0..n - self.kept).take_while(moves).count();
            let nearest = (start..start + self.kept).map(|row| value(row) / self.kept as f64);
            *out = T::from_f64(nearest.sum());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gradients, Pipeline};

    #[test]
    fn leaves_out_what_krum_leaves_out_and_then_the_values_far_from_the_median() {
        // By hand, with n = 7 and f = 1: five vectors are chosen, the mean is of three values.
        // Krum's choices are 2, 1, 3, 0 and 4: scores 10, 14, 10, 16, and none for the last.
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, 100.0, -50.0];
        let rows = Gradients::new(&values, 7, 1).expect("7 × 1");
        let mut out = [0.0];
        Pipeline::from(Bulyan)
            .aggregate(&rows, Round { f: 1, seed: 0 }, &mut out)
            .expect("in range");
        assert!((out[0] - 2.0_f64).abs() < 1e-12, "{}", out[0]);
    }

    #[test]
    fn vectors_are_chosen_in_the_order_of_krum() {
        let position = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0_f64];
        let mut distances = Matrix::zeros(7, 7);
        for i in 0..7 {
            for j in 0..7 {
                distances.row_mut(i)[j] = (position[i] - position[j]).powi(2);
            }
        }
        // Seven left, four neighbours: scores 85, 60, 45, 45, 165, … choose 2, the first of equals.
        // Six left (0 1 4 8 16 32), three: 81, 59, 41 (4² + 3² + 4²), 129, … choose 4.
        // Five left (0 1 8 16 32), two: 65, 50, 113, 289, … choose 1.
        // Four left (0 8 16 32), one: 64, 64, 64, 256: the first, 0.
        // Three left (8 16 32), none: the first, 8.
        assert_eq!(chosen(&distances, 1), [2, 3, 1, 0, 4]);
    }

    #[test]
    fn without_byzantine_vectors_it_is_the_mean() {
        let rows = Gradients::new(&[1.0, 2.0, 6.0], 3, 1).expect("3 × 1");
        let mut out = [0.0];
        Pipeline::from(Bulyan)
            .aggregate(&rows, Round { f: 0, seed: 0 }, &mut out)
            .expect("in range");
        assert!((out[0] - 3.0_f64).abs() < 1e-12);
    }
}
