//! Image and mask in, maps out.

use std::sync::Arc;

use ndarray::{Array3, s};
use radiomics_core::{FeatureClass, ImageType, Prepared, Settings, levels::Binning};
use radiomics_imaging::{Image, IndexBox, Mask, Volume};
use rayon::prelude::*;

use crate::{
    engine::{Engine, Task, cpu::Cpu},
    error::Error,
    feature::{Family, Feature},
    field::Field,
    maps::{Grid, Map, Maps, Values},
    settings::MapSettings,
    stack::{Stack, StackSettings, stack},
    watch::Watch,
};

/// Makes feature maps: all settings are checked, it is ready to run.
///
/// ```
/// use radiomics_core::{Params, ParamsFormat};
/// use radiomics_imaging::{Geometry, Image, Mask, Volume};
/// use radiomics_voxelmaps::{MapSettings, Mapper};
///
/// let grid = Geometry::axial([8, 8, 8], [1.0, 1.0, 2.0])?;
/// let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
/// let inside = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| z.min(y).min(x) > 2);
/// let image = Image::from(Volume::new(voxels, grid)?);
/// let mask = Mask::from_region(&Volume::new(inside, grid)?);
///
/// let params = Params::parse("featureClass: {firstorder: [Mean], glcm: [Contrast]}", ParamsFormat::Yaml)?;
/// let mapper = Mapper::new(MapSettings { params, ..MapSettings::default() })?;
/// let maps = mapper.map(&image, &mask)?;
/// let mean = maps.get("original_firstorder_Mean").unwrap().volume()?;
/// assert_eq!(mean.geometry().size(), [6, 6, 6]); // five voxels, and one around them as far as the image reaches
/// assert_eq!(mean.voxels()[[3, 3, 3]], 90.0); // of 27 voxels around (5, 5, 5)
/// assert_eq!(mean.voxels()[[0, 0, 0]], 0.0); // outside the region
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Mapper {
    settings: MapSettings,
    features: Vec<Feature>,
    engine: Box<dyn Engine>,
}

impl Mapper {
    /// Checks every setting; the engine is that of the processor.
    ///
    /// # Errors
    /// [`Error::Params`] for a setting out of range, [`Error::NoMap`] for a family without maps.
    pub fn new(settings: MapSettings) -> Result<Self, Error> {
        Self::with_engine(settings, Box::new(Cpu))
    }

    /// The same with an engine of one's choice.
    ///
    /// # Errors
    /// As [`Mapper::new`].
    pub fn with_engine(settings: MapSettings, engine: Box<dyn Engine>) -> Result<Self, Error> {
        settings.params.check()?;
        let features = wanted(&settings)?;
        Ok(Self { settings, features, engine })
    }

    /// What is mapped.
    pub fn settings(&self) -> &MapSettings {
        &self.settings
    }

    /// The features of each image, in the order of their maps.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// All maps of the region with the label of the settings, in memory.
    ///
    /// # Errors
    /// Whatever makes image and mask unusable with these settings, with the values that led to it.
    pub fn map(&self, image: &Image, mask: &Mask) -> Result<Maps, Error> {
        self.map_watched(image, mask, &())
    }

    /// The same while somebody watches.
    ///
    /// # Errors
    /// As [`Mapper::map`], and [`Error::Cancelled`].
    pub fn map_watched(&self, image: &Image, mask: &Mask, watch: &dyn Watch) -> Result<Maps, Error> {
        let mut maps = Vec::new();
        let mut take = |map| {
            maps.push(map);
            Ok(())
        };
        let warnings = self.stream(image, mask, &mut take, watch)?;
        Ok(Maps { maps, warnings, engine: self.engine.name() })
    }

    /// Maps, and scan and maps as one array: [`Mapper::map`], [`Mapper::intensities`] and [`stack()`] in one
    /// call.
    ///
    /// # Errors
    /// As those.
    ///
    /// The preparation of the ESCC study, on a small synthetic scan:
    /// ```
    /// use radiomics_core::{Params, ParamsFormat};
    /// use radiomics_imaging::{Geometry, Image, Mask, Volume};
    /// use radiomics_voxelmaps::{MapSettings, Mapper, stack::StackSettings};
    ///
    /// let grid = Geometry::axial([8, 8, 4], [1.0, 1.0, 5.0])?;
    /// let voxels = ndarray::Array3::from_shape_fn([4, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
    /// let inside = ndarray::Array3::from_shape_fn([4, 8, 8], |(z, y, x)| z > 0 && y.min(x) > 2);
    /// let (image, mask) = (Image::from(Volume::new(voxels, grid)?), Mask::from_region(&Volume::new(inside, grid)?));
    ///
    /// let text = "setting: {binWidth: 25, resampledPixelSpacing: [1, 1, 5], interpolator: sitkBSpline}";
    /// let mut params = Params::parse(text, ParamsFormat::Yaml)?;
    /// for class in &mut params.classes {
    ///     class.features.retain(|feature| !["TotalEnergy", "MCC", "JointAverage"].contains(&feature.name));
    /// }
    /// let mapper = Mapper::new(MapSettings { params, ..MapSettings::default() })?;
    /// let (maps, input) = mapper.stack(&image, &mask, &StackSettings::default())?;
    /// assert_eq!(maps.maps.len(), 90);
    /// assert_eq!(input.values.dim(), (91, 32, 64, 64)); // the scan and 90 maps
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stack(
        &self,
        image: &Image,
        mask: &Mask,
        settings: &StackSettings,
    ) -> Result<(Maps, Stack), Error> {
        let maps = self.map(image, mask)?;
        let input = stack(&self.intensities(image, mask)?, &maps.maps, settings)?;
        Ok((maps, input))
    }

    /// Gives one map after the other to `sink`, so that only as many as [`MapSettings::memory`] allows are in memory at one
    /// time: for those who write them to files. Returns the warnings.
    ///
    /// # Errors
    /// As [`Mapper::map_watched`], and whatever `sink` returns.
    pub fn stream(
        &self,
        image: &Image,
        mask: &Mask,
        sink: &mut dyn FnMut(Map) -> Result<(), Error>,
        watch: &dyn Watch,
    ) -> Result<Vec<String>, Error> {
        let params = &self.settings.params;
        let settings = params.settings();
        enter(watch, "prepare")?;
        let mut prepared = Prepared::new(image, mask, &settings)?;
        if params.image_types.iter().any(|(image_type, _)| *image_type != ImageType::Original) {
            prepared.image.evaluate();
        }
        let mut warnings = self.without_effect();
        for (image_type, own) in &params.image_types {
            let settings = settings.with(own);
            enter(watch, image_type.name())?;
            let crop = Crop::new(&prepared, &settings)?;
            let (images, left_out) =
                prepared.derived(*image_type, crop.filtered, &crop.filtered_inside, &settings)?;
            warnings.extend(left_out);
            for derived in images {
                enter(watch, &derived.name)?;
                let field =
                    crop.field(&derived.values, &settings).map_err(|error| named(error, &derived.name))?;
                let task = Task {
                    centres: crop.centres(&field),
                    field,
                    settings: settings.clone(),
                    features: Vec::new(),
                };
                self.image_maps(task, &derived.name, &crop.grid, sink, watch)?;
            }
        }
        warnings.extend(self.engine.notes());
        Ok(warnings)
    }

    /// What a run will take, without running it.
    ///
    /// # Errors
    /// As [`Mapper::map`].
    pub fn estimate(&self, image: &Image, mask: &Mask) -> Result<Estimate, Error> {
        let settings = self.settings.params.settings();
        let prepared = Prepared::new(image, mask, &settings)?;
        let voxels = Crop::new(&prepared, &settings)?.grid.voxels.len();
        let bytes = |features: usize| (features * voxels * self.settings.precision.bytes()) as u64;
        let held = self.groups(voxels).into_iter().map(<[Feature]>::len).max().unwrap_or(0);
        Ok(Estimate {
            voxels,
            features: self.features.len(),
            values_bytes: bytes(self.features.len()),
            held_bytes: bytes(held),
        })
    }

    /// The image's intensities on the part of the grid that maps are given on, normalised and resampled as for the maps.
    ///
    /// # Errors
    /// As [`Mapper::map`].
    pub fn intensities(&self, image: &Image, mask: &Mask) -> Result<Volume<f64>, Error> {
        let settings = self.settings.params.settings();
        let prepared = Prepared::new(image, mask, &settings)?;
        let part = Crop::new(&prepared, &settings)?.grid.part;
        Ok(prepared.image.window(part)?)
    }

    /// All maps of one image: as many features at one time as memory allows, whole families where possible.
    fn image_maps(
        &self,
        mut task: Task,
        image: &str,
        grid: &Arc<Grid>,
        sink: &mut dyn FnMut(Map) -> Result<(), Error>,
        watch: &dyn Watch,
    ) -> Result<(), Error> {
        let voxels = task.centres.len();
        let (mut done, total) = (0, (voxels * self.features.len()) as u64);
        for group in self.groups(voxels) {
            task.features = group.to_vec();
            let mut maps: Vec<Values> =
                group.iter().map(|_| Values::zeros(self.settings.precision, voxels)).collect();
            let mut run = self.engine.start(&task)?;
            let mut block = Values::zeros(self.settings.precision, 0);
            let mut first = 0;
            while first < voxels {
                if watch.cancelled() {
                    return Err(Error::Cancelled);
                }
                let n = run.chunk().clamp(1, voxels - first);
                block.resize(n * group.len());
                run.evaluate(first, &mut block, watch)?;
                // By all threads: most of the time goes into memory that is touched for the first time.
                maps.par_iter_mut()
                    .enumerate()
                    .for_each(|(k, map)| map.put(first, &block, k * n..(k + 1) * n));
                first += n;
                done += (n * group.len()) as u64;
                watch.progress(done, total);
            }
            drop(run);
            for (&feature, values) in group.iter().zip(maps) {
                sink(Map {
                    name: format!("{image}_{feature}"),
                    feature,
                    values,
                    grid: Arc::clone(grid),
                    outside: task.settings.init_value,
                })?;
            }
        }
        Ok(())
    }

    /// Cuts the list of features between families so that the values of a group fit the memory.
    fn groups(&self, voxels: usize) -> Vec<&[Feature]> {
        let fitting = self.settings.memory / (voxels * self.settings.precision.bytes()).max(1);
        let mut groups = Vec::new();
        let mut start = 0;
        let mut end = 0;
        for family in self.features.chunk_by(|a, b| a.family == b.family) {
            if end > start && end + family.len() - start > fitting {
                groups.push(&self.features[start..end]);
                start = end;
            }
            end += family.len();
        }
        if end > start {
            groups.push(&self.features[start..end]);
        }
        groups
    }

    /// What is asked for and has no meaning for maps.
    fn without_effect(&self) -> Vec<String> {
        let shape = |class| matches!(class, FeatureClass::Shape | FeatureClass::Shape2D);
        let named = self.settings.params.classes.iter().filter(|selection| shape(selection.class));
        named
            .map(|selection| format!("{} was left out: there are no maps of shape", selection.class))
            .collect()
    }
}

fn enter(watch: &dyn Watch, stage: &str) -> Result<(), Error> {
    if watch.cancelled() {
        return Err(Error::Cancelled);
    }
    watch.stage(stage);
    Ok(())
}

fn named(error: Error, name: &str) -> Error {
    match error {
        Error::TooManyLevels { highest, limit, .. } => {
            Error::TooManyLevels { image: name.to_owned(), highest, limit }
        }
        error => error,
    }
}

/// The features of the classes and families selected, in their order.
fn wanted(settings: &MapSettings) -> Result<Vec<Feature>, Error> {
    let mut features = Vec::new();
    for selection in &settings.params.classes {
        if matches!(selection.class, FeatureClass::Shape | FeatureClass::Shape2D) {
            continue;
        }
        let all = selection.class.features();
        let place = |name| all.iter().position(|feature| feature.name == name);
        let family = Family::Class(selection.class);
        let places = selection.features.iter().filter_map(|feature| place(feature.name));
        features.extend(places.map(|place| Feature { family, place }));
    }
    for &family in &settings.ibsi {
        let family = Family::Ibsi(family);
        if !Family::ALL.contains(&family) {
            let reason = "it is not defined on a window, or is one of PyRadiomics' classes";
            return Err(Error::NoMap { name: family.to_string(), reason });
        }
        features.extend(family.features());
    }
    Ok(features)
}

/// What a run will take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Voxels of the region.
    pub voxels: usize,
    /// Maps of each image.
    pub features: usize,
    /// Bytes of the values of all maps of one image.
    pub values_bytes: u64,
    /// Bytes of the values that are in memory at one time when maps are streamed.
    pub held_bytes: u64,
}

/// The part of the grid that matters to the maps of a region.
struct Crop {
    grid: Arc<Grid>,
    /// Voxels of the region, over the part.
    inside: Array3<bool>,
    /// Voxels that belong to windows, over the part.
    members: Array3<bool>,
    /// Where filtered images are needed: the region's box or all of the part.
    filtered: IndexBox,
    filtered_inside: Array3<bool>,
    spacing: [f64; 3],
}

impl Crop {
    fn new(prepared: &Prepared, settings: &Settings) -> Result<Self, Error> {
        let (region, image) = (&prepared.region, *prepared.image.geometry());
        let bounds = region.bounds();
        let part = bounds.grown([settings.kernel_radius as usize; 3], image.size());
        let [sx, sy, sz] = part.size;
        let mut inside = Array3::from_elem([sz, sy, sx], false);
        let [x, y, z] = std::array::from_fn(|a| {
            let start = bounds.start[a] - part.start[a];
            start..start + bounds.size[a]
        });
        inside.slice_mut(s![z, y, x]).assign(region.inside());
        if inside.len() > u32::MAX as usize {
            return Err(Error::TooManyVoxels { size: part.size, limit: u32::MAX });
        }
        let positions = (0..).zip(&inside).filter(|(_, inside)| **inside).map(|(position, _)| position);
        let grid = Grid { image, part, geometry: image.crop(part)?, voxels: positions.collect() };
        let (members, filtered, filtered_inside) = if settings.masked_kernel {
            (inside.clone(), bounds, region.inside().clone())
        } else {
            let all = Array3::from_elem(inside.dim(), true);
            (all.clone(), part, all)
        };
        let spacing = image.spacing();
        Ok(Self { grid: Arc::new(grid), inside, members, filtered, filtered_inside, spacing })
    }

    /// Discretises a filtered image.
    fn field(&self, values: &Array3<f64>, settings: &Settings) -> Result<Field, Error> {
        let binning = settings.bin_count.map_or(Binning::Width(settings.bin_width), Binning::Count);
        let radius = settings.kernel_radius as usize;
        let part = self.grid.part;
        if self.filtered == part {
            return Field::new(values, &self.members, self.spacing, binning, radius);
        }
        let [sx, sy, sz] = part.size;
        let mut whole = Array3::zeros([sz, sy, sx]);
        let [x, y, z] = std::array::from_fn(|a| {
            let start = self.filtered.start[a] - part.start[a];
            start..start + self.filtered.size[a]
        });
        whole.slice_mut(s![z, y, x]).assign(values);
        Field::new(&whole, &self.members, self.spacing, binning, radius)
    }

    /// Positions in the field of the region's voxels.
    fn centres(&self, field: &Field) -> Vec<u32> {
        let voxels = self.inside.indexed_iter().filter(|(_, inside)| **inside);
        voxels.map(|((z, y, x), _)| field.position([x, y, z]) as u32).collect()
    }
}
