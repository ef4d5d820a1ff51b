//! Several figures in one, lettered a, b, c.

use super::{Figure, Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    scene::{Anchor, Scene, Text},
    sheet::{Sheet, TITLE},
};

/// Figures side by side and below one another.
///
/// R: `patchwork::wrap_plots(figures, ncol) + patchwork::plot_annotation(tag_levels = "a")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Panels {
    /// Title and texts; the size follows from the panels.
    pub layout: Layout,
    /// The panels, row by row.
    pub panels: Vec<Figure>,
    /// Panels in a row.
    pub columns: usize,
}

impl Panels {
    /// A figure without panels yet.
    #[must_use]
    pub fn new(title: impl Into<String>, columns: usize) -> Self {
        Self { layout: Layout::new(title, 640.0, 300.0), panels: Vec::new(), columns }
    }

    /// Draws a figure and adds it.
    ///
    /// # Errors
    /// Those of the figure.
    pub fn panel(mut self, plot: &impl Plot) -> Result<Self, Error> {
        self.panels.push(plot.draw()?);
        Ok(self)
    }
}

impl Plot for Panels {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        const GAP: f64 = 14.0;
        let check = Check(&self.layout.title);
        check.some("panels", &self.panels)?;
        check.value("columns", self.columns as f64, self.columns > 0, "at least 1")?;
        let columns = self.columns.min(self.panels.len());
        let letter = TITLE * 1.6;
        let widths: Vec<f64> = (0..columns)
            .map(|c| {
                self.panels
                    .iter()
                    .skip(c)
                    .step_by(columns)
                    .map(|p| p.scene.width + letter)
                    .fold(0.0, f64::max)
            })
            .collect();
        let width = widths.iter().sum::<f64>() + GAP * (columns - 1) as f64;
        let mut sheet = Sheet::new(&Layout { width, ..self.layout.clone() });
        for (row, panels) in self.panels.chunks(columns).enumerate() {
            let height = panels.iter().map(|p| p.scene.height).fold(0.0, f64::max);
            let y =
                sheet.take(height + if row + 1 < self.panels.len().div_ceil(columns) { GAP } else { 0.0 }).y;
            let mut x = 0.0;
            for (column, panel) in panels.iter().enumerate() {
                let at = [x + 8.0, y + 8.0 + 0.74 * TITLE];
                sheet
                    .scene
                    .text(Text::new(at, letters(row * columns + column), TITLE + 2.0, Anchor::Start).bold());
                sheet.scene.place(&panel.scene, [x + letter, y]);
                x += widths[column] + GAP;
            }
        }
        let said: Vec<String> = self
            .panels
            .iter()
            .enumerate()
            .map(|(i, p)| format!("({}) {}: {}", letters(i), p.title, p.description))
            .collect();
        Ok((sheet.finish(), said.join(" ")))
    }
}

/// a, b, …, z, aa, ab, …
fn letters(i: usize) -> String {
    let last = char::from(b'a' + (i % 26) as u8);
    if i < 26 { last.to_string() } else { format!("{}{last}", letters(i / 26 - 1)) }
}
