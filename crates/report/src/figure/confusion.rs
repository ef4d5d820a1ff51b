//! Confusion matrix: counts of true against predicted classes, with the part of each row.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, Palette},
    font,
    format::fixed,
    scene::{Anchor, Paint, Rect, Scene, Text},
    sheet::{LABEL, SMALL, Sheet},
};

/// A confusion matrix of two or more classes.
///
/// Python: `sklearn.metrics.ConfusionMatrixDisplay(matrix, display_labels).plot()`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    /// Title, size and texts.
    pub layout: Layout,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Patients, `[true class × number of classes + predicted class]`.
    pub counts: Vec<u64>,
    /// A line below the title, such as accuracy with its interval.
    pub note: String,
}

impl ConfusionMatrix {
    /// A matrix with one row for each true class.
    #[must_use]
    pub fn new(title: impl Into<String>, classes: &[&str], counts: Vec<u64>) -> Self {
        Self {
            layout: Layout::new(title, 360.0, 240.0),
            classes: classes.iter().map(ToString::to_string).collect(),
            counts,
            note: String::new(),
        }
    }

    /// Sets the line below the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

impl Plot for ConfusionMatrix {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        let check = Check(&self.layout.title);
        let k = self.classes.len();
        check.some("classes", &self.classes)?;
        check.length("counts", self.counts.len(), k * k)?;
        let mut sheet = Sheet::new(&self.layout);
        sheet.note(&self.note);
        let (left, right) = sheet.span();
        let room = 0.3 * (right - left);
        let names: Vec<Vec<String>> =
            self.classes.iter().map(|c| font::wrap_to(c, SMALL, false, room, 2)).collect();
        let widest = names.iter().flatten().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max);
        let x0 = left + LABEL * font::LEADING + 4.0 + widest + 8.0;
        let side = ((right - x0) / k as f64).min(self.layout.height * 1.4 / k as f64);
        let height = (self.layout.height / k as f64).min(side);
        let block = sheet.take(height * k as f64);
        let mut said = Vec::new();
        for (truth, row) in self.counts.chunks(k).enumerate() {
            let total: u64 = row.iter().sum();
            let y = block.y + truth as f64 * height;
            let lines = &names[truth];
            for (i, line) in lines.iter().enumerate() {
                let baseline = y
                    + 0.5 * height
                    + 0.36 * SMALL
                    + (i as f64 - 0.5 * (lines.len() - 1) as f64) * 1.2 * SMALL;
                sheet.scene.text(Text::new([x0 - 8.0, baseline], line.as_str(), SMALL, Anchor::End));
            }
            for (predicted, &count) in row.iter().enumerate() {
                let part = if total == 0 { 0.0 } else { count as f64 / total as f64 };
                let colour = Palette::Blues.at(part);
                let cell = Rect::new(x0 + predicted as f64 * side, y, side, height);
                sheet.scene.rect(cell, Paint::fill(colour).outlined(Colour::WHITE, 1.5));
                let centre = [cell.x + 0.5 * side, cell.y + 0.5 * height];
                // As large as the row allows, and no wider than the cell.
                let widest = 0.86 * side / font::width(&count.to_string(), 1.0, true);
                let size = (0.3 * height).clamp(8.0, 18.0).min(widest);
                let percent = format!("{} %", fixed(100.0 * part, 1));
                let small = (0.62 * size).max(7.0).min(size);
                let both = height > 2.2 * size + 4.0 && font::width(&percent, small, false) < side - 4.0;
                let up = if both { 0.1 * size } else { -0.36 * size };
                let text =
                    Text::new([centre[0], centre[1] - up], count.to_string(), size, Anchor::Middle).bold();
                sheet.scene.text(text.colour(colour.text_on()));
                if both {
                    let text =
                        Text::new([centre[0], centre[1] + 1.05 * small], percent, small, Anchor::Middle);
                    sheet.scene.text(text.colour(colour.text_on()));
                }
                said.push(format!(
                    "{} predicted as {}: {count}",
                    self.classes[truth], self.classes[predicted]
                ));
            }
        }
        let fits = self.classes.iter().all(|c| {
            font::wrap(c, SMALL, false, side - 6.0).len() <= 2 && font::width(c, SMALL, false) < 1.8 * side
        });
        let columns: Vec<Vec<String>> = self
            .classes
            .iter()
            .map(|c| {
                if fits {
                    font::wrap(c, SMALL, false, side - 6.0)
                } else {
                    font::wrap_to(c, SMALL, false, 80.0, 1)
                }
            })
            .collect();
        let (below, top) = if fits {
            (
                columns.iter().map(Vec::len).max().unwrap_or(1) as f64 * 1.2 * SMALL + 6.0,
                block.bottom() + 4.0 + SMALL,
            )
        } else {
            (
                columns.iter().flatten().map(|l| font::width(l, SMALL, false)).fold(0.0, f64::max) + 10.0,
                block.bottom() + 6.0,
            )
        };
        for (j, lines) in columns.iter().enumerate() {
            let x = x0 + (j as f64 + 0.5) * side;
            for (i, line) in lines.iter().enumerate() {
                let text = Text::new([x, top + i as f64 * 1.2 * SMALL], line.as_str(), SMALL, Anchor::Middle);
                let turned =
                    Text { at: [x + 0.36 * SMALL, top], anchor: Anchor::End, angle: -90.0, ..text.clone() };
                sheet.scene.text(if fits { text } else { turned });
            }
        }
        sheet.skip(below);
        let axis = sheet.take(LABEL * font::LEADING + 2.0);
        sheet.centred(
            "Predicted class",
            [x0 + 0.5 * side * k as f64, axis.bottom() - 2.0],
            right - left,
            0.0,
        );
        let middle = [left + font::ASCENT * LABEL, block.y + 0.5 * block.h];
        sheet.scene.text(Text::new(middle, "True class", LABEL, Anchor::Middle).turned(-90.0));
        Ok((sheet.finish(), format!("Confusion matrix. {}.", said.join("; "))))
    }
}
