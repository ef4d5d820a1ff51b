//! Roots of functions of one variable: Brent's `zeroin`.

/// How exactly a root is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootPrecision {
    /// To the last digits.
    #[default]
    Full,
    /// To a step of 1.2e-4, the default of R's `uniroot`: reproduces what R prints, which is good to about 1e-5.
    AsR,
}

impl RootPrecision {
    pub(crate) fn tolerance(self) -> f64 {
        match self {
            Self::Full => 0.0,
            Self::AsR => f64::EPSILON.powf(0.25),
        }
    }
}

/// A root of `f` between `a` and `b`, where `f` has different signs; `None` where it has not.
///
/// Brent 1973, *Algorithms for Minimization without Derivatives*, chapter 4: inverse quadratic interpolation with
/// bisection as the safeguard. Stops when the bracket is shorter than `tolerance`.
pub fn zero(f: impl Fn(f64) -> f64, a: f64, b: f64, tolerance: f64) -> Option<f64> {
    let (mut a, mut b) = (a, b);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    let (mut c, mut fc) = (a, fa);
    for _ in 0..1000 {
        let previous = b - a;
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let close = 2.0 * f64::EPSILON * b.abs() + 0.5 * tolerance;
        let mut step = 0.5 * (c - b);
        if step.abs() <= close || fb == 0.0 {
            return Some(b);
        }
        if previous.abs() >= close && fa.abs() > fb.abs() {
            let width = c - b;
            let (mut p, mut q) = if a == c {
                let t = fb / fa;
                (width * t, 1.0 - t)
            } else {
                let (q, t1, t2) = (fa / fc, fb / fc, fb / fa);
                (t2 * (width * q * (q - t1) - (b - a) * (t1 - 1.0)), (q - 1.0) * (t1 - 1.0) * (t2 - 1.0))
            };
            if p > 0.0 {
                q = -q;
            } else {
                p = -p;
            }
            if p < 0.75 * width * q - 0.5 * (close * q).abs() && p < (0.5 * previous * q).abs() {
                step = p / q;
            }
        }
        if step.abs() < close {
            step = if step > 0.0 { close } else { -close };
        }
        (a, fa) = (b, fb);
        b += step;
        fb = f(b);
        if (fb > 0.0) == (fc > 0.0) && fb != 0.0 {
            (c, fc) = (a, fa);
        }
    }
    Some(b)
}
