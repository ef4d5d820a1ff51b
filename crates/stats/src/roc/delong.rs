//! Variance of the area and tests between areas: DeLong, DeLong and Clarke-Pearson 1988, by placements
//! (Sun and Xu 2014). Time `O(n log n)`, and all sums are whole numbers: exact and independent of patient order.

use serde::Serialize;

use super::{Direction, check, obuchowski, require_both_classes};
use crate::distribution::{
    normal, normal_quantile_upper, normal_two_sided, normal_upper, t, t_two_sided, t_upper,
};
use crate::error::{Error, require_count, require_finite, require_length, require_level};
use crate::rank::sorted_keys;
use crate::result::{Alternative, Interval};

/// How the interval of an area is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AucInterval {
    /// `AUC ± z · se`, cut to 0..1, as pROC does.
    #[default]
    Plain,
    /// The same on the logit scale, which stays inside 0..1 (Pepe 2003).
    Logit,
}

/// Area under the curve with DeLong's variance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Auc {
    /// The area.
    pub auc: f64,
    /// DeLong's variance, with `n − 1` in both classes; NaN where a class has a single patient.
    pub variance: f64,
    /// Number of positives.
    pub positives: usize,
    /// Number of negatives.
    pub negatives: usize,
    /// The variance is 0: perfect separation (or its reverse). Intervals then have no width and say nothing.
    pub degenerate: bool,
}

impl Auc {
    /// Area and variance. R: `pROC::var(roc, method = "delong")`.
    ///
    /// # Errors
    /// As [`super::Roc::new`].
    ///
    /// ```
    /// use radiomics_stats::roc::{Auc, AucInterval, Direction};
    /// let outcome = [false, false, false, true, true, false, true, true];
    /// let score = [0.2, 0.3, 0.4, 0.35, 0.6, 0.5, 0.7, 0.9];
    /// let auc = Auc::new(&outcome, &score, Direction::Higher)?;
    /// let ci = auc.interval(0.95, AucInterval::Plain)?; // R: pROC::ci.auc(roc)
    /// assert_eq!(auc.auc, 0.875);
    /// assert!(ci.lower < 0.875 && ci.upper == 1.0);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn new(outcome: &[bool], scores: &[f64], direction: Direction) -> Result<Self, Error> {
        check(outcome, scores)?;
        Ok(Placements::new(outcome, scores, direction).auc())
    }

    /// Standard error. R: `sqrt(pROC::var(roc))`.
    pub fn se(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Confidence interval. R: `pROC::ci.auc(roc, conf.level, method = "delong")`.
    ///
    /// # Errors
    /// A level outside 0..1; fewer than two patients in a class.
    pub fn interval(&self, level: f64, kind: AucInterval) -> Result<Interval, Error> {
        require_level(level)?;
        require_count("patients in each class for a variance", self.positives.min(self.negatives), 2)?;
        if kind == AucInterval::Logit && self.auc > 0.0 && self.auc < 1.0 {
            let logit = (self.auc / (1.0 - self.auc)).ln();
            let se = self.se() / (self.auc * (1.0 - self.auc));
            return Ok(Interval::normal(logit, se, level).map(|v| 1.0 / (1.0 + (-v).exp())));
        }
        Ok(Interval::normal(self.auc, self.se(), level).clamp(0.0, 1.0))
    }

    /// z test of `AUC = null`, as SPSS prints beside an area (with DeLong's error).
    ///
    /// # Errors
    /// [`Error::Undefined`] where the variance is 0 or has no value.
    pub fn test(&self, null: f64, alternative: Alternative) -> Result<(f64, f64), Error> {
        if self.degenerate || self.variance.is_nan() {
            return Err(undefined("the z test of an area", "its variance is 0 or has no value"));
        }
        let z = (self.auc - null) / self.se();
        Ok((z, normal_p(z, alternative)))
    }

    /// Binormal variance of Obuchowski and McClish 1997. R: `pROC::var(roc, method = "obuchowski")`.
    ///
    /// # Errors
    /// As [`super::Roc::new`]; [`Error::Undefined`] where fewer than two inner points of the curve exist.
    pub fn variance_obuchowski(outcome: &[bool], scores: &[f64], direction: Direction) -> Result<f64, Error> {
        obuchowski::variance(&super::Roc::new(outcome, scores, direction)?)
    }
}

/// Difference of two areas and its test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AucComparison {
    /// First area.
    pub first: Auc,
    /// Second area.
    pub second: Auc,
    /// Covariance of the two; 0 for different patients.
    pub covariance: f64,
    /// Standard error of the difference.
    pub se: f64,
    /// z of the paired test, t of the unpaired one.
    pub statistic: f64,
    /// Degrees of freedom of the unpaired test; infinite for the paired one.
    pub df: f64,
    /// The p-value.
    pub p: f64,
    /// Interval of the difference, first − second.
    pub interval: Interval,
}

/// DeLong's test of two scores of the same patients. R: `pROC::roc.test(roc1, roc2, paired = TRUE)`.
///
/// # Errors
/// As [`super::Roc::new`]; fewer than two patients in a class; [`Error::Undefined`] where the difference has
/// variance 0 (both scores order positives against negatives in the same way).
///
/// ```
/// use radiomics_stats::{Alternative, roc::{Direction, auc_test_paired}};
/// let outcome = [false, false, false, true, true, false, true, true];
/// let a = [0.2, 0.3, 0.4, 0.35, 0.6, 0.5, 0.7, 0.9];
/// let b = [0.5, 0.1, 0.9, 0.35, 0.2, 0.5, 0.8, 0.4];
/// let test = auc_test_paired(&outcome, &a, &b, Direction::Higher, Alternative::TwoSided, 0.95)?;
/// assert!((test.statistic - 2.19).abs() < 0.01 && test.p < 0.05);
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn auc_test_paired(
    outcome: &[bool],
    first: &[f64],
    second: &[f64],
    direction: Direction,
    alternative: Alternative,
    level: f64,
) -> Result<AucComparison, Error> {
    require_level(level)?;
    check(outcome, first)?;
    require_length("second scores", second.len(), outcome.len())?;
    require_finite("second scores", second)?;
    // Two independent sorts; each side's result does not depend on the other.
    let (a, b) = rayon::join(
        || Placements::new(outcome, first, direction),
        || Placements::new(outcome, second, direction),
    );
    let (auc_a, auc_b) = (a.auc(), b.auc());
    require_count("patients in each class for a variance", auc_a.positives.min(auc_a.negatives), 2)?;
    let (variance, covariance) = variance_of_difference(outcome, &a, &b);
    if variance <= 0.0 {
        return Err(undefined(
            "DeLong's test",
            "the variance of the difference is 0: both scores order positives against negatives alike",
        ));
    }
    let se = variance.sqrt();
    let difference = auc_a.auc - auc_b.auc;
    let z = difference / se;
    Ok(AucComparison {
        first: auc_a,
        second: auc_b,
        covariance,
        se,
        statistic: z,
        df: f64::INFINITY,
        p: normal_p(z, alternative),
        interval: Interval::normal(difference, se, level),
    })
}

/// DeLong's test of one score in two sets of patients: Welch's t with Satterthwaite's degrees of freedom, as pROC
/// does. R: `pROC::roc.test(roc1, roc2, paired = FALSE)`.
///
/// # Errors
/// As [`super::Roc::new`] for each set; fewer than two patients in a class; [`Error::Undefined`] for variance 0.
pub fn auc_test_unpaired(
    (outcome_a, first): (&[bool], &[f64]),
    (outcome_b, second): (&[bool], &[f64]),
    direction: Direction,
    alternative: Alternative,
    level: f64,
) -> Result<AucComparison, Error> {
    require_level(level)?;
    let a = Auc::new(outcome_a, first, direction)?;
    let b = Auc::new(outcome_b, second, direction)?;
    for auc in [&a, &b] {
        require_count("patients in each class for a variance", auc.positives.min(auc.negatives), 2)?;
    }
    let variance = a.variance + b.variance;
    if variance <= 0.0 {
        return Err(undefined("DeLong's test", "both areas have variance 0"));
    }
    let df = variance * variance
        / (a.variance * a.variance / (first.len() as f64 - 1.0)
            + b.variance * b.variance / (second.len() as f64 - 1.0));
    let se = variance.sqrt();
    let statistic = (a.auc - b.auc) / se;
    let p = match alternative {
        Alternative::TwoSided => t_two_sided(statistic, df),
        Alternative::Less => t(statistic, df),
        Alternative::Greater => t_upper(statistic, df),
    };
    let half = normal_quantile_upper(0.5 * (1.0 - level)) * se;
    let difference = a.auc - b.auc;
    let interval = Interval { lower: difference - half, upper: difference + half, level };
    Ok(AucComparison { first: a, second: b, covariance: 0.0, se, statistic, df, p, interval })
}

pub(crate) fn normal_p(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => normal_two_sided(z),
        Alternative::Less => normal(z),
        Alternative::Greater => normal_upper(z),
    }
}

fn undefined(what: &str, why: &str) -> Error {
    Error::Undefined { what: what.to_owned(), why: why.to_owned() }
}

/// Twice the placement of every patient: for a positive, how many negatives are less suspicious (a tie counts one
/// half); for a negative, how many positives are more suspicious.
pub(crate) struct Placements {
    twice: Vec<u32>,
    positives: usize,
    negatives: usize,
    /// Sums over positives and over negatives: of the placements and of their squares.
    sums: [Sums; 2],
}

#[derive(Clone, Copy, Default)]
struct Sums {
    value: i128,
    square: i128,
}

impl Placements {
    pub(crate) fn new(outcome: &[bool], scores: &[f64], direction: Direction) -> Self {
        let mut sorted = sorted_keys(scores);
        if direction == Direction::Lower {
            sorted.reverse();
        }
        let positives = outcome.iter().filter(|&&o| o).count();
        let negatives = outcome.len() - positives;
        let mut twice = vec![0u32; scores.len()];
        let (mut pos_below, mut neg_below) = (0usize, 0usize);
        let mut sums = [Sums::default(); 2];
        for group in sorted.chunk_by(|a, b| a.0 == b.0) {
            let pos = group.iter().filter(|(_, i)| outcome[*i as usize]).count();
            let neg = group.len() - pos;
            let of_positive = (2 * neg_below + neg) as u32;
            let of_negative = (2 * (positives - pos_below - pos) + pos) as u32;
            for &(_, i) in group {
                let i = i as usize;
                twice[i] = if outcome[i] { of_positive } else { of_negative };
            }
            for (sum, count, v) in [(0, pos, of_positive), (1, neg, of_negative)] {
                sums[sum].value += count as i128 * i128::from(v);
                sums[sum].square += count as i128 * i128::from(v) * i128::from(v);
            }
            pos_below += pos;
            neg_below += neg;
        }
        Self { twice, positives, negatives, sums }
    }

    /// The area; both classes must be there.
    pub(crate) fn value(&self) -> f64 {
        self.sums[0].value as f64 / (2.0 * self.positives as f64 * self.negatives as f64)
    }

    /// Placement of one patient as a probability.
    pub(crate) fn probability(&self, index: usize, positive: bool) -> f64 {
        let others = if positive { self.negatives } else { self.positives };
        f64::from(self.twice[index]) / (2.0 * others as f64)
    }

    pub(crate) fn auc(&self) -> Auc {
        let variance = self.part(0, self.sums[0], self.sums[0]) + self.part(1, self.sums[1], self.sums[1]);
        Auc {
            auc: self.value(),
            variance,
            positives: self.positives,
            negatives: self.negatives,
            degenerate: variance == 0.0,
        }
    }

    /// Covariance over one class divided by its size, from exact sums. With `a == b` it is the variance.
    fn part(&self, class: usize, a: Sums, b: Sums) -> f64 {
        // For a variance `square` is the sum of squares; for a covariance the caller puts the sum of products there.
        let (n, others) =
            if class == 0 { (self.positives, self.negatives) } else { (self.negatives, self.positives) };
        let n = n as i128;
        let numerator = n * a.square - a.value * b.value;
        numerator as f64 / (4.0 * (others as f64).powi(2) * n as f64 * (n - 1) as f64 * n as f64)
    }
}

/// Variance of the difference of two areas of the same patients, and their covariance.
///
/// The variance is summed from the differences of the placements, not as a difference of variances, so that two
/// nearly equal scores lose nothing.
fn variance_of_difference(outcome: &[bool], a: &Placements, b: &Placements) -> (f64, f64) {
    let mut product = [0i128; 2];
    let mut difference = [Sums::default(); 2];
    // Partial sums in 64 bits: a placement is below 2^33, a product below 2^64 only in blocks, hence i128 outside.
    for ((&o, &x), &y) in outcome.iter().zip(&a.twice).zip(&b.twice) {
        let class = usize::from(!o);
        let d = i128::from(x) - i128::from(y);
        product[class] += i128::from(u64::from(x) * u64::from(y));
        difference[class].value += d;
        difference[class].square += d * d;
    }
    let variance = a.part(0, difference[0], difference[0]) + a.part(1, difference[1], difference[1]);
    let mut covariance = 0.0;
    for class in 0..2 {
        let first = Sums { square: product[class], ..a.sums[class] };
        covariance += a.part(class, first, b.sums[class]);
    }
    (variance, covariance)
}

/// The areas of several scores of the same patients with their covariance matrix (row by row).
///
/// R: `pROC::cov(roc1, roc2)` of each pair.
///
/// # Errors
/// As [`super::Roc::new`] for each score; fewer than two patients in a class, which have no variance.
pub fn auc_covariance(
    outcome: &[bool],
    scores: &[&[f64]],
    direction: Direction,
) -> Result<(Vec<Auc>, Vec<f64>), Error> {
    require_both_classes(outcome)?;
    for s in scores {
        check(outcome, s)?;
    }
    let positives = outcome.iter().filter(|y| **y).count();
    require_count("patients of a class", positives.min(outcome.len() - positives), 2)?;
    let placements: Vec<Placements> = scores.iter().map(|s| Placements::new(outcome, s, direction)).collect();
    let k = scores.len();
    let mut matrix = vec![0.0; k * k];
    for i in 0..k {
        matrix[i * k + i] = placements[i].auc().variance;
        for j in 0..i {
            let (_, c) = variance_of_difference(outcome, &placements[i], &placements[j]);
            matrix[i * k + j] = c;
            matrix[j * k + i] = c;
        }
    }
    Ok((placements.iter().map(Placements::auc).collect(), matrix))
}
