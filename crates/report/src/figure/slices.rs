//! Slices of scans with contours of regions and heat maps: one, or a montage.

use super::{Layout, Plot, colour_bar, laid_out};
use crate::{
    Error,
    check::Check,
    colour::{Colour, Palette, series},
    contour, font,
    scale::round_step,
    scene::{Anchor, Image, Paint, Point, Rect, Scene, Text, dash},
    sheet::{SMALL, Sheet, Swatch},
};

/// A region in a slice.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Stands in the legend.
    pub label: String,
    /// Whether each pixel belongs to it, row by row.
    pub mask: Vec<bool>,
}

/// Values over a slice; may be coarser than it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heat {
    /// Pixels in x.
    pub width: usize,
    /// Pixels in y.
    pub height: usize,
    /// Values row by row; NaN is left free.
    pub values: Vec<f64>,
    /// Values of the ends of the palette.
    pub range: [f64; 2],
    /// Colours; the low end (of [`Palette::Diverging`] the middle) is transparent.
    pub palette: Palette,
    /// Label of the colour bar.
    pub label: String,
}

/// One slice with what lies over it.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceView {
    /// Stands above the slice.
    pub label: String,
    /// Pixels in x.
    pub width: usize,
    /// Pixels in y.
    pub height: usize,
    /// Values row by row from the top as it is to be seen.
    pub pixels: Vec<f64>,
    /// Size of a pixel in x and y, mm.
    pub spacing_mm: [f64; 2],
    /// Values shown black and white.
    pub window: [f64; 2],
    /// Regions whose outlines are drawn.
    pub regions: Vec<Region>,
    /// A heat map over the slice.
    pub heat: Option<Heat>,
    /// Part that is shown: first column and row, and one past the last; all where `None`.
    pub crop: Option<[usize; 4]>,
}

impl SliceView {
    /// A slice of `width` pixels a row with values from `window[0]` (black) to `window[1]` (white).
    #[must_use]
    pub fn new(width: usize, pixels: Vec<f64>, spacing_mm: [f64; 2], window: [f64; 2]) -> Self {
        let height = pixels.len().checked_div(width).unwrap_or(0);
        Self {
            label: String::new(),
            width,
            height,
            pixels,
            spacing_mm,
            window,
            regions: Vec::new(),
            heat: None,
            crop: None,
        }
    }

    /// Text above the slice.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds the outline of a region.
    #[must_use]
    pub fn region(mut self, label: impl Into<String>, mask: Vec<bool>) -> Self {
        self.regions.push(Region { label: label.into(), mask });
        self
    }

    /// Lays a heat map of `width` columns over the slice; black through vermillion to yellow.
    #[must_use]
    pub fn heat(mut self, width: usize, values: Vec<f64>, range: [f64; 2], label: impl Into<String>) -> Self {
        let height = values.len().checked_div(width).unwrap_or(0);
        self.heat =
            Some(Heat { width, height, values, range, palette: Palette::Inferno, label: label.into() });
        self
    }

    /// Shows only the box of the regions and `margin` pixels around it.
    #[must_use]
    pub fn crop_to_regions(mut self, margin: usize) -> Self {
        self.crop = self.region_box().map(|edges| self.grown(edges, margin));
        self
    }

    /// First column and row of the regions, and one past their last.
    fn region_box(&self) -> Option<[usize; 4]> {
        let inside = |i: &usize| self.regions.iter().any(|r| r.mask.get(*i).copied().unwrap_or(false));
        let at = |i: usize| [i % self.width.max(1), i / self.width.max(1)];
        (0..self.pixels.len()).filter(inside).map(at).map(|[x, y]| [x, y, x + 1, y + 1]).reduce(join)
    }

    fn grown(&self, [a, b, c, d]: [usize; 4], margin: usize) -> [usize; 4] {
        let grow = |n: usize, most: usize| (n + margin).min(most);
        [a.saturating_sub(margin), b.saturating_sub(margin), grow(c, self.width), grow(d, self.height)]
    }

    fn shown(&self) -> [usize; 4] {
        self.crop.unwrap_or([0, 0, self.width, self.height])
    }

    /// Width and height of what is shown, mm.
    fn size_mm(&self) -> [f64; 2] {
        let [a, b, c, d] = self.shown();
        [(c - a) as f64 * self.spacing_mm[0], (d - b) as f64 * self.spacing_mm[1]]
    }

    fn check(&self, check: &Check<'_>, number: usize) -> Result<(), Error> {
        let what = |part: &str| format!("{part} of slice {number}");
        check.some(&what("pixels"), &self.pixels)?;
        check.length(&what("pixels"), self.pixels.len(), self.width * self.height)?;
        check.all_finite(&what("pixels"), &self.pixels)?;
        self.spacing_mm.iter().try_for_each(|&s| check.positive(&what("spacing"), s))?;
        check.value(
            &what("window's white"),
            self.window[1],
            self.window[1] > self.window[0],
            "above its black",
        )?;
        for r in &self.regions {
            check.length(&what(&format!("mask \"{}\"", r.label)), r.mask.len(), self.pixels.len())?;
        }
        if let Some(heat) = &self.heat {
            check.some(&what("heat map"), &heat.values)?;
            check.length(&what("heat map"), heat.values.len(), heat.width * heat.height)?;
            check.value(
                &what("end of the heat map's range"),
                heat.range[1],
                heat.range[1] > heat.range[0],
                "above its start",
            )?;
        }
        let [a, b, c, d] = self.shown();
        check.value(
            &what("crop"),
            c as f64,
            a < c && c <= self.width && b < d && d <= self.height,
            "a box inside the slice",
        )
    }

    fn grey(&self) -> Vec<u8> {
        let [a, b, c, d] = self.shown();
        let [black, white] = self.window;
        let mut rgba = Vec::with_capacity(4 * (c - a) * (d - b));
        for y in b..d {
            for x in a..c {
                let v = (self.pixels[y * self.width + x] - black) / (white - black);
                let v = (v.clamp(0.0, 1.0) * 255.0).round() as u8;
                rgba.extend([v, v, v, 255]);
            }
        }
        rgba
    }

    /// Draws the slice into `rect`. `style` says which colour a region has, by its label.
    fn draw(&self, scene: &mut Scene, rect: Rect, style: impl Fn(&str) -> usize) {
        let [a, b, c, d] = self.shown();
        let (sx, sy) = (rect.w / (c - a) as f64, rect.h / (d - b) as f64);
        scene.image(Image { rect, width: c - a, height: d - b, rgba: self.grey(), smooth: true });
        let whole = Rect::new(
            rect.x - a as f64 * sx,
            rect.y - b as f64 * sy,
            self.width as f64 * sx,
            self.height as f64 * sy,
        );
        if let Some(heat) = &self.heat {
            let rgba = heat.values.iter().flat_map(|&v| {
                let t = ((v - heat.range[0]) / (heat.range[1] - heat.range[0])).clamp(0.0, 1.0);
                let strength = if heat.palette == Palette::Diverging { (2.0 * t - 1.0).abs() } else { t };
                let Colour(r, g, b, _) = heat.palette.at(t);
                [r, g, b, if v.is_nan() { 0 } else { (255.0 * 0.75 * strength.sqrt()).round() as u8 }]
            });
            let coarse = heat.width < self.width;
            scene.image(Image {
                rect: whole,
                width: heat.width,
                height: heat.height,
                rgba: rgba.collect(),
                smooth: coarse,
            });
        }
        for region in &self.regions {
            let i = style(&region.label);
            for ring in contour::rings(&region.mask, self.width) {
                let points: Vec<Point> =
                    ring.iter().map(|&[x, y]| [whole.x + x * sx, whole.y + y * sy]).collect();
                scene.polygon(&points, Paint::line(Colour::WHITE, 3.0));
                scene.shape(
                    crate::scene::Shape::Polygon(vec![points]),
                    Paint::dashed(region_colour(i), 1.6, dash(i)),
                );
            }
        }
    }
}

/// The box around two boxes.
fn join(p: [usize; 4], q: [usize; 4]) -> [usize; 4] {
    [p[0].min(q[0]), p[1].min(q[1]), p[2].max(q[2]), p[3].max(q[3])]
}

/// Colours of outlines: those of the series that stand out from grey.
fn region_colour(i: usize) -> Colour {
    series([1, 5, 4, 2, 3, 0][i % 6])
}

/// One slice or a montage of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Slices {
    /// Title, size and texts.
    pub layout: Layout,
    /// The slices, row by row.
    pub views: Vec<SliceView>,
    /// Slices in a row.
    pub columns: usize,
}

impl Slices {
    /// One slice.
    #[must_use]
    pub fn overlay(title: impl Into<String>, view: SliceView) -> Self {
        Self { layout: Layout::new(title, 420.0, 300.0), views: vec![view], columns: 1 }
    }

    /// A montage, filled by [`Slices::view`].
    #[must_use]
    pub fn montage(title: impl Into<String>, columns: usize) -> Self {
        Self { layout: Layout::new(title, 640.0, 300.0), views: Vec::new(), columns }
    }

    /// Adds a slice.
    #[must_use]
    pub fn view(mut self, view: SliceView) -> Self {
        self.views.push(view);
        self
    }

    /// Shows of all slices the same part: the box of all their regions and `margin` pixels around it.
    #[must_use]
    pub fn crop_to_regions(mut self, margin: usize) -> Self {
        if let Some(edges) = self.views.iter().filter_map(SliceView::region_box).reduce(join) {
            for view in &mut self.views {
                view.crop = Some(view.grown(edges, margin));
            }
        }
        self
    }
}

/// A bar of a round length, about a quarter of the slice, in its lower left corner.
fn scale_bar(scene: &mut Scene, rect: Rect, width_mm: f64) {
    let length = round_step(width_mm, 4);
    let px = length / width_mm * rect.w;
    let (x, y) = (rect.x + 8.0, rect.bottom() - 8.0);
    let label = if length >= 10.0 && length % 10.0 == 0.0 {
        format!("{} cm", crate::format::short(length / 10.0))
    } else {
        format!("{} mm", crate::format::short(length))
    };
    let label = label.replace(".0 ", " ").replace(".00 ", " ");
    // On dark plates, so that it reads on any tissue; each as small as its content, so that outlines stay visible.
    let dark = Paint::fill(Colour(0, 0, 0, 150));
    scene.rect(Rect::new(x - 3.0, y - SMALL - 3.0, font::width(&label, SMALL, true) + 6.0, SMALL), dark);
    scene.rect(Rect::new(x - 3.0, y - 3.0, px + 6.0, 6.0), dark);
    scene.segment([x, y], [x + px, y], Paint::line(Colour::WHITE, 2.5));
    scene.text(Text::new([x, y - 4.0], label, SMALL, Anchor::Start).bold().colour(Colour::WHITE));
}

impl Plot for Slices {
    laid_out!();

    fn paint(&self) -> Result<(Scene, String), Error> {
        const GAP: f64 = 6.0;
        let check = Check(&self.layout.title);
        check.some("slices", &self.views)?;
        check.value("columns", self.columns as f64, self.columns > 0, "at least 1")?;
        self.views.iter().enumerate().try_for_each(|(i, v)| v.check(&check, i + 1))?;
        let mut labels: Vec<&str> = Vec::new();
        for r in self.views.iter().flat_map(|v| &v.regions) {
            if !labels.contains(&r.label.as_str()) {
                labels.push(&r.label);
            }
        }
        let heat = self.views.iter().find_map(|v| v.heat.as_ref());
        let mut sheet = Sheet::new(&self.layout);
        let (left, right) = sheet.span();
        let bar = if heat.is_some() { 62.0 } else { 0.0 };
        let columns = self.columns.min(self.views.len());
        let room = (right - left - bar - GAP * (columns - 1) as f64) / columns as f64;
        let size = room / self.views.iter().map(|v| v.size_mm()[0]).fold(0.0, f64::max);
        let first = sheet.y;
        let mut first_height = 0.0;
        for (row, views) in self.views.chunks(columns).enumerate() {
            let head = if views.iter().any(|v| !v.label.is_empty()) { SMALL * 1.5 } else { 0.0 };
            let height = views.iter().map(|v| v.size_mm()[1] * size).fold(0.0, f64::max);
            let block = sheet.take(head + height + GAP);
            for (column, view) in views.iter().enumerate() {
                let x = left + column as f64 * (room + GAP);
                let [w, h] = view.size_mm().map(|mm| mm * size);
                let rect = Rect::new(x + 0.5 * (room - w), block.y + head, w, h);
                let label = crate::sheet::cut(&view.label, SMALL, room - (rect.x - x));
                sheet.scene.text(Text::new([rect.x, block.y + SMALL], label, SMALL, Anchor::Start));
                let place = |label: &str| labels.iter().position(|l| *l == label).unwrap_or(0);
                sheet.scene.panel(rect, |scene| view.draw(scene, rect, place));
                if row == 0 && column == 0 {
                    scale_bar(&mut sheet.scene, rect, view.size_mm()[0]);
                    first_height = head;
                }
            }
        }
        if let Some(heat) = heat {
            let height = (sheet.y - first - first_height - GAP).clamp(40.0, 200.0);
            let rect = Rect::new(right - bar + 12.0, first + first_height, 11.0, height);
            colour_bar(&mut sheet.scene, rect, heat.palette, heat.range, &heat.label);
        }
        let legend: Vec<_> = labels
            .iter()
            .enumerate()
            .map(|(i, l)| (Swatch::Line(region_colour(i), dash(i)), l.to_string()))
            .collect();
        sheet.legend(&legend);
        let over = if labels.is_empty() {
            String::new()
        } else {
            format!(" with outlines of {}", labels.join(", "))
        };
        let heat = heat.map_or(String::new(), |h| format!(" and a heat map of {}", h.label));
        Ok((sheet.finish(), format!("{} slices{over}{heat}.", self.views.len())))
    }
}
