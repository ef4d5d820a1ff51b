//! Tensors of either precision as `f64` and back: the operations written here calculate in double precision and round once.

use candle_core::{CpuStorage, DType, Error, Layout, Tensor};

/// The values of a contiguous `f32` or `f64` tensor.
pub(super) fn doubles(x: &CpuStorage, layout: &Layout, op: &'static str) -> candle_core::Result<Vec<f64>> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        return Err(Error::RequiresContiguous { op }.bt());
    };
    match x {
        CpuStorage::F32(x) => Ok(x[start..end].iter().map(|v| f64::from(*v)).collect()),
        CpuStorage::F64(x) => Ok(x[start..end].to_vec()),
        other => Err(Error::UnsupportedDTypeForOp(dtype(other), op).bt()),
    }
}

/// Values in the precision of another storage.
pub(super) fn storage(values: Vec<f64>, like: &CpuStorage) -> CpuStorage {
    match like {
        CpuStorage::F32(_) => CpuStorage::F32(values.iter().map(|v| *v as f32).collect()),
        _ => CpuStorage::F64(values),
    }
}

/// The values of a tensor, last dimension fastest.
pub(super) fn values(x: &Tensor) -> candle_core::Result<Vec<f64>> {
    x.to_dtype(DType::F64)?.flatten_all()?.to_vec1()
}

/// A tensor of the shape and precision of another.
pub(super) fn like(values: Vec<f64>, x: &Tensor) -> candle_core::Result<Tensor> {
    Tensor::from_vec(values, x.shape(), x.device())?.to_dtype(x.dtype())
}

fn dtype(x: &CpuStorage) -> DType {
    candle_core::backend::BackendStorage::dtype(x)
}
