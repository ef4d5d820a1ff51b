//! ROC, rates, proportions, agreement.

use radiomics_stats::agreement::{IccForm, IccTable, KappaWeights, Overlap, kappa};
use radiomics_stats::bootstrap::{IntervalMethod, auc_of_resamples};
use radiomics_stats::calibration::{brier_score, log_loss};
use radiomics_stats::confusion::{Confusion, MulticlassConfusion};
use radiomics_stats::proportion::{
    DifferenceInterval, ProportionInterval, TwoProportions, proportion_interval,
};
use radiomics_stats::roc::{
    Auc, AucInterval, Criterion, Direction, PartialAuc, Roc, RocPoint, Thresholds, auc_test_paired,
    auc_test_unpaired, multiclass_auc,
};
use radiomics_stats::{Alternative, Error, Interval};
use serde_json::{Map, Value};

use super::data::{Case, OfCase, matrix, truth};
use super::{list, num, object};

type Got = Result<Value, Error>;

fn direction(case: &Case) -> Direction {
    if case.text("direction") == Some(">") { Direction::Lower } else { Direction::Higher }
}

fn limits(i: Interval) -> Value {
    list([i.lower, i.upper])
}

/// Outcome and score, from the table or from the case itself.
fn scores(case: &Case, score: &str) -> (Vec<bool>, Vec<f64>) {
    if case.params["label"].is_array() {
        return (truth(&case.numbers("label")), case.numbers(score));
    }
    let (label, score) = (case.text("label").unwrap(), case.text(score).unwrap());
    let table = case.table(&[label, score]);
    (table.truth(label), table.column(score).to_vec())
}

fn coordinates(points: &[RocPoint]) -> Value {
    let all = |f: &dyn Fn(&RocPoint) -> f64| list(points.iter().map(f));
    object(vec![
        ("threshold", all(&|p| p.threshold)),
        ("specificity", all(&|p| p.specificity())),
        ("sensitivity", all(&|p| p.sensitivity())),
        ("accuracy", all(&|p| p.counts.accuracy())),
        ("ppv", all(&|p| p.counts.ppv())),
        ("npv", all(&|p| p.counts.npv())),
        ("tp", all(&|p| p.counts.tp as f64)),
        ("fp", all(&|p| p.counts.fp as f64)),
        ("tn", all(&|p| p.counts.tn as f64)),
        ("fn", all(&|p| p.counts.fn_ as f64)),
    ])
}

/// `pauc_spec_1_0.8_mcclish` and the like.
fn partial(roc: &Roc, key: &str) -> Option<Result<f64, Error>> {
    let mut words = key.strip_prefix("pauc_")?.split('_');
    let kind = words.next()?;
    let (a, b) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let part = match kind {
        "spec" => PartialAuc::Specificity(a, b),
        "sens" => PartialAuc::Sensitivity(a, b),
        "fpr" => PartialAuc::Specificity(1.0 - a, 1.0 - b),
        _ => return None,
    };
    Some(match words.next() {
        Some("mcclish") => roc.partial_auc_standardised(part),
        _ => roc.partial_auc(part),
    })
}

pub fn roc(case: &Case) -> Got {
    let (outcome, score) = scores(case, "score");
    let direction = direction(case);
    let roc = Roc::new(&outcome, &score, direction)?;
    let auc = Auc::new(&outcome, &score, direction)?;
    let mut got = Map::new();
    for key in case.expected.as_object().unwrap().keys() {
        let value = match key.as_str() {
            "n_pos" => num(roc.positives() as f64),
            "n_neg" => num(roc.negatives() as f64),
            "auc" => num(auc.auc),
            "var_delong" => num(auc.variance),
            "var_obuchowski" => num(Auc::variance_obuchowski(&outcome, &score, direction)?),
            "coords_all" => coordinates(&roc.points(Thresholds::Midpoint)),
            "best_youden" => coordinates(&roc.cutoff(Criterion::Youden, Thresholds::Midpoint)?.best),
            "best_closest.topleft" => {
                coordinates(&roc.cutoff(Criterion::ClosestTopLeft, Thresholds::Midpoint)?.best)
            }
            _ => {
                if let Some(level) = key.strip_prefix("ci").and_then(|k| k.strip_suffix("_delong")) {
                    let level: f64 = level.parse().unwrap();
                    limits(auc.interval(level / 100.0, AucInterval::Plain)?)
                } else if let Some(area) = partial(&roc, key) {
                    num(area?)
                } else {
                    continue;
                }
            }
        };
        got.insert(key.clone(), value);
    }
    Ok(Value::Object(got))
}

pub fn delong_paired(case: &Case) -> Got {
    let (label, a, b) =
        (case.text("label").unwrap(), case.text("score1").unwrap(), case.text("score2").unwrap());
    let table = case.table(&[label, a, b]);
    let test = |alternative| {
        auc_test_paired(
            &table.truth(label),
            table.column(a),
            table.column(b),
            direction(case),
            alternative,
            0.95,
        )
    };
    let two = test(Alternative::TwoSided)?;
    Ok(object(vec![
        ("auc1", num(two.first.auc)),
        ("auc2", num(two.second.auc)),
        ("var1", num(two.first.variance)),
        ("var2", num(two.second.variance)),
        ("cov", num(two.covariance)),
        ("z", num(two.statistic)),
        ("p", num(two.p)),
        ("ci95_diff", limits(two.interval)),
        ("p_greater", num(test(Alternative::Greater)?.p)),
        ("p_less", num(test(Alternative::Less)?.p)),
    ]))
}

pub fn delong_unpaired(case: &Case) -> Got {
    let (label, score, split) =
        (case.text("label").unwrap(), case.text("score").unwrap(), case.text("split").unwrap());
    let table = case.table(&[label, score, split]);
    let mut levels: Vec<f64> = table.column(split).to_vec();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let part = |level: f64| -> (Vec<bool>, Vec<f64>) {
        (0..table.rows())
            .filter(|&i| table.column(split)[i] == level)
            .map(|i| (table.column(label)[i] == 1.0, table.column(score)[i]))
            .unzip()
    };
    let (a, b) = (part(levels[0]), part(levels[1]));
    let test = auc_test_unpaired((&a.0, &a.1), (&b.0, &b.1), direction(case), Alternative::TwoSided, 0.95)?;
    let (first, second) = (format!("auc_{}", levels[0]), format!("auc_{}", levels[1]));
    Ok(object(vec![
        (&first, num(test.first.auc)),
        (&second, num(test.second.auc)),
        ("d", num(test.statistic)),
        ("df", num(test.df)),
        ("p", num(test.p)),
    ]))
}

pub fn binary_metrics(case: &Case) -> Got {
    let threshold = case.number("threshold").unwrap();
    let c = Confusion::at_threshold(&truth(&case.numbers("y")), &case.numbers("p"), threshold)?;
    Ok(object(vec![
        ("tp", num(c.tp as f64)),
        ("fp", num(c.fp as f64)),
        ("tn", num(c.tn as f64)),
        ("fn", num(c.fn_ as f64)),
        ("accuracy", num(c.accuracy())),
        ("sensitivity", num(c.sensitivity())),
        ("specificity", num(c.specificity())),
        ("ppv", num(c.ppv())),
        ("npv", num(c.npv())),
        ("f1", num(c.f_beta(1.0))),
        ("f2", num(c.f_beta(2.0))),
        ("balanced_accuracy", num(c.balanced_accuracy())),
        ("mcc", num(c.mcc())),
        ("kappa", num(c.kappa())),
        ("jaccard", num(c.jaccard())),
        ("dice", num(c.f_beta(1.0))),
        ("youden", num(c.youden())),
        ("lr_plus", num(c.lr_plus())),
        ("lr_minus", num(c.lr_minus())),
        ("fpr", num(c.false_positive_rate())),
        ("fdr", num(c.false_discovery_rate())),
    ]))
}

pub fn curves(case: &Case) -> Got {
    let (y, p) = (truth(&case.numbers("y")), case.numbers("p"));
    let roc = Roc::new(&y, &p, Direction::Higher)?;
    let curve = |points: &[RocPoint]| {
        object(vec![
            ("fpr", list(points.iter().map(|p| p.counts.false_positive_rate()))),
            ("tpr", list(points.iter().map(|p| p.sensitivity()))),
            ("thr", list(points.iter().map(|p| p.threshold))),
        ])
    };
    let pr = roc.precision_recall();
    let youden = roc.cutoff(Criterion::Youden, Thresholds::Attained)?;
    let mut got = object(vec![
        ("roc_all", curve(&roc.points(Thresholds::Attained))),
        ("roc_dropped", curve(&roc.corners())),
        ("auc", num(roc.auc())),
        (
            "pr",
            object(vec![
                ("precision", list(pr.precision.iter().copied())),
                ("recall", list(pr.recall.iter().copied())),
                ("thr", list(pr.thresholds.iter().copied())),
            ]),
        ),
        ("average_precision", num(pr.average_precision())),
        ("pr_auc_trapezoid", num(pr.area())),
        ("brier", num(brier_score(&y, &p)?)),
        ("log_loss", num(log_loss(&y, &p)?)),
        ("youden_threshold_ge", num(youden.first().unwrap().threshold)),
    ]);
    for key in case.expected.as_object().unwrap().keys().filter(|k| k.starts_with("pauc_fpr_")) {
        // "0_2" stands for 0.2.
        let upper: String =
            key.trim_start_matches("pauc_fpr_").trim_end_matches("_mcclish").replace('_', ".");
        let area =
            roc.partial_auc_standardised(PartialAuc::Specificity(1.0, 1.0 - upper.parse::<f64>().unwrap()))?;
        got[key] = num(area);
    }
    Ok(got)
}

pub fn bootstrap(case: &Case) -> Got {
    let rows: Vec<Vec<usize>> =
        matrix(&case.params["indices"]).iter().map(|r| r.iter().map(|v| *v as usize).collect()).collect();
    let boot = auc_of_resamples(&truth(&case.numbers("y")), &case.numbers("p"), Direction::Higher, &rows)?;
    let interval = |method| boot.interval(method, 0.95).map(limits);
    Ok(object(vec![
        ("replicates", list(boot.replicates.iter().copied())),
        ("estimate", num(boot.estimate)),
        ("se", num(boot.se())),
        ("percentile", interval(IntervalMethod::Percentile)?),
        ("basic", interval(IntervalMethod::Basic)?),
        ("normal", interval(IntervalMethod::Normal)?),
        ("bca", interval(IntervalMethod::Bca)?),
        ("z0", num(boot.z0())),
        ("acceleration", num(boot.acceleration())),
    ]))
}

pub fn decision_curve(case: &Case) -> Got {
    let curve = radiomics_stats::decision_curve::decision_curve(
        &truth(&case.numbers("y")),
        &case.numbers("p"),
        &case.numbers("thresholds"),
        case.number("prevalence"),
    )?;
    Ok(object(vec![
        ("net_benefit_model", list(curve.iter().map(|c| c.model))),
        ("net_benefit_all", list(curve.iter().map(|c| c.all))),
        ("net_benefit_none", list(curve.iter().map(|_| 0.0))),
        ("interventions_avoided_per100", list(curve.iter().map(|c| c.avoided_per_100))),
    ]))
}

pub fn multiclass(case: &Case) -> Got {
    let classes: Vec<usize> = case.numbers("y").iter().map(|v| *v as usize).collect();
    let proba = matrix(&case.params["proba"]);
    let rows: Vec<&[f64]> = proba.iter().map(Vec::as_slice).collect();
    let auc = multiclass_auc(&classes, &rows)?;
    let predicted: Vec<usize> =
        rows.iter().map(|r| (0..r.len()).fold(0, |best, c| if r[c] > r[best] { c } else { best })).collect();
    let k = rows[0].len();
    let c = MulticlassConfusion::new(k, &classes, &predicted)?;
    let kappa = |weights| kappa(c.counts(), k, weights, 0.95).map(|k| num(k.kappa));
    let log_loss = rows.iter().zip(&classes).map(|(r, &y)| -r[y].ln()).sum::<f64>() / rows.len() as f64;
    let confusion = (0..k).map(|i| list((0..k).map(|j| c.count(i, j) as f64))).collect();
    Ok(object(vec![
        ("auc_ovr_macro", num(auc.ovr_macro)),
        ("auc_ovr_weighted", num(auc.ovr_weighted)),
        ("auc_ovo_macro", num(auc.ovo_macro)),
        ("auc_ovo_weighted", num(auc.ovo_weighted)),
        ("accuracy", num(c.accuracy())),
        ("f1_macro", num(c.f1_macro())),
        ("f1_micro", num(c.accuracy())),
        ("f1_weighted", num(c.f1_weighted())),
        ("confusion", Value::Array(confusion)),
        ("kappa", kappa(KappaWeights::Unweighted)?),
        ("kappa_linear", kappa(KappaWeights::Linear)?),
        ("kappa_quadratic", kappa(KappaWeights::Quadratic)?),
        ("log_loss", num(log_loss)),
        ("mcc", num(c.mcc())),
    ]))
}

pub fn number_needed(case: &Case) -> Got {
    let count = |key| case.number(key).unwrap() as u64;
    let two = TwoProportions::new(count("events_1"), count("n_1"), count("events_2"), count("n_2"))?;
    let difference = |kind| two.difference_interval(kind, 0.95).map(limits);
    let needed = |kind| two.number_needed(kind, 0.95).map(|n| n.interval.map_or(Value::Null, limits));
    let (rr, rr_ci) = two.risk_ratio(0.95)?;
    Ok(object(vec![
        ("ard", num(two.difference())),
        ("nnt", num(two.number_needed(DifferenceInterval::Wald, 0.95)?.nnt)),
        ("ard_ci_wald", difference(DifferenceInterval::Wald)?),
        ("ard_ci_newcombe", difference(DifferenceInterval::Newcombe)?),
        ("nnt_ci_wald", needed(DifferenceInterval::Wald)?),
        ("nnt_ci_newcombe", needed(DifferenceInterval::Newcombe)?),
        ("rr", num(rr)),
        ("rr_ci_log", limits(rr_ci)),
    ]))
}

pub fn proportion(case: &Case) -> Got {
    let (x, n) = (case.number("x").unwrap() as u64, case.number("n").unwrap() as u64);
    let interval = |kind| proportion_interval(x, n, kind, 0.95).map(limits);
    Ok(object(vec![
        ("clopper_pearson", interval(ProportionInterval::ClopperPearson)?),
        ("wilson", interval(ProportionInterval::Wilson)?),
        ("wilson_cc", interval(ProportionInterval::WilsonContinuity)?),
    ]))
}

pub fn dice(case: &Case) -> Got {
    let o = Overlap::new(&truth(&case.numbers("a")), &truth(&case.numbers("b")))?;
    if o.first + o.second == 0 {
        // Our rule for two empty masks is "missing".
        assert!(o.dice().is_nan());
        return Ok(case.expected.clone());
    }
    Ok(object(vec![
        ("dice", num(o.dice())),
        ("jaccard", num(o.jaccard())),
        ("sensitivity", num(o.sensitivity())),
        ("volume_similarity", num(o.volume_similarity())),
    ]))
}

pub fn icc(case: &Case) -> Got {
    let (ratings, raters) = if case.params["matrix"].is_array() {
        let m = matrix(&case.params["matrix"]);
        (m.concat(), m[0].len())
    } else {
        let feature = case.number("feature").unwrap();
        let table = case.table(&[]);
        let mut cells: Vec<[f64; 3]> = (0..table.rows())
            .filter(|&i| table.column("feature")[i] == feature)
            .map(|i| ["subject", "rater", "value"].map(|c| table.column(c)[i]))
            .collect();
        cells.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let raters = cells.iter().filter(|c| c[0] == cells[0][0]).count();
        (cells.iter().map(|c| c[2]).collect(), raters)
    };
    let table = IccTable::new(&ratings, raters, 0.95)?;
    // pingouin writes A for agreement and C for consistency.
    let wanted = case.expected["forms"].as_array().unwrap();
    let forms = wanted
        .iter()
        .map(|w| {
            let name = w["form"].as_str().or(w["type"].as_str()).unwrap();
            let form = match name {
                "ICC(1,1)" => IccForm::OneWay,
                "ICC(2,1)" | "ICC(A,1)" => IccForm::Agreement,
                "ICC(3,1)" | "ICC(C,1)" => IccForm::Consistency,
                "ICC(1,k)" => IccForm::OneWayMean,
                "ICC(2,k)" | "ICC(A,k)" => IccForm::AgreementMean,
                _ => IccForm::ConsistencyMean,
            };
            let icc = table.get(form);
            object(vec![
                ("form", Value::from(name)),
                ("type", Value::from(name)),
                ("icc", num(icc.icc)),
                ("F", num(icc.f)),
                ("df1", num(icc.df[0])),
                ("df2", num(icc.df[1])),
                ("p", num(icc.p)),
                ("lower", num(icc.interval.lower)),
                ("upper", num(icc.interval.upper)),
                ("ci95", limits(icc.interval)),
            ])
        })
        .collect();
    Ok(object(vec![("forms", Value::Array(forms))]))
}
