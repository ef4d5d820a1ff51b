//! What must not depend on the number of threads.

use rayon::ThreadPoolBuilder;

/// Runs on one, two and five threads and compares every number, bit by bit.
///
/// # Panics
/// Where a number differs, or there is none.
#[allow(clippy::unwrap_used)] // for tests only: without threads they fail
pub fn same_bits(run: impl Fn() -> Vec<f64> + Sync) {
    let bits = |threads: usize| -> Vec<u64> {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&run).into_iter().map(f64::to_bits).collect()
    };
    let one = bits(1);
    assert!(!one.is_empty(), "no number to compare");
    assert!([2, 5].iter().all(|&threads| bits(threads) == one), "numbers differ with the number of threads");
}
