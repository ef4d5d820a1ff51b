//! Inner loops, compiled for the processor at hand.

/// Runs a closure that was compiled for the widest vectors of the processor. The closure must be `#[inline(always)]`.
/// Results do not depend on the processor: the order of operations is written out.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// `Σ a b` in eight partial sums.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    vectorised(
        #[inline(always)]
        || dot_inline(a, b),
    )
}

#[inline(always)]
pub(crate) fn dot_inline(a: &[f64], b: &[f64]) -> f64 {
    let (mut sums, mut tail) = ([0.0; 8], 0.0);
    let (xs, ys) = (a.chunks_exact(8), b.chunks_exact(8));
    for (x, y) in xs.remainder().iter().zip(ys.remainder()) {
        tail += x * y;
    }
    for (x, y) in xs.zip(ys) {
        for k in 0..8 {
            sums[k] += x[k] * y[k];
        }
    }
    sums.iter().sum::<f64>() + tail
}

/// `out[t] = Σ_f weights[f] · columns[f][t]`, eight columns in one pass over `out`.
pub(crate) fn weighted_sum<C: AsRef<[f64]>>(weights: &[f64], columns: &[C], out: &mut [f64]) {
    vectorised(
        #[inline(always)]
        || {
            out.fill(0.0);
            let n = out.len();
            let (w8, c8) = (weights.chunks_exact(8), columns.chunks_exact(8));
            for (w, c) in w8.remainder().iter().zip(c8.remainder()) {
                for (o, x) in out.iter_mut().zip(c.as_ref()) {
                    *o += w * x;
                }
            }
            for (w, c) in w8.zip(c8) {
                let c: [&[f64]; 8] = std::array::from_fn(|k| &c[k].as_ref()[..n]);
                for t in 0..n {
                    let a = (w[0] * c[0][t] + w[1] * c[1][t]) + (w[2] * c[2][t] + w[3] * c[3][t]);
                    let b = (w[4] * c[4][t] + w[5] * c[5][t]) + (w[6] * c[6][t] + w[7] * c[7][t]);
                    out[t] += a + b;
                }
            }
        },
    );
}

/// `y += a x`.
#[inline(always)]
pub(crate) fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}
