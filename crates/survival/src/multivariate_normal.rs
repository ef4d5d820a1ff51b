//! Probability that correlated normal variables stay within symmetric limits.

use radiomics_stats::distribution::{normal, normal_quantile, normal_two_sided};
use radiomics_stats::rng::Rng;

/// Points of the lattice and how often it is shifted.
const POINTS: usize = 1 << 14;
const SHIFTS: u64 = 8;

/// Probability that any of the variables lies outside `±limit`, by their correlation matrix (rows). One variable is
/// exact; more are integrated on a shifted lattice (Genz 1992), the same numbers at every call, with an error of about
/// 1e-6.
pub(crate) fn outside_probability(limit: f64, correlation: &[Vec<f64>]) -> f64 {
    let d = correlation.len();
    if d == 1 {
        return normal_two_sided(limit);
    }
    let lower = cholesky(correlation);
    // Square roots of primes make a lattice that fills every dimension.
    let steps: Vec<f64> = primes(d - 1).into_iter().map(|p| (p as f64).sqrt().fract()).collect();
    let mut inside = 0.0;
    for shift in 0..SHIFTS {
        let mut rng = Rng::stream(0x6d76_6e6f, shift);
        let start: Vec<f64> = steps.iter().map(|_| rng.unit()).collect();
        let mut u = vec![0.0; d - 1];
        for point in 0..POINTS {
            for (j, u) in u.iter_mut().enumerate() {
                let x = (start[j] + point as f64 * steps[j]).fract();
                *u = (2.0 * x - 1.0).abs(); // folded: smooth at the borders
            }
            inside += volume(limit, &lower, &u);
        }
    }
    (1.0 - inside / (POINTS as f64 * SHIFTS as f64)).clamp(0.0, 1.0)
}

/// Product of the conditional probabilities of staying inside along one point of the lattice.
fn volume(limit: f64, lower: &[Vec<f64>], u: &[f64]) -> f64 {
    let mut y = vec![0.0; u.len()];
    let mut product = 1.0;
    for (i, row) in lower.iter().enumerate() {
        let centre: f64 = row[..i].iter().zip(&y).map(|(l, y)| l * y).sum();
        let (a, b) = if row[i] > 1e-10 {
            (normal((-limit - centre) / row[i]), normal((limit - centre) / row[i]))
        } else {
            // Determined by those before it.
            (0.0, f64::from(u8::from(centre.abs() <= limit)))
        };
        product *= b - a;
        if product == 0.0 {
            return 0.0;
        }
        if i < u.len() {
            let p = (a + u[i] * (b - a)).clamp(1e-300, 1.0 - 1e-16);
            y[i] = if row[i] > 1e-10 { normal_quantile(p) } else { 0.0 };
        }
    }
    product
}

/// Lower triangle `L` with `L Lᵀ` the matrix; a dependent variable has 0 on the diagonal.
fn cholesky(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let d = matrix.len();
    let mut l = vec![vec![0.0; d]; d];
    for i in 0..d {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            l[i][j] = if i == j {
                rest.max(0.0).sqrt()
            } else if l[j][j] > 1e-10 {
                rest / l[j][j]
            } else {
                0.0
            };
        }
    }
    l
}

fn primes(count: usize) -> Vec<u64> {
    (2..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_and_identical_variables() {
        let one = normal_two_sided(1.5);
        let independent: Vec<Vec<f64>> =
            (0..4).map(|i| (0..4).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        assert!((outside_probability(1.5, &independent) - (1.0 - (1.0 - one).powi(4))).abs() < 1e-6);
        assert!((outside_probability(1.5, &vec![vec![1.0; 3]; 3]) - one).abs() < 1e-9);
        // R: 1 - mvtnorm::pmvnorm(rep(-a, d), rep(a, d), corr = ...)
        let pair = outside_probability(2.0, &[vec![1.0, 0.5], vec![0.5, 1.0]]);
        assert!((pair - 0.082_888_147_380).abs() < 1e-6, "{pair}");
        let three = [vec![1.0, 0.45, 0.26], vec![0.45, 1.0, 0.595], vec![0.26, 0.595, 1.0]];
        let three = outside_probability(1.24, &three);
        assert!((three - 0.466_096_668).abs() < 1e-6, "{three}");
    }
}
