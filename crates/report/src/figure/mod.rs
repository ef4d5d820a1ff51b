//! Figures: each has a plain input of its own, checked when it is drawn.
//!
//! ```
//! use radiomics_report::figure::{Plot, Roc, RocCurve};
//!
//! let curve = RocCurve::new("Signature", vec![0.0, 0.0, 0.5, 1.0], vec![0.0, 0.8, 1.0, 1.0]).auc(0.9, 0.8, 0.97);
//! let figure = Roc::new("Response at six months").curve(curve).draw()?;
//! assert!(figure.svg()?.contains("0.90 (0.80–0.97)"));
//! # Ok::<(), radiomics_report::Error>(())
//! ```

mod band;
mod calibration;
mod colour_bar;
mod confusion;
mod decision_curve;
mod distribution;
mod flow;
mod forest;
mod heat_map;
mod kaplan_meier;
mod nomogram;
mod panels;
mod radar;
mod roc;
mod shap;
mod slices;
mod time_auc;

pub use self::{
    calibration::{Calibration, CalibrationBin, CalibrationSeries},
    confusion::ConfusionMatrix,
    decision_curve::{DecisionCurve, DecisionSeries},
    distribution::{Comparison, Distribution, Sample},
    flow::{Flow, FlowStep},
    forest::{Forest, ForestRow},
    heat_map::{HeatMap, Track},
    kaplan_meier::{KaplanMeier, SurvivalGroup, SurvivalStep},
    nomogram::{Nomogram, NomogramAxis},
    panels::Panels,
    radar::Radar,
    roc::{Roc, RocCurve, RocMark},
    shap::{Beeswarm, Contribution, Dependence, Force, Importance, ImportanceBar, ShapFeature, Waterfall},
    slices::{Heat, Region, SliceView, Slices},
    time_auc::{TimeAuc, TimeAucSeries},
};

use self::colour_bar::{colour_bar, low_high_bar};
use crate::{Error, scene::Scene, svg};

/// Title, size and texts that every figure has.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Stands above the figure and names it in error texts.
    pub title: String,
    /// Name of the files without ending; from the title where `None`.
    pub name: Option<String>,
    /// Stands below the figure in a report.
    pub caption: String,
    /// Width of the canvas in pixels of 1/96 inch. 321 is one column of a journal (85 mm), 658 two (174 mm).
    pub width: f64,
    /// Height of the area of the data in pixels, where the figure has a choice.
    pub height: f64,
}

impl Layout {
    pub(crate) fn new(title: impl Into<String>, width: f64, height: f64) -> Self {
        Self { title: title.into(), name: None, caption: String::new(), width, height }
    }
}

/// Something that can be drawn.
pub trait Plot {
    /// Title, size and texts.
    fn layout(&self) -> &Layout;

    /// The same, to change.
    fn layout_mut(&mut self) -> &mut Layout;

    /// Draws the scene and describes it in one sentence for those who cannot see it.
    ///
    /// # Errors
    /// [`Error`] that names figure, list and value where the input cannot be drawn.
    fn paint(&self) -> Result<(Scene, String), Error>;

    /// Width of the canvas, and height of the area of the data, in pixels of 1/96 inch.
    #[must_use]
    fn size(mut self, width: f64, height: f64) -> Self
    where
        Self: Sized,
    {
        self.layout_mut().width = width;
        self.layout_mut().height = height;
        self
    }

    /// Text below the figure in a report.
    #[must_use]
    fn caption(mut self, caption: impl Into<String>) -> Self
    where
        Self: Sized,
    {
        self.layout_mut().caption = caption.into();
        self
    }

    /// Name of the files of the figure, without ending.
    #[must_use]
    fn named(mut self, name: impl Into<String>) -> Self
    where
        Self: Sized,
    {
        self.layout_mut().name = Some(name.into());
        self
    }

    /// The drawn figure.
    ///
    /// # Errors
    /// Those of [`Plot::paint`], and [`Error::Value`] for a size under 120 pixels or over 10,000.
    fn draw(&self) -> Result<Figure, Error> {
        let layout = self.layout();
        for (what, value, least) in [("width", layout.width, 120.0), ("height", layout.height, 40.0)] {
            if !(least..=10_000.0).contains(&value) {
                return Err(Error::Value {
                    figure: layout.title.clone(),
                    what: what.into(),
                    value,
                    expected: "a size in pixels, at least 120 wide and 40 high, at most 10,000",
                });
            }
        }
        let (scene, description) = self.paint()?;
        Ok(Figure {
            name: slug(layout.name.as_deref().unwrap_or(&layout.title)),
            title: layout.title.clone(),
            caption: layout.caption.clone(),
            description,
            scene,
        })
    }
}

/// A drawn figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of its files: lower-case letters, digits and hyphens.
    pub name: String,
    /// Title.
    pub title: String,
    /// Text below it in a report.
    pub caption: String,
    /// What it shows, in words, for those who cannot see it.
    pub description: String,
    /// What is drawn.
    pub scene: Scene,
}

impl Figure {
    /// The figure as SVG.
    ///
    /// # Errors
    /// [`Error::Picture`] where a picture inside cannot be encoded.
    pub fn svg(&self) -> Result<String, Error> {
        svg::svg(&self.scene, &self.name, &self.title, &self.description)
    }

    /// The figure as PNG with `dpi` pixels for an inch; papers ask for 300.
    ///
    /// # Errors
    /// [`Error::Picture`] where the picture is too large (200 million pixels) or cannot be encoded.
    #[cfg(feature = "raster")]
    pub fn png(&self, dpi: f64) -> Result<Vec<u8>, Error> {
        crate::raster::png(&self.scene, dpi)
            .map_err(|reason| Error::Picture { figure: self.title.clone(), reason })
    }
}

/// A name for files and anchors: lower-case ASCII letters, digits, single hyphens; never empty.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
    }
    let mut out: String = out.chars().take(60).collect();
    while out.ends_with('-') {
        out.pop();
    }
    if out.is_empty() { "figure".into() } else { out }
}

/// `layout` and `layout_mut` of a figure whose field is called `layout`.
macro_rules! laid_out {
    () => {
        fn layout(&self) -> &$crate::figure::Layout {
            &self.layout
        }
        fn layout_mut(&mut self) -> &mut $crate::figure::Layout {
            &mut self.layout
        }
    };
}
use laid_out;
