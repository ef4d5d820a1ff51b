//! Kaplan–Meier curves with confidence bands, censoring marks, numbers at risk and the log-rank test.

use super::{Layout, Plot, band, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    font,
    format::{estimate, fixed, p_equals},
    scale::{Tick, linear_ticks},
    scene::{Anchor, Paint, Point, Rect, Scene, Text, dash},
    sheet::{Axis, Frame, FrameStyle, Grid, Height, SMALL, Sheet, Swatch},
};

/// A time at which something happens: events or censorings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurvivalStep {
    /// The time.
    pub time: f64,
    /// Patients (or weight) at risk just before.
    pub at_risk: f64,
    /// Patients censored at this time; they get a mark.
    pub censored: f64,
    /// Survival from this time on.
    pub survival: f64,
    /// Ends of its confidence interval.
    pub interval: Option<[f64; 2]>,
}

/// The curve of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct SurvivalGroup {
    /// Stands in the legend and beside the numbers at risk.
    pub label: String,
    /// Its steps, time rising.
    pub steps: Vec<SurvivalStep>,
}

/// A Kaplan–Meier figure; also for other step functions from 1 downwards.
///
/// R: `survminer::ggsurvplot(fit, risk.table, conf.int, censor, surv.median.line)`; Python:
/// `lifelines.KaplanMeierFitter().fit(time, event).plot_survival_function(at_risk_counts = True)`.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier {
    /// Title, size and texts.
    pub layout: Layout,
    /// Groups, in the order of the legend.
    pub groups: Vec<SurvivalGroup>,
    /// Label of the time axis, with its unit.
    pub time_label: String,
    /// Label of the other axis.
    pub survival_label: String,
    /// Times of the ticks and of the numbers at risk; round ones where `None`.
    pub ticks: Option<Vec<f64>>,
    /// Lines below the title: test, hazard ratio.
    pub notes: Vec<String>,
    /// Draw confidence bands where steps have intervals.
    pub bands: bool,
    /// Mark censored patients.
    pub censor_marks: bool,
    /// Lead dashed lines to the median of each group.
    pub medians: bool,
    /// Print numbers at risk below the axis.
    pub risk_table: bool,
}

impl KaplanMeier {
    /// A figure without groups yet; `time_label` names the unit, such as `Time (months)`.
    #[must_use]
    pub fn new(title: impl Into<String>, time_label: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(title, 460.0, 260.0),
            groups: Vec::new(),
            time_label: time_label.into(),
            survival_label: "Survival probability".into(),
            ticks: None,
            notes: Vec::new(),
            bands: true,
            censor_marks: true,
            medians: false,
            risk_table: true,
        }
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, label: impl Into<String>, steps: Vec<SurvivalStep>) -> Self {
        self.groups.push(SurvivalGroup { label: label.into(), steps });
        self
    }

    /// Prints the p-value of the log-rank test.
    #[must_use]
    pub fn log_rank(self, p: f64) -> Self {
        self.note(format!("Log-rank {}", p_equals(p)))
    }

    /// Prints a hazard ratio with its confidence interval.
    #[must_use]
    pub fn hazard_ratio(self, ratio: f64, lower: f64, upper: f64) -> Self {
        self.note(format!("HR {}", estimate(ratio, lower, upper, 2)))
    }

    /// Adds a note below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Sets the times of the ticks and of the numbers at risk.
    #[must_use]
    pub fn ticks(mut self, ticks: &[f64]) -> Self {
        self.ticks = Some(ticks.to_vec());
        self
    }

    fn check(&self) -> Result<(), Error> {
        let check = Check(&self.layout.title);
        check.some("groups", &self.groups)?;
        for g in &self.groups {
            let what = |part: &str| format!("{part} of group \"{}\"", g.label);
            check.some(&what("steps"), &g.steps)?;
            let times: Vec<f64> = g.steps.iter().map(|s| s.time).collect();
            check.all_finite(&what("times"), &times)?;
            check.rising(&what("times"), &times)?;
            check.value(&what("first time"), times[0], times[0] >= 0.0, "a time not below 0")?;
            for s in &g.steps {
                let what = |part: &str| what(&format!("{part} at time {}", s.time));
                check.probability(&what("survival"), s.survival)?;
                for end in s.interval.iter().flatten() {
                    check.value(
                        &what("end of the interval"),
                        *end,
                        end.is_nan() || (0.0..=1.0).contains(end),
                        "0 to 1, or NaN where undefined",
                    )?;
                }
                check.value(
                    &what("number at risk"),
                    s.at_risk,
                    s.at_risk.is_finite() && s.at_risk >= 0.0,
                    "a number not below 0",
                )?;
            }
        }
        if let Some(ticks) = &self.ticks {
            check.some("ticks", ticks)?;
            check.all_finite("ticks", ticks)?;
            check.rising("ticks", ticks)?;
            check.value("first tick", ticks[0], ticks[0] >= 0.0, "a time not below 0")?;
        }
        Ok(())
    }

    fn axis(&self) -> Axis {
        let last = self.groups.iter().filter_map(|g| g.steps.last()).map(|s| s.time).fold(0.0, f64::max);
        match &self.ticks {
            Some(ticks) => {
                let high = ticks.iter().copied().fold(last, f64::max);
                let marks = ticks.iter().map(|&t| Tick::new(t, trimmed(t))).collect();
                Axis::new(self.time_label.as_str(), 0.0, if high > 0.0 { high } else { 1.0 }).ticks(marks)
            }
            None => {
                let high = if last > 0.0 { 1.02 * last } else { 1.0 };
                Axis::new(self.time_label.as_str(), 0.0, high).ticks(linear_ticks(0.0, high, 6))
            }
        }
    }

    fn curves(&self, scene: &mut Scene, frame: &Frame) {
        for (i, group) in self.groups.iter().enumerate() {
            let (x, y, ends) = curve(group);
            if self.bands {
                let (bx, lower) = band::steps(&x, &ends.iter().map(|e| e[0]).collect::<Vec<_>>());
                let (_, upper) = band::steps(&x, &ends.iter().map(|e| e[1]).collect::<Vec<_>>());
                let both: Vec<[f64; 2]> = lower.into_iter().zip(upper).map(|(a, b)| [a, b]).collect();
                // Where a step has no limits the band has a gap.
                let known = |e: &[f64; 2]| !e[0].is_nan() && !e[1].is_nan();
                let mut start = 0;
                for run in both.chunk_by(|a, b| known(a) == known(b)) {
                    if known(&run[0]) {
                        band::band(scene, frame, &bx[start..start + run.len()], run, series(i));
                    }
                    start += run.len();
                }
            }
            let (sx, sy) = band::steps(&x, &y);
            let points: Vec<Point> = sx.iter().zip(&sy).map(|(&x, &y)| frame.at(x, y)).collect();
            scene.line(&points, Paint::dashed(series(i), 2.0, dash(i)));
            if self.censor_marks {
                for s in group.steps.iter().filter(|s| s.censored > 0.0) {
                    let [px, py] = frame.at(s.time, s.survival);
                    scene.segment([px, py - 4.0], [px, py + 4.0], Paint::line(series(i), 1.1));
                }
            }
            if let Some(median) = group.steps.iter().find(|s| s.survival <= 0.5).filter(|_| self.medians) {
                let line = Paint::dashed(Colour::GREY, 1.0, &[3.0, 3.0]);
                scene.line(
                    &[frame.at(0.0, 0.5), frame.at(median.time, 0.5), frame.at(median.time, 0.0)],
                    line,
                );
            }
        }
    }

    /// Labels of the groups as they stand beside the numbers at risk.
    fn risk_labels(&self) -> Vec<Vec<String>> {
        self.groups
            .iter()
            .map(|g| font::wrap_to(&g.label, SMALL, false, 0.26 * self.layout.width, 2))
            .collect()
    }

    fn risk_table_under(&self, sheet: &mut Sheet, frame: &Frame, ticks: &[Tick], labels: &[Vec<String>]) {
        let (left, _) = sheet.span();
        sheet.skip(4.0);
        let head = sheet.take(SMALL * font::LEADING + 2.0);
        sheet.scene.text(
            Text::new([left, head.y + font::ASCENT * SMALL], "Number at risk", SMALL, Anchor::Start).bold(),
        );
        for (i, (group, lines)) in self.groups.iter().zip(labels).enumerate() {
            let row = sheet.take(lines.len() as f64 * 1.15 * SMALL + 3.0);
            let baseline = row.y + font::ASCENT * SMALL + 1.0;
            sheet
                .scene
                .rect(Rect::new(left, baseline - 0.72 * SMALL, 7.0, 0.72 * SMALL), Paint::fill(series(i)));
            for (k, line) in lines.iter().enumerate() {
                let at = [left + 12.0, baseline + k as f64 * 1.15 * SMALL];
                sheet.scene.text(Text::new(at, line.as_str(), SMALL, Anchor::Start));
            }
            for tick in ticks {
                let at_risk = group.steps.iter().find(|s| s.time >= tick.value).map_or(0.0, |s| s.at_risk);
                let at = [frame.x.at(tick.value), baseline];
                sheet.scene.text(Text::new(at, count(at_risk), SMALL, Anchor::Middle));
            }
        }
    }
}

/// Times, survival and interval from time 0 on; where a step has no interval its ends are NaN.
fn curve(group: &SurvivalGroup) -> (Vec<f64>, Vec<f64>, Vec<[f64; 2]>) {
    let mut out = (vec![0.0], vec![1.0], vec![[1.0, 1.0]]);
    for s in &group.steps {
        out.0.push(s.time);
        out.1.push(s.survival);
        out.2.push(s.interval.unwrap_or([f64::NAN; 2]));
    }
    out
}

fn count(n: f64) -> String {
    if n.fract() == 0.0 { fixed(n, 0) } else { fixed(n, 1) }
}

fn trimmed(t: f64) -> String {
    let text = fixed(t, 3);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

impl Plot for KaplanMeier {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        self.check()?;
        let mut sheet = Sheet::new(&self.layout);
        sheet.note(&self.notes.join("; "));
        let labels = self.risk_labels();
        let widest = labels.iter().flatten().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max);
        let first = self
            .groups
            .iter()
            .filter_map(|g| g.steps.first())
            .map(|s| font::width(&count(s.at_risk), SMALL, false));
        let left = if self.risk_table { 12.0 + widest + 10.0 + 0.5 * first.fold(0.0, f64::max) } else { 0.0 };
        let x = self.axis();
        let ticks = x.ticks.clone().unwrap_or_default();
        let style = FrameStyle {
            height: Height::Pixels(self.layout.height),
            grid: Grid::Y,
            left,
            ..FrameStyle::default()
        };
        let frame = sheet.frame(&x, &Axis::new(self.survival_label.as_str(), 0.0, 1.0), style);
        sheet.scene.panel(frame.rect, |scene| self.curves(scene, &frame));
        if self.risk_table {
            self.risk_table_under(&mut sheet, &frame, &ticks, &labels);
        }
        let mut legend: Vec<_> = self
            .groups
            .iter()
            .enumerate()
            .map(|(i, g)| (Swatch::Line(series(i), dash(i)), g.label.clone()))
            .collect();
        if self.censor_marks && self.groups.iter().flat_map(|g| &g.steps).any(|s| s.censored > 0.0) {
            legend.push((Swatch::Tick, "Censored".into()));
        }
        sheet.legend(&legend);
        let labels: Vec<&str> = self.groups.iter().map(|g| g.label.as_str()).collect();
        let notes =
            if self.notes.is_empty() { String::new() } else { format!(" {}.", self.notes.join("; ")) };
        Ok((sheet.finish(), format!("Kaplan–Meier curves of {}.{notes}", labels.join(", "))))
    }
}
