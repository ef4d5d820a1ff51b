//! Batch normalisation, whole or in ghost batches (Hoffer et al. 2017, arXiv:1705.08741).
//!
//! In training each ghost batch is normalised by its own mean `μ` and variance `σ²` (dividing by its rows),
//! `y = (x − μ) / √(σ² + ε) · w + b`, and moves the running statistics by `momentum`, one ghost batch after the other
//! (there the variance divides by rows − 1). Otherwise the running statistics take the place of `μ` and `σ²`.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp3, Layout, Shape, Tensor, Var};

use super::double::{doubles, like, storage, values};
use super::parameters::{Builder, Init, Kind};
use crate::error::{Result, setting};

const EPSILON: f64 = 1e-5;

/// Batch normalisation of `[rows, width]`.
pub(super) struct BatchNorm {
    weight: Var,
    bias: Var,
    mean: Var,
    variance: Var,
    count: Var,
    momentum: f64,
    ghost: Option<usize>,
}

impl BatchNorm {
    /// Layer of the tensors `name.weight`, `name.bias`, `name.running_mean`, `name.running_var` and
    /// `name.num_batches_tracked`; ghost batches of at most `ghost` rows.
    pub(super) fn new(
        builder: &mut Builder,
        name: &str,
        width: usize,
        momentum: f64,
        ghost: Option<usize>,
    ) -> Result<Self> {
        let mut vector = |part: &str, kind, value| {
            builder.tensor(&format!("{name}.{part}"), &[width], kind, Init::Constant(value))
        };
        Ok(Self {
            weight: vector("weight", Kind::Weight, 1.0)?,
            bias: vector("bias", Kind::Weight, 0.0)?,
            mean: vector("running_mean", Kind::State, 0.0)?,
            variance: vector("running_var", Kind::State, 1.0)?,
            count: builder.tensor(
                &format!("{name}.num_batches_tracked"),
                &[],
                Kind::Counter,
                Init::Constant(0.0),
            )?,
            momentum,
            ghost,
        })
    }

    pub(super) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let x = x.contiguous()?;
        let parts = if train { self.own_statistics(&x)? } else { self.running_statistics(&x)? };
        Ok(x.apply_op3(&self.weight, &self.bias, Normalise { parts, fixed: !train })?)
    }

    /// Statistics of each ghost batch; the running ones move.
    fn own_statistics(&self, x: &Tensor) -> Result<Arc<[Part]>> {
        let (rows, width) = x.dims2()?;
        if rows < 2 {
            return setting("rows of a batch in training", rows, "2 or more, for a variance");
        }
        let x = values(x)?;
        let (mut mean, mut variance) = (values(&self.mean)?, values(&self.variance)?);
        let mut parts = Vec::new();
        let mut start = 0;
        for rows in ghost_batches(rows, self.ghost) {
            let part = Part::of(&x[start * width..(start + rows) * width], width);
            let unbiased = rows as f64 / (rows - 1) as f64;
            for c in 0..width {
                mean[c] += self.momentum * (part.mean[c] - mean[c]);
                variance[c] += self.momentum * (part.variance[c] * unbiased - variance[c]);
            }
            parts.push(part);
            start += rows;
        }
        self.mean.set(&like(mean, &self.mean)?)?;
        self.variance.set(&like(variance, &self.variance)?)?;
        self.count.set(&like(vec![values(&self.count)?[0] + parts.len() as f64], &self.count)?)?;
        Ok(parts.into())
    }

    fn running_statistics(&self, x: &Tensor) -> Result<Arc<[Part]>> {
        let (mean, variance) = (values(&self.mean)?, values(&self.variance)?);
        Ok([Part { rows: x.dim(0)?, mean, variance }].into())
    }
}

/// Rows of each ghost batch: `ceil(rows / most)` parts as `torch.chunk` makes them, equal but for the last. A last part
/// of one row, which has no variance and is an error there, joins the part before it.
pub(super) fn ghost_batches(rows: usize, most: Option<usize>) -> Vec<usize> {
    let Some(most) = most.filter(|m| *m < rows) else { return vec![rows] };
    let size = rows.div_ceil(rows.div_ceil(most));
    let mut parts = vec![size; rows / size];
    match rows % size {
        0 => {}
        1 => parts.iter_mut().last().into_iter().for_each(|last| *last += 1),
        rest => parts.push(rest),
    }
    parts
}

/// What one ghost batch is normalised by.
struct Part {
    rows: usize,
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl Part {
    fn of(x: &[f64], width: usize) -> Self {
        let n = (x.len() / width) as f64;
        let (mut mean, mut variance) = (vec![0.0; width], vec![0.0; width]);
        for row in x.chunks_exact(width) {
            mean.iter_mut().zip(row).for_each(|(m, v)| *m += v);
        }
        mean.iter_mut().for_each(|m| *m /= n);
        for row in x.chunks_exact(width) {
            for c in 0..width {
                variance[c] += (row[c] - mean[c]).powi(2);
            }
        }
        variance.iter_mut().for_each(|v| *v /= n);
        Self { rows: x.len() / width, mean, variance }
    }

    /// `1 / √(σ² + ε)`.
    fn inverse(&self) -> Vec<f64> {
        self.variance.iter().map(|v| 1.0 / (v + EPSILON).sqrt()).collect()
    }
}

/// `y = (x − μ) / √(σ² + ε) · w + b` for each part of the rows; `fixed` statistics do not depend on `x`.
struct Normalise {
    parts: Arc<[Part]>,
    fixed: bool,
}

const NAME: &str = "batch-norm";

impl CustomOp3 for Normalise {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut values = doubles(x, layout, NAME)?;
        let (w, b) = (doubles(weight, weight_layout, NAME)?, doubles(bias, bias_layout, NAME)?);
        let width = w.len();
        let mut rows = values.chunks_exact_mut(width);
        for part in self.parts.iter() {
            let inverse = part.inverse();
            for row in rows.by_ref().take(part.rows) {
                for c in 0..width {
                    row[c] = (row[c] - part.mean[c]) * inverse[c] * w[c] + b[c];
                }
            }
        }
        Ok((storage(values, x), layout.shape().clone()))
    }

    /// With `x̂ = (x − μ)/σ`: `∂b = Σ g`, `∂w = Σ g x̂`, `∂x = w/σ (g − mean g − x̂ mean(g x̂))` in each part, and
    /// `w/σ g` where the statistics are fixed.
    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        g: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (x_values, g_values, w) = (values(x)?, values(g)?, values(weight)?);
        let width = w.len();
        let mut dx = vec![0.0; x_values.len()];
        let (mut dw, mut db) = (vec![0.0; width], vec![0.0; width]);
        let mut start = 0;
        for part in self.parts.iter() {
            let end = start + part.rows * width;
            let (inverse, n) = (part.inverse(), part.rows as f64);
            let rows =
                || x_values[start..end].chunks_exact(width).zip(g_values[start..end].chunks_exact(width));
            let (mut sum, mut product) = (vec![0.0; width], vec![0.0; width]);
            for (x, g) in rows() {
                for c in 0..width {
                    sum[c] += g[c];
                    product[c] += g[c] * (x[c] - part.mean[c]) * inverse[c];
                }
            }
            for c in 0..width {
                db[c] += sum[c];
                dw[c] += product[c];
                if self.fixed {
                    (sum[c], product[c]) = (0.0, 0.0);
                }
            }
            for ((x, g), dx) in rows().zip(dx[start..end].chunks_exact_mut(width)) {
                for c in 0..width {
                    let normal = (x[c] - part.mean[c]) * inverse[c];
                    dx[c] = w[c] * inverse[c] * (g[c] - (sum[c] + normal * product[c]) / n);
                }
            }
            start = end;
        }
        Ok((Some(like(dx, x)?), Some(like(dw, weight)?), Some(like(db, bias)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::ghost_batches;

    #[test]
    fn ghost_batches_are_those_of_torch_chunk() {
        assert_eq!(ghost_batches(20, Some(8)), [7, 7, 6]);
        assert_eq!(ghost_batches(10, Some(8)), [5, 5]);
        assert_eq!(ghost_batches(16, Some(128)), [16]);
        assert_eq!(ghost_batches(9, Some(2)), [2, 2, 2, 3], "a lone row joins");
        assert_eq!(ghost_batches(17, Some(4)), [4, 4, 4, 5], "fewer parts than were asked for");
        assert_eq!(ghost_batches(16, Some(8)), [8, 8]);
        assert_eq!(ghost_batches(7, None), [7]);
        for rows in 2..200 {
            for most in 2..40 {
                let parts = ghost_batches(rows, Some(most));
                assert_eq!(parts.iter().sum::<usize>(), rows);
                assert!(parts.iter().all(|p| (2..=most + 1).contains(p)), "{rows} {most} {parts:?}");
            }
        }
    }
}
