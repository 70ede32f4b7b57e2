//! Small dense f64 matrices: mixing weights and pairwise distances, n × n at most.

use crate::Error;

/// A dense row-major matrix of `f64`.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// The `rows × cols` matrix of zeros.
    #[must_use]
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self {
            rows,
            cols,
            values: vec![0.0; rows * cols],
        }
    }

    /// The identity of size `n`.
    #[must_use]
    pub fn identity(n: usize) -> Self {
        Self::diagonal(&vec![1.0; n])
    }

    /// The square matrix with `values` on its diagonal.
    #[must_use]
    pub fn diagonal(values: &[f64]) -> Self {
        let mut matrix = Self::zeros(values.len(), values.len());
        for (i, &value) in values.iter().enumerate() {
            matrix.row_mut(i)[i] = value;
        }
        matrix
    }

    /// A matrix from its row-major values.
    ///
    /// # Errors
    /// [`Error::Length`] unless `values` has `rows * cols` entries.
    pub fn from_values(rows: usize, cols: usize, values: Vec<f64>) -> Result<Self, Error> {
        let expected = rows.saturating_mul(cols);
        if values.len() != expected {
            return Err(Error::Length {
                what: "a matrix's values",
                expected,
                got: values.len(),
            });
        }
        Ok(Self { rows, cols, values })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.cols..(i + 1) * self.cols]
    }

    /// Row `i`, to write.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.cols..(i + 1) * self.cols]
    }

    /// This matrix below one more row.
    pub(crate) fn below(&self, row: &[f64]) -> Self {
        debug_assert_eq!(self.cols, row.len());
        let values = row.iter().chain(&self.values).copied().collect();
        Self {
            rows: self.rows + 1,
            cols: self.cols,
            values,
        }
    }

    /// The diagonal, if nothing but it is non-zero.
    pub(crate) fn as_diagonal(&self) -> Option<Vec<f64>> {
        let off = |(i, &w): (usize, &f64)| w != 0.0 && i / self.cols != i % self.cols;
        let diagonal = self.rows == self.cols && !self.values.iter().enumerate().any(off);
        diagonal.then(|| (0..self.rows).map(|i| self.row(i)[i]).collect())
    }

    /// The column of each row's 1, if the matrix is a permutation.
    pub(crate) fn as_permutation(&self) -> Option<Vec<usize>> {
        if self.rows != self.cols || self.nonzeros() != self.rows {
            return None;
        }
        let one = |i: usize| {
            self.row(i)
                .iter()
                .position(|&w| w.to_bits() == 1f64.to_bits())
        };
        let columns: Vec<usize> = (0..self.rows).map(one).collect::<Option<_>>()?;
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        sorted.into_iter().eq(0..self.rows).then_some(columns)
    }

    /// Number of entries that aren't zero.
    pub(crate) fn nonzeros(&self) -> usize {
        self.values.iter().filter(|&&w| w != 0.0).count()
    }

    /// `self · other`; zeros of `self` are skipped, so they win over anything.
    #[inline(always)]
    pub(crate) fn product(&self, other: &Self) -> Self {
        debug_assert_eq!(self.cols, other.rows);
        let mut out = Self::zeros(self.rows, other.cols);
        for i in 0..self.rows {
            for (k, &weight) in self.row(i).iter().enumerate() {
                if weight != 0.0 {
                    add_scaled(out.row_mut(i), weight, other.row(k));
                }
            }
        }
        out
    }
}

/// target += weight · source.
#[inline(always)]
pub(crate) fn add_scaled(target: &mut [f64], weight: f64, source: &[f64]) {
    for (t, s) in target.iter_mut().zip(source) {
        *t += weight * s;
    }
}

/// Σ a_i b_i.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
