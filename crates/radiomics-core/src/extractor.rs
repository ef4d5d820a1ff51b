//! Image and mask in, one row of features out.

use radiomics_imaging::{Image, Mask};
use rayon::prelude::*;
use serde_json::Value;

use crate::{
    config::{ClassSelection, ImageType, Overrides, Params, Scope, Settings, scope_of},
    convention::Convention,
    derived::{Derived, derive_in_groups},
    diagnostics::Diagnostics,
    error::Error,
    features::{first_order, glcm, gldm, glrlm, glszm, ngtdm, shape, shape2d},
    ibsi::{self, IbsiValue},
    levels::{Binning, Levels},
    memory::keep_freed,
    names::FeatureClass,
    prepare::{Prepared, enter, prepare},
    region::Region,
    scan::Scan,
};

/// Takes features from images: all settings are checked, it is ready to run.
///
/// ```
/// use radiomics_core::{Extractor, Params, ParamsFormat};
/// use radiomics_imaging::{Geometry, Image, Mask, Volume};
///
/// let grid = Geometry::axial([8, 8, 8], [1.0, 1.0, 2.0])?;
/// let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
/// let inside = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| z.min(y).min(x) > 2);
/// let image = Image::from(Volume::new(voxels, grid)?);
/// let mask = Mask::from_region(&Volume::new(inside, grid)?);
///
/// let params = Params::parse("featureClass: {shape: [VoxelVolume]}", ParamsFormat::Yaml)?;
/// let row = Extractor::new(params)?.extract(&image, &mask)?;
/// assert_eq!(row.get("original_shape_VoxelVolume"), Some(250.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Extractor {
    params: Params,
    settings: Settings,
    convention: Convention,
}

/// The result for one region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureRow {
    /// Columns `diagnostics_…`; none with `additionalInfo: false`.
    pub diagnostics: Vec<(String, Value)>,
    /// Names and values: PyRadiomics' columns in its order, or IBSI's tags in the order of the manual.
    pub features: Vec<(String, f64)>,
    /// What was asked for and not done, and why.
    pub warnings: Vec<String>,
    /// By IBSI's definitions, each of `features` with family, name, code, aggregation and unit; else empty.
    pub ibsi: Vec<IbsiValue>,
}

impl FeatureRow {
    /// The value of a column such as `original_glcm_Contrast`, or `cm_contrast_3D_avg` with IBSI.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.features.iter().find(|(column, _)| column == name).map(|(_, value)| *value)
    }
}

/// Somebody who watches an extraction and may end it. Called from any thread.
pub trait Observer: Sync {
    /// A step begins: a word such as `resample`, or an image type and class such as `original glcm`.
    fn stage(&self, name: &str) {
        let _ = name;
    }

    /// True when the result is no longer wanted; asked between steps.
    fn cancelled(&self) -> bool {
        false
    }
}

impl<T: Observer + ?Sized> Observer for &T {
    fn stage(&self, name: &str) {
        (**self).stage(name);
    }

    fn cancelled(&self) -> bool {
        (**self).cancelled()
    }
}

/// Nobody watches.
impl Observer for () {}

impl Extractor {
    /// Checks every setting, for the features of PyRadiomics.
    ///
    /// # Errors
    /// [`Error::Params`] for a setting out of range.
    pub fn new(params: Params) -> Result<Self, Error> {
        Self::with_convention(params, Convention::PyRadiomics)
    }

    /// Checks every setting, for features by the definitions of a convention.
    ///
    /// ```
    /// # use radiomics_imaging::{Geometry, Image, Mask, Volume};
    /// # let grid = Geometry::axial([8, 8, 8], [1.0, 1.0, 2.0])?;
    /// # let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
    /// # let inside = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| z.min(y).min(x) > 2);
    /// # let image = Image::from(Volume::new(voxels, grid)?);
    /// # let mask = Mask::from_region(&Volume::new(inside, grid)?);
    /// use radiomics_core::{Extractor, Params, ParamsFormat, convention::Convention};
    ///
    /// let params = Params::parse("[ibsi]\nfamilies = ['morphology']", ParamsFormat::Toml)?;
    /// let row = Extractor::with_convention(params, Convention::Ibsi)?.extract(&image, &mask)?;
    /// assert_eq!(row.get("morph_vol_approx"), Some(250.0));
    /// assert_eq!(row.ibsi[1].code, "YEKZ");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Extractor::new`].
    pub fn with_convention(params: Params, convention: Convention) -> Result<Self, Error> {
        params.check()?;
        keep_freed();
        let settings = params.settings();
        Ok(Self { params, settings, convention })
    }

    /// Whose definitions are followed.
    pub fn convention(&self) -> Convention {
        self.convention
    }

    /// What is extracted.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Features of the region with the label of the settings.
    ///
    /// # Errors
    /// Whatever makes image and mask unusable with these settings, with the values that led to it.
    pub fn extract(&self, image: &Image, mask: &Mask) -> Result<FeatureRow, Error> {
        self.extract_label(image, mask, self.settings.label)
    }

    /// Features of the region with this label.
    ///
    /// # Errors
    /// As [`Extractor::extract`].
    pub fn extract_label(&self, image: &Image, mask: &Mask, label: u32) -> Result<FeatureRow, Error> {
        self.extract_observed(image, mask, label, &())
    }

    /// The same while somebody watches.
    ///
    /// # Errors
    /// As [`Extractor::extract`], and [`Error::Cancelled`].
    pub fn extract_observed(
        &self,
        image: &Image,
        mask: &Mask,
        label: u32,
        observer: &dyn Observer,
    ) -> Result<FeatureRow, Error> {
        if self.convention == Convention::Ibsi {
            let settings = Settings { label, ..self.settings.clone() };
            return ibsi::extract(image, mask, &self.params, &settings, observer);
        }
        let scan = Scan::new(image, mask, &self.params, &self.settings, Some(label), observer)?;
        self.extract_of(image, mask, label, &scan, observer)
    }

    /// Features of several regions of one scan, side by side; what all of them need from the whole scan or mask is
    /// found once. The rows are those of [`Extractor::extract_observed`], in the order of the labels.
    ///
    /// `observer` gives somebody who watches a region; it is dropped when the region is done.
    ///
    /// ```
    /// use radiomics_core::{Extractor, Params};
    /// use radiomics_imaging::{Geometry, Image, Mask, Volume};
    ///
    /// let grid = Geometry::axial([8, 8, 8], [1.0; 3])?;
    /// let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
    /// let labels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, _, _)| (z / 3) as u8);
    /// let image = Image::from(Volume::new(voxels, grid)?);
    /// let mask = Mask::from_image(Volume::new(labels, grid)?.into())?;
    ///
    /// let rows = Extractor::new(Params::default())?.extract_labels(&image, &mask, &[1, 2, 9], |_| ());
    /// let volumes = rows.iter().map(|row| row.as_ref().ok()?.get("original_shape_VoxelVolume"));
    /// assert_eq!(volumes.collect::<Vec<_>>(), [Some(192.0), Some(128.0), None]); // there is no label 9
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn extract_labels<O: Observer>(
        &self,
        image: &Image,
        mask: &Mask,
        labels: &[u32],
        observer: impl Fn(u32) -> O + Sync,
    ) -> Vec<Result<FeatureRow, Error>> {
        if self.convention == Convention::Ibsi {
            return ibsi::extract_labels(image, mask, &self.params, &self.settings, labels, observer);
        }
        let scan = match Scan::new(image, mask, &self.params, &self.settings, None, &()) {
            Ok(scan) => scan,
            Err(error) => return labels.iter().map(|_| Err(error.clone())).collect(),
        };
        let row = |&label: &u32| self.extract_of(image, mask, label, &scan, &observer(label));
        labels.par_iter().map(row).collect()
    }

    fn extract_of(
        &self,
        image: &Image,
        mask: &Mask,
        label: u32,
        scan: &Scan,
        observer: &dyn Observer,
    ) -> Result<FeatureRow, Error> {
        let settings = Settings { label, ..self.settings.clone() };
        let mut diagnostics = settings.additional_info.then(|| Diagnostics::new(&self.params, &settings));
        let mut prepared = prepare(image, mask, &settings, scan, diagnostics.as_mut(), observer)?;
        if self.params.image_types.iter().any(|(image_type, _)| *image_type != ImageType::Original) {
            prepared.image.evaluate();
        }
        let mut warnings = self.without_effect();
        let shape_classes = self.shape_classes(&prepared.shape_region, &settings, &mut warnings);
        let spacing = prepared.image.geometry().spacing();
        let (shapes, images) = rayon::join(
            || {
                in_order(&shape_classes, |class| {
                    shape(class, &prepared.shape_region, spacing, &settings, observer)
                })
            },
            || {
                in_order(&self.params.image_types, |(image_type, own)| {
                    self.image_features(*image_type, &prepared, &settings.with(own), observer)
                })
            },
        );
        let (mut features, images) = (shapes?.features, images?);
        features.extend(images.features);
        warnings.extend(images.warnings);
        if !self.params.filters.is_empty() {
            warnings.push(
                "`filter` has no effect on PyRadiomics' features: its filters are those of IBSI".into(),
            );
        }
        let diagnostics = diagnostics.map(Diagnostics::into_columns).unwrap_or_default();
        Ok(FeatureRow { diagnostics, features, warnings, ibsi: Vec::new() })
    }

    /// Settings of single image types that concern what is done once for all of them, and those of IBSI.
    fn without_effect(&self) -> Vec<String> {
        let before = |key| matches!(scope_of(key), Some(Scope::Region | Scope::Image | Scope::Output));
        let keys =
            |own: &Overrides| own.entries().into_iter().map(|(key, _)| key).filter(move |key| before(key));
        let types = self.params.image_types.iter();
        let no_part = self.params.setting.entries().into_iter().map(|(key, _)| key);
        let no_part = no_part.filter(|key| scope_of(key) == Some(Scope::Ibsi)).map(|key| {
            format!("`ibsi.{key}` has no effect on PyRadiomics' features; IBSI's are another convention")
        });
        let too_late = types
            .flat_map(|(image_type, own)| keys(own).map(move |key| (image_type.name(), key)))
            .map(|(image_type, key)| {
                format!("`imageType.{image_type}.{key}` has no effect: what it concerns is done once for all image types")
            });
        too_late.chain(no_part).collect()
    }

    /// The classes of shape that can be calculated.
    fn shape_classes(
        &self,
        region: &Region,
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Vec<&ClassSelection> {
        let asked = |class| self.params.classes.iter().find(|selection| selection.class == class);
        let mut classes: Vec<_> = asked(FeatureClass::Shape).into_iter().collect();
        let Some(shape2d) = asked(FeatureClass::Shape2D) else { return classes };
        let (size, dimension) = (region.bounds().size, usize::from(settings.force_2d_dimension.min(2)));
        if !settings.force_2d {
            warnings.push("shape2D was left out: it needs force2D".into());
        } else if size[dimension] <= 1 {
            // PyRadiomics means to test for a single slice, but tests x where it cuts across z.
            let axis = ["x", "y", "z"][dimension];
            warnings.push(format!(
                "shape2D was left out, as PyRadiomics leaves it out: with force2Ddimension {dimension} the region \
                 must be longer than one voxel along {axis}"
            ));
        } else {
            classes.push(shape2d);
        }
        classes
    }

    /// Features of the image, or of those derived from it, and what was left out.
    fn image_features(
        &self,
        image_type: ImageType,
        prepared: &Prepared,
        settings: &Settings,
        observer: &dyn Observer,
    ) -> Result<Row, Error> {
        let classes: Vec<&ClassSelection> = self
            .params
            .classes
            .iter()
            .filter(|selection| !matches!(selection.class, FeatureClass::Shape | FeatureClass::Shape2D))
            .collect();
        if classes.is_empty() {
            return Ok(Row::default());
        }
        if image_type != ImageType::Original {
            enter(observer, image_type.name())?;
        }
        let (region, mut features) = (&prepared.region, Vec::new());
        let warnings = derive_in_groups(
            image_type,
            &prepared.image,
            region.bounds(),
            region.inside(),
            prepared.largest,
            settings,
            rayon::current_num_threads(),
            |images| {
                let row =
                    in_order(&images, |derived| texture(derived, &classes, prepared, settings, observer))?;
                features.extend(row.features);
                Ok::<_, Error>(images.into_iter().map(|derived| derived.values).collect())
            },
        )?;
        Ok(Row { features, warnings })
    }
}

/// The classes of one derived image.
fn texture(
    derived: &Derived,
    classes: &[&ClassSelection],
    prepared: &Prepared,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Row, Error> {
    let (name, image, inside) = (&derived.name, &derived.values, prepared.region.inside());
    let binning = settings.bin_count.map_or(Binning::Width(settings.bin_width), Binning::Count);
    let border = settings.distances.iter().copied().max().unwrap_or(1) as usize;
    let spacing = prepared.image.geometry().spacing();
    let levels = Levels::new(image, inside, spacing, binning, border)
        .map_err(|error| in_derived(name, placed(error, prepared)))?;
    in_order(classes, |selection| {
        enter(observer, &format!("{name} {}", selection.class))?;
        let row =
            |values: &[f64]| Ok(Row { features: columns(name, selection, values), warnings: Vec::new() });
        match selection.class {
            FeatureClass::FirstOrder => {
                row(&first_order::features(image, inside, &levels, settings)?.values())
            }
            FeatureClass::Glcm => row(&glcm::features(&levels, settings)?.values()),
            FeatureClass::Gldm => row(&gldm::features(&levels, settings)?.values()),
            FeatureClass::Glrlm => row(&glrlm::features(&levels, settings)?.values()),
            FeatureClass::Glszm => row(&glszm::features(&levels, settings)?.values()),
            FeatureClass::Ngtdm => row(&ngtdm::features(&levels, settings)?.values()),
            FeatureClass::Shape | FeatureClass::Shape2D => Ok(Row::default()),
        }
    })
}

/// A part of a row.
#[derive(Default)]
struct Row {
    features: Vec<(String, f64)>,
    warnings: Vec<String>,
}

/// Features of the form of a region.
fn shape(
    selection: &ClassSelection,
    region: &Region,
    spacing: [f64; 3],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Row, Error> {
    enter(observer, selection.class.name())?;
    let row = |values: &[f64]| Row { features: columns("original", selection, values), warnings: Vec::new() };
    Ok(if selection.class == FeatureClass::Shape2D {
        row(&shape2d::features(region.inside(), spacing, settings.force_2d_dimension)?.values())
    } else {
        row(&shape::features(region.inside(), spacing)?.values())
    })
}

/// Runs over all items at once and joins what comes out in their order; of several errors, the first.
fn in_order<T: Sync>(
    items: &[T],
    run: impl Fn(&T) -> Result<Row, Error> + Sync + Send,
) -> Result<Row, Error> {
    let results: Vec<_> = items.par_iter().map(run).collect();
    let mut joined = Row::default();
    for result in results {
        let row = result?;
        joined.features.extend(row.features);
        joined.warnings.extend(row.warnings);
    }
    Ok(joined)
}

/// The selected features of a class; `values` are in the order of its names.
fn columns(image: &str, selection: &ClassSelection, values: &[f64]) -> Vec<(String, f64)> {
    let class = selection.class;
    let value = |name| class.features().iter().zip(values).find(|(f, _)| f.name == name).map(|(_, v)| *v);
    selection
        .features
        .iter()
        .filter_map(|feature| Some((format!("{image}_{class}_{}", feature.name), value(feature.name)?)))
        .collect()
}

/// Says which image it is, unless it is the scan itself.
fn in_derived(image: &str, error: Error) -> Error {
    match image {
        "original" => error,
        _ => Error::Derived { image: image.to_owned(), source: Box::new(error) },
    }
}

/// Says where in the patient a voxel lies whose intensity is not finite.
fn placed(error: Error, prepared: &Prepared) -> Error {
    let Error::NotFinite { value, index } = error else { return error };
    let start = prepared.region.bounds().start;
    let index = std::array::from_fn(|a| (index[a] + start[a]) as f64);
    Error::NotFiniteAt { value, position: prepared.image.geometry().point(index) }
}
