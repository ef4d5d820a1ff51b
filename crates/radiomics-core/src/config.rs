//! Every setting of an extraction: PyRadiomics' names, meanings and defaults, and those of [`Scope::Ibsi`] for an
//! extraction by IBSI's definitions.
//!
//! # How settings layer
//!
//! Later layers replace single settings of earlier ones:
//!
//! 1. the defaults, [`Settings::default`];
//! 2. `setting` and `voxelSetting` of a parameter file, [`Params::setting`];
//! 3. settings of a command line or program, put into [`Params::setting`] by
//!    [`Params::parse_with`] or [`Overrides::update`];
//! 4. the settings that an image type has of its own, for the filter that makes this image and for
//!    the features taken from it.
//!
//! So an image type keeps its own bin width whatever the command line says: this is PyRadiomics' order. What
//! happens before filters happens once for all image types; settings of [`Scope::Region`], [`Scope::Image`]
//! and [`Scope::Output`] therefore have no effect in an image type.
//!
//! An empty value (`binCount:` in YAML, `null` in JSON, `none` in TOML and on a command line) unsets a
//! setting that can be unset, such as `binCount`, and so takes back what an earlier layer gave. An empty
//! switch is off, as `None` is in Python. Elsewhere an empty value gives nothing: the earlier layer stands.
//!
//! ```
//! use radiomics_core::config::Overrides;
//! use radiomics_core::params::{Params, ParamsFormat};
//!
//! let file = "
//! setting:
//!   binCount: 32
//!   force2D: true
//! imageType:
//!   Original: {}
//!   Wavelet: {binCount: , binWidth: 10}
//! ";
//! let mut command_line = Overrides::default();
//! command_line.set("binWidth", "5")?;
//! command_line.set("distances", "1,2")?;
//! let params = Params::parse_with(file, ParamsFormat::Yaml, &command_line)?;
//!
//! let (original, wavelet) = (&params.image_types[0].1, &params.image_types[1].1);
//! let original = params.settings().with(original);
//! assert_eq!((original.bin_count, original.bin_width), (Some(32), 5.0));
//! let wavelet = params.settings().with(wavelet);
//! assert_eq!((wavelet.bin_count, wavelet.bin_width), (None, 10.0));
//! assert_eq!(wavelet.distances, [1, 2]);
//! assert_eq!(wavelet.gldm_a, 0.0); // nobody said anything
//! # Ok::<(), radiomics_core::params::ParamsError>(())
//! ```

mod catalogue;
mod choices;
mod value;

use crate::ibsi::{Aggregation, Norm, WeightFunction};
use crate::names::{FeatureClass, FeatureName, IbsiFamily, Status};
use crate::params::{
    NamedFilter, ParamsError, Problem, nearest,
    node::{Node, Value},
};

pub use self::catalogue::{Catalogue, Scope, SettingInfo, catalogue};
pub use self::choices::ImageType;
use self::choices::WAVELETS_IN_SHORT;
pub use self::choices::{
    Extent, Interpolation, Interpolator, LBP_METHODS, ResegmentMode, Sigma, WAVELETS, WeightingNorm,
};
use self::value::{Rule, SettingValue, expected};

macro_rules! settings {
    ($($scope:ident { $(
        $field:ident $key:literal $type:ty = $default:expr, $rule:expr, $meaning:literal;
    )* })*) => {
        /// The settings of one extraction. The names in a parameter file are given by [`Settings::KEYS`].
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings { $($(#[doc = $meaning] pub $field: $type,)*)* }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($($field: $default,)*)* }
            }
        }

        /// Some settings: those that a parameter file, an image type or a command line gives.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Overrides { $($(#[doc = $meaning] pub $field: Option<$type>,)*)* }

        impl Settings {
            /// Key and meaning of each setting, as in a parameter file.
            pub const KEYS: [(&'static str, &'static str); [$($($key,)*)*].len()] = [$($(($key, $meaning),)*)*];

            /// These settings with some replaced.
            pub fn with(&self, overrides: &Overrides) -> Self {
                Self { $($($field: overrides.$field.clone().unwrap_or_else(|| self.$field.clone()),)*)* }
            }

            /// Key and value of every setting, in the order of [`Settings::KEYS`].
            pub fn entries(&self) -> Vec<(&'static str, serde_json::Value)> {
                vec![$($(($key, self.$field.to_json()),)*)*]
            }

            /// Checks that every value is in its range.
            ///
            /// # Errors
            /// The first setting that is not, with its value and what was expected.
            pub fn check(&self) -> Result<(), ParamsError> {
                $($(check($key, &self.$field, &$rule)?;)*)*
                Ok(())
            }

            /// What there is to know about each setting, in the order of [`Settings::KEYS`].
            fn describe() -> Vec<SettingInfo> {
                let defaults = Self::default();
                vec![$($(describe($key, &defaults.$field, &$rule, Scope::$scope, $meaning),)*)*]
            }
        }

        impl Overrides {
            /// Key and value of every setting given.
            pub fn entries(&self) -> Vec<(&'static str, serde_json::Value)> {
                let mut entries = Vec::new();
                $($(if let Some(value) = &self.$field { entries.push(($key, value.to_json())); })*)*
                entries
            }

            /// Takes over what `other` gives.
            pub fn update(&mut self, other: &Self) {
                $($(if other.$field.is_some() { self.$field = other.$field.clone(); })*)*
            }

            /// Checks that every value given is in its range.
            ///
            /// # Errors
            /// The first setting that is not, with its value and what was expected.
            pub fn check(&self) -> Result<(), ParamsError> {
                $($(if let Some(value) = &self.$field { check($key, value, &$rule)?; })*)*
                Ok(())
            }

            /// Takes the value of a setting from a node; `None` where there is no setting `key`.
            pub(crate) fn read(&mut self, key: &str, node: &Node) -> Option<Result<(), Problem>> {
                match key {
                    $($($key => Some(read(node, &$rule).map(|value| self.$field = value)),)*)*
                    _ => None,
                }
            }

            /// Takes the value of a setting from text; `None` where there is no setting `key`.
            fn read_text(&mut self, key: &str, text: &str) -> Option<Result<(), Problem>> {
                match key {
                    $($($key => {
                        let node = <$type as SettingValue>::node(text);
                        Some(read(&node, &$rule).map(|value| self.$field = value))
                    })*)*
                    _ => None,
                }
            }
        }

        /// What a setting concerns.
        pub(crate) fn scope_of(key: &str) -> Option<Scope> {
            match key {
                $($($key => Some(Scope::$scope),)*)*
                _ => None,
            }
        }
    };
}

// Upper limits keep the work of a hostile file small; they lie far beyond what means anything in a region.
settings! {
    Region {
        minimum_roi_dimensions "minimumROIDimensions" u8 = 2, Rule::within(1.0, 3.0), "Axes along which the region must be longer than one voxel, 1 to 3.";
        minimum_roi_size "minimumROISize" Option<u64> = None, Rule::at_least(1.0), "A region of this many voxels or fewer is refused.";
        geometry_tolerance "geometryTolerance" Option<f64> = None, Rule::above(0.0), "Largest difference of image and mask grid, times the spacing along x (unset: 1e-6).";
        correct_mask "correctMask" bool = false, Rule::ANY, "Resample a mask that lies on another grid onto that of the image.";
    }
    Output {
        additional_info "additionalInfo" bool = true, Rule::ANY, "Write diagnostics columns.";
    }
    Region {
        label "label" u32 = 1, Rule::at_least(1.0), "Label of the region in the mask.";
        label_channel "label_channel" usize = 0, Rule::ANY, "Channel of a mask with several.";
    }
    Image {
        normalize "normalize" bool = false, Rule::ANY, "Scale the whole image to mean 0 and standard deviation 1 first.";
        normalize_scale "normalizeScale" f64 = 1.0, Rule::above(0.0), "Factor applied after normalisation.";
        remove_outliers "removeOutliers" Option<f64> = None, Rule::above(0.0), "Clip the normalised image at this many standard deviations.";
        resampled_pixel_spacing "resampledPixelSpacing" Option<[f64; 3]> = None, Rule::at_least(0.0), "New voxel spacing x, y, z in mm; 0 keeps an axis.";
        interpolator "interpolator" Option<Interpolator> = Some(Interpolator::BSpline), Rule::NAME_OR_NUMBER, "How the image is interpolated; without one it is not resampled.";
        pad_distance "padDistance" u32 = 5, Rule::ANY, "Voxels kept around the region when the image is resampled or cropped.";
        pre_crop "preCrop" bool = false, Rule::ANY, "Cut the image to the region and `padDistance` before filters.";
    }
    Region {
        resegment_range "resegmentRange" Option<Vec<f64>> = None, Rule::ANY.items(1, 2), "Keep voxels at or above the smaller and at or below the larger value.";
        resegment_mode "resegmentMode" ResegmentMode = ResegmentMode::Absolute, Rule::ANY, "What `resegmentRange` means.";
        resegment_shape "resegmentShape" bool = false, Rule::ANY, "Take shape features from the resegmented region too.";
    }
    Levels {
        bin_width "binWidth" f64 = 25.0, Rule::above(0.0), "Width of a grey-level bin, in the unit of the image.";
        bin_count "binCount" Option<u32> = None, Rule::at_least(1.0), "Number of grey-level bins; replaces `binWidth`.";
    }
    Texture {
        force_2d "force2D" bool = false, Rule::ANY, "Texture and filters within slices only.";
        force_2d_dimension "force2Ddimension" u8 = 0, Rule::within(0.0, 2.0), "Axis across the slices: 0 = z, 1 = y, 2 = x.";
    }
    Neighbours {
        distances "distances" Vec<u32> = vec![1], Rule::at_least(1.0), "Distances (Chebyshev, voxels) of neighbours for GLCM, GLDM and NGTDM.";
    }
    Glcm {
        symmetrical_glcm "symmetricalGLCM" bool = true, Rule::ANY, "Count each pair of voxels in both orders.";
    }
    Directions {
        weighting_norm "weightingNorm" Option<WeightingNorm> = None, Rule::ANY, "Merge GLCM and GLRLM over directions, weighted by this norm of the distance.";
    }
    Gldm {
        gldm_a "gldm_a" f64 = 0.0, Rule::at_least(0.0).whole(), "Largest grey-level difference of dependent neighbours.";
    }
    FirstOrder {
        // PyRadiomics' checker wants a whole number; SUV images need fractions, and its arithmetic takes them.
        voxel_array_shift "voxelArrayShift" f64 = 0.0, Rule::ANY, "Added to intensities before Energy, TotalEnergy and RootMeanSquared.";
    }
    LoG {
        sigma "sigma" Option<Vec<Sigma>> = None, Rule::within(1e-3, 1e4), "Widths of the Gaussian in mm.";
    }
    Wavelet {
        wavelet "wavelet" String = "coif1".into(), Rule::one_of(WAVELETS, Some(WAVELETS_IN_SHORT)), "Name of the mother wavelet.";
        start_level "start_level" u32 = 0, Rule::within(0.0, 16.0), "First level kept.";
        level "level" u32 = 1, Rule::within(1.0, 16.0), "Number of levels.";
    }
    Gradient {
        gradient_use_spacing "gradientUseSpacing" bool = true, Rule::ANY, "Divide by the voxel spacing.";
    }
    Lbp2D {
        lbp_2d_radius "lbp2DRadius" f64 = 1.0, Rule::above(0.0).up_to(1000.0), "Radius of the circle of neighbours, voxels.";
        lbp_2d_samples "lbp2DSamples" u32 = 8, Rule::within(1.0, 60.0), "Number of neighbours on the circle.";
        lbp_2d_method "lbp2DMethod" String = "uniform".into(), Rule::one_of(LBP_METHODS, None), "How patterns become numbers.";
    }
    Lbp3D {
        lbp_3d_levels "lbp3DLevels" u32 = 2, Rule::within(1.0, 16.0), "Number of spherical harmonics levels.";
        lbp_3d_icosphere_radius "lbp3DIcosphereRadius" f64 = 1.0, Rule::above(0.0).up_to(1000.0), "Radius of the sphere of neighbours, voxels.";
        lbp_3d_icosphere_subdivision "lbp3DIcosphereSubdivision" u32 = 1, Rule::within(0.0, 5.0), "Subdivisions of the icosahedron.";
    }
    Maps {
        kernel_radius "kernelRadius" u32 = 1, Rule::at_least(1.0), "Radius of the neighbourhood, voxels.";
        masked_kernel "maskedKernel" bool = true, Rule::ANY, "Only voxels of the region count in a neighbourhood.";
        init_value "initValue" f64 = 0.0, Rule::ANY_NUMBER, "Value outside the region.";
        voxel_batch "voxelBatch" i64 = -1, Rule::at_least(1.0).or(-1.0), "Accepted for compatibility; memory is bounded without it.";
    }
    Ibsi {
        mode "mode" Extent = Extent::Volume, Rule::ANY, "Slice by slice (`2D`) or as a volume (`3D`): interpolation and the aggregations of texture.";
        spacing "spacing" Option<Vec<f64>> = None, Rule::at_least(0.0).items(1, 3), "New voxel spacing in mm: x, y, z, or one number for all; `2D`: x, y, or one for both. 0 keeps an axis.";
        interpolation "interpolation" Interpolation = Interpolation::Linear, Rule::ANY, "How the image is interpolated.";
        round_intensities "round_intensities" Option<bool> = None, Rule::ANY, "Round intensities to whole numbers after interpolation (unset: where the scan is stored in whole numbers).";
        mask_interpolation "mask_interpolation" Interpolation = Interpolation::Linear, Rule::ANY, "How the mask is interpolated.";
        mask_threshold "mask_threshold" f64 = 0.5, Rule::above_to(0.0, 1.0), "Least part of an interpolated voxel in the region.";
        range "range" Option<Vec<f64>> = None, Rule::ANY_NUMBER.items(1, 2), "Re-segmentation: smallest and largest intensity kept; `-inf` or `inf` leaves an end open.";
        outlier_sigma "outlier_sigma" Option<f64> = None, Rule::above(0.0), "Re-segmentation: standard deviations around the mean kept, of the region before `range`; both together keep what both keep.";
        bin_size "bin_size" Option<f64> = None, Rule::above(0.0), "Width of a grey-level bin, from the lower end of `range`, else from the smallest intensity; replaces `bin_number`.";
        bin_number "bin_number" Option<u32> = Some(32), Rule::at_least(1.0), "Number of grey-level bins from the smallest to the largest intensity (unset without `bin_size`: intensities are grey levels).";
        ivh_bin_size "ivh_bin_size" Option<f64> = None, Rule::above(0.0), "Width of a bin of the intensity-volume histogram, for continuous intensities such as SUV.";
        ivh_bin_number "ivh_bin_number" Option<u32> = None, Rule::at_least(1.0), "Number of bins of the intensity-volume histogram, for arbitrary intensities (unset without `ivh_bin_size`: steps of 1 where intensities are rounded, else 1000 bins).";
        glcm_distance "glcm_distance" f64 = 1.0, Rule::at_least(1.0), "Distance of the two voxels of a pair.";
        glcm_norm "glcm_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of `glcm_distance`.";
        glcm_weighting "glcm_weighting" WeightFunction = WeightFunction::None, Rule::ANY, "Weight of a direction by its length where directions are merged.";
        glcm_weighting_norm "glcm_weighting_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of the length in `glcm_weighting`.";
        glrlm_weighting "glrlm_weighting" WeightFunction = WeightFunction::None, Rule::ANY, "Weight of a direction by its length where directions are merged.";
        glrlm_weighting_norm "glrlm_weighting_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of the length in `glrlm_weighting`.";
        glszm_distance "glszm_distance" f64 = 1.0, Rule::at_least(1.0), "Distance of voxels linked to one zone.";
        glszm_norm "glszm_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of `glszm_distance`.";
        gldzm_distance "gldzm_distance" f64 = 1.0, Rule::at_least(1.0), "Distance of voxels linked to one zone.";
        gldzm_norm "gldzm_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of `gldzm_distance`.";
        ngtdm_distance "ngtdm_distance" f64 = 1.0, Rule::at_least(1.0), "Largest distance of neighbours.";
        ngtdm_norm "ngtdm_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of `ngtdm_distance`.";
        ngtdm_weighting "ngtdm_weighting" WeightFunction = WeightFunction::None, Rule::ANY, "Weight of a neighbour by its distance.";
        ngtdm_weighting_norm "ngtdm_weighting_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of the distance in `ngtdm_weighting`.";
        ngldm_distance "ngldm_distance" f64 = 1.0, Rule::at_least(1.0), "Largest distance of neighbours.";
        ngldm_norm "ngldm_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of `ngldm_distance`.";
        ngldm_weighting "ngldm_weighting" WeightFunction = WeightFunction::None, Rule::ANY, "Weight of a dependent neighbour by its distance; the voxel itself counts 1.";
        ngldm_weighting_norm "ngldm_weighting_norm" Norm = Norm::Chebyshev, Rule::ANY, "Norm of the distance in `ngldm_weighting`.";
        ngldm_alpha "ngldm_alpha" u32 = 0, Rule::ANY, "Largest grey-level difference of dependent neighbours.";
        families "families" Vec<IbsiFamily> = IbsiFamily::ALL.to_vec(), Rule::ANY, "Families of features.";
        aggregations "aggregations" Option<Vec<Aggregation>> = None, Rule::ANY, "Aggregations of texture features (unset: those of `mode`).";
    }
}

impl Overrides {
    /// Sets one setting from text, as a command line gives it: `binWidth` and `10`, `distances` and `1,2` or
    /// `[1, 2]`, `weightingNorm` and `none`.
    ///
    /// ```
    /// use radiomics_core::config::Overrides;
    /// let mut given = Overrides::default();
    /// given.set("resampledPixelSpacing", "1,1,2")?;
    /// assert_eq!(given.resampled_pixel_spacing, Some(Some([1.0, 1.0, 2.0])));
    /// assert_eq!(
    ///     given.set("binwith", "10").unwrap_err().to_string(),
    ///     "`binwith`: no such setting; did you mean `binWidth`?"
    /// );
    /// assert_eq!(
    ///     given.set("binWidth", "0").unwrap_err().to_string(),
    ///     "`binWidth`: found `0`, expected a number (above 0)"
    /// );
    /// # Ok::<(), radiomics_core::params::ParamsError>(())
    /// ```
    ///
    /// # Errors
    /// An unknown key, a value of the wrong type or out of range; `self` is then unchanged.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ParamsError> {
        // As error messages and lists show those of IBSI.
        let key = key.strip_prefix("ibsi.").filter(|key| scope_of(key) == Some(Scope::Ibsi)).unwrap_or(key);
        let done = self.read_text(key, value).unwrap_or_else(|| {
            let nearest = nearest(key, Settings::KEYS.iter().map(|(key, _)| *key));
            Err(Problem::Unknown { kind: "setting".into(), nearest, known: Vec::new() })
        });
        done.map_err(|problem| ParamsError { at: None, path: key.to_owned(), problem })
    }
}

/// A setting from a node; `None` where the node is empty and that means nothing.
fn read<T: SettingValue>(node: &Node, rule: &Rule) -> Result<Option<T>, Problem> {
    if node.value == Value::Null {
        return Ok(T::absent());
    }
    T::read(node, rule).map(Some).ok_or_else(|| {
        let nearest = match &node.value {
            Value::Text(text) => nearest(text, T::names(rule).into_iter()),
            _ => None,
        };
        let mut expected = expected::<T>(rule);
        if let (Value::Int(value), Some(largest)) = (&node.value, T::largest())
            && *value > largest
        {
            expected = format!("{expected}, {largest} at most");
        }
        Problem::Value { found: node.brief(), expected, nearest }
    })
}

fn check<T: SettingValue>(key: &str, value: &T, rule: &Rule) -> Result<(), ParamsError> {
    if value.allowed(rule) {
        return Ok(());
    }
    let found = format!("`{}`", value.to_json());
    let problem = Problem::Value { found, expected: expected::<T>(rule), nearest: None };
    Err(ParamsError { at: None, path: key.to_owned(), problem })
}

fn describe<T: SettingValue>(
    key: &'static str,
    default: &T,
    rule: &Rule,
    scope: Scope,
    meaning: &'static str,
) -> SettingInfo {
    SettingInfo {
        key,
        kind: T::kind(rule),
        range: T::range(rule),
        optional: T::absent().is_some_and(|absent| absent.to_json().is_null()),
        default: default.to_json(),
        scope,
        meaning,
    }
}

/// Which features of a class are wanted, in the order of their columns.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassSelection {
    /// The class.
    pub class: FeatureClass,
    /// The features; names that PyRadiomics knows but gives no value for are left out.
    pub features: Vec<&'static FeatureName>,
}

impl ClassSelection {
    /// All standard features of a class.
    pub fn all(class: FeatureClass) -> Self {
        Self { class, features: class.features().iter().filter(|f| f.status == Status::Standard).collect() }
    }
}

/// What is extracted and how: the content of a parameter file.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// Settings given, on top of the defaults.
    pub setting: Overrides,
    /// Image types in their order, each with settings of its own.
    pub image_types: Vec<(ImageType, Overrides)>,
    /// Feature classes in their order.
    pub classes: Vec<ClassSelection>,
    /// Filters of IBSI 2, whose response maps are wanted; none in a parameter file of PyRadiomics.
    pub filters: Vec<NamedFilter>,
}

impl Default for Params {
    /// PyRadiomics without a parameter file: the original image, all classes but shape2D.
    fn default() -> Self {
        let classes = FeatureClass::ALL.into_iter().filter(|&c| c != FeatureClass::Shape2D);
        Self {
            setting: Overrides::default(),
            image_types: vec![(ImageType::Original, Overrides::default())],
            classes: classes.map(ClassSelection::all).collect(),
            filters: Vec::new(),
        }
    }
}

impl Params {
    /// The settings that hold for all image types.
    pub fn settings(&self) -> Settings {
        Settings::default().with(&self.setting)
    }
}
