//! Principal axes of the voxel centres.

use std::iter::Sum;

use super::bits::BitVolume;

/// Number, sums and sums of products of the voxel positions, counted with the border.
#[derive(Default)]
pub(crate) struct Moments {
    voxels: i128,
    sums: [i128; 3],
    /// `Σ xx, yy, zz, xy, xz, yz`.
    products: [i128; 6],
}

impl Moments {
    /// Moments of slice `z`.
    pub(crate) fn of_slice(bits: &BitVolume, z: usize) -> Self {
        let mut moments = Self::default();
        for y in 1..=bits.size()[1] {
            let (n, x, xx) = row_moments(bits.row(y, z));
            if n > 0 {
                let [n, x, xx, y, z] = [n, x, xx, y as u64, z as u64].map(i128::from);
                let row = Self {
                    voxels: n,
                    sums: [x, y * n, z * n],
                    products: [xx, y * y * n, z * z * n, x * y, x * z, y * z * n],
                };
                moments.add(&row);
            }
        }
        moments
    }

    /// Number of voxels.
    pub(crate) fn voxels(&self) -> f64 {
        self.voxels as f64
    }

    /// Eigenvalues, rising, of the covariance (1/N) of the positions, for a spacing along x, y, z.
    ///
    /// What is smaller than the rounding error of the largest is 0: the voxels then lie in a plane or line.
    pub(crate) fn eigenvalues(&self, spacing: [f64; 3]) -> [f64; 3] {
        // In units of the largest spacing nothing overflows.
        let unit = spacing.iter().copied().fold(0.0, f64::max);
        let n = self.voxels;
        let covariance = |a: usize, b: usize, product: usize| {
            let exact = n * self.products[product] - self.sums[a] * self.sums[b];
            exact as f64 / (n as f64 * n as f64) * (spacing[a] / unit) * (spacing[b] / unit)
        };
        let [xy, xz, yz] = [covariance(0, 1, 3), covariance(0, 2, 4), covariance(1, 2, 5)];
        let matrix =
            [[covariance(0, 0, 0), xy, xz], [xy, covariance(1, 1, 1), yz], [xz, yz, covariance(2, 2, 2)]];
        let mut values = symmetric_eigenvalues(matrix);
        values.sort_by(f64::total_cmp);
        let rounding = 16.0 * f64::EPSILON * values[2];
        values.map(|value| if value <= rounding { 0.0 } else { value * unit * unit })
    }

    fn add(&mut self, other: &Self) {
        self.voxels += other.voxels;
        for (sum, part) in self.sums.iter_mut().zip(other.sums) {
            *sum += part;
        }
        for (sum, part) in self.products.iter_mut().zip(other.products) {
            *sum += part;
        }
    }
}

impl Sum for Moments {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut total, part| {
            total.add(&part);
            total
        })
    }
}

/// Number of voxels in a row, sum of their x, sum of their x²: run by run in closed form.
fn row_moments(row: &[u64]) -> (u64, u64, u64) {
    let (mut n, mut x, mut xx) = (0, 0, 0);
    for (k, &word) in row.iter().enumerate() {
        let mut rest = word;
        while rest != 0 {
            let start = rest.trailing_zeros();
            let run = (rest >> start).trailing_ones();
            rest &= u64::MAX.checked_shl(start + run).unwrap_or(0);
            let (first, run) = (64 * k as u64 + u64::from(start) + 1, u64::from(run));
            n += run;
            x += run * first + run * (run - 1) / 2;
            xx += run * first * first + first * run * (run - 1) + run * (run - 1) * (2 * run - 1) / 6;
        }
    }
    (n, x, xx)
}

/// Jacobi's method: turns in one plane after the other until nothing is left beside the diagonal.
fn symmetric_eigenvalues(mut m: [[f64; 3]; 3]) -> [f64; 3] {
    // It converges quadratically, six sweeps are usual; the bound only ends it on values that are no numbers.
    for _ in 0..30 {
        if m[0][1] == 0.0 && m[0][2] == 0.0 && m[1][2] == 0.0 {
            break;
        }
        for (p, q, r) in [(0, 1, 2), (0, 2, 1), (1, 2, 0)] {
            if m[p][q] == 0.0 {
                continue;
            }
            let theta = (m[q][q] - m[p][p]) / (2.0 * m[p][q]);
            let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
            let c = 1.0 / t.hypot(1.0);
            let s = t * c;
            m[p][p] -= t * m[p][q];
            m[q][q] += t * m[p][q];
            let (rp, rq) = (m[r][p], m[r][q]);
            let (new_rp, new_rq) = (c * rp - s * rq, s * rp + c * rq);
            (m[r][p], m[p][r], m[r][q], m[q][r]) = (new_rp, new_rp, new_rq, new_rq);
            (m[p][q], m[q][p]) = (0.0, 0.0);
        }
    }
    [m[0][0], m[1][1], m[2][2]]
}
