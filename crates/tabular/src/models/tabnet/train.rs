//! The training loop.

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use radiomics_stats::rng::Rng;
use serde::{Deserialize, Serialize};

use super::double::values;
use super::network::Network;
use super::norm::ghost_batches;
use super::settings::TrainSettings;
use crate::error::{Error, Result, setting};
use crate::score::Score;

/// What happened in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, counted from 1.
    pub number: usize,
    /// Learning rate.
    pub learning_rate: f64,
    /// Mean loss of its batches, weighted by their rows.
    pub loss: f64,
    /// AUC on the patients held out, after the epoch.
    pub auc: Option<f64>,
}

/// Somebody who watches the training and may end it.
pub trait Watch {
    /// An epoch of at most `all` is over.
    fn epoch(&self, epoch: &Epoch, all: usize) {
        let _ = (epoch, all);
    }

    /// True when the result is no longer wanted; asked before each batch.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}

/// Patients as tensors.
pub(super) struct Rows {
    /// `[rows, columns]`.
    pub(super) x: Tensor,
    pub(super) outcome: Vec<bool>,
}

/// Trains the network and gives back what happened, epoch by epoch. With patients held out, it is left as it was after
/// the epoch with the largest AUC, the first of equals.
pub(super) fn train(
    network: &Network,
    rows: &Rows,
    held: Option<&Rows>,
    settings: &TrainSettings,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Vec<Epoch>> {
    let variables = network.variables();
    let parameters = ParamsAdamW {
        lr: settings.learning_rate,
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weight_decay: settings.weight_decay,
    };
    let mut optimiser = AdamW::new(variables.clone(), parameters)?;
    let mut log: Vec<Epoch> = Vec::new();
    let mut best: Option<Best> = None;
    for epoch in 0..settings.epochs {
        let learning_rate = settings.schedule.rate(settings.learning_rate, epoch);
        optimiser.set_learning_rate(learning_rate);
        let mut order: Vec<u32> = (0..rows.outcome.len() as u32).collect();
        Rng::stream(seed, 1 + epoch as u64).shuffle(&mut order);
        let (mut loss, mut rest) = (0.0, &order[..]);
        for size in ghost_batches(order.len(), Some(settings.batch)) {
            let batch;
            (batch, rest) = rest.split_at(size);
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            let own = step(network, rows, batch, settings, &variables, &mut optimiser)?;
            if !own.is_finite() {
                return Err(Error::Diverged { epoch: epoch + 1, loss: own });
            }
            loss += own * batch.len() as f64 / order.len() as f64;
        }
        let auc = held.map(|held| auc(network, held, epoch)).transpose()?;
        let epoch = Epoch { number: epoch + 1, learning_rate, loss, auc };
        log.push(epoch);
        watch.epoch(&epoch, settings.epochs);
        if let Some(auc) = auc {
            if best.as_ref().is_none_or(|b| auc > b.auc) {
                best = Some(Best::of(network, epoch.number, auc)?);
            } else if best.as_ref().is_some_and(|b| epoch.number - b.epoch >= settings.patience) {
                break;
            }
        }
    }
    if let Some(best) = best {
        best.restore(network)?;
    }
    for variable in &variables {
        if let Some(odd) = values(variable)?.into_iter().find(|v| !v.is_finite()) {
            return Err(Error::Diverged { epoch: log.len(), loss: odd });
        }
    }
    Ok(log)
}

/// One step down the gradient of a batch; the loss before it.
fn step(
    network: &Network,
    rows: &Rows,
    batch: &[u32],
    settings: &TrainSettings,
    variables: &[Var],
    optimiser: &mut AdamW,
) -> Result<f64> {
    let x = rows.x.index_select(&Tensor::new(batch, &Device::Cpu)?, 0)?;
    let classes: Vec<u32> = batch.iter().map(|&i| u32::from(rows.outcome[i as usize])).collect();
    let by_class = settings.class_weight.weights(&rows.outcome);
    let weights: Vec<f64> = classes.iter().map(|c| by_class[*c as usize]).collect();
    let weights = Tensor::new(weights, &Device::Cpu)?.to_dtype(x.dtype())?;
    let output = network.forward(&x, true)?;
    let loss = output.loss(&Tensor::new(classes, &Device::Cpu)?, Some(&weights), settings.sparsity)?;
    let mut gradients = loss.backward()?;
    // Clipped as `torch.nn.utils.clip_grad_norm_` does.
    let mut squares = 0.0;
    for gradient in variables.iter().filter_map(|v| gradients.get(v)) {
        squares += gradient.to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar::<f64>()?;
    }
    let factor = settings.clip / (squares.sqrt() + 1e-6);
    if factor < 1.0 {
        for variable in variables {
            if let Some(gradient) = gradients.remove(variable) {
                gradients.insert(variable, (gradient * factor)?);
            }
        }
    }
    optimiser.step(&gradients)?;
    Ok(loss.to_dtype(DType::F64)?.to_scalar()?)
}

fn auc(network: &Network, held: &Rows, epoch: usize) -> Result<f64> {
    let decision = decision(network, &held.x)?;
    match decision.iter().find(|d| !d.is_finite()) {
        Some(odd) => Err(Error::Diverged { epoch: epoch + 1, loss: *odd }),
        None => Score::RocAuc.of_decision(&held.outcome, &decision),
    }
}

/// Log-odds of class 1.
pub(super) fn decision(network: &Network, x: &Tensor) -> Result<Vec<f64>> {
    let logits = network.forward(x, false)?.logits.to_dtype(DType::F64)?.to_vec2::<f64>()?;
    let odds = |row: &Vec<f64>| match row[..] {
        [negative, positive] => Ok(positive - negative),
        _ => setting("classes of the network", row.len(), "2"),
    };
    logits.iter().map(odds).collect()
}

/// The network as it was after its best epoch.
struct Best {
    epoch: usize,
    auc: f64,
    tensors: Vec<Tensor>,
}

impl Best {
    fn of(network: &Network, epoch: usize, auc: f64) -> Result<Self> {
        let tensors = network.slots.iter().map(|s| Ok(s.var.copy()?)).collect::<Result<_>>()?;
        Ok(Self { epoch, auc, tensors })
    }

    fn restore(&self, network: &Network) -> Result<()> {
        for (slot, tensor) in network.slots.iter().zip(&self.tensors) {
            slot.var.set(tensor)?;
        }
        Ok(())
    }
}
