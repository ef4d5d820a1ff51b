//! Scans → features: one matrix for each of the four images, and for each repeated outline.

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result, ensure};
use radiomics_core::{Extractor, Observer, Params, ParamsFormat};
use radiomics_phantoms::liver::{CohortSettings, LiverCohort, Phase, Reader, ScanSettings, TimePoint};
use radiomics_tabular::Matrix;
use rayon::prelude::*;
use serde_json::json;

use crate::{
    cohort::{Cohort, Set},
    journal::Journal,
    source::{IMAGES, Scan, Source},
};

/// The parameter file of the study, in PyRadiomics' format.
pub const PARAMS: &str = include_str!("../params.yaml");

/// Somebody who watches a run and may end it.
pub trait Watch: Sync {
    /// A stage begins that has so many steps; 0 where that is not known.
    fn stage(&self, name: &str, steps: usize) {
        let _ = (name, steps);
    }

    /// So many steps of the stage are done.
    fn done(&self, steps: usize) {
        let _ = steps;
    }

    /// True when the result is no longer wanted.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}

/// The user ended the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted before the end; no report was written")
    }
}

impl std::error::Error for Interrupted {}

/// Ends a run that is no longer wanted.
///
/// # Errors
/// [`Interrupted`].
pub fn check(watch: &dyn Watch) -> Result<(), Interrupted> {
    if watch.cancelled() { Err(Interrupted) } else { Ok(()) }
}

struct Step<'a>(&'a dyn Watch);

impl Observer for Step<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// A scan whose features could not be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The patient.
    pub patient: String,
    /// Which of [`IMAGES`].
    pub image: usize,
    /// 0, or the repeated reading.
    pub reading: usize,
    /// The reason.
    pub why: String,
}

/// Features of all patients.
#[derive(Clone, Debug)]
pub struct Features {
    /// One matrix for each image, one row for each patient of the cohort.
    pub images: Vec<Matrix>,
    /// For each image, the readings of the training patients who were read again: the study's own first, patients in
    /// the same order. Empty where nobody was read again.
    pub readings: Vec<Vec<Matrix>>,
    /// What failed. The patients of failed study outlines are not in the cohort any more.
    pub failures: Vec<Failure>,
}

/// Takes features of all scans of the cohort. Patients with a scan that fails leave it; repeated outlines that fail
/// are left out for their patient.
///
/// # Errors
/// Settings that cannot be used, no patient left, an interruption, a journal that cannot be written.
pub fn extract(cohort: &Cohort, resume: Option<&Path>, watch: &dyn Watch) -> Result<(Cohort, Features)> {
    let params = Params::parse(PARAMS, ParamsFormat::Yaml).context("params.yaml")?;
    let extractor = Extractor::new(params)?;
    let origin = match &cohort.source {
        Source::Synthetic(synthetic) => format!("{:?}", synthetic.settings()),
        Source::Folder(folder) => folder.display().to_string(),
    };
    let head = json!({
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "params": extractor.params().to_json(),
        "cohort": origin,
    });
    let names = feature_names(&extractor)?;
    let journal = Journal::open(resume, &head)?;

    // Patients (by row of the cohort) with their scans.
    let mut scans: Vec<(usize, Scan)> = Vec::new();
    for row in 0..cohort.table.rows() {
        scans.extend(cohort.scans(row, 0)?.into_iter().map(|scan| (row, scan)));
    }
    let readings = cohort.study.roles.repeats.len();
    for row in cohort.set(Set::Training) {
        for reading in 1..=readings {
            scans.extend(cohort.scans(row, reading)?.into_iter().map(|scan| (row, scan)));
        }
    }
    watch.stage("features", scans.len());
    let count = AtomicUsize::new(0);
    // The outer error ends the run, the inner one belongs to a scan.
    let found: Vec<Result<Vec<f64>>> = scans
        .par_iter()
        .map(|(row, scan)| {
            check(watch)?;
            let key = format!("{}/{}/{}", cohort.table.patients()[*row], IMAGES[scan.image], scan.reading);
            let values = match journal.get(&key) {
                Some(values) => Ok(values.clone()),
                None => one(&extractor, cohort, scan, watch),
            };
            check(watch)?;
            if let (Ok(values), None) = (&values, journal.get(&key)) {
                journal.put(&key, values)?;
            }
            watch.done(count.fetch_add(1, Ordering::Relaxed) + 1);
            Ok(values)
        })
        .collect::<Result<_>>()?;
    gather(cohort, &names, &scans, found)
}

fn one(extractor: &Extractor, cohort: &Cohort, scan: &Scan, watch: &dyn Watch) -> Result<Vec<f64>> {
    let (image, mask) = cohort.source.load(scan)?;
    let row = extractor.extract_observed(&image, &mask, LABEL, &Step(watch))?;
    Ok(row.features.into_iter().map(|(_, value)| value).collect())
}

/// The label of the liver in all masks.
const LABEL: u32 = 1;

/// The columns of a row, from a synthetic scan.
fn feature_names(extractor: &Extractor) -> Result<Vec<String>> {
    let settings =
        CohortSettings { patients: [1, 0], scan: ScanSettings::small(), ..CohortSettings::default() };
    let cohort = LiverCohort::new(settings);
    let image = cohort.image(0, TimePoint::Pre, Phase::Arterial)?.into();
    let row = extractor.extract_label(&image, &cohort.mask(0, TimePoint::Pre, Reader::First)?, LABEL)?;
    Ok(row.features.into_iter().map(|(name, _)| name).collect())
}

/// Sorts features into matrices; patients with a failed scan leave.
fn gather(
    cohort: &Cohort,
    names: &[String],
    scans: &[(usize, Scan)],
    found: Vec<Result<Vec<f64>>>,
) -> Result<(Cohort, Features)> {
    let readings = cohort.study.roles.repeats.len() + 1;
    let patients = cohort.table.rows();
    let mut values: Vec<Option<Vec<f64>>> = vec![None; patients * IMAGES.len() * readings];
    let at = |row: usize, image: usize, reading: usize| (row * IMAGES.len() + image) * readings + reading;
    let mut failures = Vec::new();
    for ((row, scan), found) in scans.iter().zip(found) {
        match found {
            Ok(v) if v.len() == names.len() => values[at(*row, scan.image, scan.reading)] = Some(v),
            Ok(v) => failures.push(Failure {
                patient: cohort.table.patients()[*row].clone(),
                image: scan.image,
                reading: scan.reading,
                why: format!("{} features, others have {}", v.len(), names.len()),
            }),
            Err(error) => failures.push(Failure {
                patient: cohort.table.patients()[*row].clone(),
                image: scan.image,
                reading: scan.reading,
                why: cohort.source.relative(&format!("{error:#}")),
            }),
        }
    }
    let whole = |row: usize| (0..IMAGES.len()).all(|image| values[at(row, image, 0)].is_some());
    let kept: Vec<usize> = (0..patients).filter(|&row| whole(row)).collect();
    ensure!(
        !kept.is_empty(),
        "no patient is left: features of all scans failed; the first reason is: {}",
        failures.first().map_or("none", |f| &f.why)
    );
    let matrix = |rows: &[usize], image: usize, reading: usize| -> Result<Matrix> {
        let labelled = names.iter().map(|n| format!("{} {n}", IMAGES[image])).collect();
        let column = |j: usize| -> Vec<f64> {
            let value = |&row: &usize| values[at(row, image, reading)].as_ref().map_or(f64::NAN, |v| v[j]);
            rows.iter().map(value).collect()
        };
        Ok(Matrix::new(labelled, (0..names.len()).map(column).collect())?)
    };
    let images = (0..IMAGES.len()).map(|image| matrix(&kept, image, 0)).collect::<Result<_>>()?;
    let again = (0..IMAGES.len())
        .map(|image| {
            let all = |row: &usize| (0..readings).all(|r| values[at(*row, image, r)].is_some());
            let rows: Vec<usize> = kept.iter().copied().filter(all).collect();
            if readings < 2 || rows.len() < 3 {
                return Ok(Vec::new());
            }
            (0..readings).map(|reading| matrix(&rows, image, reading)).collect()
        })
        .collect::<Result<_>>()?;

    let mut left = cohort.keep(&kept);
    let last =
        left.flow.last().map_or(patients, |s| s.patients - s.excluded.iter().map(|e| e.1).sum::<usize>());
    let excluded = if kept.len() < patients {
        vec![("an image failed".to_owned(), patients - kept.len())]
    } else {
        Vec::new()
    };
    left.flow.push(crate::cohort::Stage {
        label: "With follow-up, response and four images",
        patients: last,
        excluded,
    });
    left.flow.push(crate::cohort::Stage { label: "Analysed", patients: kept.len(), excluded: Vec::new() });
    Ok((left, Features { images, readings: again, failures }))
}
