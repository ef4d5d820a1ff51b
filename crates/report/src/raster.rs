//! A scene as pixels: shapes by tiny-skia, text from the outlines of the embedded font.

use tiny_skia::{
    FillRule, FilterQuality, IntSize, Mask, Paint as SkPaint, Path, PathBuilder, Pixmap, PixmapPaint,
    Rect as SkRect, StrokeDash, Transform,
};

use crate::{
    colour::Colour,
    encode, font,
    scene::{Image, Item, Paint, Point, Rect, Scene, Shape, Text},
    svg::CLIP_MARGIN,
};

/// Pixels of a picture that is still reasonable to hold: 200 million.
const MOST_PIXELS: f64 = 2e8;

/// PNG of a scene with `dpi` pixels for an inch. Errors as text, the caller knows the figure.
pub(crate) fn png(scene: &Scene, dpi: f64) -> Result<Vec<u8>, String> {
    let scale = dpi / 96.0;
    let (w, h) = ((scene.width * scale).ceil(), (scene.height * scale).ceil());
    if !(w >= 1.0 && h >= 1.0 && w * h <= MOST_PIXELS) {
        return Err(format!("{w} × {h} pixels at {dpi} dpi; at most {MOST_PIXELS} in all"));
    }
    let mut canvas = Pixmap::new(w as u32, h as u32).ok_or("no canvas of this size")?;
    canvas.fill(tiny_skia::Color::WHITE);
    items(&mut canvas, &scene.items, Transform::from_scale(scale as f32, scale as f32), None)?;
    // The paper is opaque: three channels say all.
    let rgb: Vec<u8> = canvas.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    encode::png_rgb(w as usize, h as usize, &rgb, dpi)
}

fn items(canvas: &mut Pixmap, list: &[Item], to: Transform, clip: Option<&Mask>) -> Result<(), String> {
    for item in list {
        match item {
            Item::Shape(s, paint) => {
                if let Some(path) = outline(s) {
                    draw(canvas, &path, paint, to, clip);
                }
            }
            Item::Text(t) => {
                if let Some(path) = glyphs(t) {
                    draw(canvas, &path, &Paint::fill(t.colour), to, clip);
                }
            }
            Item::Image(i) => image(canvas, i, to, clip)?,
            Item::Panel(rect, inner) => {
                let mut mask = Mask::new(canvas.width(), canvas.height()).ok_or("no clip of this size")?;
                if let Some(path) = outline(&Shape::Rect(rect.grown(CLIP_MARGIN))) {
                    mask.fill_path(&path, FillRule::Winding, true, to);
                }
                items(canvas, inner, to, Some(&mask))?;
            }
        }
    }
    Ok(())
}

fn draw(canvas: &mut Pixmap, path: &Path, paint: &Paint, to: Transform, clip: Option<&Mask>) {
    if let Some(colour) = paint.fill {
        canvas.fill_path(path, &ink(colour), FillRule::EvenOdd, to, clip);
    }
    if let Some(stroke) = paint.stroke {
        let dash = (!stroke.dash.is_empty())
            .then(|| StrokeDash::new(stroke.dash.iter().map(|&d| d as f32).collect(), 0.0))
            .flatten();
        let line = tiny_skia::Stroke {
            width: stroke.width as f32,
            line_join: tiny_skia::LineJoin::Round,
            dash,
            ..tiny_skia::Stroke::default()
        };
        canvas.stroke_path(path, &ink(stroke.colour), &line, to, clip);
    }
}

fn ink(colour: Colour) -> SkPaint<'static> {
    let mut paint = SkPaint::default();
    paint.set_color_rgba8(colour.0, colour.1, colour.2, colour.3);
    paint.anti_alias = true;
    paint
}

fn outline(shape: &Shape) -> Option<Path> {
    let mut path = PathBuilder::new();
    let mut run = |points: &[Point], closed: bool| {
        for (i, &[x, y]) in points.iter().enumerate() {
            if i == 0 { path.move_to(x as f32, y as f32) } else { path.line_to(x as f32, y as f32) }
        }
        if closed && !points.is_empty() {
            path.close();
        }
    };
    match shape {
        Shape::Line(points) => run(points, false),
        Shape::Polygon(rings) => rings.iter().for_each(|ring| run(ring, true)),
        Shape::Rect(Rect { x, y, w, h }) => {
            path.push_rect(SkRect::from_xywh(*x as f32, *y as f32, *w as f32, *h as f32)?);
        }
        Shape::Circle([x, y], r) => path.push_circle(*x as f32, *y as f32, *r as f32),
    }
    path.finish()
}

/// Outlines of a line of text; `None` where nothing is to be drawn.
fn glyphs(text: &Text) -> Option<Path> {
    let face = font::face(text.bold)?;
    let scale = text.size / f64::from(face.units_per_em());
    let mut path = PathBuilder::new();
    let mut x = text.start();
    for c in text.text.chars() {
        let glyph = face.glyph_index(c).unwrap_or_default();
        face.outline_glyph(glyph, &mut Pen { path: &mut path, x, scale });
        x += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
    }
    let place =
        Transform::from_rotate(text.angle as f32).post_translate(text.at[0] as f32, text.at[1] as f32);
    path.finish()?.transform(place)
}

/// Draws glyph outlines (y upwards, font units) at a place on the line.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f64,
    scale: f64,
}

impl Pen<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        ((self.x + f64::from(x) * self.scale) as f32, (-f64::from(y) * self.scale) as f32)
    }
}

impl ttf_parser::OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.path.close();
    }
}

fn image(canvas: &mut Pixmap, image: &Image, to: Transform, clip: Option<&Mask>) -> Result<(), String> {
    let side = |n: usize| u32::try_from(n).map_err(|_| format!("picture with a side of {n} pixels"));
    let size = IntSize::from_wh(side(image.width)?, side(image.height)?).ok_or("picture without pixels")?;
    let mut premultiplied = image.rgba.clone();
    for pixel in premultiplied.chunks_exact_mut(4) {
        let alpha = u16::from(pixel[3]);
        for v in &mut pixel[..3] {
            *v = ((u16::from(*v) * alpha + 127) / 255) as u8;
        }
    }
    let source = Pixmap::from_vec(premultiplied, size).ok_or("picture whose pixels do not fill its sides")?;
    let paint = PixmapPaint {
        quality: if image.smooth { FilterQuality::Bilinear } else { FilterQuality::Nearest },
        ..PixmapPaint::default()
    };
    let place = to.pre_concat(Transform::from_row(
        (image.rect.w / image.width as f64) as f32,
        0.0,
        0.0,
        (image.rect.h / image.height as f64) as f32,
        image.rect.x as f32,
        image.rect.y as f32,
    ));
    canvas.draw_pixmap(0, 0, source.as_ref(), &paint, place, clip);
    Ok(())
}
