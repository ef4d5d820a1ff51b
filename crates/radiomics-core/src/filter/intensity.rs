//! Filters that change each intensity by itself, rescaled to the range of the image.
//!
//! `m` is the largest absolute intensity of the whole image (PyRadiomics takes it from the image after
//! resampling or cropping, not from the region). An image of zeros stays zero. Values have no unit of their own: each
//! function takes `m` to `m`. With numbers for `m` = 100:
//!
//! | image type | `x` becomes | −100 | −25 | 0 | 25 | 100 |
//! |---|---|---:|---:|---:|---:|---:|
//! | `Square` | `(x / √m)²` | 100 | 6.25 | 0 | 6.25 | 100 |
//! | `SquareRoot` | `sign(x) √(m abs(x))` | −100 | −50 | 0 | 50 | 100 |
//! | `Logarithm` | `sign(x) ln(abs(x) + 1) · m / ln(m + 1)` | −100 | −70.6 | 0 | 70.6 | 100 |
//! | `Exponential` | `exp(x ln(m) / m)` | 0.01 | 0.316 | 1 | 3.16 | 100 |

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intensity {
    /// `(x / √m)²`
    Square,
    /// `sign(x) √(m |x|)`
    SquareRoot,
    /// `sign(x) ln(|x| + 1) · m / ln(m + 1)`
    Logarithm,
    /// `exp(x ln(m) / m)`
    Exponential,
}

impl Intensity {
    /// The filter for an image whose largest absolute intensity is `m`.
    ///
    /// ```
    /// use radiomics_core::filter::intensity::Intensity;
    /// let root = Intensity::SquareRoot.of(100.0);
    /// assert_eq!(root(25.0), 50.0);
    /// assert_eq!(root(-100.0), -100.0);
    /// assert_eq!(Intensity::Square.of(100.0)(-25.0), 6.25);
    /// assert!((Intensity::Logarithm.of(100.0)(25.0) - 70.6).abs() < 0.01);
    /// assert!((Intensity::Exponential.of(100.0)(25.0) - 3.162).abs() < 0.001);
    /// ```
    pub fn of(self, m: f64) -> impl Fn(f64) -> f64 + Send + Sync {
        let scale = match self {
            Self::Square => 1.0 / m.sqrt(),
            Self::SquareRoot => m,
            Self::Logarithm => m / (m + 1.0).ln(),
            Self::Exponential => m.ln() / m,
        };
        move |x| match self {
            _ if m == 0.0 => 0.0,
            Self::Square => (scale * x) * (scale * x),
            Self::SquareRoot if x < 0.0 => -(-x * scale).sqrt(),
            Self::SquareRoot => (x * scale).sqrt(),
            Self::Logarithm if x < 0.0 => -(1.0 - x).ln() * scale,
            Self::Logarithm => (x + 1.0).ln() * scale,
            Self::Exponential => (scale * x).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_intensity_stays() {
        for kind in [Intensity::Square, Intensity::SquareRoot, Intensity::Logarithm, Intensity::Exponential] {
            assert!((kind.of(300.0)(300.0) - 300.0).abs() < 1e-9, "{kind:?}");
            assert_eq!(kind.of(0.0)(0.0), 0.0);
        }
        assert_eq!(Intensity::Logarithm.of(300.0)(-300.0), -Intensity::Logarithm.of(300.0)(300.0));
    }
}
