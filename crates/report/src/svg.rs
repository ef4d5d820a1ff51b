//! A scene as SVG: text stays text, numbers have two decimals, the same bytes on each run.

use std::fmt::Write;

use crate::{
    Error, encode, font,
    scene::{Anchor, Image, Item, Paint, Rect, Scene, Shape, Text},
};

/// Writes a scene. `id` prefixes the identifiers inside, so that many figures may stand in one page.
pub(crate) fn svg(scene: &Scene, id: &str, title: &str, description: &str) -> Result<String, Error> {
    let mut out = String::new();
    let (w, h) = (number(scene.width), number(scene.height));
    let (t, d) = (escape(title), escape(description));
    push(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-desc\" font-family=\"{}\" style=\"font-kerning:none\">\n\
             <title id=\"{id}-title\">{t}</title>\n<desc id=\"{id}-desc\">{d}</desc>\n\
             <rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n",
            font::FAMILY
        ),
    );
    let mut clips = 0;
    items(&mut out, &scene.items, id, title, &mut clips)?;
    out.push_str("</svg>\n");
    Ok(out)
}

fn items(out: &mut String, list: &[Item], id: &str, figure: &str, clips: &mut usize) -> Result<(), Error> {
    for item in list {
        match item {
            Item::Shape(s, paint) => shape(out, s, paint),
            Item::Text(t) => text(out, t),
            Item::Image(i) => image(out, i, figure)?,
            Item::Panel(rect, inner) => {
                *clips += 1;
                let clip = format!("{id}-clip{clips}");
                let (x, y, w, h) = place(&rect.grown(CLIP_MARGIN));
                push(
                    out,
                    format_args!(
                        "<clipPath id=\"{clip}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>\n\
                         <g clip-path=\"url(#{clip})\">\n"
                    ),
                );
                items(out, inner, id, figure, clips)?;
                out.push_str("</g>\n");
            }
        }
    }
    Ok(())
}

/// Lines and small points on the edge of a frame are drawn whole; greater markers belong outside the panel.
pub(crate) const CLIP_MARGIN: f64 = 3.0;

fn shape(out: &mut String, shape: &Shape, paint: &Paint) {
    match shape {
        Shape::Line(points) => {
            out.push_str("<polyline points=\"");
            coordinates(out, points, " ");
            out.push('"');
        }
        Shape::Polygon(rings) => {
            out.push_str("<path d=\"");
            for ring in rings {
                out.push('M');
                coordinates(out, ring, "L");
                out.push('Z');
            }
            out.push('"');
            if rings.len() > 1 {
                out.push_str(" fill-rule=\"evenodd\"");
            }
        }
        Shape::Rect(rect) => {
            let (x, y, w, h) = place(rect);
            push(out, format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\""));
        }
        Shape::Circle([x, y], r) => {
            push(
                out,
                format_args!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", number(*x), number(*y), number(*r)),
            );
        }
    }
    match paint.fill {
        Some(c) => {
            push(out, format_args!(" fill=\"{}\"", c.hex()));
            opacity(out, "fill", c.3);
        }
        None => out.push_str(" fill=\"none\""),
    }
    if let Some(stroke) = paint.stroke {
        push(
            out,
            format_args!(
                " stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
                stroke.colour.hex(),
                number(stroke.width)
            ),
        );
        opacity(out, "stroke", stroke.colour.3);
        if !stroke.dash.is_empty() {
            let dashes: Vec<String> = stroke.dash.iter().map(|&d| number(d)).collect();
            push(out, format_args!(" stroke-dasharray=\"{}\"", dashes.join(" ")));
        }
    }
    out.push_str("/>\n");
}

fn opacity(out: &mut String, of: &str, alpha: u8) {
    if alpha < 255 {
        push(out, format_args!(" {of}-opacity=\"{}\"", number(f64::from(alpha) / 255.0)));
    }
}

fn text(out: &mut String, t: &Text) {
    let (x, y) = (number(t.at[0]), number(t.at[1]));
    push(
        out,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\" xml:space=\"preserve\"",
            number(t.size),
            t.colour.hex()
        ),
    );
    match t.anchor {
        Anchor::Start => {}
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    if t.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    if t.angle != 0.0 {
        push(out, format_args!(" transform=\"rotate({} {x} {y})\"", number(t.angle)));
    }
    push(out, format_args!(">{}</text>\n", escape(&t.text)));
}

fn image(out: &mut String, image: &Image, figure: &str) -> Result<(), Error> {
    let (x, y, w, h) = place(&image.rect);
    let png = encode::png_rgba(image.width, image.height, &image.rgba)
        .map_err(|reason| Error::Picture { figure: figure.into(), reason })?;
    let rendering = if image.smooth { "auto" } else { "pixelated" };
    push(
        out,
        format_args!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:{rendering}\" href=\"data:image/png;base64,{}\"/>\n",
            encode::base64(&png)
        ),
    );
    Ok(())
}

fn place(rect: &Rect) -> (String, String, String, String) {
    (number(rect.x), number(rect.y), number(rect.w), number(rect.h))
}

fn coordinates(out: &mut String, points: &[[f64; 2]], between: &str) {
    for (i, [x, y]) in points.iter().enumerate() {
        if i > 0 {
            out.push_str(between);
        }
        push(out, format_args!("{},{}", number(*x), number(*y)));
    }
}

/// Two decimals at most, without trailing zeros and without a negative zero.
pub(crate) fn number(v: f64) -> String {
    let text = format!("{v:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

fn push(out: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = out.write_fmt(what);
}

/// Text for XML and HTML, in content and in attributes; characters that XML forbids become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}')
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_text_is_harmless() {
        assert_eq!(number(1.0), "1");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(10.256), "10.26");
        assert_eq!(
            escape("<script>\"a\" & 'b'\u{1}"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;\u{fffd}"
        );
    }
}
