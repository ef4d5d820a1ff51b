//! Cubic splines through points, as R's `spline(x, y)` draws them.

/// Values of the spline at `count` evenly spaced places from the first to the last `x`, which must rise; at least four
/// points, with fewer a parabola or a line. R: `spline(x, y, n = count)`.
///
/// The third derivatives at the ends are those of the cubics through the first and the last four points (Forsythe,
/// Malcolm and Moler 1977, *Computer Methods for Mathematical Computations*, section 4.4).
pub(crate) fn through(x: &[f64], y: &[f64], count: usize) -> (Vec<f64>, Vec<f64>) {
    let n = x.len();
    let (b, c, d) = coefficients(x, y);
    let step = (x[n - 1] - x[0]) / (count - 1) as f64;
    (0..count)
        .map(|k| {
            let at = if k + 1 == count { x[n - 1] } else { x[0] + k as f64 * step };
            let i = x.partition_point(|v| *v <= at).clamp(1, n) - 1;
            let t = at - x[i];
            (at, y[i] + t * (b[i] + t * (c[i] + t * d[i])))
        })
        .unzip()
}

/// Where a broken line through `(height, place)` reaches a height; NaN beyond its ends. R: `approx(height, place, at)`.
pub(crate) fn crossing(height: &[f64], place: &[f64], at: f64) -> f64 {
    let mut points: Vec<(f64, f64)> = height.iter().copied().zip(place.iter().copied()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
        .windows(2)
        .find(|w| w[0].0 <= at && at <= w[1].0)
        .map_or(f64::NAN, |w| w[0].1 + (w[1].1 - w[0].1) * ((at - w[0].0) / (w[1].0 - w[0].0)))
}

/// Coefficients of `y_i + b t + c t² + d t³`, `t = x − x_i`.
fn coefficients(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let n = x.len();
    let (mut b, mut c, mut d) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    if n < 2 {
        return (b, c, d);
    }
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let slope: Vec<f64> = (0..n - 1).map(|i| (y[i + 1] - y[i]) / h[i]).collect();
    if n < 3 {
        b.fill(slope[0]);
        return (b, c, d);
    }
    // Tridiagonal system for sixths of the second derivatives.
    let mut diagonal = vec![0.0; n];
    diagonal[0] = -h[0];
    diagonal[n - 1] = -h[n - 2];
    for i in 1..n - 1 {
        diagonal[i] = 2.0 * (h[i - 1] + h[i]);
        c[i] = slope[i] - slope[i - 1];
    }
    if n > 3 {
        let second = |i: usize| c[i + 1] / (x[i + 2] - x[i]) - c[i] / (x[i + 1] - x[i - 1]);
        let (first, last) = (second(1), second(n - 3));
        c[0] = first * h[0] * h[0] / (x[3] - x[0]);
        c[n - 1] = -last * h[n - 2] * h[n - 2] / (x[n - 1] - x[n - 4]);
    }
    for i in 1..n {
        let t = h[i - 1] / diagonal[i - 1];
        diagonal[i] -= t * h[i - 1];
        c[i] -= t * c[i - 1];
    }
    c[n - 1] /= diagonal[n - 1];
    for i in (0..n - 1).rev() {
        c[i] = (c[i] - h[i] * c[i + 1]) / diagonal[i];
    }
    b[n - 1] = slope[n - 2] + h[n - 2] * (c[n - 2] + 2.0 * c[n - 1]);
    for i in 0..n - 1 {
        b[i] = slope[i] - h[i] * (c[i + 1] + 2.0 * c[i]);
        d[i] = (c[i + 1] - c[i]) / h[i];
        c[i] *= 3.0;
    }
    c[n - 1] *= 3.0;
    d[n - 1] = d[n - 2];
    (b, c, d)
}

#[test] // R 4.2: spline(c(0, 1, 3, 4, 6), c(1, 2, 0, 5, 4), n = 5)$y; a cubic comes back as it is
fn splines_are_those_of_r() {
    let (x, y) = through(&[0.0, 1.0, 3.0, 4.0, 6.0], &[1.0, 2.0, 0.0, 5.0, 4.0], 5);
    assert_eq!(x, [0.0, 1.5, 3.0, 4.5, 6.0]);
    for (got, want) in y.iter().zip([1.0, 1.0409722222222222, 0.0, 7.226388888888889, 4.0]) {
        assert!((got - want).abs() < 1e-12, "{y:?}");
    }
    let cube: Vec<f64> = [0.0_f64, 1.0, 3.0, 4.0, 6.0].iter().map(|v| v * v * v - v).collect();
    let (x, y) = through(&[0.0, 1.0, 3.0, 4.0, 6.0], &cube, 11);
    x.iter().zip(&y).for_each(|(x, y)| assert!((y - (x * x * x - x)).abs() < 1e-11));
}
