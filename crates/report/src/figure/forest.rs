//! Forest plot: estimates with intervals, one row each, beside their numbers.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::Colour,
    font,
    format::{estimate, p_value},
    scale::{Scale, extent, linear_ticks, log_ticks, round_range},
    scene::{Anchor, Paint, Point, Rect, Scene, Text},
    sheet::{LABEL, SMALL, Sheet},
};

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForestRow {
    /// Stands at the left.
    pub label: String,
    /// A heading of the rows below; its label is bold.
    pub heading: bool,
    /// Indented under a heading.
    pub indent: bool,
    /// Texts of the columns between label and plot, one for each of [`Forest::columns`].
    pub cells: Vec<String>,
    /// Estimate and ends of its interval; the ends may be infinite.
    pub estimate: Option<[f64; 3]>,
    /// Text instead of the estimate's numbers, such as `1 (reference)`.
    pub text: Option<String>,
    /// p-value.
    pub p: Option<f64>,
    /// Drawn as a diamond: a pooled or overall estimate.
    pub summary: bool,
}

impl ForestRow {
    /// A row with an estimate and its interval.
    #[must_use]
    pub fn new(label: impl Into<String>, estimate: f64, lower: f64, upper: f64) -> Self {
        Self { label: label.into(), estimate: Some([estimate, lower, upper]), ..Self::default() }
    }

    /// A heading.
    #[must_use]
    pub fn heading(label: impl Into<String>) -> Self {
        Self { label: label.into(), heading: true, ..Self::default() }
    }

    /// A row without estimate, such as the reference level of a factor.
    #[must_use]
    pub fn reference(label: impl Into<String>) -> Self {
        Self { label: label.into(), text: Some("1 (reference)".into()), ..Self::default() }
    }

    /// The same with its p-value.
    #[must_use]
    pub fn p(mut self, p: f64) -> Self {
        self.p = Some(p);
        self
    }

    /// The same, indented.
    #[must_use]
    pub fn indented(mut self) -> Self {
        self.indent = true;
        self
    }

    /// The same with texts for the columns between label and plot.
    #[must_use]
    pub fn cells(mut self, cells: &[&str]) -> Self {
        self.cells = cells.iter().map(ToString::to_string).collect();
        self
    }
}

/// A forest plot.
///
/// R: `forestplot::forestplot(labels, mean, lower, upper, xlog = TRUE)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    /// Title, size and texts.
    pub layout: Layout,
    /// What is estimated, such as `Hazard ratio`; heads its column and the axis.
    pub measure: String,
    /// Heads of the columns between label and plot.
    pub columns: Vec<String>,
    /// The rows from the top.
    pub rows: Vec<ForestRow>,
    /// Ratios on a logarithmic axis; differences on a linear one.
    pub log: bool,
    /// Value of no effect: 1 for ratios, 0 for differences.
    pub null: f64,
    /// Ends of the axis; from the intervals where `None`. Intervals beyond end in an arrow.
    pub limits: Option<[f64; 2]>,
    /// Texts below the axis left and right of no effect.
    pub sides: Option<[String; 2]>,
}

impl Forest {
    /// Ratios (hazard, odds, risk) on a logarithmic axis.
    #[must_use]
    pub fn ratios(title: impl Into<String>, measure: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(title, 640.0, 40.0),
            measure: measure.into(),
            columns: Vec::new(),
            rows: Vec::new(),
            log: true,
            null: 1.0,
            limits: None,
            sides: None,
        }
    }

    /// Differences on a linear axis.
    #[must_use]
    pub fn differences(title: impl Into<String>, measure: impl Into<String>) -> Self {
        Self { log: false, null: 0.0, ..Self::ratios(title, measure) }
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: ForestRow) -> Self {
        self.rows.push(row);
        self
    }

    /// Heads of the columns between label and plot.
    #[must_use]
    pub fn columns(mut self, heads: &[&str]) -> Self {
        self.columns = heads.iter().map(ToString::to_string).collect();
        self
    }

    fn check(&self) -> Result<(), Error> {
        let check = Check(&self.layout.title);
        check.some("rows", &self.rows)?;
        for r in &self.rows {
            if let Some([value, lower, upper]) = r.estimate {
                let what = |part: &str| format!("{part} of row \"{}\"", r.label);
                check.finite(&what("estimate"), value)?;
                if self.log {
                    check.positive(&what("estimate"), value)?;
                    check.value(&what("lower end"), lower, lower >= 0.0, "a ratio not below 0")?;
                }
                check.value(&what("lower end"), lower, lower <= value, "a value not above the estimate")?;
                check.value(&what("upper end"), upper, upper >= value, "a value not below the estimate")?;
            }
            if !r.heading && !self.columns.is_empty() && !r.cells.is_empty() {
                check.length(&format!("cells of row \"{}\"", r.label), r.cells.len(), self.columns.len())?;
            }
        }
        if let Some([low, high]) = self.limits {
            check.finite("lower limit", low)?;
            check.value(
                "upper limit",
                high,
                high.is_finite() && high > low,
                "a finite value above the lower limit",
            )?;
            check.value("lower limit", low, !self.log || low > 0.0, "a positive ratio")?;
        }
        Ok(())
    }

    fn limits(&self) -> [f64; 2] {
        if let Some(limits) = self.limits {
            return limits;
        }
        let estimates: Vec<[f64; 3]> = self.rows.iter().filter_map(|r| r.estimate).collect();
        if self.log {
            // Beyond eight times the farthest estimate an interval ends in an arrow.
            let (least, most) =
                extent(estimates.iter().map(|e| e[0]).chain([self.null])).unwrap_or((0.5, 2.0));
            let ends = estimates.iter().flat_map(|e| [e[1].max(least / 8.0), e[2].min(most * 8.0)]);
            let (low, high) = extent(ends.chain([self.null / 1.25, self.null * 1.25])).unwrap_or((0.5, 2.0));
            [low / 1.08, high * 1.08]
        } else {
            let (low, high) =
                extent(estimates.into_iter().flatten().chain([self.null])).unwrap_or((-1.0, 1.0));
            let (low, high) = round_range(low, high, 5);
            [low, high]
        }
    }

    fn numbers(&self, row: &ForestRow) -> String {
        match (&row.text, row.estimate) {
            (Some(text), _) => text.clone(),
            (None, Some([value, lower, upper])) => estimate(value, lower, upper, 2),
            (None, None) => String::new(),
        }
    }
}

const INDENT: f64 = 12.0;
const GAP: f64 = 14.0;

impl Plot for Forest {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        self.check()?;
        let mut sheet = Sheet::new(&self.layout);
        let (left, right) = sheet.span();
        let width = |t: &str, bold| font::width(t, SMALL, bold);
        let widest = |head: &str, texts: Vec<String>| {
            texts.iter().map(|t| width(t, false)).fold(width(head, true), f64::max)
        };

        let label_room = 0.32 * (right - left);
        let labels: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|r| {
                font::wrap_to(
                    &r.label,
                    SMALL,
                    r.heading || r.summary,
                    label_room - if r.indent { INDENT } else { 0.0 },
                    2,
                )
            })
            .collect();
        let label_width = self.rows.iter().zip(&labels).flat_map(|(r, lines)| {
            lines.iter().map(move |l| {
                font::width(l, SMALL, r.heading || r.summary) + if r.indent { INDENT } else { 0.0 }
            })
        });
        let label_width = label_width.fold(0.0, f64::max);
        let cell_widths: Vec<f64> = (0..self.columns.len())
            .map(|k| {
                widest(&self.columns[k], self.rows.iter().filter_map(|r| r.cells.get(k).cloned()).collect())
            })
            .collect();
        let numbers: Vec<String> = self.rows.iter().map(|r| self.numbers(r)).collect();
        let ps: Vec<String> = self.rows.iter().map(|r| r.p.map_or(String::new(), p_value)).collect();
        let head = format!("{} (95 % CI)", self.measure);
        let head_lines = font::wrap_to(&head, SMALL, true, 130.0, 2);
        let number_width =
            widest("", numbers.clone()).max(head_lines.iter().map(|l| width(l, true)).fold(0.0, f64::max));
        let p_width = if ps.iter().all(String::is_empty) { 0.0 } else { widest("p", ps.clone()) };
        let plot_left = left + label_width + GAP + cell_widths.iter().map(|w| w + GAP).sum::<f64>();
        let number_left = right - p_width - if p_width > 0.0 { GAP } else { 0.0 } - number_width;
        let plot = (plot_left + 4.0, (number_left - GAP).max(plot_left + 60.0));

        // Heads.
        let block = sheet.take(head_lines.len() as f64 * 1.2 * SMALL + 6.0);
        let base = block.bottom() - 7.0;
        let mut x = left + label_width + GAP;
        for (head, w) in self.columns.iter().zip(&cell_widths) {
            sheet.scene.text(Text::new([x + w, base], head.as_str(), SMALL, Anchor::End).bold());
            x += w + GAP;
        }
        for (i, line) in head_lines.iter().enumerate() {
            let y = base - (head_lines.len() - 1 - i) as f64 * 1.2 * SMALL;
            sheet.scene.text(Text::new([number_left, y], line.as_str(), SMALL, Anchor::Start).bold());
        }
        if p_width > 0.0 {
            sheet.scene.text(Text::new([right, base], "p", SMALL, Anchor::End).bold());
        }
        sheet.scene.segment([left, block.bottom()], [right, block.bottom()], Paint::line(Colour::INK, 1.0));

        // Rows.
        let [low, high] = self.limits();
        let scale = Scale { low, high, start: plot.0, end: plot.1, log: self.log };
        let top = sheet.y;
        let mut middles = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let lines = &labels[i];
            let block = sheet.take(lines.len() as f64 * 1.2 * SMALL + 7.0);
            let middle = block.y + 0.5 * block.h;
            middles.push(middle);
            let base = middle + 0.36 * SMALL;
            for (k, line) in lines.iter().enumerate() {
                let y = base + (k as f64 - 0.5 * (lines.len() - 1) as f64) * 1.2 * SMALL;
                let text = Text::new(
                    [left + if row.indent { INDENT } else { 0.0 }, y],
                    line.as_str(),
                    SMALL,
                    Anchor::Start,
                );
                sheet.scene.text(if row.heading || row.summary { text.bold() } else { text });
            }
            let mut x = left + label_width + GAP;
            for (cell, w) in row.cells.iter().zip(&cell_widths) {
                sheet.scene.text(Text::new([x + w, base], cell.as_str(), SMALL, Anchor::End));
                x += w + GAP;
            }
            sheet.scene.text(Text::new([number_left, base], numbers[i].as_str(), SMALL, Anchor::Start));
            sheet.scene.text(Text::new([right, base], ps[i].as_str(), SMALL, Anchor::End));
        }
        let rect = Rect::new(plot.0, top, plot.1 - plot.0, sheet.y - top);
        let null = scale.at(self.null);
        if self.null >= low && self.null <= high {
            sheet.scene.segment(
                [null, rect.y],
                [null, rect.bottom()],
                Paint::dashed(Colour::RULE, 1.0, &[3.0, 3.0]),
            );
        }
        sheet.scene.panel(rect, |scene| {
            for (row, &y) in self.rows.iter().zip(&middles) {
                if let Some(e) = row.estimate {
                    whisker(scene, &scale, e, y, row.summary);
                }
            }
        });
        self.axis(&mut sheet, &scale, rect);
        let said: Vec<String> = self
            .rows
            .iter()
            .zip(&numbers)
            .filter(|(r, _)| r.estimate.is_some())
            .map(|(r, n)| format!("{} {n}", r.label))
            .collect();
        Ok((sheet.finish(), format!("{} with 95 % confidence intervals: {}.", self.measure, said.join("; "))))
    }
}

/// Interval, with arrows where it leaves the axis, and estimate.
fn whisker(scene: &mut Scene, scale: &Scale, [value, lower, upper]: [f64; 3], y: f64, summary: bool) {
    let at = |v: f64| scale.at(v.clamp(scale.low, scale.high));
    let (a, b, x) = (at(lower), at(upper), at(value));
    let line = Paint::line(Colour::BLUE, 1.6);
    if summary {
        scene.polygon(&[[a, y], [x, y - 5.0], [b, y], [x, y + 5.0]], Paint::fill(Colour::BLUE));
        return;
    }
    scene.segment([a, y], [b, y], line);
    for (end, beyond, sign) in [(a, lower < scale.low, 1.0), (b, upper > scale.high, -1.0)] {
        if beyond {
            scene.line(&[[end + sign * 5.0, y - 4.0], [end, y], [end + sign * 5.0, y + 4.0]], line);
        } else {
            scene.segment([end, y - 3.0], [end, y + 3.0], line);
        }
    }
    if value >= scale.low && value <= scale.high {
        let square: Point = [x - 3.5, y - 3.5];
        scene.rect(
            Rect::new(square[0], square[1], 7.0, 7.0),
            Paint::fill(Colour::BLUE).outlined(Colour::WHITE, 0.8),
        );
    }
}

impl Forest {
    fn axis(&self, sheet: &mut Sheet, scale: &Scale, rect: Rect) {
        let most = ((rect.w / 42.0) as usize).max(2);
        let ticks = if self.log {
            log_ticks(scale.low, scale.high, most)
        } else {
            linear_ticks(scale.low, scale.high, most)
        };
        let line = Paint::line(Colour::INK, 1.0);
        sheet.scene.segment([rect.x, rect.bottom()], [rect.right(), rect.bottom()], line);
        let block = sheet.take(7.0 + SMALL + 4.0);
        let mut free = f64::NEG_INFINITY;
        for t in &ticks {
            let x = scale.at(t.value);
            sheet.scene.segment([x, rect.bottom()], [x, rect.bottom() + 4.0], line);
            let half = 0.5 * font::width(&t.label, SMALL, false);
            if x - half >= free {
                let at = [x, block.y + 6.0 + font::ASCENT * SMALL];
                sheet.scene.text(Text::new(at, t.label.as_str(), SMALL, Anchor::Middle));
                free = x + half + 3.0;
            }
        }
        let label = if self.log { format!("{} (log scale)", self.measure) } else { self.measure.clone() };
        let block = sheet.take(LABEL * font::LEADING);
        sheet.centred(&label, [rect.x + 0.5 * rect.w, block.y + LABEL], block.w, 0.0);
        if let Some([low, high]) = &self.sides {
            let block = sheet.take(SMALL * font::LEADING + 2.0);
            let base = block.y + SMALL;
            let null = scale.at(self.null.clamp(scale.low, scale.high));
            let (left, right) = sheet.span();
            for (text, at, anchor, room) in [
                (format!("← {low}"), null - 8.0, Anchor::End, null - 8.0 - left),
                (format!("{high} →"), null + 8.0, Anchor::Start, right - null - 8.0),
            ] {
                let text = font::wrap_to(&text, SMALL, false, room, 1).concat();
                sheet.scene.text(Text::new([at, base], text, SMALL, anchor).colour(Colour::GREY));
            }
        }
    }
}
