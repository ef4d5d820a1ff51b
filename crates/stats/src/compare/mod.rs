//! Hypothesis tests. Every one takes plain slices and gives a [`Test`](crate::Test) that names itself.

mod chi_squared;
mod correlation;
mod fisher;
mod fisher_rxc;
mod k_groups;
mod kolmogorov;
mod mann_whitney;
mod normality;
mod permutation;
mod signed_rank;
mod t;
mod variance;

pub use self::chi_squared::{ContingencyTable, Mcnemar};
pub use self::correlation::{Correlation, correlation, correlation_p};
pub use self::fisher::{FisherExact, fisher_2x2};
pub use self::fisher_rxc::fisher_exact;
pub use self::k_groups::{anova, friedman, kruskal_wallis, welch_anova};
pub use self::kolmogorov::{KsP, ks_one_sample, ks_two_sample, lilliefors};
pub use self::mann_whitney::{RankP, brunner_munzel, cliffs_delta, mann_whitney};
pub use self::normality::{anderson_darling, anderson_statistic, dagostino_pearson, shapiro_wilk};
pub use self::permutation::permutation_mean_difference;
pub use self::signed_rank::wilcoxon_signed_rank;
pub use self::t::{cohens_d, t_test, t_test_one_sample, t_test_paired};
pub use self::variance::{Centre, bartlett, f_test, fligner, levene};

use crate::distribution::{normal, normal_two_sided, normal_upper};
use crate::error::{Error, require_count, require_finite};
use crate::result::Alternative;

/// p of a standard normal statistic.
pub(crate) fn normal_p(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => normal_two_sided(z),
        Alternative::Less => normal(z),
        Alternative::Greater => normal_upper(z),
    }
}

/// At least `needed` finite values.
pub(crate) fn sample(what: &str, values: &[f64], needed: usize) -> Result<(), Error> {
    require_count(what, values.len(), needed)?;
    require_finite(what, values)
}

pub(crate) fn undefined<T>(what: &str, why: &str) -> Result<T, Error> {
    Err(Error::Undefined { what: what.to_owned(), why: why.to_owned() })
}
