//! The sheet of a figure, filled from top to bottom: title, notes, blocks with axes, legend. Its height follows.

use crate::{
    colour::Colour,
    figure::Layout,
    font,
    scale::{Scale, Tick, linear_ticks, log_ticks},
    scene::{Anchor, Dash, Paint, Point, Rect, Scene, Text},
};

/// Sizes of text in pixels.
pub(crate) const TITLE: f64 = 14.0;
pub(crate) const LABEL: f64 = 12.0;
pub(crate) const SMALL: f64 = 11.0;
/// White space around everything.
const MARGIN: f64 = 8.0;
const TICK: f64 = 4.0;

/// What stands for a series in the legend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Swatch {
    Line(Colour, Dash),
    MarkedLine(Colour, Dash, Option<Mark>),
    Marker(Colour, Mark),
    /// A censoring mark.
    Tick,
    Box(Colour),
}

/// Shapes of markers, told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
}

impl Mark {
    /// Marker of series number `i`.
    pub fn series(i: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond, Self::Cross][i % 5]
    }

    pub fn draw(self, scene: &mut Scene, [x, y]: Point, r: f64, paint: Paint) {
        match self {
            Self::Circle => scene.circle([x, y], r, paint),
            Self::Square => scene.rect(Rect::new(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r), paint),
            Self::Triangle => scene
                .polygon(&[[x, y - 1.2 * r], [x + 1.1 * r, y + 0.8 * r], [x - 1.1 * r, y + 0.8 * r]], paint),
            Self::Diamond => scene
                .polygon(&[[x, y - 1.3 * r], [x + 1.1 * r, y], [x, y + 1.3 * r], [x - 1.1 * r, y]], paint),
            Self::Cross => {
                let line = Paint::line(paint.fill.unwrap_or(Colour::INK), 1.5);
                scene.segment([x - r, y - r], [x + r, y + r], line);
                scene.segment([x - r, y + r], [x + r, y - r], line);
            }
        }
    }
}

/// One axis: its label, range and, where wanted, its own ticks.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub label: String,
    pub low: f64,
    pub high: f64,
    pub log: bool,
    pub ticks: Option<Vec<Tick>>,
}

impl Axis {
    pub fn new(label: impl Into<String>, low: f64, high: f64) -> Self {
        Self { label: label.into(), low, high, log: false, ticks: None }
    }

    pub fn ticks(mut self, ticks: Vec<Tick>) -> Self {
        self.ticks = Some(ticks);
        self
    }

    fn marks(&self, most: usize) -> Vec<Tick> {
        match &self.ticks {
            Some(ticks) => ticks.clone(),
            None if self.log => log_ticks(self.low, self.high, most),
            None => linear_ticks(self.low, self.high, most),
        }
    }
}

/// A frame with two axes on the sheet.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub rect: Rect,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    pub fn at(&self, x: f64, y: f64) -> Point {
        [self.x.at(x), self.y.at(y)]
    }
}

/// How high the rectangle of a frame is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Height {
    /// As high as wide.
    Square,
    Pixels(f64),
}

/// Lines across the frame at the ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    None,
    X,
    Y,
    Both,
}

/// Frame settings beside its axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameStyle {
    pub height: Height,
    pub grid: Grid,
    /// The left margin is at least this wide.
    pub left: f64,
    /// The right margin is at least this wide.
    pub right: f64,
}

impl Default for FrameStyle {
    fn default() -> Self {
        Self { height: Height::Square, grid: Grid::Both, left: 0.0, right: 0.0 }
    }
}

pub(crate) struct Sheet {
    pub scene: Scene,
    /// Lower edge of what is drawn so far.
    pub y: f64,
}

impl Sheet {
    /// A sheet with its title.
    pub fn new(layout: &Layout) -> Self {
        let mut sheet = Self { scene: Scene::new(layout.width, 0.0), y: MARGIN };
        sheet.lines(&layout.title, TITLE, true, Colour::INK);
        sheet
    }

    /// Left and right edge of what may be drawn on.
    pub fn span(&self) -> (f64, f64) {
        (MARGIN, self.scene.width - MARGIN)
    }

    /// The next block over the full width.
    pub fn take(&mut self, height: f64) -> Rect {
        let (left, right) = self.span();
        let rect = Rect::new(left, self.y, right - left, height);
        self.y += height;
        rect
    }

    /// Empty space.
    pub fn skip(&mut self, height: f64) {
        self.y += height;
    }

    /// A note in small grey text; empty ones take no room.
    pub fn note(&mut self, text: &str) {
        self.lines(text, SMALL, false, Colour::GREY);
    }

    fn lines(&mut self, text: &str, size: f64, bold: bool, colour: Colour) {
        if text.trim().is_empty() {
            return;
        }
        let (left, right) = self.span();
        for line in font::wrap(text, size, bold, right - left) {
            let at = [left, self.y + font::ASCENT * size];
            self.scene.text(Text { bold, ..Text::new(at, line, size, Anchor::Start) }.colour(colour));
            self.y += font::LEADING * size;
        }
        self.y += 0.35 * size;
    }

    /// A legend under what is drawn so far, in as many columns as there is room for.
    pub fn legend(&mut self, entries: &[(Swatch, String)]) {
        const SWATCH: f64 = 30.0;
        const GAP: f64 = 14.0;
        if entries.is_empty() {
            return;
        }
        let (left, right) = self.span();
        let room = right - left;
        let widest = entries.iter().map(|e| SWATCH + font::width(&e.1, SMALL, false)).fold(0.0, f64::max);
        let columns = (((room + GAP) / (widest + GAP)).floor() as usize).clamp(1, entries.len());
        let columns = entries.len().div_ceil(entries.len().div_ceil(columns));
        let width = (room / columns as f64).min(widest + 2.0 * GAP);
        self.y += 4.0;
        for row in entries.chunks(columns) {
            let mut tallest: f64 = 0.0;
            for (column, (swatch, label)) in row.iter().enumerate() {
                let x = left + column as f64 * width;
                let middle = self.y + 0.5 * font::LEADING * SMALL;
                swatch.draw(&mut self.scene, x, middle);
                let lines = font::wrap(label, SMALL, false, (width - SWATCH).max(room.min(120.0) - SWATCH));
                for (i, line) in lines.iter().enumerate() {
                    let baseline = middle + 0.36 * SMALL + i as f64 * font::LEADING * SMALL;
                    self.scene.text(Text::new([x + SWATCH, baseline], line.as_str(), SMALL, Anchor::Start));
                }
                tallest = tallest.max(lines.len() as f64);
            }
            self.y += tallest * font::LEADING * SMALL + 2.0;
        }
    }

    /// A frame with axes over the full width.
    pub fn frame(&mut self, x: &Axis, y: &Axis, style: FrameStyle) -> Frame {
        let room = {
            let (left, right) = self.span();
            right - left
        };
        let y_ticks = y.marks(6);
        let y_widest = y_ticks.iter().map(|t| font::width(&t.label, SMALL, false)).fold(0.0, f64::max);
        let y_label = if y.label.is_empty() { 0.0 } else { LABEL * font::LEADING + 4.0 };
        let left = (y_widest + TICK + 4.0 + y_label).max(style.left);
        // About one tick label for each 60 pixels.
        let x_ticks = x.marks(((room - left) / 60.0).floor() as usize);
        let overhang = x_ticks.last().map_or(0.0, |t| 0.5 * font::width(&t.label, SMALL, false));
        let right = overhang.max(style.right).max(4.0);
        let width = room - left - right;
        let height = match style.height {
            Height::Square => width,
            Height::Pixels(h) => h,
        };
        let top = 0.5 * SMALL;
        let x_label = if x.label.is_empty() { 0.0 } else { LABEL * font::LEADING };
        let bottom = TICK + 3.0 + SMALL + 4.0 + x_label;
        let block = self.take(top + height + bottom);
        let rect = Rect::new(block.x + left, block.y + top, width, height);
        let frame = Frame {
            rect,
            x: Scale { low: x.low, high: x.high, start: rect.x, end: rect.right(), log: x.log },
            y: Scale { low: y.low, high: y.high, start: rect.bottom(), end: rect.y, log: y.log },
        };
        self.draw_axes(&frame, &x_ticks, &y_ticks, style.grid);
        if !x.label.is_empty() {
            let at = [rect.x + 0.5 * rect.w, block.bottom() - 0.25 * LABEL];
            self.centred(&x.label, at, block.w, 0.0);
        }
        if !y.label.is_empty() {
            let at = [
                block.x + font::ASCENT * LABEL + left - (y_widest + TICK + 4.0 + y_label),
                rect.y + 0.5 * rect.h,
            ];
            let label = cut(&y.label, LABEL, rect.h + top + bottom - 8.0);
            self.scene.text(Text::new(at, label, LABEL, Anchor::Middle).turned(-90.0));
        }
        frame
    }

    /// A label centred at `at`, moved inwards where it would leave the sheet.
    pub fn centred(&mut self, label: &str, at: Point, room: f64, angle: f64) {
        let text = cut(label, LABEL, room);
        let half = 0.5 * font::width(&text, LABEL, false);
        let (left, right) = self.span();
        let x = at[0].min(right - half).max(left + half);
        self.scene.text(Text::new([x, at[1]], text, LABEL, Anchor::Middle).turned(angle));
    }

    fn draw_axes(&mut self, frame: &Frame, x_ticks: &[Tick], y_ticks: &[Tick], grid: Grid) {
        let Frame { rect, x, y } = *frame;
        let axis = Paint::line(Colour::INK, 1.0);
        let line = Paint::line(Colour::GRID, 0.8);
        if matches!(grid, Grid::X | Grid::Both) {
            for t in x_ticks {
                self.scene.segment([x.at(t.value), rect.y], [x.at(t.value), rect.bottom()], line);
            }
        }
        if matches!(grid, Grid::Y | Grid::Both) {
            for t in y_ticks {
                self.scene.segment([rect.x, y.at(t.value)], [rect.right(), y.at(t.value)], line);
            }
        }
        self.scene.segment([rect.x, rect.bottom()], [rect.right(), rect.bottom()], axis);
        if !y_ticks.is_empty() {
            self.scene.segment([rect.x, rect.y], [rect.x, rect.bottom()], axis);
        }
        let mut free = f64::NEG_INFINITY;
        for t in x_ticks {
            let px = x.at(t.value);
            self.scene.segment([px, rect.bottom()], [px, rect.bottom() + TICK], axis);
            let half = 0.5 * font::width(&t.label, SMALL, false);
            if px - half >= free {
                let at = [px, rect.bottom() + TICK + 3.0 + font::ASCENT * SMALL];
                self.scene.text(Text::new(at, t.label.as_str(), SMALL, Anchor::Middle));
                free = px + half + 3.0;
            }
        }
        for t in y_ticks {
            let py = y.at(t.value);
            self.scene.segment([rect.x - TICK, py], [rect.x, py], axis);
            let at = [rect.x - TICK - 3.0, py + 0.36 * SMALL];
            self.scene.text(Text::new(at, t.label.as_str(), SMALL, Anchor::End));
        }
    }

    /// The scene, as high as what was drawn.
    pub fn finish(mut self) -> Scene {
        self.scene.height = (self.y + MARGIN).ceil();
        self.scene
    }
}

/// One line of text cut to a width, with an ellipsis where something was lost.
pub(crate) fn cut(text: &str, size: f64, room: f64) -> String {
    font::wrap_to(text, size, false, room, 1).pop().unwrap_or_default()
}

impl Swatch {
    fn draw(self, scene: &mut Scene, x: f64, y: f64) {
        match self {
            Self::Line(colour, dash) => {
                scene.segment([x, y], [x + 24.0, y], Paint::dashed(colour, 2.0, dash))
            }
            Self::MarkedLine(colour, dash, mark) => {
                Self::Line(colour, dash).draw(scene, x, y);
                if let Some(mark) = mark {
                    mark.draw(scene, [x + 12.0, y], 4.0, Paint::fill(colour).outlined(Colour::WHITE, 0.8));
                }
            }
            Self::Marker(colour, mark) => mark.draw(scene, [x + 12.0, y], 4.5, Paint::fill(colour)),
            Self::Tick => {
                scene.segment([x + 12.0, y - 4.5], [x + 12.0, y + 4.5], Paint::line(Colour::INK, 1.1))
            }
            Self::Box(colour) => {
                scene.rect(
                    Rect::new(x + 4.0, y - 5.0, 16.0, 10.0),
                    Paint::fill(colour).outlined(Colour::GREY, 0.6),
                );
            }
        }
    }
}
