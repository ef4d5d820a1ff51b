//! What every figure must have: text on the canvas, no text over another, data inside its frame, well-formed SVG.

use radiomics_report::{
    Figure,
    scene::{Item, Point, Rect, Shape, Text},
};

#[test]
fn gallery_figures_are_sound() {
    for figure in crate::all_figures() {
        sound(&figure);
    }
}

/// Panics where a figure breaks a rule.
pub fn sound(figure: &Figure) {
    let canvas = Rect::new(0.0, 0.0, figure.scene.width, figure.scene.height);
    let mut texts = Vec::new();
    collect(&figure.scene.items, &mut texts);
    assert!(!texts.is_empty(), "{}: no text", figure.name);
    let boxes: Vec<(Rect, &str)> = texts.iter().map(|t| (bounds(&t.corners()), t.text.as_str())).collect();
    for (b, text) in &boxes {
        let inside = canvas.holds([b.x, b.y]) && canvas.holds([b.right(), b.bottom()]);
        assert!(inside, "{}: \"{text}\" at {b:?} leaves the canvas {canvas:?}", figure.name);
    }
    for (i, (a, first)) in boxes.iter().enumerate() {
        for (b, second) in &boxes[i + 1..] {
            // Line boxes hold room for accents and descenders: letters touch only where the boxes share more.
            let touch = tight(a).overlaps(&tight(b));
            assert!(!touch, "{}: \"{first}\" at {a:?} and \"{second}\" at {b:?} overlap", figure.name);
        }
    }
    for item in &figure.scene.items {
        if let Item::Panel(frame, items) = item {
            assert!(canvas.holds([frame.x, frame.y]) && canvas.holds([frame.right(), frame.bottom()]));
            inside_frame(figure, frame, items);
        }
    }
    let svg = figure.svg();
    assert!(svg.is_ok(), "{}: {svg:?}", figure.name);
    well_formed(&svg.unwrap_or_default(), &figure.name);
}

fn tight(r: &Rect) -> Rect {
    let (dx, dy) = (0.06 * r.w.min(r.h), 0.14 * r.h.min(r.w));
    Rect::new(r.x + dx, r.y + dy, r.w - 2.0 * dx, r.h - 2.0 * dy)
}

fn collect<'a>(items: &'a [Item], out: &mut Vec<&'a Text>) {
    for item in items {
        match item {
            Item::Text(t) => out.push(t),
            Item::Panel(_, inner) => collect(inner, out),
            _ => {}
        }
    }
}

fn bounds(points: &[Point]) -> Rect {
    let low = |k: usize| points.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min);
    let high = |k: usize| points.iter().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max);
    Rect::new(low(0), low(1), high(0) - low(0), high(1) - low(1))
}

/// Shapes of a panel inside its frame, circles so far inside that the clip leaves them whole. Slices are cut on purpose.
fn inside_frame(figure: &Figure, frame: &Rect, items: &[Item]) {
    if items.iter().any(|i| matches!(i, Item::Image(image) if image.smooth)) {
        return;
    }
    let (clip, frame) = (frame.grown(3.0), frame.grown(6.0));
    for item in items {
        if let Item::Shape(Shape::Circle([x, y], r), _) = item {
            let whole = clip.holds([x - r, y - r]) && clip.holds([x + r, y + r]);
            assert!(whole, "{}: the circle at {x}, {y} is cut by its frame {frame:?}", figure.name);
        }
        let points = match item {
            Item::Shape(Shape::Line(points), _) => points.clone(),
            Item::Shape(Shape::Polygon(rings), _) => rings.concat(),
            Item::Shape(Shape::Rect(r), _) => vec![[r.x, r.y], [r.right(), r.bottom()]],
            Item::Shape(Shape::Circle(centre, _), _) => vec![*centre],
            Item::Image(image) => {
                vec![[image.rect.x, image.rect.y], [image.rect.right(), image.rect.bottom()]]
            }
            _ => vec![],
        };
        for p in points {
            assert!(p[0].is_finite() && p[1].is_finite(), "{}: a point without a place", figure.name);
            assert!(frame.holds(p), "{}: {p:?} lies outside its frame {frame:?}", figure.name);
        }
    }
}

/// Tags close in the order in which they open, attributes are quoted, no text holds a bare `<` or `&`.
fn well_formed(svg: &str, name: &str) {
    let mut open = Vec::new();
    for piece in svg.split('<').skip(1) {
        assert!(piece.contains('>'), "{name}: a tag without end: {piece}");
        let (tag, text) = piece.split_once('>').unwrap_or_default();
        assert!(tag.matches('"').count() % 2 == 0, "{name}: {tag}");
        let entities = text.matches('&').count();
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"]
            .map(|e| text.matches(e).count())
            .iter()
            .sum::<usize>();
        assert_eq!(entities, known, "{name}: {text}");
        match tag.strip_prefix('/') {
            Some(end) => assert_eq!(open.pop(), Some(end), "{name}"),
            None if tag.ends_with('/') => {}
            None => open.extend(tag.split([' ', '\n']).next()),
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} not closed");
}
