//! The entrance: n vectors of length d, their norms, and which of them are received at all.

use crate::kernels::norms;
use crate::{Error, Scalar};

/// A borrowed n × d row-major matrix of vectors; row = worker id.
///
/// **Non-finite rows.** A row that holds a NaN or an infinity is received as the zero vector, as a
/// message that never arrived would be. That is decided here and nowhere else: every later pass
/// skips such rows. Finite rows are taken as they are, however large.
///
/// ```
/// use robust_core::Gradients;
/// let rows = Gradients::new(&[1.0, 2.0, f64::NAN, 4.0], 2, 2)?;
/// assert!(rows.is_finite_row(0) && !rows.is_finite_row(1));
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gradients<'a, T> {
    rows: Vec<&'a [T]>,
    d: usize,
    finite: Vec<bool>,
    norms: Vec<f64>,
    unit: f64,
}

impl<'a, T: Scalar> Gradients<'a, T> {
    /// Views `values` as n rows of length d, in one pass that finds norms and non-finite rows.
    ///
    /// # Errors
    /// [`Error::Shape`] unless n, d ≥ 1 and `values` has n·d entries.
    pub fn new(values: &'a [T], n: usize, d: usize) -> Result<Self, Error> {
        if n == 0 || d == 0 || n.checked_mul(d) != Some(values.len()) {
            return Err(Error::Shape {
                n,
                d,
                len: values.len(),
            });
        }
        Ok(Self::of(values.chunks_exact(d).collect(), d))
    }

    /// Views rows that stand anywhere in memory.
    ///
    /// ```
    /// use robust_core::Gradients;
    /// let (a, b) = (vec![1.0, 2.0], vec![3.0, 4.0]);
    /// let rows = Gradients::from_rows(&[&a, &b])?;
    /// assert_eq!((rows.n(), rows.d(), rows.row(1)), (2, 2, &[3.0, 4.0][..]));
    /// # Ok::<(), robust_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] unless there is a row and it isn't empty, [`Error::Length`] unless all are
    /// of one length.
    pub fn from_rows(rows: &[&'a [T]]) -> Result<Self, Error> {
        let d = rows.first().map_or(0, |row| row.len());
        if d == 0 {
            let n = rows.len();
            return Err(Error::Shape { n, d, len: 0 });
        }
        if let Some(row) = rows.iter().find(|row| row.len() != d) {
            return Err(Error::Length {
                what: "a row",
                expected: d,
                got: row.len(),
            });
        }
        Ok(Self::of(rows.to_vec(), d))
    }

    /// These rows and further ones, none of them copied or passed over again.
    ///
    /// ```
    /// use robust_core::Gradients;
    /// let rows = Gradients::new(&[1.0, 2.0, 3.0, 4.0], 2, 2)?;
    /// let extended = rows.with_rows(&[5.0, 6.0])?;
    /// assert_eq!((extended.n(), extended.row(2)), (3, &[5.0, 6.0][..]));
    /// # Ok::<(), robust_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Length`] unless `values` holds whole rows of length d.
    pub fn with_rows<'b>(&self, values: &'b [T]) -> Result<Gradients<'b, T>, Error>
    where
        'a: 'b,
    {
        if !values.len().is_multiple_of(self.d) {
            return Err(Error::Length {
                what: "further rows",
                expected: values.len().next_multiple_of(self.d),
                got: values.len(),
            });
        }
        if values.is_empty() {
            return Ok(self.clone());
        }
        let added: Vec<&'b [T]> = values.chunks_exact(self.d).collect();
        let rows = self
            .rows
            .iter()
            .copied()
            .chain(added.iter().copied())
            .collect();
        let added = norms::of_rows(&added);
        let units = [self.unit, added.unit];
        if units.iter().any(|unit| unit.log2().abs() > 0.0) {
            // Not all 1: the unit follows from all rows together.
            return Ok(Gradients::of(rows, self.d));
        }
        Ok(Gradients {
            rows,
            d: self.d,
            finite: [self.finite.as_slice(), &added.finite].concat(),
            norms: [self.norms.as_slice(), &added.norms].concat(),
            unit: self.unit,
        })
    }

    fn of(rows: Vec<&'a [T]>, d: usize) -> Self {
        let norms::Norms {
            unit,
            norms,
            finite,
        } = norms::of_rows(&rows);
        Self {
            rows,
            d,
            finite,
            norms,
            unit,
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn n(&self) -> usize {
        self.rows.len()
    }

    /// Length of a row.
    #[must_use]
    pub fn d(&self) -> usize {
        self.d
    }

    /// Row `i` as it was sent, also if it isn't finite.
    ///
    /// # Panics
    /// If `i ≥ n`.
    #[must_use]
    pub fn row(&self, i: usize) -> &'a [T] {
        self.rows[i]
    }

    /// Whether row `i` is finite; if not, it is received as the zero vector.
    ///
    /// # Panics
    /// If `i ≥ n`.
    #[must_use]
    pub fn is_finite_row(&self, i: usize) -> bool {
        self.finite[i]
    }

    /// ‖x_i‖ of every row as received, in [`Self::unit`]s.
    pub(crate) fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// The power of two that norms and distances are measured in: 1, unless squares of them would
    /// leave the range of f64.
    pub(crate) fn unit(&self) -> f64 {
        self.unit
    }
}
