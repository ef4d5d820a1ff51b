//! The 174 features of IBSI 1: name, code, tag, unit and meaning, in the order of the reference manual.
//!
//! Names and codes are those of the manual's reference tables (github.com/theibsi/ibsi-doc, commit b952e71).
//! There the 10th and 90th percentile of the histogram bear the codes `1PR8` and `GPMT`; DICOM (CID 7478)
//! has `GPMT` and `OZ0C`. Tags are those of MIRP, without the suffix of the aggregation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The identity of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IbsiFeature {
    /// The manual's name.
    pub name: &'static str,
    /// The manual's code of four characters. Features that differ only in a parameter share it.
    pub code: &'static str,
    /// Short name, unique among all features.
    pub tag: &'static str,
    /// Unit; `intensity` is the unit of the image, empty for a plain number.
    pub unit: &'static str,
    /// What it measures, in one line.
    pub meaning: &'static str,
}

/// A family of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IbsiFamily {
    /// Form of the region in space.
    Morphology,
    /// Peaks of smoothed intensity.
    LocalIntensity,
    /// Intensities, without their place.
    IntensityStatistics,
    /// Grey levels, without their place.
    IntensityHistogram,
    /// Volume above each intensity.
    IntensityVolumeHistogram,
    /// Grey-level co-occurrence matrix.
    Glcm,
    /// Grey-level run-length matrix.
    Glrlm,
    /// Grey-level size-zone matrix.
    Glszm,
    /// Grey-level distance-zone matrix.
    Gldzm,
    /// Neighbourhood grey-tone difference matrix.
    Ngtdm,
    /// Neighbouring grey-level dependence matrix.
    Ngldm,
}

impl IbsiFamily {
    /// All families in the order of the manual.
    pub const ALL: [Self; 11] = [
        Self::Morphology,
        Self::LocalIntensity,
        Self::IntensityStatistics,
        Self::IntensityHistogram,
        Self::IntensityVolumeHistogram,
        Self::Glcm,
        Self::Glrlm,
        Self::Glszm,
        Self::Gldzm,
        Self::Ngtdm,
        Self::Ngldm,
    ];

    /// Its name in tables and settings, such as `intensity_histogram`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Morphology => "morphology",
            Self::LocalIntensity => "local_intensity",
            Self::IntensityStatistics => "intensity_statistics",
            Self::IntensityHistogram => "intensity_histogram",
            Self::IntensityVolumeHistogram => "intensity_volume_histogram",
            Self::Glcm => "glcm",
            Self::Glrlm => "glrlm",
            Self::Glszm => "glszm",
            Self::Gldzm => "gldzm",
            Self::Ngtdm => "ngtdm",
            Self::Ngldm => "ngldm",
        }
    }

    /// The manual's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Morphology => "HCUG",
            Self::LocalIntensity => "9ST6",
            Self::IntensityStatistics => "UHIW",
            Self::IntensityHistogram => "ZVCW",
            Self::IntensityVolumeHistogram => "P88C",
            Self::Glcm => "LFYI",
            Self::Glrlm => "TP0I",
            Self::Glszm => "9SAK",
            Self::Gldzm => "VMDZ",
            Self::Ngtdm => "IPET",
            Self::Ngldm => "REK0",
        }
    }

    /// Its features.
    pub fn features(self) -> &'static [IbsiFeature] {
        match self {
            Self::Morphology => MORPHOLOGY,
            Self::LocalIntensity => LOCAL_INTENSITY,
            Self::IntensityStatistics => INTENSITY_STATISTICS,
            Self::IntensityHistogram => INTENSITY_HISTOGRAM,
            Self::IntensityVolumeHistogram => INTENSITY_VOLUME_HISTOGRAM,
            Self::Glcm => GLCM,
            Self::Glrlm => GLRLM,
            Self::Glszm => GLSZM,
            Self::Gldzm => GLDZM,
            Self::Ngtdm => NGTDM,
            Self::Ngldm => NGLDM,
        }
    }
}

impl fmt::Display for IbsiFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! features {
    ($($(#[$doc:meta])* $family:ident { $($name:literal $code:literal $tag:literal $unit:tt $meaning:literal;)* })*) => {$(
        $(#[$doc])*
        ///
        /// Name, code, tag, meaning, unit:
        $(#[doc = concat!("- **", $name, "** `", $code, "` `", $tag, "`: ", $meaning, unit!($unit))])*
        pub const $family: &[IbsiFeature] = &[
            $(IbsiFeature { name: $name, code: $code, tag: $tag, unit: $unit, meaning: $meaning },)*
        ];
    )*};
}

features! {
    /// Form: [`crate::ibsi::morphology`].
    MORPHOLOGY {
        "Volume (mesh)" "RNU0" "morph_volume" "mm³" "Volume `V` inside the surface mesh.";
        "Volume (voxel counting)" "YEKZ" "morph_vol_approx" "mm³" "Number of voxels times voxel volume.";
        "Surface area (mesh)" "C0JK" "morph_area_mesh" "mm²" "Area `A` of the surface mesh.";
        "Surface to volume ratio" "2PR5" "morph_av" "1/mm" "`A / V`.";
        "Compactness 1" "SKGS" "morph_comp_1" "" "`V / √(π A³)`.";
        "Compactness 2" "BQWJ" "morph_comp_2" "" "`36 π V² / A³`, 1 for a ball.";
        "Spherical disproportion" "KRCK" "morph_sph_dispr" "" "`A / ∛(36 π V²)`, 1 for a ball, else larger.";
        "Sphericity" "QCFX" "morph_sphericity" "" "`∛(36 π V²) / A`, 1 for a ball, else smaller.";
        "Asphericity" "25C7" "morph_asphericity" "" "`∛(A³ / 36 π V²) − 1`, 0 for a ball.";
        "Centre of mass shift" "KLMA" "morph_com" "mm" "Distance between the centre of the voxels and their centre weighted by intensity.";
        "Maximum 3D diameter" "L0JK" "morph_diam" "mm" "Largest distance of two vertices of the mesh.";
        "Major axis length" "TDIC" "morph_pca_maj_axis" "mm" "`4 √λ_major` of the voxel centres' covariance with 1/(N − 1).";
        "Minor axis length" "P9VJ" "morph_pca_min_axis" "mm" "`4 √λ_minor`.";
        "Least axis length" "7J51" "morph_pca_least_axis" "mm" "`4 √λ_least`.";
        "Elongation" "Q3CK" "morph_pca_elongation" "" "`√(λ_minor / λ_major)`, 0 to 1.";
        "Flatness" "N17B" "morph_pca_flatness" "" "`√(λ_least / λ_major)`, 0 to 1.";
        "Volume density (axis-aligned bounding box)" "PBX1" "morph_vol_dens_aabb" "" "`V` divided by the volume of the mesh's box along the axes.";
        "Area density (axis-aligned bounding box)" "R59B" "morph_area_dens_aabb" "" "`A` divided by the area of the mesh's box along the axes.";
        "Volume density (oriented minimum bounding box)" "ZH1A" "morph_vol_dens_ombb" "" "`V` divided by the volume of the smallest box around the mesh.";
        "Area density (oriented minimum bounding box)" "IQYR" "morph_area_dens_ombb" "" "`A` divided by the area of the box of smallest volume around the mesh.";
        "Volume density (approximate enclosing ellipsoid)" "6BDE" "morph_vol_dens_aee" "" "`V` divided by the volume of the ellipsoid with the principal axes.";
        "Area density (approximate enclosing ellipsoid)" "RDD2" "morph_area_dens_aee" "" "`A` divided by the area of the ellipsoid with the principal axes.";
        "Volume density (minimum volume enclosing ellipsoid)" "SWZ1" "morph_vol_dens_mvee" "" "`V` divided by the volume of the smallest ellipsoid around the mesh.";
        "Area density (minimum volume enclosing ellipsoid)" "BRI8" "morph_area_dens_mvee" "" "`A` divided by the area of the ellipsoid of smallest volume around the mesh.";
        "Volume density (convex hull)" "R3ER" "morph_vol_dens_conv_hull" "" "`V` divided by the volume of the mesh's convex hull (solidity).";
        "Area density (convex hull)" "7T7F" "morph_area_dens_conv_hull" "" "`A` divided by the area of the mesh's convex hull.";
        "Integrated intensity" "99N0" "morph_integ_int" "intensity mm³" "Mean intensity times `V`.";
        "Moran's I index" "N365" "morph_moran_i" "" "Correlation of intensities of voxel pairs weighted by inverse distance; 1 where near voxels are alike.";
        "Geary's C measure" "NPT7" "morph_geary_c" "" "Squared difference of intensities of voxel pairs weighted by inverse distance; below 1 where near voxels are alike.";
    }

    /// Peaks: [`crate::ibsi::local`].
    LOCAL_INTENSITY {
        "Local intensity peak" "VJGA" "loc_peak_loc" "intensity" "Mean in a ball of 1 cm³ around the brightest voxel of the region.";
        "Global intensity peak" "0F91" "loc_peak_glob" "intensity" "Largest mean in a ball of 1 cm³ around any voxel of the region.";
    }

    /// Intensities: [`crate::ibsi::statistics`].
    INTENSITY_STATISTICS {
        "Mean intensity" "Q4LE" "stat_mean" "intensity" "`μ = Σ x / N`.";
        "Intensity variance" "ECT3" "stat_var" "intensity²" "`σ² = Σ (x − μ)² / N`.";
        "Intensity skewness" "KE2A" "stat_skew" "" "`Σ (x − μ)³ / N σ³`; 0 for a flat region.";
        "(Excess) intensity kurtosis" "IPH6" "stat_kurt" "" "`Σ (x − μ)⁴ / N σ⁴ − 3`; 0 for a flat region.";
        "Median intensity" "Y12H" "stat_median" "intensity" "50th percentile.";
        "Minimum intensity" "1GSF" "stat_min" "intensity" "Smallest intensity.";
        "10th intensity percentile" "QG58" "stat_p10" "intensity" "10th percentile (linear interpolation).";
        "90th intensity percentile" "8DWT" "stat_p90" "intensity" "90th percentile (linear interpolation).";
        "Maximum intensity" "84IY" "stat_max" "intensity" "Largest intensity.";
        "Intensity interquartile range" "SALO" "stat_iqr" "intensity" "75th minus 25th percentile.";
        "Intensity range" "2OJQ" "stat_range" "intensity" "Maximum minus minimum.";
        "Intensity-based mean absolute deviation" "4FUA" "stat_mad" "intensity" "Mean distance from the mean.";
        "Intensity-based robust mean absolute deviation" "1128" "stat_rmad" "intensity" "Mean distance from the mean among intensities from the 10th to the 90th percentile.";
        "Intensity-based median absolute deviation" "N72L" "stat_medad" "intensity" "Mean distance from the median.";
        "Intensity-based coefficient of variation" "7TET" "stat_cov" "" "`σ / μ`.";
        "Intensity-based quartile coefficient of dispersion" "9S40" "stat_qcod" "" "`(P₇₅ − P₂₅) / (P₇₅ + P₂₅)`.";
        "Intensity-based energy" "N8CA" "stat_energy" "intensity²" "`Σ x²`.";
        "Root mean square intensity" "5ZWQ" "stat_rms" "intensity" "`√(Σ x² / N)`.";
    }

    /// Grey levels: [`crate::ibsi::histogram`].
    INTENSITY_HISTOGRAM {
        "Mean discretised intensity" "X6K6" "ih_mean" "level" "`μ = Σ i p_i`.";
        "Discretised intensity variance" "CH89" "ih_var" "level²" "`σ² = Σ (i − μ)² p_i`.";
        "Discretised intensity skewness" "88K1" "ih_skew" "" "`Σ (i − μ)³ p_i / σ³`; 0 for a flat region.";
        "(Excess) discretised intensity kurtosis" "C3I7" "ih_kurt" "" "`Σ (i − μ)⁴ p_i / σ⁴ − 3`; 0 for a flat region.";
        "Median discretised intensity" "WIFQ" "ih_median" "level" "50th percentile.";
        "Minimum discretised intensity" "1PR8" "ih_min" "level" "Lowest grey level.";
        "10th discretised intensity percentile" "1PR8" "ih_p10" "level" "10th percentile (linear interpolation).";
        "90th discretised intensity percentile" "GPMT" "ih_p90" "level" "90th percentile (linear interpolation).";
        "Maximum discretised intensity" "3NCY" "ih_max" "level" "Highest grey level.";
        "Intensity histogram mode" "AMMC" "ih_mode" "level" "The most frequent grey level; of several the one nearest the mean.";
        "Discretised intensity interquartile range" "WR0O" "ih_iqr" "level" "75th minus 25th percentile.";
        "Discretised intensity range" "5Z3W" "ih_range" "level" "Highest minus lowest grey level.";
        "Intensity histogram mean absolute deviation" "D2ZX" "ih_mad" "level" "Mean distance from the mean.";
        "Intensity histogram robust mean absolute deviation" "WRZB" "ih_rmad" "level" "Mean distance from the mean among grey levels from the 10th to the 90th percentile.";
        "Intensity histogram median absolute deviation" "4RNL" "ih_medad" "level" "Mean distance from the median.";
        "Intensity histogram coefficient of variation" "CWYJ" "ih_cov" "" "`σ / μ`.";
        "Intensity histogram quartile coefficient of dispersion" "SLWD" "ih_qcod" "" "`(P₇₅ − P₂₅) / (P₇₅ + P₂₅)`.";
        "Discretised intensity entropy" "TLU2" "ih_entropy" "bit" "`−Σ p_i log₂ p_i`.";
        "Discretised intensity uniformity" "BJ5W" "ih_uniformity" "" "`Σ p_i²`.";
        "Maximum histogram gradient" "12CE" "ih_max_grad" "voxel/level" "Largest slope of the histogram (central differences, one-sided at its ends).";
        "Maximum histogram gradient intensity" "8E6O" "ih_max_grad_g" "level" "Grey level of the largest slope.";
        "Minimum histogram gradient" "VQB3" "ih_min_grad" "voxel/level" "Smallest slope of the histogram.";
        "Minimum histogram gradient intensity" "RHQZ" "ih_min_grad_g" "level" "Grey level of the smallest slope.";
    }

    /// Volume above each intensity: [`crate::ibsi::ivh`].
    INTENSITY_VOLUME_HISTOGRAM {
        "Volume fraction at 10% intensity" "BC2M" "ivh_v10" "" "Fraction of the volume with at least 10 % of the intensity range.";
        "Volume fraction at 90% intensity" "BC2M" "ivh_v90" "" "Fraction of the volume with at least 90 % of the intensity range.";
        "Intensity at 10% volume" "GBPN" "ivh_i10" "intensity" "Lowest intensity that at most 10 % of the volume reaches.";
        "Intensity at 90% volume" "GBPN" "ivh_i90" "intensity" "Lowest intensity that at most 90 % of the volume reaches.";
        "Volume fraction difference between intensity fractions" "DDTU" "ivh_diff_v10_v90" "" "`V₁₀ − V₉₀`.";
        "Intensity fraction difference between volume fractions" "CNV2" "ivh_diff_i10_i90" "intensity" "`I₁₀ − I₉₀`.";
        "Area under the IVH curve" "9CMM" "ivh_auc" "" "`∫ ν dγ` by trapezia: volume fraction over intensity fraction; 0 for a single intensity.";
    }

    /// Pairs: [`crate::ibsi::glcm`].
    GLCM {
        "Joint maximum" "GYBY" "cm_joint_max" "" "Largest `p_ij`.";
        "Joint average" "60VM" "cm_joint_avg" "" "`μ = Σ i p_ij`.";
        "Joint variance" "UR99" "cm_joint_var" "" "`Σ (i − μ)² p_ij`.";
        "Joint entropy" "TU9B" "cm_joint_entr" "bit" "`−Σ p_ij log₂ p_ij`.";
        "Difference average" "TF7R" "cm_diff_avg" "" "`μ = Σ k p_{i−j}(k)`.";
        "Difference variance" "D3YU" "cm_diff_var" "" "`Σ (k − μ)² p_{i−j}(k)`.";
        "Difference entropy" "NTRS" "cm_diff_entr" "bit" "Entropy of `p_{i−j}`.";
        "Sum average" "ZGXS" "cm_sum_avg" "" "`μ = Σ k p_{i+j}(k)`.";
        "Sum variance" "OEEB" "cm_sum_var" "" "`Σ (k − μ)² p_{i+j}(k)`.";
        "Sum entropy" "P6QZ" "cm_sum_entr" "bit" "Entropy of `p_{i+j}`.";
        "Angular second moment" "8ZQL" "cm_energy" "" "`Σ p_ij²`.";
        "Contrast" "ACUI" "cm_contrast" "" "`Σ (i − j)² p_ij`.";
        "Dissimilarity" "8S9J" "cm_dissimilarity" "" "`Σ |i − j| p_ij`.";
        "Inverse difference" "IB1Z" "cm_inv_diff" "" "`Σ p_ij / (1 + |i − j|)`.";
        "Normalised inverse difference" "NDRX" "cm_inv_diff_norm" "" "`Σ p_ij / (1 + |i − j| / N_g)`.";
        "Inverse difference moment" "WF0Z" "cm_inv_diff_mom" "" "`Σ p_ij / (1 + (i − j)²)`.";
        "Normalised inverse difference moment" "1QCO" "cm_inv_diff_mom_norm" "" "`Σ p_ij / (1 + (i − j)² / N_g²)`.";
        "Inverse variance" "E8JP" "cm_inv_var" "" "`Σ_{k≥1} p_{i−j}(k) / k²`.";
        "Correlation" "NI2N" "cm_corr" "" "`Σ (i − μ)(j − μ) p_ij / σ²`; 1 for a single grey level.";
        "Autocorrelation" "QWB0" "cm_auto_corr" "" "`Σ i j p_ij`.";
        "Cluster tendency" "DG8W" "cm_clust_tend" "" "`Σ (i + j − 2μ)² p_ij`.";
        "Cluster shade" "7NFM" "cm_clust_shade" "" "`Σ (i + j − 2μ)³ p_ij`.";
        "Cluster prominence" "AE86" "cm_clust_prom" "" "`Σ (i + j − 2μ)⁴ p_ij`.";
        "Information correlation 1" "R8DG" "cm_info_corr1" "" "`(HXY − HXY1) / HX`.";
        "Information correlation 2" "JN9H" "cm_info_corr2" "" "`√(1 − exp(−2 (HXY2 − HXY)))`.";
    }

    /// Runs: [`crate::ibsi::glrlm`].
    GLRLM {
        "Short runs emphasis" "22OV" "rlm_sre" "" "Mean of `1 / j²` over runs, `j` the length.";
        "Long runs emphasis" "W4KF" "rlm_lre" "" "Mean of `j²`.";
        "Low grey level run emphasis" "V3SW" "rlm_lgre" "" "Mean of `1 / i²` over runs, `i` the grey level.";
        "High grey level run emphasis" "G3QZ" "rlm_hgre" "" "Mean of `i²`.";
        "Short run low grey level emphasis" "HTZT" "rlm_srlge" "" "Mean of `1 / i² j²`.";
        "Short run high grey level emphasis" "GD3A" "rlm_srhge" "" "Mean of `i² / j²`.";
        "Long run low grey level emphasis" "IVPO" "rlm_lrlge" "" "Mean of `j² / i²`.";
        "Long run high grey level emphasis" "3KUM" "rlm_lrhge" "" "Mean of `i² j²`.";
        "Grey level non-uniformity" "R5YN" "rlm_glnu" "" "`Σ_i (Σ_j n_ij)² / N` of runs.";
        "Normalised grey level non-uniformity" "OVBL" "rlm_glnu_norm" "" "`Σ_i (Σ_j n_ij)² / N²`.";
        "Run length non-uniformity" "W92Y" "rlm_rlnu" "" "`Σ_j (Σ_i n_ij)² / N`.";
        "Normalised run length non-uniformity" "IC23" "rlm_rlnu_norm" "" "`Σ_j (Σ_i n_ij)² / N²`.";
        "Run percentage" "9ZK5" "rlm_r_perc" "" "Runs divided by voxels, counted once for each direction merged.";
        "Grey level variance" "8CE5" "rlm_gl_var" "" "Variance of the grey level over runs.";
        "Run length variance" "SXLW" "rlm_rl_var" "" "Variance of the length over runs.";
        "Run entropy" "HJ9O" "rlm_rl_entr" "bit" "Entropy of `n_ij / N`.";
    }

    /// Zones and their sizes: [`crate::ibsi::zones`].
    GLSZM {
        "Small zone emphasis" "5QRC" "szm_sze" "" "Mean of `1 / j²` over zones, `j` the number of voxels.";
        "Large zone emphasis" "48P8" "szm_lze" "" "Mean of `j²`.";
        "Low grey level zone emphasis" "XMSY" "szm_lgze" "" "Mean of `1 / i²` over zones, `i` the grey level.";
        "High grey level zone emphasis" "5GN9" "szm_hgze" "" "Mean of `i²`.";
        "Small zone low grey level emphasis" "5RAI" "szm_szlge" "" "Mean of `1 / i² j²`.";
        "Small zone high grey level emphasis" "HW1V" "szm_szhge" "" "Mean of `i² / j²`.";
        "Large zone low grey level emphasis" "YH51" "szm_lzlge" "" "Mean of `j² / i²`.";
        "Large zone high grey level emphasis" "J17V" "szm_lzhge" "" "Mean of `i² j²`.";
        "Grey level non-uniformity" "JNSA" "szm_glnu" "" "`Σ_i (Σ_j n_ij)² / N` of zones.";
        "Normalised grey level non-uniformity" "Y1RO" "szm_glnu_norm" "" "`Σ_i (Σ_j n_ij)² / N²`.";
        "Zone size non-uniformity" "4JP3" "szm_zsnu" "" "`Σ_j (Σ_i n_ij)² / N`.";
        "Normalised zone size non-uniformity" "VB3A" "szm_zsnu_norm" "" "`Σ_j (Σ_i n_ij)² / N²`.";
        "Zone percentage" "P30P" "szm_z_perc" "" "Zones divided by voxels.";
        "Grey level variance" "BYLV" "szm_gl_var" "" "Variance of the grey level over zones.";
        "Zone size variance" "3NSA" "szm_zs_var" "" "Variance of the number of voxels over zones.";
        "Zone size entropy" "GU8N" "szm_zs_entr" "bit" "Entropy of `n_ij / N`.";
    }

    /// Zones and their distances: [`crate::ibsi::zones`].
    GLDZM {
        "Small distance emphasis" "0GBI" "dzm_sde" "" "Mean of `1 / j²` over zones, `j` the distance from the border.";
        "Large distance emphasis" "MB4I" "dzm_lde" "" "Mean of `j²`.";
        "Low grey level zone emphasis" "S1RA" "dzm_lgze" "" "Mean of `1 / i²` over zones, `i` the grey level.";
        "High grey level zone emphasis" "K26C" "dzm_hgze" "" "Mean of `i²`.";
        "Small distance low grey level emphasis" "RUVG" "dzm_sdlge" "" "Mean of `1 / i² j²`.";
        "Small distance high grey level emphasis" "DKNJ" "dzm_sdhge" "" "Mean of `i² / j²`.";
        "Large distance low grey level emphasis" "A7WM" "dzm_ldlge" "" "Mean of `j² / i²`.";
        "Large distance high grey level emphasis" "KLTH" "dzm_ldhge" "" "Mean of `i² j²`.";
        "Grey level non-uniformity" "VFT7" "dzm_glnu" "" "`Σ_i (Σ_j n_ij)² / N` of zones.";
        "Normalised grey level non-uniformity" "7HP3" "dzm_glnu_norm" "" "`Σ_i (Σ_j n_ij)² / N²`.";
        "Zone distance non-uniformity" "V294" "dzm_zdnu" "" "`Σ_j (Σ_i n_ij)² / N`.";
        "Normalised zone distance non-uniformity" "IATH" "dzm_zdnu_norm" "" "`Σ_j (Σ_i n_ij)² / N²`.";
        "Zone percentage" "VIWW" "dzm_z_perc" "" "Zones divided by voxels.";
        "Grey level variance" "QK93" "dzm_gl_var" "" "Variance of the grey level over zones.";
        "Zone distance variance" "7WT1" "dzm_zd_var" "" "Variance of the distance from the border over zones.";
        "Zone distance entropy" "GBDU" "dzm_zd_entr" "bit" "Entropy of `n_ij / N`.";
    }

    /// Tone differences: [`crate::ibsi::ngtdm`].
    NGTDM {
        "Coarseness" "QCDE" "ngt_coarseness" "" "`1 / Σ p_i s_i`, 10⁶ where the sum is 0.";
        "Contrast" "65HE" "ngt_contrast" "" "`Σ p_i p_j (i − j)² / N_gp (N_gp − 1) · Σ s_i / N`.";
        "Busyness" "NQ30" "ngt_busyness" "" "`Σ p_i s_i / Σ |i p_i − j p_j|`; 0 for a single grey level.";
        "Complexity" "HDEZ" "ngt_complexity" "" "`Σ |i − j| (p_i s_i + p_j s_j) / (p_i + p_j) / N`.";
        "Strength" "1X9X" "ngt_strength" "" "`Σ (p_i + p_j)(i − j)² / Σ s_i`; 0 where the divisor is 0.";
    }

    /// Dependences: [`crate::ibsi::ngldm`].
    NGLDM {
        "Low dependence emphasis" "SODN" "ngl_lde" "" "Mean of `1 / j²` over voxels, `j` the dependence.";
        "High dependence emphasis" "IMOQ" "ngl_hde" "" "Mean of `j²`.";
        "Low grey level count emphasis" "TL9H" "ngl_lgce" "" "Mean of `1 / i²` over voxels, `i` the grey level.";
        "High grey level count emphasis" "OAE7" "ngl_hgce" "" "Mean of `i²`.";
        "Low dependence low grey level emphasis" "EQ3F" "ngl_ldlge" "" "Mean of `1 / i² j²`.";
        "Low dependence high grey level emphasis" "JA6D" "ngl_ldhge" "" "Mean of `i² / j²`.";
        "High dependence low grey level emphasis" "NBZI" "ngl_hdlge" "" "Mean of `j² / i²`.";
        "High dependence high grey level emphasis" "9QMG" "ngl_hdhge" "" "Mean of `i² j²`.";
        "Grey level non-uniformity" "FP8K" "ngl_glnu" "" "`Σ_i (Σ_j n_ij)² / N` of voxels.";
        "Normalised grey level non-uniformity" "5SPA" "ngl_glnu_norm" "" "`Σ_i (Σ_j n_ij)² / N²`.";
        "Dependence count non-uniformity" "Z87G" "ngl_dcnu" "" "`Σ_j (Σ_i n_ij)² / N`.";
        "Normalised dependence count non-uniformity" "OKJI" "ngl_dcnu_norm" "" "`Σ_j (Σ_i n_ij)² / N²`.";
        "Dependence count percentage" "6XV8" "ngl_dc_perc" "" "Voxels counted divided by voxels: 1 by definition.";
        "Grey level variance" "1PFV" "ngl_gl_var" "" "Variance of the grey level over voxels.";
        "Dependence count variance" "DNX2" "ngl_dc_var" "" "Variance of the dependence over voxels.";
        "Dependence count entropy" "FCBV" "ngl_dc_entr" "bit" "Entropy of `n_ij / N`.";
        "Dependence count energy" "CAS9" "ngl_dc_energy" "" "`Σ (n_ij / N)²`.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_174_features_and_tags_are_unique() {
        let counts = IbsiFamily::ALL.map(|family| family.features().len());
        assert_eq!(counts, [29, 2, 18, 23, 7, 25, 16, 16, 16, 5, 17]);
        let mut tags: Vec<&str> =
            IbsiFamily::ALL.iter().flat_map(|family| family.features()).map(|f| f.tag).collect();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 174);
    }
}
