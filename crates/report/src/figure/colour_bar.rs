//! The bar that says which value a colour means.

use crate::{
    colour::{Colour, Palette},
    font,
    scale::{Scale, Tick, linear_ticks},
    scene::{Anchor, Image, Paint, Rect, Scene, Text},
    sheet::{LABEL, SMALL, cut},
};

/// A vertical bar with values beside it and its label, turned, farther right; takes about 48 pixels right of `rect`.
pub(crate) fn colour_bar(
    scene: &mut Scene,
    rect: Rect,
    palette: Palette,
    [low, high]: [f64; 2],
    label: &str,
) {
    let ticks = linear_ticks(low, high, ((rect.h / 30.0) as usize).max(1));
    bar_with(scene, rect, palette, [low, high], label, &ticks);
}

/// The same with `Low` and `High` instead of values.
pub(crate) fn low_high_bar(scene: &mut Scene, rect: Rect, palette: Palette, label: &str) {
    bar_with(scene, rect, palette, [0.0, 1.0], label, &[Tick::new(0.0, "Low"), Tick::new(1.0, "High")]);
}

fn bar_with(
    scene: &mut Scene,
    rect: Rect,
    palette: Palette,
    [low, high]: [f64; 2],
    label: &str,
    ticks: &[Tick],
) {
    const STEPS: usize = 128;
    let rgba = (0..STEPS).rev().flat_map(|i| {
        let Colour(r, g, b, a) = palette.at(i as f64 / (STEPS - 1) as f64);
        [r, g, b, a]
    });
    scene.image(Image { rect, width: 1, height: STEPS, rgba: rgba.collect(), smooth: false });
    scene.rect(rect, Paint::line(Colour::RULE, 0.8));
    let scale = Scale::linear(low, high, rect.bottom(), rect.y);
    let size = SMALL - 1.5;
    let widest = ticks.iter().map(|t| font::width(&t.label, size, false)).fold(0.0, f64::max);
    for t in ticks {
        let y = scale.at(t.value);
        scene.segment([rect.right(), y], [rect.right() + 3.0, y], Paint::line(Colour::INK, 0.8));
        // At the ends the text stays beside the bar.
        let base = (y + 0.36 * size).clamp(rect.y + font::ASCENT * size, rect.bottom());
        scene.text(Text::new([rect.right() + 5.0, base], t.label.as_str(), size, Anchor::Start));
    }
    let size = LABEL - 1.0;
    let at = [rect.right() + 5.0 + widest + font::ASCENT * size + 3.0, rect.y + 0.5 * rect.h];
    scene.text(Text::new(at, cut(label, size, rect.h + 6.0), size, Anchor::Middle).turned(-90.0));
}
