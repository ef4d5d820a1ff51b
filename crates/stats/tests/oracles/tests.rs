//! Hypothesis tests.

use radiomics_stats::compare::{
    Centre, ContingencyTable, Correlation, FisherExact, KsP, Mcnemar, RankP, anderson_statistic, anova,
    bartlett, brunner_munzel, cliffs_delta, cohens_d, correlation_p, dagostino_pearson, f_test, fisher_2x2,
    fisher_exact, fligner, friedman as friedman_test, kruskal_wallis, ks_one_sample, ks_two_sample, levene,
    lilliefors, mann_whitney, permutation_mean_difference, shapiro_wilk, t_test, t_test_one_sample,
    t_test_paired, welch_anova, wilcoxon_signed_rank,
};
use radiomics_stats::describe::mean;
use radiomics_stats::multiplicity::{Adjustment, adjust as adjusted};
use radiomics_stats::root::RootPrecision;
use radiomics_stats::{Alternative, Error, Test};
use serde_json::Value;

use super::data::{Case, OfCase, matrix};
use super::{list, num, object};

type Got = Result<Value, Error>;

fn alternative(case: &Case) -> Alternative {
    match case.text("alternative") {
        Some("less") => Alternative::Less,
        Some("greater") => Alternative::Greater,
        _ => Alternative::TwoSided,
    }
}

fn level(case: &Case) -> f64 {
    case.number("conf_level").unwrap_or(0.95)
}

fn shown(test: &Test) -> Value {
    let mut pairs =
        vec![("statistic", num(test.statistic)), ("p", num(test.p)), ("df", list(test.df.iter().copied()))];
    if let Some(i) = test.interval {
        pairs.push(("ci", list([i.lower, i.upper])));
    }
    if let Some(e) = test.estimate {
        pairs.push(("estimate", list([e])));
    }
    object(pairs)
}

pub fn t_tests(case: &Case) -> Got {
    let (x, side, level) = (case.numbers("x"), alternative(case), level(case));
    let mut got;
    match case.method.as_str() {
        "t_test_one" => got = shown(&t_test_one_sample(&x, case.number("mu").unwrap_or(0.0), side, level)?),
        "t_test_paired" => got = shown(&t_test_paired(&x, &case.numbers("y"), side, level)?),
        _ => {
            let y = case.numbers("y");
            got = shown(&t_test(&x, &y, case.flag("var_equal").unwrap_or(false), side, level)?);
            // R gives the two means.
            got["estimate"] = list([mean(&x), mean(&y)]);
        }
    }
    Ok(got)
}

pub fn rank_tests(case: &Case) -> Got {
    let p = match (case.flag("exact"), case.flag("continuity")) {
        (Some(true), _) => RankP::Exact,
        (_, continuity) => RankP::Normal { continuity: continuity.unwrap_or(true) },
    };
    let (x, y, side) = (case.numbers("x"), case.numbers("y"), alternative(case));
    let test = if case.method == "mann_whitney" {
        mann_whitney(&x, &y, p, side)?
    } else {
        wilcoxon_signed_rank(&x, &y, p, side)?
    };
    Ok(shown(&test))
}

pub fn kolmogorov(case: &Case) -> Got {
    let x = case.numbers("x");
    let p = if case.flag("exact") == Some(true) { KsP::Exact } else { KsP::LimitAsR };
    let test = match case.method.as_str() {
        "lilliefors" => {
            // The note of these cases: the sample is x followed by y, where there is a y.
            let y = if case.params["y"].is_array() { case.numbers("y") } else { Vec::new() };
            lilliefors(&[x, y].concat())?
        }
        "ks_one_sample" => {
            ks_one_sample(&x, case.number("mean").unwrap(), case.number("sd").unwrap(), p, alternative(case))?
        }
        _ => ks_two_sample(&x, &case.numbers("y"), p, alternative(case))?,
    };
    Ok(shown(&test))
}

pub fn shapiro(case: &Case) -> Got {
    Ok(shown(&shapiro_wilk(&case.numbers("x"))?))
}

pub fn variances(case: &Case) -> Got {
    Ok(shown(&f_test(&case.numbers("x"), &case.numbers("y"), alternative(case), level(case))?))
}

pub fn correlations(case: &Case) -> Got {
    let kind = match case.text("kind").unwrap() {
        "spearman" => Correlation::Spearman,
        "kendall" => Correlation::Kendall,
        _ => Correlation::Pearson,
    };
    // R's Pearson has no exact p-value; it takes no notice of the option.
    let exact = case.flag("exact").unwrap_or(false) && kind != Correlation::Pearson;
    let test =
        correlation_p(&case.numbers("x"), &case.numbers("y"), kind, exact, alternative(case), level(case))?;
    Ok(shown(&test))
}

pub fn k_groups(case: &Case) -> Got {
    let (x, group) = (case.text("x").unwrap(), case.text("group").unwrap());
    let table = case.table(&[x, group]);
    let mut levels = table.column(group).to_vec();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let parts: Vec<Vec<f64>> = levels
        .iter()
        .map(|l| {
            (0..table.rows()).filter(|&i| table.column(group)[i] == *l).map(|i| table.column(x)[i]).collect()
        })
        .collect();
    let groups: Vec<&[f64]> = parts.iter().map(Vec::as_slice).collect();
    let spread = |centre| -> Got {
        let t = levene(&groups, centre)?;
        Ok(object(vec![
            ("F", num(t.statistic)),
            ("df1", num(t.df[0])),
            ("df2", num(t.df[1])),
            ("p", num(t.p)),
        ]))
    };
    Ok(object(vec![
        ("kruskal", shown(&kruskal_wallis(&groups)?)),
        ("anova", shown(&anova(&groups)?)),
        ("welch_anova", shown(&welch_anova(&groups)?)),
        ("bartlett", shown(&bartlett(&groups)?)),
        ("fligner", shown(&fligner(&groups)?)),
        ("levene_mean", spread(Centre::Mean)?),
        ("levene_median", spread(Centre::Median)?),
    ]))
}

pub fn contingency(case: &Case) -> Got {
    let counts: Vec<Vec<u64>> =
        matrix(&case.params["table"]).iter().map(|r| r.iter().map(|v| *v as u64).collect()).collect();
    let rows: Vec<&[u64]> = counts.iter().map(Vec::as_slice).collect();
    let table = ContingencyTable::new(&rows)?;
    let mut got = object(vec![
        ("chisq_no_correction", shown(&table.chi_squared(false)?)),
        ("chisq_yates_if_2x2", shown(&table.chi_squared(true)?)),
        ("expected", Value::Array(table.expected().into_iter().map(list).collect())),
        ("g_test", shown(&table.g_test()?)),
    ]);
    let fisher = |side| match table.as_2x2() {
        Some(cells) => {
            let settings =
                FisherExact { alternative: side, precision: RootPrecision::AsR, ..FisherExact::default() };
            fisher_2x2(cells, &settings)
        }
        None => fisher_exact(&rows),
    };
    got["fisher"] = shown(&fisher(Alternative::TwoSided)?);
    got["fisher"]["statistic"] = Value::Array(Vec::new());
    if table.as_2x2().is_some() {
        got["fisher_less"] = num(fisher(Alternative::Less)?.p);
        got["fisher_greater"] = num(fisher(Alternative::Greater)?.p);
        got["mcnemar_exact_p"] = num(table.mcnemar(Mcnemar::Exact)?.p);
    }
    if case.expected["mcnemar"].is_object() {
        got["mcnemar"] = shown(&table.mcnemar(Mcnemar::Corrected)?);
        got["mcnemar_nocc"] = shown(&table.mcnemar(Mcnemar::Plain)?);
    }
    Ok(got)
}

pub fn adjust(case: &Case) -> Got {
    let p = case.numbers("p");
    let all = [
        ("holm", Adjustment::Holm),
        ("hochberg", Adjustment::Hochberg),
        ("hommel", Adjustment::Hommel),
        ("bonferroni", Adjustment::Bonferroni),
        ("BH", Adjustment::BenjaminiHochberg),
        ("BY", Adjustment::BenjaminiYekutieli),
        ("fdr", Adjustment::BenjaminiHochberg),
        ("none", Adjustment::None),
    ];
    let pairs = all.iter().map(|(name, method)| Ok((*name, list(adjusted(&p, *method)?))));
    Ok(object(pairs.collect::<Result<_, Error>>()?))
}

pub fn friedman(case: &Case) -> Got {
    let m = matrix(&case.params["matrix"]);
    let rows: Vec<&[f64]> = m.iter().map(Vec::as_slice).collect();
    Ok(shown(&friedman_test(&rows)?))
}

pub fn scipy(case: &Case) -> Got {
    let (x, y) = (case.numbers("x"), case.numbers("y"));
    let two = Alternative::TwoSided;
    let u = |p| -> Got {
        let t = mann_whitney(&x, &y, p, two)?;
        Ok(object(vec![("U", num(t.statistic)), ("p", num(t.p))]))
    };
    let stat = |t: Test| object(vec![("stat", num(t.statistic)), ("p", num(t.p))]);
    let spread = |centre| -> Got {
        let t = levene(&[&x, &y], centre)?;
        Ok(object(vec![("W", num(t.statistic)), ("p", num(t.p))]))
    };
    let thrice = [x.as_slice(), &x, &x].concat();
    Ok(object(vec![
        ("mwu_exact", u(RankP::ExactIgnoringTies)?),
        ("mwu_asymptotic", u(RankP::Normal { continuity: true })?),
        ("brunner_munzel", stat(brunner_munzel(&x, &y, two)?)),
        ("perm_mean_diff_exact", stat(permutation_mean_difference(&x, &y, two)?)),
        ("cliffs_delta", num(cliffs_delta(&x, &y)?)),
        ("cohens_d", num(cohens_d(&x, &y)?)),
        (
            "levene",
            object(vec![
                ("mean", spread(Centre::Mean)?),
                ("median", spread(Centre::Median)?),
                ("trimmed", spread(Centre::Trimmed(0.05))?),
            ]),
        ),
        ("anderson_A2", num(anderson_statistic(&x)?)),
        ("dagostino_k2_of_x_repeated_3_times", stat(dagostino_pearson(&thrice)?)),
    ]))
}
