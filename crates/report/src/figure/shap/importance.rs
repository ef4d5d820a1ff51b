//! Bars of importance: mean absolute SHAP values, coefficients, permutation importance.

use super::{beeswarm::importance, signed};
use crate::{
    Error,
    check::Check,
    colour::Colour,
    figure::{Layout, Plot, laid_out},
    font,
    format::short,
    scale::{extent, round_range},
    scene::{Anchor, Paint, Rect, Scene, Text},
    sheet::{Axis, FrameStyle, Grid, Height, SMALL, Sheet},
};

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportanceBar {
    /// Name of the feature.
    pub name: String,
    /// Length of the bar; with a sign where the direction is shown.
    pub value: f64,
    /// Ends of an error bar.
    pub interval: Option<[f64; 2]>,
}

/// Bars of importance, greatest first.
///
/// Python: `shap.plots.bar(values)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// Title, size and texts.
    pub layout: Layout,
    /// The bars, in any order.
    pub bars: Vec<ImportanceBar>,
    /// Bars shown at most.
    pub most: usize,
    /// Label of the axis.
    pub axis_label: String,
}

impl Importance {
    /// A figure without bars yet; shows the 15 greatest.
    #[must_use]
    pub fn new(title: impl Into<String>, axis_label: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(title, 480.0, 40.0),
            bars: Vec::new(),
            most: 15,
            axis_label: axis_label.into(),
        }
    }

    /// Mean absolute SHAP values of features over patients. Python: `shap.plots.bar(values)`.
    #[must_use]
    pub fn of_shap(title: impl Into<String>, features: &[super::ShapFeature]) -> Self {
        features.iter().fold(Self::new(title, "Mean absolute SHAP value"), |f, s| {
            f.bar(s.name.as_str(), importance(&s.shap))
        })
    }

    /// Adds a bar.
    #[must_use]
    pub fn bar(mut self, name: impl Into<String>, value: f64) -> Self {
        self.bars.push(ImportanceBar { name: name.into(), value, interval: None });
        self
    }
}

impl Plot for Importance {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        check.some("bars", &self.bars)?;
        for b in &self.bars {
            check.finite(&format!("value of \"{}\"", b.name), b.value)?;
            check.all_finite(
                &format!("interval of \"{}\"", b.name),
                &b.interval.map_or(vec![], |e| e.to_vec()),
            )?;
        }
        let mut shown: Vec<&ImportanceBar> = self.bars.iter().collect();
        shown.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
        shown.truncate(self.most.max(1));
        let with_sign = shown.iter().any(|b| b.value < 0.0);
        let text = |b: &ImportanceBar| if with_sign { signed(b.value) } else { short(b.value) };
        let values = shown.iter().flat_map(|b| [b.value].into_iter().chain(b.interval.into_iter().flatten()));
        let (low, high) = extent(values.chain([0.0])).unwrap_or((0.0, 1.0));
        // Room for the numbers beyond the longest bars.
        let widest = shown.iter().map(|b| font::width(&text(b), SMALL, false)).fold(0.0, f64::max);
        let names: Vec<Vec<String>> =
            shown.iter().map(|b| font::wrap_to(&b.name, SMALL, false, 0.42 * self.layout.width, 2)).collect();
        let high_row = if names.iter().any(|n| n.len() > 1) { 27.0 } else { 21.0 };
        let left = names.iter().flatten().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max) + 10.0;
        let mut sheet = Sheet::new(&self.layout);
        let (a, b) = sheet.span();
        let room = (b - a - left - 10.0 - widest * if low < 0.0 { 2.0 } else { 1.0 }).max(40.0);
        let unit = (high - low) / room;
        let reach = |v: f64| v + v.signum() * unit * (widest + 8.0);
        let (low, high) =
            (if low < 0.0 { reach(low) } else { 0.0 }, if high > 0.0 { reach(high) } else { 0.0 });
        let (low, high) = if high > low { (low, high) } else { round_range(low, high, 4) };
        let style = FrameStyle {
            height: Height::Pixels(high_row * shown.len() as f64),
            grid: Grid::X,
            left,
            right: 0.0,
        };
        let y = Axis::new("", 0.0, 1.0).ticks(Vec::new());
        let frame = sheet.frame(&Axis::new(self.axis_label.as_str(), low, high), &y, style);
        let zero = frame.x.at(0.0);
        sheet.scene.segment(
            [zero, frame.rect.y],
            [zero, frame.rect.bottom()],
            Paint::line(Colour::RULE, 1.0),
        );
        for (i, bar) in shown.iter().enumerate() {
            let middle = frame.rect.y + (i as f64 + 0.5) * high_row;
            let end = frame.x.at(bar.value);
            let colour = if bar.value < 0.0 || !with_sign { Colour::BLUE } else { Colour::VERMILLION };
            let mut beyond = end;
            sheet.scene.panel(frame.rect, |scene| {
                let rect = Rect::new(zero.min(end), middle - 6.5, (end - zero).abs(), 13.0);
                scene.rect(rect, Paint::fill(colour));
                if let Some([lower, upper]) = bar.interval {
                    let (p, q) = (frame.x.at(lower), frame.x.at(upper));
                    scene.segment([p, middle], [q, middle], Paint::line(Colour::INK, 1.2));
                    beyond = if bar.value < 0.0 { p.min(end) } else { q.max(end) };
                }
            });
            let (x, anchor) =
                if bar.value < 0.0 { (beyond - 5.0, Anchor::End) } else { (beyond + 5.0, Anchor::Start) };
            sheet.scene.text(Text::new([x, middle + 0.36 * SMALL], text(bar), SMALL, anchor));
            for (j, line) in names[i].iter().enumerate() {
                let up = (j as f64 - 0.5 * (names[i].len() - 1) as f64) * 1.1 * SMALL;
                let at = [frame.rect.x - 7.0, middle + 0.36 * SMALL + up];
                sheet.scene.text(Text::new(at, line.as_str(), SMALL, Anchor::End));
            }
        }
        if self.bars.len() > shown.len() {
            sheet.note(&format!("{} of {} features, greatest first", shown.len(), self.bars.len()));
        }
        let said: Vec<String> = shown.iter().map(|b| format!("{} {}", b.name, text(b))).collect();
        Ok((sheet.finish(), format!("{}: {}.", self.axis_label, said.join(", "))))
    }
}
