//! Dependence: SHAP values of one feature over its own values, coloured by a second feature.

use super::beeswarm::value_colours;
use crate::{
    Error,
    check::Check,
    colour::{Colour, Palette},
    figure::{Layout, Plot, laid_out, low_high_bar},
    scale::{extent, round_range},
    scene::{Paint, Point, Rect, Scene},
    sheet::{Axis, FrameStyle, Height, Sheet},
};

/// A dependence figure.
///
/// Python: `shap.plots.scatter(values[:, j], color = values[:, k])`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependence {
    /// Title, size and texts.
    pub layout: Layout,
    /// Name of the feature.
    pub feature: String,
    /// Its value in each patient.
    pub values: Vec<f64>,
    /// Its SHAP value in each patient.
    pub shap: Vec<f64>,
    /// Name and values of the feature that colours the points.
    pub colour: Option<(String, Vec<f64>)>,
    /// A smoothed curve, `[value, SHAP value]`, values rising.
    pub smooth: Vec<[f64; 2]>,
}

impl Dependence {
    /// A figure in one colour.
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        feature: impl Into<String>,
        values: Vec<f64>,
        shap: Vec<f64>,
    ) -> Self {
        let layout = Layout::new(title, 440.0, 260.0);
        Self { layout, feature: feature.into(), values, shap, colour: None, smooth: Vec::new() }
    }

    /// The same, coloured by a second feature.
    #[must_use]
    pub fn coloured_by(mut self, feature: impl Into<String>, values: Vec<f64>) -> Self {
        self.colour = Some((feature.into(), values));
        self
    }
}

impl Plot for Dependence {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        check.some("values", &self.values)?;
        check.length("SHAP values", self.shap.len(), self.values.len())?;
        check.all_finite("values", &self.values)?;
        check.all_finite("SHAP values", &self.shap)?;
        check.all_finite("smoothed curve", &self.smooth.concat())?;
        if let Some((name, values)) = &self.colour {
            check.length(&format!("values of \"{name}\""), values.len(), self.values.len())?;
        }
        let smooth = |k: usize| self.smooth.iter().map(move |p| p[k]);
        let (a, b) = extent(self.values.iter().copied().chain(smooth(0))).unwrap_or((0.0, 1.0));
        let (a, b) = if b > a { (a - 0.03 * (b - a), b + 0.03 * (b - a)) } else { round_range(a, b, 4) };
        let (low, high) =
            extent(self.shap.iter().copied().chain(smooth(1)).chain([0.0])).unwrap_or((0.0, 1.0));
        let (low, high) = round_range(low, high, 6);
        let mut sheet = Sheet::new(&self.layout);
        let right = if self.colour.is_some() { 64.0 } else { 0.0 };
        let style = FrameStyle { height: Height::Pixels(self.layout.height), right, ..FrameStyle::default() };
        let y = Axis::new("SHAP value", low, high);
        let frame = sheet.frame(&Axis::new(self.feature.as_str(), a, b), &y, style);
        sheet.scene.segment(frame.at(a, 0.0), frame.at(b, 0.0), Paint::line(Colour::RULE, 1.0));
        let colours = match &self.colour {
            Some((_, values)) => value_colours(values),
            None => vec![Colour::BLUE; self.values.len()],
        };
        sheet.scene.panel(frame.rect, |scene| {
            for ((&v, &s), colour) in self.values.iter().zip(&self.shap).zip(colours) {
                scene.circle(frame.at(v, s), 2.6, Paint::fill(colour.alpha(0.85)));
            }
            let curve: Vec<Point> = self.smooth.iter().map(|p| frame.at(p[0], p[1])).collect();
            scene.line(&curve, Paint::line(Colour::INK, 2.0));
        });
        if let Some((name, _)) = &self.colour {
            let bar = Rect::new(
                frame.rect.right() + 14.0,
                frame.rect.y + 2.0,
                9.0,
                (frame.rect.h - 4.0).min(200.0),
            );
            low_high_bar(&mut sheet.scene, bar, Palette::LowHigh, name);
        }
        Ok((
            sheet.finish(),
            format!("SHAP values of {} over its values in {} patients.", self.feature, self.values.len()),
        ))
    }
}
