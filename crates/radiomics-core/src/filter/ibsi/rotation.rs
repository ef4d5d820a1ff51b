//! Invariance to right-angle rotations: a separable filter in all its rotations, pooled voxel by voxel.

use ndarray::{Array3, Zip};

/// How the answers of the rotations become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The largest.
    Max,
}

/// Answers gathered one after the other, in a fixed order.
#[derive(Clone, Debug)]
pub struct Pool {
    pooling: Pooling,
    sum: Option<Array3<f64>>,
    count: usize,
}

impl Pool {
    /// Nothing gathered yet.
    pub fn new(pooling: Pooling) -> Self {
        Self { pooling, sum: None, count: 0 }
    }

    /// Takes one more answer.
    pub fn add(&mut self, answer: Array3<f64>) {
        self.count += 1;
        match &mut self.sum {
            None => self.sum = Some(answer),
            Some(sum) => Zip::from(sum).and(&answer).for_each(|sum, &x| match self.pooling {
                Pooling::Mean => *sum += x,
                Pooling::Max => *sum = sum.max(x),
            }),
        }
    }

    /// The pooled answer; empty when nothing was gathered.
    pub fn finish(self) -> Array3<f64> {
        match (self.sum, self.pooling) {
            (Some(sum), Pooling::Mean) => sum / self.count as f64,
            (Some(sum), Pooling::Max) => sum,
            (None, _) => Array3::default([0, 0, 0]),
        }
    }
}

/// Convolves an image along an axis (0 = x) with the kernel of a number, backwards if asked.
pub type Pass<'a> = &'a dyn Fn(&Array3<f64>, usize, usize, bool) -> Array3<f64>;

/// Applies a separable filter in all right-angle rotations (24 in space, 4 in a plane).
///
/// `after` is done to each answer before pooling. Rotations that begin alike share their first passes.
pub fn rotated(
    image: &Array3<f64>,
    axes: usize,
    pooling: Pooling,
    filter: Pass,
    after: &dyn Fn(Array3<f64>) -> Array3<f64>,
) -> Array3<f64> {
    let mut pool = Pool::new(pooling);
    descend(image, axes, &mut Vec::new(), false, filter, &mut |answer| pool.add(after(answer)));
    pool.finish()
}

/// Chooses a kernel and its direction for one axis after the other; `mirrored` is the determinant so far.
fn descend(
    image: &Array3<f64>,
    axes: usize,
    used: &mut Vec<usize>,
    mirrored: bool,
    filter: Pass,
    take: &mut dyn FnMut(Array3<f64>),
) {
    let axis = used.len();
    for kernel in (0..axes).filter(|kernel| !used.contains(kernel)).collect::<Vec<_>>() {
        // Every earlier kernel of a higher number is one exchange in the permutation.
        let odd = used.iter().filter(|&&earlier| earlier > kernel).count() % 2 == 1;
        for flipped in [false, true] {
            let mirrored = mirrored ^ odd ^ flipped;
            if axis + 1 == axes && mirrored {
                continue;
            }
            let answer = filter(image, axis, kernel, flipped);
            if axis + 1 == axes {
                take(answer);
            } else {
                used.push(kernel);
                descend(&answer, axes, used, mirrored, filter, take);
                used.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_rotations_in_a_plane_and_twenty_four_in_space() {
        let image = Array3::from_elem([1, 1, 1], 1.0);
        for (axes, count) in [(2, 4), (3, 24)] {
            let seen = std::cell::Cell::new(0);
            let after = |answer| {
                seen.set(seen.get() + 1);
                answer
            };
            rotated(&image, axes, Pooling::Mean, &|image, _, _, _| image.clone(), &after);
            assert_eq!(seen.get(), count);
        }
    }
}
