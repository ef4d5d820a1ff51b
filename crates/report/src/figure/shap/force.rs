//! Force plot: what pushes one prediction up meets what pushes it down.

use super::{Contribution, check, greatest, signed};
use crate::{
    Error,
    colour::Colour,
    figure::{Layout, Plot, laid_out},
    font,
    format::short,
    scale::extent,
    scene::{Anchor, Paint, Point, Rect, Scene, Text},
    sheet::{Axis, FrameStyle, Grid, Height, SMALL, Sheet},
};

/// A force plot of one prediction. Arrows are numbered by size; names and values stand in a list below.
///
/// Python: `shap.plots.force(values[i])`.
#[derive(Clone, Debug, PartialEq)]
pub struct Force {
    /// Title, size and texts.
    pub layout: Layout,
    /// Mean prediction.
    pub base: f64,
    /// Contributions, in any order; their sum and the base make the prediction.
    pub contributions: Vec<Contribution>,
    /// Arrows at most; the smallest contributions share the last.
    pub most: usize,
    /// Label of the axis.
    pub axis_label: String,
}

impl Force {
    /// A figure of at most twelve arrows.
    #[must_use]
    pub fn new(title: impl Into<String>, base: f64, contributions: Vec<Contribution>) -> Self {
        let layout = Layout::new(title, 640.0, 40.0);
        Self { layout, base, contributions, most: 12, axis_label: "Model output".into() }
    }
}

/// A chevron from `from` to `to`, notched at its start, so that neighbours fit into each other.
fn chevron(from: f64, to: f64, rect: Rect) -> Vec<Point> {
    let tip = (to - from).signum() * (to - from).abs().min(6.0);
    let (top, middle, bottom) = (rect.y, rect.y + 0.5 * rect.h, rect.bottom());
    vec![
        [from - tip, top],
        [to - tip, top],
        [to, middle],
        [to - tip, bottom],
        [from - tip, bottom],
        [from, middle],
    ]
}

impl Plot for Force {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        check(&self.layout.title, self.base, &self.contributions)?;
        let shown = greatest(&self.contributions, self.most);
        let output = self.base + self.contributions.iter().map(|c| c.shap).sum::<f64>();
        let numbered: Vec<(usize, &Contribution)> =
            shown.iter().enumerate().map(|(i, c)| (i + 1, c)).collect();
        let (up, down): (Vec<_>, Vec<_>) =
            numbered.into_iter().filter(|c| c.1.shap != 0.0).partition(|c| c.1.shap > 0.0);
        let sum = |side: &[(usize, &Contribution)]| side.iter().map(|c| c.1.shap).sum::<f64>();
        let (low, high) =
            extent([output - sum(&up), output - sum(&down), output, self.base]).unwrap_or((0.0, 1.0));
        let (low, high) =
            if high - low > 1e-9 * high.abs().max(low.abs()) { (low, high) } else { (low - 0.5, high + 0.5) };
        let room = 0.04 * (high - low);
        let mut sheet = Sheet::new(&self.layout);
        sheet.note(&format!("Prediction f(x) = {}, mean prediction = {}", short(output), short(self.base)));
        sheet.skip(SMALL * 1.4);
        let style = FrameStyle { height: Height::Pixels(34.0), grid: Grid::None, left: 4.0, right: 14.0 };
        let y = Axis::new("", 0.0, 1.0).ticks(Vec::new());
        let frame = sheet.frame(&Axis::new(self.axis_label.as_str(), low - room, high + room), &y, style);
        let bar = Rect::new(frame.rect.x, frame.rect.y + 4.0, frame.rect.w, 22.0);
        sheet.scene.panel(frame.rect, |scene| {
            for (side, colour, sign) in [(&up, Colour::VERMILLION, 1.0), (&down, Colour::BLUE, -1.0)] {
                let mut to = output;
                for (number, c) in side {
                    let from = to - c.shap;
                    let (x0, x1) = (frame.x.at(from), frame.x.at(to));
                    let shape = chevron(x0, x1, bar);
                    scene.polygon(&shape, Paint::fill(colour).outlined(Colour::WHITE, 1.0));
                    let label = number.to_string();
                    if (x1 - x0).abs() > font::width(&label, SMALL, true) + 7.0 {
                        let at = [0.5 * (x0 + x1) - 1.5 * sign, bar.y + 0.5 * bar.h + 0.36 * SMALL];
                        scene.text(Text::new(at, label, SMALL, Anchor::Middle).bold().colour(Colour::WHITE));
                    }
                    to = from;
                }
            }
        });
        let (fx, mean) = (frame.x.at(output), frame.x.at(self.base));
        let names = [(fx, "f(x)", true), (mean, "mean", false)];
        let apart = (fx - mean).abs() > 34.0;
        for (x, name, bold) in names {
            let dash: &[f64] = if bold { &[] } else { &[2.0, 2.0] };
            sheet.scene.segment(
                [x, frame.rect.y - 2.0],
                [x, frame.rect.bottom()],
                Paint::dashed(Colour::INK, 1.2, dash),
            );
            let (x, anchor) = match (apart, bold) {
                (true, _) => (x, Anchor::Middle),
                (false, true) => (
                    if fx >= mean { x - 2.0 } else { x + 2.0 },
                    if fx >= mean { Anchor::Start } else { Anchor::End },
                ),
                (false, false) => (
                    if fx >= mean { x - 4.0 } else { x + 4.0 },
                    if fx >= mean { Anchor::End } else { Anchor::Start },
                ),
            };
            let text = Text { bold, ..Text::new([x, frame.rect.y - 5.0], name, SMALL, anchor) };
            sheet.scene.text(text);
        }
        lists(&mut sheet, &up, &down);
        let said: Vec<String> = shown.iter().map(|c| format!("{} {}", c.label(), signed(c.shap))).collect();
        let said = format!(
            "Prediction {} against the mean {}: {}.",
            short(output),
            short(self.base),
            said.join(", ")
        );
        Ok((sheet.finish(), said))
    }
}

/// Two columns below the axis: what raises and what lowers the prediction, with the numbers of the arrows.
fn lists(sheet: &mut Sheet, up: &[(usize, &Contribution)], down: &[(usize, &Contribution)]) {
    let (left, right) = sheet.span();
    let column = 0.5 * (right - left);
    sheet.skip(6.0);
    let line = 1.35 * SMALL;
    let block = sheet.take(line * (1 + up.len().max(down.len())) as f64 + 2.0);
    for (k, (head, side, colour)) in
        [("Raise the prediction →", up, Colour::VERMILLION), ("← Lower the prediction", down, Colour::BLUE)]
            .into_iter()
            .enumerate()
    {
        let x = left + k as f64 * column;
        sheet.scene.rect(Rect::new(x, block.y + 2.0, 10.0, 10.0), Paint::fill(colour));
        sheet.scene.text(Text::new([x + 16.0, block.y + SMALL], head, SMALL, Anchor::Start).bold());
        for (i, (number, c)) in side.iter().enumerate() {
            let y = block.y + SMALL + (i + 1) as f64 * line;
            sheet.scene.text(Text::new([x + 12.0, y], number.to_string(), SMALL, Anchor::End).bold());
            let value = signed(c.shap);
            let width = font::width(&value, SMALL, false);
            let name = font::cut_middle(&c.label(), SMALL, false, column - 16.0 - width - 24.0);
            sheet.scene.text(Text::new([x + 16.0, y], name, SMALL, Anchor::Start));
            sheet.scene.text(Text::new([x + column - 14.0, y], value, SMALL, Anchor::End));
        }
    }
}
