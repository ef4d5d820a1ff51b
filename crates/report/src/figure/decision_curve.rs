//! Decision curves: net benefit over threshold probability, beside treating all and none.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    scale::{extent, round_range},
    scene::{Paint, Point, Scene, dash},
    sheet::{Axis, FrameStyle, Height, Sheet, Swatch},
};

/// Net benefit of one model at each threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionSeries {
    /// Stands in the legend.
    pub label: String,
    /// Threshold probabilities, rising.
    pub thresholds: Vec<f64>,
    /// Net benefit at each.
    pub net_benefit: Vec<f64>,
}

/// A decision-curve figure.
///
/// R: `plot(dcurves::dca(outcome ~ model))`; Python: `dcurves.plot_graphs(dca, graph_type = "net_benefit")`.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionCurve {
    /// Title, size and texts.
    pub layout: Layout,
    /// Models, in the order of the legend.
    pub series: Vec<DecisionSeries>,
    /// Net benefit of treating everybody.
    pub all: Option<DecisionSeries>,
}

impl DecisionCurve {
    /// A figure without curves yet.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { layout: Layout::new(title, 420.0, 260.0), series: Vec::new(), all: None }
    }

    /// Adds the curve of a model.
    #[must_use]
    pub fn series(mut self, label: impl Into<String>, thresholds: Vec<f64>, net_benefit: Vec<f64>) -> Self {
        self.series.push(DecisionSeries { label: label.into(), thresholds, net_benefit });
        self
    }

    /// Sets the curve of treating everybody.
    #[must_use]
    pub fn treat_all(mut self, thresholds: Vec<f64>, net_benefit: Vec<f64>) -> Self {
        self.all = Some(DecisionSeries { label: "Treat all".into(), thresholds, net_benefit });
        self
    }

    /// Treating everybody at a prevalence `π`: `π − (1 − π) t / (1 − t)`, at the thresholds of the first model.
    #[must_use]
    pub fn prevalence(self, prevalence: f64) -> Self {
        let thresholds = self.series.first().map(|s| s.thresholds.clone()).unwrap_or_default();
        let benefit = thresholds.iter().map(|t| prevalence - (1.0 - prevalence) * t / (1.0 - t)).collect();
        self.treat_all(thresholds, benefit)
    }
}

impl Plot for DecisionCurve {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        check.some("curves", &self.series)?;
        for s in self.series.iter().chain(&self.all) {
            let what = |part: &str| format!("{part} of curve \"{}\"", s.label);
            check.some(&what("thresholds"), &s.thresholds)?;
            check.length(&what("net benefit"), s.net_benefit.len(), s.thresholds.len())?;
            check.all_probabilities(&what("thresholds"), &s.thresholds)?;
            check.rising(&what("thresholds"), &s.thresholds)?;
            check.all_finite(&what("net benefit"), &s.net_benefit)?;
        }
        let x = extent(self.series.iter().flat_map(|s| s.thresholds.iter().copied())).unwrap_or((0.0, 1.0));
        let every = self.series.iter().chain(&self.all).flat_map(|s| s.net_benefit.iter().copied());
        let top = extent(every).map_or(0.1, |e| e.1).max(0.01);
        // Far below zero nobody looks: as R's packages do, the axis ends a fifth of the best below zero.
        let (low, high) = round_range(-0.2 * top, top, 6);
        let low = low.max(-0.25 * top);
        let mut sheet = Sheet::new(&self.layout);
        let (x_low, x_high) = if x.1 > x.0 { x } else { round_range(x.0, x.1, 4) };
        let frame = sheet.frame(
            &Axis::new("Threshold probability", x_low, x_high),
            &Axis::new("Net benefit", low, high),
            FrameStyle { height: Height::Pixels(self.layout.height), ..FrameStyle::default() },
        );
        let all = Paint::dashed(Colour::GREY, 1.4, &[2.0, 2.0]);
        let none = Paint::line(Colour::GREY, 1.2);
        sheet.scene.segment(frame.at(x_low, 0.0), frame.at(x_high, 0.0), none);
        sheet.scene.panel(frame.rect, |scene| {
            let mut curve = |s: &DecisionSeries, paint| {
                let points: Vec<Point> =
                    s.thresholds.iter().zip(&s.net_benefit).map(|(&t, &b)| [t, b]).collect();
                for run in runs_above(&points, low) {
                    scene.line(&run.iter().map(|p| frame.at(p[0], p[1])).collect::<Vec<_>>(), paint);
                }
            };
            self.all.iter().for_each(|s| curve(s, all));
            self.series
                .iter()
                .enumerate()
                .for_each(|(i, s)| curve(s, Paint::dashed(series(i), 2.0, dash(i))));
        });
        let mut legend: Vec<_> = self
            .series
            .iter()
            .enumerate()
            .map(|(i, s)| (Swatch::Line(series(i), dash(i)), s.label.clone()))
            .collect();
        if let Some(s) = &self.all {
            legend.push((Swatch::Line(Colour::GREY, &[2.0, 2.0]), s.label.clone()));
        }
        legend.push((Swatch::Line(Colour::GREY, &[]), "Treat none".into()));
        sheet.legend(&legend);
        let labels: Vec<&str> = self.series.iter().map(|s| s.label.as_str()).collect();
        Ok((sheet.finish(), format!("Net benefit over threshold probability of {}.", labels.join(", "))))
    }
}

/// The parts of a line that lie at or above `low`, cut where they cross it.
fn runs_above(points: &[Point], low: f64) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut run: Vec<Point> = Vec::new();
    for (i, &p) in points.iter().enumerate() {
        if let Some(&q) =
            i.checked_sub(1).and_then(|i| points.get(i)).filter(|q| (q[1] < low) != (p[1] < low))
        {
            run.push([q[0] + (p[0] - q[0]) * (low - q[1]) / (p[1] - q[1]), low]);
        }
        if p[1] >= low {
            run.push(p);
        } else if !run.is_empty() {
            runs.push(std::mem::take(&mut run));
        }
    }
    runs.extend((!run.is_empty()).then_some(run));
    runs
}

#[cfg(test)]
mod tests {
    use super::runs_above;

    #[test]
    fn lines_end_where_they_leave() {
        let runs = runs_above(&[[0.0, 1.0], [1.0, -1.0], [2.0, -3.0], [3.0, 1.0]], 0.0);
        assert_eq!(runs, [vec![[0.0, 1.0], [0.5, 0.0]], vec![[2.75, 0.0], [3.0, 1.0]]]);
        assert!(runs_above(&[[0.0, -1.0]], 0.0).is_empty());
    }
}
