//! Receiver operating characteristic, several curves, with AUC and interval in the legend.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, series},
    format::{estimate, fixed},
    scene::{Paint, Point, Scene, dash},
    sheet::{Axis, FrameStyle, Mark, Sheet, Swatch},
};

/// One curve: false- and true-positive rates of the same cut-offs, from `(0, 0)` to `(1, 1)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RocCurve {
    /// Stands in the legend.
    pub label: String,
    /// 1 − specificity, not falling.
    pub false_positive_rate: Vec<f64>,
    /// Sensitivity, not falling.
    pub true_positive_rate: Vec<f64>,
    /// Area under the curve, with the ends of its confidence interval where there is one.
    pub auc: Option<(f64, Option<[f64; 2]>)>,
    /// Cut-offs to mark.
    pub marks: Vec<RocMark>,
}

/// A cut-off marked on a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct RocMark {
    /// Text of the legend, such as the cut-off.
    pub label: String,
    /// 1 − specificity.
    pub false_positive_rate: f64,
    /// Sensitivity.
    pub true_positive_rate: f64,
}

impl RocCurve {
    /// A curve from its rates.
    #[must_use]
    pub fn new(
        label: impl Into<String>,
        false_positive_rate: Vec<f64>,
        true_positive_rate: Vec<f64>,
    ) -> Self {
        Self { label: label.into(), false_positive_rate, true_positive_rate, auc: None, marks: Vec::new() }
    }

    /// The same with its area and interval.
    #[must_use]
    pub fn auc(mut self, auc: f64, lower: f64, upper: f64) -> Self {
        self.auc = Some((auc, Some([lower, upper])));
        self
    }

    /// The same with a marked cut-off.
    #[must_use]
    pub fn mark(
        mut self,
        label: impl Into<String>,
        false_positive_rate: f64,
        true_positive_rate: f64,
    ) -> Self {
        self.marks.push(RocMark { label: label.into(), false_positive_rate, true_positive_rate });
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<(), Error> {
        let what = |part: &str| format!("{part} of curve \"{}\"", self.label);
        check.some(&what("rates"), &self.false_positive_rate)?;
        check.length(
            &what("true-positive rates"),
            self.true_positive_rate.len(),
            self.false_positive_rate.len(),
        )?;
        for (name, rates) in [
            ("false-positive rate", &self.false_positive_rate),
            ("true-positive rate", &self.true_positive_rate),
        ] {
            check.all_probabilities(&what(name), rates)?;
            check.rising(&what(name), rates)?;
        }
        if let Some((auc, interval)) = self.auc {
            check.probability(&what("AUC"), auc)?;
            for end in interval.iter().flatten() {
                check.finite(&what("end of the interval"), *end)?;
            }
        }
        for mark in &self.marks {
            check.probability(&what("marked false-positive rate"), mark.false_positive_rate)?;
            check.probability(&what("marked true-positive rate"), mark.true_positive_rate)?;
        }
        Ok(())
    }

    fn legend(&self) -> String {
        match self.auc {
            Some((auc, Some([lower, upper]))) => {
                format!("{}: AUC {}", self.label, estimate(auc, lower, upper, 2))
            }
            Some((auc, None)) => format!("{}: AUC {}", self.label, fixed(auc, 2)),
            None => self.label.clone(),
        }
    }
}

/// A figure with one or more ROC curves.
///
/// R: `pROC::ggroc(list(a, b), legacy.axes = TRUE)`; Python:
/// `sklearn.metrics.RocCurveDisplay.from_predictions(y, score)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Roc {
    /// Title, size and texts.
    pub layout: Layout,
    /// The curves, in the order of the legend.
    pub curves: Vec<RocCurve>,
    /// A line below the title, such as the p-value of DeLong's test.
    pub note: String,
}

impl Roc {
    /// A figure without curves yet.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { layout: Layout::new(title, 420.0, 300.0), curves: Vec::new(), note: String::new() }
    }

    /// Adds a curve.
    #[must_use]
    pub fn curve(mut self, curve: RocCurve) -> Self {
        self.curves.push(curve);
        self
    }

    /// Sets the line below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

impl Plot for Roc {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        check.some("curves", &self.curves)?;
        self.curves.iter().try_for_each(|c| c.check(&check))?;
        let mut sheet = Sheet::new(&self.layout);
        sheet.note(&self.note);
        let frame = sheet.frame(
            &Axis::new("1 − specificity", 0.0, 1.0),
            &Axis::new("Sensitivity", 0.0, 1.0),
            FrameStyle::default(),
        );
        sheet.scene.segment(
            frame.at(0.0, 0.0),
            frame.at(1.0, 1.0),
            Paint::dashed(Colour::RULE, 1.0, &[3.0, 3.0]),
        );
        sheet.scene.panel(frame.rect, |scene| {
            for (i, curve) in self.curves.iter().enumerate() {
                let rates = curve.false_positive_rate.iter().zip(&curve.true_positive_rate);
                let points: Vec<Point> = rates.map(|(&x, &y)| frame.at(x, y)).collect();
                scene.line(&points, Paint::dashed(series(i), 2.0, dash(i)));
            }
        });
        // Not clipped: a marker at 0 or 1 shows as a whole.
        for (i, curve) in self.curves.iter().enumerate() {
            for mark in &curve.marks {
                let at = frame.at(mark.false_positive_rate, mark.true_positive_rate);
                let paint = Paint::fill(series(i)).outlined(Colour::WHITE, 1.0);
                Mark::series(i).draw(&mut sheet.scene, at, 4.5, paint);
            }
        }
        let mut legend = Vec::new();
        for (i, curve) in self.curves.iter().enumerate() {
            legend.push((Swatch::Line(series(i), dash(i)), curve.legend()));
            legend.extend(
                curve.marks.iter().map(|m| (Swatch::Marker(series(i), Mark::series(i)), m.label.clone())),
            );
        }
        sheet.legend(&legend);
        let curves: Vec<String> = self.curves.iter().map(RocCurve::legend).collect();
        Ok((sheet.finish(), format!("Receiver operating characteristic. {}.", curves.join("; "))))
    }
}
