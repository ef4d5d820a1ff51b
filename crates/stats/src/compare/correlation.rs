//! Correlations and their tests.

use serde::{Deserialize, Serialize};

use super::{normal_p, sample};
use crate::describe::mean;
use crate::distribution::{normal_upper, t as t_lower, t_two_sided, t_upper};
use crate::error::{Error, require_length, require_level};
use crate::rank::{Ranks, order, ranks};
use crate::result::{Alternative, Interval, Test};

/// Which correlation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Correlation {
    /// Product moment.
    #[default]
    Pearson,
    /// Of ranks, mid-ranks for ties.
    Spearman,
    /// Kendall's τ_b.
    Kendall,
}

/// The coefficient alone. R: `cor(x, y, method)`. Time `O(n log n)`.
///
/// # Errors
/// Lengths that differ, fewer than two pairs, values that are not finite; [`Error::Constant`].
pub fn correlation(x: &[f64], y: &[f64], kind: Correlation) -> Result<f64, Error> {
    require_length("y", y.len(), x.len())?;
    sample("x", x, 2)?;
    sample("y", y, 2)?;
    match kind {
        Correlation::Pearson => pearson(x, y),
        Correlation::Spearman => pearson(&ranks(x).ranks, &ranks(y).ranks),
        Correlation::Kendall => Ok(Kendall::new(x, y)?.tau()),
    }
}

fn pearson(x: &[f64], y: &[f64]) -> Result<f64, Error> {
    let (mx, my) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        let (a, b) = (a - mx, b - my);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    for (what, square, values) in [("x", xx, x), ("y", yy, y)] {
        if square <= 0.0 {
            return Err(Error::Constant { what: what.to_owned(), value: values[0] });
        }
    }
    Ok((xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// Correlation with its test.
///
/// R: `cor.test(x, y, method, exact)`. `exact` asks for exact p-values of Spearman's and Kendall's coefficient
/// without ties (Spearman: permutations up to 9 pairs, Edgeworth's series beyond, as R); with ties, and otherwise,
/// Spearman's comes from t and Kendall's from the normal distribution. The statistic is t for Pearson, `S` for
/// Spearman, z for Kendall (`T`, the number of concordant pairs, when exact).
///
/// # Errors
/// As [`correlation`]; fewer than three pairs; an exact p-value asked for data with ties.
///
/// ```
/// use radiomics_stats::{Alternative, compare::{Correlation, correlation_p}};
/// let x = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let y = [2.0, 1.0, 4.0, 3.0, 5.0];
/// let test = correlation_p(&x, &y, Correlation::Spearman, false, Alternative::TwoSided, 0.95)?;
/// assert!(test.estimate.is_some_and(|r| (r - 0.8).abs() < 1e-15));
/// # Ok::<(), radiomics_stats::Error>(())
/// ```
pub fn correlation_p(
    x: &[f64],
    y: &[f64],
    kind: Correlation,
    exact: bool,
    alternative: Alternative,
    level: f64,
) -> Result<Test, Error> {
    require_level(level)?;
    let r = correlation(x, y, kind)?;
    let least = if kind == Correlation::Kendall { 2 } else { 3 };
    sample("x", x, least)?;
    let n = x.len() as f64;
    let by_t = |r: f64| {
        let df = n - 2.0;
        let t = (df).sqrt() * r / (1.0 - r * r).sqrt();
        let p = match alternative {
            Alternative::TwoSided => t_two_sided(t, df),
            Alternative::Less => t_lower(t, df),
            Alternative::Greater => t_upper(t, df),
        };
        (t, df, p)
    };
    let plain = |method, statistic, p| {
        Test::plain(method, statistic, p, vec![x.len()]).against(alternative).estimating(r, None)
    };
    match kind {
        Correlation::Pearson => {
            let (t, df, p) = by_t(r);
            let interval = (x.len() > 3).then(|| fisher_interval(r, n, alternative, level));
            Ok(Test { interval, ..plain("Pearson's correlation", t, p).with_df(&[df]) })
        }
        Correlation::Spearman => {
            let statistic = (n * n * n - n) * (1.0 - r) / 6.0;
            if !exact {
                return Ok(plain("Spearman's rank correlation (t)", statistic, by_t(r).2));
            }
            refuse_ties(&[ranks(x), ranks(y)])?;
            let s = statistic.round();
            let p = match alternative {
                Alternative::TwoSided => {
                    let lower_side = s <= (n * n * n - n) / 6.0;
                    let one =
                        if lower_side { spearman_lower(s, x.len()) } else { spearman_upper(s, x.len()) };
                    (2.0 * one).min(1.0)
                }
                Alternative::Greater => spearman_lower(s, x.len()),
                Alternative::Less => spearman_upper(s, x.len()),
            };
            Ok(plain("Spearman's rank correlation (exact)", s, p))
        }
        Correlation::Kendall => {
            let kendall = Kendall::new(x, y)?;
            if !exact {
                let z = kendall.z();
                return Ok(plain("Kendall's rank correlation (normal)", z, normal_p(z, alternative)));
            }
            refuse_ties(&[ranks(x), ranks(y)])?;
            let concordant = kendall.concordant;
            let law = kendall_law(x.len());
            let lower = |t: u64| law.iter().take(t as usize + 1).sum::<f64>();
            let upper = |t: u64| law.iter().skip(t as usize).sum::<f64>();
            let p = match alternative {
                Alternative::TwoSided => (2.0 * lower(concordant).min(upper(concordant))).min(1.0),
                Alternative::Less => lower(concordant),
                Alternative::Greater => upper(concordant),
            };
            Ok(plain("Kendall's rank correlation (exact)", concordant as f64, p))
        }
    }
}

fn refuse_ties(both: &[Ranks]) -> Result<(), Error> {
    if both.iter().any(Ranks::any_ties) {
        return super::undefined(
            "an exact p-value of a rank correlation",
            "there are ties; ask for the approximate one",
        );
    }
    Ok(())
}

/// Fisher's z.
fn fisher_interval(r: f64, n: f64, alternative: Alternative, level: f64) -> Interval {
    let se = 1.0 / (n - 3.0).sqrt();
    match alternative {
        Alternative::TwoSided => Interval::normal(r.atanh(), se, level).map(f64::tanh),
        one => {
            let z = crate::distribution::normal_quantile(level) * se;
            let (lower, upper) = if one == Alternative::Less {
                (-1.0, (r.atanh() + z).tanh())
            } else {
                ((r.atanh() - z).tanh(), 1.0)
            };
            Interval { lower, upper, level }
        }
    }
}

/// Counts behind Kendall's coefficient: Knight 1966, one sort and one merge sort.
struct Kendall {
    n: f64,
    concordant: u64,
    /// Concordant minus discordant pairs.
    score: f64,
    x: Vec<u32>,
    y: Vec<u32>,
}

impl Kendall {
    fn new(x: &[f64], y: &[f64]) -> Result<Self, Error> {
        let (rx, ry) = (ranks(x), ranks(y));
        for (what, ties, values) in [("x", &rx.ties, x), ("y", &ry.ties, y)] {
            if ties.len() < 2 {
                return Err(Error::Constant { what: what.to_owned(), value: values[0] });
            }
        }
        // By x, then by y; then every inversion of y is a discordant pair.
        let by_y = order(y);
        let mut place = vec![0u32; y.len()];
        for (p, &i) in by_y.iter().enumerate() {
            place[i as usize] = p as u32;
        }
        let mut index: Vec<u32> = (0..x.len() as u32).collect();
        index.sort_by(|&a, &b| {
            rx.ranks[a as usize]
                .total_cmp(&rx.ranks[b as usize])
                .then(place[a as usize].cmp(&place[b as usize]))
        });
        let mut values: Vec<f64> = index.iter().map(|&i| ry.ranks[i as usize]).collect();
        let mut tied_both = 0u64;
        for run in index.chunk_by(|&a, &b| {
            rx.ranks[a as usize] == rx.ranks[b as usize] && ry.ranks[a as usize] == ry.ranks[b as usize]
        }) {
            tied_both += pairs(run.len() as u64);
        }
        let discordant = inversions(&mut values);
        let tied = |t: &[u32]| t.iter().map(|&t| pairs(u64::from(t))).sum::<u64>();
        let (tied_x, tied_y) = (tied(&rx.ties), tied(&ry.ties));
        let all = pairs(x.len() as u64);
        let concordant = all + tied_both - tied_x - tied_y - discordant;
        let score = concordant as f64 - discordant as f64;
        Ok(Self { n: x.len() as f64, concordant, score, x: rx.ties, y: ry.ties })
    }

    fn tau(&self) -> f64 {
        let all = self.n * (self.n - 1.0) / 2.0;
        let tied = |t: &[u32]| t.iter().map(|&t| pairs(u64::from(t))).sum::<u64>() as f64;
        self.score / (all - tied(&self.x)).sqrt() / (all - tied(&self.y)).sqrt()
    }

    fn z(&self) -> f64 {
        let n = self.n;
        let sum = |t: &[u32], f: fn(f64) -> f64| t.iter().map(|&t| f(f64::from(t))).sum::<f64>();
        let v = |t: f64| t * (t - 1.0) * (2.0 * t + 5.0);
        let two = |t: f64| t * (t - 1.0);
        let three = |t: f64| t * (t - 1.0) * (t - 2.0);
        let mut variance = (v(n) - sum(&self.x, v) - sum(&self.y, v)) / 18.0
            + sum(&self.x, two) * sum(&self.y, two) / (2.0 * n * (n - 1.0));
        if n > 2.0 {
            variance += sum(&self.x, three) * sum(&self.y, three) / (9.0 * n * (n - 1.0) * (n - 2.0));
        }
        self.score / variance.sqrt()
    }
}

fn pairs(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// Sorts and counts pairs out of order.
fn inversions(values: &mut [f64]) -> u64 {
    let n = values.len();
    let mut buffer = values.to_vec();
    let mut count = 0;
    let mut width = 1;
    while width < n {
        for start in (0..n).step_by(2 * width) {
            let (middle, end) = ((start + width).min(n), (start + 2 * width).min(n));
            let (mut i, mut j) = (start, middle);
            for slot in &mut buffer[start..end] {
                if i < middle && (j >= end || values[i] <= values[j]) {
                    *slot = values[i];
                    i += 1;
                } else {
                    *slot = values[j];
                    j += 1;
                    count += (middle - i) as u64;
                }
            }
        }
        values.copy_from_slice(&buffer);
        width *= 2;
    }
    count
}

/// Distribution of the number of concordant pairs of `n` in random order.
fn kendall_law(n: usize) -> Vec<f64> {
    let mut law = vec![1.0];
    for k in 2..=n {
        let mut next = vec![0.0; law.len() + k - 1];
        for (i, p) in law.iter().enumerate() {
            for slot in &mut next[i..i + k] {
                *slot += p / k as f64;
            }
        }
        law = next;
    }
    law
}

/// `P(S ≤ s)`; `S` takes even values only.
fn spearman_lower(s: f64, n: usize) -> f64 {
    1.0 - spearman_upper(s + 2.0, n)
}

/// `P(S ≥ s)`: all permutations for up to 9 pairs, else Edgeworth's series (Best and Roberts 1975, AS 89).
fn spearman_upper(s: f64, n: usize) -> f64 {
    let nf = n as f64;
    if s <= 0.0 {
        return 1.0;
    }
    if s > (nf * nf * nf - nf) / 3.0 {
        return 0.0;
    }
    if n <= 9 {
        let mut order: Vec<usize> = (0..n).collect();
        let (mut hits, mut all) = (0u32, 0u32);
        permutations(&mut order, 0, &mut |o| {
            let sum: usize = o.iter().enumerate().map(|(i, &v)| i.abs_diff(v).pow(2)).sum();
            all += 1;
            hits += u32::from(sum as f64 >= s - 0.5);
        });
        return f64::from(hits) / f64::from(all);
    }
    let b = 1.0 / nf;
    let x = (6.0 * (s - 1.0) * b / (nf * nf - 1.0) - 1.0) * (1.0 / b - 1.0).sqrt();
    let y = x * x;
    let u = x
        * b
        * (0.2274
            + b * (0.2531 + 0.1745 * b)
            + y * (-0.0758 + b * (0.1033 + 0.3932 * b)
                - y * b * (0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y)))));
    (u / (y / 2.0).exp() + normal_upper(x)).clamp(0.0, 1.0)
}

fn permutations(order: &mut Vec<usize>, at: usize, visit: &mut impl FnMut(&[usize])) {
    if at == order.len() {
        visit(order);
        return;
    }
    for i in at..order.len() {
        order.swap(at, i);
        permutations(order, at + 1, visit);
        order.swap(at, i);
    }
}
