//! Invariance to right-angle rotations (IBSI 2, section 2.4): a separable filter in all its rotations, pooled
//! voxel by voxel.
//!
//! A rotation of the cube exchanges axes and turns some of them round. The 24 rotations (4 in a plane) are the
//! exchanges and turns of a product of kernels whose determinant is 1. Three things keep the work small: rotations
//! whose first passes are the same share them; kernels that are the same are not exchanged; and a kernel that is
//! its own mirror image, up to its sign, is not applied twice. Laws' `E5L5S5` needs 15 passes instead of 72.

use ndarray::Array3;
use rayon::prelude::*;

use crate::filter::ibsi::{
    Boundary,
    convolve::{along, shifted},
};

/// How several answers, such as those of all rotations, become one, voxel by voxel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// The smallest. Not in IBSI.
    Min,
    /// Their sum, of rotations over all 24 or 4. Not in IBSI. MIRP adds up Laws' kernels over the different ones only.
    Sum,
}

impl Pooling {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mean, Self::Max, Self::Min, Self::Sum];

    /// As in a parameter file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Max => "max",
            Self::Min => "min",
            Self::Sum => "sum",
        }
    }

    /// A further answer joins those before; a mean is a sum until [`Pooling::finish`].
    pub(crate) fn join(self, pooled: f64, answer: f64) -> f64 {
        match self {
            Self::Mean | Self::Sum => pooled + answer,
            Self::Max => pooled.max(answer),
            Self::Min => pooled.min(answer),
        }
    }

    /// What the joined answers are divided by.
    pub(crate) fn divisor(self, answers: usize) -> f64 {
        if self == Self::Mean { answers as f64 } else { 1.0 }
    }
}

/// The passes of a separable filter along one axis: taps, centred at the middle.
pub type Taps = Vec<Vec<f64>>;

/// The answer to a filter of one kernel for each axis, x first, in all right-angle rotations, pooled: 24 with three
/// kernels, 4 with two. Each kernel is a series of passes.
///
/// ```
/// use radiomics_core::filter::ibsi::{Boundary, Pooling, rotation::rotated};
/// let mut image = ndarray::Array3::zeros([1, 3, 3]);
/// image[[0, 1, 1]] = 1.0;
/// // A difference along x, turned to all four sides.
/// let kernels = [vec![vec![-1.0, 0.0, 1.0]], vec![vec![1.0]]];
/// let edges = rotated(&image, &kernels, Pooling::Max, Boundary::Constant(0.0));
/// assert_eq!(edges, ndarray::arr3(&[[[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]));
/// ```
pub fn rotated(image: &Array3<f64>, kernels: &[Taps], pooling: Pooling, boundary: Boundary) -> Array3<f64> {
    let plan = Plan::new(kernels);
    let count: usize = plan.answers.iter().map(|answer| answer.plus + answer.minus).sum();
    let of_ones = if pooling == Pooling::Sum { count as f64 * sum(kernels) } else { sum(kernels) };
    shifted(image, boundary, of_ones, |image, boundary| {
        let mut pool = Pool { pooling, pooled: Vec::new() };
        plan.descend(image, 0, &plan.answers, boundary, &mut pool);
        let divisor = pooling.divisor(count);
        if divisor != 1.0 {
            pool.pooled.par_iter_mut().for_each(|sum| *sum /= divisor);
        }
        Array3::from_shape_vec(image.dim(), pool.pooled).unwrap_or_default()
    })
}

/// The filter's answer to an image of ones.
pub(super) fn sum(kernels: &[Taps]) -> f64 {
    kernels.iter().flatten().map(|taps| taps.iter().sum::<f64>()).product()
}

/// Which passes make each different answer.
struct Plan {
    /// All different kernels of single passes.
    taps: Taps,
    answers: Vec<Answer>,
}

/// One answer and how often the rotations give it, and its negative.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    /// Axis and number of the taps of each pass.
    passes: Vec<(usize, usize)>,
    plus: usize,
    minus: usize,
}

impl Plan {
    fn new(kernels: &[Taps]) -> Self {
        let mut taps: Taps = Vec::new();
        let mut number = |wanted: Vec<f64>| {
            taps.iter().position(|known| *known == wanted).unwrap_or_else(|| {
                taps.push(wanted);
                taps.len() - 1
            })
        };
        // For each kernel, not turned and turned: its passes, and whether they give the negative.
        let turned: Vec<[(Vec<usize>, bool); 2]> = kernels
            .iter()
            .map(|passes| {
                let mut negative = false;
                let straight: Vec<usize> = passes.iter().map(|taps| number(taps.clone())).collect();
                let round = passes.iter().map(|taps| {
                    let mirrored: Vec<f64> = taps.iter().rev().copied().collect();
                    let opposite = mirrored.iter().zip(taps).all(|(a, b)| *a == -b);
                    negative ^= opposite;
                    number(if opposite { taps.clone() } else { mirrored })
                });
                let round: Vec<usize> = round.collect();
                [(straight, false), (round, negative)]
            })
            .collect();
        let mut answers: Vec<Answer> = Vec::new();
        for order in orders(kernels.len()) {
            for turns in 0..1_usize << kernels.len() {
                if odd(&order) ^ (turns.count_ones() % 2 == 1) {
                    continue; // a mirror image, no rotation
                }
                let (mut passes, mut negative) = (Vec::new(), false);
                for (axis, &kernel) in order.iter().enumerate() {
                    let (numbers, opposite) = &turned[kernel][turns >> axis & 1];
                    passes.extend(numbers.iter().map(|&number| (axis, number)));
                    negative ^= opposite;
                }
                let (plus, minus) = (usize::from(!negative), usize::from(negative));
                answers.push(Answer { passes, plus, minus });
            }
        }
        answers.sort_by(|a, b| a.passes.cmp(&b.passes));
        answers.dedup_by(|next, first| {
            let same = next.passes == first.passes;
            if same {
                first.plus += next.plus;
                first.minus += next.minus;
            }
            same
        });
        Self { taps, answers }
    }

    /// Takes the passes from number `depth` on; `answers` agree in those before.
    fn descend(
        &self,
        image: &Array3<f64>,
        depth: usize,
        answers: &[Answer],
        boundary: Boundary,
        pool: &mut Pool,
    ) {
        for same in answers.chunk_by(|a, b| a.passes.get(depth) == b.passes.get(depth)) {
            match same[0].passes.get(depth) {
                Some(&(axis, number)) => {
                    let taps = &self.taps[number];
                    let image = along(image, axis, taps, taps.len() / 2, boundary);
                    self.descend(&image, depth + 1, same, boundary, pool);
                }
                None => pool.add(image, same[0].plus, same[0].minus),
            }
        }
    }
}

/// Every order of the numbers below `n`.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..n {
        let longer = |order: Vec<usize>| {
            let rest: Vec<usize> = (0..n).filter(|i| !order.contains(i)).collect();
            rest.into_iter().map(move |i| order.iter().copied().chain([i]).collect())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    orders
}

/// Whether an order takes an odd number of exchanges.
fn odd(order: &[usize]) -> bool {
    let pairs = (0..order.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
    pairs.filter(|&(j, i)| order[j] > order[i]).count() % 2 == 1
}

/// Answers gathered one after the other, in a fixed order.
struct Pool {
    pooling: Pooling,
    pooled: Vec<f64>,
}

impl Pool {
    /// Takes an answer that occurs `plus` times, and its negative `minus` times.
    fn add(&mut self, answer: &Array3<f64>, plus: usize, minus: usize) {
        /// Voxels that make a task worth its overhead.
        const GRAIN: usize = 1 << 15;
        let Some(answer) = answer.as_slice() else { return };
        let first = self.pooled.is_empty();
        if first {
            self.pooled = vec![0.0; answer.len()];
        }
        let (pooling, times) = (self.pooling, plus as f64 - minus as f64);
        let (both, sign) = (plus > 0 && minus > 0, if plus > 0 { 1.0 } else { -1.0 });
        self.pooled.par_chunks_mut(GRAIN).zip(answer.par_chunks(GRAIN)).for_each(|(pooled, answer)| {
            for (pooled, &x) in pooled.iter_mut().zip(answer) {
                let value = match pooling {
                    Pooling::Mean | Pooling::Sum => times * x,
                    Pooling::Max if both => x.abs(),
                    Pooling::Min if both => -x.abs(),
                    Pooling::Max | Pooling::Min => sign * x,
                };
                *pooled = if first { value } else { pooling.join(*pooled, value) };
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::ibsi::Cascade;

    fn image() -> Array3<f64> {
        Array3::from_shape_fn([5, 6, 7], |(z, y, x)| {
            ((7 * x + 13 * y + 29 * z) * (x + 2 * y + z) % 31) as f64
        })
    }

    /// The definition: the image is rotated, filtered, and rotated back.
    fn naive(image: &Array3<f64>, kernels: &[Taps], pooling: Pooling, boundary: Boundary) -> Array3<f64> {
        let axes = kernels.len();
        let mut answers = Vec::new();
        for order in orders(axes) {
            for turns in 0..1_usize << axes {
                if odd(&order) ^ (turns.count_ones() % 2 == 1) {
                    continue;
                }
                let mut out = image.clone();
                for (axis, &kernel) in order.iter().enumerate() {
                    for taps in &kernels[kernel] {
                        let mut taps = taps.clone();
                        if turns >> axis & 1 == 1 {
                            taps.reverse();
                        }
                        out = along(&out, axis, &taps, taps.len() / 2, boundary);
                    }
                }
                answers.push(out);
            }
        }
        assert_eq!(answers.len(), if axes == 3 { 24 } else { 4 });
        Array3::from_shape_fn(image.dim(), |at| {
            let values = answers.iter().map(|answer| answer[at]);
            match pooling {
                Pooling::Mean => values.sum::<f64>() / answers.len() as f64,
                Pooling::Max => values.fold(f64::NEG_INFINITY, f64::max),
                Pooling::Min => values.fold(f64::INFINITY, f64::min),
                Pooling::Sum => values.sum(),
            }
        })
    }

    #[test]
    fn shared_passes_give_all_rotations() {
        let (level, edge, spot) =
            (vec![1.0, 4.0, 6.0, 4.0, 1.0], vec![-1.0, 0.0, 1.0], vec![-1.0, 2.0, -1.0]);
        let (low, high) = (vec![0.1, 0.5, 0.7, -0.2, 0.0], vec![0.3, -0.8, 0.4, 0.1, 0.0]);
        let one = |taps: &Vec<f64>| vec![taps.clone()];
        let two = |a: &Vec<f64>, b: &Vec<f64>| vec![a.clone(), b.clone()];
        let filters = [
            vec![one(&edge), one(&level), one(&spot)],
            vec![one(&low), one(&low), one(&high)],
            vec![one(&high), one(&high), one(&high)],
            vec![two(&low, &low), two(&low, &high), two(&low, &low)],
            vec![two(&edge, &edge), one(&low), one(&edge)],
            vec![one(&level), one(&edge)],
            vec![two(&low, &high), two(&low, &low)],
        ];
        for kernels in &filters {
            for pooling in Pooling::ALL {
                for boundary in [Boundary::Constant(0.0), Boundary::Mirror, Boundary::Periodic] {
                    let (ours, naive) = (
                        rotated(&image(), kernels, pooling, boundary),
                        naive(&image(), kernels, pooling, boundary),
                    );
                    for (a, b) in ours.iter().zip(&naive) {
                        assert!((a - b).abs() < 1e-10, "{kernels:?} {pooling:?} {boundary:?}: {a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn answers_and_passes_are_counted() {
        let nodes = |kernels: &[Taps]| {
            let plan = Plan::new(kernels);
            let all: usize = plan.answers.iter().map(|a| a.plus + a.minus).sum();
            let prefixes: std::collections::BTreeSet<_> = plan
                .answers
                .iter()
                .flat_map(|a| (1..=a.passes.len()).map(|n| a.passes[..n].to_vec()))
                .collect();
            (all, plan.answers.len(), prefixes.len())
        };
        let laws = [vec![-1.0, 0.0, 1.0], vec![1.0, 2.0, 1.0], vec![-1.0, 2.0, -1.0]].map(|taps| vec![taps]);
        assert_eq!(nodes(&laws), (24, 6, 15));
        let high = vec![vec![0.3, -0.8, 0.4, 0.1, 0.0]];
        assert_eq!(nodes(&[high.clone(), high.clone(), high]), (24, 8, 14));
    }

    #[test]
    fn a_constant_outside_stays_one() {
        let kernels = [vec![vec![0.5, 0.5, 0.0], vec![0.2, 0.8, 0.0]], vec![vec![1.0, 2.0, 1.0]]];
        let flat = Array3::from_elem([3, 4, 5], 7.0);
        for out in [
            Cascade::new(&flat, [1.0; 3]).straight(&kernels, Boundary::Constant(7.0)),
            rotated(&flat, &kernels, Pooling::Mean, Boundary::Constant(7.0)),
        ] {
            assert!(out.iter().all(|x| (x - 28.0).abs() < 1e-12));
        }
    }
}
