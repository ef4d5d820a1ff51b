//! Newton's method for partial likelihoods, with or without a ridge penalty.

use radiomics_stats::linalg::Cholesky;

use super::sweep::Derivatives;

/// Pivots below this share of their own diagonal belong to columns that depend on others.
const PIVOT: f64 = 1e-11;

/// Where an iteration ended.
#[derive(Clone, Debug)]
pub(crate) struct Maximum {
    pub beta: Vec<f64>,
    /// Derivatives of the likelihood alone at `beta`.
    pub at: Derivatives,
    /// The same at 0.
    pub null: Derivatives,
    /// The information plus the penalty, decomposed.
    pub decomposed: Cholesky,
    pub iterations: usize,
    /// Whether the likelihood stopped changing.
    pub settled: bool,
    /// The step that would come next.
    pub next_step: Vec<f64>,
}

/// Maximises `ln L(β) − ½ Σ λ_j β_j²`. Starts at 0; a step that lowers it is halved. Ends when its relative change is at
/// most `tolerance`. R: `coxph.control(eps, iter.max)`.
///
/// # Errors
/// The first column that depends on others at the start.
pub(crate) fn maximise(
    p: usize,
    mut derivatives: impl FnMut(&[f64]) -> Derivatives,
    ridge: &[f64],
    tolerance: f64,
    max_iterations: usize,
) -> Result<Maximum, usize> {
    let ridge = |j: usize| ridge.get(j).copied().unwrap_or(0.0);
    let penalised = |d: &Derivatives, beta: &[f64]| {
        d.log_likelihood - 0.5 * beta.iter().enumerate().map(|(j, b)| ridge(j) * b * b).sum::<f64>()
    };
    let decompose = |d: &Derivatives| {
        let mut matrix = d.information.clone();
        for j in 0..p {
            matrix[j * p + j] += ridge(j);
        }
        Cholesky::new(&matrix, p, PIVOT)
    };
    let step_from = |d: &Derivatives, c: &Cholesky, beta: &[f64]| {
        let mut step: Vec<f64> = (0..p).map(|j| d.score[j] - ridge(j) * beta[j]).collect();
        c.solve(&mut step);
        step
    };
    let mut beta = vec![0.0; p];
    let null = derivatives(&beta);
    let mut at = null.clone();
    let mut decomposed = decompose(&at);
    // Information that rounding alone may have left is none.
    let lost = (0..p).find(|&j| {
        let information = null.information[j * p + j];
        ridge(j) == 0.0 && !(information.is_finite() && information > 1e-12 * null.scale[j])
    });
    if let Some(column) = lost.or(decomposed.first_aliased()) {
        return Err(column);
    }
    let mut value = penalised(&at, &beta);
    let mut next_step = step_from(&at, &decomposed, &beta);
    let mut settled = p == 0;
    let mut iterations = 0;
    while !settled && iterations < max_iterations {
        iterations += 1;
        let mut fraction = 1.0;
        loop {
            let next: Vec<f64> = beta.iter().zip(&next_step).map(|(b, s)| b + fraction * s).collect();
            let there = derivatives(&next);
            let found = penalised(&there, &next);
            let close = (found - value).abs() <= tolerance * found.abs();
            if found.is_finite() && (close || found >= value) {
                settled = close && fraction == 1.0;
                (beta, at, value) = (next, there, found);
                break;
            }
            fraction *= 0.5;
            if fraction < 1e-10 {
                // No way up: as far as rounding lets the likelihood be told apart, this is the top.
                settled = true;
                break;
            }
        }
        decomposed = decompose(&at);
        next_step = step_from(&at, &decomposed, &beta);
    }
    Ok(Maximum { beta, at, null, decomposed, iterations, settled, next_step })
}
