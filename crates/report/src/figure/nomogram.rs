//! Nomogram: a points scale, one axis for each variable, total points, and what they mean.

use super::{Layout, Plot, laid_out};
use crate::{
    Error,
    check::Check,
    colour::Colour,
    font,
    format::fixed,
    scale::{Scale, Tick, extent, linear_ticks, round_range},
    scene::{Anchor, Paint, Rect, Scene, Text},
    sheet::{SMALL, Sheet},
};

/// An axis whose ticks stand at points.
#[derive(Clone, Debug, PartialEq)]
pub struct NomogramAxis {
    /// Stands at the left.
    pub label: String,
    /// Points and label of each tick.
    pub ticks: Vec<(f64, String)>,
}

impl NomogramAxis {
    /// An axis from points and labels.
    #[must_use]
    pub fn new(label: impl Into<String>, ticks: Vec<(f64, String)>) -> Self {
        Self { label: label.into(), ticks }
    }
}

/// A nomogram.
///
/// R: `plot(rms::nomogram(fit, fun))`.
#[derive(Clone, Debug, PartialEq)]
pub struct Nomogram {
    /// Title, size and texts.
    pub layout: Layout,
    /// Points of the greatest effect; the points scale runs from 0 to this.
    pub most_points: f64,
    /// Axes of the variables, in points.
    pub variables: Vec<NomogramAxis>,
    /// Ends of the axis of total points.
    pub total: [f64; 2],
    /// Axes below it, in total points: survival at given times, risk, linear predictor.
    pub outcomes: Vec<NomogramAxis>,
}

impl Nomogram {
    /// A nomogram without axes yet; total points from 0 to the sum of the greatest points of the variables.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            layout: Layout::new(title, 640.0, 40.0),
            most_points: 100.0,
            variables: Vec::new(),
            total: [0.0, 0.0],
            outcomes: Vec::new(),
        }
    }

    /// Adds the axis of a variable.
    #[must_use]
    pub fn variable(mut self, label: impl Into<String>, ticks: Vec<(f64, String)>) -> Self {
        let axis = NomogramAxis::new(label, ticks);
        self.total[1] += axis.ticks.iter().map(|t| t.0).fold(0.0, f64::max);
        self.variables.push(axis);
        self
    }

    /// Adds an axis of outcome, its ticks in total points.
    #[must_use]
    pub fn outcome(mut self, label: impl Into<String>, ticks: Vec<(f64, String)>) -> Self {
        self.outcomes.push(NomogramAxis::new(label, ticks));
        self
    }

    fn check(&self) -> Result<(), Error> {
        let check = Check(&self.layout.title);
        check.some("variables", &self.variables)?;
        check.positive("most points", self.most_points)?;
        check.finite("least total points", self.total[0])?;
        check.value(
            "most total points",
            self.total[1],
            self.total[1].is_finite() && self.total[1] > self.total[0],
            "more than the least total points",
        )?;
        for axis in self.variables.iter().chain(&self.outcomes) {
            check.some(&format!("ticks of axis \"{}\"", axis.label), &axis.ticks)?;
            for (points, label) in &axis.ticks {
                check.finite(&format!("points of tick \"{label}\" of axis \"{}\"", axis.label), *points)?;
            }
        }
        for axis in &self.variables {
            for (points, label) in &axis.ticks {
                let what = format!("points of tick \"{label}\" of axis \"{}\"", axis.label);
                let good = *points >= -1e-6 * self.most_points && *points <= self.most_points * (1.0 + 1e-6);
                check.value(&what, *points, good, "points from 0 to the end of the points scale")?;
            }
        }
        Ok(())
    }
}

/// Rows of labels: nearest below, nearest above, second below, second above.
const TIERS: [f64; 4] = [1.0, -1.0, 2.0, -2.0];
const TICK: f64 = 4.0;
const LINE: f64 = 1.2 * SMALL;

/// Which labels stand in which tier; `None` where none has room. `must` keeps all labels if it can.
fn place(
    scale: &Scale,
    ticks: &[(f64, String)],
    room: (f64, f64),
    tiers: usize,
) -> Vec<Option<(usize, f64)>> {
    let mut order: Vec<usize> = (0..ticks.len()).collect();
    order.sort_by(|&a, &b| ticks[a].0.total_cmp(&ticks[b].0));
    let mut free = [f64::NEG_INFINITY; 4];
    let mut out = vec![None; ticks.len()];
    for i in order {
        let width = font::width(&ticks[i].1, SMALL, false);
        let left = (scale.at(ticks[i].0) - 0.5 * width).max(room.0).min(room.1 - width);
        if let Some(tier) = (0..tiers).find(|&t| free[t] <= left) {
            free[tier] = left + width + 5.0;
            out[i] = Some((tier, left));
        }
    }
    out
}

/// Draws one axis in a row of its own. Labels stand below the line, in more rows where they would overlap.
fn row(
    sheet: &mut Sheet,
    label: &[String],
    scale: &Scale,
    ticks: &[(f64, String)],
    numeric: bool,
    minor: &[f64],
) {
    let (left, right) = sheet.span();
    let room = (scale.start - 14.0, right);
    let places = place(scale, ticks, room, if numeric { 1 } else { TIERS.len() });
    let used = |t: usize| places.iter().flatten().any(|p| p.0 == t);
    let above = if used(3) { 2.0 } else { f64::from(u8::from(used(1))) };
    let below = if used(2) { 2.0 } else { 1.0 };
    let height = (above + below) * LINE + 2.0 * TICK + 8.0;
    let block = sheet.take(height.max(label.len() as f64 * LINE + 6.0));
    let y = block.y + 4.0 + above * LINE + TICK;
    for (k, line) in label.iter().enumerate() {
        let base = y + 0.36 * SMALL + (k as f64 - 0.5 * (label.len() - 1) as f64) * LINE;
        sheet.scene.text(Text::new([left, base], line.as_str(), SMALL, Anchor::Start).bold());
    }
    let ink = Paint::line(Colour::INK, 1.0);
    if let Some((a, b)) = extent(ticks.iter().map(|t| t.0)) {
        sheet.scene.segment([scale.at(a), y], [scale.at(b), y], ink);
    }
    for &m in minor {
        sheet.scene.segment([scale.at(m), y], [scale.at(m), y + 0.6 * TICK], Paint::line(Colour::INK, 0.7));
    }
    for ((points, text), place) in ticks.iter().zip(&places) {
        let x = scale.at(*points);
        let tier = place.map_or(1.0, |p| TIERS[p.0]);
        let length = if tier.abs() > 1.0 { TICK + LINE } else { TICK };
        // A tick whose label found no room keeps its mark; a tick with a far label leads to it.
        let lead = if tier.abs() > 1.0 { Paint::line(Colour::RULE, 0.6) } else { ink };
        sheet.scene.segment([x, y], [x, y + tier.signum() * length], lead);
        if let Some((_, start)) = place {
            let base =
                if tier > 0.0 { y + TICK + tier * LINE - 2.0 } else { y - TICK - (-tier - 1.0) * LINE - 3.0 };
            let text = Text::new([*start, base], text.as_str(), SMALL, Anchor::Start);
            // A plate hides the guide lines behind the label.
            let plate = Rect::new(start - 1.0, base - 0.8 * SMALL, text.width() + 2.0, SMALL);
            sheet.scene.rect(plate, Paint::fill(Colour::WHITE));
            sheet.scene.text(text);
        }
    }
}

impl Plot for Nomogram {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        self.check()?;
        let mut sheet = Sheet::new(&self.layout);
        let (left, right) = sheet.span();
        let room = 0.26 * (right - left);
        let wrap = |label: &str| font::wrap_to(label, SMALL, true, room, 2);
        let labels = self
            .variables
            .iter()
            .chain(&self.outcomes)
            .flat_map(|a| wrap(&a.label))
            .chain(wrap("Total points"));
        let x0 = left + labels.map(|l| font::width(&l, SMALL, true)).fold(0.0, f64::max) + 18.0;
        let x1 = right - 12.0;
        let points = Scale::linear(0.0, self.most_points, x0, x1);
        let numbers = |ticks: Vec<Tick>| ticks.into_iter().map(|t| (t.value, t.label)).collect::<Vec<_>>();
        let halves =
            |ticks: &[(f64, String)]| ticks.windows(2).map(|w| 0.5 * (w[0].0 + w[1].0)).collect::<Vec<_>>();

        let top = sheet.y;
        let ticks = numbers(linear_ticks(0.0, self.most_points, 10));
        row(&mut sheet, &wrap("Points"), &points, &ticks, true, &halves(&ticks));
        for axis in &self.variables {
            let numeric = axis.ticks.len() > 2
                && axis.ticks.iter().all(|t| t.1.replace('−', "-").parse::<f64>().is_ok());
            row(&mut sheet, &wrap(&axis.label), &points, &axis.ticks, numeric, &[]);
        }
        // The points scale shines through to the variables.
        let guides: Vec<f64> = ticks.iter().map(|t| points.at(t.0)).collect();
        let bottom = sheet.y - 2.0;
        let mut under = Scene::new(0.0, 0.0);
        for x in guides {
            under.segment([x, top + 8.0], [x, bottom], Paint::line(Colour::GRID, 0.7));
        }
        under.items.append(&mut sheet.scene.items);
        sheet.scene.items = under.items;

        sheet.skip(6.0);
        let [low, high] = self.total;
        let (low, high) = round_range(low, high, 10);
        let total = Scale::linear(low, high, x0, x1);
        let ticks = numbers(linear_ticks(low, high, 10));
        row(&mut sheet, &wrap("Total points"), &total, &ticks, true, &halves(&ticks));
        for axis in &self.outcomes {
            let inside: Vec<(f64, String)> =
                axis.ticks.iter().filter(|t| t.0 >= low && t.0 <= high).cloned().collect();
            let numeric = inside.len() > 2;
            row(&mut sheet, &wrap(&axis.label), &total, &inside, numeric, &[]);
        }
        let variables: Vec<String> = self
            .variables
            .iter()
            .map(|v| {
                format!("{} up to {}", v.label, fixed(v.ticks.iter().map(|t| t.0).fold(0.0, f64::max), 0))
            })
            .collect();
        let outcomes: Vec<&str> = self.outcomes.iter().map(|o| o.label.as_str()).collect();
        let said = format!(
            "Nomogram. Points of {}. Total points give {}.",
            variables.join(", "),
            outcomes.join(", ")
        );
        Ok((sheet.finish(), said))
    }
}
