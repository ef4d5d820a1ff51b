//! Intraclass correlation in the six forms of Shrout and Fleiss 1979, with the intervals of McGraw and Wong 1996.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::distribution::{f_quantile_upper, f_upper};
use crate::error::{Error, require_count, require_finite, require_length, require_level};
use crate::result::Interval;

/// The six forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IccForm {
    /// ICC(1,1): each subject has other raters; single rating.
    #[serde(rename = "ICC(1,1)")]
    OneWay,
    /// ICC(2,1), also ICC(A,1): raters are a sample, absolute agreement; single rating.
    #[serde(rename = "ICC(2,1)")]
    Agreement,
    /// ICC(3,1), also ICC(C,1): fixed raters, consistency; single rating.
    #[serde(rename = "ICC(3,1)")]
    Consistency,
    /// ICC(1,k): mean of `k` ratings.
    #[serde(rename = "ICC(1,k)")]
    OneWayMean,
    /// ICC(2,k): mean of `k` ratings.
    #[serde(rename = "ICC(2,k)")]
    AgreementMean,
    /// ICC(3,k): mean of `k` ratings.
    #[serde(rename = "ICC(3,k)")]
    ConsistencyMean,
}

impl IccForm {
    /// All six, in the order of R's `psych::ICC`.
    pub const ALL: [Self; 6] = [
        Self::OneWay,
        Self::Agreement,
        Self::Consistency,
        Self::OneWayMean,
        Self::AgreementMean,
        Self::ConsistencyMean,
    ];
}

/// One coefficient with its test against 0 and its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Icc {
    /// Which form.
    pub form: IccForm,
    /// The coefficient; in [`icc_features`] NaN where all ratings of the feature are equal.
    pub icc: f64,
    /// F of the test that it is 0.
    pub f: f64,
    /// Degrees of freedom.
    pub df: [f64; 2],
    /// The p-value.
    pub p: f64,
    /// Confidence interval.
    pub interval: Interval,
}

/// All six forms of one set of ratings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IccTable {
    /// In the order of [`IccForm::ALL`].
    pub forms: [Icc; 6],
    /// Subjects.
    pub subjects: usize,
    /// Raters.
    pub raters: usize,
}

/// Quantiles that depend on the design alone, shared by all features.
struct Design {
    n: f64,
    k: f64,
    tail: f64,
    level: f64,
    one_way: [f64; 2],
    two_way: [f64; 2],
}

impl IccTable {
    /// The six coefficients of ratings given subject by subject (`ratings[subject * raters + rater]`).
    ///
    /// R: `psych::ICC(matrix, lmer = FALSE)`; Python: `pingouin.intraclass_corr(...)`.
    ///
    /// # Errors
    /// Fewer than two subjects or raters, a number of values that is no multiple of the raters, values that are not
    /// finite, a level outside 0..1; [`Error::Constant`] where all ratings are equal.
    ///
    /// ```
    /// use radiomics_stats::agreement::{IccForm, IccTable};
    /// // Shrout and Fleiss 1979: six subjects, four judges.
    /// let ratings = [
    ///     9., 2., 5., 8., 6., 1., 3., 2., 8., 4., 6., 8., 7., 1., 2., 6., 10., 5., 6., 9., 6., 2., 4., 7.,
    /// ];
    /// let table = IccTable::new(&ratings, 4, 0.95)?;
    /// let icc = table.get(IccForm::Agreement);
    /// assert_eq!(format!("{:.2} {:.3} {:.3}", icc.icc, icc.interval.lower, icc.interval.upper), "0.29 0.019 0.761");
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn new(ratings: &[f64], raters: usize, level: f64) -> Result<Self, Error> {
        let subjects = ratings.len() / raters.max(1);
        let design = Design::new(subjects, raters, level)?;
        require_length("ratings", ratings.len(), subjects * raters)?;
        require_finite("ratings", ratings)?;
        if ratings.iter().all(|r| *r == ratings[0]) {
            return Err(Error::Constant { what: "ratings".to_owned(), value: ratings[0] });
        }
        Ok(design.table(|subject, rater| ratings[subject * raters + rater]))
    }

    /// One of the forms.
    pub fn get(&self, form: IccForm) -> Icc {
        self.forms[IccForm::ALL.iter().position(|f| *f == form).unwrap_or(0)]
    }
}

/// The six coefficients of many features of one design: `value(feature, subject, rater)`. Features run in parallel;
/// quantiles that do not depend on the feature are computed once.
///
/// R: `apply(features, 1, function(x) psych::ICC(matrix(x, subjects, raters), lmer = FALSE))`.
///
/// # Errors
/// Fewer than two subjects or raters, a level outside 0..1. A feature that is constant or has a value that is not finite
/// has NaN, so that the others go on.
pub fn icc_features(
    features: usize,
    subjects: usize,
    raters: usize,
    level: f64,
    value: impl Fn(usize, usize, usize) -> f64 + Sync,
) -> Result<Vec<IccTable>, Error> {
    let design = Design::new(subjects, raters, level)?;
    Ok((0..features)
        .into_par_iter()
        .with_min_len(64)
        .map(|feature| design.table(|subject, rater| value(feature, subject, rater)))
        .collect())
}

impl Design {
    fn new(subjects: usize, raters: usize, level: f64) -> Result<Self, Error> {
        require_level(level)?;
        require_count("raters", raters, 2)?;
        require_count("subjects", subjects, 2)?;
        let (n, k) = (subjects as f64, raters as f64);
        let tail = 0.5 * (1.0 - level);
        let both = |df2: f64| [f_quantile_upper(tail, n - 1.0, df2), f_quantile_upper(tail, df2, n - 1.0)];
        Ok(Self { n, k, tail, level, one_way: both(n * (k - 1.0)), two_way: both((n - 1.0) * (k - 1.0)) })
    }

    fn table(&self, value: impl Fn(usize, usize) -> f64) -> IccTable {
        let (n, k) = (self.n, self.k);
        let (subjects, raters) = (n as usize, k as usize);
        let mut columns = [0.0; 16];
        let mut many = Vec::new();
        let columns: &mut [f64] = if raters <= 16 {
            &mut columns[..raters]
        } else {
            many.resize(raters, 0.0);
            &mut many
        };
        // About the first rating, so that large offsets do not cancel; then sums about the means.
        let origin = value(0, 0);
        let mut total = 0.0;
        for s in 0..subjects {
            for (r, column) in columns.iter_mut().enumerate() {
                let v = value(s, r) - origin;
                *column += v;
                total += v;
            }
        }
        let grand = total / (n * k);
        columns.iter_mut().for_each(|c| *c /= n);
        let (mut between, mut error, mut within) = (0.0, 0.0, 0.0);
        for s in 0..subjects {
            let row = (0..raters).map(|r| value(s, r) - origin).sum::<f64>() / k;
            between += k * (row - grand).powi(2);
            for (r, column) in columns.iter().enumerate() {
                let v = value(s, r) - origin;
                error += (v - row - column + grand).powi(2);
                within += (v - row).powi(2);
            }
        }
        let raters_square = n * columns.iter().map(|c| (c - grand).powi(2)).sum::<f64>();
        let msb = between / (n - 1.0);
        let msw = within / (n * (k - 1.0));
        let msj = raters_square / (k - 1.0);
        let mse = error / ((n - 1.0) * (k - 1.0));
        let df1 = n - 1.0;
        let (df_w, df_e) = (n * (k - 1.0), (n - 1.0) * (k - 1.0));
        let (f_w, f_e) = (msb / msw, msb / mse);
        let (p_w, p_e) = (f_upper(f_w, df1, df_w), f_upper(f_e, df1, df_e));
        let make = |form, icc, one_way: bool, lower, upper| {
            let (f, df2, p) = if one_way { (f_w, df_w, p_w) } else { (f_e, df_e, p_e) };
            Icc { form, icc, f, df: [df1, df2], p, interval: Interval { lower, upper, level: self.level } }
        };
        let limits = |f: f64, quantiles: [f64; 2]| (f / quantiles[0], f * quantiles[1]);
        let (low_w, up_w) = limits(f_w, self.one_way);
        let (low_e, up_e) = limits(f_e, self.two_way);
        let single = |f: f64| if f == f64::INFINITY { 1.0 } else { (f - 1.0) / (f + k - 1.0) };
        let averaged = |f: f64| 1.0 - 1.0 / f;
        let agreement = (msb - mse) / (msb + (k - 1.0) * mse + k * (msj - mse) / n);
        let agreement_mean = (msb - mse) / (msb + (msj - mse) / n);
        let (low_a, up_a) = self.agreement_limits(agreement, msb, msj, mse);
        let forms = [
            make(IccForm::OneWay, single_value(msb, msw, k), true, single(low_w), single(up_w)),
            make(IccForm::Agreement, agreement, false, low_a, up_a),
            make(IccForm::Consistency, single_value(msb, mse, k), false, single(low_e), single(up_e)),
            make(IccForm::OneWayMean, (msb - msw) / msb, true, averaged(low_w), averaged(up_w)),
            make(IccForm::AgreementMean, agreement_mean, false, stepped_up(low_a, k), stepped_up(up_a, k)),
            make(IccForm::ConsistencyMean, (msb - mse) / msb, false, averaged(low_e), averaged(up_e)),
        ];
        IccTable { forms, subjects, raters }
    }

    /// Satterthwaite's limits of ICC(2,1), as Shrout and Fleiss give them.
    fn agreement_limits(&self, icc: f64, msb: f64, msj: f64, mse: f64) -> (f64, f64) {
        let (n, k) = (self.n, self.k);
        if mse <= 0.0 {
            return if msj <= 0.0 && msb > 0.0 { (1.0, 1.0) } else { (f64::NAN, f64::NAN) };
        }
        let fj = msj / mse;
        let a = n * (1.0 + (k - 1.0) * icc) - k * icc;
        let numerator = (k - 1.0) * (n - 1.0) * (k * icc * fj + a).powi(2);
        let denominator = (n - 1.0) * k * k * icc * icc * fj * fj + a * a;
        let v = numerator / denominator;
        let up = f_quantile_upper(self.tail, n - 1.0, v);
        let low = f_quantile_upper(self.tail, v, n - 1.0);
        let scale = k * msj + (k * n - k - n) * mse;
        (n * (msb - up * mse) / (up * scale + n * msb), n * (low * msb - mse) / (scale + n * low * msb))
    }
}

fn single_value(between: f64, within: f64, k: f64) -> f64 {
    (between - within) / (between + (k - 1.0) * within)
}

/// Spearman and Brown: from one rating to the mean of `k`.
fn stepped_up(icc: f64, k: f64) -> f64 {
    icc * k / (1.0 + icc * (k - 1.0))
}
