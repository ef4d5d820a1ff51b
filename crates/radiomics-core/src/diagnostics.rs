//! What is written beside the features: versions, settings, and facts about image and mask at each step.
//!
//! Columns, their order and their values are PyRadiomics', but for the versions: in place of
//! `diagnostics_Versions_PyRadiomics` and those of Python's packages stand `diagnostics_Versions_Radiomics`, the
//! version of this crate, and `diagnostics_Versions_Convention`, whose numbers it gives.

use radiomics_imaging::{Geometry, Image, Mask, with_voxels};
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

use crate::{
    config::{Params, Scope, Settings, scope_of},
    convention::Convention,
    error::Error,
    region::Region,
    summary::Summary,
    working::WorkingImage,
};

/// Columns in their order.
#[derive(Debug)]
pub(crate) struct Diagnostics {
    columns: Vec<(String, Value)>,
}

/// What all of a scan and all of a mask tell.
#[derive(Debug)]
pub(crate) struct Facts {
    pub summary: Summary,
    image_hash: String,
    mask_hash: String,
}

impl Facts {
    /// One pass over the scan for its hash, one for its values, one over the mask, which is hashed as `uint32`.
    pub fn of(image: &Image, mask: &Mask) -> Self {
        let hash_of_image = || {
            let mut hash = Hash::default();
            with_voxels!(image.voxels(), |a| hash
                .update(a.as_slice().unwrap_or_default(), |v| v.to_le_bytes()));
            hash.finish()
        };
        let hash_of_mask = || {
            let mut hash = Hash::default();
            mask.for_each_chunk(|labels| hash.update(labels, u32::to_le_bytes));
            hash.finish()
        };
        let ((image_hash, mask_hash), summary) =
            rayon::join(|| rayon::join(hash_of_image, hash_of_mask), || Summary::of_image(image));
        Self { summary, image_hash, mask_hash }
    }
}

/// Settings that PyRadiomics lists whether they are given or not, in its order.
const ALWAYS_LISTED: [&str; 15] = [
    "minimumROIDimensions",
    "minimumROISize",
    "normalize",
    "normalizeScale",
    "removeOutliers",
    "resampledPixelSpacing",
    "interpolator",
    "preCrop",
    "padDistance",
    "distances",
    "force2D",
    "force2Ddimension",
    "resegmentRange",
    "label",
    "additionalInfo",
];

impl Diagnostics {
    /// Versions and configuration.
    pub fn new(params: &Params, settings: &Settings) -> Self {
        let mut this = Self { columns: Vec::new() };
        this.add("Versions_Radiomics", json!(env!("CARGO_PKG_VERSION")));
        this.add("Versions_Convention", json!(Convention::PyRadiomics.name()));
        let all = settings.entries();
        let listed = ALWAYS_LISTED.iter().filter_map(|key| all.iter().find(|(k, _)| k == key).cloned());
        let mut given = params.setting.entries();
        given.retain(|(key, _)| !ALWAYS_LISTED.contains(key) && scope_of(key) != Some(Scope::Ibsi));
        this.add("Configuration_Settings", object(listed.chain(given)));
        let types = params.image_types.iter().map(|(image, own)| (image.name(), object(own.entries())));
        this.add(
            "Configuration_EnabledImageTypes",
            Value::Object(types.map(|(k, v)| (k.into(), v)).collect()),
        );
        this
    }

    /// The columns, in their order.
    pub fn into_columns(self) -> Vec<(String, Value)> {
        self.columns
    }

    /// Scan and mask as they were read, with the region in the mask.
    pub fn input(&mut self, image: &Image, facts: &Facts, region: &Region) {
        self.add("Image-original_Hash", json!(facts.image_hash));
        self.add("Image-original_Dimensionality", json!("3D"));
        self.grid("Image-original", image.geometry());
        self.range("Image-original", &facts.summary);
        self.add("Mask-original_Hash", json!(facts.mask_hash));
        self.place("Mask-original", region);
    }

    /// The image after a step.
    pub fn image(&mut self, step: &str, image: &WorkingImage) -> Result<(), Error> {
        let prefix = format!("Image-{step}");
        self.grid(&prefix, image.geometry());
        let whole = image.whole()?;
        self.range(&prefix, &Summary::of(whole.voxels().as_slice().unwrap_or_default()));
        Ok(())
    }

    /// The region after a step and the intensities in it.
    pub fn region(&mut self, step: &str, region: &Region, image: &WorkingImage) -> Result<(), Error> {
        let prefix = format!("Mask-{step}");
        self.place(&prefix, region);
        let window = image.window(region.bounds())?;
        let intensities: Vec<f64> = region.intensities(window.voxels()).collect();
        self.range(&prefix, &Summary::of(&intensities));
        Ok(())
    }

    fn grid(&mut self, prefix: &str, geometry: &Geometry) {
        self.add(&format!("{prefix}_Spacing"), json!(geometry.spacing()));
        self.add(&format!("{prefix}_Size"), json!(geometry.size()));
    }

    fn range(&mut self, prefix: &str, summary: &Summary) {
        self.add(&format!("{prefix}_Mean"), json!(summary.mean()));
        self.add(&format!("{prefix}_Minimum"), json!(summary.min));
        self.add(&format!("{prefix}_Maximum"), json!(summary.max));
    }

    fn place(&mut self, prefix: &str, region: &Region) {
        self.grid(prefix, region.geometry());
        let bounds = region.bounds();
        let [[x, y, z], [nx, ny, nz]] = [bounds.start, bounds.size];
        self.add(&format!("{prefix}_BoundingBox"), json!([x, y, z, nx, ny, nz]));
        self.add(&format!("{prefix}_VoxelNum"), json!(region.voxels()));
        self.add(&format!("{prefix}_VolumeNum"), json!(region.components()));
        let centre = region.centre();
        self.add(&format!("{prefix}_CenterOfMassIndex"), json!(centre));
        self.add(&format!("{prefix}_CenterOfMass"), json!(region.geometry().point(centre)));
    }

    fn add(&mut self, name: &str, value: Value) {
        self.columns.push((format!("diagnostics_{name}"), value));
    }
}

/// Settings as an object; whole numbers without a point, as they are written in parameter files.
pub(crate) fn object(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    fn plain(value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(plain).collect(),
            Value::Number(number) => match number.as_f64() {
                Some(x) if number.is_f64() && x.fract() == 0.0 && x.abs() < 1e15 => json!(x as i64),
                _ => Value::Number(number),
            },
            other => other,
        }
    }
    Value::Object(entries.into_iter().map(|(key, value)| (key.into(), plain(value))).collect::<Map<_, _>>())
}

/// SHA-1 of numbers in little-endian order, as SimpleITK's `Hash` gives it.
#[derive(Default)]
struct Hash {
    sha1: Sha1,
    bytes: Vec<u8>,
}

impl Hash {
    fn update<T: Copy, const N: usize>(&mut self, numbers: &[T], to_bytes: impl Fn(T) -> [u8; N]) {
        for numbers in numbers.chunks(1 << 13) {
            self.bytes.resize(numbers.len() * N, 0);
            for (bytes, number) in self.bytes.as_chunks_mut::<N>().0.iter_mut().zip(numbers) {
                *bytes = to_bytes(*number);
            }
            self.sha1.update(&self.bytes);
        }
    }

    fn finish(self) -> String {
        self.sha1.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_known_texts() {
        // FIPS 180-1, appendices A and C.
        let sha1 = |text: &[u8]| {
            let mut hash = Hash::default();
            hash.update(text, |byte| [byte]);
            hash.finish()
        };
        assert_eq!(sha1(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(sha1(&[b'a'; 1_000_000]), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    }

    #[test]
    fn whole_numbers_have_no_point() {
        let value = object([("binWidth", json!(25.0)), ("range", json!([0.5, 2.0])), ("none", Value::Null)]);
        assert_eq!(value.to_string(), r#"{"binWidth":25,"range":[0.5,2],"none":null}"#);
    }
}
