//! Named tensors of a network: drawn from a seed, or taken from a checkpoint.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor, Var};
use radiomics_stats::rng::Rng;

use crate::error::{Error, Result};

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Trained.
    Weight,
    /// Counted among the parameters, as the reference has it, but used by nothing.
    Unused,
    /// Running statistics.
    State,
    /// Running statistics of what is unused.
    UnusedState,
    /// Whole number of updates, which a checkpoint may lack.
    Counter,
}

/// How a tensor begins without a checkpoint.
#[derive(Clone, Copy, Debug)]
pub(super) enum Init {
    Constant(f64),
    /// Normal around 0 with this standard deviation.
    Normal(f64),
}

/// A tensor with the names it has in a checkpoint; a shared layer has several.
pub(super) struct Slot {
    pub(super) names: Vec<String>,
    pub(super) var: Var,
    pub(super) kind: Kind,
}

enum Source {
    Seed(Rng),
    Checkpoint { file: String, tensors: HashMap<String, Tensor> },
}

/// Hands out the tensors of a network, layer by layer.
pub(super) struct Builder {
    source: Source,
    dtype: DType,
    slots: Vec<Slot>,
}

impl Builder {
    pub(super) fn seeded(seed: u64, dtype: DType) -> Self {
        Self { source: Source::Seed(Rng::new(seed)), dtype, slots: Vec::new() }
    }

    pub(super) fn checkpoint(file: &str, tensors: HashMap<String, Tensor>, dtype: DType) -> Self {
        Self { source: Source::Checkpoint { file: file.to_owned(), tensors }, dtype, slots: Vec::new() }
    }

    pub(super) fn tensor(&mut self, name: &str, shape: &[usize], kind: Kind, init: Init) -> Result<Var> {
        self.shared(vec![name.to_owned()], shape, kind, init)
    }

    /// One tensor under several names. A checkpoint may have any of them; those it has must be equal.
    pub(super) fn shared(
        &mut self,
        names: Vec<String>,
        shape: &[usize],
        kind: Kind,
        init: Init,
    ) -> Result<Var> {
        let dtype = if kind == Kind::Counter { DType::I64 } else { self.dtype };
        let tensor = match &mut self.source {
            Source::Seed(rng) => draw(init, shape, rng)?,
            Source::Checkpoint { file, tensors } => match take(file, tensors, &names, shape)? {
                Some(tensor) => tensor,
                None if !matches!(kind, Kind::Weight | Kind::State) => draw(init, shape, &mut Rng::new(0))?,
                None => return Err(mismatch(file, &names[0], "no such tensor", format!("shape {shape:?}"))),
            },
        };
        let var = Var::from_tensor(&tensor.to_dtype(dtype)?)?;
        self.slots.push(Slot { names, var: var.clone(), kind });
        Ok(var)
    }

    /// All tensors in the order in which they were handed out.
    ///
    /// # Errors
    /// [`Error::Tensor`] when the checkpoint has one that no layer asked for: it belongs to another network.
    pub(super) fn finish(self) -> Result<Vec<Slot>> {
        if let Source::Checkpoint { file, tensors } = &self.source
            && let Some((name, tensor)) = tensors.iter().min_by_key(|(name, _)| *name)
        {
            return Err(mismatch(file, name, format!("shape {:?}", tensor.dims()), "no such tensor"));
        }
        Ok(self.slots)
    }
}

/// Removes all tensors of these names and gives back the one that they all are.
fn take(
    file: &str,
    tensors: &mut HashMap<String, Tensor>,
    names: &[String],
    shape: &[usize],
) -> Result<Option<Tensor>> {
    let mut found: Option<(&String, Tensor)> = None;
    for name in names {
        let Some(tensor) = tensors.remove(name) else { continue };
        if tensor.dims() != shape {
            let found = format!("shape {:?}", tensor.dims());
            return Err(mismatch(file, name, found, format!("shape {shape:?}")));
        }
        match &found {
            Some((first, same)) if super::double::values(same)? != super::double::values(&tensor)? => {
                let expected = format!("those of `{first}`, which is the same layer,");
                return Err(mismatch(file, name, "other values", expected));
            }
            Some(_) => {}
            None => found = Some((name, tensor)),
        }
    }
    Ok(found.map(|(_, tensor)| tensor))
}

fn draw(init: Init, shape: &[usize], rng: &mut Rng) -> Result<Tensor> {
    let count = shape.iter().product();
    let values: Vec<f64> = match init {
        Init::Constant(value) => vec![value; count],
        Init::Normal(sd) => (0..count).map(|_| sd * rng.normal()).collect(),
    };
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

fn mismatch(file: &str, tensor: &str, found: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::Tensor {
        file: file.to_owned(),
        tensor: tensor.to_owned(),
        found: found.into(),
        expected: expected.into(),
    }
}
