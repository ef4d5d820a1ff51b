//! What a figure is made of, before it becomes SVG or pixels: shapes, text, pictures, in pixels of 1/96 inch.
//!
//! Both writers draw the same list in the same order, and tests read it: every text must lie on the canvas, every
//! shape of a [`Item::Panel`] inside its frame.

use crate::{colour::Colour, font};

/// A point, `[x, y]`, y downwards.
pub type Point = [f64; 2];

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// A rectangle from its corner and size.
    #[must_use]
    pub fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    /// Right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Lower edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Grown by `d` on all sides.
    #[must_use]
    pub fn grown(&self, d: f64) -> Self {
        Self::new(self.x - d, self.y - d, self.w + 2.0 * d, self.h + 2.0 * d)
    }

    /// Whether a point lies inside or on the edge.
    #[must_use]
    pub fn holds(&self, p: Point) -> bool {
        p[0] >= self.x && p[0] <= self.right() && p[1] >= self.y && p[1] <= self.bottom()
    }

    /// Whether two rectangles share area.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// A pattern of dashes: lengths of line and gap; empty is solid.
pub type Dash = &'static [f64];

/// Line styles in the order in which series take them.
pub const DASHES: [Dash; 6] =
    [&[], &[6.0, 3.0], &[1.5, 2.5], &[8.0, 3.0, 1.5, 3.0], &[11.0, 4.0], &[4.0, 2.0, 1.5, 2.0, 1.5, 2.0]];

/// Line style of series number `i`: colours and styles repeat with different periods.
pub(crate) fn dash(i: usize) -> Dash {
    DASHES[i % DASHES.len()]
}

/// Outline of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub colour: Colour,
    /// Width.
    pub width: f64,
    /// Dashes.
    pub dash: Dash,
}

/// How a shape is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Paint {
    /// Colour inside.
    pub fill: Option<Colour>,
    /// Outline.
    pub stroke: Option<Stroke>,
}

impl Paint {
    /// Filled, without outline.
    #[must_use]
    pub fn fill(colour: Colour) -> Self {
        Self { fill: Some(colour), stroke: None }
    }

    /// A solid line.
    #[must_use]
    pub fn line(colour: Colour, width: f64) -> Self {
        Self::dashed(colour, width, &[])
    }

    /// A dashed line.
    #[must_use]
    pub fn dashed(colour: Colour, width: f64, dash: Dash) -> Self {
        Self { fill: None, stroke: Some(Stroke { colour, width, dash }) }
    }

    /// The same with an outline.
    #[must_use]
    pub fn outlined(mut self, colour: Colour, width: f64) -> Self {
        self.stroke = Some(Stroke { colour, width, dash: &[] });
        self
    }
}

/// A shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// An open line.
    Line(Vec<Point>),
    /// Closed rings, filled by the even–odd rule.
    Polygon(Vec<Vec<Point>>),
    /// A rectangle.
    Rect(Rect),
    /// A circle.
    Circle(Point, f64),
}

/// Where the position of a text is on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its start.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Point on the baseline.
    pub at: Point,
    /// The text.
    pub text: String,
    /// Size of the font.
    pub size: f64,
    /// Bold or regular.
    pub bold: bool,
    /// Colour.
    pub colour: Colour,
    /// What `at` is.
    pub anchor: Anchor,
    /// Turn about `at` in degrees, clockwise.
    pub angle: f64,
}

impl Text {
    /// Regular text in ink.
    #[must_use]
    pub fn new(at: Point, text: impl Into<String>, size: f64, anchor: Anchor) -> Self {
        Self { at, text: text.into(), size, bold: false, colour: Colour::INK, anchor, angle: 0.0 }
    }

    /// The same in bold.
    #[must_use]
    pub fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    /// The same in a colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// The same turned by degrees, clockwise.
    #[must_use]
    pub fn turned(mut self, angle: f64) -> Self {
        self.angle = angle;
        self
    }

    /// Width of the line.
    #[must_use]
    pub fn width(&self) -> f64 {
        font::width(&self.text, self.size, self.bold)
    }

    /// Left end of the line relative to `at`, before turning.
    pub(crate) fn start(&self) -> f64 {
        match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -0.5 * self.width(),
            Anchor::End => -self.width(),
        }
    }

    /// The four corners of the box of the text.
    #[must_use]
    pub fn corners(&self) -> [Point; 4] {
        let (left, right) = (self.start(), self.start() + self.width());
        let (top, bottom) = (-font::ASCENT * self.size, font::DESCENT * self.size);
        let (sin, cos) = self.angle.to_radians().sin_cos();
        [[left, top], [right, top], [right, bottom], [left, bottom]]
            .map(|[x, y]| [self.at[0] + x * cos - y * sin, self.at[1] + x * sin + y * cos])
    }
}

/// A picture of square-cornered pixels, stretched over a rectangle.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Where it is drawn.
    pub rect: Rect,
    /// Pixels in x.
    pub width: usize,
    /// Pixels in y.
    pub height: usize,
    /// Red, green, blue, opacity of each pixel; rows from the top, not premultiplied.
    pub rgba: Vec<u8>,
    /// Interpolate between pixels (scans) or show them as they are (heat maps).
    pub smooth: bool,
}

/// One thing on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A shape.
    Shape(Shape, Paint),
    /// A line of text.
    Text(Text),
    /// A picture.
    Image(Image),
    /// Data inside a frame: what reaches beyond is cut off.
    Panel(Rect, Vec<Item>),
}

/// A canvas with what is drawn on it, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Width in pixels of 1/96 inch.
    pub width: f64,
    /// Height in pixels of 1/96 inch.
    pub height: f64,
    /// What is drawn, the first lowest.
    pub items: Vec<Item>,
}

impl Scene {
    /// An empty canvas.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, items: Vec::new() }
    }

    /// Adds a shape.
    pub fn shape(&mut self, shape: Shape, paint: Paint) {
        self.items.push(Item::Shape(shape, paint));
    }

    /// Adds a line through points; points closer than a quarter of a pixel are merged.
    pub fn line(&mut self, points: &[Point], paint: Paint) {
        self.shape(Shape::Line(thinned(points)), paint);
    }

    /// Adds one line segment.
    pub fn segment(&mut self, from: Point, to: Point, paint: Paint) {
        self.shape(Shape::Line(vec![from, to]), paint);
    }

    /// Adds a polygon; points closer than a quarter of a pixel are merged.
    pub fn polygon(&mut self, points: &[Point], paint: Paint) {
        self.shape(Shape::Polygon(vec![thinned(points)]), paint);
    }

    /// Adds a rectangle.
    pub fn rect(&mut self, rect: Rect, paint: Paint) {
        self.shape(Shape::Rect(rect), paint);
    }

    /// Adds a circle.
    pub fn circle(&mut self, centre: Point, radius: f64, paint: Paint) {
        self.shape(Shape::Circle(centre, radius), paint);
    }

    /// Adds a line of text; an empty one is left out.
    pub fn text(&mut self, text: Text) {
        if !text.text.trim().is_empty() {
            self.items.push(Item::Text(text));
        }
    }

    /// Adds a picture.
    pub fn image(&mut self, image: Image) {
        self.items.push(Item::Image(image));
    }

    /// Adds what `draw` draws as data inside a frame.
    pub fn panel(&mut self, rect: Rect, draw: impl FnOnce(&mut Self)) {
        let mut inner = Self::new(self.width, self.height);
        draw(&mut inner);
        self.items.push(Item::Panel(rect, inner.items));
    }

    /// Adds all of another scene, moved by `[dx, dy]`.
    pub fn place(&mut self, other: &Self, by: Point) {
        self.items.extend(other.items.iter().map(|item| moved(item, by)));
    }
}

fn thinned(points: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(points.len().min(4096));
    for (i, &p) in points.iter().enumerate() {
        let far = kept.last().is_none_or(|q| (p[0] - q[0]).abs().max((p[1] - q[1]).abs()) >= 0.25);
        if far || i + 1 == points.len() {
            kept.push(p);
        }
    }
    // Middles of straight runs along an axis carry nothing.
    let mut out: Vec<Point> = Vec::with_capacity(kept.len());
    for p in kept {
        while let [.., a, b] = out[..] {
            let flat = |k: usize| {
                a[k] == b[k] && b[k] == p[k] && (b[1 - k] - a[1 - k]) * (p[1 - k] - b[1 - k]) >= 0.0
            };
            if flat(0) || flat(1) {
                out.pop();
            } else {
                break;
            }
        }
        out.push(p);
    }
    out
}

fn moved(item: &Item, by: Point) -> Item {
    let shift = |p: &Point| [p[0] + by[0], p[1] + by[1]];
    let shift_rect = |r: &Rect| Rect::new(r.x + by[0], r.y + by[1], r.w, r.h);
    match item {
        Item::Shape(shape, paint) => Item::Shape(
            match shape {
                Shape::Line(points) => Shape::Line(points.iter().map(shift).collect()),
                Shape::Polygon(rings) => {
                    Shape::Polygon(rings.iter().map(|ring| ring.iter().map(shift).collect()).collect())
                }
                Shape::Rect(rect) => Shape::Rect(shift_rect(rect)),
                Shape::Circle(centre, radius) => Shape::Circle(shift(centre), *radius),
            },
            *paint,
        ),
        Item::Text(text) => Item::Text(Text { at: shift(&text.at), ..text.clone() }),
        Item::Image(image) => Item::Image(Image { rect: shift_rect(&image.rect), ..image.clone() }),
        Item::Panel(rect, items) => {
            Item::Panel(shift_rect(rect), items.iter().map(|i| moved(i, by)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // a staircase of 100,000 steps keeps its ends and few points
    fn long_lines_are_thinned_within_a_quarter_pixel() {
        let points: Vec<Point> =
            (0..100_000).map(|i| [f64::from(i) * 0.003, f64::from(i / 2) * 0.006]).collect();
        let thin = thinned(&points);
        assert!(thin.len() < 1300, "{}", thin.len());
        assert_eq!((thin.first(), thin.last()), (points.first(), points.last()));
        assert_eq!(thinned(&[[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [5.0, 2.0]]).len(), 3);
    }

    #[test] // 90° anticlockwise: the line runs upwards from `at`
    fn turned_text_has_turned_corners() {
        let text = Text::new([10.0, 50.0], "abc", 10.0, Anchor::Start).turned(-90.0);
        let corners = text.corners();
        assert!((corners[1][1] - (50.0 - text.width())).abs() < 1e-9);
        assert!((corners[0][0] - (10.0 - 7.4)).abs() < 1e-9);
    }
}
