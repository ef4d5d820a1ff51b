//! Recursive feature elimination (Guyon et al. 2002), with the number of features chosen by cross-validation.

use radiomics_stats::describe::{mean, sum_of_squares};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Dropped, Selection};
use crate::error::{Result, check, setting};
use crate::matrix::Matrix;
use crate::models::{
    FittedKernel, LinearSvm, LinearSvmSettings, LogisticSettings, SvmSequence, SvmSettings, check_input,
};
use crate::score::Score;
use crate::split::Folds;
use crate::vectors::weighted_sum;

/// The linear model whose coefficients rank the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RfeEstimator {
    /// Support vector machine with a linear kernel. Each fit begins where the last one ended.
    Svm(SvmSettings),
    /// Linear support vector machine with a penalised intercept, patients in the order that seed 0 draws. Each fit
    /// begins where the last one ended.
    LinearSvm(LinearSvmSettings),
    /// Logistic regression.
    Logistic(LogisticSettings),
}

/// Settings of [`rfe`] and [`rfe_cv`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RfeSettings {
    /// The model.
    pub estimator: RfeEstimator,
    /// Columns dropped at a time.
    pub step: usize,
    /// Columns that stay; in [`rfe_cv`] the fewest that are tried.
    pub keep: usize,
    /// What is measured in [`rfe_cv`].
    pub score: Score,
}

impl Default for RfeSettings {
    fn default() -> Self {
        Self { estimator: RfeEstimator::Svm(SvmSettings::default()), step: 1, keep: 1, score: Score::RocAuc }
    }
}

/// Result of an elimination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rfe {
    /// What is kept.
    pub selection: Selection,
    /// Rank of each column: 1 for those kept, 2 for those dropped last, and so on.
    pub ranking: Vec<usize>,
}

/// Result of an elimination whose end was chosen by cross-validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RfeCv {
    /// The elimination on all patients.
    pub rfe: Rfe,
    /// Numbers of columns tried, rising.
    pub sizes: Vec<usize>,
    /// Mean score over the folds at each number.
    pub mean: Vec<f64>,
    /// Standard deviation over the folds, dividing by their number.
    pub sd: Vec<f64>,
    /// Scores of each fold along the numbers.
    pub folds: Vec<Vec<f64>>,
}

/// Drops the `step` columns with the smallest squared coefficients, fits again, and so on. Scale columns first.
/// Python: `RFE(SVC(kernel = "linear"), n_features_to_select = keep, step = step)`, or with `LinearSVC()`.
///
/// # Errors
/// One class only, values that are not finite, settings outside their range, a kernel that is not linear.
///
/// ```
/// use radiomics_tabular::{Matrix, select::{RfeSettings, rfe}};
/// let y: Vec<bool> = (0..20).map(|i| i >= 10).collect();
/// let apart = (0..20).map(|i| f64::from(i + i / 10 * 10)).collect();
/// let x = Matrix::unnamed(vec![(0..20).map(|i| f64::from(i % 5)).collect(), apart])?;
/// let result = rfe(&x, &y, &RfeSettings::default())?;
/// assert_eq!((result.selection.kept[0].as_str(), result.ranking), ("x1", vec![2, 1]));
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
pub fn rfe(x: &Matrix, outcome: &[bool], settings: &RfeSettings) -> Result<Rfe> {
    prepare(x, outcome, settings)?;
    let ranking = eliminate(x, outcome, settings, settings.keep, |_, _, _| Ok(()))?;
    Ok(ranked(x, ranking, "recursive elimination"))
}

/// Elimination on the training part of each fold, scored on the other part at each number of columns; then on all
/// patients down to the number with the best mean, the smallest of equals.
/// Python: `RFECV(SVC(kernel = "linear"), step, cv, scoring, min_features_to_select = keep)`.
///
/// # Errors
/// As [`rfe`]; folds of another length, one class in a part.
pub fn rfe_cv(x: &Matrix, outcome: &[bool], folds: &Folds, settings: &RfeSettings) -> Result<RfeCv> {
    prepare(x, outcome, settings)?;
    radiomics_stats::error::require_length("folds of patients", folds.fold().len(), x.rows())?;
    let along: Vec<Vec<(usize, f64)>> = (0..folds.count())
        .into_par_iter()
        .map(|f| {
            let (train, test) = (folds.train(f), folds.test(f));
            let pick = |rows: &[usize]| -> Vec<bool> { rows.iter().map(|&i| outcome[i]).collect() };
            let (own, truth, new) = (pick(&train), pick(&test), x.subset(&test));
            let inside = x.subset(&train);
            check_input(&inside, &own)?;
            let mut scores = Vec::new();
            let mut decision = vec![0.0; test.len()];
            eliminate(&inside, &own, settings, settings.keep, |kept, intercept, weights| {
                let columns: Vec<&[f64]> = kept.iter().map(|&j| new.column(j)).collect();
                weighted_sum(weights, &columns, &mut decision);
                decision.iter_mut().for_each(|d| *d += intercept);
                scores.push((kept.len(), settings.score.of_decision(&truth, &decision)?));
                Ok(())
            })?;
            scores.reverse();
            Ok(scores)
        })
        .collect::<Result<_>>()?;
    let sizes: Vec<usize> = along[0].iter().map(|s| s.0).collect();
    let at = |k: usize| -> Vec<f64> { along.iter().map(|f| f[k].1).collect() };
    let means: Vec<f64> = (0..sizes.len()).map(|k| mean(&at(k))).collect();
    let sd =
        (0..sizes.len()).map(|k| (sum_of_squares(&at(k), means[k]) / along.len() as f64).max(0.0).sqrt());
    // Means that differ by rounding alone are equal.
    let best = (0..sizes.len()).fold(0, |best, k| if means[k] > means[best] + 1e-12 { k } else { best });
    let sd = sd.collect();
    let ranking = eliminate(x, outcome, settings, sizes[best], |_, _, _| Ok(()))?;
    Ok(RfeCv {
        rfe: ranked(x, ranking, "recursive elimination with cross-validation"),
        sizes,
        mean: means,
        sd,
        folds: along.iter().map(|f| f.iter().map(|s| s.1).collect()).collect(),
    })
}

fn prepare(x: &Matrix, outcome: &[bool], settings: &RfeSettings) -> Result<()> {
    check_input(x, outcome)?;
    check(settings.step > 0, "step", settings.step, "1 or more")?;
    check((1..=x.width()).contains(&settings.keep), "keep", settings.keep, "1 to the number of columns")?;
    match &settings.estimator {
        RfeEstimator::Svm(svm) => {
            svm.check()?;
            if svm.kernel.fit(x) != FittedKernel::Linear {
                return setting(
                    "kernel",
                    format!("{:?}", svm.kernel),
                    "linear, since its weights rank the columns",
                );
            }
            Ok(())
        }
        RfeEstimator::LinearSvm(svm) => svm.check(),
        RfeEstimator::Logistic(_) => Ok(()),
    }
}

/// Intercept and weights on some columns, fewer from call to call.
type Fits<'a> = Box<dyn FnMut(&[usize]) -> Result<(f64, Vec<f64>)> + 'a>;

fn fits<'a>(x: &'a Matrix, outcome: &'a [bool], estimator: &'a RfeEstimator) -> Fits<'a> {
    match estimator {
        RfeEstimator::Svm(svm) => {
            let mut sequence = SvmSequence::new(svm, x.slices(), outcome);
            Box::new(move |kept| Ok(sequence.fit(kept)))
        }
        RfeEstimator::LinearSvm(svm) => {
            let mut last: Option<LinearSvm> = None;
            Box::new(move |kept| {
                let columns: Vec<&[f64]> = kept.iter().map(|&j| x.column(j)).collect();
                let fit = last.insert(svm.solve(&columns, outcome, 0, last.as_ref()));
                Ok((fit.intercept, fit.weights.clone()))
            })
        }
        RfeEstimator::Logistic(logistic) => Box::new(move |kept| {
            let fit = logistic.fit(&x.keep(kept), outcome)?;
            Ok((fit.intercept, fit.coefficients))
        }),
    }
}

/// The ranking; `visit` sees columns, intercept and weights of each fit, the last one included.
fn eliminate(
    x: &Matrix,
    outcome: &[bool],
    settings: &RfeSettings,
    keep: usize,
    mut visit: impl FnMut(&[usize], f64, &[f64]) -> Result<()>,
) -> Result<Vec<usize>> {
    let mut fit = fits(x, outcome, &settings.estimator);
    let mut kept: Vec<usize> = (0..x.width()).collect();
    let mut ranking = vec![1; x.width()];
    loop {
        let (intercept, weights) = fit(&kept)?;
        visit(&kept, intercept, &weights)?;
        if kept.len() <= keep {
            break;
        }
        let count = settings.step.min(kept.len() - keep);
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.sort_by(|&a, &b| (weights[a] * weights[a]).total_cmp(&(weights[b] * weights[b])));
        let mut gone = order[..count].to_vec();
        gone.sort_unstable();
        for &k in gone.iter().rev() {
            kept.remove(k);
        }
        for (j, rank) in ranking.iter_mut().enumerate() {
            *rank += usize::from(!kept.contains(&j));
        }
    }
    Ok(ranking)
}

fn ranked(x: &Matrix, ranking: Vec<usize>, method: &str) -> Rfe {
    let mut selection = Selection { method: method.to_owned(), kept: Vec::new(), dropped: Vec::new() };
    for (name, &rank) in x.names().iter().zip(&ranking) {
        if rank == 1 {
            selection.kept.push(name.clone());
        } else {
            let why = format!("rank {rank}: its squared weight was among the smallest");
            selection.dropped.push(Dropped { name: name.clone(), value: Some(rank as f64), why });
        }
    }
    Rfe { selection, ranking }
}
