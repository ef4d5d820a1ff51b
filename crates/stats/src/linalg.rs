//! Small symmetric systems: Cholesky decomposition that finds dependent columns instead of failing.

/// `L D Lᵀ` of a symmetric, positive semi-definite matrix. Columns whose pivot falls below `tolerance` times their
/// own diagonal are left out (`aliased`): they depend on the columns before them.
#[derive(Clone, Debug)]
pub struct Cholesky {
    n: usize,
    /// Row-major; below the diagonal `L` (unit diagonal), on the diagonal `D`, 0 for aliased columns.
    l: Vec<f64>,
    /// Which columns depend on earlier ones.
    pub aliased: Vec<bool>,
}

impl Cholesky {
    /// Decomposes the matrix, given row by row. Only its lower triangle is read.
    ///
    /// A diagonal that is negative, zero or NaN makes its column aliased too.
    pub fn new(matrix: &[f64], n: usize, tolerance: f64) -> Self {
        debug_assert_eq!(matrix.len(), n * n);
        let mut l = matrix.to_vec();
        let mut aliased = vec![false; n];
        for j in 0..n {
            let diagonal = matrix[j * n + j];
            let mut pivot = diagonal;
            for k in 0..j {
                pivot -= l[j * n + k] * l[j * n + k] * l[k * n + k];
            }
            // NaN must fall here too, hence the negated comparison.
            #[allow(clippy::neg_cmp_op_on_partial_ord)]
            if !(pivot > tolerance * diagonal.abs()) || !(diagonal > 0.0) {
                aliased[j] = true;
                l[j * n + j] = 0.0;
                for i in j + 1..n {
                    l[i * n + j] = 0.0;
                }
                continue;
            }
            l[j * n + j] = pivot;
            for i in j + 1..n {
                let mut sum = l[i * n + j];
                for k in 0..j {
                    sum -= l[i * n + k] * l[j * n + k] * l[k * n + k];
                }
                l[i * n + j] = sum / pivot;
            }
        }
        Self { n, l, aliased }
    }

    /// The first column that depends on those before it.
    pub fn first_aliased(&self) -> Option<usize> {
        self.aliased.iter().position(|&a| a)
    }

    /// Number of independent columns.
    pub fn rank(&self) -> usize {
        self.aliased.iter().filter(|&&a| !a).count()
    }

    /// `ln` of the determinant of the independent part.
    pub fn ln_determinant(&self) -> f64 {
        (0..self.n).filter(|&j| !self.aliased[j]).map(|j| self.l[j * self.n + j].ln()).sum()
    }

    /// Solves `A x = b` in place; aliased entries become 0.
    pub fn solve(&self, b: &mut [f64]) {
        let n = self.n;
        for i in 0..n {
            if self.aliased[i] {
                b[i] = 0.0;
                continue;
            }
            let mut sum = b[i];
            for k in 0..i {
                sum -= self.l[i * n + k] * b[k];
            }
            b[i] = sum;
        }
        for i in 0..n {
            b[i] = if self.aliased[i] { 0.0 } else { b[i] / self.l[i * n + i] };
        }
        for i in (0..n).rev() {
            if self.aliased[i] {
                continue;
            }
            let mut sum = b[i];
            for k in i + 1..n {
                sum -= self.l[k * n + i] * b[k];
            }
            b[i] = sum;
        }
    }

    /// The inverse, row by row; rows and columns of aliased entries are 0.
    pub fn inverse(&self) -> Vec<f64> {
        let n = self.n;
        let mut inverse = vec![0.0; n * n];
        let mut column = vec![0.0; n];
        for j in 0..n {
            if self.aliased[j] {
                continue;
            }
            column.fill(0.0);
            column[j] = 1.0;
            self.solve(&mut column);
            for i in 0..n {
                inverse[i * n + j] = column[i];
            }
        }
        for i in 0..n {
            for j in 0..i {
                let mean = 0.5 * (inverse[i * n + j] + inverse[j * n + i]);
                inverse[i * n + j] = mean;
                inverse[j * n + i] = mean;
            }
        }
        inverse
    }
}

/// `vᵀ A v` of a matrix given row by row.
pub fn quadratic_form(matrix: &[f64], v: &[f64]) -> f64 {
    let n = v.len();
    (0..n).map(|i| v[i] * (0..n).map(|j| matrix[i * n + j] * v[j]).sum::<f64>()).sum()
}
