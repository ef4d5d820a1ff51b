//! Every setting of an extraction: PyRadiomics' names, meanings and defaults.

use serde::Serialize;

use crate::names::{FeatureClass, FeatureName, Status};

macro_rules! settings {
    ($($field:ident $key:literal $type:ty = $default:expr, $meaning:literal;)*) => {
        /// The settings of one extraction. The names in a parameter file are given by [`Settings::KEYS`].
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings { $(#[doc = $meaning] pub $field: $type,)* }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        /// Some settings: those that a parameter file, an image type or a command line gives.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Overrides { $(#[doc = $meaning] pub $field: Option<$type>,)* }

        impl Settings {
            /// Key and meaning of each setting, as in a parameter file.
            pub const KEYS: &'static [(&'static str, &'static str)] = &[$(($key, $meaning),)*];

            /// These settings with some replaced.
            pub fn with(&self, overrides: &Overrides) -> Self {
                Self { $($field: overrides.$field.clone().unwrap_or_else(|| self.$field.clone()),)* }
            }

            /// Key and value of every setting, in the order of [`Settings::KEYS`].
            pub fn entries(&self) -> Vec<(&'static str, serde_json::Value)> {
                vec![$(($key, serde_json::json!(self.$field)),)*]
            }
        }

        impl Overrides {
            /// Key and value of every setting given.
            pub fn entries(&self) -> Vec<(&'static str, serde_json::Value)> {
                let mut entries = Vec::new();
                $(if let Some(value) = &self.$field { entries.push(($key, serde_json::json!(value))); })*
                entries
            }

            /// Takes over what `other` gives.
            pub fn update(&mut self, other: &Self) {
                $(if other.$field.is_some() { self.$field = other.$field.clone(); })*
            }
        }
    };
}

settings! {
    minimum_roi_dimensions "minimumROIDimensions" u8 = 2, "Axes along which the region must be longer than one voxel, 1 to 3.";
    minimum_roi_size "minimumROISize" Option<u64> = None, "A region of this many voxels or fewer is refused.";
    geometry_tolerance "geometryTolerance" Option<f64> = None, "Largest difference of image and mask grid, times the spacing along x (unset: 1e-6).";
    correct_mask "correctMask" bool = false, "Resample a mask that lies on another grid onto that of the image.";
    additional_info "additionalInfo" bool = true, "Write diagnostics columns.";
    label "label" u32 = 1, "Label of the region in the mask.";
    label_channel "label_channel" usize = 0, "Channel of a mask with several.";
    normalize "normalize" bool = false, "Scale the whole image to mean 0 and standard deviation 1 first.";
    normalize_scale "normalizeScale" f64 = 1.0, "Factor applied after normalisation.";
    remove_outliers "removeOutliers" Option<f64> = None, "Clip the normalised image at this many standard deviations.";
    resampled_pixel_spacing "resampledPixelSpacing" Option<[f64; 3]> = None, "New voxel spacing x, y, z in mm; 0 keeps an axis.";
    interpolator "interpolator" Option<Interpolator> = Some(Interpolator::BSpline), "How the image is interpolated.";
    pad_distance "padDistance" u32 = 5, "Voxels kept around the region when the image is resampled or cropped.";
    pre_crop "preCrop" bool = false, "Cut the image to the region and `padDistance` before filters.";
    resegment_range "resegmentRange" Option<Vec<f64>> = None, "Keep voxels at or above the first and at or below the second value.";
    resegment_mode "resegmentMode" ResegmentMode = ResegmentMode::Absolute, "What `resegmentRange` means.";
    resegment_shape "resegmentShape" bool = false, "Take shape features from the resegmented region too.";
    bin_width "binWidth" f64 = 25.0, "Width of a grey-level bin, in the unit of the image.";
    bin_count "binCount" Option<u32> = None, "Number of grey-level bins; replaces `binWidth`.";
    force_2d "force2D" bool = false, "Texture within slices only.";
    force_2d_dimension "force2Ddimension" u8 = 0, "Axis across the slices: 0 = z, 1 = y, 2 = x.";
    distances "distances" Vec<u32> = vec![1], "Distances (Chebyshev, voxels) of neighbours for GLCM, GLDM and NGTDM.";
    symmetrical_glcm "symmetricalGLCM" bool = true, "Count each pair of voxels in both orders.";
    weighting_norm "weightingNorm" Option<WeightingNorm> = None, "Merge GLCM and GLRLM over directions, weighted by this norm of the distance.";
    gldm_a "gldm_a" f64 = 0.0, "Largest grey-level difference of dependent neighbours.";
    voxel_array_shift "voxelArrayShift" f64 = 0.0, "Added to intensities before Energy, TotalEnergy and RootMeanSquared.";
    sigma "sigma" Option<Vec<f64>> = None, "LoG: widths of the Gaussian in mm.";
    wavelet "wavelet" String = "coif1".into(), "Wavelet: name of the mother wavelet.";
    start_level "start_level" u32 = 0, "Wavelet: first level kept.";
    level "level" u32 = 1, "Wavelet: number of levels.";
    gradient_use_spacing "gradientUseSpacing" bool = true, "Gradient: divide by the voxel spacing.";
    lbp_2d_radius "lbp2DRadius" f64 = 1.0, "LBP2D: radius of the circle of neighbours, voxels.";
    lbp_2d_samples "lbp2DSamples" u32 = 8, "LBP2D: number of neighbours on the circle.";
    lbp_2d_method "lbp2DMethod" String = "uniform".into(), "LBP2D: `default`, `ror`, `uniform` or `var`.";
    lbp_3d_levels "lbp3DLevels" u32 = 2, "LBP3D: number of spherical harmonics levels.";
    lbp_3d_icosphere_radius "lbp3DIcosphereRadius" f64 = 1.0, "LBP3D: radius of the sphere of neighbours, voxels.";
    lbp_3d_icosphere_subdivision "lbp3DIcosphereSubdivision" u32 = 1, "LBP3D: subdivisions of the icosahedron.";
    kernel_radius "kernelRadius" u32 = 1, "Maps: radius of the neighbourhood, voxels.";
    masked_kernel "maskedKernel" bool = true, "Maps: only voxels of the region count in a neighbourhood.";
    init_value "initValue" f64 = 0.0, "Maps: value outside the region.";
    voxel_batch "voxelBatch" i64 = -1, "Maps: accepted for compatibility; memory is bounded without it.";
}

/// Interpolators by their SimpleITK names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // the names are SimpleITK's own
pub enum Interpolator {
    #[serde(rename = "sitkNearestNeighbor")]
    NearestNeighbor,
    #[serde(rename = "sitkLinear")]
    Linear,
    #[serde(rename = "sitkBSpline")]
    BSpline,
    #[serde(rename = "sitkGaussian")]
    Gaussian,
    #[serde(rename = "sitkLabelGaussian")]
    LabelGaussian,
    #[serde(rename = "sitkHammingWindowedSinc")]
    HammingWindowedSinc,
    #[serde(rename = "sitkCosineWindowedSinc")]
    CosineWindowedSinc,
    #[serde(rename = "sitkWelchWindowedSinc")]
    WelchWindowedSinc,
    #[serde(rename = "sitkLanczosWindowedSinc")]
    LanczosWindowedSinc,
    #[serde(rename = "sitkBlackmanWindowedSinc")]
    BlackmanWindowedSinc,
}

/// What the numbers of `resegmentRange` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResegmentMode {
    /// Intensities.
    Absolute,
    /// Fractions of the largest intensity in the region.
    Relative,
    /// Standard deviations (1/N) from the mean of the region.
    Sigma,
}

/// Norm of the distance by which directions are weighted when they are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightingNorm {
    /// Sum of the distances along the axes.
    Manhattan,
    /// Straight-line distance.
    Euclidean,
    /// Largest distance along an axis.
    Infinity,
    /// All directions alike.
    NoWeighting,
}

/// An image derived from the scan, from which features are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageType {
    /// The image itself.
    Original,
    /// Wavelet decompositions.
    Wavelet,
    /// Laplacian of Gaussian.
    LoG,
    /// `x²`, rescaled.
    Square,
    /// `√|x|`, rescaled, with the sign of x.
    SquareRoot,
    /// `ln(|x| + 1)`, rescaled, with the sign of x.
    Logarithm,
    /// `exp(x)`, rescaled.
    Exponential,
    /// Gradient magnitude.
    Gradient,
    /// Local binary patterns, slice by slice.
    LBP2D,
    /// Local binary patterns on a sphere.
    LBP3D,
}

impl ImageType {
    /// All image types in PyRadiomics' own order.
    pub const ALL: [Self; 10] = [
        Self::Original,
        Self::Wavelet,
        Self::LoG,
        Self::Square,
        Self::SquareRoot,
        Self::Logarithm,
        Self::Exponential,
        Self::Gradient,
        Self::LBP2D,
        Self::LBP3D,
    ];

    /// The name in a parameter file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "Original",
            Self::Wavelet => "Wavelet",
            Self::LoG => "LoG",
            Self::Square => "Square",
            Self::SquareRoot => "SquareRoot",
            Self::Logarithm => "Logarithm",
            Self::Exponential => "Exponential",
            Self::Gradient => "Gradient",
            Self::LBP2D => "LBP2D",
            Self::LBP3D => "LBP3D",
        }
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
}

impl Default for Params {
    /// PyRadiomics without a parameter file: the original image, all classes but shape2D.
    fn default() -> Self {
        let classes = FeatureClass::ALL.into_iter().filter(|&c| c != FeatureClass::Shape2D);
        Self {
            setting: Overrides::default(),
            image_types: vec![(ImageType::Original, Overrides::default())],
            classes: classes.map(ClassSelection::all).collect(),
        }
    }
}

impl Params {
    /// The settings that hold for all image types.
    pub fn settings(&self) -> Settings {
        Settings::default().with(&self.setting)
    }
}
