//! Numbers as papers print them.

/// A number with fixed decimals, the true minus sign, and `NA` for what is no number.
///
/// ```
/// use radiomics_report::format::fixed;
/// assert_eq!(fixed(-0.256, 2), "−0.26");
/// assert_eq!(fixed(-0.001, 2), "0.00");
/// assert_eq!(fixed(f64::NAN, 2), "NA");
/// ```
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "NA".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.into(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// A p-value with three decimals: `< 0.001` below one thousandth, `> 0.999` above 0.999, two decimals from 0.2 on.
///
/// A value that would round to 0.05 from below keeps the digits that show on which side it lies.
///
/// ```
/// use radiomics_report::format::p_value;
/// assert_eq!(p_value(0.00012), "< 0.001");
/// assert_eq!(p_value(0.0312), "0.031");
/// assert_eq!(p_value(0.04996), "0.04996");
/// assert_eq!(p_value(0.4512), "0.45");
/// assert_eq!(p_value(1.0), "> 0.999");
/// ```
#[must_use]
pub fn p_value(p: f64) -> String {
    if p.is_nan() {
        "NA".into()
    } else if p < 0.001 {
        "< 0.001".into()
    } else if p > 0.999 {
        "> 0.999".into()
    } else if p >= 0.2 {
        let short = format!("{p:.2}");
        if short == "1.00" { format!("{p:.3}") } else { short }
    } else {
        let significant = p < 0.05;
        let mut decimals = 3;
        while decimals < 6 && significant && format!("{p:.decimals$}").parse().is_ok_and(|r: f64| r >= 0.05) {
            decimals += 1;
        }
        format!("{p:.decimals$}")
    }
}

/// `p = 0.031` or `p < 0.001`.
///
/// ```
/// use radiomics_report::format::p_equals;
/// assert_eq!(p_equals(0.0312), "p = 0.031");
/// assert_eq!(p_equals(1e-9), "p < 0.001");
/// ```
#[must_use]
pub fn p_equals(p: f64) -> String {
    let text = p_value(p);
    if text.starts_with(['<', '>']) { format!("p {text}") } else { format!("p = {text}") }
}

/// An interval: `0.71–0.86`, or `−0.20 to 0.14` where a sign would be mistaken for the dash.
///
/// ```
/// use radiomics_report::format::interval;
/// assert_eq!(interval(0.712, 0.857, 2), "0.71–0.86");
/// assert_eq!(interval(-0.2, 0.14, 2), "−0.20 to 0.14");
/// ```
#[must_use]
pub fn interval(lower: f64, upper: f64, decimals: usize) -> String {
    let (a, b) = (fixed(lower, decimals), fixed(upper, decimals));
    if a.starts_with('−') || b.starts_with('−') { format!("{a} to {b}") } else { format!("{a}–{b}") }
}

/// An estimate with its interval: `0.79 (0.71–0.86)`.
///
/// ```
/// use radiomics_report::format::estimate;
/// assert_eq!(estimate(0.791, 0.712, 0.857, 2), "0.79 (0.71–0.86)");
/// ```
#[must_use]
pub fn estimate(value: f64, lower: f64, upper: f64, decimals: usize) -> String {
    format!("{} ({})", fixed(value, decimals), interval(lower, upper, decimals))
}

/// A count with its part of a whole: `37 (14.7 %)`.
///
/// ```
/// use radiomics_report::format::count_of;
/// assert_eq!(count_of(37, 252), "37 (14.7 %)");
/// ```
#[must_use]
pub fn count_of(count: u64, of: u64) -> String {
    if of == 0 {
        return count.to_string();
    }
    format!("{count} ({} %)", fixed(100.0 * count as f64 / of as f64, 1))
}

/// Three significant digits, for labels of values of unknown size: `1,520`, `12.3`, `0.0457`, `1.2e−7`.
///
/// ```
/// use radiomics_report::format::short;
/// assert_eq!(short(12.345), "12.3");
/// assert_eq!(short(-0.04567), "−0.0457");
/// assert_eq!(short(1.2e-7), "1.2e−7");
/// assert_eq!(short(152_345.0), "152345");
/// ```
#[must_use]
pub fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return fixed(value, 0);
    }
    let size = value.abs();
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.1e}").replace('-', "−");
    }
    let digits = (2 - size.log10().floor() as i32).clamp(0, 6) as usize;
    fixed(value, digits)
}
