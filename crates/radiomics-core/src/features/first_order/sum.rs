//! Sums in a fixed order: blocks of 512 values, then pairs of blocks, whatever the number of threads.

use rayon::prelude::*;

use crate::vectorised::vectorised;

const BLOCK: usize = 512;
/// Blocks that make a task worth its overhead.
const GRAIN: usize = 128;

/// `Σ f(x)` of several functions at once. The rounding error grows with the logarithm of the number of values.
pub fn sums<const K: usize>(values: &[f64], f: impl Fn(f64) -> [f64; K] + Sync) -> [f64; K] {
    let mut blocks = vec![[0.0; K]; values.len().div_ceil(BLOCK)];
    let some = |(values, sums): (&[f64], &mut [[f64; K]])| {
        vectorised(
            #[inline(always)]
            || {
                // A loop: what `for_each` calls would not be inlined.
                for (block, sums) in values.chunks(BLOCK).zip(sums) {
                    // Few sums in more lanes: an addition need not wait for the one before.
                    *sums =
                        if K < 3 { block_sums::<K, 16>(block, &f) } else { block_sums::<K, 4>(block, &f) };
                }
            },
        );
    };
    if blocks.len() <= GRAIN {
        some((values, &mut blocks));
    } else {
        values.par_chunks(GRAIN * BLOCK).zip(blocks.par_chunks_mut(GRAIN)).for_each(some);
    }
    pairwise(&blocks)
}

#[inline(always)]
fn block_sums<const K: usize, const LANES: usize>(values: &[f64], f: &impl Fn(f64) -> [f64; K]) -> [f64; K] {
    let mut sums = [[0.0; LANES]; K];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        let terms = chunk.map(f);
        for k in 0..K {
            for lane in 0..LANES {
                sums[k][lane] += terms[lane][k];
            }
        }
    }
    for (lane, &x) in rest.iter().enumerate() {
        let terms = f(x);
        (0..K).for_each(|k| sums[k][lane] += terms[k]);
    }
    // Pairs of lanes, then pairs of pairs.
    for k in 0..K {
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                sums[k][lane] = sums[k][2 * lane] + sums[k][2 * lane + 1];
            }
            width /= 2;
        }
    }
    sums.map(|lanes| lanes[0])
}

fn pairwise<const K: usize>(blocks: &[[f64; K]]) -> [f64; K] {
    match blocks {
        [] => [0.0; K],
        [one] => *one,
        _ => {
            let (a, b) = blocks.split_at(blocks.len().div_ceil(2));
            let (a, b) = (pairwise(a), pairwise(b));
            std::array::from_fn(|k| a[k] + b[k])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_and_rounding_does_not_add_up() {
        let n = 300_001;
        let values: Vec<f64> = (0..n).map(f64::from).collect();
        let [sum, squares] = sums(&values, |x| [x, x * x]);
        assert_eq!(sum, 300_000.0 * 300_001.0 / 2.0);
        assert_eq!(squares, 300_000.0 * 300_001.0 * 600_001.0 / 6.0);
        let tenths = vec![0.1; 1_000_000];
        assert!((sums(&tenths, |x| [x])[0] - 1e5).abs() < 1e-9);
        assert_eq!(sums(&[], |x| [x]), [0.0]);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let values: Vec<f64> = (0..500_000).map(|i| (f64::from(i) * 0.7).sin() * 1e3).collect();
        let sum = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| sums(&values, |x| [x, x * x * x]).map(f64::to_bits))
        };
        assert_eq!(sum(1), sum(2));
        assert_eq!(sum(1), sum(7));
    }
}
