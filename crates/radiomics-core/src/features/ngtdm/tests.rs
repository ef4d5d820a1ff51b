use ndarray::Array3;

use super::{super::testing, *};
use crate::levels::half_steps;

/// Level, voxels with neighbours, without, and sum of distances: the definition.
fn naive(grey: &Array3<u32>, steps: &[[i32; 3]]) -> Vec<(u32, u32, u32, f64)> {
    let mut rows = std::collections::BTreeMap::new();
    for (index, &level) in grey.indexed_iter().filter(|&(_, &level)| level > 0) {
        let there = |times: i32| steps.iter().map(move |&step| testing::at(grey, index, step, times));
        let there: Vec<f64> = there(1).chain(there(-1)).filter(|&v| v > 0).map(f64::from).collect();
        let row = rows.entry(level).or_insert((level, 0, 0, 0.0));
        if there.is_empty() {
            row.2 += 1;
        } else {
            row.1 += 1;
            row.3 += (f64::from(level) - there.iter().sum::<f64>() / there.len() as f64).abs();
        }
    }
    rows.into_values().collect()
}

/// The formulas as printed, with double sums.
fn naive_features(rows: &[(u32, u32, u32, f64)], isolated: bool) -> NgtdmFeatures {
    let rows = rows.iter().map(|r| (f64::from(r.0), f64::from(r.1 + if isolated { r.2 } else { 0 }), r.3));
    let rows: Vec<(f64, f64, f64)> = rows.filter(|r| r.1 > 0.0).collect();
    let (n, ng) = (rows.iter().map(|r| r.1).sum::<f64>(), rows.len() as f64);
    let pairs = |f: &dyn Fn(f64, f64, f64, f64, f64, f64) -> f64| -> f64 {
        let pair = |a: &(f64, f64, f64), b: &(f64, f64, f64)| f(a.0, a.1 / n, a.2, b.0, b.1 / n, b.2);
        rows.iter().map(|a| rows.iter().map(|b| pair(a, b)).sum::<f64>()).sum()
    };
    let weighted: f64 = rows.iter().map(|r| r.1 / n * r.2).sum();
    let differences: f64 = rows.iter().map(|r| r.2).sum();
    let or_zero = |dividend: f64, divisor: f64| if divisor == 0.0 { 0.0 } else { dividend / divisor };
    NgtdmFeatures {
        busyness: or_zero(weighted, pairs(&|i, p, _, j, q, _| (i * p - j * q).abs())),
        coarseness: if weighted == 0.0 { 1e6 } else { 1.0 / weighted },
        complexity: pairs(&|i, p, s, j, q, t| (i - j).abs() * (p * s + q * t) / (p + q)) / n,
        contrast: or_zero(
            pairs(&|i, p, _, j, q, _| p * q * (i - j).powi(2)) * differences / n,
            ng * (ng - 1.0),
        ),
        strength: or_zero(pairs(&|i, p, _, j, q, _| (p + q) * (i - j).powi(2)), differences),
    }
}

fn close(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-11 * b.abs()
}

fn compare(ngtdm: &Ngtdm, expected: &[(u32, u32, u32, f64)], case: &str) {
    let found = ngtdm.tones.iter().map(|t| (t.level, t.voxels, t.isolated));
    assert!(found.eq(expected.iter().map(|r| (r.0, r.1, r.2))), "{case}");
    for (tone, row) in ngtdm.tones.iter().zip(expected) {
        assert!(close(tone.difference, row.3), "{case} {tone:?} {row:?}");
    }
    for isolated in [true, false] {
        if expected.iter().all(|r| r.1 == 0) && !isolated {
            assert!(ngtdm.features(isolated).strength.is_nan());
            continue;
        }
        let (ours, theirs) = (ngtdm.features(isolated), naive_features(expected, isolated));
        let mut values = ours.values().into_iter().zip(theirs.values());
        assert!(values.all(|(a, b)| close(a, b)), "{case} {ours:?} {theirs:?}");
    }
}

#[test]
fn tones_are_those_of_the_definition() {
    let settings: [&[u32]; 4] = [&[1], &[2], &[3, 2, 1, 2], &[1, 3]];
    for (case, grey) in testing::volumes().iter().chain([&testing::large(12)]).enumerate() {
        let levels = testing::levels(grey);
        for within in [None, Some(0), Some(1), Some(2)] {
            for distances in settings.into_iter().skip(case % 2).step_by(2) {
                let ngtdm = Ngtdm::count(&levels, distances, within).unwrap();
                let expected = naive(grey, &half_steps(distances, within));
                compare(&ngtdm, &expected, &format!("{:?} {within:?} {distances:?}", grey.dim()));
            }
        }
    }
}

#[test]
fn every_width_of_word() {
    let grey = testing::large(90).slice(ndarray::s![20..34, 20..32, 20..41]).to_owned();
    let line = Array3::from_shape_fn([1, 1, 110], |(_, _, x)| 1 + (x * x % 90) as u32);
    let cases: [(_, u32, &[u32]); 5] = [
        (&grey, 1, &[1]),
        (&grey, 180, &[1]),
        (&grey, 150_000, &[1, 2]),
        (&line, 180_000, &[51]),
        (&line, 1, &[]),
    ];
    for (grey, factor, distances) in cases {
        let grey = grey.mapv(|level| level * factor);
        let ngtdm = Ngtdm::count(&testing::levels(&grey), distances, None).unwrap();
        compare(&ngtdm, &naive(&grey, &half_steps(distances, None)), &format!("{factor} {distances:?}"));
    }
}

#[test]
fn distances_beyond_the_region() {
    let levels = testing::levels(&testing::volumes()[2]);
    let far = Ngtdm::count(&levels, &[9, 2, 1_000_000_000], None).unwrap();
    assert_eq!(far, Ngtdm::count(&levels, &[2], None).unwrap());
}

#[test]
fn slices_are_counted_alone() {
    let grey = testing::large(6);
    let slices = Ngtdm::by_slice(&testing::levels(&grey), &[1, 2]).unwrap();
    for (z, slice) in slices.iter().enumerate().filter(|(z, _)| z % 10 == 0) {
        let alone = grey.slice(ndarray::s![z..=z, .., ..]).to_owned();
        compare(slice, &naive(&alone, &half_steps(&[1, 2], None)), "slice");
    }
}

#[test]
fn threads_do_not_matter() {
    let levels = testing::levels(&testing::large(700));
    testing::same_for_any_threads(|| Ngtdm::count(&levels, &[1, 2], None).unwrap());
}
