//! The exact partial likelihood of tied times (conditional logistic likelihood).
//!
//! With `d` events among those at risk, the likelihood of one time is `Π r_dead / B(d, n)`, where `B(d, n)` sums `Π r` over all
//! subsets of `d` patients. The recursion of Gail, Lubin and Rubinstein (1981), with `r` scaled to mean `ρ` and every `B`
//! divided by the number of its subsets so that nothing overflows,
//!
//! `b(d, n) = (1 − d/n) b(d, n − 1) + (d/n) (r_n/ρ) b(d − 1, n − 1)`,
//!
//! carries the first two derivatives along. Without late entry one recursion over a stratum, from the last patient to the
//! first, serves all its times.

use super::layout::Layout;
use super::sweep::Derivatives;

/// Sums over subsets of 0, 1, … patients among those added so far, with derivatives.
struct Subsets {
    p: usize,
    /// Values of one subset size: `b`, then `p` first and `p (p + 1) / 2` second derivatives.
    width: usize,
    /// The largest size kept.
    most: usize,
    values: Vec<f64>,
    count: usize,
    total: f64,
    scale: f64,
}

impl Subsets {
    fn new(p: usize, most: usize) -> Self {
        let width = 1 + p + p * (p + 1) / 2;
        let mut values = vec![0.0; (most + 1) * width];
        values[0] = 1.0;
        Self { p, width, most, values, count: 0, total: 0.0, scale: 1.0 }
    }

    /// Brings the scale near the mean of the `r` added so far.
    fn rescale(&mut self) {
        let mean = self.total / self.count as f64;
        let ratio = self.scale / mean;
        if !ratio.is_finite() || ratio <= 0.0 || (0.75..1.33).contains(&ratio) {
            return;
        }
        let mut power = 1.0;
        for block in self.values.chunks_exact_mut(self.width) {
            block.iter_mut().for_each(|v| *v *= power);
            power *= ratio;
        }
        self.scale = mean;
    }

    fn add(&mut self, r: f64, x: &[f64]) {
        if self.count == 0 {
            self.scale = r;
        }
        self.count += 1;
        self.total += r;
        let n = self.count as f64;
        let (p, width) = (self.p, self.width);
        let r = r / self.scale;
        for d in (1..=self.most.min(self.count)).rev() {
            let (keep, take) = (1.0 - d as f64 / n, d as f64 / n * r);
            let (less, here) = self.values.split_at_mut(d * width);
            let (less, here) = (&less[(d - 1) * width..], &mut here[..width]);
            here[0] = keep * here[0] + take * less[0];
            let mut at = 1 + p;
            for j in 0..p {
                here[1 + j] = keep * here[1 + j] + take * (less[1 + j] + x[j] * less[0]);
                for k in 0..=j {
                    let both = less[at] + x[j] * less[1 + k] + x[k] * less[1 + j] + x[j] * x[k] * less[0];
                    here[at] = keep * here[at] + take * both;
                    at += 1;
                }
            }
        }
    }

    /// Adds `−ln B(d)` and its derivatives to a likelihood.
    fn subtract(&self, d: usize, into: &mut Derivatives) {
        let p = self.p;
        let block = &self.values[d * self.width..(d + 1) * self.width];
        into.log_likelihood -= block[0].ln() + d as f64 * self.scale.ln() + ln_choose(self.count, d);
        let mut at = 1 + p;
        for j in 0..p {
            let mean = block[1 + j] / block[0];
            into.score[j] -= mean;
            for k in 0..=j {
                let second = block[at] / block[0];
                let value = second - mean * (block[1 + k] / block[0]);
                into.information[j * p + k] += value;
                if k == j {
                    into.scale[j] += second;
                } else {
                    into.information[k * p + j] += value;
                }
                at += 1;
            }
        }
    }
}

/// Logarithm of the number of subsets of `d` among `n`.
fn ln_choose(n: usize, d: usize) -> f64 {
    (0..d).map(|l| ((n - l) as f64 / (d - l) as f64).ln()).sum()
}

/// Likelihood and derivatives at linear predictors. Weights are not looked at.
///
/// Time `O(n d p²)` for each stratum with at most `d` events at one time; with late entry for each event time.
pub(crate) fn derivatives(layout: &Layout, eta: &[f64]) -> Derivatives {
    let p = layout.p;
    let mut out = Derivatives {
        log_likelihood: 0.0,
        score: vec![0.0; p],
        information: vec![0.0; p * p],
        scale: vec![0.0; p],
    };
    for stratum in &layout.strata {
        let groups = &layout.groups[stratum.groups.clone()];
        let most = groups.iter().map(|g| g.deaths).max().unwrap_or(0);
        let mut subsets = Subsets::new(p, most);
        let mut last = stratum.rows.end;
        for group in groups.iter().rev() {
            if let Some(entry) = &layout.entry {
                subsets = Subsets::new(p, group.deaths);
                let at_risk = (group.first..stratum.rows.end).filter(|&i| entry.time[i] < group.time);
                for i in at_risk {
                    subsets.add(eta[i].exp(), layout.row(i));
                    subsets.rescale();
                }
            } else {
                for i in (group.first..last).rev() {
                    subsets.add(eta[i].exp(), layout.row(i));
                    subsets.rescale();
                }
                last = group.first;
            }
            subsets.subtract(group.deaths, &mut out);
            for i in group.first..group.first + group.deaths {
                out.log_likelihood += eta[i];
                out.score.iter_mut().zip(layout.row(i)).for_each(|(s, x)| *s += x);
            }
        }
    }
    out
}
