//! The table of a fitted model, as R prints it.

use std::fmt;

use radiomics_stats::Test;
use serde::Serialize;

use super::fit::{Convergence, CoxFit, HazardRatio};
use crate::Error;
use crate::concordance::Concordance;

/// Everything that R's `summary(coxph(...))` shows. [`Display`](fmt::Display) prints it in R's layout.
#[derive(Clone, Debug, Serialize)]
pub struct CoxSummary {
    /// Number of rows.
    pub n: usize,
    /// Number of events.
    pub events: usize,
    /// Confidence level of the intervals.
    pub level: f64,
    /// One line for each column.
    pub coefficients: Vec<HazardRatio>,
    /// Harrell's C with its standard error.
    pub concordance: Concordance,
    /// Likelihood-ratio test.
    pub likelihood_ratio: Test,
    /// Wald test.
    pub wald: Test,
    /// Score test.
    pub score: Test,
    /// Robust score test, where the covariance is robust.
    pub robust_score: Option<Test>,
    /// How the iteration ended.
    pub convergence: Convergence,
}

impl CoxFit {
    /// Coefficients, intervals and tests in one. R: `summary(fit, conf.int = level)`.
    ///
    /// # Errors
    /// A level outside 0..1; no two patients whose order can be compared.
    pub fn summary(&self, level: f64) -> Result<CoxSummary, Error> {
        Ok(CoxSummary {
            n: self.n,
            events: self.events,
            level,
            coefficients: self.hazard_ratios(level)?,
            concordance: self.concordance()?,
            likelihood_ratio: self.likelihood_ratio_test(),
            wald: self.wald_test(),
            score: self.score_test(),
            robust_score: self.robust_score_test(),
            convergence: self.convergence.clone(),
        })
    }
}

impl fmt::Display for CoxSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  n= {}, number of events= {}\n", self.n, self.events)?;
        let width = self.coefficients.iter().map(|h| h.name.chars().count()).max().unwrap_or(0);
        let robust = self.robust_score.is_some();
        write!(f, "{:width$} {:>10} {:>10} {:>10}", "", "coef", "exp(coef)", "se(coef)")?;
        if robust {
            write!(f, " {:>10}", "robust se")?;
        }
        writeln!(f, " {:>8} {:>10}", "z", "Pr(>|z|)")?;
        for h in &self.coefficients {
            write!(f, "{:width$} {:>10.6} {:>10.6} {:>10.6}", h.name, h.coefficient, h.ratio, h.se)?;
            if let Some(se) = h.robust_se {
                write!(f, " {se:>10.6}")?;
            }
            writeln!(f, " {:>8.3} {:>10}", h.z, p_value(h.p))?;
        }
        let percent = 100.0 * self.level;
        writeln!(f)?;
        writeln!(
            f,
            "{:width$} {:>10} {:>10} {:>10} {:>10}",
            "",
            "exp(coef)",
            "exp(-coef)",
            format!("lower {percent}%"),
            format!("upper {percent}%")
        )?;
        for h in &self.coefficients {
            writeln!(
                f,
                "{:width$} {:>10.4} {:>10.4} {:>10.4} {:>10.4}",
                h.name,
                h.ratio,
                (-h.coefficient).exp(),
                h.interval.lower,
                h.interval.upper
            )?;
        }
        writeln!(
            f,
            "\nConcordance= {:.3}  (se = {:.3})",
            self.concordance.estimate, self.concordance.std_err
        )?;
        let tests = [
            ("Likelihood ratio test", Some(&self.likelihood_ratio)),
            ("Wald test", Some(&self.wald)),
            ("Score (log-rank) test", self.robust_score.is_none().then_some(&self.score)),
            ("Robust score test", self.robust_score.as_ref()),
        ];
        for (name, test) in tests {
            if let Some(test) = test {
                let df = test.df.first().copied().unwrap_or(f64::NAN);
                writeln!(f, "{name:21}= {:.2}  on {df:.3} df,   p={}", test.statistic, p_value(test.p))?;
            }
        }
        match &self.convergence {
            Convergence::Converged => Ok(()),
            Convergence::Unbounded { columns } => {
                writeln!(f, "The likelihood rises without bound along {}.", columns.join(", "))
            }
            Convergence::IterationLimit => writeln!(f, "The iteration did not converge."),
        }
    }
}

/// Three significant digits.
fn p_value(p: f64) -> String {
    if p >= 1e-3 { format!("{p:.4}") } else { format!("{p:.2e}") }
}
