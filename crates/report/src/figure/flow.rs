//! Flow diagram of a study: who came in, who was left out and why, and the groups that remain.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::Colour,
    font,
    scene::{Anchor, Paint, Rect, Scene, Text},
    sheet::{SMALL, Sheet},
};

/// One stage: patients who got this far, and those who get no further.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowStep {
    /// What they have in common.
    pub label: String,
    /// How many there are.
    pub patients: usize,
    /// Reasons for which patients leave after this stage, with their numbers.
    pub excluded: Vec<(String, usize)>,
}

/// A flow diagram.
///
/// R: `consort::consort_plot(data, orders, side_box)`.
///
/// ```
/// use radiomics_report::{Plot, figure::Flow};
/// let figure = Flow::new("Patients")
///     .step("Rows of the table", 120, &[("no portal venous phase".into(), 4)])
///     .step("Analysed", 116, &[])
///     .group("Training", 90)
///     .group("External test", 26)
///     .draw()?;
/// assert!(figure.svg()?.contains("no portal venous phase: 4"));
/// # Ok::<(), radiomics_report::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Title, size and texts.
    pub layout: Layout,
    /// Stages from top to bottom.
    pub steps: Vec<FlowStep>,
    /// Groups into which the last stage divides.
    pub groups: Vec<(String, usize)>,
}

impl Flow {
    /// A diagram without stages yet.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { layout: Layout::new(title, 560.0, 40.0), steps: Vec::new(), groups: Vec::new() }
    }

    /// Adds a stage with the reasons for which patients leave after it.
    #[must_use]
    pub fn step(mut self, label: impl Into<String>, patients: usize, excluded: &[(String, usize)]) -> Self {
        self.steps.push(FlowStep { label: label.into(), patients, excluded: excluded.to_vec() });
        self
    }

    /// Adds a group of the last stage.
    #[must_use]
    pub fn group(mut self, label: impl Into<String>, patients: usize) -> Self {
        self.groups.push((label.into(), patients));
        self
    }

    /// Numbers must add up: a flow diagram that loses patients on the way is wrong.
    fn check(&self) -> Result<(), Error> {
        let check = Check(&self.layout.title);
        check.some("steps", &self.steps)?;
        for pair in self.steps.windows(2) {
            let gone: usize = pair[0].excluded.iter().map(|e| e.1).sum();
            let left = pair[0].patients.saturating_sub(gone);
            let what = format!("patients of \"{}\"", pair[1].label);
            let good = left == pair[1].patients && gone <= pair[0].patients;
            check.value(&what, pair[1].patients as f64, good, "the patients before, less those excluded")?;
        }
        if let (Some(last), false) = (self.steps.last(), self.groups.is_empty()) {
            let all: usize = self.groups.iter().map(|g| g.1).sum();
            check.value(
                "patients of all groups",
                all as f64,
                all == last.patients,
                "those of the last step",
            )?;
        }
        Ok(())
    }
}

const PAD: f64 = 7.0;
const LINE: f64 = 1.3 * SMALL;
const ARROW: f64 = 16.0;

/// Lines of a box and its height.
struct Block {
    lines: Vec<String>,
    height: f64,
}

impl Block {
    fn new(texts: &[String], width: f64) -> Self {
        let lines: Vec<String> =
            texts.iter().flat_map(|t| font::wrap(t, SMALL, false, width - 2.0 * PAD)).collect();
        let height = lines.len() as f64 * LINE + 2.0 * PAD;
        Self { lines, height }
    }

    fn draw(&self, scene: &mut Scene, rect: Rect, anchor: Anchor) {
        scene.rect(rect, Paint::fill(Colour::WHITE).outlined(Colour::INK, 1.0));
        let x = if anchor == Anchor::Middle { rect.x + 0.5 * rect.w } else { rect.x + PAD };
        for (i, line) in self.lines.iter().enumerate() {
            let y = rect.y + PAD + (i as f64 + 0.76) * LINE;
            scene.text(Text::new([x, y], line.as_str(), SMALL, anchor));
        }
    }
}

fn arrow(scene: &mut Scene, from: [f64; 2], to: [f64; 2]) {
    scene.segment(from, to, Paint::line(Colour::INK, 1.0));
    let ([x, y], along) = (to, from[0] < to[0]);
    let head = if along {
        [[x, y], [x - 6.0, y - 3.5], [x - 6.0, y + 3.5]]
    } else {
        [[x, y], [x - 3.5, y - 6.0], [x + 3.5, y - 6.0]]
    };
    scene.polygon(&head, Paint::fill(Colour::INK));
}

impl Plot for Flow {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        self.check()?;
        let mut sheet = Sheet::new(&self.layout);
        let (left, right) = sheet.span();
        let main = 0.5 * (right - left);
        let middle = left + 0.5 * main;
        let mut said = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            let text = format!("{} (n = {})", step.label, step.patients);
            let block = Block::new(std::slice::from_ref(&text), main);
            let place = sheet.take(block.height);
            block.draw(&mut sheet.scene, Rect::new(left, place.y, main, block.height), Anchor::Middle);
            said.push(text);
            let last = i + 1 == self.steps.len();
            if last && self.groups.is_empty() {
                continue;
            }
            let start = place.y + block.height;
            if step.excluded.is_empty() {
                let gap = sheet.take(ARROW);
                if !last {
                    arrow(&mut sheet.scene, [middle, start], [middle, gap.bottom()]);
                }
                continue;
            }
            let gone: usize = step.excluded.iter().map(|e| e.1).sum();
            let mut texts = vec![format!("Excluded (n = {gone})")];
            texts.extend(step.excluded.iter().map(|(why, n)| format!("{why}: {n}")));
            said.push(texts.join(", "));
            let wide = right - middle - 40.0;
            let side = Block::new(&texts, wide);
            let gap = sheet.take(side.height + ARROW);
            let rect = Rect::new(middle + 40.0, gap.y + 0.5 * ARROW, wide, side.height);
            if !last {
                arrow(&mut sheet.scene, [middle, start], [middle, gap.bottom()]);
            }
            arrow(&mut sheet.scene, [middle, rect.y + 0.5 * rect.h], [rect.x, rect.y + 0.5 * rect.h]);
            side.draw(&mut sheet.scene, rect, Anchor::Start);
        }
        if !self.groups.is_empty() {
            let texts: Vec<String> = self.groups.iter().map(|(g, n)| format!("{g} (n = {n})")).collect();
            let share = (right - left + 12.0) / texts.len() as f64;
            let blocks: Vec<Block> =
                texts.iter().map(|t| Block::new(std::slice::from_ref(t), share - 12.0)).collect();
            let height = blocks.iter().map(|b| b.height).fold(0.0, f64::max);
            let place = sheet.take(height + ARROW);
            let centre = |i: usize| left + i as f64 * share + 0.5 * (share - 12.0);
            // The bar spans the groups and the line that comes from above.
            let ends = [centre(0).min(middle), centre(texts.len() - 1).max(middle)];
            let ink = Paint::line(Colour::INK, 1.0);
            sheet.scene.segment([middle, place.y - ARROW], [middle, place.y], ink);
            sheet.scene.segment([ends[0], place.y], [ends[1], place.y], ink);
            for (i, block) in blocks.iter().enumerate() {
                arrow(&mut sheet.scene, [centre(i), place.y], [centre(i), place.y + ARROW]);
                let rect = Rect::new(left + i as f64 * share, place.y + ARROW, share - 12.0, height);
                block.draw(&mut sheet.scene, rect, Anchor::Middle);
            }
            said.extend(texts);
        }
        Ok((sheet.finish(), format!("Flow diagram. {}.", said.join(". "))))
    }
}
