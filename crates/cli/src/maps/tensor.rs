//! Image and maps as one array on disk: safetensors.

use std::{collections::HashMap, path::Path};

use anyhow::{Context, Result};
use radiomics_imaging::{Image, Mask};
use radiomics_voxelmaps::{
    Map, Mapper,
    stack::{StackSettings, stack},
};
use safetensors::{Dtype, tensor::TensorView};

use super::Maps;
use crate::replace::Replacement;

/// Writes the array `input`, shape `(channels, depth, height, width)`, single precision. The file's metadata name the channels
/// and say how they were made.
pub fn write(
    args: &Maps,
    path: &Path,
    mapper: &Mapper,
    image: &Image,
    mask: &Mask,
    maps: &[Map],
) -> Result<()> {
    let settings = StackSettings {
        size: args.stack_size,
        padding: args.stack_padding.into(),
        window: args.stack_window,
        ..StackSettings::default()
    };
    let stacked = stack(&mapper.intensities(image, mask)?, maps, &settings)?;
    let bytes: Vec<u8> = stacked.values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let shape = stacked.values.shape().to_vec();
    let metadata: HashMap<String, String> = [
        ("radiomics.version", env!("CARGO_PKG_VERSION").to_owned()),
        ("radiomics.parameters", mapper.settings().params.to_json().to_string()),
        ("channels", serde_json::to_string(&stacked.names)?),
        ("window", serde_json::to_string(&settings.window)?),
        ("padding", settings.padding.to_string()),
        ("fill", settings.fill.to_string()),
        ("undefined_voxels", serde_json::to_string(&stacked.undefined)?),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    let view = TensorView::new(Dtype::F32, shape, &bytes).context("cannot write the array")?;
    let file = safetensors::serialize([("input", view)], Some(metadata)).context("cannot write the array")?;
    let mut target = Replacement::begin(path)?;
    target.fill(&file)?;
    target.commit()
}

/// Depth, height and width.
pub fn size(text: &str) -> Result<[usize; 3], String> {
    let numbers: Vec<usize> = text.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    match <[usize; 3]>::try_from(numbers) {
        Ok(size) if size.iter().all(|n| (1..=4096).contains(n)) => Ok(size),
        _ => Err("expected three whole numbers from 1 to 4096, such as 32,64,64".into()),
    }
}

/// Lowest and highest intensity.
pub fn window(text: &str) -> Result<[f64; 2], String> {
    let numbers: Vec<f64> = text.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    match <[f64; 2]>::try_from(numbers) {
        Ok([low, high]) if low < high && low.is_finite() && high.is_finite() => Ok([low, high]),
        _ => Err("expected two numbers that rise, such as -110,190".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_windows() {
        assert_eq!(size("32, 64,64"), Ok([32, 64, 64]));
        assert!(size("0,1,1").is_err() && size("1,2").is_err() && size("a,b,c").is_err());
        assert_eq!(window("-110,190"), Ok([-110.0, 190.0]));
        assert!(window("5,5").is_err() && window("1").is_err() && window("0,inf").is_err());
    }
}
