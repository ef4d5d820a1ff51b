//! The images that image types stand for, whole: what the features of an extraction are taken from, for those
//! who want to look at them or to go on with them elsewhere.

use ndarray::Array3;
use radiomics_imaging::{Image, IndexBox, Mask, Volume};

use crate::{
    config::{Params, Settings},
    derived::derive_in_groups,
    error::Error,
    extractor::Observer,
    prepare::{enter, prepare, without_facts},
    region::Region,
    scan::Scan,
};

/// One filtered image.
#[derive(Clone, Debug)]
pub struct Response {
    /// The first part of its columns in a feature table, such as `wavelet-LLH`.
    pub name: String,
    /// The image on its grid.
    pub image: Volume<f64>,
}

/// Hands out the images of all image types of some parameters, one type (LoG: one width) at a time.
///
/// The image is normalised, resampled or cut as in an extraction. Where it is resampled or cut, that happens
/// around the region with the label of the settings in `mask`; without a mask the region is the whole image.
/// Returns what was left out, and why.
///
/// ```
/// use radiomics_core::{Params, ParamsFormat, responses::responses};
/// use radiomics_imaging::{Geometry, Image, Volume};
///
/// let grid = Geometry::axial([8, 8, 8], [1.0, 1.0, 2.0])?;
/// let voxels = ndarray::Array3::from_shape_fn([8, 8, 8], |(z, y, x)| (10 * z + 7 * y + x) as i16);
/// let image = Image::from(Volume::new(voxels, grid)?);
/// let params = Params::parse("imageType: {Square: {}, Wavelet: {}}", ParamsFormat::Yaml)?;
/// let mut names = Vec::new();
/// responses::<radiomics_core::Error>(&image, None, &params, &(), |response| {
///     names.push(response.name);
///     Ok(())
/// })?;
/// assert_eq!(names.len(), 9);
/// assert_eq!(names[..2], ["square", "wavelet-LLH"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Extractor::extract`](crate::Extractor::extract), and those of `take`.
pub fn responses<E: From<Error>>(
    image: &Image,
    mask: Option<&Mask>,
    params: &Params,
    observer: &dyn Observer,
    mut take: impl FnMut(Response) -> Result<(), E>,
) -> Result<Vec<String>, E> {
    params.check().map_err(Error::from)?;
    let whole;
    let (mask, settings) = match mask {
        Some(mask) => (mask, params.settings()),
        None => {
            let [nx, ny, nz] = image.geometry().size();
            let all =
                Volume::new(Array3::from_elem([nz, ny, nx], true), *image.geometry()).map_err(Error::from)?;
            whole = Mask::from_region(&all);
            (&whole, Settings { label: 1, ..params.settings() })
        }
    };
    let scan = Scan::new(image, mask, params, &without_facts(&settings), Some(settings.label), observer)?;
    let prepared = prepare(image, mask, &settings, &scan, None, observer)?;
    let (mut working, largest) = (prepared.image, prepared.largest);
    working.evaluate();
    let grid = *working.geometry();
    let all = IndexBox::whole(&grid);
    let inside = Array3::from_elem([all.size[2], all.size[1], all.size[0]], true);
    let region = Region::new(settings.label, grid, all, &inside).ok_or(Error::EmptyRegion)?;
    drop(inside);
    let mut warnings = Vec::new();
    for (image_type, own) in &params.image_types {
        let settings = settings.with(own);
        enter(observer, image_type.name())?;
        let (bounds, inside) = (region.bounds(), region.inside());
        let left_out =
            derive_in_groups(*image_type, &working, bounds, inside, largest, &settings, 1, |images| {
                for derived in images {
                    let image = Volume::new(derived.values, grid).map_err(Error::from)?;
                    take(Response { name: derived.name, image })?;
                }
                Ok::<_, E>(Vec::new())
            })?;
        warnings.extend(left_out);
    }
    Ok(warnings)
}
