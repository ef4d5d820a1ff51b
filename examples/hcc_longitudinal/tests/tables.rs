//! The study on features that are drawn, not measured: many cohorts and many patients at little cost. What is not covered
//! here, from images to stable features, is in `planted.rs`.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

use hcc_longitudinal::{
    analysis::{Analysis, Area, LEVEL},
    cohort::{Cohort, Set},
    extract::Features,
    models::LWCTR,
    settings::Size,
};
use radiomics_phantoms::liver::{CohortSettings, Effects, IMAGE_NOISE, LiverCohort};
use radiomics_stats::rng::Rng;
use radiomics_survival::cox::Cox;
use radiomics_tabular::Matrix;

/// Columns of an image that carry what is planted, and columns of noise.
const COLUMNS: [usize; 2] = [6, 54];

fn drawn(cohort: &LiverCohort, seed: u64) -> Features {
    let mut rng = Rng::new(seed);
    let images = IMAGE_NOISE.iter().enumerate().map(|(image, noise)| {
        let latent = cohort.patients().iter().map(|p| p.latent);
        let shown: Vec<f64> = latent
            .map(|l| if image < 2 { l.texture } else { l.change })
            .map(|l| l + noise * rng.normal())
            .collect();
        let mut column = |j: usize| -> Vec<f64> {
            let share = if j < COLUMNS[0] { 1.0 } else { 0.0 };
            shown.iter().map(|s| share * s + rng.normal()).collect()
        };
        let columns: Vec<Vec<f64>> = (0..COLUMNS[0] + COLUMNS[1]).map(&mut column).collect();
        let names = (0..columns.len()).map(|j| format!("{image} x{j}")).collect();
        Matrix::new(names, columns).unwrap()
    });
    Features { images: images.collect(), readings: vec![Vec::new(); IMAGE_NOISE.len()], failures: Vec::new() }
}

fn analysis(settings: CohortSettings) -> Analysis {
    let seed = settings.seed;
    let cohort = Cohort::synthetic(settings, seed).unwrap();
    let features = drawn(&LiverCohort::new(settings), seed);
    Analysis::of(cohort, features, Size::QUICK, seed, &()).unwrap()
}

/// Logarithm of the hazard ratio of one column with its interval, as the study finds it.
fn log_hazard(analysis: &Analysis, rows: &[usize], column: &[f64]) -> (f64, [f64; 2]) {
    let outcome = analysis.cohort.os.outcome(rows).unwrap();
    let fit = Cox::new(&outcome, &[("column", column)]).fit().unwrap();
    let ratio = fit.converged().unwrap().hazard_ratios(LEVEL).unwrap().remove(0);
    (ratio.ratio.ln(), [ratio.interval.lower.ln(), ratio.interval.upper.ln()])
}

/// The Rad-score has no planted hazard ratio of its own, but a true one in the population, here 4,000 patients of the second
/// centre: that of the score, and that of the groups below and above the cut-off. 80 patients find it with intervals of
/// which 95 of 100 should hold it.
#[test]
#[ignore = "some minutes: cargo test -p hcc-longitudinal -- --ignored"]
fn hazard_ratios_of_the_rad_score_are_those_of_the_population() {
    const PART: usize = 80;
    let (mut parts, mut held) = (0, [0, 0]);
    for seed in 0..4 {
        let analysis = analysis(CohortSettings { seed, patients: [315, 4000], ..CohortSettings::default() });
        let rows = analysis.cohort.set(Set::External);
        let score = analysis.scored.of(LWCTR, &rows);
        let group: Vec<f64> =
            analysis.rad_response(&rows).unwrap().iter().map(|r| f64::from(u8::from(!r))).collect();
        let truth = [&score, &group].map(|column| log_hazard(&analysis, &rows, column).0);
        println!(
            "seed {seed}: hazard ratios {:.4} of the score, {:.2} of the groups",
            truth[0].exp(),
            truth[1].exp()
        );
        assert!(truth[0] < -1.0 && truth[1] > 0.7, "{truth:?}");
        for first in (0..rows.len()).step_by(PART) {
            let part = first..first + PART;
            parts += 1;
            for (k, column) in [&score, &group].into_iter().enumerate() {
                let [lower, upper] = log_hazard(&analysis, &rows[part.clone()], &column[part.clone()]).1;
                held[k] += u32::from(lower <= truth[k] && truth[k] <= upper);
            }
        }
    }
    println!("held by {held:?} of {parts} intervals");
    // Of 200 intervals at least 178: with a coverage of 0.95 but for 2 of 10,000 runs, with one of 0.80 in 5 of 10,000.
    assert!(held.iter().all(|h| *h >= 178), "{held:?} of {parts}");
}

/// Where nothing acts on survival, the area of the study's model is 0.5 but for chance, whatever was chosen.
#[test]
#[ignore = "some minutes: cargo test -p hcc-longitudinal -- --ignored"]
fn nothing_is_found_where_nothing_is_over_40_seeds() {
    let areas: Vec<[Area; 2]> = (0..40)
        .map(|seed| {
            let settings = CohortSettings { seed, ..Size::QUICK.cohort(seed, false) };
            assert_eq!(settings.effects, Effects::NONE);
            let analysis = analysis(settings);
            [Set::Training, Set::External].map(|set| analysis.area(LWCTR, set).unwrap())
        })
        .collect();
    for (k, set) in ["training, out of fold", "external"].iter().enumerate() {
        let mean = areas.iter().map(|a| a[k].auc).sum::<f64>() / areas.len() as f64;
        let held = areas.iter().filter(|a| a[k].lower <= 0.5 && 0.5 <= a[k].upper).count();
        println!("{set}: mean area {mean:.3}, 0.5 within {held} of {} intervals", areas.len());
    }
    let external: Vec<Area> = areas.iter().map(|a| a[1]).collect();
    let mean = external.iter().map(|a| a.auc).sum::<f64>() / external.len() as f64;
    let held = external.iter().filter(|a| a.lower <= 0.5 && 0.5 <= a.upper).count();
    // Of 40 intervals 38 ± 1.4; an area of 80 patients has a standard error of 0.066, the mean of 40 one of 0.010. Scores out
    // of fold come from five models, so that pooled areas are below 0.5 and their intervals too narrow: printed, not asked.
    assert!(held >= 34 && (mean - 0.5).abs() < 0.03, "{held} of {}, mean {mean}", external.len());
}
