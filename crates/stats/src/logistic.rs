//! Logistic regression by iteratively weighted least squares, with Wald and profile intervals.

use serde::Serialize;

use crate::distribution::{
    chi_squared_quantile, chi_squared_quantile_upper, normal_quantile_upper, normal_two_sided,
};
use crate::error::{Error, require_count, require_finite, require_length, require_level};
use crate::linalg::Cholesky;
use crate::result::Interval;
use crate::root::zero;
use crate::spline;

const MAX_ITERATIONS: usize = 60;

/// A fitted model. Coefficients start with the intercept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Logistic {
    /// Names, the first is `(Intercept)`.
    pub names: Vec<String>,
    /// Coefficients: logarithms of odds ratios.
    pub coefficients: Vec<f64>,
    /// Covariance matrix, row by row.
    pub covariance: Vec<f64>,
    /// Fitted probabilities.
    pub fitted: Vec<f64>,
    /// Logarithm of the likelihood.
    pub log_likelihood: f64,
    /// The same with the intercept (and offset) alone.
    pub null_log_likelihood: f64,
    /// Newton steps made.
    pub iterations: usize,
    #[serde(skip)]
    design: Design,
}

#[derive(Clone, Debug, PartialEq)]
struct Design {
    /// Columns, the first all 1.
    columns: Vec<Vec<f64>>,
    outcome: Vec<bool>,
    offset: Vec<f64>,
}

impl Logistic {
    /// Fits `outcome ~ 1 + columns`. R: `glm(y ~ ., family = binomial)`.
    ///
    /// # Errors
    /// Lengths that differ, values that are not finite, one class only; [`Error::Constant`] and
    /// [`Error::Collinear`] with the column's name; [`Error::Separation`] where the likelihood has no maximum;
    /// [`Error::NotConverged`].
    ///
    /// ```
    /// use radiomics_stats::logistic::Logistic;
    /// let y = [false, false, true, false, true, true, false, true];
    /// let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 3.5, 2.5];
    /// let fit = Logistic::fit(&y, &[("x", &x)])?;
    /// let or = fit.odds_ratios();
    /// assert!(or[1] > 1.0);
    /// # Ok::<(), radiomics_stats::Error>(())
    /// ```
    pub fn fit(outcome: &[bool], columns: &[(&str, &[f64])]) -> Result<Self, Error> {
        Self::fit_with_offset(outcome, columns, &[])
    }

    /// The same with an offset in the linear predictor. R: `glm(y ~ x + offset(o), family = binomial)`.
    ///
    /// # Errors
    /// As [`Self::fit`].
    pub fn fit_with_offset(
        outcome: &[bool],
        columns: &[(&str, &[f64])],
        offset: &[f64],
    ) -> Result<Self, Error> {
        crate::roc::require_both_classes(outcome)?;
        let n = outcome.len();
        require_count("patients", n, columns.len() + 1)?;
        let offset = if offset.is_empty() { vec![0.0; n] } else { offset.to_vec() };
        require_length("offset", offset.len(), n)?;
        require_finite("offset", &offset)?;
        let mut names = vec!["(Intercept)".to_owned()];
        let mut design = vec![vec![1.0; n]];
        for (name, values) in columns {
            require_length(name, values.len(), n)?;
            require_finite(name, values)?;
            if values.iter().all(|v| *v == values[0]) {
                return Err(Error::Constant { what: format!("column {name}"), value: values[0] });
            }
            names.push((*name).to_owned());
            design.push(values.to_vec());
        }
        let design = Design { columns: design, outcome: outcome.to_vec(), offset };
        let null = Design {
            columns: design.columns[..1].to_vec(),
            outcome: design.outcome.clone(),
            offset: design.offset.clone(),
        };
        let null_fit = null.newton(&names[..1], None)?;
        let fit = design.newton(&names, None)?;
        let covariance = fit.information.inverse();
        Ok(Self {
            fitted: fit.fitted,
            coefficients: fit.beta,
            covariance,
            log_likelihood: fit.log_likelihood,
            null_log_likelihood: null_fit.log_likelihood,
            iterations: fit.iterations,
            names,
            design,
        })
    }

    /// Standard errors. R: `sqrt(diag(vcov(fit)))`.
    pub fn standard_errors(&self) -> Vec<f64> {
        let p = self.coefficients.len();
        (0..p).map(|j| self.covariance[j * p + j].sqrt()).collect()
    }

    /// Wald z of each coefficient. R: `coef(summary(fit))[, "z value"]`.
    pub fn z(&self) -> Vec<f64> {
        self.coefficients.iter().zip(self.standard_errors()).map(|(b, se)| b / se).collect()
    }

    /// Two-sided p of each coefficient. R: `coef(summary(fit))[, "Pr(>|z|)"]`.
    pub fn p(&self) -> Vec<f64> {
        self.z().into_iter().map(normal_two_sided).collect()
    }

    /// Odds ratios. R: `exp(coef(fit))`.
    pub fn odds_ratios(&self) -> Vec<f64> {
        self.coefficients.iter().map(|b| b.exp()).collect()
    }

    /// Wald intervals of the coefficients. R: `confint.default(fit)`; take `exp` for odds ratios.
    ///
    /// # Errors
    /// A level outside 0..1.
    pub fn wald_intervals(&self, level: f64) -> Result<Vec<Interval>, Error> {
        require_level(level)?;
        let se = self.standard_errors();
        Ok(self.coefficients.iter().zip(se).map(|(b, se)| Interval::normal(*b, se, level)).collect())
    }

    /// Profile likelihood interval of one coefficient: the limits themselves, where R's `confint(fit)` interpolates (they
    /// agree to about 1e-3; [`interpolated_profile_interval`](Self::interpolated_profile_interval) gives R's). A limit that
    /// does not exist is infinite.
    ///
    /// # Errors
    /// A level outside 0..1, a position that is no coefficient.
    pub fn profile_interval(&self, index: usize, level: f64) -> Result<Interval, Error> {
        require_level(level)?;
        self.require_index(index)?;
        let estimate = self.coefficients[index];
        let se = self.standard_errors()[index];
        let drop = 0.5 * chi_squared_quantile(level, 1.0);
        let names: Vec<String> = self.names.clone();
        let below = |value: f64| {
            let ll = self.design.newton(&names, Some((index, value, &self.coefficients)));
            ll.map_or(f64::NAN, |fit| fit.log_likelihood - self.log_likelihood + drop)
        };
        let limit = |sign: f64| {
            let mut far = 2.0;
            for _ in 0..12 {
                let end = estimate + sign * far * se;
                if below(end) < 0.0 {
                    return zero(below, estimate, end, 1e-10 * se).unwrap_or(f64::NAN);
                }
                far *= 1.6;
            }
            sign * f64::INFINITY
        };
        Ok(Interval { lower: limit(-1.0), upper: limit(1.0), level })
    }

    /// Profile likelihood interval of one coefficient as R finds it: the signed root of the drop of the deviance at steps of
    /// a fifth of the largest root needed, in standard errors, a cubic spline through them, and a line between the points
    /// of the spline. A limit beyond the steps (R takes nine at most) is NaN.
    ///
    /// R: `confint(fit, parm, level)` (`MASS::confint.glm`).
    ///
    /// # Errors
    /// As [`profile_interval`](Self::profile_interval); a model at a step that does not converge.
    pub fn interpolated_profile_interval(&self, index: usize, level: f64) -> Result<Interval, Error> {
        require_level(level)?;
        self.require_index(index)?;
        let tail = 0.25 * (1.0 - level);
        let farthest = chi_squared_quantile_upper(tail, 1.0).sqrt();
        let step = 0.2 * farthest * self.standard_errors()[index];
        let mut points = vec![(0.0, self.coefficients[index])];
        for sign in [-1.0, 1.0] {
            let mut near = self.coefficients.clone();
            for k in 1..10 {
                let value = self.coefficients[index] + sign * f64::from(k) * step;
                let fit = self.design.newton(&self.names, Some((index, value, &near)))?;
                let root = (2.0 * (self.log_likelihood - fit.log_likelihood)).max(0.0).sqrt();
                points.push((sign * root, value));
                near = fit.beta;
                if root >= farthest {
                    break;
                }
            }
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (roots, values): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let (at, root) = spline::through(&values, &roots, 3 * values.len());
        let cut = normal_quantile_upper(0.5 * (1.0 - level));
        Ok(Interval {
            lower: spline::crossing(&root, &at, -cut),
            upper: spline::crossing(&root, &at, cut),
            level,
        })
    }

    fn require_index(&self, index: usize) -> Result<(), Error> {
        if index < self.coefficients.len() {
            return Ok(());
        }
        Err(Error::Setting {
            name: "coefficient",
            value: index.to_string(),
            expected: "a position among the coefficients",
        })
    }

    /// `−2 ln L`. R: `deviance(fit)`.
    pub fn deviance(&self) -> f64 {
        -2.0 * self.log_likelihood
    }

    /// The same for the intercept alone. R: `fit$null.deviance`.
    pub fn null_deviance(&self) -> f64 {
        -2.0 * self.null_log_likelihood
    }

    /// `−2 ln L + 2 p`. R: `AIC(fit)`.
    pub fn aic(&self) -> f64 {
        self.deviance() + 2.0 * self.coefficients.len() as f64
    }

    /// `−2 ln L + p ln n`. R: `BIC(fit)`.
    pub fn bic(&self) -> f64 {
        self.deviance() + self.coefficients.len() as f64 * (self.fitted.len() as f64).ln()
    }

    /// McFadden's `1 − ln L / ln L₀`. R: `pscl::pR2(fit)["McFadden"]`.
    pub fn mcfadden_r2(&self) -> f64 {
        1.0 - self.log_likelihood / self.null_log_likelihood
    }

    /// Probabilities of new patients, columns in the order of the fit. R: `predict(fit, new, type = "response")`.
    ///
    /// # Errors
    /// Columns that differ in number or length, values that are not finite.
    pub fn predict(&self, columns: &[&[f64]]) -> Result<Vec<f64>, Error> {
        require_length("columns", columns.len(), self.coefficients.len() - 1)?;
        let n = columns.first().map_or(0, |c| c.len());
        for c in columns {
            require_length("a column", c.len(), n)?;
            require_finite("column", c)?;
        }
        Ok((0..n)
            .map(|i| {
                let eta = columns
                    .iter()
                    .zip(&self.coefficients[1..])
                    .fold(self.coefficients[0], |sum, (c, b)| sum + c[i] * b);
                sigmoid(eta)
            })
            .collect())
    }
}

/// `1 / (1 + e^−x)`. R: `plogis(x)`; Python: `scipy.special.expit(x)`.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `ln(1 + e^x)` without overflow. Python: `numpy.logaddexp(0, x)`.
pub fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// `ln(p / (1 − p))`. R: `qlogis(p)`; Python: `scipy.special.logit(p)`.
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

struct Fit {
    beta: Vec<f64>,
    fitted: Vec<f64>,
    log_likelihood: f64,
    information: Cholesky,
    iterations: usize,
}

impl Design {
    fn eta(&self, beta: &[f64]) -> Vec<f64> {
        let mut eta = self.offset.clone();
        for (column, b) in self.columns.iter().zip(beta) {
            for (e, v) in eta.iter_mut().zip(column) {
                *e += v * b;
            }
        }
        eta
    }

    fn log_likelihood(&self, eta: &[f64]) -> f64 {
        eta.iter().zip(&self.outcome).map(|(e, o)| -softplus(if *o { -e } else { *e })).sum()
    }

    /// Newton's method with step halving. `fixed` holds one coefficient at a value and gives a start.
    fn newton(&self, names: &[String], fixed: Option<(usize, f64, &[f64])>) -> Result<Fit, Error> {
        let p = self.columns.len();
        let mut beta = vec![0.0; p];
        match fixed {
            Some((index, value, start)) => {
                beta.copy_from_slice(start);
                beta[index] = value;
            }
            None => {
                let share = self.outcome.iter().filter(|o| **o).count() as f64 / self.outcome.len() as f64;
                beta[0] = logit(share);
            }
        }
        let mut eta = self.eta(&beta);
        let mut ll = self.log_likelihood(&eta);
        let mut change = f64::INFINITY;
        for iteration in 0..=MAX_ITERATIONS {
            let fitted: Vec<f64> = eta.iter().map(|e| sigmoid(*e)).collect();
            let (mut score, information) = self.derivatives(&fitted);
            let decomposed = Cholesky::new(&self.scaled(&information, fixed.map(|f| f.0)), p, 1e-11);
            if change < 1e-9 {
                let unscaled = Cholesky::new(&information, p, 0.0);
                return Ok(Fit {
                    beta,
                    fitted,
                    log_likelihood: ll,
                    information: unscaled,
                    iterations: iteration,
                });
            }
            if iteration == 0
                && fixed.is_none()
                && let Some(column) = decomposed.first_aliased()
            {
                return Err(Error::Collinear { column: names[column].clone() });
            }
            if let Some((index, ..)) = fixed {
                score[index] = 0.0;
            }
            // The system is solved with unit diagonal, which keeps columns of any scale apart.
            let scale: Vec<f64> = (0..p).map(|j| information[j * p + j].sqrt()).collect();
            let mut step: Vec<f64> = score.iter().zip(&scale).map(|(s, d)| s / d).collect();
            decomposed.solve(&mut step);
            step.iter_mut().zip(&scale).for_each(|(s, d)| *s /= d);
            let mut fraction = 1.0;
            loop {
                let next: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + fraction * s).collect();
                let next_eta = self.eta(&next);
                let next_ll = self.log_likelihood(&next_eta);
                if next_ll >= ll - 1e-12 * ll.abs() || fraction < 1e-6 {
                    change = eta.iter().zip(&next_eta).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    (beta, eta) = (next, next_eta);
                    ll = next_ll;
                    break;
                }
                fraction *= 0.5;
            }
            // Far out and still walking: the likelihood has no maximum.
            let far = eta.iter().any(|e| e.abs() > 25.0);
            if far && change > 0.1 && fixed.is_none() && iteration > 8 {
                let sd = |c: &[f64]| crate::describe::sd(c);
                let sizes: Vec<f64> =
                    step.iter().zip(&self.columns).map(|(s, c)| (s * sd(c)).abs()).collect();
                let most = sizes.iter().copied().fold(0.0, f64::max);
                let columns = (1..p).filter(|&j| sizes[j] > 0.1 * most).map(|j| names[j].clone()).collect();
                return Err(Error::Separation { columns });
            }
        }
        Err(Error::NotConverged {
            what: "logistic regression".to_owned(),
            iterations: MAX_ITERATIONS,
            change,
        })
    }

    /// Score and information (row by row).
    fn derivatives(&self, fitted: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let p = self.columns.len();
        let residual: Vec<f64> =
            fitted.iter().zip(&self.outcome).map(|(f, o)| f64::from(u8::from(*o)) - f).collect();
        let score = self.columns.iter().map(|c| c.iter().zip(&residual).map(|(x, r)| x * r).sum()).collect();
        let mut information = vec![0.0; p * p];
        for j in 0..p {
            let weighted: Vec<f64> =
                self.columns[j].iter().zip(fitted).map(|(x, f)| x * f * (1.0 - f)).collect();
            for k in 0..=j {
                let sum: f64 = weighted.iter().zip(&self.columns[k]).map(|(a, b)| a * b).sum();
                information[j * p + k] = sum;
                information[k * p + j] = sum;
            }
        }
        (score, information)
    }

    /// Information with unit diagonal; a fixed coefficient is cut out.
    fn scaled(&self, information: &[f64], fixed: Option<usize>) -> Vec<f64> {
        let p = self.columns.len();
        let mut scaled = information.to_vec();
        for j in 0..p {
            for k in 0..p {
                scaled[j * p + k] /= (information[j * p + j] * information[k * p + k]).sqrt();
                if j != k && (fixed == Some(j) || fixed == Some(k)) {
                    scaled[j * p + k] = 0.0;
                }
            }
        }
        scaled
    }
}
