//! The synthetic cohort of livers: what is planted is there, and nothing else is.
#![allow(clippy::unwrap_used)] // helpers of tests: a failed unwrap is a failed test

use radiomics_phantoms::liver::{
    CohortSettings, Effects, LiverCohort, Phase, Reader, ScanSettings, Spread, TimePoint,
};

fn settings(patients: usize) -> CohortSettings {
    CohortSettings { patients: [patients, 4], scan: ScanSettings::small(), ..CohortSettings::default() }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
    let (x, y) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(usize) -> f64| (0..a.len()).map(f).sum::<f64>();
    let cross = sum(&|i| (a[i] - x) * (b[i] - y));
    cross / (sum(&|i| (a[i] - x).powi(2)) * sum(&|i| (b[i] - y).powi(2))).sqrt()
}

/// Standard deviation of the liver of each patient in one image.
fn spread(cohort: &LiverCohort, time: TimePoint, phase: Phase) -> Vec<f64> {
    (0..cohort.settings().patients[0])
        .map(|i| {
            let image = cohort.image(i, time, phase).unwrap();
            let mask = cohort.mask(i, time, Reader::First).unwrap();
            let values: Vec<f64> = image
                .voxels()
                .iter()
                .zip(mask.iter())
                .filter(|v| v.1 == 1)
                .map(|v| f64::from(*v.0))
                .collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        })
        .collect()
}

#[test]
fn images_show_what_is_planted() {
    let cohort = LiverCohort::new(settings(60));
    let patients = &cohort.patients()[..60];
    let texture: Vec<f64> = patients.iter().map(|p| p.latent.texture).collect();
    let change: Vec<f64> = patients.iter().map(|p| p.latent.change).collect();
    let before = spread(&cohort, TimePoint::Pre, Phase::Arterial);
    assert!(correlation(&before, &texture) > 0.6, "{}", correlation(&before, &texture));
    assert!(correlation(&before, &change).abs() < 0.35);
    let after = spread(&cohort, TimePoint::Post, Phase::Portal);
    assert!(correlation(&after, &change) > 0.6, "{}", correlation(&after, &change));
    assert!(correlation(&after, &texture).abs() < 0.35);
}

#[test] // the swept volume of a wandering surface is its area times the mean distance
fn readers_differ_by_the_known_amount() {
    let scan = ScanSettings { disagreement: [0.8, 1.6], ..ScanSettings::small() };
    let cohort = LiverCohort::new(CohortSettings { scan, ..settings(8) });
    for (reader, off) in [(Reader::FirstAgain, 0.8), (Reader::Second, 1.6)] {
        let (mut swept, mut surface) = (0.0, 0.0);
        for i in 0..8 {
            let truth = cohort.mask(i, TimePoint::Pre, Reader::First).unwrap();
            let other = cohort.mask(i, TimePoint::Pre, reader).unwrap();
            let voxel = truth.geometry().voxel_volume();
            swept += truth.iter().zip(other.iter()).filter(|(a, b)| a != b).count() as f64 * voxel;
            // A liver with the semi-axes of the mean one, scaled to the volume.
            let volume = truth.iter().filter(|l| *l == 1).count() as f64 * voxel;
            let mean = radiomics_phantoms::solids::Solid::Ellipsoid { semi_axes: scan.liver };
            surface += mean.surface_area() * (volume / mean.volume()).powf(2.0 / 3.0);
        }
        // The mean of |N(0, off²)| is off · √(2/π).
        let expected = surface * off * (2.0 / std::f64::consts::PI).sqrt();
        assert!((swept / expected - 1.0).abs() < 0.2, "{reader:?}: {swept} mm³ swept, {expected} expected");
    }
}

#[test] // against the same scans without: outside the liver noise alone differs, inside what it takes up too
fn scans_of_one_centre_differ_by_the_known_amount() {
    let varied = LiverCohort::new(settings(60));
    let Spread { noise, enhancement } = varied.settings().scan.spread;
    let scan = ScanSettings { spread: Spread { noise: 0.0, enhancement: 0.0 }, ..ScanSettings::small() };
    let plain = LiverCohort::new(CohortSettings { scan, ..settings(60) });
    let (mut of_noise, mut of_uptake) = (0.0, 0.0);
    for i in 0..60 {
        let [a, b] = [&varied, &plain].map(|c| c.image(i, TimePoint::Pre, Phase::Portal).unwrap());
        let mask = varied.mask(i, TimePoint::Pre, Reader::First).unwrap();
        let (mut outside, mut inside) = (Vec::new(), Vec::new());
        for ((a, b), label) in a.voxels().iter().zip(b.voxels()).zip(mask.iter()) {
            let difference = f64::from(*a) - f64::from(*b);
            if label == 1 { inside.push(difference) } else { outside.push(difference) }
        }
        of_noise += outside.iter().map(|d| (d / 8.0).powi(2)).sum::<f64>() / outside.len() as f64;
        of_uptake += (inside.iter().sum::<f64>() / inside.len() as f64).powi(2);
    }
    let (found, uptake) = ((of_noise / 60.0_f64).sqrt(), (of_uptake / 60.0_f64).sqrt());
    assert!((found / noise - 1.0).abs() < 0.25, "{found} for {noise}");
    assert!((uptake / enhancement - 1.0).abs() < 0.25, "{uptake} for {enhancement}");
}

#[test]
fn scans_of_the_second_centre_are_shifted() {
    let cohort = LiverCohort::new(settings(1));
    let fat = |i: usize| {
        let image = cohort.image(i, TimePoint::Pre, Phase::Portal).unwrap();
        let mask = cohort.mask(i, TimePoint::Pre, Reader::First).unwrap();
        let outside: Vec<f64> = image
            .voxels()
            .iter()
            .zip(mask.iter())
            .filter(|v| v.1 == 0 && *v.0 < 0)
            .map(|v| f64::from(*v.0))
            .collect();
        outside.iter().sum::<f64>() / outside.len() as f64
    };
    let shift = cohort.settings().scan.shift;
    assert!((fat(0) + 90.0).abs() < 2.0, "{}", fat(0));
    assert!((fat(1) - (shift.offset - 90.0 * shift.gain)).abs() < 2.0, "{}", fat(1));
}

#[test]
fn tables_are_as_large_and_as_incomplete_as_asked_for() {
    let cohort = LiverCohort::new(CohortSettings { patients: [300, 100], ..CohortSettings::default() });
    let text = cohort.csv();
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows.len(), 401);
    assert!(rows.iter().all(|r| r.len() == rows[0].len()));
    let clinical = rows[1..].iter().flat_map(|r| &r[2..14]);
    let missing = clinical.filter(|c| **c == "NA").count() as f64 / (400.0 * 12.0);
    assert!((missing - 0.02).abs() < 0.01, "{missing}");
    let reread = rows[1..].iter().filter(|r| !r[30].is_empty()).count();
    assert_eq!(reread, 50);
    let dead = cohort.patients().iter().filter(|p| p.os.event).count() as f64 / 400.0;
    assert!((0.6..0.9).contains(&dead), "{dead}");
    assert!(cohort.patients().iter().all(|p| p.pfs.months <= p.os.months && p.os.months > 0.0));
}

#[test]
fn without_effects_survival_knows_nothing_of_the_images() {
    let settings = CohortSettings { effects: Effects::NONE, patients: [400, 0], ..CohortSettings::default() };
    let months = |settings| -> Vec<f64> {
        LiverCohort::new(settings).patients().iter().map(|p| p.os.months).collect()
    };
    let latent: Vec<f64> =
        LiverCohort::new(settings).patients().iter().map(|p| p.latent.texture + p.latent.change).collect();
    assert!(correlation(&months(settings), &latent).abs() < 0.12);
    let planted = CohortSettings { effects: Effects::default(), ..settings };
    assert!(correlation(&months(planted), &latent) < -0.3);
}

#[test]
fn voxels_are_the_same_on_every_machine() {
    let cohort = LiverCohort::new(settings(2));
    let image = cohort.image(1, TimePoint::Post, Phase::Arterial).unwrap();
    // FNV-1a over all voxels, as first drawn.
    let bytes = image.voxels().iter().flat_map(|v| v.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    assert_eq!(format!("{hash:016x}"), "353b6b94936a419c");
}
