//! Heat maps: correlations, features of patients, any matrix.

use super::{Layout, Plot, colour_bar, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, Palette, series},
    font,
    format::fixed,
    scale::extent,
    scene::{Anchor, Image, Paint, Rect, Scene, Text},
    sheet::{SMALL, Sheet, Swatch},
};

/// A class of each column, drawn as a strip above the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Stands beside the strip.
    pub label: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Class of each column, numbered from 0.
    pub members: Vec<usize>,
}

/// A heat map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Title, size and texts; the height is that of the whole matrix.
    pub layout: Layout,
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values row by row; NaN is missing and grey.
    pub values: Vec<f64>,
    /// Colours.
    pub palette: Palette,
    /// Values of the ends of the palette; from the values where `None`.
    pub range: Option<[f64; 2]>,
    /// Label of the colour bar.
    pub value_label: String,
    /// Print values into cells where there is room.
    pub numbers: bool,
    /// Classes of the columns.
    pub tracks: Vec<Track>,
}

impl HeatMap {
    /// Any matrix, `values` row by row, in viridis. Python: `seaborn.heatmap(values, cmap = "viridis")`.
    #[must_use]
    pub fn new(title: impl Into<String>, rows: Vec<String>, columns: Vec<String>, values: Vec<f64>) -> Self {
        Self {
            layout: Layout::new(title, 560.0, 320.0),
            rows,
            columns,
            values,
            palette: Palette::Viridis,
            range: None,
            value_label: String::new(),
            numbers: false,
            tracks: Vec::new(),
        }
    }

    /// A square matrix of correlations, blue for −1, vermillion for 1. R: `corrplot::corrplot(r, method = "color")`.
    #[must_use]
    pub fn correlation(title: impl Into<String>, names: Vec<String>, values: Vec<f64>) -> Self {
        Self {
            palette: Palette::Diverging,
            range: Some([-1.0, 1.0]),
            value_label: "Correlation".into(),
            numbers: true,
            ..Self::new(title, names.clone(), names, values)
        }
    }

    /// Features in rows, patients in columns, standardised values with the same range on both sides of zero.
    /// R: `ComplexHeatmap::Heatmap(values)`, with [`HeatMap::track`] `top_annotation`.
    #[must_use]
    pub fn features(
        title: impl Into<String>,
        features: Vec<String>,
        patients: Vec<String>,
        values: Vec<f64>,
    ) -> Self {
        let most =
            values.iter().filter(|v| v.is_finite()).fold(0.0f64, |m, v| m.max(v.abs())).clamp(1e-12, 3.0);
        Self {
            palette: Palette::Diverging,
            range: Some([-most, most]),
            value_label: "z score".into(),
            ..Self::new(title, features, patients, values)
        }
    }

    /// Adds classes of the columns as a strip above the matrix.
    #[must_use]
    pub fn track(mut self, label: impl Into<String>, classes: &[&str], members: Vec<usize>) -> Self {
        let classes = classes.iter().map(ToString::to_string).collect();
        self.tracks.push(Track { label: label.into(), classes, members });
        self
    }

    fn check(&self) -> Result<[f64; 2], Error> {
        let check = Check(&self.layout.title);
        check.some("rows", &self.rows)?;
        check.some("columns", &self.columns)?;
        check.length("values", self.values.len(), self.rows.len() * self.columns.len())?;
        for t in &self.tracks {
            check.length(
                &format!("classes of track \"{}\"", t.label),
                t.members.len(),
                self.columns.len(),
            )?;
            for &m in &t.members {
                let what = format!("class in track \"{}\"", t.label);
                check.value(&what, m as f64, m < t.classes.len(), "the number of a class, from 0")?;
            }
        }
        match self.range {
            Some([low, high]) => {
                check.value(
                    "end of the range",
                    high,
                    low.is_finite() && high.is_finite() && high > low,
                    "above its start",
                )?;
                Ok([low, high])
            }
            None => match extent(self.values.iter().copied()) {
                Some((low, high)) if high > low => Ok([low, high]),
                Some((low, _)) => Ok([low - 0.5, low + 0.5]),
                None => Ok([0.0, 1.0]),
            },
        }
    }
}

const MISSING: Colour = Colour(0xBB, 0xBB, 0xBB, 255);
const STRIP: f64 = 12.0;

impl HeatMap {
    fn cells(&self, scene: &mut Scene, rect: Rect, [low, high]: [f64; 2]) {
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let (w, h) = (rect.w / columns as f64, rect.h / rows as f64);
        let colour = |v: f64| if v.is_nan() { MISSING } else { self.palette.at((v - low) / (high - low)) };
        let rgba = self.values.iter().flat_map(|&v| {
            let Colour(r, g, b, a) = colour(v);
            [r, g, b, a]
        });
        scene.image(Image { rect, width: columns, height: rows, rgba: rgba.collect(), smooth: false });
        let size = (0.42 * h).min(0.3 * w).min(SMALL);
        if self.numbers && size >= 6.5 {
            for (i, &v) in self.values.iter().enumerate() {
                let at = [
                    rect.x + (i % columns) as f64 * w + 0.5 * w,
                    rect.y + (i / columns) as f64 * h + 0.5 * h + 0.36 * size,
                ];
                scene.text(Text::new(at, fixed(v, 2), size, Anchor::Middle).colour(colour(v).text_on()));
            }
        }
    }
}

impl Plot for HeatMap {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let range = self.check()?;
        let mut sheet = Sheet::new(&self.layout);
        let (left, right) = sheet.span();
        let (rows, columns) = (self.rows.len() as f64, self.columns.len() as f64);
        let bar = 58.0;
        // Names stand where a line of them fits into a cell, in a smaller size down to 7 pixels, else they are left out.
        let room = 0.34 * (right - left);
        let square = self.rows == self.columns;
        let row_size = |h: f64| (0.95 * h).min(SMALL);
        let first_guess =
            if square { ((right - left - bar) * 0.75 / rows).min(60.0) } else { self.layout.height / rows };
        let size = row_size(first_guess);
        let names: Vec<String> = self.rows.iter().map(|n| font::cut_middle(n, size, false, room)).collect();
        let named = size >= 7.0;
        let track_width = self.tracks.iter().map(|t| font::width(&t.label, SMALL, false)).fold(0.0, f64::max);
        let widest = names.iter().map(|n| font::width(n, size, false)).fold(0.0, f64::max);
        let x0 = left + if named { widest.max(track_width) } else { track_width.max(SMALL * 1.5) } + 6.0;
        let w = (right - bar - x0) / columns;
        let w = if square { w.min(60.0) } else { w };
        let h = if square { w } else { first_guess };

        for t in &self.tracks {
            let block = sheet.take(STRIP + 3.0);
            let rect = Rect::new(x0, block.y, w * columns, STRIP);
            let text = Text::new(
                [x0 - 6.0, block.y + 0.5 * STRIP + 0.36 * SMALL],
                t.label.as_str(),
                SMALL,
                Anchor::End,
            );
            sheet.scene.text(text);
            let rgba = t.members.iter().flat_map(|&m| {
                let Colour(r, g, b, a) = series(m);
                [r, g, b, a]
            });
            sheet.scene.image(Image {
                rect,
                width: self.columns.len(),
                height: 1,
                rgba: rgba.collect(),
                smooth: false,
            });
        }
        let block = sheet.take(h * rows);
        let rect = Rect::new(x0, block.y, w * columns, h * rows);
        sheet.scene.panel(rect, |scene| self.cells(scene, rect, range));
        sheet.scene.rect(rect, Paint::line(Colour::RULE, 0.8));
        let high = rect.h.clamp(40.0, 160.0);
        let bar_rect = Rect::new(rect.right() + 12.0, rect.y, 11.0, high);
        colour_bar(&mut sheet.scene, bar_rect, self.palette, range, &self.value_label);
        sheet.y = sheet.y.max(bar_rect.bottom() + 4.0);
        if named {
            for (i, name) in names.iter().enumerate() {
                let at = [x0 - 6.0, rect.y + (i as f64 + 0.5) * h + 0.36 * size];
                sheet.scene.text(Text::new(at, name.as_str(), size, Anchor::End));
            }
        } else {
            let at = [x0 - 8.0, rect.y + 0.5 * rect.h];
            let text = Text::new(at, format!("{} rows", self.rows.len()), SMALL, Anchor::Middle);
            sheet.scene.text(text.turned(-90.0));
        }
        let size = (0.95 * w).min(SMALL);
        let flat = self.columns.iter().all(|n| font::width(n, SMALL, false) < w - 3.0);
        let below = if flat {
            for (j, name) in self.columns.iter().enumerate() {
                let at = [x0 + (j as f64 + 0.5) * w, rect.bottom() + 4.0 + SMALL];
                sheet.scene.text(Text::new(at, name.as_str(), SMALL, Anchor::Middle));
            }
            SMALL + 8.0
        } else if size >= 7.0 {
            let names: Vec<String> =
                self.columns.iter().map(|n| font::cut_middle(n, size, false, 150.0)).collect();
            for (j, name) in names.iter().enumerate() {
                let at = [x0 + (j as f64 + 0.5) * w + 0.36 * size, rect.bottom() + 5.0];
                sheet.scene.text(Text::new(at, name.as_str(), size, Anchor::End).turned(-90.0));
            }
            names.iter().map(|n| font::width(n, size, false)).fold(0.0, f64::max) + 8.0
        } else {
            let at = [rect.x + 0.5 * rect.w, rect.bottom() + 4.0 + SMALL];
            sheet.scene.text(Text::new(at, format!("{} columns", self.columns.len()), SMALL, Anchor::Middle));
            SMALL + 8.0
        };
        sheet.y = sheet.y.max(rect.bottom() + below);
        let mut legend = Vec::new();
        for t in &self.tracks {
            legend.extend(
                t.classes
                    .iter()
                    .enumerate()
                    .map(|(i, c)| (Swatch::Box(series(i)), format!("{}: {c}", t.label))),
            );
        }
        if self.values.iter().any(|v| v.is_nan()) {
            legend.push((Swatch::Box(MISSING), "Missing".into()));
        }
        sheet.legend(&legend);
        let said = format!(
            "Heat map of {} rows and {} columns; colour from {} to {}.",
            self.rows.len(),
            self.columns.len(),
            crate::format::short(range[0]),
            crate::format::short(range[1])
        );
        Ok((sheet.finish(), said))
    }
}
