//! One picture of all maps: a row for each feature, a column for each slice.

use std::path::Path;

use anyhow::Result;
use ndarray::Axis;
use radiomics_imaging::Volume;
use radiomics_report::figure::{Plot, SliceView, Slices};
use radiomics_voxelmaps::Map;

use crate::replace::Replacement;

/// Slices shown of each map.
const COLUMNS: usize = 5;

/// Draws slices through the region: the image, then each map over it, each from its own lowest to its own highest value.
pub fn write(path: &Path, image: &Volume<f64>, maps: &[Map]) -> Result<()> {
    let shown = slices(maps);
    let [sx, sy, _] = image.geometry().spacing();
    let window = range(image.voxels().iter().copied()).unwrap_or([0.0, 1.0]);
    let pixels = |z: usize| image.voxels().index_axis(Axis(0), z).iter().copied().collect::<Vec<f64>>();
    let width = image.voxels().len_of(Axis(2));
    let view = |z: usize| SliceView::new(width, pixels(z), [sx, sy], window);
    let mut montage = Slices::montage("Feature maps", shown.len());
    for &z in &shown {
        montage = montage.view(view(z).label(format!("image, slice {z}")));
    }
    for map in maps {
        let volume = map.volume()?;
        let own = range(map.values.iter());
        for (column, &z) in shown.iter().enumerate() {
            let mut values: Vec<f64> = vec![f64::NAN; width * volume.voxels().len_of(Axis(1))];
            if let Some([low, high]) = own {
                let slice = volume.voxels().index_axis(Axis(0), z);
                let slice: Vec<f64> = slice.iter().copied().collect();
                for position in region_of(map, z, values.len()) {
                    values[position] = if high > low { (slice[position] - low) / (high - low) } else { 0.5 };
                }
            }
            // The name over the first picture, the range over the second: together they are too long for one.
            let span =
                own.map_or("not defined".into(), |[low, high]| format!("{} to {}", short(low), short(high)));
            let label = match column {
                0 if shown.len() == 1 => format!("{}: {span}", map.name),
                0 => map.name.clone(),
                1 => span,
                _ => String::new(),
            };
            montage = montage.view(view(z).label(label).heat(
                width,
                values,
                [0.0, 1.0],
                "each map: lowest to highest",
            ));
        }
    }
    let figure = montage.size(220.0 * shown.len() as f64 + 80.0, 300.0).draw()?;
    let png = figure.png(96.0)?;
    let mut target = Replacement::begin(path)?;
    target.fill(&png)?;
    target.commit()
}

/// Slices of the part evenly through the region.
fn slices(maps: &[Map]) -> Vec<usize> {
    let Some(map) = maps.first() else { return Vec::new() };
    let [sx, sy, _] = map.grid.part.size;
    let mut inside: Vec<usize> = map.grid.voxels.iter().map(|v| *v as usize / (sx * sy)).collect();
    inside.dedup();
    let count = COLUMNS.min(inside.len());
    (0..count).map(|i| inside[(2 * i + 1) * inside.len() / (2 * count)]).collect()
}

/// Positions in a slice of the region's voxels.
fn region_of(map: &Map, z: usize, plane: usize) -> impl Iterator<Item = usize> {
    let voxels = map.grid.voxels.iter().map(|v| *v as usize);
    voxels
        .skip_while(move |v| *v < z * plane)
        .take_while(move |v| *v < (z + 1) * plane)
        .map(move |v| v - z * plane)
}

/// Lowest and highest of the values that are finite.
fn range(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some([v, v]),
        Some([low, high]) => Some([f64::min(low, v), f64::max(high, v)]),
    })
}

/// A number in at most four digits.
fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if (1e-2..1e5).contains(&size) {
        let digits = (3 - size.log10().floor() as i32).clamp(0, 4) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.2e}")
    }
}
