//! Eigenvalues of several small symmetrical matrices side by side.

/// Matrices that are solved together.
pub const WIDTH: usize = 8;

type Wide = [f64; WIDTH];

/// Matrices that wait until eight of one size are there.
pub struct Batches {
    sizes: Vec<Batch>,
    work: Work,
}

/// Matrices of one size.
#[derive(Default)]
struct Batch {
    /// Element by element, side by side.
    elements: Vec<Wide>,
    /// What the caller calls each of them.
    owners: Vec<usize>,
}

impl Batches {
    /// For matrices of at most `most` rows; memory is taken when a size first occurs.
    pub fn new(most: usize) -> Self {
        Self { sizes: (0..=most).map(|_| Batch::default()).collect(), work: Work::default() }
    }

    /// Adds a symmetrical matrix of `n` rows, 3 or more, given by its lower triangle. When that makes eight, `found` is told
    /// the largest absolute eigenvalue of each.
    #[inline(always)]
    pub fn add(
        &mut self,
        n: usize,
        owner: usize,
        element: impl Fn(usize, usize) -> f64,
        found: impl FnMut(usize, f64),
    ) {
        let Some(batch) = self.sizes.get_mut(n) else { return };
        batch.elements.resize(n * n, [0.0; WIDTH]);
        let w = batch.owners.len() % WIDTH;
        for i in 0..n {
            for j in 0..=i {
                batch.elements[i * n + j][w] = element(i, j);
            }
        }
        batch.owners.push(owner);
        if batch.owners.len() == WIDTH {
            self.solve(n, found);
        }
    }

    /// Solves what still waits.
    #[inline(always)]
    pub fn finish(&mut self, mut found: impl FnMut(usize, f64)) {
        for n in 3..self.sizes.len() {
            if !self.sizes[n].owners.is_empty() {
                self.solve(n, &mut found);
            }
        }
    }

    #[inline(always)]
    fn solve(&mut self, n: usize, mut found: impl FnMut(usize, f64)) {
        let batch = &mut self.sizes[n];
        let radii = spectral_radius(&mut batch.elements, n, &mut self.work);
        batch.owners.iter().zip(radii).for_each(|(&owner, radius)| found(owner, radius));
        batch.owners.clear();
    }
}

/// Vectors that a solution needs.
#[derive(Default)]
struct Work {
    diagonal: Vec<Wide>,
    squares: Vec<Wide>,
    v: Vec<Wide>,
    p: Vec<Wide>,
}

/// An array with one expression for each matrix.
macro_rules! wide {
    ($w:ident => $value:expr) => {{
        let mut wide = [Default::default(); WIDTH];
        for $w in 0..WIDTH {
            wide[$w] = $value;
        }
        wide
    }};
}

/// The largest absolute eigenvalue of each of eight matrices of `n` rows, 3 or more; lower triangles row by row, which are
/// overwritten.
#[inline(always)]
fn spectral_radius(elements: &mut [Wide], n: usize, work: &mut Work) -> Wide {
    for vector in [&mut work.diagonal, &mut work.squares, &mut work.v, &mut work.p] {
        vector.clear();
        vector.resize(n, [0.0; WIDTH]);
    }
    tridiagonal(elements, n, work);
    let Work { diagonal, squares, .. } = work;
    let mut bound = [0.0; WIDTH];
    for row in 0..n {
        for w in 0..WIDTH {
            bound[w] += diagonal[row][w] * diagonal[row][w] + 2.0 * squares[row][w];
        }
    }
    // No eigenvalue is larger than the root of the sum of their squares.
    let bound: Wide = wide!(w => bound[w].sqrt() * (1.0 + 1e-12) + 1e-150);
    let positive = largest(diagonal, squares, &bound);
    diagonal.iter_mut().flatten().for_each(|d| *d = -*d);
    if exceeds_all(diagonal, squares, &positive) {
        return positive;
    }
    let negative = largest(diagonal, squares, &bound);
    wide!(w => if negative[w] > positive[w] { negative[w] } else { positive[w] })
}

/// Householder's reduction: the diagonal, and the squares of what stands beside it, `squares[i]` between rows `i − 1` and `i`.
#[inline(always)]
fn tridiagonal(a: &mut [Wide], n: usize, work: &mut Work) {
    let Work { diagonal, squares, v, p } = work;
    let (a, v, p) = (&mut a[..n * n], &mut v[..n], &mut p[..n]);
    for c in 0..n - 2 {
        diagonal[c] = a[c * n + c];
        let head = a[(c + 1) * n + c];
        let mut tail = [0.0; WIDTH];
        for i in c + 2..n {
            v[i] = a[i * n + c];
            for w in 0..WIDTH {
                tail[w] += v[i][w] * v[i][w];
            }
        }
        let sum: Wide = wide!(w => tail[w] + head[w] * head[w]);
        squares[c + 1] = sum;
        let root: Wide = wide!(w => -sum[w].sqrt().copysign(head[w]));
        v[c + 1] = wide!(w => head[w] - root[w]);
        // Half the square of v; no reflection where there is nothing to clear.
        let beta: Wide = wide!(w => {
            let half = sum[w] - head[w] * root[w];
            if tail[w] > 1e-290 { 1.0 / half } else { 0.0 }
        });
        for i in c + 1..n {
            p[i] = wide!(w => a[i * n + i][w] * v[i][w]);
        }
        for i in c + 2..n {
            let own = v[i];
            let mut sum = p[i];
            for j in c + 1..i {
                let element = &a[i * n + j];
                for w in 0..WIDTH {
                    sum[w] += element[w] * v[j][w];
                    p[j][w] += element[w] * own[w];
                }
            }
            p[i] = sum;
        }
        let mut product = [0.0; WIDTH];
        for i in c + 1..n {
            for w in 0..WIDTH {
                p[i][w] *= beta[w];
                product[w] += p[i][w] * v[i][w];
            }
        }
        for i in c + 1..n {
            for w in 0..WIDTH {
                p[i][w] -= 0.5 * beta[w] * product[w] * v[i][w];
            }
        }
        for i in c + 1..n {
            let (own_v, own_p) = (v[i], p[i]);
            for j in c + 1..=i {
                let element = &mut a[i * n + j];
                for w in 0..WIDTH {
                    element[w] -= own_v[w] * p[j][w] + own_p[w] * v[j][w];
                }
            }
        }
    }
    diagonal[n - 2] = a[(n - 2) * n + n - 2];
    diagonal[n - 1] = a[(n - 1) * n + n - 1];
    squares[n - 1] = wide!(w => a[(n - 1) * n + n - 2][w] * a[(n - 1) * n + n - 2][w]);
}

/// The largest eigenvalue of each tridiagonal matrix, none of which exceeds `bound`: Laguerre's iteration, which comes down to
/// the largest root of a polynomial whose roots are all real without passing it, cubically in the end.
#[inline(always)]
fn largest(diagonal: &[Wide], squares: &[Wide], bound: &Wide) -> Wide {
    const STEPS: usize = 80;
    let n = diagonal.len() as f64;
    let mut x = *bound;
    for _ in 0..STEPS {
        // Value and two derivatives of the characteristic polynomial, row by row.
        let (mut p0, mut p1, mut p2) = ([1.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
        let (mut q0, mut q1, mut q2) = ([0.0; WIDTH], [0.0; WIDTH], [0.0; WIDTH]);
        for (d, square) in diagonal.iter().zip(squares) {
            for w in 0..WIDTH {
                let t = x[w] - d[w];
                let r2 = t * p2[w] + 2.0 * p1[w] - square[w] * q2[w];
                let r1 = t * p1[w] + p0[w] - square[w] * q1[w];
                let r0 = t * p0[w] - square[w] * q0[w];
                (q0[w], q1[w], q2[w]) = (p0[w], p1[w], p2[w]);
                (p0[w], p1[w], p2[w]) = (r0, r1, r2);
            }
        }
        let step: Wide = wide!(w => {
            let g = p1[w] / p0[w];
            let h = g * g - p2[w] / p0[w];
            let spread = ((n - 1.0) * (n * h - g * g)).max(0.0);
            let step = n / (g + spread.sqrt());
            // At the root, or beside it by rounding.
            if (p0[w] > 0.0) & (g > 0.0) & (step > bound[w] * 1e-15) { step } else { 0.0 }
        });
        let mut moved = false;
        for w in 0..WIDTH {
            x[w] -= step[w];
            moved |= step[w] > 0.0;
        }
        if !moved {
            break;
        }
    }
    x
}

/// Whether all of the `x` are above every eigenvalue: then all leading minors of `x − T` are positive.
#[inline(always)]
fn exceeds_all(diagonal: &[Wide], squares: &[Wide], x: &Wide) -> bool {
    let (mut p, mut q) = ([1.0; WIDTH], [0.0; WIDTH]);
    let mut lowest = [f64::INFINITY; WIDTH];
    for (d, square) in diagonal.iter().zip(squares) {
        for w in 0..WIDTH {
            let r = (x[w] - d[w]) * p[w] - square[w] * q[w];
            (q[w], p[w]) = (p[w], r);
            lowest[w] = if r < lowest[w] { r } else { lowest[w] };
        }
    }
    lowest.iter().all(|&lowest| lowest > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;

    #[test]
    fn radii_are_those_of_the_eigenvalues() {
        let mut random = 5_u64;
        let mut number = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
        };
        for n in (3..=27).chain([40, 64]) {
            for kind in 0..6 {
                let matrices: Vec<DMatrix<f64>> = (0..WIDTH)
                    .map(|w| match kind {
                        // Dense, sparse, of low rank with equal eigenvalues, diagonal, negative, zero.
                        0 => DMatrix::from_fn(n, n, |_, _| number()),
                        1 => DMatrix::from_fn(n, n, |_, _| if number() > 0.3 { number() } else { 0.0 }),
                        2 => {
                            let v = DMatrix::from_fn(n, 2, |_, _| number());
                            v.clone().qr().q() * v.qr().q().transpose() * 0.3
                        }
                        3 => DMatrix::from_fn(n, n, |i, j| if i == j { number() } else { 0.0 }),
                        4 => -DMatrix::from_fn(n, n, |_, _| number().abs()),
                        _ => DMatrix::from_element(n, n, if w == 0 { 0.0 } else { 1e-9 }),
                    })
                    .map(|m| (&m + m.transpose()) * 0.5)
                    .collect();
                let mut elements: Vec<Wide> =
                    (0..n * n).map(|at| wide!(w => matrices[w][(at / n, at % n)])).collect();
                let ours = spectral_radius(&mut elements, n, &mut Work::default());
                for (w, m) in matrices.into_iter().enumerate() {
                    let norm = m.norm();
                    let expected = m.symmetric_eigenvalues().amax();
                    // An eigenvalue that is there twice is found to half of the digits.
                    let tolerance = if kind == 2 { 1e-7 } else { 1e-12 };
                    assert!(
                        // Of a matrix of zeros the bound remains.
                        (ours[w] - expected).abs() <= tolerance * norm + 1e-149,
                        "{n} {kind}: {} {expected}",
                        ours[w]
                    );
                }
            }
        }
    }
}
