//! Round numbers for axes.

/// About `n` intervals of 1, 2 or 5 times a power of ten that cover `low ..= high`. R: `pretty(c(low, high), n)`.
pub(crate) fn pretty(low: f64, high: f64, n: usize) -> Vec<f64> {
    const BIAS: f64 = 1.5;
    const BIAS_FIVE: f64 = 0.5 + 1.5 * BIAS;
    const ROUNDING: f64 = 1e-10;
    let least = (n / 3) as f64;
    let width = high - low;
    let size = low.abs().max(high.abs());
    let small =
        size == 0.0 || width < size * (1.0 + 1.0 / (1.0 + BIAS)) * n.max(1) as f64 * f64::EPSILON * 3.0;
    let cell = if small {
        let cell = if size == 0.0 {
            1.0
        } else if size > 10.0 {
            9.0 + size / 10.0
        } else {
            size
        };
        cell * 0.75 / least.max(1.0)
    } else {
        width / n.max(1) as f64
    };
    let base = 10_f64.powf(cell.log10().floor());
    let mut unit = base;
    for (factor, bias) in [(2.0, BIAS), (5.0, BIAS_FIVE), (10.0, BIAS)] {
        if factor * base - cell >= bias * (cell - unit) {
            break;
        }
        unit = factor * base;
    }
    let mut first = (low / unit + ROUNDING).floor();
    let mut last = (high / unit - ROUNDING).ceil();
    let short = (least - (last - first)).max(0.0);
    if short > 0.0 {
        let (half, rest) = ((short / 2.0).floor(), short % 2.0);
        if low == 0.0 && first == 0.0 && high != 0.0 {
            last += short;
        } else if high == 0.0 && last == 0.0 && low != 0.0 {
            first -= short;
        } else if first >= 0.0 {
            (first, last) = (first - half - rest, last + half);
        } else {
            (first, last) = (first - half, last + half + rest);
        }
    }
    let steps = (last - first).round() as usize;
    (0..=steps)
        .map(|k| {
            let value = (first + k as f64) * unit;
            if value.abs() < 1e-14 * unit { 0.0 } else { value }
        })
        .collect()
}

#[test] // R 4.2: pretty(c(...), n)
fn round_numbers_are_those_of_r() {
    assert_eq!(pretty(39.0, 82.0, 10), (7..=17).map(|k| f64::from(k) * 5.0).collect::<Vec<_>>());
    assert_eq!(pretty(0.0, 178.2, 10).len(), 10);
    assert_eq!(pretty(0.05, 0.72, 10).len(), 15);
    assert_eq!(pretty(2.0, 2.0, 10), [1.0, 1.5, 2.0, 2.5]);
    assert_eq!(pretty(0.0, 0.0, 10), [-0.4, -0.2, 0.0, 0.2]);
    assert_eq!(pretty(-3.0, 7000.0, 10), (-1..=7).map(|k| f64::from(k) * 1000.0).collect::<Vec<_>>());
}
