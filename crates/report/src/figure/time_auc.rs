//! Area under the time-dependent ROC curve over time, with confidence bands.

use super::{Layout, Plot, band, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    scale::{extent, round_range},
    scene::{Paint, Point, Scene, dash},
    sheet::{Axis, FrameStyle, Height, Mark, Sheet, Swatch},
};

/// AUC of one score at several times.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAucSeries {
    /// Stands in the legend.
    pub label: String,
    /// Times, rising.
    pub times: Vec<f64>,
    /// AUC at each.
    pub auc: Vec<f64>,
    /// Ends of the confidence interval at each time; empty where there are none.
    pub intervals: Vec<[f64; 2]>,
}

/// AUC over time.
///
/// R: `timeROC::plotAUCcurve(roc, conf.int = TRUE)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAuc {
    /// Title, size and texts.
    pub layout: Layout,
    /// Scores, in the order of the legend.
    pub series: Vec<TimeAucSeries>,
    /// Label of the time axis, with its unit.
    pub time_label: String,
}

impl TimeAuc {
    /// A figure without series yet; `time_label` names the unit, such as `Time (months)`.
    #[must_use]
    pub fn new(title: impl Into<String>, time_label: impl Into<String>) -> Self {
        Self { layout: Layout::new(title, 440.0, 240.0), series: Vec::new(), time_label: time_label.into() }
    }

    /// Adds a score; `intervals` is empty or has one entry for each time.
    #[must_use]
    pub fn series(
        mut self,
        label: impl Into<String>,
        times: Vec<f64>,
        auc: Vec<f64>,
        intervals: Vec<[f64; 2]>,
    ) -> Self {
        self.series.push(TimeAucSeries { label: label.into(), times, auc, intervals });
        self
    }
}

impl Plot for TimeAuc {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        check.some("series", &self.series)?;
        for s in &self.series {
            let what = |part: &str| format!("{part} of series \"{}\"", s.label);
            check.some(&what("times"), &s.times)?;
            check.length(&what("AUC"), s.auc.len(), s.times.len())?;
            if !s.intervals.is_empty() {
                check.length(&what("intervals"), s.intervals.len(), s.times.len())?;
            }
            check.all_finite(&what("times"), &s.times)?;
            check.rising(&what("times"), &s.times)?;
            check.all_probabilities(&what("AUC"), &s.auc)?;
            check.all_finite(&what("intervals"), &s.intervals.concat())?;
        }
        let ends = |s: &TimeAucSeries| {
            s.intervals.iter().map(|e| [e[0].clamp(0.0, 1.0), e[1].clamp(0.0, 1.0)]).collect::<Vec<_>>()
        };
        let values = self.series.iter().flat_map(|s| s.auc.iter().copied().chain(ends(s).concat()));
        let low = extent(values).map_or(0.5, |e| e.0).min(0.5);
        let (low, _) = round_range(low, 1.0, 5);
        let (t0, t1) = extent(self.series.iter().flat_map(|s| s.times.iter().copied())).unwrap_or((0.0, 1.0));
        let (t0, t1) = if t0 > 0.0 && t0 < 0.35 * t1 { (0.0, t1) } else { (t0, t1) };
        let (t0, t1) = if t1 > t0 { (t0, t1 + 0.03 * (t1 - t0)) } else { round_range(t0, t1, 4) };
        let mut sheet = Sheet::new(&self.layout);
        let style = FrameStyle { height: Height::Pixels(self.layout.height), ..FrameStyle::default() };
        let frame = sheet.frame(
            &Axis::new(self.time_label.as_str(), t0, t1),
            &Axis::new("AUC(t)", low.max(0.0), 1.0),
            style,
        );
        sheet.scene.segment(
            frame.at(t0, 0.5),
            frame.at(t1, 0.5),
            Paint::dashed(Colour::RULE, 1.0, &[3.0, 3.0]),
        );
        sheet.scene.panel(frame.rect, |scene| {
            for (i, s) in self.series.iter().enumerate() {
                band::band(scene, &frame, &s.times, &ends(s), series(i));
            }
            for (i, s) in self.series.iter().enumerate() {
                let points: Vec<Point> = s.times.iter().zip(&s.auc).map(|(&t, &a)| frame.at(t, a)).collect();
                scene.line(&points, Paint::dashed(series(i), 2.0, dash(i)));
            }
        });
        // Not clipped: a marker at 1 shows as a whole.
        for (i, s) in self.series.iter().enumerate().filter(|(_, s)| s.times.len() <= 20) {
            for (&t, &a) in s.times.iter().zip(&s.auc) {
                let paint = Paint::fill(series(i)).outlined(Colour::WHITE, 0.8);
                Mark::series(i).draw(&mut sheet.scene, frame.at(t, a), 3.5, paint);
            }
        }
        let legend: Vec<_> = self
            .series
            .iter()
            .enumerate()
            .map(|(i, s)| {
                let mark = (s.times.len() <= 20).then(|| Mark::series(i));
                (Swatch::MarkedLine(series(i), dash(i), mark), s.label.clone())
            })
            .collect();
        sheet.legend(&legend);
        let labels: Vec<&str> = self.series.iter().map(|s| s.label.as_str()).collect();
        Ok((sheet.finish(), format!("Time-dependent AUC of {}.", labels.join(", "))))
    }
}
