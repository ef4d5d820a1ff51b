//! Values to pixels, and ticks at round values.

use crate::format::fixed;

/// A tick: where, and what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub value: f64,
    pub label: String,
}

impl Tick {
    pub fn new(value: f64, label: impl Into<String>) -> Self {
        Self { value, label: label.into() }
    }
}

/// A mapping of values from `low..high` to pixels from `start` to `end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
    pub start: f64,
    pub end: f64,
    pub log: bool,
}

impl Scale {
    pub fn linear(low: f64, high: f64, start: f64, end: f64) -> Self {
        Self { low, high, start, end, log: false }
    }

    pub fn at(&self, value: f64) -> f64 {
        let (v, a, b) =
            if self.log { (value.ln(), self.low.ln(), self.high.ln()) } else { (value, self.low, self.high) };
        self.start + (v - a) / (b - a) * (self.end - self.start)
    }
}

/// The round step (1, 2, 2.5 or 5 times a power of ten) that puts at most `most` steps into `span`.
pub(crate) fn round_step(span: f64, most: usize) -> f64 {
    let raw = span / most.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|&s| s >= raw * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Decimals that show a step exactly.
fn decimals(step: f64) -> usize {
    (0..=12)
        .find(|&d| {
            (step * 10f64.powi(d) - (step * 10f64.powi(d)).round()).abs() < 1e-6 * step * 10f64.powi(d)
        })
        .unwrap_or(12) as usize
}

/// Ticks at multiples of a round step inside `low..=high`, at most about `most`.
pub(crate) fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let step = round_step(high - low, most);
    let digits = decimals(step);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| Tick::new(i as f64 * step, tick_label(i as f64 * step, digits, step))).collect()
}

fn tick_label(value: f64, digits: usize, step: f64) -> String {
    if !(1e-6..1e9).contains(&step) && value != 0.0 {
        // As many digits as tell neighbours apart.
        let digits =
            ((value.abs() / step).log10().ceil().max(0.0) as usize + usize::from(step_has_half(step))).min(6);
        return format!("{value:.digits$e}").replace('-', "−");
    }
    fixed(value, digits)
}

/// Whether a step is 2.5 times a power of ten.
fn step_has_half(step: f64) -> bool {
    let mantissa = step / 10f64.powf(step.log10().floor());
    (mantissa - 2.5).abs() < 1e-6
}

/// Ticks of a logarithmic axis: powers of ten, with 2 and 5 between where there is room.
pub(crate) fn log_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    for factors in [&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0][..], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]] {
        let ticks: Vec<Tick> = (first..=last)
            .flat_map(|e| factors.iter().map(move |f| (f, e)))
            .map(|(f, e)| (f * 10f64.powi(e), e, f))
            .filter(|(v, ..)| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9))
            .map(|(v, e, &f)| Tick::new(v, fixed(v, (-e).max(0) as usize + usize::from(f == 1.5 && e <= 0))))
            .collect();
        if ticks.len() <= most.max(2) {
            return ticks;
        }
    }
    let every = ((last - first) as usize).div_ceil(most.max(1)).max(1);
    (first..=last)
        .step_by(every)
        .map(|e| (10f64.powi(e), e))
        .filter(|(v, _)| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9))
        .map(|(v, e)| Tick::new(v, format!("1e{}", e.to_string().replace('-', "−"))))
        .collect()
}

/// `low..high` widened to multiples of a round step; a single value gets room around it.
pub(crate) fn round_range(low: f64, high: f64, most: usize) -> (f64, f64) {
    if high - low <= 1e-12 * low.abs().max(high.abs()).max(1e-300) {
        let room = if low == 0.0 { 1.0 } else { 0.5 * low.abs() };
        return round_range(low - room, high + room, most);
    }
    let step = round_step(high - low, most);
    ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step)
}

/// Least and greatest of finite values; `None` without any.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| v.is_finite()).fold(None, |e, v| match e {
        None => Some((v, v)),
        Some((a, b)) => Some((a.min(v), b.max(v))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|t| t.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(labels(&linear_ticks(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&linear_ticks(-3.0, 7.0, 5)), ["−2", "0", "2", "4", "6"]);
        assert_eq!(labels(&linear_ticks(0.0, 60.0, 5)), ["0", "20", "40", "60"]);
        assert_eq!(labels(&log_ticks(0.2, 5.0, 6)), ["0.2", "0.5", "1", "2", "5"]);
        assert_eq!(labels(&log_ticks(1e-6, 1e6, 6)), ["1e−6", "1e−4", "1e−2", "1e0", "1e2", "1e4", "1e6"]);
    }

    #[test]
    fn ranges_hold_what_they_are_made_from() {
        for (a, b) in [(0.0, 0.0), (3.3, 3.3), (-1.0, 97.0), (1e-9, 2e-9), (-5e8, 5e8)] {
            let (low, high) = round_range(a, b, 5);
            assert!(low <= a && high >= b && high > low, "{a} {b} → {low} {high}");
            let ticks = linear_ticks(low, high, 6);
            assert!(ticks.len() >= 2, "{ticks:?}");
            assert!(
                ticks
                    .iter()
                    .all(|t| t.value >= low - 1e-9 * (high - low) && t.value <= high + 1e-9 * (high - low))
            );
        }
    }

    #[test]
    fn logarithms_map_evenly() {
        let s = Scale { low: 0.1, high: 10.0, start: 0.0, end: 100.0, log: true };
        assert!((s.at(1.0) - 50.0).abs() < 1e-12);
    }
}
