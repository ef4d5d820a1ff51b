//! Sums of `c v vᵀ`.

/// Rows taken together: each element of the sum is read and written once for all of them.
const ROWS: usize = 4;

/// A symmetric matrix that grows by multiples of squares. Only the lower triangle is kept.
#[derive(Clone, Debug)]
pub(crate) struct Gram {
    p: usize,
    sum: Vec<f64>,
    waiting: Vec<f64>,
    coefficient: [f64; ROWS],
    filled: usize,
}

impl Gram {
    pub fn new(p: usize) -> Self {
        Self { p, sum: vec![0.0; p * p], waiting: vec![0.0; ROWS * p], coefficient: [0.0; ROWS], filled: 0 }
    }

    /// Adds `c v vᵀ`, at once or with the rows that follow.
    #[inline]
    pub fn push(&mut self, c: f64, v: &[f64]) {
        let p = self.p;
        self.waiting[self.filled * p..(self.filled + 1) * p].copy_from_slice(v);
        self.coefficient[self.filled] = c;
        self.filled += 1;
        if self.filled == ROWS {
            self.flush();
        }
    }

    /// Brings rows that wait into the sum.
    pub fn flush(&mut self) {
        let p = self.p;
        if self.filled == 0 || p == 0 {
            self.filled = 0;
            return;
        }
        for k in self.filled..ROWS {
            self.coefficient[k] = 0.0;
            self.waiting[k * p..(k + 1) * p].fill(0.0);
        }
        self.filled = 0;
        let (r0, rest) = self.waiting.split_at(p);
        let (r1, rest) = rest.split_at(p);
        let (r2, r3) = rest.split_at(p);
        let [c0, c1, c2, c3] = self.coefficient;
        for j in 0..p {
            let (a0, a1, a2, a3) = (c0 * r0[j], c1 * r1[j], c2 * r2[j], c3 * r3[j]);
            let row = &mut self.sum[j * p..j * p + j + 1];
            let (s0, s1, s2, s3) = (&r0[..=j], &r1[..=j], &r2[..=j], &r3[..=j]);
            for k in 0..row.len() {
                row[k] += (a0 * s0[k] + a1 * s1[k]) + (a2 * s2[k] + a3 * s3[k]);
            }
        }
    }

    pub fn add(&mut self, other: &Self) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(a, b)| *a += b);
    }

    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.p).map(|j| self.sum[j * self.p + j]).collect()
    }

    /// The full matrix of the difference, row by row.
    pub fn minus(&self, other: &Self) -> Vec<f64> {
        let p = self.p;
        let mut out = vec![0.0; p * p];
        for j in 0..p {
            for k in 0..=j {
                let value = self.sum[j * p + k] - other.sum[j * p + k];
                out[j * p + k] = value;
                out[k * p + j] = value;
            }
        }
        out
    }
}
