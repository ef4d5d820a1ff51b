//! The features of IBSI 1, with all their aggregations. Start with [`features`].
//!
//! The arithmetic is that of [`crate::features`] wherever IBSI and PyRadiomics define the same; here stand the
//! families that only IBSI has, and the ways in which it aggregates. Names, codes, units and formulas:
//! [`crate::names::ibsi`]. What is counted stands on the page of each family.
//!
//! | family | code | features | aggregations |
//! |---|---|---:|---|
//! | [morphology] | `HCUG` | 29 | the whole |
//! | [local intensity](local) | `9ST6` | 2 | the whole |
//! | [intensity statistics](statistics) | `UHIW` | 18 | the whole |
//! | [intensity histogram](histogram) | `ZVCW` | 23 | the whole |
//! | [intensity-volume histogram](ivh) | `P88C` | 7 | the whole |
//! | [co-occurrence, GLCM](glcm) | `LFYI` | 25 | six |
//! | [run lengths, GLRLM](glrlm) | `TP0I` | 16 | six |
//! | [zone sizes, GLSZM](zones) | `9SAK` | 16 | three |
//! | [zone distances, GLDZM](zones) | `VMDZ` | 16 | three |
//! | [tone differences, NGTDM](ngtdm) | `IPET` | 5 | three |
//! | [dependence, NGLDM](ngldm) | `REK0` | 17 | three |
//!
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003.

mod aggregation; // slices and directions → one value
mod autocorrelation; // Moran's I, Geary's C
mod border; // distance of each voxel from the region's border
mod diagnostics; // what is written beside the features
mod discretise; // intensities → grey levels and bins
mod ellipsoid; // area of an ellipsoid, the smallest around points
mod extract; // image and mask → one row of features
pub mod glcm; // pairs of neighbours
pub mod glrlm; // runs along directions
pub mod histogram; // numbers of voxels of each grey level
mod hull; // convex hull
mod input; // what features are taken from, and what they are
pub mod ivh; // volume above each intensity
pub mod local; // means in a ball
pub mod morphology; // form
pub mod ngldm; // voxels and the neighbours that resemble them
pub mod ngtdm; // voxels against the mean of their neighbours
mod process; // image and mask → what features are calculated from
mod region; // the input, checked
mod settings; // what may be chosen
mod sizes; // what matrices of sizes share
pub mod statistics; // intensities
mod steps; // vectors to neighbours
mod turned_box; // the smallest box, however it is turned
pub mod zones; // linked voxels of one grey level

use rayon::prelude::*;

pub(crate) use self::extract::{extract, extract_labels};
#[cfg(test)]
pub(crate) use self::process::inner;
pub use self::{
    aggregation::Aggregation,
    input::{IbsiInput, IbsiValue, IvhBinning},
    process::{Processed, interpolated},
    settings::{Neighbourhood, Norm, Selection, TextureSettings, WeightFunction, Weighting},
};
use self::{region::Region, settings::check};
use crate::{error::Error, names::IbsiFamily};

/// Radius in mm of the ball of 1 cm³ of the local intensity features: so much margin they want around the region.
pub fn local_margin() -> f64 {
    (3.0 / (4.0 * std::f64::consts::PI)).cbrt() * 10.0
}

/// The features selected, family by family in the order of the manual, then feature by feature, then by aggregation.
///
/// Values that a definition leaves without a number, such as the correlation of no pairs, are NaN. Results are the
/// same to the last bit for any number of threads.
///
/// ```
/// use ndarray::arr3;
/// use radiomics_core::ibsi::{IbsiInput, Selection, features};
/// let input = IbsiInput::from_grey_levels(arr3(&[[[1, 1, 2], [2, 2, 1]]]), [1.0, 1.0, 2.0]);
/// let values = features(&input, &Selection::volume())?;
/// let value = |tag: &str| values.iter().find(|v| v.feature_tag == tag).map(|v| v.value);
/// assert_eq!(value("morph_vol_approx"), Some(12.0)); // mm³
/// assert_eq!(value("szm_z_perc_3D"), Some(2.0 / 6.0)); // one zone of each level
/// # Ok::<(), radiomics_core::Error>(())
/// ```
///
/// # Errors
/// When a mask is empty, arrays differ in shape, the intensity mask leaves the morphological one, an intensity of the
/// region is not finite, a grey level is not between 1 and their number, or a setting is out of its range.
pub fn features(input: &IbsiInput, selection: &Selection) -> Result<Vec<IbsiValue>, Error> {
    check(&input.texture)?;
    let region = Region::new(input)?;
    let wanted = IbsiFamily::ALL.into_iter().filter(|&family| selection.wants(family));
    let tasks: Vec<(IbsiFamily, Vec<Aggregation>)> =
        wanted.map(|family| (family, selection.of(family))).filter(|(_, ways)| !ways.is_empty()).collect();
    let done: Vec<Result<Vec<IbsiValue>, Error>> =
        tasks.into_par_iter().map(|(family, ways)| family_values(&region, family, &ways)).collect();
    let mut values = Vec::new();
    for part in done {
        values.extend(part?);
    }
    Ok(values)
}

fn family_values(
    region: &Region,
    family: IbsiFamily,
    aggregations: &[Aggregation],
) -> Result<Vec<IbsiValue>, Error> {
    let (levels, input) = (&region.levels, region.input);
    let texture = &input.texture;
    let sets = match family {
        IbsiFamily::Morphology => vec![morphology::values(region)?],
        IbsiFamily::LocalIntensity => vec![local::values(region)],
        IbsiFamily::IntensityStatistics => vec![statistics::values(&region.voxels)?],
        IbsiFamily::IntensityHistogram => {
            vec![histogram::values(levels.values(), levels.counts(), input.level_count)]
        }
        IbsiFamily::IntensityVolumeHistogram => vec![ivh::values(&region.voxels, input.ivh)?],
        IbsiFamily::Glcm => glcm::values(levels, input.level_count, texture, aggregations),
        IbsiFamily::Glrlm => glrlm::values(levels, texture, aggregations)?,
        IbsiFamily::Glszm => zones::sizes(region, aggregations)?,
        IbsiFamily::Gldzm => zones::distances(region, aggregations)?,
        IbsiFamily::Ngtdm => ngtdm::values(levels, texture, aggregations)?,
        IbsiFamily::Ngldm => ngldm::values(levels, texture, aggregations)?,
    };
    let value = |place: usize, set: usize| {
        let value: f64 = sets[set][place];
        let value = if value.is_finite() { value } else { f64::NAN };
        IbsiValue::new(family, &family.features()[place], aggregations[set], value)
    };
    let places = 0..family.features().len();
    Ok(places
        .flat_map(|place| (0..sets.len()).map(move |set| (place, set)))
        .map(|(p, s)| value(p, s))
        .collect())
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::features::testing;

    #[test]
    fn threads_do_not_change_a_bit() {
        let mut input = IbsiInput::from_grey_levels(testing::large(12), [0.9, 1.1, 2.0]);
        let mut random = testing::Random(1);
        input.image.mapv_inplace(|x| x + 0.001 * random.below(1000) as f64);
        for weights in [WeightFunction::None, WeightFunction::Inverse] {
            input.texture.ngtdm_weighting.function = weights;
            input.texture.ngldm_weighting.function = weights;
            testing::same_for_any_threads(|| {
                let values = features(&input, &Selection::default()).unwrap();
                values.into_iter().map(|v| (v.feature_tag, v.value.to_bits())).collect::<Vec<_>>()
            });
        }
    }

    #[test]
    fn only_what_is_selected_comes_and_in_order() {
        let input = IbsiInput::from_grey_levels(testing::large(5), [1.0; 3]);
        let all = features(&input, &Selection::default()).unwrap();
        let slices = features(&input, &Selection::slices()).unwrap();
        let volume = features(&input, &Selection::volume()).unwrap();
        assert_eq!((all.len(), slices.len(), volume.len()), (487, 79 + 41 * 4 + 54 * 2, 79 + 41 * 2 + 54));
        let places = |values: &[IbsiValue]| -> Vec<usize> {
            values.iter().map(|v| all.iter().position(|w| w.feature_tag == v.feature_tag).unwrap()).collect()
        };
        assert!(places(&slices).is_sorted() && places(&volume).is_sorted());
        let same = |v: &IbsiValue| {
            all.iter().any(|w| w.feature_tag == v.feature_tag && w.value.to_bits() == v.value.to_bits())
        };
        assert!(slices.iter().chain(&volume).all(same));
        let one = Selection { families: vec![IbsiFamily::Ngtdm], aggregations: vec![Aggregation::Volume3D] };
        assert_eq!(features(&input, &one).unwrap().len(), 5);
    }

    #[test]
    fn small_regions_give_values_or_nan() {
        for grey in testing::volumes() {
            let input = IbsiInput::from_grey_levels(grey, [1.0, 2.0, 0.5]);
            let values = features(&input, &Selection::default()).unwrap();
            assert_eq!(values.len(), 487);
            assert!(values.iter().all(|v| !v.value.is_infinite()));
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let fine = IbsiInput::from_grey_levels(Array3::from_elem([2, 3, 4], 1), [1.0; 3]);
        let error = |change: &dyn Fn(&mut IbsiInput)| {
            let mut input = fine.clone();
            change(&mut input);
            features(&input, &Selection::default()).unwrap_err()
        };
        let empty = Array3::from_elem([2, 3, 4], false);
        assert_eq!(error(&|input| input.intensity = empty.clone()), Error::EmptyRegion);
        assert_eq!(error(&|input| input.morphological = empty.clone()), Error::EmptyRegion);
        assert!(matches!(error(&|input| input.image = Array3::zeros([1, 1, 1])), Error::Shapes { .. }));
        let high = |input: &mut IbsiInput| input.levels[[1, 2, 3]] = 2;
        assert_eq!(error(&high), Error::GreyLevel { level: 2, count: 1, index: [3, 2, 1] });
        let outside = |input: &mut IbsiInput| input.morphological[[0, 1, 2]] = false;
        assert_eq!(error(&outside), Error::OutsideMorphological { index: [2, 1, 0] });
        let infinite = |input: &mut IbsiInput| input.image[[0, 1, 2]] = f64::INFINITY;
        assert_eq!(error(&infinite), Error::NotFinite { value: f64::INFINITY, index: [2, 1, 0] });
        assert!(matches!(error(&|input| input.spacing[1] = 0.0), Error::Geometry(_)));
        for distance in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let far = |input: &mut IbsiInput| input.texture.ngldm.distance = distance;
            assert!(matches!(error(&far), Error::IbsiSetting { .. }));
        }
    }

    #[test]
    fn any_distance_and_norm_is_survived() {
        for norm in [Norm::Chebyshev, Norm::Euclidean, Norm::Manhattan] {
            for distance in [1.0, 1.5, 2.0, 3.0, 1e12] {
                let mut input = IbsiInput::from_grey_levels(testing::volumes().swap_remove(12), [1.0; 3]);
                let near = Neighbourhood { distance, norm };
                let weighting = Weighting { function: WeightFunction::Exponential, norm };
                input.texture = TextureSettings {
                    glcm: near,
                    glcm_weighting: weighting,
                    glrlm_weighting: weighting,
                    glszm: near,
                    gldzm: near,
                    ngtdm: near,
                    ngtdm_weighting: weighting,
                    ngldm: near,
                    ngldm_weighting: weighting,
                    ngldm_alpha: 1,
                };
                assert_eq!(features(&input, &Selection::default()).unwrap().len(), 487);
            }
        }
    }
}
