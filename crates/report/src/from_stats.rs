//! Figures and tables from the results of `radiomics-stats`.

use radiomics_stats::{
    Test,
    calibration::{BinStrategy, CalibrationCurve, Validation, lowess},
    compare::{Correlation, correlation},
    confusion::{Confusion, Metric, MulticlassConfusion},
    decision_curve::NetBenefit,
    logistic::Logistic,
    proportion::{ProportionInterval, proportion_interval},
    roc::{Auc, AucInterval, Direction, Roc as RocResult, RocPoint},
    table_one::{Summary, TableOne},
};

use crate::{
    Cell, Error, Table,
    figure::{
        CalibrationBin, CalibrationSeries, ConfusionMatrix, DecisionCurve, Distribution, Forest, ForestRow,
        HeatMap, Roc, RocCurve,
    },
    format::{estimate, fixed, p_equals, short},
};

/// Confidence of all intervals that are made here.
const LEVEL: f64 = 0.95;

impl RocCurve {
    /// Curve, area and DeLong's 95 % interval of scores; greater scores speak for the outcome.
    ///
    /// R: `pROC::roc(outcome, scores, direction = "<", ci = TRUE)`.
    ///
    /// # Errors
    /// [`Error::Stats`]: lengths that differ, scores that are not finite, fewer than two patients in a class.
    ///
    /// ```
    /// use radiomics_report::figure::{Roc, RocCurve};
    /// let outcome = [false, false, false, true, true, false, true, true];
    /// let score = [0.2, 0.3, 0.4, 0.35, 0.6, 0.5, 0.7, 0.9];
    /// let figure = Roc::new("Response").curve(RocCurve::of_scores("Signature", &outcome, &score)?);
    /// # Ok::<(), radiomics_report::Error>(())
    /// ```
    pub fn of_scores(label: impl Into<String>, outcome: &[bool], scores: &[f64]) -> Result<Self, Error> {
        let auc = Auc::new(outcome, scores, Direction::Higher)?;
        let interval = auc.interval(LEVEL, AucInterval::Plain)?;
        let curve = Self::of_roc(label, &RocResult::new(outcome, scores, Direction::Higher)?);
        Ok(curve.auc(auc.auc, interval.lower, interval.upper))
    }

    /// A curve as it was estimated, with its area, without interval. R: `pROC::ggroc(roc)`.
    #[must_use]
    pub fn of_roc(label: impl Into<String>, roc: &RocResult) -> Self {
        let corners = roc.corners();
        let rate = |f: fn(&RocPoint) -> f64| corners.iter().map(f).collect::<Vec<f64>>();
        let curve = Self::new(label, rate(|p| 1.0 - p.specificity()), rate(RocPoint::sensitivity));
        Self { auc: Some((roc.auc(), None)), ..curve }
    }

    /// The same with a marked cut-off. R: `plot(roc, print.thres = "best")` of pROC.
    #[must_use]
    pub fn mark_point(self, point: &RocPoint) -> Self {
        let label = format!(
            "Cut-off {}: sensitivity {}, specificity {}",
            short(point.threshold),
            fixed(point.sensitivity(), 2),
            fixed(point.specificity(), 2)
        );
        self.mark(label, 1.0 - point.specificity(), point.sensitivity())
    }
}

impl Roc {
    /// Prints the p-value of a comparison of areas below the title, such as that of DeLong's test.
    /// R: `pROC::roc.test(roc1, roc2)$p.value`.
    #[must_use]
    pub fn comparison(self, name: &str, p: f64) -> Self {
        self.note(format!("{name}: {}", p_equals(p)))
    }
}

impl CalibrationSeries {
    /// Bins of equal numbers of patients with Wilson's 95 % intervals, a smoothed curve (lowess) and the histogram of
    /// predictions.
    ///
    /// R: `rms::val.prob(p, y, g = bins)`; Python:
    /// `sklearn.calibration.calibration_curve(y, p, n_bins, strategy = "quantile")`.
    ///
    /// # Errors
    /// [`Error::Stats`]: lengths that differ, probabilities outside 0..1, no bins.
    pub fn of_probabilities(
        label: impl Into<String>,
        outcome: &[bool],
        p: &[f64],
        bins: usize,
    ) -> Result<Self, Error> {
        let curve = CalibrationCurve::new(outcome, p, BinStrategy::Quantile, bins)?;
        let bins = curve.bins.iter().map(|b| {
            let events = (b.observed * b.count as f64).round() as u64;
            let interval = proportion_interval(events, b.count as u64, ProportionInterval::Wilson, LEVEL)?;
            Ok(CalibrationBin {
                predicted: b.predicted,
                observed: b.observed,
                interval: Some([interval.lower, interval.upper]),
            })
        });
        let bins = bins.collect::<Result<Vec<_>, Error>>()?;
        let y: Vec<f64> = outcome.iter().map(|&o| f64::from(u8::from(o))).collect();
        let smooth = lowess(p, &y, 2.0 / 3.0, 0, None)?;
        let smooth = smooth.x.iter().zip(&smooth.y).map(|(&x, &y)| [x, y]).collect();
        Ok(Self { label: label.into(), bins, smooth, predictions: p.to_vec() })
    }
}

/// Slope, intercept in the large, Brier score and C of a validation, for the line below the title of a calibration figure.
#[must_use]
pub fn validation_note(validation: &Validation) -> String {
    format!(
        "Slope {}, calibration in the large {}, Brier score {}, C {}",
        fixed(validation.slope, 2),
        fixed(validation.in_the_large, 2),
        fixed(validation.brier, 3),
        fixed(validation.c, 3)
    )
}

impl DecisionCurve {
    /// Adds the curve of a model; the first also says what treating everybody gives. R: `dcurves::dca(outcome ~ model)`.
    #[must_use]
    pub fn model(self, label: impl Into<String>, curve: &[NetBenefit]) -> Self {
        let column = |f: fn(&NetBenefit) -> f64| curve.iter().map(f).collect::<Vec<f64>>();
        let first = self.all.is_none();
        let figure = self.series(label, column(|b| b.threshold), column(|b| b.model));
        if first { figure.treat_all(column(|b| b.threshold), column(|b| b.all)) } else { figure }
    }
}

impl ConfusionMatrix {
    /// The matrix of a binary outcome, with accuracy and its Wilson interval below the title. Python:
    /// `sklearn.metrics.ConfusionMatrixDisplay.from_predictions(y, calls)`.
    ///
    /// # Errors
    /// [`Error::Stats`] where there are no patients.
    pub fn binary(
        title: impl Into<String>,
        negative: &str,
        positive: &str,
        c: &Confusion,
    ) -> Result<Self, Error> {
        let note = accuracy(c.tp + c.tn, c.n())?;
        Ok(Self::new(title, &[negative, positive], vec![c.tn, c.fp, c.fn_, c.tp]).note(note))
    }

    /// The matrix of several classes, with accuracy and its Wilson interval below the title. Python:
    /// `sklearn.metrics.ConfusionMatrixDisplay.from_predictions(truth, predicted)`.
    ///
    /// # Errors
    /// [`Error::Stats`] where there are no patients.
    pub fn multiclass(
        title: impl Into<String>,
        classes: &[&str],
        c: &MulticlassConfusion,
    ) -> Result<Self, Error> {
        let right = (c.accuracy() * c.n() as f64).round() as u64;
        Ok(Self::new(title, classes, c.counts().to_vec()).note(accuracy(right, c.n())?))
    }
}

fn accuracy(right: u64, n: u64) -> Result<String, Error> {
    let i = proportion_interval(right, n, ProportionInterval::Wilson, LEVEL)?;
    Ok(format!("Accuracy {} of {n} patients", estimate(right as f64 / n as f64, i.lower, i.upper, 2)))
}

impl Distribution {
    /// Prints the p-value of a test between two groups, numbered from 0. R: `ggpubr::stat_pvalue_manual(test)`.
    #[must_use]
    pub fn test(self, first: usize, second: usize, test: &Test) -> Self {
        self.compare(first, second, p_equals(test.p))
    }
}

impl HeatMap {
    /// Correlations between all pairs of columns. R: `corrplot::corrplot(cor(x, method), method = "color")`.
    ///
    /// # Errors
    /// [`Error::Stats`]: lengths that differ, values that are not finite, constant columns.
    pub fn correlations(
        title: impl Into<String>,
        columns: &[(&str, &[f64])],
        kind: Correlation,
    ) -> Result<Self, Error> {
        let k = columns.len();
        let mut values = vec![1.0; k * k];
        for i in 0..k {
            for j in 0..i {
                let r = correlation(columns[i].1, columns[j].1, kind)?;
                values[i * k + j] = r;
                values[j * k + i] = r;
            }
        }
        Ok(Self::correlation(title, columns.iter().map(|c| c.0.to_string()).collect(), values))
    }
}

impl Forest {
    /// Odds ratios of a logistic regression with Wald's 95 % intervals, without the intercept.
    ///
    /// R: `finalfit::or_plot(data, dependent, explanatory, confint_type = "default")`.
    ///
    /// # Errors
    /// [`Error::Stats`] where the intervals have no value.
    pub fn odds_ratios(title: impl Into<String>, fit: &Logistic) -> Result<Self, Error> {
        let mut forest = Self::ratios(title, "Odds ratio");
        forest.rows =
            odds(fit)?.into_iter().map(|(name, e, p)| ForestRow::new(name, e[0], e[1], e[2]).p(p)).collect();
        Ok(forest)
    }
}

/// Name, odds ratio with ends of its interval, p of each column.
fn odds(fit: &Logistic) -> Result<Vec<(String, [f64; 3], f64)>, Error> {
    let intervals = fit.wald_intervals(LEVEL)?;
    let columns = fit.names.iter().zip(&fit.coefficients).zip(intervals).zip(fit.p()).skip(1);
    Ok(columns
        .map(|(((name, b), i), p)| (name.clone(), [b.exp(), i.lower.exp(), i.upper.exp()], p))
        .collect())
}

impl Table {
    /// Odds ratios of a logistic regression.
    ///
    /// R: `exp(cbind(coef(fit), confint.default(fit)))`.
    ///
    /// # Errors
    /// [`Error::Stats`] where the intervals have no value.
    pub fn odds_ratios(title: impl Into<String>, fit: &Logistic) -> Result<Self, Error> {
        let mut table = Self::new(title, &["Variable", "Odds ratio (95 % CI)", "p"]);
        for (name, [value, lower, upper], p) in odds(fit)? {
            table.push(vec![name.into(), Cell::estimate(value, lower, upper), Cell::P(p)], false)?;
        }
        Ok(table.note("Wald's intervals and tests."))
    }

    /// Performance of models at their cut-offs: one row for each, `Wilson`'s intervals of proportions, F1 and MCC.
    ///
    /// # Errors
    /// [`Error::Stats`] where a rate has no patients.
    pub fn performance(title: impl Into<String>, models: &[(&str, &Confusion)]) -> Result<Self, Error> {
        let rates = [
            ("Accuracy", Metric::Accuracy),
            ("Sensitivity", Metric::Sensitivity),
            ("Specificity", Metric::Specificity),
            ("PPV", Metric::Ppv),
            ("NPV", Metric::Npv),
        ];
        let heads: Vec<&str> = ["Model"].into_iter().chain(rates.map(|r| r.0)).chain(["F1", "MCC"]).collect();
        let mut table = Self::new(title, &heads);
        for (label, c) in models {
            let mut cells = vec![Cell::from(*label)];
            for (_, metric) in rates {
                let i = c.interval(metric, ProportionInterval::Wilson, LEVEL)?;
                cells.push(Cell::estimate(c.metric(metric), i.lower, i.upper));
            }
            cells.extend([Cell::Number(c.metric(Metric::F1), 2), Cell::Number(c.metric(Metric::Mcc), 2)]);
            table.push(cells, false)?;
        }
        Ok(table.note("95 % intervals by Wilson's method. PPV, NPV: positive and negative predictive value; MCC: Matthews' correlation coefficient."))
    }

    /// "Table 1": characteristics by group, with the test of each row and its p-value.
    ///
    /// R: `print(tableone::CreateTableOne(vars, strata, data, addOverall = TRUE), showAllLevels = TRUE)`; Python:
    /// `tableone.TableOne(data, columns, groupby, pval = True, htest_name = True)`.
    ///
    /// # Errors
    /// [`Error::Row`] where the result is not rectangular.
    pub fn table_one(title: impl Into<String>, one: &TableOne) -> Result<Self, Error> {
        let total: usize = one.sizes.iter().sum();
        let mut heads = vec!["Characteristic".to_string()];
        heads.extend(one.groups.iter().zip(&one.sizes).map(|(g, n)| format!("{g} (n = {n})")));
        heads.extend([format!("All (n = {total})"), "p".into(), "Test".into()]);
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut table = Self::new(title, &heads);
        for row in &one.rows {
            let all = || row.groups.iter().chain([&row.overall]);
            let label = match row.overall {
                Summary::MeanSd { .. } => format!("{}, mean ± SD", row.name),
                Summary::MedianIqr { .. } => format!("{}, median [IQR]", row.name),
                Summary::Counts(_) => format!("{}, n (%)", row.name),
            };
            let mut cells = vec![Cell::from(label)];
            cells.extend(all().map(|s| measured(s).into()));
            cells.push(row.test.as_ref().map_or(Cell::Empty, |t| Cell::P(t.p)));
            cells.push(
                row.test.as_ref().map_or(row.why_not.clone().unwrap_or_default(), |t| t.method.into()).into(),
            );
            table.push(cells, false)?;
            let under = |name: &str, texts: Vec<String>| {
                let mut cells = vec![Cell::from(name)];
                cells.extend(texts.into_iter().map(Cell::from));
                cells.extend([Cell::Empty, Cell::Empty]);
                cells
            };
            for (level, name) in row.levels.iter().enumerate() {
                table.push(under(name, all().map(|s| share(s, level)).collect()), true)?;
            }
            if row.missing.iter().any(|&m| m > 0) {
                let missing = row.missing.iter().map(ToString::to_string);
                table.push(
                    under(
                        "missing",
                        missing.chain([row.missing.iter().sum::<usize>().to_string()]).collect(),
                    ),
                    true,
                )?;
            }
        }
        Ok(table.note(
            "SD: standard deviation; IQR: interquartile range. Percentages are of patients with a value.",
        ))
    }
}

fn measured(summary: &Summary) -> String {
    match summary {
        Summary::MeanSd { mean, sd } => {
            let digits = decimals_of(&[*mean, *sd]);
            format!("{} ± {}", fixed(*mean, digits), fixed(*sd, digits))
        }
        Summary::MedianIqr { median, q1, q3 } => {
            let digits = decimals_of(&[*median, *q1, *q3]);
            format!("{} [{}, {}]", fixed(*median, digits), fixed(*q1, digits), fixed(*q3, digits))
        }
        Summary::Counts(_) => String::new(),
    }
}

/// Decimals that give the greatest of the numbers three significant digits.
fn decimals_of(numbers: &[f64]) -> usize {
    let most = numbers.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if most > 0.0 { (2 - most.log10().floor() as i32).clamp(0, 6) as usize } else { 2 }
}

fn share(summary: &Summary, level: usize) -> String {
    match summary {
        Summary::Counts(counts) => {
            let total: u64 = counts.iter().sum();
            let n = counts.get(level).copied().unwrap_or(0);
            if total == 0 {
                n.to_string()
            } else {
                format!("{n} ({})", fixed(100.0 * n as f64 / total as f64, 1))
            }
        }
        _ => String::new(),
    }
}
