//! Calibration: observed against predicted probability, in bins and smoothed, with the distribution of predictions.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    scene::{Anchor, Paint, Point, Rect, Scene, Text, dash},
    sheet::{Axis, Frame, FrameStyle, Mark, SMALL, Sheet, Swatch},
};

/// Patients of similar prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Part of them with the outcome, or for survival one minus the Kaplan–Meier estimate.
    pub observed: f64,
    /// Ends of the confidence interval of `observed`.
    pub interval: Option<[f64; 2]>,
}

/// Calibration of one model in one cohort.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalibrationSeries {
    /// Stands in the legend.
    pub label: String,
    /// Bins, drawn as markers.
    pub bins: Vec<CalibrationBin>,
    /// Smoothed curve as pairs of predicted and observed, predicted rising.
    pub smooth: Vec<[f64; 2]>,
    /// All predictions, drawn as a histogram below the axes.
    pub predictions: Vec<f64>,
}

/// A calibration figure.
///
/// R: `rms::val.prob(p, y)`, `CalibrationCurves::val.prob.ci.2(p, y)`; Python:
/// `sklearn.calibration.CalibrationDisplay.from_predictions(y, p, strategy = "quantile")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Title, size and texts.
    pub layout: Layout,
    /// Models or cohorts, in the order of the legend.
    pub series: Vec<CalibrationSeries>,
    /// A line below the title, such as slope, intercept and Brier score.
    pub note: String,
}

impl Calibration {
    /// A figure without series yet.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { layout: Layout::new(title, 420.0, 300.0), series: Vec::new(), note: String::new() }
    }

    /// Adds a series.
    #[must_use]
    pub fn series(mut self, series: CalibrationSeries) -> Self {
        self.series.push(series);
        self
    }

    /// Sets the line below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn check(&self) -> Result<(), Error> {
        let check = Check(&self.layout.title);
        check.some("series", &self.series)?;
        for s in &self.series {
            let what = |part: &str| format!("{part} of series \"{}\"", s.label);
            if s.smooth.is_empty() {
                check.some(&what("bins and smoothed curve"), &s.bins)?;
            }
            for (i, b) in s.bins.iter().enumerate() {
                check.probability(&what(&format!("predicted probability in bin {}", i + 1)), b.predicted)?;
                check.probability(&what(&format!("observed part in bin {}", i + 1)), b.observed)?;
                for end in b.interval.iter().flatten() {
                    check.probability(&what(&format!("end of the interval in bin {}", i + 1)), *end)?;
                }
            }
            check.all_probabilities(&what("predictions"), &s.predictions)?;
            check.all_probabilities(
                &what("smoothed curve, predicted"),
                &s.smooth.iter().map(|p| p[0]).collect::<Vec<_>>(),
            )?;
            check.all_finite(
                &what("smoothed curve, observed"),
                &s.smooth.iter().map(|p| p[1]).collect::<Vec<_>>(),
            )?;
        }
        Ok(())
    }

    /// One strip of bars for each series with predictions, on the x axis of the frame.
    fn histograms(&self, sheet: &mut Sheet, frame: &Frame) {
        const BINS: usize = 40;
        const HEIGHT: f64 = 30.0;
        for (i, s) in self.series.iter().enumerate().filter(|(_, s)| !s.predictions.is_empty()) {
            sheet.skip(6.0);
            let block = sheet.take(HEIGHT);
            let mut counts = [0usize; BINS];
            for p in &s.predictions {
                counts[((p * BINS as f64) as usize).min(BINS - 1)] += 1;
            }
            let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
            let rect = Rect::new(frame.rect.x, block.y, frame.rect.w, HEIGHT);
            sheet.scene.panel(rect, |scene| {
                for (k, &count) in counts.iter().enumerate().filter(|c| *c.1 > 0) {
                    let (left, right) = (k as f64 / BINS as f64, (k + 1) as f64 / BINS as f64);
                    let height = count as f64 / most * HEIGHT;
                    let bar = Rect::new(
                        frame.x.at(left),
                        rect.bottom() - height,
                        frame.x.at(right) - frame.x.at(left),
                        height,
                    );
                    scene.rect(bar, Paint::fill(series(i)).outlined(Colour::WHITE, 0.5));
                }
            });
            sheet.scene.segment(
                [rect.x, rect.bottom()],
                [rect.right(), rect.bottom()],
                Paint::line(Colour::RULE, 0.8),
            );
            let at = [rect.x - 6.0, rect.bottom() - 2.0];
            let text = Text::new(at, format!("n {}", s.predictions.len()), SMALL - 1.0, Anchor::End);
            sheet.scene.text(text.colour(Colour::GREY));
        }
    }
}

impl Plot for Calibration {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        self.check()?;
        let mut sheet = Sheet::new(&self.layout);
        sheet.note(&self.note);
        let widest =
            self.series.iter().map(|s| format!("n {}", s.predictions.len()).len()).max().unwrap_or(0);
        let frame = sheet.frame(
            &Axis::new("Predicted probability", 0.0, 1.0),
            &Axis::new("Observed proportion", 0.0, 1.0),
            FrameStyle { left: 10.0 + 6.0 * widest as f64, ..FrameStyle::default() },
        );
        sheet.scene.segment(
            frame.at(0.0, 0.0),
            frame.at(1.0, 1.0),
            Paint::dashed(Colour::RULE, 1.0, &[3.0, 3.0]),
        );
        let mut legend = vec![];
        sheet.scene.panel(frame.rect, |scene| {
            for (i, s) in self.series.iter().enumerate() {
                let smooth: Vec<Point> =
                    s.smooth.iter().map(|p| frame.at(p[0], p[1].clamp(0.0, 1.0))).collect();
                scene.line(&smooth, Paint::dashed(series(i), 2.0, dash(i)));
                if s.smooth.is_empty() {
                    let bins: Vec<Point> = s.bins.iter().map(|b| frame.at(b.predicted, b.observed)).collect();
                    scene.line(&bins, Paint::dashed(series(i), 1.5, dash(i)));
                }
            }
        });
        // Not clipped: a marker at 0 or 1 shows as a whole.
        for (i, s) in self.series.iter().enumerate() {
            for b in &s.bins {
                if let Some([lower, upper]) = b.interval {
                    let (low, high) = (frame.at(b.predicted, lower), frame.at(b.predicted, upper));
                    sheet.scene.segment(low, high, Paint::line(series(i), 1.2));
                }
                let paint = Paint::fill(series(i)).outlined(Colour::WHITE, 0.8);
                Mark::series(i).draw(&mut sheet.scene, frame.at(b.predicted, b.observed), 4.0, paint);
            }
        }
        for (i, s) in self.series.iter().enumerate() {
            let swatch =
                Swatch::MarkedLine(series(i), dash(i), (!s.bins.is_empty()).then(|| Mark::series(i)));
            legend.push((swatch, s.label.clone()));
        }
        legend.push((Swatch::Line(Colour::RULE, &[3.0, 3.0]), "Perfect calibration".into()));
        self.histograms(&mut sheet, &frame);
        sheet.legend(&legend);
        let labels: Vec<&str> = self.series.iter().map(|s| s.label.as_str()).collect();
        let note = if self.note.is_empty() { String::new() } else { format!(" {}.", self.note) };
        Ok((
            sheet.finish(),
            format!("Observed against predicted probability of {}.{note}", labels.join(", ")),
        ))
    }
}
