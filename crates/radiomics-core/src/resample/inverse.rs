//! The inverse of a 3 × 3 matrix by way of its singular values, to the last bit that ITK has.
//!
//! ITK turns positions into indices with an inverse that LINPACK's `dsvdc` gives: Householder reflections to
//! two diagonals, then implicitly shifted QR steps (Golub and Reinsch 1970, doi:10.1007/BF02163027; Dongarra et
//! al. 1979, LINPACK Users' Guide, chapter 11). On an oblique grid the rounding of that inverse decides to which
//! of two voxels a point half way between them belongs. Every operation here stands in LINPACK's order.

type Matrix = [[f64; 3]; 3];

/// `m⁻¹ = V · diag(1/s) · Uᵀ` for `m = U · diag(s) · Vᵀ`; `m` must be well-conditioned.
pub(crate) fn inverse(m: &Matrix) -> Matrix {
    let (u, s, v) = singular_values(*m);
    let mut reciprocal = [[0.0; 3]; 3];
    (0..3).for_each(|i| reciprocal[i][i] = 1.0 / s[i]);
    product(&product(&v, &reciprocal), &std::array::from_fn(|r| std::array::from_fn(|c| u[c][r])))
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| std::array::from_fn(|c| row[0] * b[0][c] + row[1] * b[1][c] + row[2] * b[2][c]))
}

/// `(U, s, V)`, the values falling.
fn singular_values(x: Matrix) -> (Matrix, [f64; 3], Matrix) {
    let (mut u, mut s, mut e, mut v) = two_diagonals(x);
    // Rows of three: three steps suffice as a rule, but nothing may run for ever.
    let (mut end, mut steps) = (3, 0);
    while end > 0 && steps < 1000 {
        // A negligible element beside the diagonal splits the matrix.
        let split = (0..end - 1).rev().find(|&l| {
            let beside = s[l].abs() + s[l + 1].abs();
            beside + e[l].abs() == beside
        });
        if let Some(l) = split {
            e[l] = 0.0;
        }
        let start = split.map_or(0, |l| l + 1);
        if start + 1 < end {
            qr_step(start, end, &mut u, &mut s, &mut e, &mut v);
            steps += 1;
            continue;
        }
        // One value stands alone: make it positive and put it into its place.
        let mut l = start;
        if s[l] < 0.0 {
            s[l] = -s[l];
            v.iter_mut().for_each(|row| row[l] = -row[l]);
        }
        while l < 2 && s[l] < s[l + 1] {
            s.swap(l, l + 1);
            u.iter_mut().chain(&mut v).for_each(|row| row.swap(l, l + 1));
            l += 1;
        }
        (end, steps) = (end - 1, 0);
    }
    (u, s, v)
}

/// Reflections that leave the diagonal `s` and, above it, `e`; with the products `U` and `V`.
fn two_diagonals(mut x: Matrix) -> (Matrix, [f64; 3], [f64; 3], Matrix) {
    let (mut s, mut e) = ([0.0; 3], [0.0; 3]);
    let (mut u, mut v) = ([[0.0; 3]; 3], [[0.0; 3]; 3]);
    for l in 0..2 {
        // The reflection of column l.
        s[l] = signed(norm((l..3).map(|i| x[i][l])), x[l][l]);
        if s[l] != 0.0 {
            let factor = 1.0 / s[l];
            (l..3).for_each(|i| x[i][l] *= factor);
            x[l][l] += 1.0;
        }
        s[l] = -s[l];
        for j in l + 1..3 {
            if s[l] != 0.0 {
                let t = -(l..3).fold(0.0, |sum, i| sum + x[i][l] * x[i][j]) / x[l][l];
                (l..3).for_each(|i| x[i][j] += t * x[i][l]);
            }
            e[j] = x[l][j];
        }
        (l..3).for_each(|i| u[i][l] = x[i][l]);
        if l > 0 {
            continue;
        }
        // The reflection of the rest of row 0.
        e[0] = signed(norm(e[1..].iter().copied()), e[1]);
        if e[0] != 0.0 {
            let factor = 1.0 / e[0];
            (1..3).for_each(|j| e[j] *= factor);
            e[1] += 1.0;
        }
        e[0] = -e[0];
        if e[0] != 0.0 {
            let mut work = [0.0; 3];
            for j in 1..3 {
                (1..3).for_each(|i| work[i] += e[j] * x[i][j]);
            }
            for j in 1..3 {
                let t = -e[j] / e[1];
                (1..3).for_each(|i| x[i][j] += t * work[i]);
            }
        }
        (1..3).for_each(|i| v[i][0] = e[i]);
    }
    s[2] = x[2][2];
    (e[1], e[2]) = (x[1][2], 0.0);
    accumulate_columns(&mut u, &s);
    accumulate_rows(&mut v, &e);
    (u, s, e, v)
}

/// `U` from the reflections of the columns.
fn accumulate_columns(u: &mut Matrix, s: &[f64; 3]) {
    (u[0][2], u[1][2], u[2][2]) = (0.0, 0.0, 1.0);
    for l in [1, 0] {
        if s[l] == 0.0 {
            (0..3).for_each(|i| u[i][l] = 0.0);
            u[l][l] = 1.0;
            continue;
        }
        for j in l + 1..3 {
            let t = -(l..3).fold(0.0, |sum, i| sum + u[i][l] * u[i][j]) / u[l][l];
            (l..3).for_each(|i| u[i][j] += t * u[i][l]);
        }
        (l..3).for_each(|i| u[i][l] = -u[i][l]);
        u[l][l] += 1.0;
        (0..l).for_each(|i| u[i][l] = 0.0);
    }
}

/// `V` from the reflection of the first row.
fn accumulate_rows(v: &mut Matrix, e: &[f64; 3]) {
    for l in [2, 1, 0] {
        if l == 0 && e[0] != 0.0 {
            for j in 1..3 {
                let t = -(1..3).fold(0.0, |sum, i| sum + v[i][0] * v[i][j]) / v[1][0];
                (1..3).for_each(|i| v[i][j] += t * v[i][0]);
            }
        }
        (0..3).for_each(|i| v[i][l] = 0.0);
        v[l][l] = 1.0;
    }
}

/// One QR step on the part from `start` to `end`.
fn qr_step(start: usize, end: usize, u: &mut Matrix, s: &mut [f64; 3], e: &mut [f64; 3], v: &mut Matrix) {
    let (last, before) = (end - 1, end - 2);
    let scale =
        [s[last], s[before], e[before], s[start], e[start]].iter().fold(0.0, |max, x| x.abs().max(max));
    let [sl, sb, eb, sf, ef] = [s[last], s[before], e[before], s[start], e[start]].map(|x| x / scale);
    let b = ((sb + sl) * (sb - sl) + eb * eb) / 2.0;
    let c = (sl * eb) * (sl * eb);
    let shift = if b == 0.0 && c == 0.0 { 0.0 } else { c / (b + signed((b * b + c).sqrt(), b)) };
    let mut f = (sf + sl) * (sf - sl) + shift;
    let mut g = sf * ef;
    for k in start..last {
        let (r, cos, sin) = rotation(f, g);
        if k > start {
            e[k - 1] = r;
        }
        f = cos * s[k] + sin * e[k];
        e[k] = cos * e[k] - sin * s[k];
        g = sin * s[k + 1];
        s[k + 1] *= cos;
        rotate(v, k, cos, sin);
        let (r, cos, sin) = rotation(f, g);
        s[k] = r;
        f = cos * e[k] + sin * s[k + 1];
        s[k + 1] = -sin * e[k] + cos * s[k + 1];
        g = sin * e[k + 1];
        e[k + 1] *= cos;
        rotate(u, k, cos, sin);
    }
    e[before] = f;
}

/// Radius, cosine and sine of the rotation that takes `(a, b)` to `(r, 0)`.
fn rotation(a: f64, b: f64) -> (f64, f64, f64) {
    let scale = a.abs() + b.abs();
    if scale == 0.0 {
        return (0.0, 1.0, 0.0);
    }
    let radius = scale * ((a / scale) * (a / scale) + (b / scale) * (b / scale)).sqrt();
    let r = signed(radius, if a.abs() > b.abs() { a } else { b });
    (r, a / r, b / r)
}

/// Rotates column `k` and the next.
fn rotate(m: &mut Matrix, k: usize, cos: f64, sin: f64) {
    for row in m {
        let [a, b] = [row[k], row[k + 1]];
        (row[k], row[k + 1]) = (cos * a + sin * b, cos * b - sin * a);
    }
}

/// `x` with the sign of `of`; zero counts as positive, whatever its sign.
fn signed(x: f64, of: f64) -> f64 {
    if of < 0.0 { -x } else { x }
}

/// Euclidean length without overflow, as the BLAS of LINPACK's time has it.
fn norm(values: impl Iterator<Item = f64>) -> f64 {
    let (mut scale, mut sum) = (0.0_f64, 1.0);
    for x in values.map(f64::abs).filter(|x| *x != 0.0) {
        if scale < x {
            sum = 1.0 + sum * ((scale / x) * (scale / x));
            scale = x;
        } else {
            sum += (x / scale) * (x / scale);
        }
    }
    scale * sum.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SimpleITK 2.5.7, `TransformPhysicalPointToContinuousIndex` of the unit vectors for images at the origin.
    #[test]
    fn the_bits_are_those_of_itk() {
        let cases = [
            (
                [
                    [0.9585267399023484, -0.23056279077409292, 0.16753294721527912],
                    [0.24332379388106262, 0.9680974922325757, -0.059839592782071335],
                    [-0.14839144255482456, 0.0981226021029805, 0.9840487461162879],
                ],
                [0.78125, 0.78125, 6.499999999999998],
                [
                    [1.2269142270750064, 0.31145445616776024, -0.1899410464701755],
                    [-0.295120372190839, 1.239164790057697, 0.1255969306918148],
                    [0.025774299571581435, -0.009206091197241861, 0.15139211478712122],
                ],
            ),
            (
                [
                    [0.8771650195452848, -0.4770459435690202, -0.054851583481822286],
                    [0.3076183843211372, 0.4705388773503655, 0.8270212177021281],
                    [-0.3687173146378853, -0.7423074380781867, 0.5594883459555041],
                ],
                [1.0, 0.664062, 2.1],
                [
                    [0.8771650195452847, 0.3076183843211372, -0.3687173146378853],
                    [-0.7183756088573361, 0.7085767252912616, -1.1178285131180317],
                    [-0.026119801658010658, 0.39381962747720406, 0.2664230218835733],
                ],
            ),
            (
                [
                    [0.999801981909377, 0.019875822370579044, -0.000973989309466651],
                    [-0.01987384712777981, 0.9998005004772775, 0.0019973596889141026],
                    [0.0010134941654512918, -0.0019776072609217826, 0.999997530946501],
                ],
                [0.5, 0.5, 5.0],
                [
                    [1.9996039638187546, -0.039747694255559636, 0.0020269883309025844],
                    [0.0397516447411581, 1.9996010009545557, -0.003955214521844155],
                    [-0.00019479786189333117, 0.0003994719377828122, 0.1999995061893001],
                ],
            ),
        ];
        for (direction, spacing, expected) in cases {
            let m = direction.map(|row: [f64; 3]| std::array::from_fn(|c| row[c] * spacing[c]));
            assert_eq!(inverse(&m), expected);
        }
    }

    #[test]
    fn a_matrix_along_the_axes_gives_reciprocals() {
        let m = [[0.0, -2.0, 0.0], [0.0, 0.0, 0.7], [3.1, 0.0, 0.0]];
        let expected = [[0.0, 0.0, 1.0 / 3.1], [-0.5, 0.0, 0.0], [0.0, 1.0 / 0.7, 0.0]];
        assert_eq!(inverse(&m), expected);
    }
}
