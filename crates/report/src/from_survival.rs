//! Figures and tables from the results of `radiomics-survival`.

use radiomics_survival::{
    Outcome, TimeUnit,
    confidence::Scale,
    cox::{CoxFit, HazardRatio, Univariable},
    decision_curve::NetBenefit,
    kaplan_meier::{KaplanMeier as KmResult, Quantile},
    log_rank::{Weighting, log_rank},
    nomogram::{CovariateAxis, Nomogram as NomogramResult, NomogramOutcome, OutcomeAxis},
    time_roc::{DynamicAuc, RocAtTime, TimeRoc},
};

use crate::{
    Cell, Error, Table,
    check::Check,
    figure::{
        DecisionCurve, Forest, ForestRow, KaplanMeier, Nomogram, NomogramAxis, Roc, RocCurve, SurvivalStep,
        TimeAuc,
    },
    format::{fixed, short},
};

/// Confidence of all intervals that are made here.
const LEVEL: f64 = 0.95;

/// `Time (months)`.
fn time_label(unit: TimeUnit) -> String {
    format!("Time ({unit})")
}

/// `12 months`, `1 year`.
fn time_text(time: f64, unit: TimeUnit) -> String {
    let unit = unit.to_string();
    let unit = if time == 1.0 { unit.trim_end_matches('s') } else { &unit };
    format!("{} {unit}", plain(time))
}

/// A number without superfluous zeros.
fn plain(v: f64) -> String {
    let text = fixed(v, 6);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

impl KaplanMeier {
    /// Curves of groups with 95 % limits (on the logarithmic scale, R's default) and the log-rank test; the unit of the
    /// outcome stands at the time axis. `group` holds a code for each patient; `labels` names the codes in rising order.
    ///
    /// R: `survminer::ggsurvplot(survfit(Surv(time, event) ~ group), risk.table = TRUE, pval = TRUE, conf.int = TRUE)`.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many labels as groups; [`Error::Survival`].
    ///
    /// ```
    /// use radiomics_report::{Plot, figure::KaplanMeier};
    /// use radiomics_survival::{Outcome, TimeUnit};
    /// let outcome = Outcome::new(&[3.0, 5.0, 8.0, 2.0, 4.0, 9.0], &[true, false, true, true, true, false])?;
    /// let figure = KaplanMeier::of_groups(
    ///     "Overall survival",
    ///     &outcome.with_unit(TimeUnit::Months),
    ///     &[0, 0, 0, 1, 1, 1],
    ///     &["low risk", "high risk"],
    /// )?;
    /// assert!(figure.draw()?.svg()?.contains("Time (months)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_groups(
        title: impl Into<String>,
        outcome: &Outcome,
        group: &[u32],
        labels: &[&str],
    ) -> Result<Self, Error> {
        let mut figure = Self::new(title, time_label(outcome.unit()));
        let curves = KmResult::by_group(outcome, group)?;
        Check(&figure.layout.title).length("labels of groups", labels.len(), curves.len())?;
        for (label, (_, curve)) in labels.iter().zip(&curves) {
            figure = figure.curve(*label, curve, Scale::Log)?;
        }
        if curves.len() > 1 {
            figure = figure.log_rank(log_rank(outcome, group, Weighting::LogRank)?.p);
        }
        Ok(figure)
    }

    /// Adds a curve as it was estimated, with 95 % limits on a scale. R: `plot(survfit(…, conf.type))`.
    ///
    /// # Errors
    /// None with the limits of this crate's level; those of [`radiomics_survival::kaplan_meier::KaplanMeier::intervals`].
    pub fn curve(self, label: impl Into<String>, curve: &KmResult, scale: Scale) -> Result<Self, Error> {
        let intervals = curve.intervals(scale, LEVEL)?;
        let step = |i: usize| SurvivalStep {
            time: curve.time[i],
            at_risk: curve.n_risk[i],
            censored: curve.n_censor[i],
            survival: curve.survival[i],
            // Before the first event some scales define no limits; nobody has died, so there is no width.
            interval: if curve.survival[i] == 1.0 {
                Some([1.0, 1.0])
            } else {
                Some([intervals[i].lower, intervals[i].upper]).filter(|e| !e[0].is_nan() && !e[1].is_nan())
            },
        };
        Ok(self.group(label, (0..curve.time.len()).map(step).collect()))
    }

    /// Prints a hazard ratio of a Cox model below the title.
    #[must_use]
    pub fn with_ratio(self, ratio: &HazardRatio) -> Self {
        self.hazard_ratio(ratio.ratio, ratio.interval.lower, ratio.interval.upper)
    }
}

impl Forest {
    /// Hazard ratios of a Cox model with Wald's 95 % intervals. R: `survminer::ggforest(fit)`.
    ///
    /// # Errors
    /// [`Error::Survival`] where the model did not converge.
    pub fn hazard_ratios(title: impl Into<String>, fit: &CoxFit) -> Result<Self, Error> {
        let mut forest = Self::ratios(title, "Hazard ratio");
        for r in fit.converged()?.hazard_ratios(LEVEL)? {
            forest.rows.push(ForestRow::new(r.name, r.ratio, r.interval.lower, r.interval.upper).p(r.p));
        }
        Ok(forest)
    }
}

impl Roc {
    /// Time-dependent curves, one for each time, with the area and its 95 % interval.
    ///
    /// R: `plot(timeROC(…, iid = TRUE), time = t, add = TRUE)` for each time.
    ///
    /// # Errors
    /// [`Error::Value`] for a threshold without rates.
    pub fn time_dependent(title: impl Into<String>, roc: &TimeRoc, unit: TimeUnit) -> Result<Self, Error> {
        let mut figure = Self::new(title);
        for at in &roc.times {
            figure = figure.curve(curve_at(at, unit));
        }
        Check(&figure.layout.title).some("times", &figure.curves)?;
        Ok(figure)
    }
}

fn curve_at(at: &RocAtTime, unit: TimeUnit) -> RocCurve {
    // The weights sum to 1 only to the last bits.
    let rate = |v: f64| v.clamp(0.0, 1.0);
    let x = at.curve.iter().map(|p| rate(p.false_positive)).collect();
    let y = at.curve.iter().map(|p| rate(p.true_positive)).collect();
    let interval =
        at.auc.interval(LEVEL).unwrap_or_default().map(|i| i.clamp(0.0, 1.0)).map(|i| [i.lower, i.upper]);
    let auc = Some((at.auc.estimate, interval));
    RocCurve { auc, ..RocCurve::new(time_text(at.time, unit), x, y) }
}

impl TimeAuc {
    /// Adds the areas of a marker over time with their 95 % intervals.
    ///
    /// R: `timeROC::plotAUCcurve(roc, conf.int = TRUE, add = TRUE)`.
    #[must_use]
    pub fn marker(self, label: impl Into<String>, roc: &TimeRoc) -> Self {
        let times = roc.times.iter().map(|t| t.time).collect();
        let auc = roc.times.iter().map(|t| t.auc.estimate).collect();
        let intervals: Option<Vec<[f64; 2]>> = roc
            .times
            .iter()
            .map(|t| t.auc.interval(LEVEL).unwrap_or_default().map(|i| [i.lower.max(0.0), i.upper.min(1.0)]))
            .collect();
        self.series(label, times, auc, intervals.unwrap_or_default())
    }

    /// Adds areas in the way of scikit-survival, which has no intervals. Python: `cumulative_dynamic_auc(…)`.
    #[must_use]
    pub fn dynamic(self, label: impl Into<String>, auc: &DynamicAuc) -> Self {
        self.series(label, auc.times.clone(), auc.auc.clone(), Vec::new())
    }
}

impl DecisionCurve {
    /// Adds the curve of a model of survival; thresholds at which the risk of the treated is not known are left out. The
    /// first model also says what treating everybody gives.
    ///
    /// R: `plot(dcurves::dca(Surv(time, event) ~ model, time = t))`.
    #[must_use]
    pub fn survival_model(self, label: impl Into<String>, curve: &[NetBenefit]) -> Self {
        let first = self.all.is_none();
        let (t, b) = curve.iter().filter_map(|b| Some((b.threshold, b.model?))).unzip();
        let figure = self.series(label, t, b);
        if !first {
            return figure;
        }
        figure.treat_all(curve.iter().map(|b| b.threshold).collect(), curve.iter().map(|b| b.all).collect())
    }
}

impl Nomogram {
    /// The nomogram of a Cox or logistic model. Axes may be renamed and their ticks relabelled afterwards, as with
    /// [`Nomogram::relabel`].
    ///
    /// R: `plot(rms::nomogram(fit, fun, funlabel))`.
    #[must_use]
    pub fn of(title: impl Into<String>, result: &NomogramResult, unit: TimeUnit) -> Self {
        let mut figure = Self::new(title);
        figure.most_points = result.axes.iter().flat_map(|a| a.points.iter().copied()).fold(0.0, f64::max);
        figure.variables = result.axes.iter().map(variable).collect();
        let ends =
            |best: fn(f64, f64) -> f64, from: f64| result.total_points.iter().copied().fold(from, best);
        figure.total = [ends(f64::min, f64::INFINITY), ends(f64::max, f64::NEG_INFINITY)];
        figure.outcomes = result.outcomes.iter().map(|o| outcome(o, unit)).collect();
        figure
    }

    /// Names the values of a variable, such as the levels of a factor: pairs of value and label. Ticks at other values go.
    #[must_use]
    pub fn relabel(mut self, variable: &str, label: &str, names: &[(f64, &str)]) -> Self {
        for axis in self.variables.iter_mut().filter(|a| a.label == variable) {
            axis.label = label.into();
            if !names.is_empty() {
                axis.ticks.retain_mut(|tick| {
                    let found = names.iter().find(|n| plain(n.0) == tick.1);
                    if let Some(name) = found {
                        tick.1 = name.1.into();
                    }
                    found.is_some()
                });
            }
        }
        self
    }
}

fn variable(axis: &CovariateAxis) -> NomogramAxis {
    let ticks = axis.points.iter().zip(&axis.values).map(|(&p, &v)| (p, plain(v)));
    NomogramAxis::new(axis.variable.as_str(), ticks.collect())
}

fn outcome(axis: &OutcomeAxis, unit: TimeUnit) -> NomogramAxis {
    let label = match axis.outcome {
        NomogramOutcome::LinearPredictor => "Linear predictor".into(),
        NomogramOutcome::Survival { time, .. } => format!("Survival at {}", time_text(time, unit)),
        NomogramOutcome::Probability => "Probability".into(),
    };
    NomogramAxis::new(label, axis.points.iter().zip(&axis.values).map(|(&p, &v)| (p, plain(v))).collect())
}

/// A hazard ratio for a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// Name of the variable.
    pub name: String,
    /// Estimate and ends of its interval.
    pub estimate: [f64; 3],
    /// p-value.
    pub p: f64,
}

impl From<&HazardRatio> for Ratio {
    fn from(r: &HazardRatio) -> Self {
        Self { name: r.name.clone(), estimate: [r.ratio, r.interval.lower, r.interval.upper], p: r.p }
    }
}

impl From<&Univariable> for Ratio {
    fn from(r: &Univariable) -> Self {
        Self { name: r.name.clone(), estimate: [r.ratio, r.interval.lower, r.interval.upper], p: r.p }
    }
}

/// The ratios of a model, or of many models of one variable, as [`Table::hazard_ratios`] takes them.
#[must_use]
pub fn ratios<'a, T>(rows: &'a [T]) -> Vec<Ratio>
where
    Ratio: From<&'a T>,
{
    rows.iter().map(Ratio::from).collect()
}

impl Table {
    /// Hazard ratios of one or more models side by side, such as the univariable and the multivariable ones; rows are the
    /// variables in the order in which the models name them.
    ///
    /// R: `finalfit::finalfit(data, dependent = "Surv(time, event)", explanatory)`.
    ///
    /// ```
    /// use radiomics_report::{Table, ratios};
    /// use radiomics_survival::{Outcome, cox::Cox};
    /// let outcome = Outcome::new(&[3.0, 5.0, 8.0, 2.0, 4.0, 9.0], &[true, false, true, true, true, false])?;
    /// let score = [0.3, 0.1, 0.2, 0.9, 0.4, 0.5];
    /// let fit = Cox::new(&outcome, &[("Rad-score", &score)]).fit()?;
    /// let table = Table::hazard_ratios("Overall survival", &[("Univariable", &ratios(&fit.hazard_ratios(0.95)?))])?;
    /// assert_eq!(table.columns[1], "Univariable: HR (95 % CI)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// None for what this crate makes; [`Error::Row`] guards the shape.
    pub fn hazard_ratios(title: impl Into<String>, models: &[(&str, &[Ratio])]) -> Result<Self, Error> {
        let mut heads = vec!["Variable".to_string()];
        for (name, _) in models {
            let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
            heads.extend([format!("{prefix}HR (95 % CI)"), format!("{prefix}p")]);
        }
        let mut table = Self::new(title, &heads.iter().map(String::as_str).collect::<Vec<_>>());
        let mut variables: Vec<&str> = Vec::new();
        for ratio in models.iter().flat_map(|m| m.1) {
            if !variables.contains(&ratio.name.as_str()) {
                variables.push(&ratio.name);
            }
        }
        for variable in variables {
            let mut cells = vec![Cell::from(variable)];
            for (_, ratios) in models {
                match ratios.iter().find(|r| r.name == variable) {
                    Some(r) => cells
                        .extend([Cell::estimate(r.estimate[0], r.estimate[1], r.estimate[2]), Cell::P(r.p)]),
                    None => cells.extend([Cell::Empty, Cell::Empty]),
                }
            }
            table.push(cells, false)?;
        }
        Ok(table.note("HR: hazard ratio; CI: confidence interval. Wald's intervals and tests."))
    }

    /// Patients, events and median with its 95 % interval of each curve. R: `print(survfit(Surv(time, event) ~ group))`.
    ///
    /// # Errors
    /// [`Error::Survival`] where limits have no value.
    pub fn medians(title: impl Into<String>, curves: &[(&str, &KmResult)]) -> Result<Self, Error> {
        let unit = curves.first().map_or_else(String::new, |c| format!(", {}", c.1.unit));
        let head = format!("Median{unit} (95 % CI)");
        let mut table = Self::new(title, &["Group", "Patients", "Events", head.as_str()]);
        for (label, curve) in curves {
            let q = curve.median(Scale::Log, LEVEL)?;
            table.push(
                vec![(*label).into(), curve.n.into(), curve.events.into(), median_text(&q).into()],
                false,
            )?;
        }
        Ok(table.note("Kaplan–Meier; limits on the logarithmic scale. NR: not reached."))
    }
}

fn median_text(q: &Quantile) -> String {
    let text = |v: Option<f64>| v.map_or_else(|| "NR".to_string(), short);
    format!("{} ({}–{})", text(q.estimate), text(q.lower), text(q.upper))
}
