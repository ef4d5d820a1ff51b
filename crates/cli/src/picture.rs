//! A picture of a region in its scan: three planes through its middle and a close view, with the outline.

use anyhow::{Context, Result};
use radiomics_imaging::{Image, IndexBox, Mask, RegionSummary};

/// Which intensities are shown: `centre − width / 2` is black, `centre + width / 2` white.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub centre: f64,
    pub width: f64,
}

/// Pixels of a millimetre in the planes.
const SCALE: f64 = 3.0;
/// Pixels between the views.
const GAP: usize = 6;
const OUTLINE: [f64; 3] = [255.0, 176.0, 0.0];
const INK: [f64; 3] = [235.0, 235.0, 235.0];

/// An axial, a sagittal and a coronal plane through the middle of a region, and the axial one from close by.
///
/// Views are those of a radiologist: the patient's right is at the left, the head at the top. The image must
/// lie along the patient axes. Returns a PNG file.
pub fn region_in_scan(image: &Image, mask: &Mask, region: &RegionSummary, window: Window) -> Result<Vec<u8>> {
    let whole = IndexBox::whole(image.geometry());
    let middle: [usize; 3] = std::array::from_fn(|a| region.bounds.start[a] + region.bounds.size[a] / 2);
    let slab = |axis: usize| {
        let mut part = whole;
        (part.start[axis], part.size[axis]) = (middle[axis], 1);
        part
    };
    let plane = |across, part| Plane::cut(image, mask, region.label, across, part);
    let axial = plane(2, slab(2))?;
    let sagittal = plane(0, slab(0))?;
    let coronal = plane(1, slab(1))?;

    let (left, right) = (axial.pixels(SCALE), sagittal.pixels(SCALE));
    let below = coronal.pixels(SCALE);
    let size = [left[0] + GAP + right[0], left[1] + GAP + below[1]];
    let mut canvas = Canvas::new(size);
    let full = |plane: &Plane| View { scale: SCALE, centre: plane.middle() };
    canvas.draw(&axial, full(&axial), window, [0, 0], left);
    canvas.draw(&sagittal, full(&sagittal), window, [left[0] + GAP, 0], right);
    canvas.draw(&coronal, full(&coronal), window, [0, left[1] + GAP], below);
    canvas.letters(['R', 'L', 'A', 'P'], [0, 0], left);
    canvas.letters(['A', 'P', 'H', 'F'], [left[0] + GAP, 0], right);
    canvas.letters(['R', 'L', 'H', 'F'], [0, left[1] + GAP], below);
    canvas.bar([14, left[1] - 14], (50.0 * SCALE) as usize);

    // The close view fills what is left, with a narrower window so that the texture shows.
    let corner = [left[0] + GAP, right[1] + GAP];
    let room = [right[0], size[1] - corner[1]];
    let spacing = image.geometry().spacing();
    let longest = (0..2).map(|a| region.bounds.size[a] as f64 * spacing[a]).fold(1.0, f64::max);
    let centre = std::array::from_fn(|a| {
        (region.bounds.start[a] as f64 + 0.5 * region.bounds.size[a] as f64) * spacing[a]
    });
    let close = View { scale: 0.72 * room[0].min(room[1]) as f64 / longest, centre };
    canvas.draw(&axial, close, Window { width: 0.5 * window.width, ..window }, corner, room);
    canvas.bar([corner[0] + 14, size[1] - 14], (10.0 * close.scale) as usize);
    canvas.png()
}

/// A slice: intensities and region on a grid of voxels with the first to the upper left.
struct Plane {
    values: Vec<f64>,
    inside: Vec<f64>,
    size: [usize; 2],
    spacing: [f64; 2],
}

/// Where the middle of a view lies in mm from the corner of the plane, and how large a millimetre is.
#[derive(Clone, Copy)]
struct View {
    scale: f64,
    centre: [f64; 2],
}

impl Plane {
    /// The voxels of a box that is one voxel thick across the axis `across` (0 = x, 1 = y, 2 = z).
    fn cut(image: &Image, mask: &Mask, label: u32, across: usize, part: IndexBox) -> Result<Self> {
        let crop = image.crop_f64(part).context("cannot cut a slice for the picture")?;
        let (h, v) = [(1, 2), (0, 2), (0, 1)][across];
        let size = [part.size[h], part.size[v]];
        let spacing = image.geometry().spacing();
        let mut plane = Self {
            values: crop.voxels().iter().copied().collect(),
            inside: mask.crop(label, part).iter().map(|&inside| f64::from(u8::from(inside))).collect(),
            size,
            spacing: [spacing[h], spacing[v]],
        };
        if v == 2 {
            // z runs to the head, which is up.
            for field in [&mut plane.values, &mut plane.inside] {
                *field = field.chunks(size[0]).rev().flatten().copied().collect();
            }
        }
        Ok(plane)
    }

    fn pixels(&self, scale: f64) -> [usize; 2] {
        std::array::from_fn(|a| (self.size[a] as f64 * self.spacing[a] * scale).round() as usize)
    }

    fn middle(&self) -> [f64; 2] {
        std::array::from_fn(|a| 0.5 * self.size[a] as f64 * self.spacing[a])
    }

    /// Linear interpolation at a position in mm; beyond the border the nearest voxel.
    fn at(&self, field: &[f64], position: [f64; 2]) -> f64 {
        let mut low = [0; 2];
        let mut high = [0; 2];
        let mut part = [0.0; 2];
        for a in 0..2 {
            let index = (position[a] / self.spacing[a] - 0.5).clamp(0.0, (self.size[a] - 1) as f64);
            low[a] = index as usize;
            high[a] = (low[a] + 1).min(self.size[a] - 1);
            part[a] = index - low[a] as f64;
        }
        let value = |h: usize, v: usize| field[v * self.size[0] + h];
        let above = value(low[0], low[1]) * (1.0 - part[0]) + value(high[0], low[1]) * part[0];
        let below = value(low[0], high[1]) * (1.0 - part[0]) + value(high[0], high[1]) * part[0];
        above * (1.0 - part[1]) + below * part[1]
    }
}

struct Canvas {
    size: [usize; 2],
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(size: [usize; 2]) -> Self {
        Self { size, pixels: vec![0; 3 * size[0] * size[1]] }
    }

    fn draw(&mut self, plane: &Plane, view: View, window: Window, corner: [usize; 2], room: [usize; 2]) {
        let position = |h: f64, v: f64| {
            [(h, 0), (v, 1)].map(|(p, a)| view.centre[a] + (p + 0.5 - 0.5 * room[a] as f64) / view.scale)
        };
        for v in 0..room[1] {
            for h in 0..room[0] {
                let (h_mm, v_mm) = (h as f64, v as f64);
                let value = plane.at(&plane.values, position(h_mm, v_mm));
                let grey = 255.0 * ((value - window.centre) / window.width + 0.5).clamp(0.0, 1.0);
                // Distance in pixels from the line where the interpolated region falls below one half.
                let inside = |dh: f64, dv: f64| plane.at(&plane.inside, position(h_mm + dh, v_mm + dv));
                let slope =
                    (inside(1.0, 0.0) - inside(-1.0, 0.0)).hypot(inside(0.0, 1.0) - inside(0.0, -1.0));
                let distance = (inside(0.0, 0.0) - 0.5).abs() / (0.5 * slope).max(1e-9);
                self.blend([corner[0] + h, corner[1] + v], [grey; 3], 1.0);
                self.blend([corner[0] + h, corner[1] + v], OUTLINE, (1.6 - distance).clamp(0.0, 1.0));
            }
        }
    }

    /// Where left, right, top and bottom lie in the patient.
    fn letters(&mut self, [left, right, top, bottom]: [char; 4], corner: [usize; 2], room: [usize; 2]) {
        let (w, h) = (5 * DOT, 7 * DOT);
        let [x, y] = [corner[0] + room[0] / 2 - w / 2, corner[1] + room[1] / 2 - h / 2];
        self.letter(left, [corner[0] + 8, y]);
        self.letter(right, [corner[0] + room[0] - w - 8, y]);
        self.letter(top, [x, corner[1] + 8]);
        self.letter(bottom, [x, corner[1] + room[1] - h - 8]);
    }

    fn letter(&mut self, letter: char, [x, y]: [usize; 2]) {
        let Some((_, rows)) = LETTERS.iter().find(|(name, _)| *name == letter) else { return };
        for (v, row) in rows.iter().enumerate() {
            for h in (0..5).filter(|h| row & (0b10000 >> h) != 0) {
                self.fill([x + h * DOT, y + v * DOT], [DOT, DOT]);
            }
        }
    }

    /// A scale bar with its left end at a point.
    fn bar(&mut self, [x, y]: [usize; 2], length: usize) {
        self.fill([x, y], [length, 3]);
        self.fill([x, y - 4], [2, 11]);
        self.fill([x + length - 2, y - 4], [2, 11]);
    }

    fn fill(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2]) {
        for v in y..(y + height).min(self.size[1]) {
            for h in x..(x + width).min(self.size[0]) {
                self.blend([h, v], INK, 1.0);
            }
        }
    }

    fn blend(&mut self, [x, y]: [usize; 2], colour: [f64; 3], weight: f64) {
        let at = 3 * (y * self.size[0] + x);
        for (pixel, colour) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *pixel = (f64::from(*pixel) * (1.0 - weight) + colour * weight).round() as u8;
        }
    }

    fn png(&self) -> Result<Vec<u8>> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.size[0] as u32, self.size[1] as u32);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().context("cannot encode the picture")?;
        writer.write_image_data(&self.pixels).context("cannot encode the picture")?;
        writer.finish().context("cannot encode the picture")?;
        Ok(file)
    }
}

/// Pixels of a dot of a letter.
const DOT: usize = 2;

/// Letters of 5 × 7 dots, a row for each number.
const LETTERS: [(char, [u8; 7]); 6] = [
    ('A', [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('F', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('H', [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('P', [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
];

#[cfg(test)]
mod tests {
    use std::io;

    use radiomics_phantoms::lesion::{LesionSettings, abdomen};

    use super::*;

    #[test]
    fn every_view_has_tissue_and_an_outline() {
        let phantom = abdomen(&LesionSettings::default()).unwrap();
        let region = phantom.mask.region(1).unwrap();
        let window = Window { centre: 50.0, width: 400.0 };
        let file = region_in_scan(&phantom.image.into(), &phantom.mask, &region, window).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (966, 726));
        let count = |left: bool, top: bool, colour: &dyn Fn(&[u8]) -> bool| {
            let here = |at: usize| ((at % 966 < 540) == left) && ((at / 966 < 420) == top);
            pixels.chunks(3).enumerate().filter(|(at, pixel)| here(*at) && colour(pixel)).count()
        };
        for (left, top) in [(true, true), (true, false), (false, true), (false, false)] {
            let outline = count(left, top, &|p| p[0] > 200 && p[2] < 60);
            let grey = count(left, top, &|p| p[0] == p[2] && (60..220).contains(&p[0]));
            assert!((150..8000).contains(&outline), "{outline}");
            assert!(grey > 20_000, "{grey}");
        }
    }
}
