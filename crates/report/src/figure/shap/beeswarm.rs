//! Beeswarm: one row for each feature, one point for each patient, coloured by the feature's value.

use crate::{
    Error,
    check::Check,
    colour::{Colour, Palette},
    figure::{Layout, Plot, laid_out, low_high_bar},
    font,
    scale::{extent, round_range},
    scene::{Anchor, Paint, Rect, Scene, Text},
    sheet::{Axis, Frame, FrameStyle, Grid, Height, SMALL, Sheet},
};

/// SHAP values of one feature in all patients.
#[derive(Clone, Debug, PartialEq)]
pub struct ShapFeature {
    /// Name of the feature.
    pub name: String,
    /// SHAP value in each patient.
    pub shap: Vec<f64>,
    /// Value of the feature in each patient; NaN is missing and grey.
    pub values: Vec<f64>,
}

/// A beeswarm figure; features are ordered by their mean absolute SHAP value.
///
/// Python: `shap.plots.beeswarm(values)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Beeswarm {
    /// Title, size and texts; the height is that of one row.
    pub layout: Layout,
    /// The features, in any order.
    pub features: Vec<ShapFeature>,
    /// Features shown at most.
    pub most: usize,
    /// Label of the axis.
    pub axis_label: String,
}

impl Beeswarm {
    /// A figure without features yet; shows the 15 greatest.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(title, 560.0, 40.0),
            features: Vec::new(),
            most: 15,
            axis_label: "SHAP value (effect on the prediction)".into(),
        }
    }

    /// Adds a feature.
    #[must_use]
    pub fn feature(mut self, name: impl Into<String>, shap: Vec<f64>, values: Vec<f64>) -> Self {
        self.features.push(ShapFeature { name: name.into(), shap, values });
        self
    }

    /// Features shown at most.
    #[must_use]
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }
}

/// Mean absolute value.
pub(super) fn importance(shap: &[f64]) -> f64 {
    shap.iter().map(|v| v.abs()).sum::<f64>() / shap.len().max(1) as f64
}

const ROW: f64 = 26.0;
const RADIUS: f64 = 2.2;

/// Colour of a value between the 5th and the 95th percentile of its feature; grey where it is missing.
pub(super) fn value_colours(values: &[f64]) -> Vec<Colour> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at =
        |q: f64| sorted.get(((sorted.len().max(1) - 1) as f64 * q).round() as usize).copied().unwrap_or(0.0);
    let (mut low, mut high) = (at(0.05), at(0.95));
    if high <= low {
        (low, high) = (at(0.0), at(1.0));
    }
    let colour = |v: f64| match v {
        v if !v.is_finite() => Colour(0x99, 0x99, 0x99, 255),
        v if high > low => Palette::LowHigh.at((v - low) / (high - low)),
        _ => Palette::LowHigh.at(0.5),
    };
    values.iter().map(|&v| colour(v)).collect()
}

fn swarm(scene: &mut Scene, frame: &Frame, feature: &ShapFeature, middle: f64) {
    let colours = value_colours(&feature.values);
    let bin = |v: f64| (frame.x.at(v) / (1.6 * RADIUS)).round() as i64;
    let mut layers = std::collections::BTreeMap::<i64, usize>::new();
    let mut placed = Vec::with_capacity(feature.shap.len());
    for &v in &feature.shap {
        let layer = layers.entry(bin(v)).or_default();
        let side = if layer.is_multiple_of(2) { 1.0 } else { -1.0 };
        placed.push(side * layer.div_ceil(2) as f64);
        *layer += 1;
    }
    let tallest = placed.iter().fold(0.0f64, |m, p| m.max(p.abs()));
    let step = (2.0 * RADIUS * 0.9).min((0.5 * ROW - RADIUS - 1.0) / tallest.max(1.0));
    for ((&v, offset), colour) in feature.shap.iter().zip(&placed).zip(colours) {
        scene.circle([frame.x.at(v), middle + offset * step], RADIUS, Paint::fill(colour));
    }
}

impl Plot for Beeswarm {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        check.some("features", &self.features)?;
        for f in &self.features {
            check.some(&format!("SHAP values of \"{}\"", f.name), &f.shap)?;
            check.length(&format!("values of \"{}\"", f.name), f.values.len(), f.shap.len())?;
            check.all_finite(&format!("SHAP values of \"{}\"", f.name), &f.shap)?;
        }
        let mut shown: Vec<&ShapFeature> = self.features.iter().collect();
        shown.sort_by(|a, b| importance(&b.shap).total_cmp(&importance(&a.shap)));
        shown.truncate(self.most.max(1));
        let (low, high) =
            extent(shown.iter().flat_map(|f| f.shap.iter().copied()).chain([0.0])).unwrap_or((-1.0, 1.0));
        let (low, high) = round_range(low, high, 8);
        let mut sheet = Sheet::new(&self.layout);
        let names: Vec<Vec<String>> =
            shown.iter().map(|f| font::wrap_to(&f.name, SMALL, false, 0.36 * self.layout.width, 2)).collect();
        let widest = names.iter().flatten().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max);
        let height = ROW * shown.len() as f64;
        let style =
            FrameStyle { height: Height::Pixels(height), grid: Grid::X, left: widest + 8.0, right: 64.0 };
        let y = Axis::new("", 0.0, 1.0).ticks(Vec::new());
        let frame = sheet.frame(&Axis::new(self.axis_label.as_str(), low, high), &y, style);
        let zero = frame.x.at(0.0);
        sheet.scene.segment(
            [zero, frame.rect.y],
            [zero, frame.rect.bottom()],
            Paint::line(Colour::RULE, 1.0),
        );
        let middle = |i: usize| frame.rect.y + (i as f64 + 0.5) * ROW;
        sheet.scene.panel(frame.rect, |scene| {
            shown.iter().enumerate().for_each(|(i, f)| swarm(scene, &frame, f, middle(i)))
        });
        for (i, lines) in names.iter().enumerate() {
            for (j, line) in lines.iter().enumerate() {
                let up = (j as f64 - 0.5 * (lines.len() - 1) as f64) * 1.1 * SMALL;
                let at = [frame.rect.x - 7.0, middle(i) + 0.36 * SMALL + up];
                sheet.scene.text(Text::new(at, line.as_str(), SMALL, Anchor::End));
            }
        }
        let bar = Rect::new(frame.rect.right() + 14.0, frame.rect.y + 2.0, 9.0, (height - 4.0).min(160.0));
        low_high_bar(&mut sheet.scene, bar, Palette::LowHigh, "Feature value");
        if self.features.len() > shown.len() {
            sheet.note(&format!(
                "{} of {} features, by mean absolute SHAP value",
                shown.len(),
                self.features.len()
            ));
        }
        let said: Vec<&str> = shown.iter().map(|f| f.name.as_str()).collect();
        Ok((
            sheet.finish(),
            format!("SHAP values of {} patients, greatest first: {}.", shown[0].shap.len(), said.join(", ")),
        ))
    }
}
