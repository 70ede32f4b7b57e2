//! The two element types, and the few vector operations on them that the kernels need.

/// `f32` or `f64`: the element type of the vectors. Sealed.
///
/// ```
/// use robust_core::Scalar;
/// fn doubled<T: Scalar>(x: T) -> T {
///     T::from_f64(2.0 * x.to_f64())
/// }
/// assert_eq!(doubled(1.5_f32), 3.0);
/// assert_eq!(doubled(f64::MAX), f64::MAX);
/// ```
pub trait Scalar: lanes::Lanes {
    /// What lies beyond the largest finite value.
    const INFINITY: Self;

    /// The same value in f64.
    fn to_f64(self) -> f64;

    /// The nearest value; what lies beyond the finite range becomes its end.
    fn from_f64(value: f64) -> Self;
}

pub(crate) mod lanes {
    use std::fmt::Debug;

    use pulp::Simd;

    use super::Scalar;
    use crate::{Columns, CoordinateFunction};

    /// What the kernels ask of an element type, for whichever instruction set is found at run time.
    pub trait Lanes: Copy + Debug + Default + PartialOrd + Send + Sync + 'static {
        /// A SIMD register of `Self`.
        type Vector<S: Simd>: Copy;
        /// Rows whose norm exceeds this are scaled by a power of two while they are mixed.
        const LARGE: f64;

        fn reduce(function: &CoordinateFunction, columns: &mut Columns<'_, Self>, out: &mut [Self]);

        fn vectors<S: Simd>(slice: &[Self]) -> &[Self::Vector<S>];
        fn vectors_mut<S: Simd>(slice: &mut [Self]) -> &mut [Self::Vector<S>];
        fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;
        /// a · b + c.
        fn mul_add<S: Simd>(
            simd: S,
            a: Self::Vector<S>,
            b: Self::Vector<S>,
            c: Self::Vector<S>,
        ) -> Self::Vector<S>;
        fn min<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
        fn max<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    }

    macro_rules! lanes {
        ($type:ident, $reduce:ident, $vector:ident, $large:expr, $as_simd:ident, $as_mut_simd:ident, $splat:ident,
         $mul_add:ident, $min:ident, $max:ident) => {
            impl Scalar for $type {
                const INFINITY: Self = $type::INFINITY;

                #[inline(always)]
                fn to_f64(self) -> f64 {
                    f64::from(self)
                }
                #[inline(always)]
                fn from_f64(value: f64) -> Self {
                    const LARGEST: f64 = $type::MAX as f64;
                    value.clamp(-LARGEST, LARGEST) as $type
                }
            }

            impl Lanes for $type {
                type Vector<S: Simd> = S::$vector;
                const LARGE: f64 = $large;

                fn reduce(
                    function: &CoordinateFunction,
                    columns: &mut Columns<'_, Self>,
                    out: &mut [Self],
                ) {
                    function.$reduce(columns, out);
                }
                #[inline(always)]
                fn vectors<S: Simd>(slice: &[Self]) -> &[S::$vector] {
                    S::$as_simd(slice).0
                }
                #[inline(always)]
                fn vectors_mut<S: Simd>(slice: &mut [Self]) -> &mut [S::$vector] {
                    S::$as_mut_simd(slice).0
                }
                #[inline(always)]
                fn splat<S: Simd>(simd: S, value: Self) -> S::$vector {
                    simd.$splat(value)
                }
                #[inline(always)]
                fn mul_add<S: Simd>(
                    simd: S,
                    a: S::$vector,
                    b: S::$vector,
                    c: S::$vector,
                ) -> S::$vector {
                    simd.$mul_add(a, b, c)
                }
                #[inline(always)]
                fn min<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                    simd.$min(a, b)
                }
                #[inline(always)]
                fn max<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                    simd.$max(a, b)
                }
            }
        };
    }

    // 2^60 squared still leaves f32 room for sums of products; 2^500 does the same for f64.
    lanes!(
        f32,
        reduce_f32,
        f32s,
        1.152_921_504_606_847e18,
        as_simd_f32s,
        as_mut_simd_f32s,
        splat_f32s,
        mul_add_e_f32s,
        min_f32s,
        max_f32s
    );
    lanes!(
        f64,
        reduce_f64,
        f64s,
        3.273_390_607_896_142e150,
        as_simd_f64s,
        as_mut_simd_f64s,
        splat_f64s,
        mul_add_e_f64s,
        min_f64s,
        max_f64s
    );
}
