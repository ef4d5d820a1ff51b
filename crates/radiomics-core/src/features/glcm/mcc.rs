//! Maximal correlation coefficient.
//!
//! `Q_ij = Σ_k p_ik p_jk / (p_x(i) p_y(k) + ε)` has the eigenvalues of `G Gᵀ` with
//! `G_ik = p_ik / √(p_x(i) p_y(k) + ε)`, up to the square of `ε / p_x p_y`: the root of the second one is the
//! second singular value of `G`. The first belongs to the vector `√p_x`.

use nalgebra::{DMatrix, DVector, SymmetricEigen, SymmetricTridiagonal};

use super::formulas::Glcm;

/// Up to this many grey levels all eigenvalues are calculated, beyond it only the one that is wanted.
const DENSE: usize = 96;

/// `√(second largest eigenvalue of Q)`, 0 to 1; 1 where the region has one grey level. NaN where two levels
/// are independent and rounding puts the eigenvalue below 0: PyRadiomics leaves such a matrix out.
pub fn mcc(glcm: &Glcm) -> f64 {
    let levels = glcm.rows.0.len();
    if levels == 1 {
        return 1.0;
    }
    let present = |place: &usize| glcm.rows.0[*place].1 > 0.0 || glcm.columns.0[*place].1 > 0.0;
    let mut present = (0..levels).filter(present);
    if let (Some(first), Some(last), None) = (present.next(), present.next(), present.next()) {
        return second_of_two(glcm, [first, last]);
    }
    let entries: Vec<Entry> = entries(glcm);
    let value = if levels <= DENSE { second_of_all(&entries, glcm) } else { second(&entries, glcm) };
    value.clamp(0.0, 1.0)
}

/// `G_ik` of both orders.
struct Entry {
    i: usize,
    k: usize,
    value: f64,
}

fn entries(glcm: &Glcm) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(2 * glcm.cells.len());
    for cell in &glcm.cells {
        let (i, k) = (usize::from(cell.i), usize::from(cell.j));
        let value = cell.p / (glcm.rows.0[i].1 * glcm.columns.0[k].1 + f64::EPSILON).sqrt();
        entries.push(Entry { i, k, value });
        if glcm.symmetric && i != k {
            entries.push(Entry { i: k, k: i, value });
        }
    }
    entries
}

/// Two levels, as PyRadiomics and LAPACK (`dlanv2`) calculate them step by step: where they are independent
/// the eigenvalue is rounding alone, some 10⁻¹⁷, but its root is large enough to be seen in a mean.
fn second_of_two(glcm: &Glcm, levels: [usize; 2]) -> f64 {
    let mut p = [[0.0; 2]; 2];
    for cell in &glcm.cells {
        let [i, k] = [cell.i, cell.j].map(|place| usize::from(usize::from(place) == levels[1]));
        p[i][k] = cell.p;
        if glcm.symmetric {
            p[k][i] = cell.p;
        }
    }
    let (rows, columns) = ([p[0][0] + p[0][1], p[1][0] + p[1][1]], [p[0][0] + p[1][0], p[0][1] + p[1][1]]);
    let term = |i: usize, j: usize, k: usize| p[i][k] * p[j][k] / (rows[i] * columns[k] + f64::EPSILON);
    let q = |i, j| term(i, j, 0) + term(i, j, 1);
    let (a, b, c, d) = (q(0, 0), q(0, 1), q(1, 0), q(1, 1));
    if b == 0.0 || c == 0.0 {
        return a.min(d).sqrt();
    }
    let half = 0.5 * (a - d);
    let (larger, smaller) = (b.max(c), b.min(c)); // neither is negative
    let scale = half.abs().max(larger);
    let square = (half / scale) * half + (larger / scale) * smaller;
    let z = half + (scale.sqrt() * square.sqrt()).copysign(half);
    (d + z).min(d - (larger / z) * smaller).sqrt()
}

fn second_of_all(entries: &[Entry], glcm: &Glcm) -> f64 {
    // Levels without a pair in this matrix are rows of zeros: eigenvalues 0.
    let levels = glcm.rows.0.len();
    let mut g = DMatrix::<f64>::zeros(levels, levels);
    for entry in entries {
        g[(entry.i, entry.k)] = entry.value;
    }
    if glcm.symmetric {
        // Singular values are the eigenvalues without their sign.
        let (diagonal, beside) = SymmetricTridiagonal::new(g).unpack_tridiagonal();
        let second = nth_largest(diagonal.as_slice(), beside.as_slice(), 2);
        second.max(nth_largest((-diagonal).as_slice(), beside.as_slice(), 1))
    } else {
        let (diagonal, beside) = SymmetricTridiagonal::new(&g * g.transpose()).unpack_tridiagonal();
        nth_largest(diagonal.as_slice(), beside.as_slice(), 2).max(0.0).sqrt()
    }
}

/// The `n`th largest eigenvalue of a symmetrical tridiagonal matrix whose eigenvalues lie from −1 to 1: Sturm's
/// count, at several points at once.
fn nth_largest(diagonal: &[f64], beside: &[f64], n: usize) -> f64 {
    const POINTS: usize = 8;
    let (mut low, mut high) = (-1.0 - 1e-6, 1.0 + 1e-6);
    // 17 times nine parts: 2⁻⁵³ of the range.
    for _ in 0..17 {
        let part = (high - low) / (POINTS + 1) as f64;
        let points: [f64; POINTS] = std::array::from_fn(|place| low + part * (place + 1) as f64);
        // As many pivots of `matrix − point` are negative as eigenvalues lie below the point.
        let mut pivots = [1.0; POINTS];
        let mut below = [0; POINTS];
        for (row, &d) in diagonal.iter().enumerate() {
            let square = if row == 0 { 0.0 } else { beside[row - 1] * beside[row - 1] };
            for place in 0..POINTS {
                let pivot = d - points[place] - square / pivots[place];
                pivots[place] = if pivot == 0.0 { f64::MIN_POSITIVE } else { pivot };
                below[place] += usize::from(pivots[place] < 0.0);
            }
        }
        let above = below.iter().take_while(|&&below| diagonal.len() - below >= n).count();
        (low, high) = (low + part * above as f64, low + part * (above + 1) as f64);
    }
    0.5 * (low + high)
}

/// The same by Lanczos' method with restarts (Wu and Simon 2000, doi:10.1137/S0895479898334605), in the space
/// at right angles to `√p_x`: time `O(cells)` for each step, memory `O(levels)`.
fn second(entries: &[Entry], glcm: &Glcm) -> f64 {
    const BASIS: usize = 24;
    const KEPT: usize = 8;
    const RESTARTS: usize = 100;
    /// Of the residual; the eigenvalue is far more accurate.
    const TOLERANCE: f64 = 1e-9;

    let levels = glcm.rows.0.len();
    let first = DVector::from_iterator(levels, glcm.rows.0.iter().map(|(_, p)| p.sqrt()));
    let square = |v: &DVector<f64>| {
        let (mut half, mut whole) = (DVector::<f64>::zeros(levels), DVector::<f64>::zeros(levels));
        entries.iter().for_each(|e| half[e.k] += e.value * v[e.i]);
        entries.iter().for_each(|e| whole[e.i] += e.value * half[e.k]);
        whole
    };
    // Twice, as the first pass leaves rounding behind.
    let straighten = |v: &mut DVector<f64>, basis: &[DVector<f64>]| -> Vec<f64> {
        let mut parts = vec![0.0; basis.len()];
        for _ in 0..2 {
            v.axpy(-first.dot(v), &first, 1.0);
            for (part, b) in parts.iter_mut().zip(basis) {
                let dot = b.dot(v);
                v.axpy(-dot, b, 1.0);
                *part += dot;
            }
        }
        parts
    };
    // Any vector that is not special: the fractional parts of multiples of the golden ratio.
    let mut start = DVector::from_fn(levels, |i, _| (0.5 + i as f64 * 0.618_033_988_749_895).fract() - 0.5);
    start.component_mul_assign(&first.map(|x| f64::from(u8::from(x > 0.0))));
    straighten(&mut start, &[]);
    if start.normalize_mut() == 0.0 {
        return 0.0;
    }
    let mut basis = vec![start];
    let mut projected = DMatrix::<f64>::zeros(BASIS, BASIS);
    let mut largest = 0.0;
    for _ in 0..RESTARTS {
        let mut residual = 0.0;
        while basis.len() <= BASIS
            && let Some(last) = basis.last()
        {
            let mut next = square(last);
            let column = basis.len() - 1;
            for (row, part) in straighten(&mut next, &basis).into_iter().enumerate() {
                projected[(row, column)] = part;
                projected[(column, row)] = part;
            }
            residual = next.normalize_mut();
            if residual < 1e-14 {
                break;
            }
            basis.push(next);
        }
        let found = basis.len().min(BASIS);
        let small = projected.view((0, 0), (found, found)).into_owned();
        let Some(eigen) = SymmetricEigen::try_new(small, f64::EPSILON, 1000 * BASIS) else { break };
        let mut order: Vec<usize> = (0..found).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        largest = eigen.eigenvalues[order[0]];
        if residual * eigen.eigenvectors[(found - 1, order[0])].abs() < TOLERANCE || found < BASIS {
            break;
        }
        let kept = order[..KEPT].iter().map(|&column| {
            let mut ritz = DVector::zeros(levels);
            (0..found).for_each(|row| ritz.axpy(eigen.eigenvectors[(row, column)], &basis[row], 1.0));
            ritz
        });
        let mut next: Vec<DVector<f64>> = kept.collect();
        next.extend(basis.pop());
        basis = next;
        projected.fill(0.0);
        (0..KEPT).for_each(|i| projected[(i, i)] = eigen.eigenvalues[order[i]]);
    }
    largest.max(0.0).sqrt()
}

#[cfg(test)]
pub fn both(glcm: &Glcm) -> (f64, f64) {
    let entries = entries(glcm);
    (second_of_all(&entries, glcm), second(&entries, glcm))
}
