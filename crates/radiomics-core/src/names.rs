//! The only place that spells feature names: PyRadiomics' name, the IBSI code, and what it means.
//!
//! Inside a class the features stand in the order in which PyRadiomics writes them when all are enabled.
//! Each class has a struct with one `f64` for each feature, its `NAMES`, and `values()` in the same order.

pub mod ibsi; // the features of IBSI 1

use std::fmt;

use serde::Serialize;

pub use self::ibsi::{IbsiFamily, IbsiFeature};

/// When a feature is calculated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With its class, unless single features are named.
    Standard,
    /// Only when it is named, because it repeats another feature.
    OnRequest,
}

/// The identity of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureName {
    /// The last part of PyRadiomics' column, such as `JointEntropy`.
    pub name: &'static str,
    /// The code of the same feature in the IBSI reference manual, empty where IBSI has none.
    pub ibsi: &'static str,
    /// When it is calculated.
    pub status: Status,
    /// What it measures, in one line.
    pub meaning: &'static str,
}

/// A family of features, as PyRadiomics groups them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureClass {
    /// Intensities, without their place.
    FirstOrder,
    /// Grey-level co-occurrence matrix.
    Glcm,
    /// Grey-level dependence matrix.
    Gldm,
    /// Grey-level run-length matrix.
    Glrlm,
    /// Grey-level size-zone matrix.
    Glszm,
    /// Neighbouring grey-tone difference matrix.
    Ngtdm,
    /// Form of the region in space.
    Shape,
    /// Form of a region in one slice.
    Shape2D,
}

impl FeatureClass {
    /// All classes in PyRadiomics' own order.
    pub const ALL: [Self; 8] = [
        Self::FirstOrder,
        Self::Glcm,
        Self::Gldm,
        Self::Glrlm,
        Self::Glszm,
        Self::Ngtdm,
        Self::Shape,
        Self::Shape2D,
    ];

    /// The middle part of PyRadiomics' column, such as `glcm`.
    pub fn name(self) -> &'static str {
        match self {
            Self::FirstOrder => "firstorder",
            Self::Glcm => "glcm",
            Self::Gldm => "gldm",
            Self::Glrlm => "glrlm",
            Self::Glszm => "glszm",
            Self::Ngtdm => "ngtdm",
            Self::Shape => "shape",
            Self::Shape2D => "shape2D",
        }
    }

    /// Its features, standard ones first.
    pub fn features(self) -> &'static [FeatureName] {
        match self {
            Self::FirstOrder => FirstOrderFeatures::NAMES,
            Self::Glcm => GlcmFeatures::NAMES,
            Self::Gldm => GldmFeatures::NAMES,
            Self::Glrlm => GlrlmFeatures::NAMES,
            Self::Glszm => GlszmFeatures::NAMES,
            Self::Ngtdm => NgtdmFeatures::NAMES,
            Self::Shape => ShapeFeatures::NAMES,
            Self::Shape2D => Shape2DFeatures::NAMES,
        }
    }

    /// Names PyRadiomics knows but gives no value for.
    pub fn retired(self) -> &'static [&'static str] {
        match self {
            Self::Glcm => &["Dissimilarity", "Homogeneity1", "Homogeneity2", "SumVariance"],
            Self::Gldm => &["DependencePercentage", "GrayLevelNonUniformityNormalized"],
            _ => &[],
        }
    }
}

impl fmt::Display for FeatureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! feature_set {
    ($(#[$doc:meta])* $set:ident { $($field:ident $name:literal $ibsi:literal $status:ident $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        pub struct $set {
            $(#[doc = $meaning] pub $field: f64,)*
        }

        impl $set {
            /// The names of the fields, in their order.
            pub const NAMES: &'static [FeatureName] = &[
                $(FeatureName { name: $name, ibsi: $ibsi, status: Status::$status, meaning: $meaning },)*
            ];

            /// The values in the order of `NAMES`.
            pub fn values(&self) -> [f64; Self::NAMES.len()] {
                [$(self.$field,)*]
            }

            /// The features from values in the order of `NAMES`.
            #[inline]
            pub fn from_values(values: [f64; Self::NAMES.len()]) -> Self {
                let [$($field,)*] = values;
                Self { $($field,)* }
            }

            /// The mean of each feature over several matrices, leaving out what is not a number; NaN where
            /// nothing is left.
            pub fn mean(sets: &[Self]) -> Self {
                Self { $($field: mean(sets.iter().map(|set| set.$field)),)* }
            }
        }
    };
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values.filter(|value| !value.is_nan()) {
        sum += value;
        count += 1.0;
    }
    sum / count
}

feature_set! {
    /// First-order statistics, in the unit of the image unless said otherwise.
    FirstOrderFeatures {
        percentile_10 "10Percentile" "QG58" Standard "10th percentile of the intensities (linear interpolation).";
        percentile_90 "90Percentile" "8DWT" Standard "90th percentile of the intensities (linear interpolation).";
        energy "Energy" "N8CA" Standard "Sum of squares, `Σ (x + voxelArrayShift)²`.";
        entropy "Entropy" "TLU2" Standard "Shannon entropy of the binned intensities, bits.";
        interquartile_range "InterquartileRange" "SALO" Standard "75th minus 25th percentile.";
        kurtosis "Kurtosis" "IPH6" Standard "Fourth standardised moment, 3 for a normal distribution (IBSI: minus 3).";
        maximum "Maximum" "84IY" Standard "Largest intensity.";
        mean_absolute_deviation "MeanAbsoluteDeviation" "4FUA" Standard "Mean distance from the mean.";
        mean "Mean" "Q4LE" Standard "Mean intensity.";
        median "Median" "Y12H" Standard "Median intensity.";
        minimum "Minimum" "1GSF" Standard "Smallest intensity.";
        range "Range" "2OJQ" Standard "Maximum minus minimum.";
        robust_mean_absolute_deviation "RobustMeanAbsoluteDeviation" "1128" Standard "Mean distance from the mean among intensities from the 10th to the 90th percentile.";
        root_mean_squared "RootMeanSquared" "5ZWQ" Standard "`√(energy / voxels)`.";
        skewness "Skewness" "KE2A" Standard "Third standardised moment; 0 for a flat region.";
        total_energy "TotalEnergy" "" Standard "Energy times voxel volume in mm³.";
        uniformity "Uniformity" "BJ5W" Standard "Sum of squared bin probabilities.";
        variance "Variance" "ECT3" Standard "Mean squared distance from the mean (1/N).";
        standard_deviation "StandardDeviation" "" OnRequest "Square root of the variance.";
    }
}

feature_set! {
    /// Form of a region in space; lengths in mm.
    ShapeFeatures {
        elongation "Elongation" "Q3CK" Standard "`√(λ_minor / λ_major)` of the voxel positions, 0 to 1.";
        flatness "Flatness" "N17B" Standard "`√(λ_least / λ_major)` of the voxel positions, 0 to 1.";
        least_axis_length "LeastAxisLength" "7J51" Standard "`4 √λ_least`, mm.";
        major_axis_length "MajorAxisLength" "TDIC" Standard "`4 √λ_major`, mm.";
        maximum_2d_diameter_column "Maximum2DDiameterColumn" "" Standard "Largest distance of mesh vertices in one coronal plane (same y), mm.";
        maximum_2d_diameter_row "Maximum2DDiameterRow" "" Standard "Largest distance of mesh vertices in one sagittal plane (same x), mm.";
        maximum_2d_diameter_slice "Maximum2DDiameterSlice" "" Standard "Largest distance of mesh vertices in one axial plane (same z), mm.";
        maximum_3d_diameter "Maximum3DDiameter" "L0JK" Standard "Largest distance of two mesh vertices, mm.";
        mesh_volume "MeshVolume" "RNU0" Standard "Volume inside the surface mesh, mm³.";
        minor_axis_length "MinorAxisLength" "P9VJ" Standard "`4 √λ_minor`, mm.";
        sphericity "Sphericity" "QCFX" Standard "`∛(36 π V²) / A`, 1 for a ball.";
        surface_area "SurfaceArea" "C0JK" Standard "Area `A` of the surface mesh, mm².";
        surface_volume_ratio "SurfaceVolumeRatio" "2PR5" Standard "`A / V`, 1/mm.";
        voxel_volume "VoxelVolume" "YEKZ" Standard "Number of voxels times voxel volume, mm³.";
        compactness_1 "Compactness1" "SKGS" OnRequest "`V / √(π A³)`.";
        compactness_2 "Compactness2" "BQWJ" OnRequest "`36 π V² / A³`, sphericity cubed.";
        spherical_disproportion "SphericalDisproportion" "KRCK" OnRequest "`A / ∛(36 π V²)`, 1 / sphericity.";
    }
}

feature_set! {
    /// Form of a region in one slice; lengths in mm.
    Shape2DFeatures {
        elongation "Elongation" "" Standard "`√(λ_minor / λ_major)` of the pixel positions, 0 to 1.";
        major_axis_length "MajorAxisLength" "" Standard "`4 √λ_major`, mm.";
        maximum_diameter "MaximumDiameter" "" Standard "Largest distance of two mesh vertices, mm.";
        mesh_surface "MeshSurface" "" Standard "Area `A` inside the mesh, mm².";
        minor_axis_length "MinorAxisLength" "" Standard "`4 √λ_minor`, mm.";
        perimeter "Perimeter" "" Standard "Length `P` of the mesh, mm.";
        perimeter_surface_ratio "PerimeterSurfaceRatio" "" Standard "`P / A`, 1/mm.";
        pixel_surface "PixelSurface" "" Standard "Number of pixels times pixel area, mm².";
        sphericity "Sphericity" "" Standard "`2 √(π A) / P`, 1 for a disc.";
        spherical_disproportion "SphericalDisproportion" "" OnRequest "`P / 2 √(π A)`, 1 / sphericity.";
    }
}

feature_set! {
    /// Features of the grey-level co-occurrence matrix `p_ij`; none has a unit.
    GlcmFeatures {
        autocorrelation "Autocorrelation" "QWB0" Standard "`Σ i j p_ij`.";
        cluster_prominence "ClusterProminence" "AE86" Standard "`Σ (i + j − μ_x − μ_y)⁴ p_ij`.";
        cluster_shade "ClusterShade" "7NFM" Standard "`Σ (i + j − μ_x − μ_y)³ p_ij`.";
        cluster_tendency "ClusterTendency" "DG8W" Standard "`Σ (i + j − μ_x − μ_y)² p_ij`.";
        contrast "Contrast" "ACUI" Standard "`Σ (i − j)² p_ij`.";
        correlation "Correlation" "NI2N" Standard "`(Σ i j p_ij − μ_x μ_y) / σ_x σ_y`; 1 for a flat region.";
        difference_average "DifferenceAverage" "TF7R" Standard "`Σ k p_{x−y}(k)`.";
        difference_entropy "DifferenceEntropy" "NTRS" Standard "Entropy of `p_{x−y}`, bits.";
        difference_variance "DifferenceVariance" "D3YU" Standard "Variance of `p_{x−y}`.";
        id "Id" "IB1Z" Standard "Inverse difference, `Σ p_{x−y}(k) / (1 + k)`.";
        idm "Idm" "WF0Z" Standard "Inverse difference moment, `Σ p_{x−y}(k) / (1 + k²)`.";
        idmn "Idmn" "1QCO" Standard "Normalised inverse difference moment, `Σ p_{x−y}(k) / (1 + k²/N_g²)`.";
        idn "Idn" "NDRX" Standard "Normalised inverse difference, `Σ p_{x−y}(k) / (1 + k/N_g)`.";
        imc1 "Imc1" "R8DG" Standard "Informational measure of correlation 1, `(HXY − HXY1) / max(HX, HY)`.";
        imc2 "Imc2" "JN9H" Standard "Informational measure of correlation 2, `√(1 − exp(−2 (HXY2 − HXY)))`.";
        inverse_variance "InverseVariance" "E8JP" Standard "`Σ_{k≥1} p_{x−y}(k) / k²`.";
        joint_average "JointAverage" "60VM" Standard "`μ_x = Σ i p_ij`.";
        joint_energy "JointEnergy" "8ZQL" Standard "Angular second moment, `Σ p_ij²`.";
        joint_entropy "JointEntropy" "TU9B" Standard "Entropy of `p_ij`, bits.";
        mcc "MCC" "" Standard "Maximal correlation coefficient, root of the second largest eigenvalue of `Q`.";
        maximum_probability "MaximumProbability" "GYBY" Standard "Largest `p_ij`.";
        sum_average "SumAverage" "ZGXS" Standard "`Σ k p_{x+y}(k)`.";
        sum_entropy "SumEntropy" "P6QZ" Standard "Entropy of `p_{x+y}`, bits.";
        sum_squares "SumSquares" "UR99" Standard "Joint variance, `Σ (i − μ_x)² p_ij`.";
    }
}

feature_set! {
    /// Features of the grey-level run-length matrix: runs of equal grey level along a direction.
    GlrlmFeatures {
        gray_level_non_uniformity "GrayLevelNonUniformity" "R5YN" Standard "`Σ_i (Σ_j r_ij)² / N_r`.";
        gray_level_non_uniformity_normalized "GrayLevelNonUniformityNormalized" "OVBL" Standard "`Σ_i (Σ_j r_ij)² / N_r²`.";
        gray_level_variance "GrayLevelVariance" "8CE5" Standard "Variance of the grey level over runs.";
        high_gray_level_run_emphasis "HighGrayLevelRunEmphasis" "G3QZ" Standard "Mean of `i²` over runs.";
        long_run_emphasis "LongRunEmphasis" "W4KF" Standard "Mean of `j²` over runs of length `j`.";
        long_run_high_gray_level_emphasis "LongRunHighGrayLevelEmphasis" "3KUM" Standard "Mean of `i² j²` over runs.";
        long_run_low_gray_level_emphasis "LongRunLowGrayLevelEmphasis" "IVPO" Standard "Mean of `j² / i²` over runs.";
        low_gray_level_run_emphasis "LowGrayLevelRunEmphasis" "V3SW" Standard "Mean of `1 / i²` over runs.";
        run_entropy "RunEntropy" "HJ9O" Standard "Entropy of `r_ij / N_r`, bits.";
        run_length_non_uniformity "RunLengthNonUniformity" "W92Y" Standard "`Σ_j (Σ_i r_ij)² / N_r`.";
        run_length_non_uniformity_normalized "RunLengthNonUniformityNormalized" "IC23" Standard "`Σ_j (Σ_i r_ij)² / N_r²`.";
        run_percentage "RunPercentage" "9ZK5" Standard "Runs divided by voxels.";
        run_variance "RunVariance" "SXLW" Standard "Variance of the length over runs.";
        short_run_emphasis "ShortRunEmphasis" "22OV" Standard "Mean of `1 / j²` over runs.";
        short_run_high_gray_level_emphasis "ShortRunHighGrayLevelEmphasis" "GD3A" Standard "Mean of `i² / j²` over runs.";
        short_run_low_gray_level_emphasis "ShortRunLowGrayLevelEmphasis" "HTZT" Standard "Mean of `1 / i² j²` over runs.";
    }
}

feature_set! {
    /// Features of the grey-level size-zone matrix: connected zones of equal grey level.
    GlszmFeatures {
        gray_level_non_uniformity "GrayLevelNonUniformity" "JNSA" Standard "`Σ_i (Σ_j s_ij)² / N_z`.";
        gray_level_non_uniformity_normalized "GrayLevelNonUniformityNormalized" "Y1RO" Standard "`Σ_i (Σ_j s_ij)² / N_z²`.";
        gray_level_variance "GrayLevelVariance" "BYLV" Standard "Variance of the grey level over zones.";
        high_gray_level_zone_emphasis "HighGrayLevelZoneEmphasis" "5GN9" Standard "Mean of `i²` over zones.";
        large_area_emphasis "LargeAreaEmphasis" "48P8" Standard "Mean of `j²` over zones of `j` voxels.";
        large_area_high_gray_level_emphasis "LargeAreaHighGrayLevelEmphasis" "J17V" Standard "Mean of `i² j²` over zones.";
        large_area_low_gray_level_emphasis "LargeAreaLowGrayLevelEmphasis" "YH51" Standard "Mean of `j² / i²` over zones.";
        low_gray_level_zone_emphasis "LowGrayLevelZoneEmphasis" "XMSY" Standard "Mean of `1 / i²` over zones.";
        size_zone_non_uniformity "SizeZoneNonUniformity" "4JP3" Standard "`Σ_j (Σ_i s_ij)² / N_z`.";
        size_zone_non_uniformity_normalized "SizeZoneNonUniformityNormalized" "VB3A" Standard "`Σ_j (Σ_i s_ij)² / N_z²`.";
        small_area_emphasis "SmallAreaEmphasis" "5QRC" Standard "Mean of `1 / j²` over zones.";
        small_area_high_gray_level_emphasis "SmallAreaHighGrayLevelEmphasis" "HW1V" Standard "Mean of `i² / j²` over zones.";
        small_area_low_gray_level_emphasis "SmallAreaLowGrayLevelEmphasis" "5RAI" Standard "Mean of `1 / i² j²` over zones.";
        zone_entropy "ZoneEntropy" "GU8N" Standard "Entropy of `s_ij / N_z`, bits.";
        zone_percentage "ZonePercentage" "P30P" Standard "Zones divided by voxels.";
        zone_variance "ZoneVariance" "3NSA" Standard "Variance of the size over zones.";
    }
}

feature_set! {
    /// Features of the grey-level dependence matrix: voxels and how many neighbours resemble them.
    GldmFeatures {
        dependence_entropy "DependenceEntropy" "FCBV" Standard "Entropy of `d_ij / N`, bits.";
        dependence_non_uniformity "DependenceNonUniformity" "Z87G" Standard "`Σ_j (Σ_i d_ij)² / N`.";
        dependence_non_uniformity_normalized "DependenceNonUniformityNormalized" "OKJI" Standard "`Σ_j (Σ_i d_ij)² / N²`.";
        dependence_variance "DependenceVariance" "DNX2" Standard "Variance of the dependence.";
        gray_level_non_uniformity "GrayLevelNonUniformity" "FP8K" Standard "`Σ_i (Σ_j d_ij)² / N`.";
        gray_level_variance "GrayLevelVariance" "1PFV" Standard "Variance of the grey level.";
        high_gray_level_emphasis "HighGrayLevelEmphasis" "OAE7" Standard "Mean of `i²`.";
        large_dependence_emphasis "LargeDependenceEmphasis" "IMOQ" Standard "Mean of `j²` for dependence `j`.";
        large_dependence_high_gray_level_emphasis "LargeDependenceHighGrayLevelEmphasis" "9QMG" Standard "Mean of `i² j²`.";
        large_dependence_low_gray_level_emphasis "LargeDependenceLowGrayLevelEmphasis" "NBZI" Standard "Mean of `j² / i²`.";
        low_gray_level_emphasis "LowGrayLevelEmphasis" "TL9H" Standard "Mean of `1 / i²`.";
        small_dependence_emphasis "SmallDependenceEmphasis" "SODN" Standard "Mean of `1 / j²`.";
        small_dependence_high_gray_level_emphasis "SmallDependenceHighGrayLevelEmphasis" "JA6D" Standard "Mean of `i² / j²`.";
        small_dependence_low_gray_level_emphasis "SmallDependenceLowGrayLevelEmphasis" "EQ3F" Standard "Mean of `1 / i² j²`.";
    }
}

feature_set! {
    /// Features of the neighbouring grey-tone difference matrix.
    NgtdmFeatures {
        busyness "Busyness" "NQ30" Standard "`Σ p_i s_i / Σ |i p_i − j p_j|`; 0 for a flat region.";
        coarseness "Coarseness" "QCDE" Standard "`1 / Σ p_i s_i`; 10⁶ where the sum is 0.";
        complexity "Complexity" "HDEZ" Standard "`Σ |i − j| (p_i s_i + p_j s_j) / (p_i + p_j) / N`.";
        contrast "Contrast" "65HE" Standard "`Σ p_i p_j (i − j)² / N_g(N_g − 1) · Σ s_i / N`.";
        strength "Strength" "1X9X" Standard "`Σ (p_i + p_j)(i − j)² / Σ s_i`.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_pyradiomics() {
        let standard =
            |class: FeatureClass| class.features().iter().filter(|f| f.status == Status::Standard).count();
        let counts: Vec<usize> = FeatureClass::ALL.iter().map(|&c| standard(c)).collect();
        assert_eq!(counts, [18, 24, 14, 16, 16, 5, 14, 9]);
    }

    #[test]
    fn mean_leaves_out_what_is_no_number() {
        let set = |strength| NgtdmFeatures {
            busyness: f64::NAN,
            coarseness: 1.0,
            complexity: 0.0,
            contrast: 0.0,
            strength,
        };
        let mean = NgtdmFeatures::mean(&[set(1.0), set(f64::NAN), set(4.0)]);
        assert_eq!((mean.strength, mean.coarseness), (2.5, 1.0));
        assert!(mean.busyness.is_nan() && NgtdmFeatures::mean(&[]).strength.is_nan());
    }

    #[test]
    fn standard_names_are_sorted_as_pyradiomics_sorts_them() {
        for class in FeatureClass::ALL {
            let names: Vec<&str> =
                class.features().iter().filter(|f| f.status == Status::Standard).map(|f| f.name).collect();
            let mut sorted = names.clone();
            // It sorts its methods, `get<Name>FeatureValue`.
            sorted.sort_by_key(|name| format!("{name}FeatureValue"));
            assert_eq!(names, sorted, "{class}");
        }
    }
}
