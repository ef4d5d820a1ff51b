//! Figures of SHAP values: of all patients (beeswarm, bars, dependence) and of one (force, waterfall).

mod beeswarm;
mod dependence;
mod force;
mod importance;
mod waterfall;

pub use self::{
    beeswarm::{Beeswarm, ShapFeature},
    dependence::Dependence,
    force::Force,
    importance::{Importance, ImportanceBar},
    waterfall::Waterfall,
};

use crate::{Error, check::Check};

/// What one feature adds to one prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Name of the feature.
    pub name: String,
    /// Its value in this patient, as it is printed; empty prints the name alone.
    pub value: String,
    /// SHAP value.
    pub shap: f64,
}

impl Contribution {
    /// A contribution.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>, shap: f64) -> Self {
        Self { name: name.into(), value: value.into(), shap }
    }

    /// A contribution of a feature with a number as its value, printed with three significant digits.
    #[must_use]
    pub fn of(name: impl Into<String>, value: f64, shap: f64) -> Self {
        Self::new(name, crate::format::short(value), shap)
    }

    fn label(&self) -> String {
        if self.value.is_empty() { self.name.clone() } else { format!("{} = {}", self.name, self.value) }
    }
}

/// The `most` greatest contributions by absolute value, greatest first, and the others as one.
fn greatest(contributions: &[Contribution], most: usize) -> Vec<Contribution> {
    let mut sorted: Vec<Contribution> = contributions.to_vec();
    sorted.sort_by(|a, b| b.shap.abs().total_cmp(&a.shap.abs()));
    if sorted.len() > most.max(1) {
        let rest: Vec<Contribution> = sorted.split_off(most.max(2) - 1);
        let sum = rest.iter().map(|c| c.shap).sum();
        sorted.push(Contribution::new(format!("{} other features", rest.len()), "", sum));
    }
    sorted
}

fn check(title: &str, base: f64, contributions: &[Contribution]) -> Result<(), Error> {
    let check = Check(title);
    check.finite("base value", base)?;
    check.some("contributions", contributions)?;
    contributions.iter().try_for_each(|c| check.finite(&format!("SHAP value of \"{}\"", c.name), c.shap))
}

/// With its sign, three significant digits.
fn signed(v: f64) -> String {
    let text = crate::format::short(v);
    if v > 0.0 { format!("+{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // merging the small ones loses nothing of the sum
    fn the_rest_is_one_contribution() {
        let all: Vec<Contribution> =
            (0..20).map(|i| Contribution::new(format!("f{i}"), "", f64::from(i) - 9.0)).collect();
        let shown = greatest(&all, 6);
        assert_eq!(shown.len(), 6);
        assert_eq!(shown[5].name, "15 other features");
        let sum = |c: &[Contribution]| c.iter().map(|c| c.shap).sum::<f64>();
        assert!((sum(&all) - sum(&shown)).abs() < 1e-12);
        assert_eq!(greatest(&all, 20).len(), 20);
    }
}
