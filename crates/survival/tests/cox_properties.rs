//! What holds of every Cox model, and a defined value or a typed error on every small or strange input.
#![allow(clippy::unwrap_used, clippy::panic)] // tests

use radiomics_stats::rng::Rng;
use radiomics_survival::cox::{
    Convergence, Cox, CoxConfig, CoxFit, Curves, ElasticNetCox, Reference, Ridge, Ties, TimeTransform,
    univariable,
};
use radiomics_survival::nomogram::{Nomogram, NomogramConfig};
use radiomics_survival::risk_groups::RiskGroups;
use radiomics_survival::{Error, Outcome};

const ALL_TIES: [Ties; 3] = [Ties::Efron, Ties::Breslow, Ties::Exact];

/// Synthetic patients with many tied times.
struct Patients {
    entry: Vec<f64>,
    time: Vec<f64>,
    event: Vec<bool>,
    a: Vec<f64>,
    b: Vec<f64>,
    group: Vec<u32>,
}

fn patients(seed: u64, n: usize) -> Patients {
    let mut rng = Rng::new(seed);
    let mut p = Patients {
        entry: Vec::new(),
        time: Vec::new(),
        event: Vec::new(),
        a: Vec::new(),
        b: Vec::new(),
        group: Vec::new(),
    };
    for _ in 0..n {
        let (a, b) = (rng.normal(), f64::from(u8::from(rng.unit() < 0.4)));
        let t = (-(1.0 - rng.unit()).ln() * (-0.7 * a + 0.4 * b).exp() * 8.0).ceil();
        let entry = (rng.unit() * t).floor().min(t - 1.0);
        p.entry.push(entry);
        p.time.push(t);
        p.event.push(rng.unit() < 0.7);
        p.a.push(a);
        p.b.push(b);
        p.group.push(rng.below(3) as u32);
    }
    p
}

fn tight(ties: Ties) -> CoxConfig {
    CoxConfig { ties, tolerance: 1e-14, max_iterations: 50, ..CoxConfig::default() }
}

fn fit(outcome: &Outcome, p: &Patients, ties: Ties) -> CoxFit {
    Cox::new(outcome, &[("a", &p.a), ("b", &p.b)]).with_config(tight(ties)).fit().unwrap()
}

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} {b}");
    }
}

fn outcomes(p: &Patients) -> Vec<Outcome> {
    let plain = Outcome::new(&p.time, &p.event).unwrap();
    vec![
        plain.clone(),
        plain.clone().with_strata(&p.group).unwrap(),
        plain.clone().with_entry(&p.entry).unwrap(),
        plain.with_entry(&p.entry).unwrap().with_strata(&p.group).unwrap(),
    ]
}

/// Logarithm of the likelihood by its definition: for each event time the risk set itself, for exact ties all subsets.
fn by_definition(outcome: &Outcome, x: &[&[f64]], beta: &[f64], ties: Ties) -> f64 {
    let n = outcome.len();
    let eta: Vec<f64> = (0..n).map(|i| x.iter().zip(beta).map(|(c, b)| c[i] * b).sum()).collect();
    let stratum = |i: usize| outcome.strata().map_or(0, |s| s[i]);
    let mut ll = 0.0;
    let mut done: Vec<(u32, f64)> = Vec::new();
    for i in (0..n).filter(|&i| outcome.is_event(i)) {
        let (s, t) = (stratum(i), outcome.time()[i]);
        if done.contains(&(s, t)) {
            continue;
        }
        done.push((s, t));
        let at_risk: Vec<usize> = (0..n)
            .filter(|&k| {
                stratum(k) == s && outcome.time()[k] >= t && outcome.entry().is_none_or(|e| e[k] < t)
            })
            .collect();
        let dead: Vec<usize> =
            at_risk.iter().copied().filter(|&k| outcome.is_event(k) && outcome.time()[k] == t).collect();
        let sum = |rows: &[usize]| rows.iter().map(|&k| outcome.weight(k) * eta[k].exp()).sum::<f64>();
        let weight: f64 = dead.iter().map(|&k| outcome.weight(k)).sum();
        ll += dead.iter().map(|&k| outcome.weight(k) * eta[k]).sum::<f64>();
        let d = dead.len();
        ll -= match ties {
            Ties::Breslow => weight * sum(&at_risk).ln(),
            Ties::Efron => (0..d)
                .map(|l| weight / d as f64 * (sum(&at_risk) - l as f64 / d as f64 * sum(&dead)).ln())
                .sum(),
            Ties::Exact => subsets(&at_risk.iter().map(|&k| eta[k].exp()).collect::<Vec<_>>(), d).ln(),
        };
    }
    ll
}

/// Sum over all subsets of `d` of the product.
fn subsets(r: &[f64], d: usize) -> f64 {
    match (d, r.split_first()) {
        (0, _) => 1.0,
        (_, None) => 0.0,
        (_, Some((first, rest))) => first * subsets(rest, d - 1) + subsets(rest, d),
    }
}

#[test]
fn likelihood_and_derivatives_are_those_of_the_definition() {
    let p = patients(1, 40);
    let w: Vec<f64> = (0..40).map(|i| 0.5 + f64::from(i % 3)).collect();
    for outcome in outcomes(&p) {
        for ties in ALL_TIES {
            let weighted = outcome.clone().with_weights(&w).unwrap();
            let cases = if ties == Ties::Exact { vec![&outcome] } else { vec![&outcome, &weighted] };
            for outcome in cases {
                let fit = fit(outcome, &p, ties);
                let x = [p.a.as_slice(), p.b.as_slice()];
                let ll = |beta: &[f64]| by_definition(outcome, &x, beta, ties);
                let b = &fit.coefficients;
                close(&[ll(b), ll(&[0.0, 0.0])], &[fit.log_likelihood, fit.null_log_likelihood], 1e-12);
                let h = 1e-4;
                let at = |i: f64, j: f64| ll(&[b[0] + i * h, b[1] + j * h]);
                close(&[at(1.0, 0.0) - at(-1.0, 0.0), at(0.0, 1.0) - at(0.0, -1.0)], &[0.0, 0.0], 1e-9);
                let second = |i: f64, j: f64| (2.0 * at(0.0, 0.0) - at(i, j) - at(-i, -j)) / (h * h);
                let (aa, bb) = (second(1.0, 0.0), second(0.0, 1.0));
                let ab = 0.5 * (second(1.0, 1.0) - aa - bb);
                let determinant = aa * bb - ab * ab;
                let want = [bb / determinant, -ab / determinant, -ab / determinant, aa / determinant];
                close(fit.naive_covariance.as_deref().unwrap_or(&fit.covariance), &want, 1e-5);
            }
        }
    }
}

#[test]
fn order_of_patients_unit_of_time_and_names_do_not_matter() {
    let p = patients(2, 150);
    let permuted: Vec<usize> = {
        let mut rows: Vec<usize> = (0..150).collect();
        Rng::new(3).shuffle(&mut rows);
        rows
    };
    let pick = |v: &[f64]| permuted.iter().map(|&i| v[i]).collect::<Vec<_>>();
    for outcome in outcomes(&p) {
        for ties in ALL_TIES {
            let first = fit(&outcome, &p, ties);
            let other = outcome.select(&permuted).unwrap();
            let (a, b) = (pick(&p.a), pick(&p.b));
            let second = Cox::new(&other, &[("b", &b), ("a", &a)]).with_config(tight(ties)).fit().unwrap();
            close(&second.coefficients, &[first.coefficients[1], first.coefficients[0]], 1e-10);
            close(&second.martingale_residuals(), &pick(&first.martingale_residuals()), 1e-9);
            let years = |t: &[f64]| t.iter().map(|t| t / 365.25).collect::<Vec<_>>();
            let mut scaled = Outcome::with_causes(&years(outcome.time()), outcome.code().to_vec()).unwrap();
            if let Some(entry) = outcome.entry() {
                scaled = scaled.with_entry(&years(entry)).unwrap();
            }
            if let Some(strata) = outcome.strata() {
                // Other codes, in another order.
                let codes: Vec<u32> = strata.iter().map(|s| 90 - 7 * s).collect();
                scaled = scaled.with_strata(&codes).unwrap();
            }
            let third = fit(&scaled, &p, ties);
            close(&third.coefficients, &first.coefficients, 1e-10);
            if ties != Ties::Exact {
                let test = |f: &CoxFit| f.proportional_hazards(TimeTransform::Km).unwrap().chi_squared;
                close(&test(&third), &test(&first), 1e-8);
            }
        }
    }
}

#[test]
fn a_weight_of_two_is_two_patients_under_breslows_ties() {
    let p = patients(4, 80);
    let w: Vec<f64> = (0..80).map(|i| f64::from(1 + i % 3)).collect();
    let rows: Vec<usize> = (0..80).flat_map(|i| std::iter::repeat_n(i, 1 + i % 3)).collect();
    let pick = |v: &[f64]| rows.iter().map(|&i| v[i]).collect::<Vec<_>>();
    for outcome in outcomes(&p) {
        let weighted = fit(&outcome.clone().with_weights(&w).unwrap(), &p, Ties::Breslow);
        let (a, b) = (pick(&p.a), pick(&p.b));
        let doubled = Cox::new(&outcome.select(&rows).unwrap(), &[("a", &a), ("b", &b)])
            .with_config(tight(Ties::Breslow))
            .fit()
            .unwrap();
        close(&weighted.coefficients, &doubled.coefficients, 1e-10);
        close(&weighted.covariance, &doubled.covariance, 1e-9);
        close(&pick(&weighted.martingale_residuals()), &doubled.martingale_residuals(), 1e-9);
    }
}

#[test]
fn without_ties_all_treatments_agree() {
    let mut p = patients(5, 60);
    p.time = (0..60).map(|i| f64::from((i * 37) % 61) + 1.0).collect();
    p.entry = p.time.iter().map(|t| t * 0.3).collect();
    for outcome in outcomes(&p) {
        let fits = ALL_TIES.map(|ties| fit(&outcome, &p, ties));
        close(&fits[1].coefficients, &fits[0].coefficients, 1e-10);
        close(&fits[2].coefficients, &fits[0].coefficients, 1e-10);
        close(&fits[2].covariance, &fits[0].covariance, 1e-8);
    }
}

#[test]
fn residuals_sum_as_they_must() {
    let p = patients(6, 120);
    for outcome in outcomes(&p) {
        for ties in [Ties::Efron, Ties::Breslow] {
            let fit = fit(&outcome, &p, ties);
            close(&[fit.martingale_residuals().iter().sum()], &[0.0], 1e-9);
            for rows in [fit.score_residuals().unwrap(), fit.schoenfeld_residuals().unwrap().values] {
                let sum = |j: usize| rows.iter().skip(j).step_by(2).sum::<f64>();
                close(&[sum(0), sum(1)], &[0.0, 0.0], 1e-8);
            }
            let curves = fit.survival_curves(&[&[0.0, 1.0], &[2.0, 0.0]], &Curves::default()).unwrap();
            for curve in curves.iter().flatten() {
                assert!(curve.survival.windows(2).all(|w| w[1] <= w[0]));
                assert!((0..curve.time.len()).all(|t| curve.lower[t] <= curve.survival[t]));
            }
        }
    }
}

/// Entry at a time before everybody's first event changes nothing.
#[test]
fn early_entry_is_no_entry() {
    let p = patients(7, 90);
    let plain = Outcome::new(&p.time, &p.event).unwrap();
    let entered = plain.clone().with_entry(&[0.0; 90]).unwrap();
    for ties in ALL_TIES {
        let (a, b) = (fit(&plain, &p, ties), fit(&entered, &p, ties));
        close(&b.coefficients, &a.coefficients, 1e-11);
        close(&b.martingale_residuals(), &a.martingale_residuals(), 1e-10);
    }
}

#[test]
fn rounding_does_not_break_ties() {
    let p = patients(8, 70);
    let exact = Outcome::new(&p.time, &p.event).unwrap();
    let noisy: Vec<f64> =
        p.time.iter().enumerate().map(|(i, t)| t * (1.0 + f64::EPSILON * (i % 3) as f64)).collect();
    let noisy = Outcome::new(&noisy, &p.event).unwrap();
    close(&fit(&noisy, &p, Ties::Efron).coefficients, &fit(&exact, &p, Ties::Efron).coefficients, 1e-10);
    let taken = CoxConfig { closeness: 0.0, ..tight(Ties::Efron) };
    let other = Cox::new(&noisy, &[("a", &p.a)]).with_config(taken).fit().unwrap();
    assert!((other.coefficients[0] - fit(&exact, &p, Ties::Efron).coefficients[0]).abs() > 1e-6);
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let p = patients(9, 30_000);
    let outcome = Outcome::new(&p.time, &p.event).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let fit = fit(&outcome, &p, Ties::Efron);
            (fit.coefficients, fit.covariance, fit.log_likelihood)
        })
    };
    let one = run(1);
    assert!([2, 3, 8].iter().all(|&threads| run(threads) == one));
}

#[test]
fn a_likelihood_without_a_maximum_is_flagged_and_its_columns_named() {
    let time = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    let outcome = Outcome::new(&time, &[true; 8]).unwrap();
    let parts = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
    let fine = [0.3, -1.0, 0.5, 0.2, 1.5, -0.7, 0.1, 0.4];
    for ties in ALL_TIES {
        let fit = Cox::new(&outcome, &[("fine", &fine), ("parts", &parts)]).with_ties(ties).fit().unwrap();
        let named = vec!["parts".to_owned()];
        assert_eq!(fit.convergence, Convergence::Unbounded { columns: named.clone() });
        assert_eq!(fit.converged().unwrap_err(), Error::MonotoneLikelihood { columns: named });
    }
    let ridge = CoxConfig { ridge: Some(Ridge { theta: 1.0, scale: false }), ..CoxConfig::default() };
    let fit = Cox::new(&outcome, &[("parts", &parts)]).with_config(ridge).fit().unwrap();
    assert_eq!(fit.convergence, Convergence::Converged);
    let short = CoxConfig { max_iterations: 1, ..CoxConfig::default() };
    let p = patients(10, 60);
    let outcome = Outcome::new(&p.time, &p.event).unwrap();
    let fit = Cox::new(&outcome, &[("a", &p.a)]).with_config(short).fit().unwrap();
    assert!(fit.convergence != Convergence::Converged);
}

#[test]
fn useless_columns_are_errors_that_name_them() {
    let p = patients(11, 50);
    let outcome = Outcome::new(&p.time, &p.event).unwrap();
    let sum: Vec<f64> = p.a.iter().zip(&p.b).map(|(a, b)| 3.0 * a - 2.0 * b + 1.0).collect();
    let constant = [7.5; 50];
    let error = |columns: &[(&str, &[f64])]| Cox::new(&outcome, columns).fit().unwrap_err().to_string();
    assert!(error(&[("a", &p.a), ("seven", &constant)]).contains("seven"));
    assert!(error(&[("a", &p.a), ("b", &p.b), ("sum", &sum)]).contains("sum"));
    // A column that varies only among those who left before the first event.
    let late: Vec<f64> = (0..50).map(|i| f64::from(u8::from(i == 0))).collect();
    let mut time = p.time.clone();
    time[0] = 0.5;
    let mut event = p.event.clone();
    event[0] = false;
    let early = Outcome::new(&time, &event).unwrap();
    let error = Cox::new(&early, &[("a", &p.a), ("late", &late)]).fit().unwrap_err().to_string();
    assert!(error.contains("late"), "{error}");
    let nan = [f64::NAN; 50];
    let infinite = [f64::INFINITY; 50];
    for bad in [&nan[..], &infinite, &p.a[..49]] {
        assert!(Cox::new(&outcome, &[("bad", bad)]).fit().unwrap_err().to_string().contains("bad"));
    }
    let models = univariable(
        &outcome,
        &[("a", &p.a), ("seven", &constant), ("nan", &nan)],
        &[],
        &[],
        &CoxConfig::default(),
        0.95,
    )
    .unwrap();
    let alone = Cox::new(&outcome, &[("a", &p.a)]).fit().unwrap();
    let first = models[0].as_ref().unwrap();
    close(&[first.coefficient, first.se], &[alone.coefficients[0], alone.standard_errors()[0]], 1e-12);
    close(&[first.score.statistic], &[alone.score_statistic], 1e-12);
    assert!(models[1].as_ref().unwrap_err().to_string().contains("seven"));
    assert!(models[2].as_ref().unwrap_err().to_string().contains("nan"));
}

/// R: `coxph(outcome ~ x + offset(o), cluster = id)` for each column: what [`Cox`] gives for the column alone.
#[test]
fn a_model_of_each_column_is_that_of_the_column_alone() {
    let p = patients(15, 90);
    let mut rng = Rng::new(16);
    let noise: Vec<f64> = (0..90).map(|_| rng.normal()).collect();
    let offset: Vec<f64> = (0..90).map(|_| 0.3 * rng.normal()).collect();
    let half: Vec<f64> = (0..90).map(|i| f64::from(1 + i % 4) / 2.0).collect();
    let columns: [(&str, &[f64]); 3] = [("a", &p.a), ("b", &p.b), ("noise", &noise)];
    // Numbers of clusters need not be in order, nor follow each other.
    let cluster: Vec<u32> = (0..90).map(|_| 7 * rng.below(25) as u32).collect();
    let mut all = outcomes(&p);
    all.push(all[0].clone().with_weights(&half).unwrap());
    for outcome in &all {
        for ties in [Ties::Efron, Ties::Breslow] {
            for cluster in [&cluster[..], &[]] {
                let models = univariable(outcome, &columns, &offset, cluster, &tight(ties), 0.9).unwrap();
                for (column, model) in columns.into_iter().zip(models) {
                    let model = model.unwrap();
                    let alone = Cox::new(outcome, &[column])
                        .with_offset(&offset)
                        .with_cluster(cluster)
                        .with_config(tight(ties))
                        .fit()
                        .unwrap();
                    let line = &alone.hazard_ratios(0.9).unwrap()[0];
                    let robust = !cluster.is_empty() || outcome.weights().is_some();
                    assert_eq!((model.robust_se.is_some(), line.robust_se.is_some()), (robust, robust));
                    let flat = |interval: &radiomics_stats::Interval| [interval.lower, interval.upper];
                    close(&[model.coefficient, model.se], &[line.coefficient, line.se], 1e-12);
                    close(model.robust_se.as_slice(), line.robust_se.as_slice(), 1e-12);
                    close(&[model.z, model.p, model.ratio], &[line.z, line.p, line.ratio], 1e-11);
                    close(&flat(&model.interval), &flat(&line.interval), 1e-11);
                    close(&[model.score.statistic], &[alone.score_statistic], 1e-11);
                }
            }
        }
    }
    // As in R, `robust = FALSE` wins over clusters; exact ties have no robust covariance; lengths must agree.
    let with =
        |config: &CoxConfig, cluster: &[u32]| univariable(&all[0], &columns, &[], cluster, config, 0.95);
    let naive = with(&CoxConfig { robust: Some(false), ..CoxConfig::default() }, &cluster).unwrap();
    assert!(naive.iter().all(|m| m.as_ref().unwrap().robust_se.is_none()));
    assert!(matches!(with(&tight(Ties::Exact), &cluster), Err(Error::Unsupported { .. })));
    assert!(with(&CoxConfig::default(), &cluster[1..]).unwrap_err().to_string().contains("clusters"));
}

#[test]
fn one_two_and_three_patients_give_a_value_or_a_typed_error() {
    let time = [2.0, 1.0, 3.0];
    let x = [0.5, 1.0, -1.0];
    for n in 1..=3 {
        for pattern in 0..8_u32 {
            let event: Vec<bool> = (0..n).map(|i| pattern >> i & 1 == 1).collect();
            for times in [&time[..n], &[4.0, 4.0, 4.0][..n]] {
                let outcome = Outcome::new(times, &event).unwrap();
                for ties in ALL_TIES {
                    match Cox::new(&outcome, &[("x", &x[..n])]).with_ties(ties).fit() {
                        Ok(fit) => {
                            assert!(fit.coefficients[0].is_finite() && fit.log_likelihood.is_finite());
                            assert!(fit.martingale_residuals().iter().all(|m| m.is_finite()));
                            assert!(fit.predict_risk(&[&x[..n]], &[], Reference::Strata).is_ok());
                        }
                        Err(Error::NoEvents { n: found, .. }) => {
                            assert!(found == n && event.iter().all(|e| !e));
                        }
                        Err(Error::Stats(_)) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }
    assert!(matches!(
        Cox::new(&Outcome::new(&time, &[false; 3]).unwrap(), &[("x", &x)]).fit(),
        Err(Error::NoEvents { n: 3, .. })
    ));
}

/// Everything that is read from a model, on cohorts too small for it: finite numbers or a typed error.
#[test]
fn what_is_read_from_small_models_is_a_value_or_a_typed_error() {
    let x = [0.5, 1.0, -1.0];
    let mut refused = 0;
    for n in 1..=3 {
        for pattern in 0..8_u32 {
            let event: Vec<bool> = (0..n).map(|i| pattern >> i & 1 == 1).collect();
            for times in [&[2.0, 1.0, 3.0][..n], &[4.0; 3][..n], &[0.0; 3][..n]] {
                let outcome = Outcome::new(times, &event).unwrap();
                let columns = [("x", &x[..n])];
                let mut see = |what: &str, got: Result<Vec<f64>, Error>| match got {
                    Ok(v) => assert!(v.iter().all(|v| v.is_finite()), "{what}: {v:?} of {times:?} {event:?}"),
                    Err(_) => refused += 1,
                };
                let all = univariable(&outcome, &columns, &[], &[], &CoxConfig::default(), 0.95);
                see(
                    "univariable",
                    all.and_then(|m| m[0].clone()).map(|m| vec![m.coefficient, m.log_likelihood]),
                );
                let net = ElasticNetCox::default();
                see("path", net.path(&outcome, &[&x[..n]], &[]).map(|p| p.coefficients.concat()));
                for ties in [Ties::Efron, Ties::Breslow] {
                    let Ok(fit) = Cox::new(&outcome, &columns).with_ties(ties).fit() else { continue };
                    for transform in [TimeTransform::Km, TimeTransform::Rank, TimeTransform::Log] {
                        see("zph", fit.proportional_hazards(transform).map(|t| t.chi_squared));
                    }
                    let curves = fit.survival_curves(&[&[0.0]], &Curves::default());
                    see("curves", curves.map(|c| c[0][0].survival.clone()));
                    see("deviance", Ok(fit.deviance_residuals()));
                    see("score", fit.score_residuals());
                    see("schoenfeld", fit.scaled_schoenfeld_residuals().map(|s| s.values));
                    let nomogram = Nomogram::cox(&fit, &[&x[..n]], &[times[0]], NomogramConfig::default());
                    see("nomogram", nomogram.map(|n| n.axes[0].points.clone()));
                    see("expected", fit.predict_expected(&outcome, &[&x[..n]], &[]).map(|p| p.values));
                    see("concordance", fit.concordance().map(|c| vec![c.estimate]));
                }
            }
        }
        see_groups(&x[..n]);
    }
    assert!(refused > 0);
}

fn see_groups(x: &[f64]) {
    assert_eq!(RiskGroups::median(x).unwrap().assign(x).unwrap().len(), x.len());
    assert!(RiskGroups::median(&[]).is_err() && RiskGroups::median(&[f64::NAN]).is_err());
    assert!(RiskGroups::quantiles(&[1.0; 3], &[0.3, 0.6]).is_err(), "cut-offs that coincide");
}

#[test]
fn weights_and_exact_ties_do_not_go_together() {
    let p = patients(12, 30);
    let outcome = Outcome::new(&p.time, &p.event).unwrap().with_weights(&[2.0; 30]).unwrap();
    let fit = Cox::new(&outcome, &[("a", &p.a)]).with_ties(Ties::Exact).fit();
    assert!(matches!(fit, Err(Error::Unsupported { .. })));
    assert!(matches!(ElasticNetCox::default().path(&outcome, &[&p.a], &[]), Err(Error::Unsupported { .. })));
}

/// The optimum of the lasso: gradients of the likelihood are λ where a coefficient is not 0 and at most λ elsewhere.
#[test]
fn penalised_paths_end_at_the_optimum() {
    let p = patients(13, 100);
    let noise: Vec<f64> = {
        let mut rng = Rng::new(14);
        (0..100).map(|_| rng.normal()).collect()
    };
    let columns: [&[f64]; 3] = [&p.a, &p.b, &noise];
    for outcome in outcomes(&p) {
        for ties in [Ties::Efron, Ties::Breslow] {
            let mut settings = ElasticNetCox { ties, ..ElasticNetCox::default() };
            settings.net.standardize = false;
            settings.net.lambda = vec![0.2, 0.05, 0.01];
            let path = settings.path(&outcome, &columns, &[]).unwrap();
            assert!(path.converged.iter().all(|c| *c));
            for (lambda, b) in path.lambda.iter().zip(&path.coefficients) {
                for j in 0..3 {
                    let h = 1e-5;
                    let at = |s: f64| {
                        let mut moved = b.clone();
                        moved[j] += s * h;
                        by_definition(&outcome, &columns, &moved, ties)
                    };
                    let gradient = (at(1.0) - at(-1.0)) / (2.0 * h) / 100.0;
                    if b[j] == 0.0 {
                        assert!(gradient.abs() <= lambda + 1e-7);
                    } else {
                        assert!((gradient - lambda.copysign(b[j])).abs() < 1e-6, "{gradient} {lambda} {b:?}");
                    }
                }
            }
        }
    }
}
