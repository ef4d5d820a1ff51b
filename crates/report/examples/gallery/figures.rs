//! One function for each figure.

use radiomics_report::{
    Error, Plot, Table,
    figure::{
        Beeswarm, Calibration, CalibrationSeries, ConfusionMatrix, DecisionCurve, Dependence, Distribution,
        Force, Forest, HeatMap, Importance, KaplanMeier, Nomogram, Panels, Radar, Roc, RocCurve, SliceView,
        Slices, TimeAuc, Waterfall,
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

use radiomics_survival::{
    TimeUnit,
    kaplan_meier::KaplanMeier as KmResult,
    nomogram::{Nomogram as NomogramResult, NomogramConfig},
    time_roc::TimeRoc,
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

pub fn kaplan_meier(c: &Cohort) -> Result<KaplanMeier, Error> {
    let labels = ["Low predicted probability", "High predicted probability"];
    let mut figure =
        KaplanMeier::of_groups("Overall survival by predicted response", &c.outcome, &c.group, &labels)?
            .ticks(&[0.0, 12.0, 24.0, 36.0, 48.0, 60.0]);
    figure.medians = true;
    Ok(figure)
}

pub fn medians(c: &Cohort) -> Result<Table, Error> {
    let curves = KmResult::by_group(&c.outcome, &c.group)?;
    let labelled: Vec<(&str, &KmResult)> =
        ["Low", "High"].into_iter().zip(curves.iter().map(|k| &k.1)).collect();
    Table::medians("Overall survival by predicted response", &labelled)
}

pub fn hazard_ratios(c: &Cohort) -> Result<Forest, Error> {
    Forest::hazard_ratios("Hazard ratios of death", &c.cox)
}

pub fn nomogram(c: &Cohort) -> Result<Nomogram, Error> {
    let result =
        NomogramResult::cox(&c.cox, &c.cox_columns(), &[12.0, 24.0, 36.0], NomogramConfig::default())?;
    Ok(Nomogram::of("Nomogram for overall survival", &result, TimeUnit::Months).relabel(
        "Stage",
        "Stage",
        &[(0.0, "A"), (1.0, "B"), (2.0, "C")],
    ))
}

pub fn time_roc(c: &Cohort) -> Result<Roc, Error> {
    let roc = TimeRoc::new(&c.outcome, &c.cox.linear_predictors, &[12.0, 24.0, 36.0])?;
    Roc::time_dependent("Time-dependent ROC of overall survival", &roc, TimeUnit::Months)
}

pub fn time_auc(c: &Cohort) -> Result<TimeAuc, Error> {
    let times: Vec<f64> = (2..=9).map(|i| 5.0 * f64::from(i)).collect();
    let of = |marker: &[f64]| TimeRoc::new(&c.outcome, marker, &times);
    Ok(TimeAuc::new("AUC over time", "Time (months)")
        .marker("Cox model", &of(&c.cox.linear_predictors)?)
        .marker("Sphericity", &of(&c.features[0])?))
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
    (0..6)
        .fold(Slices::montage("Six synthetic slices through a lesion", 3), |figure, i| {
            let shift = 2.2 * f64::from(i);
            let (width, pixels, tumour, _, _) = slice(shift);
            let view = SliceView::new(width, pixels, [1.5, 1.5], [-140.0, 260.0]);
            figure.view(view.label(format!("z = {} mm", 5 * i)).region("Lesion", tumour))
        })
        .crop_to_regions(22)
}

/// Twelve figures on one sheet.
pub fn overview(c: &Cohort) -> Result<Panels, Error> {
    let km = kaplan_meier(c)?;
    Panels::new("Figures of radiomics-report, all from synthetic data", 3)
        .panel(&roc(c)?.size(360.0, 240.0))?
        .panel(&calibration(c)?.size(360.0, 240.0))?
        .panel(&decision_curve_figure(c)?.size(360.0, 296.0))?
        .panel(&km.size(360.0, 230.0))?
        .panel(&time_auc(c)?.size(360.0, 280.0))?
        .panel(&violins(c)?.size(360.0, 280.0))?
        .panel(&beeswarm(c).size(360.0, 40.0))?
        .panel(&waterfall(c).size(360.0, 40.0))?
        .panel(&dependence(c).size(360.0, 190.0))?
        .panel(&radar().size(360.0, 240.0))?
        .panel(&confusion(c)?.size(360.0, 230.0))?
        .panel(&overlay().size(360.0, 240.0))
}
