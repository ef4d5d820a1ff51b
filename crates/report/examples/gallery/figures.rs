//! One function for each figure.

use radiomics_report::{
    Error, Plot, Table,
    figure::{
        Beeswarm, Calibration, CalibrationSeries, ConfusionMatrix, DecisionCurve, Dependence, Distribution,
        Force, Forest, HeatMap, Importance, KaplanMeier, Nomogram, Panels, Radar, Roc, RocCurve, SliceView,
        Slices, SurvivalStep, TimeAuc, Waterfall,
    },
    validation_note,
};
use radiomics_stats::{
    Alternative,
    calibration::Validation,
    compare::{Correlation, RankP, mann_whitney},
    confusion::Confusion,
    decision_curve::decision_curve,
    roc::{Criterion, Direction, Roc as RocResult, Thresholds, auc_test_paired},
};

use crate::cohort::{Cohort, FEATURES};

pub fn roc(c: &Cohort) -> Result<Roc, Error> {
    let test = auc_test_paired(
        &c.response,
        &c.combined,
        &c.clinical,
        Direction::Higher,
        Alternative::TwoSided,
        0.95,
    )?;
    let best = RocResult::new(&c.response, &c.combined, Direction::Higher)?
        .cutoff(Criterion::Youden, Thresholds::Midpoint)?;
    let combined = RocCurve::of_scores("Clinical + radiomics", &c.response, &c.combined)?;
    let combined = best.best.iter().take(1).fold(combined, |curve, point| curve.mark_point(point));
    Ok(Roc::new("ROC curves of response")
        .curve(RocCurve::of_scores("Clinical", &c.response, &c.clinical)?)
        .curve(combined)
        .comparison("DeLong's test", test.p)
        .caption("Areas with DeLong's 95 % confidence intervals; the marked point is Youden's cut-off. Fitted and tested on the same patients."))
}

pub fn performance(c: &Cohort) -> Result<Table, Error> {
    let at = |p: &[f64]| Confusion::at_threshold(&c.response, p, 0.5);
    Table::performance(
        "Performance at a cut-off of 0.5",
        &[("Clinical", &at(&c.clinical)?), ("Clinical + radiomics", &at(&c.combined)?)],
    )
}

pub fn confusion(c: &Cohort) -> Result<ConfusionMatrix, Error> {
    let counts = Confusion::at_threshold(&c.response, &c.combined, 0.5)?;
    ConfusionMatrix::binary("Confusion matrix at a cut-off of 0.5", "No response", "Response", &counts)
}

pub fn calibration(c: &Cohort) -> Result<Calibration, Error> {
    Ok(Calibration::new("Calibration")
        .series(CalibrationSeries::of_probabilities("Clinical + radiomics", &c.response, &c.combined, 8)?)
        .note(validation_note(&Validation::new(&c.response, &c.combined)?))
        .caption("Eighths of the cohort with Wilson's 95 % intervals; the curve is lowess; the bars count predictions."))
}

pub fn decision_curve_figure(c: &Cohort) -> Result<DecisionCurve, Error> {
    let thresholds: Vec<f64> = (1..90).map(|i| f64::from(i) / 100.0).collect();
    let of = |p: &[f64]| decision_curve(&c.response, p, &thresholds, None);
    Ok(DecisionCurve::new("Decision curves")
        .model("Clinical", &of(&c.clinical)?)
        .model("Clinical + radiomics", &of(&c.combined)?))
}

pub fn forest(c: &Cohort) -> Result<Forest, Error> {
    Forest::odds_ratios("Odds ratios of response", &c.fit)
}

/// Times, events and survival of the patients whose prediction is on one side of the median.
fn steps(c: &Cohort, high: bool) -> Vec<SurvivalStep> {
    let mut sorted = c.combined.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    let mut rows: Vec<(f64, bool)> = (0..c.months.len())
        .filter(|&i| (c.combined[i] >= median) == high)
        .map(|i| (c.months[i], c.event[i]))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut survival, mut greenwood, mut i) = (1.0f64, 0.0f64, 0);
    let mut steps = Vec::new();
    while i < rows.len() {
        let (time, at_risk) = (rows[i].0, (rows.len() - i) as f64);
        let at: Vec<bool> = rows[i..].iter().take_while(|r| r.0 == time).map(|r| r.1).collect();
        let deaths = at.iter().filter(|&&d| d).count() as f64;
        survival *= 1.0 - deaths / at_risk;
        greenwood += deaths / (at_risk * (at_risk - deaths));
        let factor = (1.96 * greenwood.sqrt()).exp();
        let interval = [survival / factor, (survival * factor).min(1.0)];
        steps.push(SurvivalStep {
            time,
            at_risk,
            censored: at.len() as f64 - deaths,
            survival,
            interval: Some(interval),
        });
        i += at.len();
    }
    steps
}

pub fn kaplan_meier(c: &Cohort) -> KaplanMeier {
    let mut figure = KaplanMeier::new("Overall survival by predicted response", "Time (months)")
        .group("Low predicted probability", steps(c, false))
        .group("High predicted probability", steps(c, true))
        .log_rank(2.4e-7)
        .hazard_ratio(0.45, 0.33, 0.61)
        .ticks(&[0.0, 12.0, 24.0, 36.0, 48.0, 60.0]);
    figure.medians = true;
    figure
}

fn numbers(from: f64, to: f64, step: f64, points: impl Fn(f64) -> f64) -> Vec<(f64, String)> {
    let n = ((to - from) / step).round() as usize;
    (0..=n)
        .map(|i| from + step * i as f64)
        .map(|v| (points(v), radiomics_report::format::fixed(v, usize::from(step < 1.0))))
        .collect()
}

pub fn nomogram() -> Nomogram {
    let survival = |shift: f64| {
        [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
            .iter()
            .map(|s: &f64| (shift + 40.0 * (-s.ln()).ln(), format!("{s:.1}")))
            .collect::<Vec<_>>()
    };
    Nomogram::new("Nomogram for overall survival")
        .variable("Rad-score", numbers(-3.0, 3.0, 0.5, |v| (v + 3.0) / 6.0 * 100.0))
        .variable(
            "mRECIST",
            ["CR", "PR", "SD", "PD"]
                .iter()
                .zip([0.0, 9.0, 22.0, 48.0])
                .map(|(l, p)| (p, l.to_string()))
                .collect(),
        )
        .variable(
            "AFP (µg/L)",
            ["< 20", "20–400", "> 400"]
                .iter()
                .zip([0.0, 14.0, 31.0])
                .map(|(l, p)| (p, l.to_string()))
                .collect(),
        )
        .variable("Age (years)", numbers(30.0, 80.0, 10.0, |v| (80.0 - v) * 0.5))
        .variable("Portal-vein tumour thrombus", vec![(0.0, "absent".into()), (17.0, "present".into())])
        .outcome("1-year survival", survival(175.0))
        .outcome("2-year survival", survival(140.0))
        .outcome("3-year survival", survival(118.0))
}

pub fn time_roc() -> Roc {
    let curve = |label: &str, auc: f64, half: f64| {
        let x: Vec<f64> = (0..=100).map(|i| f64::from(i) / 100.0).collect();
        let power = (1.0 - auc) / auc;
        let y = x.iter().map(|v| v.powf(power)).collect();
        RocCurve::new(label, x, y).auc(auc, auc - half, auc + half)
    };
    Roc::new("Time-dependent ROC of overall survival")
        .curve(curve("1 year", 0.82, 0.06))
        .curve(curve("2 years", 0.78, 0.07))
        .curve(curve("3 years", 0.74, 0.1))
}

pub fn time_auc() -> TimeAuc {
    let times: Vec<f64> = (1..=10).map(|i| 6.0 * f64::from(i)).collect();
    let curve = |start: f64, slope: f64| {
        times.iter().map(|t| start - slope * t + 0.01 * (t / 5.0).sin()).collect::<Vec<f64>>()
    };
    let band = |auc: &[f64]| {
        auc.iter()
            .zip(&times)
            .map(|(a, t)| [a - 0.04 - 0.0008 * t, a + 0.04 + 0.0006 * t])
            .collect::<Vec<_>>()
    };
    let (nomogram, score) = (curve(0.84, 0.0012), curve(0.76, 0.0021));
    TimeAuc::new("AUC over time", "Time (months)")
        .series("Nomogram", times.clone(), nomogram.clone(), band(&nomogram))
        .series("Rad-score", times.clone(), score.clone(), band(&score))
}

pub fn violins(c: &Cohort) -> Result<Distribution, Error> {
    let (no, yes) = (c.by_response(&c.features[0], false), c.by_response(&c.features[0], true));
    let test = mann_whitney(&no, &yes, RankP::Normal { continuity: false }, Alternative::TwoSided)?;
    Ok(Distribution::violins("Sphericity by response", "Sphericity (z score)")
        .sample("No response", no)
        .sample("Response", yes)
        .test(0, 1, &test))
}

pub fn boxes(c: &Cohort) -> Result<Distribution, Error> {
    let mut figure = Distribution::boxes("AFP by stage", "AFP (log)");
    for (stage, name) in ["Stage A", "Stage B", "Stage C"].iter().enumerate() {
        figure = figure.sample(
            *name,
            (0..c.stage.len()).filter(|&i| c.stage[i] == Some(stage)).map(|i| c.features[7][i]).collect(),
        );
    }
    Ok(figure.compare(0, 1, "p = 0.41").compare(1, 2, "p = 0.73").compare(0, 2, "p = 0.38"))
}

pub fn radar() -> Radar {
    Radar::new(
        "Performance of three models",
        &[
            "AUC",
            "Accuracy",
            "Sensitivity",
            "Specificity",
            "Positive predictive value",
            "Negative predictive value",
            "F1",
        ],
    )
    .series("Clinical", vec![0.66, 0.62, 0.58, 0.65, 0.55, 0.68, 0.56])
    .series("Radiomics", vec![0.78, 0.72, 0.74, 0.70, 0.66, 0.78, 0.70])
    .series("Clinical + radiomics", vec![0.85, 0.79, 0.81, 0.77, 0.74, 0.83, 0.77])
}

pub fn correlations(c: &Cohort) -> Result<HeatMap, Error> {
    let columns: Vec<(&str, &[f64])> =
        FEATURES.iter().zip(&c.features).map(|(n, v)| (*n, v.as_slice())).collect();
    HeatMap::correlations("Spearman correlation of features", &columns, Correlation::Spearman)
}

pub fn feature_map(c: &Cohort) -> HeatMap {
    let mut order: Vec<usize> = (0..c.response.len()).collect();
    order.sort_by_key(|&i| c.response[i]);
    let names = FEATURES[..6].iter().map(ToString::to_string).collect();
    let patients = order.iter().map(|i| format!("P{i:03}")).collect();
    let values = c.features[..6].iter().flat_map(|f| order.iter().map(|&i| f[i]));
    HeatMap::features("Features of the patients", names, patients, values.collect())
        .track("Response", &["no", "yes"], order.iter().map(|&i| usize::from(c.response[i])).collect())
        .size(640.0, 170.0)
}

pub fn beeswarm(c: &Cohort) -> Beeswarm {
    c.shap()
        .into_iter()
        .fold(Beeswarm::new("SHAP values of all patients"), |f, s| f.feature(s.name, s.shap, s.values))
}

pub fn importance(c: &Cohort) -> Importance {
    Importance::of_shap("Mean absolute SHAP values", &c.shap())
}

pub fn waterfall(c: &Cohort) -> Waterfall {
    let (base, contributions) = c.patient(11);
    let mut figure = Waterfall::new("From the mean to one patient", base, contributions);
    figure.axis_label = "Log odds of response".into();
    figure
}

pub fn force(c: &Cohort) -> Force {
    let (base, contributions) = c.patient(11);
    let mut figure = Force::new("What moves the prediction of one patient", base, contributions);
    figure.axis_label = "Log odds of response".into();
    figure
}

pub fn dependence(c: &Cohort) -> Dependence {
    let shap = c.shap();
    // An interaction with sphericity is laid on, so that the colours show something.
    let bent = shap[3].shap.iter().zip(&c.features[0]).map(|(s, v)| s + 0.15 * v).collect();
    Dependence::new("Dependence of one feature", FEATURES[3], shap[3].values.clone(), bent)
        .coloured_by("Sphericity", c.features[0].clone())
}

/// A made-up axial slice of an abdomen: ellipses and noise of waves; `shift` moves along the body.
fn slice(shift: f64) -> (usize, Vec<f64>, Vec<bool>, Vec<bool>, Vec<f64>) {
    const W: usize = 192;
    const H: usize = 144;
    let mut out = (W, vec![], vec![], vec![], vec![]);
    for i in 0..W * H {
        let (x, y) = ((i % W) as f64 - 96.0, (i / W) as f64 - 72.0);
        let inside = |cx: f64, cy: f64, rx: f64, ry: f64| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2);
        let wave =
            12.0 * (0.7 * x + 0.3 * y).sin() * (0.5 * y - 0.2 * x).cos() + 8.0 * (1.9 * x * y / 60.0).sin();
        let (body, liver, spine) = (
            inside(0.0, 0.0, 88.0, 62.0),
            inside(-32.0, -10.0, 42.0 - shift, 36.0),
            inside(0.0, 44.0, 11.0, 11.0),
        );
        let edge = 1.0 + 0.18 * (3.0 * (y + 14.0).atan2(x + 36.0)).sin();
        let tumour = inside(-36.0, -14.0, (15.0 - shift) * edge, (12.0 - 0.6 * shift) * edge);
        out.1.push(match () {
            () if body > 1.0 => -1000.0,
            () if tumour < 1.0 => 55.0 + 2.0 * wave,
            () if liver < 1.0 => 110.0 + wave,
            () if spine < 1.0 => 420.0 + 4.0 * wave,
            () if body > 0.88 => -95.0 + wave,
            () => 40.0 + wave,
        });
        out.2.push(tumour < 1.0);
        out.3.push(liver < 1.0);
        out.4.push((1.0 - inside(-32.0, -12.0, 26.0, 20.0)).max(0.0));
    }
    out
}

pub fn overlay() -> Slices {
    let (width, pixels, tumour, liver, heat) = slice(0.0);
    Slices::overlay(
        "Attention over a synthetic slice",
        SliceView::new(width, pixels, [1.5, 1.5], [-140.0, 260.0])
            .region("Lesion", tumour)
            .region("Liver", liver)
            .heat(width, heat, [0.0, 1.0], "Attention"),
    )
}

pub fn montage() -> Slices {
    (0..6).fold(Slices::montage("Six synthetic slices through a lesion", 3), |figure, i| {
        let shift = 2.2 * f64::from(i);
        let (width, pixels, tumour, _, _) = slice(shift);
        let view = SliceView::new(width, pixels, [1.5, 1.5], [-140.0, 260.0]);
        figure.view(view.label(format!("z = {} mm", 5 * i)).region("Lesion", tumour).crop_to_regions(22))
    })
}

pub fn panels(c: &Cohort) -> Result<Panels, Error> {
    Panels::new("Several figures in one", 2)
        .panel(&roc(c)?.size(360.0, 240.0))?
        .panel(&calibration(c)?.size(360.0, 240.0))
}
