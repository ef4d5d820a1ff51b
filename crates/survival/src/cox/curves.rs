//! Baseline hazard and predicted survival, with intervals.

use radiomics_stats::distribution::normal_quantile_upper;
use radiomics_stats::error::{require, require_finite, require_length, require_level};
use radiomics_stats::linalg::quadratic_form;
use radiomics_stats::root::zero;
use serde::{Deserialize, Serialize};

use super::Ties;
use super::fit::CoxFit;
use super::layout::Stratum;
use super::sweep::{Hazard, risk, sweep};
use crate::Error;
use crate::confidence::Scale;
use crate::kaplan_meier::{Quantile, crossing};

/// How a survival curve is made of the hazards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurveKind {
    /// `exp(−H)`, with the hazard that belongs to the model's treatment of ties: Efron's for Efron, Breslow's (also
    /// called Aalen's or Tsiatis') otherwise. R: `survfit(fit)`.
    #[default]
    OfTies,
    /// `exp(−H)` with Breslow's hazard. R: `survfit(fit, ctype = 1)`; scikit-survival's and lifelines' baseline.
    Breslow,
    /// `exp(−H)` with Efron's hazard. R: `survfit(fit, ctype = 2)`.
    Efron,
    /// Product of Kalbfleisch and Prentice's conditional probabilities. R: `survfit(fit, stype = 1)`.
    KalbfleischPrentice,
}

/// What is asked of predicted curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Curves {
    /// How the curve is made.
    pub kind: CurveKind,
    /// Confidence level.
    pub level: f64,
    /// Scale of the interval.
    pub scale: Scale,
}

impl Default for Curves {
    fn default() -> Self {
        Self { kind: CurveKind::OfTies, level: 0.95, scale: Scale::Log }
    }
}

/// Predicted survival of one patient in one stratum, at every time of that stratum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoxCurve {
    /// Code of the stratum; 0 without strata.
    pub stratum: u32,
    /// Distinct times, those without events too.
    pub time: Vec<f64>,
    /// Sum of the weights at risk.
    pub n_risk: Vec<f64>,
    /// Sum of the weights of events.
    pub n_event: Vec<f64>,
    /// Cumulative hazard.
    pub cumulative_hazard: Vec<f64>,
    /// Survival.
    pub survival: Vec<f64>,
    /// Standard error of the cumulative hazard, which is that of `ln S`.
    pub std_err: Vec<f64>,
    /// Lower confidence limit.
    pub lower: Vec<f64>,
    /// Upper confidence limit.
    pub upper: Vec<f64>,
}

/// A curve at one time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Survival.
    pub survival: f64,
    /// Standard error of the survival itself.
    pub std_err: f64,
    /// Lower confidence limit.
    pub lower: f64,
    /// Upper confidence limit.
    pub upper: f64,
    /// Whether the time lies after the last, so that the last value was carried on.
    pub beyond_follow_up: bool,
}

impl CoxCurve {
    /// The curve at a time: the value of the last step before or at it, 1 before the first. R: `summary(survfit(fit,
    /// newdata), times = t)`.
    ///
    /// # Errors
    /// [`Error::OutsideFollowUp`] for a time that is not a number, negative or after the last.
    pub fn at(&self, time: f64) -> Result<CurvePoint, Error> {
        let last = self.time.last().copied().unwrap_or(0.0);
        if !(0.0..=last).contains(&time) {
            return Err(Error::OutsideFollowUp { what: "the survival curve", time, first: 0.0, last });
        }
        self.extended_at(time)
    }

    /// The curve at a time, the last value carried on after the last time, which the point says. R: `summary(survfit(fit,
    /// newdata), times = t, extend = TRUE)`.
    ///
    /// # Errors
    /// A time that is not a number or negative.
    pub fn extended_at(&self, time: f64) -> Result<CurvePoint, Error> {
        require("time", &[time], "at least 0", |t| t >= 0.0)?;
        let beyond_follow_up = self.time.last().is_some_and(|&last| time > last);
        Ok(match self.time.partition_point(|t| *t <= time) {
            0 => CurvePoint { survival: 1.0, std_err: 0.0, lower: 1.0, upper: 1.0, beyond_follow_up },
            k => CurvePoint {
                survival: self.survival[k - 1],
                std_err: self.std_err[k - 1] * self.survival[k - 1],
                lower: self.lower[k - 1],
                upper: self.upper[k - 1],
                beyond_follow_up,
            },
        })
    }

    /// The time by which a share `p` is expected to have had the event, by the rule of
    /// [`KaplanMeier::quantile`](crate::kaplan_meier::KaplanMeier::quantile), with the limits where those of the curve
    /// cross. R: `quantile(survfit(fit, newdata), p)`.
    ///
    /// # Errors
    /// A share outside 0 to 1.
    pub fn quantile(&self, p: f64) -> Result<Quantile, Error> {
        require("share", &[p], "between 0 and 1", |v| (0.0..=1.0).contains(&v))?;
        let of = |curve: &[f64]| crossing(&self.time, p, |i| curve[i]);
        Ok(Quantile { p, estimate: of(&self.survival), lower: of(&self.lower), upper: of(&self.upper) })
    }
}

/// The baseline of one stratum, at covariates equal to the centre of the layout.
pub(crate) struct Baseline {
    pub time: Vec<f64>,
    pub n_risk: Vec<f64>,
    pub n_event: Vec<f64>,
    pub hazard: Vec<f64>,
    /// Variance of the cumulative hazard with known coefficients.
    pub variance: Vec<f64>,
    /// `∫ x̄ dH`, `p` values for each time.
    pub mean_hazard: Vec<f64>,
    /// `ln` of the survival of Kalbfleisch and Prentice.
    pub product: Vec<f64>,
}

impl Baseline {
    /// Position of the last time at or before `time`.
    pub fn before(&self, time: f64) -> Option<usize> {
        self.time.partition_point(|t| *t <= time).checked_sub(1)
    }
}

/// Step of one event time.
#[derive(Clone, Default)]
struct Step {
    hazard: f64,
    variance: f64,
    mean: Vec<f64>,
    product: f64,
}

impl CoxFit {
    /// Baselines of all strata.
    pub(crate) fn baselines(&self, kind: CurveKind) -> Vec<Baseline> {
        let layout = &self.layout;
        let p = layout.p;
        let eta = self.eta();
        let risk = risk(layout, &eta);
        let efron = match kind {
            CurveKind::OfTies => self.ties == Ties::Efron,
            CurveKind::Efron => true,
            _ => false,
        };
        let ties = if efron { Ties::Efron } else { Ties::Breslow };
        let kaplan = kind == CurveKind::KalbfleischPrentice;
        let mut steps = vec![Step::default(); layout.groups.len()];
        sweep(layout, &risk, |k, set| {
            let group = &layout.groups[k];
            let h = Hazard::new(ties, group, set.total, set.dead_total);
            let mean = (0..p).map(|j| set.sum[j] * h.square - set.dead_sum[j] * h.square_spared).collect();
            let left = if group.weight < set.total { set.total - group.weight } else { set.total };
            steps[k] = if kaplan {
                let rows = group.first..group.first + group.deaths;
                let product = survivors(
                    rows.map(|i| (layout.weight[i], eta[i].exp())).collect::<Vec<_>>().as_slice(),
                    set.total,
                );
                Step { hazard: h.all, variance: group.weight / (set.total * left), mean, product }
            } else {
                Step { hazard: h.all, variance: h.square, mean, product: 0.0 }
            };
        });
        layout.strata.iter().map(|s| self.baseline(s, &steps)).collect()
    }

    fn baseline(&self, stratum: &Stratum, steps: &[Step]) -> Baseline {
        let layout = &self.layout;
        let p = layout.p;
        let mut out = Baseline {
            time: Vec::new(),
            n_risk: Vec::new(),
            n_event: Vec::new(),
            hazard: Vec::new(),
            variance: Vec::new(),
            mean_hazard: Vec::new(),
            product: Vec::new(),
        };
        let (mut hazard, mut variance, mut product, mut mean) = (0.0, 0.0, 0.0, vec![0.0; p]);
        let mut k = stratum.groups.start;
        let mut at = stratum.rows.start;
        while at < stratum.rows.end {
            let time = layout.time[at];
            let end = (at..stratum.rows.end).find(|&i| layout.time[i] != time).unwrap_or(stratum.rows.end);
            let mut events = 0.0;
            if k < stratum.groups.end && layout.groups[k].first == at {
                let step = &steps[k];
                hazard += step.hazard;
                variance += step.variance;
                product += step.product;
                mean.iter_mut().zip(&step.mean).for_each(|(m, s)| *m += s);
                events = layout.groups[k].weight;
                k += 1;
            }
            out.time.push(time);
            out.n_event.push(events);
            out.hazard.push(hazard);
            out.variance.push(variance);
            out.product.push(product);
            out.mean_hazard.extend_from_slice(&mean);
            at = end;
        }
        out.n_risk = self.weights_at_risk(stratum, &out.time);
        out
    }

    fn weights_at_risk(&self, stratum: &Stratum, times: &[f64]) -> Vec<f64> {
        let layout = &self.layout;
        let mut out = vec![0.0; times.len()];
        let (mut sum, mut last, mut leaving) = (0.0, stratum.rows.end, stratum.rows.start);
        for (to, &time) in out.iter_mut().zip(times).rev() {
            while last > stratum.rows.start && layout.time[last - 1] >= time {
                last -= 1;
                sum += layout.weight[last];
            }
            if let Some(entry) = &layout.entry {
                while leaving < stratum.rows.end {
                    let i = entry.falling[leaving] as usize;
                    if entry.time[i] < time {
                        break;
                    }
                    sum -= layout.weight[i];
                    leaving += 1;
                }
            }
            *to = sum;
        }
        out
    }

    /// What turns the hazard at the centre of the layout into that at covariates `x` (and the mean offset), with `x` centred.
    pub(crate) fn relative(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let centred: Vec<f64> = x.iter().zip(&self.layout.centre).map(|(x, c)| x - c).collect();
        let eta: f64 = centred.iter().zip(&self.coefficients).map(|(x, b)| x * b).sum();
        (eta, centred)
    }

    /// Cumulative baseline hazard of each stratum: time and hazard, at covariates 0 or, `centred`, at
    /// [`means`](Self::means); an offset counts as its mean. R: `basehaz(fit, centered)`.
    pub fn cumulative_baseline_hazard(
        &self,
        kind: CurveKind,
        centred: bool,
    ) -> Vec<(u32, Vec<f64>, Vec<f64>)> {
        let zero = vec![0.0; self.layout.p];
        let (eta, _) = self.relative(if centred { &self.means } else { &zero });
        let factor = (eta + self.offset_shift).exp();
        self.baselines(kind)
            .into_iter()
            .zip(&self.layout.strata)
            .map(|(b, s)| (s.code, b.time, b.hazard.iter().map(|h| h * factor).collect()))
            .collect()
    }

    /// Predicted survival of patients with the given covariates, in every stratum; the inner list holds one curve for
    /// each patient. R: `survfit(fit, newdata)`.
    ///
    /// The variance counts that of the hazard and that of the coefficients (Therneau and Grambsch 2000, section 10.2).
    ///
    /// # Errors
    /// A patient with another number of covariates than the model, a value that is not finite, a level outside 0..1; a
    /// model that has not [`converged`](Self::converged).
    pub fn survival_curves(&self, patients: &[&[f64]], curves: &Curves) -> Result<Vec<Vec<CoxCurve>>, Error> {
        self.converged()?;
        require_level(curves.level)?;
        let p = self.layout.p;
        for x in patients {
            require_length("covariates of a patient", x.len(), p)?;
            require_finite("covariate", x)?;
        }
        let z = normal_quantile_upper(0.5 * (1.0 - curves.level));
        let kaplan = curves.kind == CurveKind::KalbfleischPrentice;
        let mut out = Vec::new();
        for (baseline, stratum) in self.baselines(curves.kind).iter().zip(&self.layout.strata) {
            let mut list = Vec::new();
            for x in patients {
                let (eta, centred) = self.relative(x);
                let factor = (eta + self.offset_shift).exp();
                let mut curve = CoxCurve {
                    stratum: stratum.code,
                    time: baseline.time.clone(),
                    n_risk: baseline.n_risk.clone(),
                    n_event: baseline.n_event.clone(),
                    cumulative_hazard: Vec::new(),
                    survival: Vec::new(),
                    std_err: Vec::new(),
                    lower: Vec::new(),
                    upper: Vec::new(),
                };
                for t in 0..baseline.time.len() {
                    let variance = self.hazard_variance(baseline, t, &centred);
                    let survival =
                        if kaplan { baseline.product[t] * factor } else { -baseline.hazard[t] * factor }
                            .exp();
                    let std_err = variance.sqrt() * factor;
                    let (lower, upper) = curves.scale.limits(survival, std_err * survival, z);
                    curve.cumulative_hazard.push(baseline.hazard[t] * factor);
                    curve.survival.push(survival);
                    curve.std_err.push(std_err);
                    curve.lower.push(lower);
                    curve.upper.push(upper);
                }
                list.push(curve);
            }
            out.push(list);
        }
        Ok(out)
    }

    /// Variance of the cumulative hazard of a patient, before the factor `exp(2 η)`.
    pub(crate) fn hazard_variance(&self, baseline: &Baseline, t: usize, centred: &[f64]) -> f64 {
        let p = self.layout.p;
        let means = &baseline.mean_hazard[t * p..(t + 1) * p];
        let d: Vec<f64> = centred.iter().zip(means).map(|(x, m)| baseline.hazard[t] * x - m).collect();
        baseline.variance[t] + quadratic_form(&self.covariance, &d)
    }
}

/// `ln α` where `Σ w r / (1 − α^r) = Σ w r at risk`, the first sum over events with weight `w` and relative risk `r`
/// (Kalbfleisch and Prentice 1973).
fn survivors(events: &[(f64, f64)], total: f64) -> f64 {
    if let [(w, r)] = events {
        return (1.0 - w * r / total).max(0.0).ln() / r;
    }
    let sum: f64 = events.iter().map(|(w, r)| w * r).sum();
    if sum >= total * (1.0 - 1e-15) {
        return f64::NEG_INFINITY;
    }
    // With h = −ln α the left side falls from infinity to the sum over events.
    let excess = |h: f64| events.iter().map(|(w, r)| w * r / -(-h * r).exp_m1()).sum::<f64>() - total;
    let weight: f64 = events.iter().map(|e| e.0).sum();
    let (mut low, mut high) = (weight / total, weight / total);
    while excess(low) < 0.0 {
        low *= 0.5;
    }
    while excess(high) > 0.0 {
        high *= 2.0;
    }
    -zero(excess, low, high, 0.0).unwrap_or(low)
}
