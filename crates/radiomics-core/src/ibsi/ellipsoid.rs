//! Ellipsoids: surface area, and the smallest one around points.

use nalgebra::{Matrix3, Matrix4, SymmetricEigen, Vector3, Vector4};

/// Volume of an ellipsoid with these half axes.
pub(super) fn volume([a, b, c]: [f64; 3]) -> f64 {
    4.0 / 3.0 * std::f64::consts::PI * a * b * c
}

/// Surface area of an ellipsoid with these half axes, in any order, by the manual's expansion in Legendre polynomials
/// up to degree 20.
///
/// `4πab Σ_ν (αβ)^ν / (1 − 4ν²) P_ν((α² + β²) / 2αβ)` with `α² = 1 − b²/a²`, `β² = 1 − c²/a²` for `a ≥ b ≥ c`. The
/// products `(αβ)^ν P_ν` follow from one another without dividing by `αβ`, which is 0 where two axes are equal.
///
/// The expansion that gives the area has `α² = 1 − c²/a²` and `β² = 1 − c²/b²`. With the manual's the area of a body
/// with half axes 3, 3, 2 comes out 14 % too large; but the reference values were made with it.
pub(super) fn area(mut half_axes: [f64; 3]) -> f64 {
    half_axes.sort_by(|a, b| b.total_cmp(a));
    let [a, b, c] = half_axes;
    let (alpha2, beta2) = (1.0 - (b / a).powi(2), 1.0 - (c / a).powi(2));
    let (middle, product) = (0.5 * (alpha2 + beta2), alpha2 * beta2);
    let (mut before, mut now) = (0.0, 1.0);
    let mut sum = 0.0;
    for nu in 0..=20 {
        let nu = f64::from(nu);
        sum += now / (1.0 - 4.0 * nu * nu);
        (before, now) = (now, ((2.0 * nu + 1.0) * middle * now - nu * product * before) / (nu + 1.0));
    }
    4.0 * std::f64::consts::PI * a * b * sum
}

/// Half axes of the ellipsoid of least volume around points that do not all lie in one plane, to 10⁻⁷ of its size.
///
/// Khachiyan's ascent on weights of the points, with the steps away from points of too much weight that make it
/// converge linearly (Todd and Yıldırım 2007, doi:10.1016/j.dam.2007.02.013).
pub(super) fn smallest_around(points: &[[f64; 3]]) -> [f64; 3] {
    const TOLERANCE: f64 = 1e-7;
    const MOST: usize = 100_000;
    let n = points.len();
    let centre = points.iter().fold(Vector3::zeros(), |sum, p| sum + Vector3::from(*p)) / n as f64;
    let size = points.iter().map(|p| (Vector3::from(*p) - centre).norm()).fold(0.0, f64::max);
    let lifted: Vec<Vector4<f64>> =
        points.iter().map(|p| ((Vector3::from(*p) - centre) / size).push(1.0)).collect();
    let mut weights = start(&lifted);
    let mut inverse = Matrix4::zeros();
    for iteration in 0..MOST {
        // The inverse is updated, which adds up rounding: from time to time it is taken anew.
        if iteration % 64 == 0 {
            match moments(&lifted, &weights).try_inverse() {
                Some(fresh) => inverse = fresh,
                None => break,
            }
        }
        let (mut high, mut low) = ((f64::NEG_INFINITY, 0), (f64::INFINITY, 0));
        for (i, q) in lifted.iter().enumerate() {
            let distance = q.dot(&(inverse * q));
            if distance > high.0 {
                high = (distance, i);
            }
            if weights[i] > 0.0 && distance < low.0 {
                low = (distance, i);
            }
        }
        let (above, below) = (high.0 / 4.0 - 1.0, 1.0 - low.0 / 4.0);
        if above.max(below) <= TOLERANCE {
            break;
        }
        let (distance, i) = if above >= below { high } else { low };
        let mut step = if distance > 1.0 { (distance - 4.0) / (4.0 * (distance - 1.0)) } else { f64::MIN };
        if step < 0.0 {
            // No weight falls below 0.
            step = step.max(-weights[i] / (1.0 - weights[i]));
        }
        weights.iter_mut().for_each(|weight| *weight *= 1.0 - step);
        weights[i] = (weights[i] + step).max(0.0);
        let moved = inverse * lifted[i];
        let share = step / (1.0 - step);
        inverse = (inverse - moved * moved.transpose() * (share / (1.0 + share * distance))) / (1.0 - step);
    }
    let mean = lifted.iter().zip(&weights).fold(Vector3::zeros(), |sum, (q, w)| sum + q.xyz() * *w);
    let spread = lifted.iter().zip(&weights).fold(Matrix3::zeros(), |sum, (q, w)| {
        let d = q.xyz() - mean;
        sum + d * d.transpose() * *w
    });
    let eigen = SymmetricEigen::new(spread);
    // Grown until the outermost point is on it.
    let outermost = lifted.iter().map(|q| {
        let d = eigen.eigenvectors.transpose() * (q.xyz() - mean);
        (0..3).map(|k| d[k] * d[k] / eigen.eigenvalues[k]).sum::<f64>()
    });
    let scale = outermost.fold(0.0, f64::max).sqrt() * size;
    std::array::from_fn(|k| eigen.eigenvalues[k].sqrt() * scale)
}

/// Equal weights for two far points along each of three independent directions (Kumar and Yıldırım 2005).
fn start(lifted: &[Vector4<f64>]) -> Vec<f64> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut directions: Vec<Vector3<f64>> = Vec::new();
    for axis in 0..3 {
        let mut direction = Vector3::zeros();
        // Across the directions taken so far.
        for candidate in 0..3 {
            let mut unit = Vector3::zeros();
            unit[(axis + candidate) % 3] = 1.0;
            for taken in &directions {
                unit -= *taken * taken.dot(&unit);
            }
            if unit.norm() > 0.5 {
                direction = unit.normalize();
                break;
            }
        }
        let along = |q: &Vector4<f64>| direction.dot(&q.xyz());
        let best = |sign: f64| {
            let farther =
                |a: usize, b: usize| if sign * along(&lifted[b]) > sign * along(&lifted[a]) { b } else { a };
            (0..lifted.len()).fold(0, farther)
        };
        let (high, low) = (best(1.0), best(-1.0));
        chosen.extend([high, low]);
        let mut span = lifted[high].xyz() - lifted[low].xyz();
        for taken in &directions {
            span -= *taken * taken.dot(&span);
        }
        if span.norm() > 0.0 {
            directions.push(span.normalize());
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    let mut weights = vec![0.0; lifted.len()];
    for &i in &chosen {
        weights[i] = 1.0 / chosen.len() as f64;
    }
    // Few points may lie in one plane after all.
    if moments(lifted, &weights).determinant().abs() < 1e-12 {
        weights.fill(1.0 / lifted.len() as f64);
    }
    weights
}

fn moments(lifted: &[Vector4<f64>], weights: &[f64]) -> Matrix4<f64> {
    lifted.iter().zip(weights).fold(Matrix4::zeros(), |sum, (q, weight)| sum + q * q.transpose() * *weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::testing::Random;

    #[test]
    fn areas_are_those_of_the_manual() {
        let pi = std::f64::consts::PI;
        assert!((area([2.0; 3]) - 16.0 * pi).abs() < 1e-12);
        // The sum as printed, with the polynomials themselves.
        let (a, b, c) = (5.0_f64, 3.0_f64, 2.0_f64);
        let (alpha, beta) = ((1.0 - b * b / a / a).sqrt(), (1.0 - c * c / a / a).sqrt());
        let x = (alpha * alpha + beta * beta) / (2.0 * alpha * beta);
        let (mut before, mut now, mut sum) = (0.0, 1.0, 0.0);
        for nu in 0..=20 {
            let n = f64::from(nu);
            sum += (alpha * beta).powi(nu) / (1.0 - 4.0 * n * n) * now;
            (before, now) = (now, ((2.0 * n + 1.0) * x * now - n * before) / (n + 1.0));
        }
        assert!((area([c, a, b]) / (4.0 * pi * a * b * sum) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_smallest_ellipsoid_around_a_box_and_a_simplex() {
        let corners: Vec<[f64; 3]> = (0..8)
            .map(|i| [f64::from(i & 1) * 2.0, f64::from(i >> 1 & 1) * 4.0, f64::from(i >> 2) * 6.0])
            .collect();
        let mut half = smallest_around(&corners);
        half.sort_by(f64::total_cmp);
        // √3 times the half sides.
        for (ours, expected) in half.iter().zip([1.0, 2.0, 3.0]) {
            assert!((ours / (3.0_f64.sqrt() * expected) - 1.0).abs() < 1e-6, "{half:?}");
        }
        // Around a regular tetrahedron it is the ball through the corners.
        let simplex = [[1.0, 1.0, 1.0], [1.0, -1.0, -1.0], [-1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]];
        for half in smallest_around(&simplex) {
            assert!((half / 3.0_f64.sqrt() - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn points_of_a_turned_ellipsoid_give_it_back() {
        let mut random = Random(11);
        let mut normal =
            || (0..12).map(|_| random.below(1 << 20) as f64 / f64::from(1 << 20)).sum::<f64>() - 6.0;
        let axes = [9.0, 4.0, 2.5];
        let turn = nalgebra::Rotation3::from_euler_angles(0.3, 1.1, -0.7);
        let mut points = Vec::new();
        for _ in 0..3000 {
            let d = Vector3::new(normal(), normal(), normal()).normalize();
            let p = turn * Vector3::new(d.x * axes[0], d.y * axes[1], d.z * axes[2]);
            points.push([p.x + 100.0, p.y, p.z]);
        }
        let mut half = smallest_around(&points);
        half.sort_by(|a, b| b.total_cmp(a));
        for (ours, expected) in half.iter().zip(axes) {
            assert!((ours / expected - 1.0).abs() < 0.01, "{half:?}");
        }
    }
}
