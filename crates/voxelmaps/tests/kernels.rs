//! The CUDA kernels, run on the processor, against the plain engine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // helpers of tests may fail loudly
#![cfg(all(feature = "emu", unix))]

mod support;

use radiomics_voxelmaps::{
    Engine, Error, Task, Values,
    engine::{gpu::emulated::Emulated, plain::Plain},
};
use support::{Look, assert_close, evaluate, task};

/// Upwards, downwards, and two that are shuffled.
const SEEDS: [u64; 4] = [0, 1, 2, 12_345];

fn check(look: Look) {
    let task = task(look);
    let expected = evaluate(&Plain, &task);
    let all: Vec<Vec<f64>> = SEEDS.iter().map(|&seed| evaluate(&Emulated { seed }, &task)).collect();
    let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    for (seed, values) in SEEDS.iter().zip(&all) {
        assert!(
            bits(values) == bits(&all[0]),
            "{look:?}: another order of threads, {seed}, gives other numbers"
        );
    }
    if std::env::var_os("VOXELMAPS_SHOW").is_some() {
        for (difference, what) in support::compare(&all[0], &expected, &task).into_iter().take(12) {
            println!("{difference:.2e} {what}");
        }
    }
    assert_close(&all[0], &expected, &task, &format!("{look:?}"));
}

#[test]
fn noise_with_holes() {
    for (k, levels) in [1, 2, 3, 5, 8, 16, 32].into_iter().enumerate() {
        check(Look { levels, holes: k % 4, seed: k as u64, ..Look::default() });
    }
}

#[test]
fn many_levels() {
    for (k, levels) in [64, 128, 170, 200, 254].into_iter().enumerate() {
        check(Look { levels, holes: k % 3, seed: 20 + k as u64, ..Look::default() });
        check(Look { levels, holes: k % 3, smooth: true, seed: 30 + k as u64, ..Look::default() });
    }
}

#[test]
fn smooth_images_and_flat_parts() {
    for (k, levels) in [1, 2, 4, 12, 24, 40].into_iter().enumerate() {
        check(Look {
            shape: [6, 7, 8],
            levels,
            smooth: true,
            holes: k % 3,
            seed: 40 + k as u64,
            ..Look::default()
        });
    }
}

#[test]
fn few_voxels() {
    for (k, shape) in
        [[1, 1, 1], [1, 1, 2], [1, 3, 1], [2, 1, 1], [1, 4, 5], [3, 3, 3], [9, 1, 1]].into_iter().enumerate()
    {
        check(Look { shape, levels: 6, holes: 0, seed: 50 + k as u64, ..Look::default() });
    }
    // Mostly windows of one voxel.
    for seed in 60..63 {
        check(Look { shape: [7, 8, 9], levels: 9, holes: 9, seed, ..Look::default() });
    }
}

#[test]
fn windows_in_slices() {
    for (k, within) in [0, 1, 2].into_iter().enumerate() {
        for (levels, smooth) in [(4, true), (20, false)] {
            check(Look { levels, smooth, within: Some(within), seed: 70 + k as u64, ..Look::default() });
        }
    }
}

#[test]
fn intensities_far_from_zero() {
    for (k, offset) in [-1000.0, 1e4, -3.0e6].into_iter().enumerate() {
        check(Look { offset, seed: 80 + k as u64, ..Look::default() });
    }
}

#[test]
fn features_are_given_in_the_order_asked_for() {
    let mut task = task(Look::default());
    let all = evaluate(&Emulated { seed: 0 }, &task);
    let n = task.centres.len();
    let places: Vec<usize> = (0..task.features.len()).rev().step_by(3).collect();
    task.features = places.iter().map(|&place| task.features[place]).collect();
    let some = evaluate(&Emulated { seed: 0 }, &task);
    for (row, place) in places.into_iter().enumerate() {
        assert_eq!(format!("{:?}", &some[row * n..][..n]), format!("{:?}", &all[place * n..][..n]));
    }
    // A part of the centres, in single precision.
    let mut part = Values::F32(vec![0.0; 7 * task.features.len()]);
    Emulated { seed: 1 }.start(&task).unwrap().evaluate(5, &mut part, &()).unwrap();
    for (k, value) in part.iter().enumerate() {
        assert_eq!(value.to_bits(), some[k / 7 * n + 5 + k % 7].to_bits());
    }
}

#[test]
fn what_kernels_do_not_do_is_said() {
    let mut task = task(Look::default());
    task.settings.gldm_a = 1.0;
    fn refused(task: &Task) -> String {
        match (Emulated { seed: 0 }).start(task) {
            Err(Error::Unsupported { reason, .. }) => reason,
            _ => panic!("it was not refused"),
        }
    }
    assert!(refused(&task).contains("gldm"));
    task.settings.distances = vec![1, 2];
    assert!(refused(&task).contains("distances"));
    task.settings.kernel_radius = 2;
    assert!(refused(&task).contains("radius 2"));
}
