//! Sparse alternatives to softmax: sparsemax and 1.5-entmax, each with its own backward pass.
//!
//! Both project scores `z` onto the probability simplex with exact zeros:
//!
//! - sparsemax, `p_j = max(z_j − τ, 0)` (Martins and Astudillo 2016, arXiv:1602.02068);
//! - 1.5-entmax, `p_j = max(z_j/2 − τ, 0)²` (Peters, Niculae and Martins 2019, doi:10.18653/v1/P19-1146).
//!
//! The threshold `τ` makes `Σ p = 1` and is found exactly by sorting. The backward pass is one formula for both: with
//! `s = p^(2 − α)` on the support (`α = 2` for sparsemax, `1.5` for entmax), `∂L/∂z = s (g − Σ s g / Σ s)`.

use candle_core::shape::Dim;
use candle_core::{CpuStorage, CustomOp1, D, Layout, Shape, Tensor};
use serde::{Deserialize, Serialize};

use super::double::{doubles, storage};

/// How scores of columns become attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Euclidean projection onto the simplex: the sparsest. Python: `mask_type = "sparsemax"`.
    #[default]
    Sparsemax,
    /// 1.5-entmax, between softmax and sparsemax. Python: `mask_type = "entmax"`.
    Entmax,
}

/// Sparsemax along one dimension. Python: `entmax.sparsemax(x, dim)`.
///
/// ```
/// use candle_core::{D, Device, Tensor};
/// use radiomics_tabular::models::tabnet::sparsemax;
/// let p = sparsemax(&Tensor::new(&[[1.0f64, 0.5, -1.0]], &Device::Cpu)?, D::Minus1)?;
/// assert_eq!(p.to_vec2::<f64>()?, [[0.75, 0.25, 0.0]]);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
/// A dimension that the tensor does not have, values that are neither `f32` nor `f64`.
pub fn sparsemax(x: &Tensor, dim: impl Dim) -> candle_core::Result<Tensor> {
    Activation::Sparsemax.along(x, dim)
}

/// 1.5-entmax along one dimension. Python: `entmax.entmax15(x, dim)`.
///
/// ```
/// use candle_core::{D, Device, Tensor};
/// use radiomics_tabular::models::tabnet::entmax15;
/// let p = entmax15(&Tensor::new(&[[0.0f64, 0.0, -9.0]], &Device::Cpu)?, D::Minus1)?.to_vec2::<f64>()?;
/// assert!((p[0][0] - 0.5).abs() < 1e-15 && p[0][2] == 0.0);
/// # Ok::<(), candle_core::Error>(())
/// ```
///
/// # Errors
/// As [`sparsemax`].
pub fn entmax15(x: &Tensor, dim: impl Dim) -> candle_core::Result<Tensor> {
    Activation::Entmax.along(x, dim)
}

impl Activation {
    /// The activation along one dimension. The threshold is found in double precision whatever the tensor holds.
    ///
    /// # Errors
    /// As [`sparsemax`].
    pub fn along(self, x: &Tensor, dim: impl Dim) -> candle_core::Result<Tensor> {
        let dim = dim.to_index(x.shape(), self.name())?;
        if dim + 1 == x.rank() {
            return x.contiguous()?.apply_op1(self);
        }
        let last = x.rank() - 1;
        x.transpose(dim, last)?.contiguous()?.apply_op1(self)?.transpose(dim, last)?.contiguous()
    }

    fn project(self, z: &mut [f64]) {
        let top = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !top.is_finite() || z.iter().any(|v| v.is_nan()) {
            // No distribution; `max` would make zeros of it.
            z.fill(f64::NAN);
            return;
        }
        let scale = if self == Self::Entmax { 0.5 } else { 1.0 };
        z.iter_mut().for_each(|v| *v = (*v - top) * scale);
        let mut sorted = z.to_vec();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        match self {
            Self::Sparsemax => {
                let tau = sparsemax_threshold(&sorted);
                z.iter_mut().for_each(|v| *v = (*v - tau).max(0.0));
            }
            Self::Entmax => {
                let tau = entmax_threshold(&sorted);
                z.iter_mut().for_each(|v| *v = (*v - tau).max(0.0).powi(2));
            }
        }
    }
}

/// `τ = (Σ_{j ≤ k} z_(j) − 1) / k` for the largest `k` with `1 + k z_(k) > Σ_{j ≤ k} z_(j)`.
fn sparsemax_threshold(sorted: &[f64]) -> f64 {
    let (mut sum, mut tau) = (0.0, f64::NAN);
    for (k, z) in sorted.iter().enumerate() {
        let k = (k + 1) as f64;
        if 1.0 + k * z <= sum + z {
            break;
        }
        sum += z;
        tau = (sum - 1.0) / k;
    }
    tau
}

/// `τ_k = mean − √((1 − SS) / k)` of the `k` largest scores and the sum of squares `SS` around their mean, for the
/// largest `k` with `τ_k ≤ z_(k)`.
fn entmax_threshold(sorted: &[f64]) -> f64 {
    let (mut sum, mut squares, mut tau) = (0.0, 0.0, f64::NAN);
    for (k, z) in sorted.iter().enumerate() {
        let k = (k + 1) as f64;
        sum += z;
        squares += z * z;
        let mean = sum / k;
        let candidate = mean - ((1.0 - (squares - sum * mean)) / k).max(0.0).sqrt();
        if candidate > *z {
            break;
        }
        tau = candidate;
    }
    tau
}

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        match self {
            Self::Sparsemax => "sparsemax",
            Self::Entmax => "entmax15",
        }
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut values = doubles(x, layout, self.name())?;
        if let Some(width) = layout.dims().last().filter(|w| **w > 0) {
            values.chunks_exact_mut(*width).for_each(|row| self.project(row));
        }
        Ok((storage(values, x), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, p: &Tensor, g: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let s = match self {
            Self::Sparsemax => p.gt(0.0)?.to_dtype(p.dtype())?,
            Self::Entmax => p.sqrt()?,
        };
        let mean = (&s * g)?.sum_keepdim(D::Minus1)?.div(&s.sum_keepdim(D::Minus1)?)?;
        Ok(Some((s * g.broadcast_sub(&mean)?)?))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    const BOTH: [Activation; 2] = [Activation::Sparsemax, Activation::Entmax];

    fn sum(p: &[f64]) -> f64 {
        p.iter().sum()
    }

    #[test]
    fn results_lie_on_the_simplex_and_ties_share() {
        let x = [[0.3, 0.3, -0.2, 1.0], [5.0, -5.0, 5.0, 5.0], [1e300, 0.0, -1e300, 2.0], [0.0; 4]];
        for activation in BOTH {
            let p = activation.along(&Tensor::new(&x, &Device::Cpu).unwrap(), 1).unwrap();
            for row in p.to_vec2::<f64>().unwrap() {
                assert!((sum(&row) - 1.0).abs() < 1e-15 && row.iter().all(|p| *p >= 0.0), "{row:?}");
            }
            let p = p.to_vec2::<f64>().unwrap();
            assert_eq!(p[0][0], p[0][1]);
            assert_eq!(p[2], [1.0, 0.0, 0.0, 0.0]);
            assert_eq!(p[3], [0.25; 4]);
        }
    }

    #[test]
    fn any_dimension_and_both_precisions() {
        let x = Tensor::new(&[[[0.1f64, 0.9], [0.4, -0.3]], [[1.2, 0.0], [0.7, 0.2]]], &Device::Cpu).unwrap();
        for activation in BOTH {
            for dim in 0..3 {
                let p = activation.along(&x, dim).unwrap();
                let ones = p.sum(dim).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
                assert!(ones.iter().all(|s| (s - 1.0).abs() < 1e-15));
                let single = activation.along(&x.to_dtype(candle_core::DType::F32).unwrap(), dim).unwrap();
                let off = (single.to_dtype(candle_core::DType::F64).unwrap() - p).unwrap().abs().unwrap();
                assert!(off.max_all().unwrap().to_scalar::<f64>().unwrap() < 1e-7);
            }
            assert!(activation.along(&x, 3).is_err());
            assert!(activation.along(&x.to_dtype(candle_core::DType::U32).unwrap(), 0).is_err());
        }
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let z = [0.31, -0.12, 0.55, 0.05, -2.0];
        let g = [0.7, -1.1, 0.4, 2.0, 3.0];
        let loss = |activation: Activation, z: &[f64]| {
            let mut p = z.to_vec();
            activation.project(&mut p);
            p.iter().zip(g).map(|(p, g)| p * g).sum::<f64>()
        };
        for activation in BOTH {
            let x = Var::new(&z, &Device::Cpu).unwrap();
            let p = activation.along(&x, 0).unwrap();
            let l = (p * Tensor::new(&g, &Device::Cpu).unwrap()).unwrap().sum_all().unwrap();
            let found = l.backward().unwrap().get(&x).unwrap().to_vec1::<f64>().unwrap();
            for j in 0..z.len() {
                let h = 1e-6;
                let (mut up, mut down) = (z, z);
                up[j] += h;
                down[j] -= h;
                let expected = (loss(activation, &up) - loss(activation, &down)) / (2.0 * h);
                assert!((found[j] - expected).abs() < 1e-8, "{activation:?} {j}: {} {expected}", found[j]);
            }
        }
    }

    #[test]
    fn values_that_are_not_finite_give_no_panic() {
        for activation in BOTH {
            for odd in [f64::NAN, f64::INFINITY] {
                let mut z = [1.0, odd, 0.0];
                activation.project(&mut z);
                assert!(z.iter().any(|p| p.is_nan()), "{activation:?} {z:?}");
            }
            let mut none: [f64; 0] = [];
            activation.project(&mut none);
        }
    }
}
