//! Which features go on: those that two readers and a second reading agree on, then lasso, then recursive elimination.

use anyhow::{Context, Result};
use radiomics_stats::elastic_net::Outcome;
use radiomics_tabular::{
    Matrix,
    prepare::{Impute, Scale, drop_low_variance, drop_missing},
    select::{
        LassoSelection, LassoSettings, RepeatsSettings, RfeCv, RfeSettings, lasso, rfe_cv,
        stable_between_readings,
    },
    split::{Folds, strata},
};

/// Folds of the lasso and of the recursive elimination.
const LASSO_FOLDS: usize = 10;
const RFE_FOLDS: usize = 5;

/// Features that go on when the lasso keeps none: so many that enter its path first.
const STAND_INS: usize = 3;

/// Features of one image that do not depend on who drew the outline.
#[derive(Clone, Debug)]
pub struct Stable {
    /// Patients who were read again; 0 where nobody was, and all features count as stable.
    pub patients: usize,
    /// Features that were measured.
    pub measured: usize,
    /// Features that go on.
    pub names: Vec<String>,
}

/// Keeps features whose intraclass correlation between all readings is large enough, that all `training` rows have
/// and in which they differ. Looks at no outcome.
///
/// # Errors
/// Readings that do not belong together.
pub fn stable(training: &Matrix, readings: &[Matrix], least: f64) -> Result<Stable> {
    let complete = drop_missing(training, 0.0)?.apply(training)?;
    let varied = drop_low_variance(&complete, 0.0)?.apply(&complete)?;
    let Some(first) = readings.first() else {
        return Ok(Stable { patients: 0, measured: training.width(), names: varied.names().to_vec() });
    };
    // A feature that a repeated outline lacks cannot be judged.
    let mut names = varied.names().to_vec();
    for reading in readings {
        let reading = reading.select(&names)?;
        names = drop_missing(&reading, 0.0)?.kept;
    }
    let readings: Vec<Matrix> = readings.iter().map(|r| r.select(&names)).collect::<Result<_, _>>()?;
    let settings = RepeatsSettings { least, ..RepeatsSettings::default() };
    let selection = stable_between_readings(&readings, &settings)?;
    Ok(Stable { patients: first.rows(), measured: training.width(), names: selection.kept })
}

/// What lasso and elimination left of some columns.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Columns that came in.
    pub candidates: usize,
    /// The lasso.
    pub lasso: LassoSelection,
    /// The lasso kept nothing, so that the first columns of its path stand in.
    pub stand_in: bool,
    /// The elimination among the columns of the lasso; none where there was one column, or none was wanted.
    pub rfe: Option<RfeCv>,
    /// Columns that go on.
    pub names: Vec<String>,
}

/// Lasso with tenfold cross-validation, then, if wanted, recursive elimination of a linear machine with fivefold
/// cross-validation. Everything is fitted on the rows given.
///
/// # Errors
/// One class only, columns with values that are not finite.
pub fn choose(x: &Matrix, y: &[bool], eliminate: bool, seed: u64) -> Result<Chosen> {
    let x = Impute::Median.fit(x)?.apply(x)?;
    let x = Scale::ZScore.fit(&x)?.apply(&x)?;
    let folds = |k: usize| -> Result<Folds> { Ok(Folds::stratified(&strata(y, &[])?, k, seed)?) };
    let settings = LassoSettings::default();
    let lasso = lasso(&x, Outcome::Binomial(y), &folds(LASSO_FOLDS)?, &settings).context("lasso")?;
    let (names, stand_in) = match lasso.selection.kept.as_slice() {
        [] => (first_of_path(&lasso, x.names()), true),
        kept => (kept.to_vec(), false),
    };
    let rfe = if eliminate && names.len() > 1 {
        let settings = RfeSettings::default();
        Some(rfe_cv(&x.select(&names)?, y, &folds(RFE_FOLDS)?, &settings).context("recursive elimination")?)
    } else {
        None
    };
    let names = rfe.as_ref().map_or(names, |r| r.rfe.selection.kept.clone());
    Ok(Chosen { candidates: x.width(), lasso, stand_in, rfe, names })
}

/// The columns that enter the lasso's path first.
fn first_of_path(lasso: &LassoSelection, names: &[String]) -> Vec<String> {
    let path = &lasso.curve.path.coefficients;
    let enters = |j: usize| path.iter().position(|b| b[j] != 0.0).unwrap_or(path.len());
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&j| enters(j));
    order.truncate(STAND_INS);
    order.sort_unstable();
    order.into_iter().map(|j| names[j].clone()).collect()
}

impl Chosen {
    /// Columns that the elimination began with.
    pub fn rfe_input(&self) -> usize {
        self.rfe.as_ref().map_or(self.names.len(), |r| r.rfe.ranking.len())
    }
}

#[cfg(test)]
mod tests {
    use radiomics_stats::rng::Rng;

    use super::*;

    /// Noise, and one column that follows the outcome more or less.
    fn columns(strength: f64) -> (Matrix, Vec<bool>) {
        let mut rng = Rng::new(5);
        let y: Vec<bool> = (0..80).map(|_| rng.unit() < 0.5).collect();
        let mut columns: Vec<Vec<f64>> = (0..8).map(|_| (0..80).map(|_| rng.normal()).collect()).collect();
        for (v, y) in columns[6].iter_mut().zip(&y) {
            *v += strength * f64::from(u8::from(*y));
        }
        (Matrix::unnamed(columns).unwrap(), y)
    }

    #[test]
    fn the_column_that_matters_is_chosen() {
        let (x, y) = columns(1.5);
        let chosen = choose(&x, &y, true, 3).unwrap();
        assert!(!chosen.stand_in && chosen.names.contains(&"x6".to_owned()), "{:?}", chosen.names);
    }

    #[test]
    fn the_first_of_the_path_stand_in_where_the_lasso_keeps_none() {
        let (x, y) = columns(0.0);
        let chosen = choose(&x, &y, false, 3).unwrap();
        let path = &chosen.lasso.curve.path.coefficients;
        let enters = |name: &String| {
            let j = x.position(name).unwrap();
            path.iter().position(|b| b[j] != 0.0)
        };
        if chosen.stand_in {
            let last = chosen.names.iter().map(enters).max().unwrap();
            let others = x.names().iter().filter(|n| !chosen.names.contains(n));
            assert!(others.map(enters).all(|at| at.is_none() || at >= last), "{:?}", chosen.names);
        }
        assert_eq!(first_of_path(&chosen.lasso, x.names()).len(), STAND_INS);
    }
}
