//! Radar chart: several quantities of each series on spokes.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    font,
    scale::{linear_ticks, round_range},
    scene::{Anchor, Paint, Point, Rect, Scene, Text, dash},
    sheet::{Mark, SMALL, Sheet, Swatch},
};

/// A radar chart; all spokes have the same scale.
///
/// R: `fmsb::radarchart(data)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Radar {
    /// Title, size and texts.
    pub layout: Layout,
    /// Names of the spokes, at least three, clockwise from the top.
    pub spokes: Vec<String>,
    /// Label and values of each series, one for each spoke.
    pub series: Vec<(String, Vec<f64>)>,
    /// Values at the centre and at the rim.
    pub range: [f64; 2],
}

impl Radar {
    /// A chart with spokes from 0 to 1.
    #[must_use]
    pub fn new(title: impl Into<String>, spokes: &[&str]) -> Self {
        Self {
            layout: Layout::new(title, 440.0, 300.0),
            spokes: spokes.iter().map(ToString::to_string).collect(),
            series: Vec::new(),
            range: [0.0, 1.0],
        }
    }

    /// Adds a series.
    #[must_use]
    pub fn series(mut self, label: impl Into<String>, values: Vec<f64>) -> Self {
        self.series.push((label.into(), values));
        self
    }

    /// Values at the centre and at the rim.
    #[must_use]
    pub fn range(mut self, centre: f64, rim: f64) -> Self {
        self.range = [centre, rim];
        self
    }
}

impl Plot for Radar {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        let k = self.spokes.len();
        check.some("series", &self.series)?;
        check.value("number of spokes", k as f64, k >= 3, "at least 3")?;
        let [low, high] = self.range;
        check.value(
            "value at the rim",
            high,
            high.is_finite() && low.is_finite() && high > low,
            "above that at the centre",
        )?;
        for (label, values) in &self.series {
            check.length(&format!("values of series \"{label}\""), values.len(), k)?;
            for (v, spoke) in values.iter().zip(&self.spokes) {
                let what = format!("value of series \"{label}\" on \"{spoke}\"");
                check.value(&what, *v, *v >= low && *v <= high, "a value between centre and rim")?;
            }
        }
        let mut sheet = Sheet::new(&self.layout);
        let (left, right) = sheet.span();
        let names: Vec<Vec<String>> =
            self.spokes.iter().map(|s| font::wrap_to(s, SMALL, false, 0.24 * (right - left), 3)).collect();
        let tallest = names.iter().map(Vec::len).max().unwrap_or(1) as f64 * 1.2 * SMALL;
        // As wide as the names at the sides allow.
        let room = names.iter().enumerate().map(|(i, lines)| {
            let widest = lines.iter().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max);
            let sin = (std::f64::consts::TAU * i as f64 / k as f64).sin().abs();
            if sin > 0.15 { (0.5 * (right - left) - widest - 12.0) / sin } else { f64::INFINITY }
        });
        let radius = room.fold(0.5 * self.layout.height, f64::min).max(40.0);
        let block = sheet.take(2.0 * (radius + tallest + 10.0));
        let centre = [block.x + 0.5 * block.w, block.y + 0.5 * block.h];
        let at = |spoke: f64, part: f64| -> Point {
            let (sin, cos) = (std::f64::consts::TAU * spoke / k as f64).sin_cos();
            [centre[0] + radius * part * sin, centre[1] - radius * part * cos]
        };
        let part = |v: f64| (v - low) / (high - low);
        let (_, round_high) = round_range(low, high, 5);
        let rings = linear_ticks(low, high.min(round_high), 5);
        let ring = |p: f64| (0..k).map(|i| at(i as f64, p)).collect::<Vec<Point>>();
        for tick in rings.iter().filter(|t| part(t.value) > 0.0) {
            sheet.scene.polygon(&ring(part(tick.value)), Paint::line(Colour::GRID, 1.0));
        }
        sheet.scene.polygon(&ring(1.0), Paint::line(Colour::RULE, 1.0));
        for i in 0..k {
            sheet.scene.segment(centre, at(i as f64, 1.0), Paint::line(Colour::GRID, 1.0));
        }
        let rect = Rect::new(centre[0] - radius, centre[1] - radius, 2.0 * radius, 2.0 * radius);
        sheet.scene.panel(rect, |scene| {
            for (i, (_, values)) in self.series.iter().enumerate() {
                let mut points: Vec<Point> =
                    values.iter().enumerate().map(|(s, &v)| at(s as f64, part(v))).collect();
                scene.polygon(&points, Paint::fill(series(i).alpha(0.10)));
                points.push(points[0]);
                scene.line(&points, Paint::dashed(series(i), 2.0, dash(i)));
            }
        });
        // Not clipped: a marker at the end of a spoke shows as a whole.
        for (i, (_, values)) in self.series.iter().enumerate() {
            for (spoke, &v) in values.iter().enumerate() {
                let paint = Paint::fill(series(i)).outlined(Colour::WHITE, 0.8);
                Mark::series(i).draw(&mut sheet.scene, at(spoke as f64, part(v)), 3.5, paint);
            }
        }
        // Ring values stand on the first spoke, on plates, so that they read over the lines of the series.
        for tick in rings.iter().filter(|t| part(t.value) > 0.05) {
            let [x, y] = at(0.0, part(tick.value));
            let text = Text::new([x, y + 3.0], tick.label.as_str(), SMALL - 2.0, Anchor::Middle);
            let plate = Rect::new(x - 0.5 * text.width() - 1.5, y - 4.5, text.width() + 3.0, 9.0);
            sheet.scene.rect(plate, Paint::fill(Colour::WHITE.alpha(0.8)));
            sheet.scene.text(text.colour(Colour::GREY));
        }
        for (i, lines) in names.iter().enumerate() {
            let [x, y] = at(i as f64, 1.0 + 8.0 / radius);
            let (sin, cos) = (std::f64::consts::TAU * i as f64 / k as f64).sin_cos();
            let anchor = match sin {
                s if s > 0.15 => Anchor::Start,
                s if s < -0.15 => Anchor::End,
                _ => Anchor::Middle,
            };
            let height = lines.len() as f64 * 1.2 * SMALL;
            let top = y - 0.5 * height - 0.5 * height * cos.clamp(-1.0, 1.0);
            for (j, line) in lines.iter().enumerate() {
                let base = top + (j as f64 + 0.8) * 1.2 * SMALL;
                sheet.scene.text(Text::new([x, base], line.as_str(), SMALL, anchor));
            }
        }
        let legend: Vec<_> = self
            .series
            .iter()
            .enumerate()
            .map(|(i, s)| (Swatch::MarkedLine(series(i), dash(i), Some(Mark::series(i))), s.0.clone()))
            .collect();
        sheet.legend(&legend);
        let labels: Vec<&str> = self.series.iter().map(|s| s.0.as_str()).collect();
        Ok((sheet.finish(), format!("Radar chart of {} for {}.", self.spokes.join(", "), labels.join(", "))))
    }
}
