//! The passes over the n × d data. Everything else in the crate is algebra on n × n numbers.
//!
//! Column blocks have fixed boundaries and their partial results are added in order, so the bytes
//! don't depend on the number of threads.

pub(crate) mod columns;
pub(crate) mod combine;
pub(crate) mod gram;
pub(crate) mod mix;
pub(crate) mod network;
pub(crate) mod norms;
pub(crate) mod squares;
pub(crate) mod trim;

#[cfg(feature = "rayon")]
use rayon::prelude::*;

/// Whether there is more than one thread to spread work over.
#[cfg(feature = "rayon")]
fn is_parallel() -> bool {
    rayon::current_num_threads() > 1
}

/// `f(0), …, f(count - 1)`, in order.
pub(crate) fn ordered<R: Send>(count: usize, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "rayon")]
    if count > 1 && is_parallel() {
        return (0..count).into_par_iter().map(f).collect();
    }
    (0..count).map(f).collect()
}

/// Calls `f(block, chunk)` on consecutive chunks of `out`, and returns the results in order.
pub(crate) fn ordered_chunks<T: Send, R: Send>(
    out: &mut [T],
    width: usize,
    f: impl Fn(usize, &mut [T]) -> R + Sync + Send,
) -> Vec<R> {
    #[cfg(feature = "rayon")]
    if out.len() > width && is_parallel() {
        let chunks = out.par_chunks_mut(width).enumerate();
        return chunks.map(|(block, chunk)| f(block, chunk)).collect();
    }
    let chunks = out.chunks_mut(width).enumerate();
    chunks.map(|(block, chunk)| f(block, chunk)).collect()
}

/// Asks for values that are read soon: with a dozen rows read side by side, the hardware doesn't
/// see what comes next in each.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks(LINE / size_of::<T>()) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the pointer is a live reference's; a prefetch reads nothing and cannot fault.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// A buffer that starts a cache line: no register that is loaded from it straddles two.
pub(crate) struct Aligned<T> {
    buffer: Vec<T>,
    len: usize,
}

impl<T: Clone + Default> Aligned<T> {
    pub(crate) fn zeros(len: usize) -> Self {
        let buffer = vec![T::default(); len + LINE / size_of::<T>()];
        Self { buffer, len }
    }

    pub(crate) fn values(&mut self) -> &mut [T] {
        let spare = self.buffer.len() - self.len;
        let start = self.buffer.as_ptr().align_offset(LINE).min(spare);
        &mut self.buffer[start..start + self.len]
    }
}
