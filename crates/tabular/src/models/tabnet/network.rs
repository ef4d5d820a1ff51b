//! The network: embeddings, encoder, last linear layer.

use std::collections::HashMap;

use candle_core::{D, DType, Device, Tensor, Var};
use candle_nn::ops::log_softmax;
use serde::{Deserialize, Serialize};

use super::layers::{Attention, FeatureTransformer, linear, plain_init, relu, shared_weights};
use super::norm::BatchNorm;
use super::parameters::{Builder, Init, Kind, Slot};
use super::settings::{NetworkSettings, Precision};
use crate::error::{Result, check};

/// A column of categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Position among the columns.
    pub column: usize,
    /// Number of categories; the column holds `0 .. levels`.
    pub levels: usize,
    /// Width of the embedding.
    pub width: usize,
}

/// All that decides about the tensors of a network; written into its checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Number of columns.
    pub columns: usize,
    /// Those of categories, by increasing position.
    pub categories: Vec<Category>,
    /// Number of classes.
    pub classes: usize,
    /// Widths, layers, steps.
    pub network: NetworkSettings,
    /// Precision of the weights.
    pub precision: Precision,
}

impl Architecture {
    /// Columns of numbers, two classes, single precision.
    pub fn new(columns: usize, network: NetworkSettings) -> Self {
        Self { columns, categories: Vec::new(), classes: 2, network, precision: Precision::Single }
    }

    fn check(&self) -> Result<()> {
        self.network.check()?;
        let size =
            |name: &str, value: usize| check((1..=1 << 24).contains(&value), name, value, "1 to 16777216");
        size("columns", self.columns)?;
        size("classes", self.classes)?;
        let mut next = 0;
        for Category { column, levels, width } in &self.categories {
            let expected = format!("within {next} .. {}, in increasing order", self.columns);
            check((next..self.columns).contains(column), "column of a category", column, &expected)?;
            size("levels of a category", *levels)?;
            size("width of an embedding", *width)?;
            next = column + 1;
        }
        Ok(())
    }

    /// Number of features after embedding.
    fn width(&self) -> usize {
        self.columns - self.categories.len() + self.categories.iter().map(|c| c.width).sum::<usize>()
    }

    /// For each feature after embedding, the column it comes from and its share of the column's attention.
    fn features(&self) -> Vec<(usize, f64)> {
        let width = |column| self.categories.iter().find(|c| c.column == column).map_or(1, |c| c.width);
        (0..self.columns)
            .flat_map(|column| vec![(column, 1.0 / width(column) as f64); width(column)])
            .collect()
    }
}

/// TabNet (Arık and Pfister 2021, doi:10.1609/aaai.v35i8.16826) as the package pytorch-tabnet 4.1 has it.
///
/// With `x̃` the normalised features after embedding, `a` what the step before hands on and `P` the prior, each step is
///
/// ```text
/// M = sparsemax(norm(a Wᵀ) · P)      attention over columns       P ← P · (γ − M)
/// [d̂, a] = transformer(M G · x̃)      G spreads a column over its embedding
/// d = relu(d̂)                        embedding ← embedding + d
/// ```
///
/// Weights are kept in the precision asked for; the pass itself, forward and back, is in double precision, since
/// normalisation by a few rows amplifies what single precision rounds away.
///
/// # Shapes
/// Input `[rows, columns]`; categories are codes `0 .. levels` in their columns.
pub struct Network {
    architecture: Architecture,
    embeddings: Vec<Var>,
    input: BatchNorm,
    splitter: FeatureTransformer,
    steps: Vec<(FeatureTransformer, Attention)>,
    head: Var,
    spread: Option<Tensor>,
    pub(super) slots: Vec<Slot>,
}

/// What a pass through the network gives, in double precision.
#[derive(Clone, Debug)]
pub struct Output {
    /// Scores of the classes, `[rows, classes]`: logarithms of probabilities up to a constant.
    pub logits: Tensor,
    /// Sum of the steps' decisions, before the last linear layer: `[rows, decision_width]`.
    pub embedding: Tensor,
    /// What the last step would hand on, `[rows, attention_width]`: no score depends on it, but a fusion may take it
    /// beside the embedding.
    pub handed_on: Tensor,
    /// Decision of each step, `[rows, decision_width]`.
    pub decisions: Vec<Tensor>,
    /// Attention of each step over the columns, `[rows, columns]`; each row sums to 1.
    pub masks: Vec<Tensor>,
    /// `m`: mean over steps and rows of `Σ_j M_j ln(M_j + 1e-15)`, at most 0; a scalar.
    pub sparsity: Tensor,
}

impl Network {
    /// A network with random weights, the same for a seed.
    ///
    /// # Errors
    /// Settings outside their range.
    ///
    /// ```
    /// use radiomics_tabular::models::tabnet::{Architecture, Network, NetworkSettings};
    /// let porcelain = Network::new(Architecture::new(24, NetworkSettings::porcelain()), 1)?;
    /// assert_eq!(porcelain.parameter_count(), 314_224);
    /// # Ok::<(), radiomics_tabular::Error>(())
    /// ```
    pub fn new(architecture: Architecture, seed: u64) -> Result<Self> {
        let builder = Builder::seeded(seed, architecture.precision.dtype());
        Self::build(architecture, builder)
    }

    /// A network with given tensors, named as in checkpoints of the reference. `file` is what errors call their source.
    ///
    /// # Errors
    /// [`crate::Error::Tensor`] for one that is absent, superfluous or of another shape; settings outside their range.
    pub fn from_tensors(
        architecture: Architecture,
        tensors: HashMap<String, Tensor>,
        file: &str,
    ) -> Result<Self> {
        let builder = Builder::checkpoint(file, tensors, architecture.precision.dtype());
        Self::build(architecture, builder)
    }

    fn build(architecture: Architecture, mut builder: Builder) -> Result<Self> {
        architecture.check()?;
        let (b, settings) = (&mut builder, &architecture.network);
        let width = architecture.width();
        let embeddings = (architecture.categories.iter().enumerate())
            .map(|(k, c)| {
                let name = format!("embedder.embeddings.{k}.weight");
                b.tensor(&name, &[c.levels, c.width], Kind::Weight, Init::Normal(1.0))
            })
            .collect::<Result<_>>()?;
        let input = BatchNorm::new(b, "tabnet.encoder.initial_bn", width, INPUT_MOMENTUM, None)?;
        for (part, kind, value) in [
            ("weight", Kind::Unused, 1.0),
            ("bias", Kind::Unused, 0.0),
            ("running_mean", Kind::UnusedState, 0.0),
            ("running_var", Kind::UnusedState, 1.0),
        ] {
            b.tensor(&format!("tabnet.initial_bn.{part}"), &[width], kind, Init::Constant(value))?;
        }
        let count = "tabnet.initial_bn.num_batches_tracked";
        b.tensor(count, &[], Kind::Counter, Init::Constant(0.0))?;
        let place = |k| format!("tabnet.encoder.feat_transformers.{k}");
        let places: Vec<String> = std::iter::once("tabnet.encoder.initial_splitter".to_owned())
            .chain((0..settings.steps).map(place))
            .collect();
        let shared = shared_weights(b, &places, width, settings)?;
        let splitter = FeatureTransformer::new(b, &places[0], width, &shared, settings)?;
        let steps = (places[1..].iter().enumerate())
            .map(|(k, place)| {
                let attention = format!("tabnet.encoder.att_transformers.{k}");
                Ok((
                    FeatureTransformer::new(b, place, width, &shared, settings)?,
                    Attention::new(b, &attention, architecture.columns, settings)?,
                ))
            })
            .collect::<Result<_>>()?;
        let shape = [architecture.classes, settings.decision_width];
        let init = plain_init(settings.decision_width);
        let head = b.tensor("tabnet.final_mapping.weight", &shape, Kind::Weight, init)?;
        let spread = spread(&architecture)?;
        let slots = builder.finish()?;
        Ok(Self { architecture, embeddings, input, splitter, steps, head, spread, slots })
    }

    /// What it was built from.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// One pass. In training, batches are normalised by their own statistics, and running statistics move.
    ///
    /// # Errors
    /// Rows of another width, a category outside its levels, a batch of one row in training.
    pub fn forward(&self, x: &Tensor, train: bool) -> Result<Output> {
        let (rows, columns) = x.dims2()?;
        check(
            columns == self.architecture.columns,
            "columns",
            columns,
            &self.architecture.columns.to_string(),
        )?;
        check(rows > 0, "rows", rows, "1 or more")?;
        let x = self.input.forward(&self.embed(&x.to_dtype(DType::F64)?)?, train)?;
        let settings = &self.architecture.network;
        let (d, a) = (settings.decision_width, settings.attention_width);
        let mut attention = self.splitter.forward(&x, train)?.narrow(1, d, a)?.contiguous()?;
        let mut prior: Option<Tensor> = None;
        let (mut decisions, mut masks) = (Vec::new(), Vec::new());
        let mut sparsity = Vec::new();
        for (transformer, attend) in &self.steps {
            let mask = attend.forward(&attention, prior.as_ref(), train)?;
            sparsity.push((&mask * (&mask + LEAST_MASK)?.log()?)?.sum(1)?.mean(0)?);
            let left = mask.affine(-1.0, settings.gamma)?;
            prior = Some(match prior {
                Some(prior) => (prior * left)?,
                None => left,
            });
            let out = transformer.forward(&(self.by_feature(&mask)? * &x)?, train)?;
            decisions.push(relu(&out.narrow(1, 0, d)?.contiguous()?)?);
            attention = out.narrow(1, d, a)?.contiguous()?;
            masks.push(mask);
        }
        let embedding = sum(&decisions)?;
        Ok(Output {
            logits: linear(&embedding, &self.head)?,
            embedding,
            handed_on: attention,
            decisions,
            masks,
            sparsity: (sum(&sparsity)? / settings.steps as f64)?,
        })
    }

    /// What is said of columns, said of the features after embedding: the parts of an embedding share alike.
    ///
    /// # Errors
    /// Another number of columns.
    pub fn by_feature(&self, of_columns: &Tensor) -> Result<Tensor> {
        match &self.spread {
            Some(spread) => Ok(of_columns.matmul(spread)?),
            None => Ok(of_columns.clone()),
        }
    }

    fn embed(&self, x: &Tensor) -> Result<Tensor> {
        if self.embeddings.is_empty() {
            return Ok(x.clone());
        }
        let mut parts = Vec::new();
        let mut next = 0;
        for (category, table) in self.architecture.categories.iter().zip(&self.embeddings) {
            if category.column > next {
                parts.push(x.narrow(1, next, category.column - next)?);
            }
            let codes = x.narrow(1, category.column, 1)?.flatten_all()?.to_dtype(DType::U32)?;
            parts.push(table.index_select(&codes, 0)?.to_dtype(DType::F64)?);
            next = category.column + 1;
        }
        if next < self.architecture.columns {
            parts.push(x.narrow(1, next, self.architecture.columns - next)?);
        }
        Ok(Tensor::cat(&parts, 1)?)
    }

    /// Tensors that are trained.
    pub fn variables(&self) -> Vec<Var> {
        self.of_kind(|k| k == Kind::Weight).map(|s| s.var.clone()).collect()
    }

    /// A tensor by any of its names in a checkpoint.
    pub fn tensor(&self, name: &str) -> Option<&Var> {
        self.slots.iter().find(|s| s.names.iter().any(|n| n == name)).map(|s| &s.var)
    }

    /// Number of weights, as the reference counts them: with the normalisation that it has but does not use.
    pub fn parameter_count(&self) -> usize {
        self.of_kind(|k| matches!(k, Kind::Weight | Kind::Unused)).map(|s| s.var.elem_count()).sum()
    }

    fn of_kind(&self, wanted: impl Fn(Kind) -> bool) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(move |s| wanted(s.kind))
    }
}

const INPUT_MOMENTUM: f64 = 0.01;
const LEAST_MASK: f64 = 1e-15;

impl Output {
    /// How much each column counted for each row, `Σ_steps M · Σ d`: `[rows, columns]`.
    ///
    /// # Errors
    /// Those of candle.
    pub fn importance(&self) -> Result<Tensor> {
        let parts = (self.masks.iter().zip(&self.decisions))
            .map(|(mask, d)| Ok(mask.broadcast_mul(&d.sum_keepdim(1)?)?))
            .collect::<Result<Vec<_>>>()?;
        sum(&parts)
    }

    /// Cross-entropy − `sparsity` · m, a scalar: `Σ w_i (−ln p_i) / Σ w_i − sparsity · m`, where `p_i` is the
    /// probability given to the class of row `i`. Weights `[rows]` are 1 without.
    ///
    /// # Errors
    /// Classes that are no `u32` of `[rows]` below the number of classes.
    pub fn loss(&self, classes: &Tensor, weights: Option<&Tensor>, sparsity: f64) -> Result<Tensor> {
        let log_p = log_softmax(&self.logits, D::Minus1)?.gather(&classes.unsqueeze(1)?, 1)?.squeeze(1)?;
        let mean = match weights {
            Some(w) => ((log_p * w)?.sum_all()? / w.sum_all()?)?,
            None => log_p.mean_all()?,
        };
        Ok((mean.neg()? - (&self.sparsity * sparsity)?)?)
    }
}

fn sum(parts: &[Tensor]) -> Result<Tensor> {
    let Some((first, rest)) = parts.split_first() else {
        return crate::error::setting("steps", 0, "1 or more");
    };
    rest.iter().try_fold(first.clone(), |sum, part| Ok((sum + part)?))
}

/// `G`, `[columns, features]`; none where every column is one feature.
fn spread(architecture: &Architecture) -> Result<Option<Tensor>> {
    if architecture.categories.is_empty() {
        return Ok(None);
    }
    let features = architecture.features();
    let mut g = vec![0.0; architecture.columns * features.len()];
    for (f, (column, share)) in features.iter().enumerate() {
        g[column * features.len() + f] = *share;
    }
    Ok(Some(Tensor::from_vec(g, (architecture.columns, features.len()), &Device::Cpu)?))
}
