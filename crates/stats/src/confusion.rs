//! Counts of right and wrong calls, and what is computed from them.

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, BootstrapConfig, IntervalMethod, Sampling};
use crate::error::{Error, require_count, require_finite, require_length};
use crate::proportion::{ProportionInterval, proportion_interval};
use crate::result::Interval;
use crate::rng::Rng;

/// Counts of a binary rule against a binary outcome.
///
/// A rate whose denominator is 0 is NaN: it has no value, and 0 or 1 would be an invention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Positives called positive.
    pub tp: u64,
    /// Negatives called positive.
    pub fp: u64,
    /// Negatives called negative.
    pub tn: u64,
    /// Positives called negative.
    #[serde(rename = "fn")]
    pub fn_: u64,
}

/// One of the rates of a [`Confusion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of right calls.
    Accuracy,
    /// Share of positives called positive; recall.
    Sensitivity,
    /// Share of negatives called negative.
    Specificity,
    /// Share of called positives that are positive; precision.
    Ppv,
    /// Share of called negatives that are negative.
    Npv,
    /// Harmonic mean of precision and recall.
    F1,
    /// Mean of sensitivity and specificity.
    BalancedAccuracy,
    /// Matthews' correlation coefficient.
    Mcc,
    /// Cohen's kappa.
    Kappa,
    /// Sensitivity + specificity − 1.
    Youden,
}

impl Metric {
    /// All of them, in the order of a table.
    pub const ALL: [Self; 10] = [
        Self::Accuracy,
        Self::Sensitivity,
        Self::Specificity,
        Self::Ppv,
        Self::Npv,
        Self::F1,
        Self::BalancedAccuracy,
        Self::Mcc,
        Self::Kappa,
        Self::Youden,
    ];
}

impl Confusion {
    /// Counts with the rule "positive when `score ≥ threshold`". Python: `confusion_matrix(y, p >= threshold)`.
    ///
    /// # Errors
    /// Lengths that differ; scores or a threshold that are NaN.
    ///
    /// ```
    /// use radiomics_stats::confusion::Confusion;
    /// let c = Confusion::at_threshold(&[true, false, true, false], &[0.9, 0.5, 0.4, 0.1], 0.5)?;
    /// assert_eq!((c.tp, c.fp, c.tn, c.fn_), (1, 1, 1, 1));
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn at_threshold(outcome: &[bool], scores: &[f64], threshold: f64) -> Result<Self, Error> {
        require_length("scores", scores.len(), outcome.len())?;
        require_finite("scores", scores)?;
        if threshold.is_nan() {
            return Err(Error::Setting { name: "threshold", value: "NaN".to_owned(), expected: "a number" });
        }
        Ok(Self::of_calls(outcome, scores.iter().map(|&s| s >= threshold)))
    }

    /// Counts of given calls. Python: `confusion_matrix(y, call)`.
    pub fn of_calls(outcome: &[bool], calls: impl IntoIterator<Item = bool>) -> Self {
        let mut c = Self::default();
        for (&o, call) in outcome.iter().zip(calls) {
            match (o, call) {
                (true, true) => c.tp += 1,
                (false, true) => c.fp += 1,
                (false, false) => c.tn += 1,
                (true, false) => c.fn_ += 1,
            }
        }
        c
    }

    /// Number of patients.
    pub fn n(&self) -> u64 {
        self.tp + self.fp + self.tn + self.fn_
    }

    /// `(tp + tn) / n`. Python: `accuracy_score`.
    pub fn accuracy(&self) -> f64 {
        ratio(self.tp + self.tn, self.n())
    }

    /// `tp / (tp + fn)`. Python: `recall_score`.
    pub fn sensitivity(&self) -> f64 {
        ratio(self.tp, self.tp + self.fn_)
    }

    /// `tn / (tn + fp)`. Python: `recall_score(pos_label = 0)`.
    pub fn specificity(&self) -> f64 {
        ratio(self.tn, self.tn + self.fp)
    }

    /// `tp / (tp + fp)`. Python: `precision_score`.
    pub fn ppv(&self) -> f64 {
        ratio(self.tp, self.tp + self.fp)
    }

    /// `tn / (tn + fn)`. Python: `precision_score(pos_label = 0)`.
    pub fn npv(&self) -> f64 {
        ratio(self.tn, self.tn + self.fn_)
    }

    /// `(1 + β²) tp / ((1 + β²) tp + β² fn + fp)`. Python: `fbeta_score(beta = β)`.
    pub fn f_beta(&self, beta: f64) -> f64 {
        let b = beta * beta;
        let tp = (1.0 + b) * self.tp as f64;
        tp / (tp + b * self.fn_ as f64 + self.fp as f64)
    }

    /// Mean of sensitivity and specificity. Python: `balanced_accuracy_score`.
    pub fn balanced_accuracy(&self) -> f64 {
        0.5 * (self.sensitivity() + self.specificity())
    }

    /// Matthews' correlation coefficient. Python: `matthews_corrcoef`, which gives 0 where this is NaN.
    pub fn mcc(&self) -> f64 {
        let [tp, fp, tn, fn_] = self.as_f64();
        (tp * tn - fp * fn_) / ((tp + fp) * (tp + fn_)).sqrt() / ((tn + fp) * (tn + fn_)).sqrt()
    }

    /// Cohen's kappa between outcome and call. Python: `cohen_kappa_score`.
    pub fn kappa(&self) -> f64 {
        let [tp, fp, tn, fn_] = self.as_f64();
        2.0 * (tp * tn - fn_ * fp) / ((tp + fp) * (fp + tn) + (tp + fn_) * (fn_ + tn))
    }

    /// `tp / (tp + fp + fn)`. Python: `jaccard_score`.
    pub fn jaccard(&self) -> f64 {
        ratio(self.tp, self.tp + self.fp + self.fn_)
    }

    /// Sensitivity + specificity − 1. Python: `balanced_accuracy_score(adjusted = True)`.
    pub fn youden(&self) -> f64 {
        self.sensitivity() + self.specificity() - 1.0
    }

    /// Positive likelihood ratio, `sensitivity / (1 − specificity)`. Python: `class_likelihood_ratios`.
    pub fn lr_plus(&self) -> f64 {
        self.sensitivity() / self.false_positive_rate()
    }

    /// Negative likelihood ratio, `(1 − sensitivity) / specificity`. Python: `class_likelihood_ratios`.
    pub fn lr_minus(&self) -> f64 {
        ratio(self.fn_, self.tp + self.fn_) / self.specificity()
    }

    /// Diagnostic odds ratio `tp · tn / (fp · fn)`. Python: `Table2x2(t).oddsratio` of statsmodels.
    pub fn odds_ratio(&self) -> f64 {
        let [tp, fp, tn, fn_] = self.as_f64();
        tp * tn / (fp * fn_)
    }

    /// `fp / (fp + tn)`.
    pub fn false_positive_rate(&self) -> f64 {
        ratio(self.fp, self.fp + self.tn)
    }

    /// `fp / (tp + fp)`.
    pub fn false_discovery_rate(&self) -> f64 {
        ratio(self.fp, self.tp + self.fp)
    }

    /// Share of positives.
    pub fn prevalence(&self) -> f64 {
        ratio(self.tp + self.fn_, self.n())
    }

    /// One of the rates by name.
    pub fn metric(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Accuracy => self.accuracy(),
            Metric::Sensitivity => self.sensitivity(),
            Metric::Specificity => self.specificity(),
            Metric::Ppv => self.ppv(),
            Metric::Npv => self.npv(),
            Metric::F1 => self.f_beta(1.0),
            Metric::BalancedAccuracy => self.balanced_accuracy(),
            Metric::Mcc => self.mcc(),
            Metric::Kappa => self.kappa(),
            Metric::Youden => self.youden(),
        }
    }

    /// Numerator and denominator of a rate that is a proportion of patients.
    fn proportion(&self, metric: Metric) -> Option<(u64, u64)> {
        match metric {
            Metric::Accuracy => Some((self.tp + self.tn, self.n())),
            Metric::Sensitivity => Some((self.tp, self.tp + self.fn_)),
            Metric::Specificity => Some((self.tn, self.tn + self.fp)),
            Metric::Ppv => Some((self.tp, self.tp + self.fp)),
            Metric::Npv => Some((self.tn, self.tn + self.fn_)),
            _ => None,
        }
    }

    /// Interval of a rate that is a proportion: accuracy, sensitivity, specificity, PPV, NPV.
    /// R: `binom::binom.confint(x, n, methods = "wilson")`.
    ///
    /// # Errors
    /// [`Error::Undefined`] for rates that are no proportion (take [`Self::bootstrap`]) or have no patients.
    pub fn interval(&self, metric: Metric, kind: ProportionInterval, level: f64) -> Result<Interval, Error> {
        let Some((x, n)) = self.proportion(metric) else {
            return Err(Error::Undefined {
                what: format!("a binomial interval of {metric:?}"),
                why: "it is no proportion of patients; take the bootstrap".to_owned(),
            });
        };
        proportion_interval(x, n, kind, level)
    }

    /// Bootstrap of any rate: patients drawn anew, which for counts means four multinomial cells (plain) or two
    /// binomials (stratified by outcome). Replicates in which the rate has no value are skipped and counted.
    ///
    /// R: `boot::boot(data, function(d, i) rate(table(d[i, ])), R, strata)`.
    ///
    /// # Errors
    /// No patients, or settings outside their range.
    ///
    /// ```
    /// use radiomics_stats::bootstrap::{BootstrapConfig, IntervalMethod};
    /// use radiomics_stats::confusion::{Confusion, Metric};
    /// let c = Confusion { tp: 30, fp: 12, tn: 50, fn_: 8 };
    /// let mcc = c.bootstrap(Metric::Mcc, &BootstrapConfig::default())?;
    /// let ci = mcc.interval(IntervalMethod::Percentile, 0.95)?;
    /// assert!(ci.contains(c.mcc()));
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn bootstrap(&self, metric: Metric, config: &BootstrapConfig) -> Result<Bootstrap, Error> {
        let cells = [self.tp, self.fn_, self.fp, self.tn];
        let of = |[tp, fn_, fp, tn]: [u64; 4]| Self { tp, fp, tn, fn_ }.metric(metric);
        let strata: &[&[usize]] =
            if config.sampling == Sampling::Stratified { &[&[0, 1], &[2, 3]] } else { &[&[0, 1, 2, 3]] };
        let estimate = of(cells);
        let mut result = Bootstrap::run(estimate, config, |rng: &mut Rng| {
            let mut drawn = [0u64; 4];
            for stratum in strata {
                let total: u64 = stratum.iter().map(|&c| cells[c]).sum();
                for _ in 0..total {
                    let mut pick = rng.below(total as usize) as u64;
                    for &c in *stratum {
                        if pick < cells[c] {
                            drawn[c] += 1;
                            break;
                        }
                        pick -= cells[c];
                    }
                }
            }
            of(drawn)
        })?;
        // Leaving one patient out gives one of four values.
        result.jackknife = (0..4)
            .filter(|&c| cells[c] > 0)
            .map(|c| {
                let mut without = cells;
                without[c] -= 1;
                (of(without), cells[c] as f64)
            })
            .collect();
        Ok(result)
    }

    /// Interval of a rate by the bootstrap of this configuration.
    ///
    /// # Errors
    /// As [`Self::bootstrap`] and [`Bootstrap::interval`].
    pub fn bootstrap_interval(
        &self,
        metric: Metric,
        method: IntervalMethod,
        level: f64,
        config: &BootstrapConfig,
    ) -> Result<Interval, Error> {
        self.bootstrap(metric, config)?.interval(method, level)
    }

    fn as_f64(self) -> [f64; 4] {
        [self.tp as f64, self.fp as f64, self.tn as f64, self.fn_ as f64]
    }
}

fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}

/// Most classes of a table: their square is kept in memory.
const MOST_CLASSES: usize = 4096;

/// Square table of true class (rows) against predicted class (columns) for any number of classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MulticlassConfusion {
    classes: usize,
    counts: Vec<u64>,
}

impl MulticlassConfusion {
    /// Counts of classes numbered from 0. Python: `confusion_matrix(truth, predicted)`.
    ///
    /// # Errors
    /// Lengths that differ, no patients, a class that is not below `classes`, more than 4,096 classes.
    pub fn new(classes: usize, truth: &[usize], predicted: &[usize]) -> Result<Self, Error> {
        require_length("predicted classes", predicted.len(), truth.len())?;
        require_count("patients", truth.len(), 1)?;
        if classes > MOST_CLASSES {
            return Err(Error::Setting {
                name: "number of classes",
                value: classes.to_string(),
                expected: "at most 4096",
            });
        }
        let mut counts = vec![0; classes * classes];
        for (&t, &p) in truth.iter().zip(predicted) {
            if t >= classes || p >= classes {
                return Err(Error::Setting {
                    name: "class",
                    value: t.max(p).to_string(),
                    expected: "below the number of classes",
                });
            }
            counts[t * classes + p] += 1;
        }
        Ok(Self { classes, counts })
    }

    /// Patients of class `truth` called `predicted`; none of a class that there is not.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        let inside = truth < self.classes && predicted < self.classes;
        if inside { self.counts[truth * self.classes + predicted] } else { 0 }
    }

    /// One class against the rest.
    pub fn one_against_rest(&self, class: usize) -> Confusion {
        let row: u64 = (0..self.classes).map(|j| self.count(class, j)).sum();
        let column: u64 = (0..self.classes).map(|i| self.count(i, class)).sum();
        let tp = self.count(class, class);
        Confusion { tp, fn_: row - tp, fp: column - tp, tn: self.n() + tp - row - column }
    }

    /// Number of patients.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of right calls. Python: `accuracy_score`.
    pub fn accuracy(&self) -> f64 {
        let right: u64 = (0..self.classes).map(|c| self.count(c, c)).sum();
        ratio(right, self.n())
    }

    /// F1 of each class; one that is neither there nor called has 0. Python: `f1_score(average = None)`.
    pub fn f1(&self) -> Vec<f64> {
        (0..self.classes)
            .map(|c| {
                let f1 = self.one_against_rest(c).f_beta(1.0);
                if f1.is_nan() { 0.0 } else { f1 }
            })
            .collect()
    }

    /// Plain mean of [`Self::f1`]. Python: `f1_score(average = "macro")`.
    pub fn f1_macro(&self) -> f64 {
        self.f1().iter().sum::<f64>() / self.classes as f64
    }

    /// Mean of [`Self::f1`] weighted by class size. Python: `f1_score(average = "weighted")`.
    pub fn f1_weighted(&self) -> f64 {
        let weight = |c| (0..self.classes).map(|j| self.count(c, j)).sum::<u64>() as f64;
        self.f1().iter().enumerate().map(|(c, f)| f * weight(c)).sum::<f64>() / self.n() as f64
    }

    /// Gorodkin's generalised correlation. Python: `matthews_corrcoef`.
    pub fn mcc(&self) -> f64 {
        let k = self.classes;
        let row = |c: usize| (0..k).map(|j| self.count(c, j)).sum::<u64>() as f64;
        let column = |c: usize| (0..k).map(|i| self.count(i, c)).sum::<u64>() as f64;
        let n = self.n() as f64;
        let right: u64 = (0..k).map(|c| self.count(c, c)).sum();
        let (mut cross, mut rows, mut columns) = (0.0, 0.0, 0.0);
        for c in 0..k {
            cross += row(c) * column(c);
            rows += row(c) * row(c);
            columns += column(c) * column(c);
        }
        (right as f64 * n - cross) / ((n * n - columns).sqrt() * (n * n - rows).sqrt())
    }

    /// The counts row by row, for a kappa.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }
}
