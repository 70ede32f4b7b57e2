use crate::{Error, Scalar};

/// n vectors of which at most f < n/2 are Byzantine: what every κ is a function of.
///
/// A rule F is **(f,κ)-robust** if for all vectors x_1..x_n and every set S of n − f of them, with
/// mean x̄_S,
///
/// `‖F(x_1..x_n) − x̄_S‖² ≤ κ · 1/|S| Σ_{i∈S} ‖x_i − x̄_S‖²`.
///
/// The κ of a rule, as far as one is proven, is [`Pipeline::kappa`](crate::Pipeline::kappa).
///
/// Source: Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, *Fixing by Mixing*, AISTATS
/// 2023.
///
/// ```
/// use robust_core::theory::HonestMajority;
/// let cohort = HonestMajority::new(13, 3)?;
/// assert_eq!(cohort.lower_bound(), 3.0 / 7.0);
/// assert!(HonestMajority::new(12, 6).is_err());
/// # Ok::<(), robust_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HonestMajority {
    n: usize,
    f: usize,
}

impl HonestMajority {
    /// n vectors, f of them Byzantine.
    ///
    /// # Errors
    /// [`Error::TooManyByzantine`] unless 2f < n.
    pub fn new(n: usize, f: usize) -> Result<Self, Error> {
        if f < n.div_ceil(2) {
            Ok(Self { n, f })
        } else {
            Err(Error::TooManyByzantine {
                rule: "the theory",
                bound: "2f < n",
                n,
                f,
            })
        }
    }

    /// Number of vectors.
    #[must_use]
    pub fn n(self) -> usize {
        self.n
    }

    /// Number of Byzantine vectors.
    #[must_use]
    pub fn f(self) -> usize {
        self.f
    }

    /// f/n, in [0, 1/2).
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.f as f64 / self.n as f64
    }

    /// `f/(n−2f)`: no rule is (f,κ)-robust for a smaller κ.
    #[must_use]
    pub fn lower_bound(self) -> f64 {
        self.f as f64 / (self.n - 2 * self.f) as f64
    }
}

/// `‖F − x̄_S‖² / (1/|S| Σ_{i∈S} ‖x_i − x̄_S‖²)`, what κ bounds: of an output F of length d against
/// the members of S, `[|S|, d]` in row-major order. 0 if F is x̄_S, ∞ if only the denominator is 0.
///
/// ```
/// // The members are 0 and 2: their mean is 1, their variance 1, and 3 is off by 2.
/// assert_eq!(robust_core::theory::ratio(&[3.0], &[0.0, 2.0])?, 4.0);
/// assert!(robust_core::theory::ratio(&[f64::NAN], &[0.0, 2.0])?.is_nan());
/// # Ok::<(), robust_core::Error>(())
/// ```
///
/// NaN if an entry is.
///
/// # Errors
/// [`Error::Shape`] unless there is at least one member, and all have length d.
pub fn ratio<T: Scalar>(output: &[T], members: &[T]) -> Result<f64, Error> {
    let d = output.len();
    if d == 0 || members.is_empty() || !members.len().is_multiple_of(d) {
        return Err(Error::Shape {
            n: members.len().checked_div(d).unwrap_or(0),
            d,
            len: members.len(),
        });
    }
    let count = (members.len() / d) as f64;
    let (mut error, mut spread) = (0.0, 0.0);
    for (column, &output) in output.iter().enumerate() {
        let values = || members[column..].iter().step_by(d).map(|&x| x.to_f64());
        let mean = values().sum::<f64>() / count;
        error += (output.to_f64() - mean).powi(2);
        spread += values().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    }
    // Not 0/0 where all members and the output are equal; NaN stays NaN.
    Ok(if error <= 0.0 { 0.0 } else { error / spread })
}
