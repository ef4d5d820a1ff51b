//! Gated layers, feature transformers, attention: the parts of a step.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Shape, Tensor, Var};

use super::activation::Activation;
use super::double::{doubles, like, storage, values};
use super::norm::BatchNorm;
use super::parameters::{Builder, Init, Kind};
use super::settings::NetworkSettings;
use crate::error::Result;

/// `x Wᵀ` for weights `[out, in]`, in double precision.
pub(super) fn linear(x: &Tensor, weight: &Var) -> Result<Tensor> {
    Ok(x.matmul(&weight.to_dtype(DType::F64)?.t()?)?)
}

/// Xavier's normal with the reference's gain `√((in + out) / √(4 in))`.
pub(super) fn plain_init(inputs: usize) -> Init {
    Init::Normal((2.0 / (4.0 * inputs as f64).sqrt()).sqrt())
}

/// Xavier's normal with the reference's gain for gated layers, `√((in + out) / √in)`.
fn gated_init(inputs: usize) -> Init {
    Init::Normal((2.0 / (inputs as f64).sqrt()).sqrt())
}

/// `h = norm(x Wᵀ)`, then the first half of `h` times the sigmoid of the second.
struct GluLayer {
    weight: Var,
    norm: BatchNorm,
}

impl GluLayer {
    fn new(builder: &mut Builder, name: &str, weight: Var, settings: &NetworkSettings) -> Result<Self> {
        let width = 2 * settings.width();
        let norm = format!("{name}.bn.bn");
        Ok(Self {
            weight,
            norm: BatchNorm::new(builder, &norm, width, settings.momentum, Some(settings.ghost_rows))?,
        })
    }

    fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let h = self.norm.forward(&linear(x, &self.weight)?, train)?;
        Ok(h.apply_op1(Gate)?)
    }
}

/// Weights of the gated layers that all steps share; normalisation is each step's own.
pub(super) fn shared_weights(
    builder: &mut Builder,
    places: &[String],
    inputs: usize,
    settings: &NetworkSettings,
) -> Result<Vec<Var>> {
    (0..settings.shared)
        .map(|j| {
            let names = places
                .iter()
                .flat_map(|p| {
                    [
                        format!("{p}.shared.shared_layers.{j}.weight"),
                        format!("{p}.shared.glu_layers.{j}.fc.weight"),
                    ]
                })
                .collect();
            let from = if j == 0 { inputs } else { settings.width() };
            builder.shared(names, &[2 * settings.width(), from], Kind::Weight, gated_init(from))
        })
        .collect()
}

/// Gated layers one after the other, shared ones first; all but the first are residual, `x ← (x + layer(x)) √½`.
pub(super) struct FeatureTransformer {
    layers: Vec<GluLayer>,
}

impl FeatureTransformer {
    pub(super) fn new(
        builder: &mut Builder,
        name: &str,
        inputs: usize,
        shared: &[Var],
        settings: &NetworkSettings,
    ) -> Result<Self> {
        let mut layers = Vec::with_capacity(settings.shared + settings.independent);
        for (j, weight) in shared.iter().enumerate() {
            let name = format!("{name}.shared.glu_layers.{j}");
            layers.push(GluLayer::new(builder, &name, weight.clone(), settings)?);
        }
        for j in 0..settings.independent {
            let from = if layers.is_empty() { inputs } else { settings.width() };
            let name = format!("{name}.specifics.glu_layers.{j}");
            let shape = [2 * settings.width(), from];
            let weight =
                builder.tensor(&format!("{name}.fc.weight"), &shape, Kind::Weight, gated_init(from))?;
            layers.push(GluLayer::new(builder, &name, weight, settings)?);
        }
        Ok(Self { layers })
    }

    pub(super) fn forward(&self, x: &Tensor, train: bool) -> Result<Tensor> {
        let mut x = x.clone();
        for (j, layer) in self.layers.iter().enumerate() {
            let y = layer.forward(&x, train)?;
            x = if j == 0 { y } else { ((x + y)? * 0.5f64.sqrt())? };
        }
        Ok(x)
    }
}

/// `M = activation(norm(a Wᵀ) · prior)`: what the step looks at.
pub(super) struct Attention {
    weight: Var,
    norm: BatchNorm,
    activation: Activation,
}

impl Attention {
    pub(super) fn new(
        builder: &mut Builder,
        name: &str,
        columns: usize,
        settings: &NetworkSettings,
    ) -> Result<Self> {
        let from = settings.attention_width;
        let weight =
            builder.tensor(&format!("{name}.fc.weight"), &[columns, from], Kind::Weight, plain_init(from))?;
        let norm = BatchNorm::new(
            builder,
            &format!("{name}.bn.bn"),
            columns,
            settings.momentum,
            Some(settings.ghost_rows),
        )?;
        Ok(Self { weight, norm, activation: settings.mask })
    }

    pub(super) fn forward(&self, attention: &Tensor, prior: Option<&Tensor>, train: bool) -> Result<Tensor> {
        let scores = self.norm.forward(&linear(attention, &self.weight)?, train)?;
        let scores = match prior {
            Some(prior) => (scores * prior)?,
            None => scores,
        };
        Ok(self.activation.along(&scores, 1)?)
    }
}

/// `max(x, 0)`, with the derivative 0 at 0 that PyTorch has (candle's own `relu` has 1).
pub(super) fn relu(x: &Tensor) -> Result<Tensor> {
    Ok((x * x.gt(0.0)?.to_dtype(x.dtype())?)?)
}

/// `[rows, 2 w]` → `[rows, w]`: first half times the sigmoid of the second.
struct Gate;

const NAME: &str = "gated-linear-unit";

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl CustomOp1 for Gate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let (rows, double) = layout.shape().dims2()?;
        let width = double / 2;
        let values = doubles(x, layout, NAME)?;
        let y = values
            .chunks_exact(double)
            .flat_map(|h| h[..width].iter().zip(&h[width..]).map(|(a, b)| a * sigmoid(*b)))
            .collect();
        Ok((storage(y, x), (rows, width).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, g: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let width = g.dim(1)?;
        let (mut dx, g) = (values(x)?, values(g)?);
        for (h, g) in dx.chunks_exact_mut(2 * width).zip(g.chunks_exact(width)) {
            let (a, b) = h.split_at_mut(width);
            for c in 0..width {
                let s = sigmoid(b[c]);
                b[c] = g[c] * a[c] * s * (1.0 - s);
                a[c] = g[c] * s;
            }
        }
        Ok(Some(like(dx, x)?))
    }
}
