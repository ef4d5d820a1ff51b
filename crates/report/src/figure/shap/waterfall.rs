//! Waterfall: from the mean prediction to that of one patient, one feature after another.

use super::{Contribution, check, greatest, signed};
use crate::{
    Error,
    colour::Colour,
    figure::{Layout, Plot, laid_out},
    font,
    format::short,
    scale::extent,
    scene::{Anchor, Paint, Point, Scene, Text},
    sheet::{Axis, FrameStyle, Grid, Height, SMALL, Sheet},
};

/// A waterfall figure of one prediction.
///
/// Python: `shap.plots.waterfall(values[i])`.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// Title, size and texts.
    pub layout: Layout,
    /// Mean prediction, from which the contributions start.
    pub base: f64,
    /// Contributions, in any order; their sum and the base make the prediction.
    pub contributions: Vec<Contribution>,
    /// Rows at most; the smallest contributions share the last.
    pub most: usize,
    /// Label of the axis.
    pub axis_label: String,
}

impl Waterfall {
    /// A figure of at most ten rows.
    #[must_use]
    pub fn new(title: impl Into<String>, base: f64, contributions: Vec<Contribution>) -> Self {
        let layout = Layout::new(title, 540.0, 40.0);
        Self { layout, base, contributions, most: 10, axis_label: "Model output".into() }
    }
}

impl Plot for Waterfall {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        const ROW: f64 = 25.0;
        check(&self.layout.title, self.base, &self.contributions)?;
        let shown = greatest(&self.contributions, self.most);
        let output = self.base + self.contributions.iter().map(|c| c.shap).sum::<f64>();
        // Ends of the bars: the lowest row starts at the base, the top row ends at the output.
        let mut spans = Vec::with_capacity(shown.len());
        let mut end = output;
        for c in &shown {
            spans.push((end - c.shap, end));
            end -= c.shap;
        }
        let widest = shown.iter().map(|c| font::width(&signed(c.shap), SMALL, false)).fold(0.0, f64::max);
        let names: Vec<Vec<String>> = shown
            .iter()
            .map(|c| font::wrap_to(&c.label(), SMALL, false, 0.4 * self.layout.width, 2))
            .collect();
        let left = names.iter().flatten().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max) + 10.0;
        let mut sheet = Sheet::new(&self.layout);
        sheet.note(&format!(
            "Prediction f(x) = {}, mean prediction E[f(X)] = {}",
            short(output),
            short(self.base)
        ));
        let (low, high) =
            extent(spans.iter().flat_map(|s| [s.0, s.1]).chain([self.base])).unwrap_or((0.0, 1.0));
        let (low, high) =
            if high - low > 1e-9 * high.abs().max(low.abs()) { (low, high) } else { (low - 0.5, high + 0.5) };
        let (a, b) = sheet.span();
        let unit = (high - low) / (b - a - left - 2.0 * widest - 30.0).max(40.0);
        let (low, high) = (low - unit * (widest + 10.0), high + unit * (widest + 10.0));
        let style =
            FrameStyle { height: Height::Pixels(ROW * shown.len() as f64), grid: Grid::X, left, right: 0.0 };
        let y = Axis::new("", 0.0, 1.0).ticks(Vec::new());
        let frame = sheet.frame(&Axis::new(self.axis_label.as_str(), low, high), &y, style);
        for (value, dash) in [(self.base, &[2.0, 2.0][..]), (output, &[5.0, 3.0])] {
            let x = frame.x.at(value);
            sheet.scene.segment(
                [x, frame.rect.y],
                [x, frame.rect.bottom()],
                Paint::dashed(Colour::RULE, 1.0, dash),
            );
        }
        for (i, (c, &(from, to))) in shown.iter().zip(&spans).enumerate() {
            let middle = frame.rect.y + (i as f64 + 0.5) * ROW;
            let (x0, x1) = (frame.x.at(from), frame.x.at(to));
            let colour = if c.shap < 0.0 { Colour::BLUE } else { Colour::VERMILLION };
            sheet.scene.panel(frame.rect, |scene| {
                scene.polygon(&arrow(x0, x1, middle, 8.0), Paint::fill(colour));
                if i + 1 < shown.len() {
                    scene.segment(
                        [x0, middle + 8.0],
                        [x0, middle + ROW - 8.0],
                        Paint::line(Colour::RULE, 0.8),
                    );
                }
            });
            let text = signed(c.shap);
            let base = middle + 0.36 * SMALL;
            let inside = (x1 - x0).abs() > font::width(&text, SMALL, true) + 16.0;
            let label = if inside {
                Text::new([0.5 * (x0 + x1), base], text, SMALL, Anchor::Middle).bold().colour(Colour::WHITE)
            } else if c.shap < 0.0 {
                Text::new([x0.min(x1) - 5.0, base], text, SMALL, Anchor::End)
            } else {
                Text::new([x0.max(x1) + 5.0, base], text, SMALL, Anchor::Start)
            };
            sheet.scene.text(label);
            for (j, line) in names[i].iter().enumerate() {
                let up = (j as f64 - 0.5 * (names[i].len() - 1) as f64) * 1.1 * SMALL;
                sheet.scene.text(Text::new(
                    [frame.rect.x - 7.0, base + up],
                    line.as_str(),
                    SMALL,
                    Anchor::End,
                ));
            }
        }
        let said: Vec<String> = shown.iter().map(|c| format!("{} {}", c.label(), signed(c.shap))).collect();
        let said = format!(
            "From the mean {} to the prediction {}: {}.",
            short(self.base),
            short(output),
            said.join(", ")
        );
        Ok((sheet.finish(), said))
    }
}

/// A bar that ends in a point in its direction.
pub(super) fn arrow(from: f64, to: f64, middle: f64, half: f64) -> Vec<Point> {
    let tip = (to - from).signum() * (to - from).abs().min(6.0);
    vec![
        [from, middle - half],
        [to - tip, middle - half],
        [to, middle],
        [to - tip, middle + half],
        [from, middle + half],
    ]
}
