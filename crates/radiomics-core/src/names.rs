//! The only place that spells feature names: PyRadiomics' name, the IBSI code, and what it means.
//!
//! Inside a class the features stand in the order in which PyRadiomics writes them when all are enabled.
//! Each class has a struct with one `f64` for each feature, its `NAMES`, and `values()` in the same order.

/// ` Unit: mm.`; nothing for a plain number.
macro_rules! unit {
    ("") => {
        ""
    };
    ($unit:tt) => {
        concat!(" Unit: ", $unit, ".")
    };
}

#[macro_use]
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
    /// Unit; `intensity` is the unit of the image, empty for a plain number.
    pub unit: &'static str,
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

/// A code in a table; nothing where there is none.
macro_rules! code {
    ("") => {
        ""
    };
    ($code:tt) => {
        concat!("`", $code, "`")
    };
}

/// A struct of features, and a macro that is their table for the page of their module.
macro_rules! feature_set {
    ($(#[$doc:meta])* $set:ident $table:ident {
        $($field:ident $name:literal $ibsi:tt $unit:tt $status:ident $meaning:literal;)*
    }) => {
        macro_rules! $table {
            () => {
                concat!(
                    "| feature | formula | IBSI | unit |\n|---|---|---|---|\n",
                    $("| ", $name, " | ", $meaning, " | ", code!($ibsi), " | ", $unit, " |\n",)*
                )
            };
        }

        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        pub struct $set {
            $(#[doc = concat!($meaning, unit!($unit))] pub $field: f64,)*
        }

        impl $set {
            /// The names of the fields, in their order.
            pub const NAMES: &'static [FeatureName] = &[
                $(FeatureName {
                    name: $name,
                    ibsi: $ibsi,
                    unit: $unit,
                    status: Status::$status,
                    meaning: $meaning,
                },)*
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
    /// First-order statistics.
    FirstOrderFeatures first_order_table {
        percentile_10 "10Percentile" "QG58" "intensity" Standard "10th percentile of the intensities (linear interpolation).";
        percentile_90 "90Percentile" "8DWT" "intensity" Standard "90th percentile of the intensities (linear interpolation).";
        energy "Energy" "N8CA" "intensity²" Standard "Sum of squares, `Σ (x + voxelArrayShift)²`.";
        entropy "Entropy" "TLU2" "bit" Standard "`−Σ p_b log₂ p_b` over the bins.";
        interquartile_range "InterquartileRange" "SALO" "intensity" Standard "75th minus 25th percentile.";
        kurtosis "Kurtosis" "IPH6" "" Standard "`Σ (x − μ)⁴ / (N σ⁴)`, 3 for a normal distribution (IBSI: minus 3); 0 for a flat region.";
        maximum "Maximum" "84IY" "intensity" Standard "Largest intensity.";
        mean_absolute_deviation "MeanAbsoluteDeviation" "4FUA" "intensity" Standard "Mean distance from the mean, `Σ abs(x − μ) / N`.";
        mean "Mean" "Q4LE" "intensity" Standard "`μ = Σ x / N`.";
        median "Median" "Y12H" "intensity" Standard "Median intensity.";
        minimum "Minimum" "1GSF" "intensity" Standard "Smallest intensity.";
        range "Range" "2OJQ" "intensity" Standard "Maximum minus minimum.";
        robust_mean_absolute_deviation "RobustMeanAbsoluteDeviation" "1128" "intensity" Standard "Mean distance from the mean among the `N_r` intensities from the 10th to the 90th percentile, `Σ abs(x − μ_r) / N_r`, `μ_r = Σ x / N_r`.";
        root_mean_squared "RootMeanSquared" "5ZWQ" "intensity" Standard "`√(energy / N)`.";
        skewness "Skewness" "KE2A" "" Standard "`Σ (x − μ)³ / (N σ³)`; 0 for a flat region.";
        total_energy "TotalEnergy" "" "intensity² mm³" Standard "Energy times the volume of a voxel.";
        uniformity "Uniformity" "BJ5W" "" Standard "`Σ p_b²` over the bins.";
        variance "Variance" "ECT3" "intensity²" Standard "`σ² = Σ (x − μ)² / N`.";
        standard_deviation "StandardDeviation" "" "intensity" OnRequest "`σ`.";
    }
}

feature_set! {
    /// Form of a region in space.
    ShapeFeatures shape_table {
        elongation "Elongation" "Q3CK" "" Standard "`√(λ_minor / λ_major)` of the voxel positions, 0 to 1.";
        flatness "Flatness" "N17B" "" Standard "`√(λ_least / λ_major)` of the voxel positions, 0 to 1.";
        least_axis_length "LeastAxisLength" "7J51" "mm" Standard "`4 √λ_least`.";
        major_axis_length "MajorAxisLength" "TDIC" "mm" Standard "`4 √λ_major`.";
        maximum_2d_diameter_column "Maximum2DDiameterColumn" "" "mm" Standard "Largest distance of mesh vertices in one coronal plane (same y).";
        maximum_2d_diameter_row "Maximum2DDiameterRow" "" "mm" Standard "Largest distance of mesh vertices in one sagittal plane (same x).";
        maximum_2d_diameter_slice "Maximum2DDiameterSlice" "" "mm" Standard "Largest distance of mesh vertices in one axial plane (same z).";
        maximum_3d_diameter "Maximum3DDiameter" "L0JK" "mm" Standard "Largest distance of two mesh vertices.";
        mesh_volume "MeshVolume" "RNU0" "mm³" Standard "Volume `V` inside the surface mesh.";
        minor_axis_length "MinorAxisLength" "P9VJ" "mm" Standard "`4 √λ_minor`.";
        sphericity "Sphericity" "QCFX" "" Standard "`∛(36 π V²) / A`, 1 for a ball.";
        surface_area "SurfaceArea" "C0JK" "mm²" Standard "Area `A` of the surface mesh.";
        surface_volume_ratio "SurfaceVolumeRatio" "2PR5" "1/mm" Standard "`A / V`.";
        voxel_volume "VoxelVolume" "YEKZ" "mm³" Standard "Number of voxels times the volume of a voxel.";
        compactness_1 "Compactness1" "SKGS" "" OnRequest "`V / √(π A³)`.";
        compactness_2 "Compactness2" "BQWJ" "" OnRequest "`36 π V² / A³`, sphericity cubed.";
        spherical_disproportion "SphericalDisproportion" "KRCK" "" OnRequest "`A / ∛(36 π V²)`, 1 / sphericity.";
    }
}

feature_set! {
    /// Form of a region in one slice.
    Shape2DFeatures shape2d_table {
        elongation "Elongation" "" "" Standard "`√(λ_minor / λ_major)` of the pixel positions, 0 to 1.";
        major_axis_length "MajorAxisLength" "" "mm" Standard "`4 √λ_major`.";
        maximum_diameter "MaximumDiameter" "" "mm" Standard "Largest distance of two mesh vertices.";
        mesh_surface "MeshSurface" "" "mm²" Standard "Area `A` inside the mesh.";
        minor_axis_length "MinorAxisLength" "" "mm" Standard "`4 √λ_minor`.";
        perimeter "Perimeter" "" "mm" Standard "Length `P` of the mesh.";
        perimeter_surface_ratio "PerimeterSurfaceRatio" "" "1/mm" Standard "`P / A`.";
        pixel_surface "PixelSurface" "" "mm²" Standard "Number of pixels times the area of a pixel.";
        sphericity "Sphericity" "" "" Standard "`2 √(π A) / P`, 1 for a disc.";
        spherical_disproportion "SphericalDisproportion" "" "" OnRequest "`P / (2 √(π A))`, 1 / sphericity.";
    }
}

feature_set! {
    /// Features of the grey-level co-occurrence matrix `p_ij`.
    GlcmFeatures glcm_table {
        autocorrelation "Autocorrelation" "QWB0" "" Standard "`Σ i j p_ij`.";
        cluster_prominence "ClusterProminence" "AE86" "" Standard "`Σ (i + j − μ_x − μ_y)⁴ p_ij`.";
        cluster_shade "ClusterShade" "7NFM" "" Standard "`Σ (i + j − μ_x − μ_y)³ p_ij`.";
        cluster_tendency "ClusterTendency" "DG8W" "" Standard "`Σ (i + j − μ_x − μ_y)² p_ij`.";
        contrast "Contrast" "ACUI" "" Standard "`Σ (i − j)² p_ij`.";
        correlation "Correlation" "NI2N" "" Standard "`(Σ i j p_ij − μ_x μ_y) / (σ_x σ_y)`; 1 for a flat region.";
        difference_average "DifferenceAverage" "TF7R" "" Standard "`μ_d = Σ k p_{x−y}(k)`.";
        difference_entropy "DifferenceEntropy" "NTRS" "bit" Standard "`−Σ p_{x−y}(k) log₂ p_{x−y}(k)`.";
        difference_variance "DifferenceVariance" "D3YU" "" Standard "`Σ (k − μ_d)² p_{x−y}(k)`.";
        id "Id" "IB1Z" "" Standard "Inverse difference, `Σ p_{x−y}(k) / (1 + k)`.";
        idm "Idm" "WF0Z" "" Standard "Inverse difference moment, `Σ p_{x−y}(k) / (1 + k²)`.";
        idmn "Idmn" "1QCO" "" Standard "Normalised inverse difference moment, `Σ p_{x−y}(k) / (1 + k²/N_g²)`.";
        idn "Idn" "NDRX" "" Standard "Normalised inverse difference, `Σ p_{x−y}(k) / (1 + k/N_g)`.";
        imc1 "Imc1" "R8DG" "" Standard "Informational measure of correlation 1, `(HXY − HXY1) / max(HX, HY)`.";
        imc2 "Imc2" "JN9H" "" Standard "Informational measure of correlation 2, `√(1 − exp(−2 (HXY2 − HXY)))`; 0 where `HXY > HXY2`.";
        inverse_variance "InverseVariance" "E8JP" "" Standard "`Σ_{k≥1} p_{x−y}(k) / k²`.";
        joint_average "JointAverage" "60VM" "" Standard "`μ_x = Σ i p_ij`.";
        joint_energy "JointEnergy" "8ZQL" "" Standard "Angular second moment, `Σ p_ij²`.";
        joint_entropy "JointEntropy" "TU9B" "bit" Standard "`HXY = −Σ p_ij log₂ p_ij`.";
        mcc "MCC" "" "" Standard "Maximal correlation coefficient, root of the second largest eigenvalue of `Q`.";
        maximum_probability "MaximumProbability" "GYBY" "" Standard "Largest `p_ij`.";
        sum_average "SumAverage" "ZGXS" "" Standard "`Σ k p_{x+y}(k)`.";
        sum_entropy "SumEntropy" "P6QZ" "bit" Standard "`−Σ p_{x+y}(k) log₂ p_{x+y}(k)`.";
        sum_squares "SumSquares" "UR99" "" Standard "Joint variance, `Σ (i − μ_x)² p_ij`.";
    }
}

feature_set! {
    /// Features of the grey-level run-length matrix: runs of equal grey level along a direction.
    GlrlmFeatures glrlm_table {
        gray_level_non_uniformity "GrayLevelNonUniformity" "R5YN" "" Standard "`Σ_i (Σ_j r_ij)² / N_r`.";
        gray_level_non_uniformity_normalized "GrayLevelNonUniformityNormalized" "OVBL" "" Standard "`Σ_i (Σ_j r_ij)² / N_r²`.";
        gray_level_variance "GrayLevelVariance" "8CE5" "" Standard "`Σ (i − μ)² r_ij / N_r`, `μ = Σ i r_ij / N_r`.";
        high_gray_level_run_emphasis "HighGrayLevelRunEmphasis" "G3QZ" "" Standard "`Σ i² r_ij / N_r`.";
        long_run_emphasis "LongRunEmphasis" "W4KF" "" Standard "`Σ j² r_ij / N_r`.";
        long_run_high_gray_level_emphasis "LongRunHighGrayLevelEmphasis" "3KUM" "" Standard "`Σ i² j² r_ij / N_r`.";
        long_run_low_gray_level_emphasis "LongRunLowGrayLevelEmphasis" "IVPO" "" Standard "`Σ (j / i)² r_ij / N_r`.";
        low_gray_level_run_emphasis "LowGrayLevelRunEmphasis" "V3SW" "" Standard "`(1 / N_r) Σ r_ij / i²`.";
        run_entropy "RunEntropy" "HJ9O" "bit" Standard "`−Σ p_ij log₂ p_ij`, `p_ij = r_ij / N_r`.";
        run_length_non_uniformity "RunLengthNonUniformity" "W92Y" "" Standard "`Σ_j (Σ_i r_ij)² / N_r`.";
        run_length_non_uniformity_normalized "RunLengthNonUniformityNormalized" "IC23" "" Standard "`Σ_j (Σ_i r_ij)² / N_r²`.";
        run_percentage "RunPercentage" "9ZK5" "" Standard "`N_r / Σ j r_ij`: runs for each voxel.";
        run_variance "RunVariance" "SXLW" "" Standard "`Σ (j − μ)² r_ij / N_r`, `μ = Σ j r_ij / N_r`.";
        short_run_emphasis "ShortRunEmphasis" "22OV" "" Standard "`(1 / N_r) Σ r_ij / j²`.";
        short_run_high_gray_level_emphasis "ShortRunHighGrayLevelEmphasis" "GD3A" "" Standard "`Σ (i / j)² r_ij / N_r`.";
        short_run_low_gray_level_emphasis "ShortRunLowGrayLevelEmphasis" "HTZT" "" Standard "`(1 / N_r) Σ r_ij / (i² j²)`.";
    }
}

feature_set! {
    /// Features of the grey-level size-zone matrix: connected zones of equal grey level.
    GlszmFeatures glszm_table {
        gray_level_non_uniformity "GrayLevelNonUniformity" "JNSA" "" Standard "`Σ_i (Σ_j s_ij)² / N_z`.";
        gray_level_non_uniformity_normalized "GrayLevelNonUniformityNormalized" "Y1RO" "" Standard "`Σ_i (Σ_j s_ij)² / N_z²`.";
        gray_level_variance "GrayLevelVariance" "BYLV" "" Standard "`Σ (i − μ)² s_ij / N_z`, `μ = Σ i s_ij / N_z`.";
        high_gray_level_zone_emphasis "HighGrayLevelZoneEmphasis" "5GN9" "" Standard "`Σ i² s_ij / N_z`.";
        large_area_emphasis "LargeAreaEmphasis" "48P8" "" Standard "`Σ j² s_ij / N_z`.";
        large_area_high_gray_level_emphasis "LargeAreaHighGrayLevelEmphasis" "J17V" "" Standard "`Σ i² j² s_ij / N_z`.";
        large_area_low_gray_level_emphasis "LargeAreaLowGrayLevelEmphasis" "YH51" "" Standard "`Σ (j / i)² s_ij / N_z`.";
        low_gray_level_zone_emphasis "LowGrayLevelZoneEmphasis" "XMSY" "" Standard "`(1 / N_z) Σ s_ij / i²`.";
        size_zone_non_uniformity "SizeZoneNonUniformity" "4JP3" "" Standard "`Σ_j (Σ_i s_ij)² / N_z`.";
        size_zone_non_uniformity_normalized "SizeZoneNonUniformityNormalized" "VB3A" "" Standard "`Σ_j (Σ_i s_ij)² / N_z²`.";
        small_area_emphasis "SmallAreaEmphasis" "5QRC" "" Standard "`(1 / N_z) Σ s_ij / j²`.";
        small_area_high_gray_level_emphasis "SmallAreaHighGrayLevelEmphasis" "HW1V" "" Standard "`Σ (i / j)² s_ij / N_z`.";
        small_area_low_gray_level_emphasis "SmallAreaLowGrayLevelEmphasis" "5RAI" "" Standard "`(1 / N_z) Σ s_ij / (i² j²)`.";
        zone_entropy "ZoneEntropy" "GU8N" "bit" Standard "`−Σ p_ij log₂ p_ij`, `p_ij = s_ij / N_z`.";
        zone_percentage "ZonePercentage" "P30P" "" Standard "`N_z / Σ j s_ij`: zones for each voxel.";
        zone_variance "ZoneVariance" "3NSA" "" Standard "`Σ (j − μ)² s_ij / N_z`, `μ = Σ j s_ij / N_z`.";
    }
}

feature_set! {
    /// Features of the grey-level dependence matrix: voxels and how many neighbours resemble them.
    GldmFeatures gldm_table {
        dependence_entropy "DependenceEntropy" "FCBV" "bit" Standard "`−Σ p_ij log₂ p_ij`, `p_ij = d_ij / N`.";
        dependence_non_uniformity "DependenceNonUniformity" "Z87G" "" Standard "`Σ_j (Σ_i d_ij)² / N`.";
        dependence_non_uniformity_normalized "DependenceNonUniformityNormalized" "OKJI" "" Standard "`Σ_j (Σ_i d_ij)² / N²`.";
        dependence_variance "DependenceVariance" "DNX2" "" Standard "`Σ (j − μ)² d_ij / N`, `μ = Σ j d_ij / N`.";
        gray_level_non_uniformity "GrayLevelNonUniformity" "FP8K" "" Standard "`Σ_i (Σ_j d_ij)² / N`.";
        gray_level_variance "GrayLevelVariance" "1PFV" "" Standard "`Σ (i − μ)² d_ij / N`, `μ = Σ i d_ij / N`.";
        high_gray_level_emphasis "HighGrayLevelEmphasis" "OAE7" "" Standard "`Σ i² d_ij / N`.";
        large_dependence_emphasis "LargeDependenceEmphasis" "IMOQ" "" Standard "`Σ j² d_ij / N`.";
        large_dependence_high_gray_level_emphasis "LargeDependenceHighGrayLevelEmphasis" "9QMG" "" Standard "`Σ i² j² d_ij / N`.";
        large_dependence_low_gray_level_emphasis "LargeDependenceLowGrayLevelEmphasis" "NBZI" "" Standard "`Σ (j / i)² d_ij / N`.";
        low_gray_level_emphasis "LowGrayLevelEmphasis" "TL9H" "" Standard "`(1 / N) Σ d_ij / i²`.";
        small_dependence_emphasis "SmallDependenceEmphasis" "SODN" "" Standard "`(1 / N) Σ d_ij / j²`.";
        small_dependence_high_gray_level_emphasis "SmallDependenceHighGrayLevelEmphasis" "JA6D" "" Standard "`Σ (i / j)² d_ij / N`.";
        small_dependence_low_gray_level_emphasis "SmallDependenceLowGrayLevelEmphasis" "EQ3F" "" Standard "`(1 / N) Σ d_ij / (i² j²)`.";
    }
}

feature_set! {
    /// Features of the neighbouring grey-tone difference matrix.
    NgtdmFeatures ngtdm_table {
        busyness "Busyness" "NQ30" "" Standard "`Σ_i p_i s_i / Σ_ij abs(i p_i − j p_j)`; 0 for a flat region.";
        coarseness "Coarseness" "QCDE" "" Standard "`1 / Σ_i p_i s_i`; 10⁶ where the sum is 0.";
        complexity "Complexity" "HDEZ" "" Standard "`Σ_ij abs(i − j) (p_i s_i + p_j s_j) / (p_i + p_j) / N`.";
        contrast "Contrast" "65HE" "" Standard "`Σ_ij p_i p_j (i − j)² / (N_g (N_g − 1)) · Σ_i s_i / N`; 0 for a flat region.";
        strength "Strength" "1X9X" "" Standard "`Σ_ij (p_i + p_j)(i − j)² / Σ_i s_i`; 0 where that sum is 0.";
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
