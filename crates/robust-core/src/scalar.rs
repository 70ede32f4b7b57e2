//! The two element types, and the few vector operations on them that the kernels need.

use pulp::Simd;

/// `f32` or `f64`: the element type of the vectors. Sealed.
pub trait Scalar: lanes::Lanes {}

impl Scalar for f32 {}
impl Scalar for f64 {}

pub(crate) mod lanes {
    use super::Simd;
    use std::fmt::Debug;

    /// What the kernels ask of an element type, for whichever instruction set is found at run time.
    pub trait Lanes: Copy + Debug + Default + PartialOrd + Send + Sync + 'static {
        /// A SIMD register of `Self`.
        type Vector<S: Simd>: Copy;
        /// The largest finite value.
        const LARGEST: f64;
        /// What lies beyond it.
        const INFINITY: Self;
        /// Rows whose norm exceeds this are scaled by a power of two while they are mixed.
        const LARGE: f64;

        fn to_f64(self) -> f64;
        /// Rounds; what lies beyond the finite range becomes its end.
        fn from_f64(value: f64) -> Self;

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
        ($type:ident, $vector:ident, $large:expr, $as_simd:ident, $as_mut_simd:ident, $splat:ident,
         $mul_add:ident, $min:ident, $max:ident) => {
            impl Lanes for $type {
                type Vector<S: Simd> = S::$vector;
                const LARGEST: f64 = $type::MAX as f64;
                const INFINITY: Self = $type::INFINITY;
                const LARGE: f64 = $large;

                #[inline(always)]
                fn to_f64(self) -> f64 {
                    f64::from(self)
                }
                #[inline(always)]
                fn from_f64(value: f64) -> Self {
                    value.clamp(-Self::LARGEST, Self::LARGEST) as $type
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
