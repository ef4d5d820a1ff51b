//! Steps of all free variables at once.
//!
//! Steps of two variables creep where many variables are free, as with a linear kernel and a large `C`. On the free
//! variables `F` the optimum with `Σd = 0` is `d = K⁻¹(v − μ1)`, `μ = 1ᵀK⁻¹v / 1ᵀK⁻¹1`, one Cholesky decomposition.
//! `K + ρ 1 1ᵀ` gives the same step, because `Σd = 0`, and has one rank more, which the optimum of a linear kernel
//! needs: margin and intercept fix as many patients as there are columns and one more.

use super::rows::Rows;
use crate::ldl::Factor;

/// `d` for the free variables, whose negative gradient is `v`. Variables that depend on others get 0. `None` where
/// no step is defined.
pub(super) fn direction(rows: &impl Rows, free: &[usize], v: &[f64]) -> Option<Vec<f64>> {
    let m = free.len();
    let shift = free.iter().map(|&i| rows.diagonal()[i].abs()).sum::<f64>() / m as f64;
    let mut a = vec![0.0; m * m];
    for (r, &i) in free.iter().enumerate() {
        let row = rows.get(i);
        for (c, &j) in free.iter().enumerate().skip(r) {
            a[r * m + c] = row[j] + shift;
        }
    }
    let factor = Factor::new(a, m)?;
    let mut by_v = v.to_vec();
    let mut by_one = vec![1.0; m];
    factor.solve(&mut by_v);
    factor.solve(&mut by_one);
    let total: f64 = by_one.iter().sum();
    if total.is_nan() || total.abs() < 1e-300 {
        return None;
    }
    let mu = by_v.iter().sum::<f64>() / total;
    let d: Vec<f64> = by_v.iter().zip(&by_one).map(|(a, b)| a - mu * b).collect();
    d.iter().all(|d| d.is_finite()).then_some(d)
}

#[cfg(test)]
mod tests {
    use super::super::rows::Gram;
    use super::*;

    #[test]
    fn the_step_solves_the_equations_of_the_free_variables() {
        // K of four patients in two columns: rank 2, rank 3 with the shift, so that one of four variables depends.
        let x = [[1.0, 0.5], [-0.3, 2.0], [0.7, -1.1], [0.2, 0.4]];
        let values: Vec<f64> =
            (0..16).map(|k| x[k / 4][0] * x[k % 4][0] + x[k / 4][1] * x[k % 4][1]).collect();
        let diagonal = (0..4).map(|i| values[5 * i]).collect();
        let gram = Gram { n: 4, values: values.clone(), diagonal };
        let v = [0.3, -0.2, 0.9, 0.4];
        let d = direction(&gram, &[0, 1, 2, 3], &v).unwrap();
        assert!(d.iter().sum::<f64>().abs() < 1e-12);
        assert_eq!(d[3], 0.0);
        let rest: Vec<f64> =
            (0..3).map(|i| v[i] - (0..4).map(|j| values[4 * i + j] * d[j]).sum::<f64>()).collect();
        assert!((rest[0] - rest[1]).abs() < 1e-10 && (rest[1] - rest[2]).abs() < 1e-10, "{rest:?}");
    }
}
