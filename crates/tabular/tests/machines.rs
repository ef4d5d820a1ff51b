//! Support vector machines by the conditions of their optimum, whatever way the solver took.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use radiomics_stats::rng::Rng;
use radiomics_tabular::Matrix;
use radiomics_tabular::models::{ClassWeight, Gamma, Kernel, Svm, SvmSettings};

/// Synthetic patients who overlap.
fn patients(n: usize, p: usize, seed: u64) -> (Matrix, Vec<bool>) {
    let mut rng = Rng::new(seed);
    let columns: Vec<Vec<f64>> = (0..p).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let y = (0..n).map(|i| columns[0][i] + columns[1][i] * columns[2][i] + rng.normal() > 0.0).collect();
    (Matrix::unnamed(columns).unwrap(), y)
}

/// Largest violation of `y f ≥ 1` off the bound 0 and `y f ≤ 1` off the bound `C`, straight from the definition.
fn violation(svm: &Svm, x: &Matrix, y: &[bool], c: [f64; 2]) -> f64 {
    let mut beta = vec![0.0; x.rows()];
    svm.rows.iter().zip(&svm.coefficients).for_each(|(&i, b)| beta[i] = *b);
    assert!(beta.iter().sum::<f64>().abs() < 1e-9 * c[1].max(1.0));
    (0..x.rows())
        .map(|i| {
            let sign = if y[i] { 1.0 } else { -1.0 };
            let c = c[usize::from(y[i])];
            let alpha = sign * beta[i];
            assert!((0.0..=c).contains(&alpha), "{alpha} of {c}");
            let kernel = |(vector, b): (&Vec<f64>, &f64)| b * svm.kernel.of(vector, &x.row(i));
            let f = svm.intercept + svm.support.iter().zip(&svm.coefficients).map(kernel).sum::<f64>();
            let short = 1.0 - sign * f;
            if alpha == 0.0 {
                short
            } else if alpha == c {
                -short
            } else {
                short.abs()
            }
        })
        .fold(0.0, f64::max)
}

#[test]
fn the_optimum_is_one_by_definition() {
    let (x, y) = patients(150, 8, 1);
    let kernels = [
        Kernel::Linear,
        Kernel::Rbf { gamma: Gamma::Value(0.1) },
        Kernel::Polynomial { degree: 3, gamma: Gamma::Value(0.1), coef0: 1.0 },
        Kernel::Polynomial { degree: 2, gamma: Gamma::Scale, coef0: 0.0 },
    ];
    for kernel in kernels {
        for c in [0.01, 1.0, 100.0] {
            for class_weight in [ClassWeight::Equal, ClassWeight::Values { negative: 1.0, positive: 2.5 }] {
                let settings =
                    SvmSettings { kernel, c, class_weight, tolerance: 1e-6, ..SvmSettings::default() };
                let svm = settings.fit(&x, &y).unwrap();
                let limits = class_weight.weights(&y).map(|w| w * c);
                let off = violation(&svm, &x, &y, limits);
                assert!(svm.converged && off < 1e-5, "{kernel:?} {c}: {off}");
                let decision = svm.decision(x.columns());
                let plain: f64 = svm.intercept
                    + svm
                        .support
                        .iter()
                        .zip(&svm.coefficients)
                        .map(|(v, b)| b * svm.kernel.of(v, &x.row(7)))
                        .sum::<f64>();
                assert!((decision[7] - plain).abs() < 1e-9 * plain.abs().max(1.0));
            }
        }
    }
}

#[test]
fn a_small_cache_and_shrinking_change_the_way_but_not_the_end() {
    let (x, y) = patients(1300, 5, 2);
    for kernel in [Kernel::Linear, Kernel::Rbf { gamma: Gamma::Value(0.3) }] {
        let fit = |shrinking, cache_mb| {
            SvmSettings { kernel, c: 0.5, tolerance: 1e-5, shrinking, cache_mb, ..SvmSettings::default() }
                .fit(&x, &y)
                .unwrap()
        };
        let whole = fit(false, 200);
        for (shrinking, cache) in [(true, 200), (false, 1), (true, 0)] {
            let other = fit(shrinking, cache);
            let (f, g) = (whole.decision(x.columns()), other.decision(x.columns()));
            let off = f.iter().zip(&g).map(|(f, g)| (f - g).abs()).fold(0.0, f64::max);
            assert!(off < 1e-3 && other.converged, "{kernel:?} {shrinking} {cache}: {off}");
            assert!((whole.dual_objective - other.dual_objective).abs() < 1e-6 * whole.dual_objective.abs());
        }
    }
}

#[test]
fn settings_outside_their_range_are_named() {
    let (x, y) = patients(20, 3, 3);
    let error = |s: SvmSettings| s.fit(&x, &y).unwrap_err().to_string();
    assert_eq!(error(SvmSettings { c: 0.0, ..SvmSettings::default() }), "C is 0; it must be positive");
    let kernel = Kernel::Rbf { gamma: Gamma::Value(-1.0) };
    assert_eq!(error(SvmSettings { kernel, ..SvmSettings::default() }), "gamma is -1; it must be positive");
}
