//! How large the discs of a figure are.

use crate::series::Marks;

/// From counts to radii: areas are proportional, and the largest count just fills its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Discs {
    /// The largest count of the figure.
    pub most: f64,
    /// Its radius in points.
    pub largest: f64,
}

impl Discs {
    /// For these marks, where the narrowest place has a width of `slot` points.
    pub fn new<'a>(marks: impl Iterator<Item = &'a Marks>, slot: f64) -> Self {
        let counts = marks.flat_map(|marks| match marks {
            Marks::Bubbles(bubbles) => bubbles.as_slice(),
            Marks::Line(_) | Marks::ErrorBars { .. } | Marks::Bars(_) | Marks::Cells { .. } => &[],
        });
        Self {
            most: counts
                .map(|bubble| bubble.count)
                .filter(|count| count.is_finite())
                .fold(0.0, f64::max),
            largest: 0.47 * slot,
        }
    }

    /// Zero for what has no disc.
    pub fn radius(&self, count: f64) -> f64 {
        if count.is_finite() && count > 0.0 {
            self.largest * (count / self.most).sqrt()
        } else {
            0.0
        }
    }

    /// Up to three round counts of different size, none above the largest.
    pub fn round_counts(&self) -> Vec<f64> {
        let mut counts: Vec<f64> = Vec::new();
        for part in [0.05, 0.25, 1.0] {
            let target = self.most * part;
            let power = 10_f64.powf(target.log10().floor());
            let round = [5.0, 2.0, 1.0]
                .into_iter()
                .map(|m| m * power)
                .find(|&count| count <= target);
            let round = round.unwrap_or(power).max(1.0);
            if round <= self.most && counts.last().is_none_or(|&last| last < round) {
                counts.push(round);
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bubbles_are_explained_by_round_counts() {
        let counts = |most| Discs { most, largest: 1.0 }.round_counts();
        assert_eq!(counts(6000.0), [200.0, 1000.0, 5000.0]);
        assert_eq!(counts(7.0), [1.0, 5.0]);
        assert!(counts(0.0).is_empty());
    }

    #[test]
    fn areas_are_proportional_and_what_is_no_count_has_none() {
        let discs = Discs {
            most: 100.0,
            largest: 6.0,
        };
        assert!((discs.radius(25.0) - 3.0).abs() < 1e-12);
        for none in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(discs.radius(none).abs() < f64::MIN_POSITIVE);
        }
    }
}
