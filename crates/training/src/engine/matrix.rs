//! Matrix products on strided views: the one door to the `gemm` crate.

/// A view of `rows × columns` numbers; element (i, j) is at `i·row_stride + j·column_stride`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mat<'a> {
    values: &'a [f32],
    shape: Strided,
}

/// As [`Mat`], to be written.
#[derive(Debug)]
pub(crate) struct MatMut<'a> {
    values: &'a mut [f32],
    shape: Strided,
}

#[derive(Debug, Clone, Copy)]
struct Strided {
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl Strided {
    fn row_major(rows: usize, columns: usize, available: usize) -> Self {
        assert!(
            rows > 0 && columns > 0 && rows * columns <= available,
            "a {rows} × {columns} view of {available} values"
        );
        Self {
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }
}

impl<'a> Mat<'a> {
    /// Row-major.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self {
            values,
            shape: Strided::row_major(rows, columns, values.len()),
        }
    }

    /// The transpose, without a copy.
    pub(crate) fn t(self) -> Self {
        let Strided {
            rows,
            columns,
            row_stride,
            column_stride,
        } = self.shape;
        let shape = Strided {
            rows: columns,
            columns: rows,
            row_stride: column_stride,
            column_stride: row_stride,
        };
        Self { shape, ..self }
    }
}

impl<'a> MatMut<'a> {
    /// Row-major.
    pub(crate) fn new(values: &'a mut [f32], rows: usize, columns: usize) -> Self {
        let shape = Strided::row_major(rows, columns, values.len());
        Self { values, shape }
    }

    /// `self ← keep·self + scale·a·b` on one thread; with keep = 0 what was there is not read.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub(crate) fn product(self, keep: f32, scale: f32, a: Mat<'_>, b: Mat<'_>) {
        let (m, n, k) = (self.shape.rows, self.shape.columns, a.shape.columns);
        assert!(
            a.shape.rows == m && b.shape.columns == n && b.shape.rows == k,
            "{m} × {n} from {:?} and {:?}",
            a.shape,
            b.shape
        );
        let stride = |stride: usize| isize::try_from(stride).expect("strides are within a slice");
        // SAFETY: the constructors are the only way to a view, and assert that all of its
        // rows·columns elements lie within its slice (a transpose addresses the same ones); `self`
        // is exclusively borrowed, so it overlaps neither `a` nor `b`; m, n, k match as asserted.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                self.values.as_mut_ptr(),
                stride(self.shape.column_stride),
                stride(self.shape.row_stride),
                keep != 0.0,
                a.values.as_ptr(),
                stride(a.shape.column_stride),
                stride(a.shape.row_stride),
                b.values.as_ptr(),
                stride(b.shape.column_stride),
                stride(b.shape.row_stride),
                keep,
                scale,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_is_the_sum_of_products_for_every_transposition() {
        let (m, n, k) = (7, 19, 33);
        let values = |len: usize, step: f32| -> Vec<f32> {
            (0..len).map(|i| (i as f32 * step).sin()).collect()
        };
        let (a, b) = (values(m * k, 0.7), values(k * n, 1.3));
        for (a_t, b_t) in [(false, false), (false, true), (true, false), (true, true)] {
            let at = |i: usize, l: usize| if a_t { a[l * m + i] } else { a[i * k + l] };
            let bt = |l: usize, j: usize| if b_t { b[j * k + l] } else { b[l * n + j] };
            let mut c = vec![2.0; m * n];
            let a_view = if a_t {
                Mat::new(&a, k, m).t()
            } else {
                Mat::new(&a, m, k)
            };
            let b_view = if b_t {
                Mat::new(&b, n, k).t()
            } else {
                Mat::new(&b, k, n)
            };
            MatMut::new(&mut c, m, n).product(0.5, 3.0, a_view, b_view);
            for i in 0..m {
                for j in 0..n {
                    let sum: f32 = (0..k).map(|l| at(i, l) * bt(l, j)).sum();
                    let expected = 1.0 + 3.0 * sum;
                    assert!((c[i * n + j] - expected).abs() < 1e-4, "{i} {j}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_read_where_nothing_is_kept() {
        let mut c = vec![f32::NAN; 4];
        let ones = [1.0; 4];
        MatMut::new(&mut c, 2, 2).product(0.0, 1.0, Mat::new(&ones, 2, 2), Mat::new(&ones, 2, 2));
        assert!(c.iter().all(|&value| (value - 2.0).abs() < 1e-6), "{c:?}");
    }

    #[test]
    #[should_panic(expected = "view of 5 values")]
    fn a_view_larger_than_its_slice_is_refused() {
        let _ = Mat::new(&[0.0; 5], 2, 3);
    }
}
