//! What figures with curves share: bands and steps.

use crate::{
    colour::Colour,
    scene::{Paint, Point, Scene},
    sheet::Frame,
};

/// A pale band between two curves over the same x.
pub(crate) fn band(scene: &mut Scene, frame: &Frame, x: &[f64], ends: &[[f64; 2]], colour: Colour) {
    let mut outline: Vec<Point> = x.iter().zip(ends).map(|(&x, e)| frame.at(x, e[1])).collect();
    outline.extend(x.iter().zip(ends).rev().map(|(&x, e)| frame.at(x, e[0])));
    if outline.len() > 2 {
        scene.polygon(&outline, Paint::fill(colour.alpha(0.16)));
    }
}

/// Points of the step function that takes `y[i]` from `x[i]` on.
pub(crate) fn steps(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut out = (Vec::with_capacity(2 * x.len()), Vec::with_capacity(2 * x.len()));
    for (i, (&a, &b)) in x.iter().zip(y).enumerate() {
        if i > 0 {
            out.0.push(a);
            out.1.push(y[i - 1]);
        }
        out.0.push(a);
        out.1.push(b);
    }
    out
}
