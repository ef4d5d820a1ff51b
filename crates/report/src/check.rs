//! Checks of the input of figures, each an [`Error`] that names the figure, the list and the place.

use crate::Error;

/// Checks for one figure.
pub(crate) struct Check<'a>(pub &'a str);

impl Check<'_> {
    pub fn some<T>(&self, what: &str, list: &[T]) -> Result<(), Error> {
        if list.is_empty() { Err(Error::Empty { figure: self.0.into(), what: what.into() }) } else { Ok(()) }
    }

    pub fn length(&self, what: &str, found: usize, expected: usize) -> Result<(), Error> {
        if found == expected {
            Ok(())
        } else {
            Err(Error::Length { figure: self.0.into(), what: what.into(), found, expected })
        }
    }

    pub fn value(&self, what: &str, value: f64, good: bool, expected: &'static str) -> Result<(), Error> {
        if good {
            Ok(())
        } else {
            Err(Error::Value { figure: self.0.into(), what: what.into(), value, expected })
        }
    }

    pub fn finite(&self, what: &str, value: f64) -> Result<(), Error> {
        self.value(what, value, value.is_finite(), "a finite number")
    }

    pub fn positive(&self, what: &str, value: f64) -> Result<(), Error> {
        self.value(what, value, value.is_finite() && value > 0.0, "a positive finite number")
    }

    pub fn probability(&self, what: &str, value: f64) -> Result<(), Error> {
        self.value(what, value, (0.0..=1.0).contains(&value), "a number from 0 to 1")
    }

    pub fn all_finite(&self, what: &str, values: &[f64]) -> Result<(), Error> {
        self.each(what, values, |v| v.is_finite(), "a finite number")
    }

    pub fn all_probabilities(&self, what: &str, values: &[f64]) -> Result<(), Error> {
        self.each(what, values, |v| (0.0..=1.0).contains(&v), "a number from 0 to 1")
    }

    /// Each value at least the one before.
    pub fn rising(&self, what: &str, values: &[f64]) -> Result<(), Error> {
        match values.windows(2).position(|w| w[1] < w[0]) {
            None => Ok(()),
            Some(i) => {
                let what = format!("{what}, entry {}", i + 2);
                self.value(&what, values[i + 1], false, "a value not below the one before")
            }
        }
    }

    fn each(
        &self,
        what: &str,
        values: &[f64],
        good: impl Fn(f64) -> bool,
        expected: &'static str,
    ) -> Result<(), Error> {
        match values.iter().position(|&v| !good(v)) {
            None => Ok(()),
            Some(i) => self.value(&format!("{what}, entry {}", i + 1), values[i], false, expected),
        }
    }
}
