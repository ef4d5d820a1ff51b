//! Mother wavelets: pairs of analysis filters.

/// The low-pass and high-pass analysis filter of a discrete wavelet, of equal and even length.
#[derive(Clone, Debug, PartialEq)]
pub struct Mother {
    /// Low-pass filter: sums.
    pub low: Vec<f64>,
    /// High-pass filter: differences.
    pub high: Vec<f64>,
}

/// The coefficients, as PyWavelets gives them.
const TABLE: &str = include_str!("wavelets.txt");

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" | "))
}

impl Mother {
    /// The wavelet of this name: `haar`, `db1`–`db38`, `sym2`–`sym20`, `coif1`–`coif17`, `bior…`, `rbio…`, `dmey`.
    ///
    /// ```
    /// use radiomics_core::filter::mother::Mother;
    /// let haar = Mother::named("haar").unwrap();
    /// assert_eq!(haar.high, [-haar.low[0], haar.low[0]]);
    /// assert!(Mother::named("coif99").is_none());
    /// ```
    pub fn named(name: &str) -> Option<Self> {
        let (_, coefficients) = rows().find(|(row, _)| *row == name)?;
        let numbers = |text: &str| text.split(' ').map(|n| n.parse().ok()).collect::<Option<Vec<f64>>>();
        let mut parts = coefficients.split(" | ");
        let low = numbers(parts.next()?)?;
        let high = match parts.next() {
            Some(high) => numbers(high)?,
            None => low.iter().rev().enumerate().map(|(k, &c)| if k % 2 == 0 { -c } else { c }).collect(),
        };
        Some(Self { low, high })
    }

    /// The names of all wavelets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        rows().map(|(name, _)| name)
    }

    /// Taps of each filter.
    pub fn taps(&self) -> usize {
        self.low.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_pair_of_filters() {
        assert_eq!(Mother::names().count(), 106);
        for name in Mother::names() {
            let mother = Mother::named(name).unwrap();
            assert_eq!(mother.low.len(), mother.high.len(), "{name}");
            assert_eq!(mother.taps() % 2, 0, "{name}");
            // PyWavelets' finite stand-in for the Meyer wavelet is less exact than the others.
            let rounding = if name == "dmey" { 2e-3 } else { 1e-6 };
            let sum = |taps: &[f64]| taps.iter().sum::<f64>();
            assert!((sum(&mother.low) - 2.0_f64.sqrt()).abs() < rounding, "{name}: {}", sum(&mother.low));
            assert!(sum(&mother.high).abs() < rounding, "{name}: {}", sum(&mother.high));
        }
    }

    /// Filters moved by two places are orthogonal to each other, or to those of the dual wavelet: no band repeats
    /// another.
    #[test]
    fn every_wavelet_is_orthogonal_to_its_dual() {
        for name in Mother::names() {
            let dual = match name.split_at(name.len().min(4)) {
                ("bior", rest) => format!("rbio{rest}"),
                ("rbio", rest) => format!("bior{rest}"),
                _ => name.to_owned(),
            };
            let (mother, dual) = (Mother::named(name).unwrap(), Mother::named(&dual).unwrap());
            // The coefficients of sym20 are exact to 1.5e-11, all others to less.
            let rounding = if name == "dmey" { 3e-3 } else { 2e-11 };
            let taps = mother.taps() as isize;
            for shift in (-taps..=taps).filter(|shift| shift % 2 == 0) {
                let product = |a: &[f64], b: &[f64]| -> f64 {
                    let there = |k: usize| k.checked_add_signed(shift).and_then(|k| b.get(k));
                    a.iter().enumerate().filter_map(|(k, a)| Some(a * there(k)?)).sum()
                };
                let same = f64::from(u8::from(shift == 0));
                for (a, b, expected) in [
                    (&mother.low, &dual.low, same),
                    (&mother.high, &dual.high, same),
                    (&mother.low, &dual.high, 0.0),
                ] {
                    let found = product(a, b);
                    assert!((found - expected).abs() < rounding, "{name}, {shift}: {found}, not {expected}");
                }
            }
        }
    }
}
