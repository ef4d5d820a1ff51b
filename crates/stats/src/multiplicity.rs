//! p-values adjusted for the number of tests.

use serde::{Deserialize, Serialize};

use crate::error::{Error, require};
use crate::rank::order;

/// How p-values are adjusted. R: the `method` of `p.adjust`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Unchanged.
    None,
    /// Times the number of tests.
    Bonferroni,
    /// Holm 1979: step down from the smallest. Controls the family-wise error without assumptions.
    Holm,
    /// Hochberg 1988: step up.
    Hochberg,
    /// Hommel 1988.
    Hommel,
    /// Benjamini and Hochberg 1995: false discovery rate.
    BenjaminiHochberg,
    /// Benjamini and Yekutieli 2001: false discovery rate under any dependence.
    BenjaminiYekutieli,
}

/// Adjusted p-values in the order given. R: `p.adjust(p, method)`.
///
/// # Errors
/// [`Error::Value`] where a p-value lies outside 0 to 1.
///
/// ```
/// use radiomics_stats::multiplicity::{Adjustment, adjust};
/// assert_eq!(adjust(&[0.01, 0.04, 0.03], Adjustment::Holm)?, [0.03, 0.06, 0.06]);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn adjust(p: &[f64], method: Adjustment) -> Result<Vec<f64>, Error> {
    require("p", p, "a probability", |v| (0.0..=1.0).contains(&v))?;
    let n = p.len() as f64;
    let up = order(p);
    let mut adjusted = vec![0.0; p.len()];
    match method {
        Adjustment::None => adjusted.copy_from_slice(p),
        Adjustment::Bonferroni => adjusted = p.iter().map(|v| (v * n).min(1.0)).collect(),
        Adjustment::Holm => {
            let mut largest = 0.0_f64;
            for (i, &at) in up.iter().enumerate() {
                largest = largest.max((n - i as f64) * p[at as usize]);
                adjusted[at as usize] = largest.min(1.0);
            }
        }
        Adjustment::Hommel => adjusted = hommel(p, &up),
        Adjustment::Hochberg | Adjustment::BenjaminiHochberg | Adjustment::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=p.len()).map(|i| 1.0 / i as f64).sum();
            let mut smallest = 1.0_f64;
            for (i, &at) in up.iter().enumerate().rev() {
                let factor = match method {
                    Adjustment::Hochberg => n - i as f64,
                    Adjustment::BenjaminiHochberg => n / (i as f64 + 1.0),
                    _ => harmonic * n / (i as f64 + 1.0),
                };
                smallest = smallest.min(factor * p[at as usize]);
                adjusted[at as usize] = smallest;
            }
        }
    }
    Ok(adjusted)
}

/// Wright 1992, Biometrics 48:1005, algorithm of the appendix.
fn hommel(p: &[f64], up: &[u32]) -> Vec<f64> {
    let n = p.len();
    let sorted: Vec<f64> = up.iter().map(|&i| p[i as usize]).collect();
    let Some(first) =
        sorted.iter().enumerate().map(|(i, v)| n as f64 * v / (i as f64 + 1.0)).reduce(f64::min)
    else {
        return Vec::new();
    };
    let mut q = vec![first; n];
    let mut a = vec![first; n];
    for m in (2..n).rev() {
        let tail = n - m + 1;
        let q1 = (2..=m).map(|i| m as f64 * sorted[tail + i - 2] / i as f64).fold(f64::INFINITY, f64::min);
        for i in 0..tail {
            q[i] = (m as f64 * sorted[i]).min(q1);
        }
        for i in tail..n {
            q[i] = q[tail - 1];
        }
        for (a, q) in a.iter_mut().zip(&q) {
            *a = a.max(*q);
        }
    }
    let mut adjusted = vec![0.0; n];
    for (i, &at) in up.iter().enumerate() {
        adjusted[at as usize] = a[i].max(sorted[i]).min(1.0);
    }
    adjusted
}
