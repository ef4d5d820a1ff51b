//! Distributions of groups side by side: violins, boxes, points, and tests between them.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    font,
    scale::{extent, round_range},
    scene::{Anchor, Paint, Point, Rect, Scene, Text},
    sheet::{Axis, Frame, FrameStyle, Grid, Height, SMALL, Sheet},
};

/// A group of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Stands below the group.
    pub label: String,
    /// The values.
    pub values: Vec<f64>,
}

/// A test between two groups, printed over a bracket.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Number of the first group, from 0.
    pub first: usize,
    /// Number of the second group.
    pub second: usize,
    /// Its result, such as `p = 0.03`.
    pub text: String,
}

/// Violins with boxes, or boxes alone, with the points where they are not too many.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// Title, size and texts.
    pub layout: Layout,
    /// Label of the values, with their unit.
    pub value_label: String,
    /// Groups from left to right.
    pub samples: Vec<Sample>,
    /// Tests between groups.
    pub comparisons: Vec<Comparison>,
    /// Draw densities; they end at the least and the greatest value.
    pub violin: bool,
    /// Draw quartiles, with whiskers to the farthest value within 1.5 interquartile ranges (Tukey).
    pub boxes: bool,
    /// Draw the values themselves in groups of at most 200.
    pub points: bool,
}

impl Distribution {
    /// Violins with boxes and points.
    ///
    /// R: `ggpubr::ggviolin(data, x, y, add = c("boxplot", "jitter"))`; Python: `seaborn.violinplot(data, x, y)`.
    #[must_use]
    pub fn violins(title: impl Into<String>, value_label: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(title, 420.0, 260.0),
            value_label: value_label.into(),
            samples: Vec::new(),
            comparisons: Vec::new(),
            violin: true,
            boxes: true,
            points: true,
        }
    }

    /// Boxes with points.
    ///
    /// R: `ggpubr::ggboxplot(data, x, y, add = "jitter")`; Python: `seaborn.boxplot(data, x, y)`.
    #[must_use]
    pub fn boxes(title: impl Into<String>, value_label: impl Into<String>) -> Self {
        Self { violin: false, ..Self::violins(title, value_label) }
    }

    /// Adds a group.
    #[must_use]
    pub fn sample(mut self, label: impl Into<String>, values: Vec<f64>) -> Self {
        self.samples.push(Sample { label: label.into(), values });
        self
    }

    /// Adds a test between two groups, numbered from 0. R: `ggpubr::stat_pvalue_manual(test)`.
    #[must_use]
    pub fn compare(mut self, first: usize, second: usize, text: impl Into<String>) -> Self {
        self.comparisons.push(Comparison { first, second, text: text.into() });
        self
    }

    fn check(&self) -> Result<(), Error> {
        let check = Check(&self.layout.title);
        check.some("groups", &self.samples)?;
        for s in &self.samples {
            check.some(&format!("values of group \"{}\"", s.label), &s.values)?;
            check.all_finite(&format!("values of group \"{}\"", s.label), &s.values)?;
        }
        for c in &self.comparisons {
            for g in [c.first, c.second] {
                let what = format!("group of comparison \"{}\"", c.text);
                check.value(&what, g as f64, g < self.samples.len(), "the number of a group, from 0")?;
            }
        }
        Ok(())
    }
}

/// Quantile of sorted values, type 7 as in R and NumPy.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let h = q * (sorted.len() - 1) as f64;
    let (i, part) = (h.floor() as usize, h.fract());
    sorted[i] + part * (sorted[(i + 1).min(sorted.len() - 1)] - sorted[i])
}

/// Gaussian density at evenly spaced places between the ends, bandwidth by Silverman's rule (R's `bw.nrd0`).
fn density(sorted: &[f64], places: usize) -> Vec<(f64, f64)> {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let sd = (sorted.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt();
    let iqr = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
    let spread = if iqr > 0.0 { sd.min(iqr) } else { sd };
    let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
    if spread <= 0.0 || high <= low {
        return vec![(low, 0.0)];
    }
    let bandwidth = 0.9 * spread * n.powf(-0.2);
    (0..places)
        .map(|i| low + (high - low) * i as f64 / (places - 1) as f64)
        .map(|x| {
            (
                x,
                sorted.iter().map(|v| (-0.5 * ((x - v) / bandwidth).powi(2)).exp()).sum::<f64>()
                    / (n * bandwidth * std::f64::consts::TAU.sqrt()),
            )
        })
        .collect()
}

/// Sideways places from −1 to 1 that look scattered and are the same on each run: van der Corput's sequence.
pub(crate) fn scatter(i: usize) -> f64 {
    let (mut n, mut part, mut out) = (i + 1, 0.5, 0.0);
    while n > 0 {
        out += part * (n % 2) as f64;
        n /= 2;
        part *= 0.5;
    }
    2.0 * out - 1.0
}

impl Distribution {
    fn group(&self, scene: &mut Scene, frame: &Frame, i: usize, widest_density: f64) {
        let sample = &self.samples[i];
        let mut sorted = sample.values.clone();
        sorted.sort_by(f64::total_cmp);
        let centre = frame.x.at(i as f64 + 0.5);
        let half = 0.4 * (frame.x.at(1.0) - frame.x.at(0.0)).min(110.0);
        let colour = series(i);
        if self.violin {
            let curve = density(&sorted, 80);
            let side = |sign: f64| {
                curve
                    .iter()
                    .map(move |&(v, d)| [centre + sign * half * d / widest_density, frame.y.at(v)])
                    .collect::<Vec<Point>>()
            };
            let mut outline = side(-1.0);
            outline.extend(side(1.0).into_iter().rev());
            if outline.len() > 2 {
                scene.polygon(&outline, Paint::fill(colour.alpha(0.25)).outlined(colour, 1.2));
            }
        }
        if self.points && sorted.len() <= 200 {
            let spread = if self.violin { 0.28 * half } else { 0.55 * half };
            for (k, &v) in sample.values.iter().enumerate() {
                let at = [centre + spread * scatter(k), frame.y.at(v)];
                scene.circle(at, 2.0, Paint::fill(colour.alpha(0.55)));
            }
        }
        if self.boxes {
            let (q1, q2, q3) = (quantile(&sorted, 0.25), quantile(&sorted, 0.5), quantile(&sorted, 0.75));
            let reach = 1.5 * (q3 - q1);
            let low = sorted.iter().copied().find(|&v| v >= q1 - reach).unwrap_or(q1);
            let high = sorted.iter().rev().copied().find(|&v| v <= q3 + reach).unwrap_or(q3);
            let w = if self.violin { 0.16 * half } else { 0.7 * half };
            let line = Paint::line(Colour::INK, 1.2);
            for (from, to) in [(low, q1), (q3, high)] {
                scene.segment([centre, frame.y.at(from)], [centre, frame.y.at(to)], line);
            }
            let (top, bottom) = (frame.y.at(q3), frame.y.at(q1));
            let fill = if self.violin { Colour::WHITE.alpha(0.85) } else { colour.alpha(0.25) };
            scene.rect(
                Rect::new(centre - w, top, 2.0 * w, bottom - top),
                Paint::fill(fill).outlined(Colour::INK, 1.2),
            );
            scene.segment(
                [centre - w, frame.y.at(q2)],
                [centre + w, frame.y.at(q2)],
                Paint::line(Colour::INK, 2.4),
            );
            if !self.points || sorted.len() > 200 {
                for &v in sorted.iter().filter(|&&v| v < low || v > high) {
                    scene.circle([centre, frame.y.at(v)], 2.0, Paint::line(Colour::INK, 0.9));
                }
            }
        }
    }

    /// Rows of brackets from the bottom: those that do not overlap share one.
    fn bracket_rows(&self) -> Vec<Vec<&Comparison>> {
        let span = |c: &Comparison| (c.first.min(c.second), c.first.max(c.second));
        let mut sorted: Vec<&Comparison> = self.comparisons.iter().collect();
        sorted.sort_by_key(|c| (span(c).1 - span(c).0, span(c).0));
        let mut rows: Vec<Vec<&Comparison>> = Vec::new();
        for c in sorted {
            let (a, b) = span(c);
            let apart = |row: &&mut Vec<&Comparison>| row.iter().all(|o| span(o).1 <= a || span(o).0 >= b);
            match rows.iter_mut().find(apart) {
                Some(row) => row.push(c),
                None => rows.push(vec![c]),
            }
        }
        rows
    }
}

impl Plot for Distribution {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        const BRACKET: f64 = 21.0;
        self.check()?;
        let k = self.samples.len();
        let (low, high) =
            extent(self.samples.iter().flat_map(|s| s.values.iter().copied())).unwrap_or((0.0, 1.0));
        let (low, high) = round_range(low, high, 6);
        let mut sheet = Sheet::new(&self.layout);
        let rows = self.bracket_rows();
        sheet.skip(rows.len() as f64 * BRACKET);
        let style =
            FrameStyle { height: Height::Pixels(self.layout.height), grid: Grid::Y, ..FrameStyle::default() };
        let x = Axis::new("", 0.0, k as f64).ticks(Vec::new());
        let frame = sheet.frame(&x, &Axis::new(self.value_label.as_str(), low, high), style);
        let densest = self.samples.iter().map(|s| {
            let mut sorted = s.values.clone();
            sorted.sort_by(f64::total_cmp);
            density(&sorted, 80).iter().map(|d| d.1).fold(0.0, f64::max)
        });
        let densest = densest.fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        sheet.scene.panel(frame.rect, |scene| (0..k).for_each(|i| self.group(scene, &frame, i, densest)));
        for (level, row) in rows.iter().enumerate() {
            let y = frame.rect.y - 8.0 - level as f64 * BRACKET;
            for c in row {
                let (a, b) = (c.first.min(c.second) as f64, c.first.max(c.second) as f64);
                let (a, b) = (frame.x.at(a + 0.5) + 3.0, frame.x.at(b + 0.5) - 3.0);
                sheet
                    .scene
                    .line(&[[a, y + 4.0], [a, y], [b, y], [b, y + 4.0]], Paint::line(Colour::INK, 1.0));
                sheet.scene.text(Text::new([0.5 * (a + b), y - 4.0], c.text.as_str(), SMALL, Anchor::Middle));
            }
        }
        let slot = frame.x.at(1.0) - frame.x.at(0.0);
        let labels: Vec<Vec<String>> = self
            .samples
            .iter()
            .map(|s| {
                let mut lines = font::wrap_to(&s.label, SMALL, false, slot - 4.0, 3);
                lines.push(format!("n = {}", s.values.len()));
                lines
            })
            .collect();
        let start = frame.rect.bottom() + 5.0;
        for (i, lines) in labels.iter().enumerate() {
            for (j, line) in lines.iter().enumerate() {
                let at = [frame.x.at(i as f64 + 0.5), start + SMALL + j as f64 * 1.2 * SMALL];
                sheet.scene.text(Text::new(at, cut_to(line, slot), SMALL, Anchor::Middle));
            }
        }
        sheet.y = start + labels.iter().map(Vec::len).max().unwrap_or(1) as f64 * 1.2 * SMALL + 4.0;
        let said: Vec<String> = self
            .samples
            .iter()
            .map(|s| {
                let mut sorted = s.values.clone();
                sorted.sort_by(f64::total_cmp);
                format!(
                    "{} median {} (n = {})",
                    s.label,
                    crate::format::short(quantile(&sorted, 0.5)),
                    sorted.len()
                )
            })
            .collect();
        let tests: Vec<String> = self.comparisons.iter().map(|c| format!("; {}", c.text)).collect();
        Ok((
            sheet.finish(),
            format!("Distribution of {}: {}{}.", self.value_label, said.join(", "), tests.concat()),
        ))
    }
}

fn cut_to(line: &str, room: f64) -> String {
    crate::sheet::cut(line, SMALL, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // R: quantile(c(1,2,4,8), .25) = 1.75; bw.nrd0 and the density's integral
    fn quartiles_and_density() {
        assert!((quantile(&[1.0, 2.0, 4.0, 8.0], 0.25) - 1.75).abs() < 1e-12);
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let d = density(&values, 400);
        let area: f64 = d.windows(2).map(|w| 0.5 * (w[0].1 + w[1].1) * (w[1].0 - w[0].0)).sum();
        assert!(area > 0.9 && area < 1.0, "{area}");
        assert_eq!(density(&[3.0, 3.0], 10), vec![(3.0, 0.0)]);
    }

    #[test]
    fn scattered_places_are_even_and_inside() {
        let places: Vec<f64> = (0..64).map(scatter).collect();
        assert!(places.iter().all(|p| p.abs() < 1.0));
        assert!((places.iter().sum::<f64>() / 64.0).abs() < 0.05);
    }
}
