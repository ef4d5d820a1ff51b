//! Awkward input: long names, many series, one patient, ties, huge and tiny numbers; and input that must be refused.

use radiomics_report::{
    Error, Plot,
    figure::{
        Beeswarm, Calibration, CalibrationBin, CalibrationSeries, ConfusionMatrix, Contribution,
        DecisionCurve, Dependence, Distribution, Flow, Force, Forest, ForestRow, HeatMap, Importance,
        KaplanMeier, Nomogram, Panels, Radar, Roc, RocCurve, SliceView, Slices, SurvivalStep, TimeAuc,
        Waterfall,
    },
};

use crate::properties::sound;

const LONG: &str =
    "wavelet-LLH_glcm_InverseDifferenceMomentNormalized of the arterial phase, standardised within centres";

fn check(plot: &impl Plot) {
    let figure = plot.draw();
    assert!(figure.is_ok(), "{figure:?}");
    figure.iter().for_each(sound);
}

fn step(time: f64, at_risk: f64, survival: f64) -> SurvivalStep {
    SurvivalStep { time, at_risk, censored: 1.0, survival, interval: Some([survival / 2.0, 1.0]) }
}

fn curve(label: String) -> RocCurve {
    RocCurve::new(label, vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 1.0]).auc(1.0, 1.0, 1.0)
}

#[test]
fn markers_on_the_edge_of_a_frame_are_whole() {
    let bin = |at: f64| CalibrationBin { predicted: at, observed: at, interval: Some([at, at]) };
    let bins = vec![bin(0.0), bin(0.5), bin(1.0)];
    check(&Calibration::new("All or nothing").series(CalibrationSeries { bins, ..Default::default() }));
    check(&Roc::new("Perfect").curve(curve("Score".into()).mark("Cut-off", 0.0, 1.0)));
    let (times, ends) = (vec![1.0, 2.0, 3.0], vec![[1.0, 1.0]; 3]);
    check(&TimeAuc::new("Perfect", "Time").series("Score", times, vec![1.0; 3], ends));
    check(&Radar::new("Perfect", &["a", "b", "c"]).series("Score", vec![1.0; 3]));
}

#[test]
fn long_names_stay_on_the_canvas() {
    for width in [300.0, 420.0, 700.0] {
        check(
            &(0..9)
                .fold(Roc::new(LONG), |f, i| f.curve(curve(format!("{i} {LONG}"))))
                .note(LONG)
                .size(width, 300.0),
        );
        check(
            &(0..5)
                .fold(KaplanMeier::new(LONG, LONG), |f, i| {
                    f.group(format!("{i} {LONG}"), vec![step(0.5, 123_456.0, 0.9), step(3.0, 1.0, 0.0)])
                })
                .log_rank(0.5)
                .size(width, 200.0),
        );
        check(
            &(0..4)
                .fold(Distribution::violins(LONG, LONG), |f, i| {
                    f.sample(format!("{i} {LONG}"), vec![1.0, 2.0, 7.0])
                })
                .compare(0, 3, "p = 0.5")
                .compare(0, 1, "p = 0.5")
                .compare(1, 3, "p < 0.001")
                .size(width, 200.0),
        );
        check(
            &(0..6)
                .fold(Beeswarm::new(LONG), |f, i| {
                    f.feature(format!("{i} {LONG}"), vec![0.1, -0.2, 0.1], vec![1.0, f64::NAN, 3.0])
                })
                .size(width, 40.0),
        );
        check(
            &(0..6)
                .fold(Importance::new(LONG, LONG), |f, i| f.bar(format!("{i} {LONG}"), f64::from(i) - 3.0))
                .size(width, 40.0),
        );
        let contributions: Vec<Contribution> = (0..20)
            .map(|i| Contribution::of(format!("{i} {LONG}"), 1e-7 * f64::from(i), f64::from(i) - 9.0))
            .collect();
        check(&Waterfall::new(LONG, 0.0, contributions.clone()).size(width, 40.0));
        check(&Force::new(LONG, 0.0, contributions).size(width, 40.0));
        check(&Radar::new(LONG, &[LONG; 7]).series(LONG, vec![0.5; 7]).size(width.max(400.0), 300.0));
        check(
            &TimeAuc::new(LONG, LONG).series(LONG, vec![1.0, 2.0], vec![0.7, 0.8], vec![]).size(width, 200.0),
        );
        check(
            &Dependence::new(LONG, LONG, vec![1.0, 2.0], vec![0.1, 0.2])
                .coloured_by(LONG, vec![1.0, 1.0])
                .size(width, 200.0),
        );
        let names: Vec<String> = (0..12).map(|i| format!("{i} {LONG}")).collect();
        check(&HeatMap::correlation(LONG, names, vec![0.123; 144]).size(width.max(400.0), 200.0));
        check(
            &ConfusionMatrix::new(LONG, &[LONG, "b", "c", "d", "e"], vec![1_234_567; 25])
                .size(width.max(400.0), 260.0),
        );
    }
    for width in [600.0, 900.0] {
        let forest = Forest::ratios(LONG, "Hazard ratio").columns(&["n", "Events"]);
        check(
            &forest
                .row(ForestRow::heading(LONG))
                .row(
                    ForestRow::new(LONG, 1.0, 0.0, f64::INFINITY)
                        .p(0.5)
                        .indented()
                        .cells(&["120000", "60000"]),
                )
                .row(ForestRow::reference("male").indented())
                .size(width, 40.0),
        );
        let ticks = |n: u32| {
            (0..n).map(|i| (f64::from(i) * 100.0 / f64::from(n), format!("category {i}"))).collect::<Vec<_>>()
        };
        check(
            &Flow::new(LONG)
                .step(LONG, 12, &[(LONG.into(), 2), ("b".into(), 1)])
                .step("c", 9, &[])
                .step(LONG, 9, &[])
                .group(LONG, 4)
                .group("d", 3)
                .group(LONG, 2)
                .size(width, 40.0),
        );
        check(
            &Nomogram::new(LONG)
                .variable(LONG, ticks(12))
                .variable("b", ticks(3))
                .outcome(LONG, ticks(30))
                .size(width, 40.0),
        );
    }
}

#[test]
fn one_patient_ties_and_extremes_are_drawn() {
    check(&KaplanMeier::new("One", "Time (days)").group("a", vec![step(0.0, 1.0, 1.0)]));
    check(&KaplanMeier::new("Days", "Time (days)").group("a", vec![step(1e6, 5.0, 0.25)]));
    check(&Distribution::boxes("One", "v").sample("a", vec![5.0]).sample("b", vec![5.0, 5.0]));
    check(&Distribution::violins("Huge", "v").sample("a", vec![-1e9, 3e9, 2e8]));
    check(&Distribution::violins("Tiny", "v").sample("a", vec![1e-9, 3e-9, 2e-9]));
    check(&Importance::new("Zero", "v").bar("a", 0.0));
    check(&Waterfall::new("Zero", 0.0, vec![Contribution::new("a", "", 0.0)]));
    check(&Force::new("Zero", 0.0, vec![Contribution::new("a", "", 0.0)]));
    check(&Force::new(
        "One side",
        1.0,
        vec![Contribution::new("a", "", 2.0), Contribution::new("b", "", 0.5)],
    ));
    check(
        &DecisionCurve::new("Below")
            .series("a", vec![0.1, 0.5, 0.9], vec![0.05, -3.0, -40.0])
            .prevalence(0.1),
    );
    check(&DecisionCurve::new("One").series("a", vec![0.5], vec![0.1]));
    check(&TimeAuc::new("One", "t").series("a", vec![3.0], vec![0.2], vec![[0.0, 0.9]]));
    check(&HeatMap::new("Missing", vec!["a".into()], vec!["b".into()], vec![f64::NAN]));
    let rows: Vec<String> = (0..400).map(|i| i.to_string()).collect();
    check(&HeatMap::features("Many", rows.clone(), rows, (0..160_000).map(|i| f64::from(i % 7)).collect()));
    check(&Forest::differences("Zero", "Difference").row(ForestRow::new("a", 0.0, 0.0, 0.0)));
    check(
        &Forest::ratios("Wide", "OR")
            .row(ForestRow::new("a", 1e-4, 1e-6, 1e3))
            .row(ForestRow::new("b", 50.0, 2.0, 4e4)),
    );
    check(&Dependence::new("One", "x", vec![1.0], vec![0.0]));
    let bin = CalibrationBin { predicted: 1.0, observed: 0.0, interval: None };
    check(&Calibration::new("One").series(CalibrationSeries {
        label: "a".into(),
        bins: vec![bin],
        ..CalibrationSeries::default()
    }));
    check(&Slices::overlay(
        "One pixel",
        SliceView::new(1, vec![0.0], [1.0, 1.0], [0.0, 1.0]).region("r", vec![true]),
    ));
    check(&Flow::new("One").step("a", 1, &[]));
    check(&Flow::new("All gone").step("a", 1, &[("b".into(), 1)]));
    check(&Panels::new("One", 3).panel(&Roc::new("r").curve(curve("a".into()))).expect("draws"));
}

#[test]
fn what_cannot_be_drawn_is_refused_with_its_place() {
    let fails = |result: Result<radiomics_report::Figure, Error>, part: &str| {
        let text = result.expect_err("must be refused").to_string();
        assert!(text.contains(part), "\"{text}\" does not say \"{part}\"");
    };
    fails(Roc::new("R").draw(), "curves is empty");
    fails(Flow::new("F").step("a", 5, &[("b".into(), 2)]).step("c", 4, &[]).draw(), "patients of \"c\"");
    fails(Flow::new("F").step("a", 5, &[]).group("b", 2).draw(), "patients of all groups");
    fails(Roc::new("R").curve(RocCurve::new("a", vec![0.0, 0.5, 0.4], vec![0.0; 3])).draw(), "entry 3");
    fails(
        Roc::new("R").curve(RocCurve::new("a", vec![0.0, 2.0], vec![0.0; 2])).draw(),
        "is 2, expected a number from 0 to 1",
    );
    fails(Roc::new("R").curve(RocCurve::new("a", vec![0.0], vec![])).draw(), "has 0 entries, expected 1");
    fails(Roc::new("R").curve(curve("a".into())).size(5.0, 300.0).draw(), "width is 5");
    fails(
        KaplanMeier::new("K", "t").group("g", vec![step(2.0, 1.0, 0.5), step(1.0, 1.0, 0.4)]).draw(),
        "entry 2",
    );
    fails(KaplanMeier::new("K", "t").group("g", vec![step(f64::NAN, 1.0, 0.5)]).draw(), "NaN");
    fails(KaplanMeier::new("K", "t").group("g", vec![step(-1.0, 1.0, 0.5)]).draw(), "not below 0");
    fails(Distribution::boxes("D", "v").sample("a", vec![]).draw(), "values of group \"a\" is empty");
    fails(
        Distribution::boxes("D", "v").sample("a", vec![1.0]).compare(0, 1, "p").draw(),
        "number of a group",
    );
    fails(HeatMap::new("H", vec!["a".into()], vec!["b".into()], vec![]).draw(), "has 0 entries, expected 1");
    fails(ConfusionMatrix::new("C", &["a", "b"], vec![1, 2, 3]).draw(), "has 3 entries, expected 4");
    fails(Radar::new("R", &["a", "b"]).series("s", vec![0.0; 2]).draw(), "at least 3");
    fails(Radar::new("R", &["a", "b", "c"]).series("s", vec![0.0, 2.0, 0.0]).draw(), "\"s\" on \"b\"");
    fails(Forest::ratios("F", "HR").row(ForestRow::new("a", 1.0, 2.0, 3.0)).draw(), "not above the estimate");
    fails(Forest::ratios("F", "HR").row(ForestRow::new("a", -1.0, -2.0, 3.0)).draw(), "positive");
    fails(Beeswarm::new("B").feature("f", vec![f64::INFINITY], vec![1.0]).draw(), "\"f\"");
    fails(Waterfall::new("W", f64::NAN, vec![Contribution::new("a", "", 0.0)]).draw(), "base value");
    fails(Nomogram::new("N").variable("v", vec![(120.0, "x".into())]).draw(), "points from 0 to");
    fails(
        Slices::overlay("S", SliceView::new(2, vec![0.0; 4], [0.0, 1.0], [0.0, 1.0])).draw(),
        "spacing of slice 1",
    );
    fails(
        Slices::overlay("S", SliceView::new(2, vec![0.0; 3], [1.0, 1.0], [0.0, 1.0])).draw(),
        "has 3 entries, expected 2",
    );
    fails(TimeAuc::new("T", "t").series("a", vec![1.0], vec![1.5], vec![]).draw(), "1.5");
    fails(DecisionCurve::new("D").series("a", vec![0.5], vec![f64::NAN]).draw(), "net benefit");
    fails(Dependence::new("D", "x", vec![1.0, 2.0], vec![0.0]).draw(), "SHAP values has 1 entries");
    fails(Calibration::new("C").series(CalibrationSeries::default()).draw(), "is empty");
    fails(
        Panels::new("P", 0).panel(&Roc::new("r").curve(curve("a".into()))).expect("draws").draw(),
        "columns",
    );
}
