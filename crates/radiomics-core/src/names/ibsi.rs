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
    /// What it measures, in one line; symbols are those of the page of its family.
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

/// Lists of features, and for each a macro that is its table for the page of its module.
macro_rules! features {
    ($($(#[$doc:meta])* $family:ident $table:ident {
        $($name:literal $code:literal $tag:literal $unit:literal $meaning:literal;)*
    })*) => {$(
        macro_rules! $table {
            () => {
                concat!(
                    "| feature | tag | formula | code | unit |\n|---|---|---|---|---|\n",
                    $("| ", $name, " | `", $tag, "` | ", $meaning, " | `", $code, "` | ", $unit, " |\n",)*
                )
            };
        }

        $(#[$doc])*
        pub const $family: &[IbsiFeature] = &[
            $(IbsiFeature { name: $name, code: $code, tag: $tag, unit: $unit, meaning: $meaning },)*
        ];
    )*};
}

features! {
    /// Form: [`crate::ibsi::morphology`].
    MORPHOLOGY ibsi_morphology_table {
        "Volume (mesh)" "RNU0" "morph_volume" "mm³" "Volume `V` inside the surface mesh.";
        "Volume (voxel counting)" "YEKZ" "morph_vol_approx" "mm³" "Number of voxels times the volume of a voxel.";
        "Surface area (mesh)" "C0JK" "morph_area_mesh" "mm²" "Area `A` of the surface mesh.";
        "Surface to volume ratio" "2PR5" "morph_av" "1/mm" "`A / V`.";
        "Compactness 1" "SKGS" "morph_comp_1" "" "`V / √(π A³)`.";
        "Compactness 2" "BQWJ" "morph_comp_2" "" "`36 π V² / A³`, sphericity cubed.";
        "Spherical disproportion" "KRCK" "morph_sph_dispr" "" "`A / ∛(36 π V²)`, 1 / sphericity.";
        "Sphericity" "QCFX" "morph_sphericity" "" "`∛(36 π V²) / A`, 1 for a ball.";
        "Asphericity" "25C7" "morph_asphericity" "" "`∛(A³ / (36 π V²)) − 1`, 0 for a ball.";
        "Centre of mass shift" "KLMA" "morph_com" "mm" "Distance of the mean place of the morphological mask's voxels from that of the intensity mask's, weighted by intensity, `‖Σ r_k / N_m − Σ x_k r_k / Σ x_k‖`.";
        "Maximum 3D diameter" "L0JK" "morph_diam" "mm" "Largest distance of two mesh vertices.";
        "Major axis length" "TDIC" "morph_pca_maj_axis" "mm" "`4 √λ_major`.";
        "Minor axis length" "P9VJ" "morph_pca_min_axis" "mm" "`4 √λ_minor`.";
        "Least axis length" "7J51" "morph_pca_least_axis" "mm" "`4 √λ_least`.";
        "Elongation" "Q3CK" "morph_pca_elongation" "" "`√(λ_minor / λ_major)` of the voxel positions, 0 to 1.";
        "Flatness" "N17B" "morph_pca_flatness" "" "`√(λ_least / λ_major)` of the voxel positions, 0 to 1.";
        "Volume density (axis-aligned bounding box)" "PBX1" "morph_vol_dens_aabb" "" "`V / (a b c)`, `a`, `b`, `c` the sides of the mesh's box along the axes.";
        "Area density (axis-aligned bounding box)" "R59B" "morph_area_dens_aabb" "" "`A / (2ab + 2bc + 2ca)` of the same box.";
        "Volume density (oriented minimum bounding box)" "ZH1A" "morph_vol_dens_ombb" "" "`V / (a b c)`, `a`, `b`, `c` the sides of the smallest box around the mesh, however turned.";
        "Area density (oriented minimum bounding box)" "IQYR" "morph_area_dens_ombb" "" "`A / (2ab + 2bc + 2ca)` of the same box.";
        "Volume density (approximate enclosing ellipsoid)" "6BDE" "morph_vol_dens_aee" "" "`V / (4/3 π a b c)`, `a`, `b`, `c` = `2 √λ_major`, `2 √λ_minor`, `2 √λ_least`.";
        "Area density (approximate enclosing ellipsoid)" "RDD2" "morph_area_dens_aee" "" "`A` divided by the area of the ellipsoid with these half axes.";
        "Volume density (minimum volume enclosing ellipsoid)" "SWZ1" "morph_vol_dens_mvee" "" "`V / (4/3 π a b c)`, `a`, `b`, `c` the half axes of the smallest ellipsoid around the mesh.";
        "Area density (minimum volume enclosing ellipsoid)" "BRI8" "morph_area_dens_mvee" "" "`A` divided by the area of the same ellipsoid.";
        "Volume density (convex hull)" "R3ER" "morph_vol_dens_conv_hull" "" "`V` divided by the volume of the mesh's convex hull (solidity).";
        "Area density (convex hull)" "7T7F" "morph_area_dens_conv_hull" "" "`A` divided by the area of the mesh's convex hull.";
        "Integrated intensity" "99N0" "morph_integ_int" "intensity mm³" "`μ V`.";
        "Moran's I index" "N365" "morph_moran_i" "" "`N / W · Σ_{k≠l} w_kl (x_k − μ)(x_l − μ) / Σ_k (x_k − μ)²`: the larger, the more near voxels are alike.";
        "Geary's C measure" "NPT7" "morph_geary_c" "" "`(N − 1) / (2 W) · Σ_{k≠l} w_kl (x_k − x_l)² / Σ_k (x_k − μ)²`: the smaller, the more near voxels are alike.";
    }

    /// Peaks: [`crate::ibsi::local`].
    LOCAL_INTENSITY ibsi_local_intensity_table {
        "Local intensity peak" "VJGA" "loc_peak_loc" "intensity" "`Σ x_k / n` over the `n` voxels of the ball around the brightest voxel of the region; of several the largest.";
        "Global intensity peak" "0F91" "loc_peak_glob" "intensity" "The largest `Σ x_k / n` of the balls around all voxels of the region.";
    }

    /// Intensities: [`crate::ibsi::statistics`].
    INTENSITY_STATISTICS ibsi_intensity_statistics_table {
        "Mean intensity" "Q4LE" "stat_mean" "intensity" "`μ = Σ x / N`.";
        "Intensity variance" "ECT3" "stat_var" "intensity²" "`σ² = Σ (x − μ)² / N`.";
        "Intensity skewness" "KE2A" "stat_skew" "" "`Σ (x − μ)³ / (N σ³)`; 0 for a flat region.";
        "(Excess) intensity kurtosis" "IPH6" "stat_kurt" "" "`Σ (x − μ)⁴ / (N σ⁴) − 3`; 0 for a flat region.";
        "Median intensity" "Y12H" "stat_median" "intensity" "Median intensity.";
        "Minimum intensity" "1GSF" "stat_min" "intensity" "Smallest intensity.";
        "10th intensity percentile" "QG58" "stat_p10" "intensity" "10th percentile of the intensities (linear interpolation).";
        "90th intensity percentile" "8DWT" "stat_p90" "intensity" "90th percentile of the intensities (linear interpolation).";
        "Maximum intensity" "84IY" "stat_max" "intensity" "Largest intensity.";
        "Intensity interquartile range" "SALO" "stat_iqr" "intensity" "75th minus 25th percentile.";
        "Intensity range" "2OJQ" "stat_range" "intensity" "Maximum minus minimum.";
        "Intensity-based mean absolute deviation" "4FUA" "stat_mad" "intensity" "Mean distance from the mean, `Σ abs(x − μ) / N`.";
        "Intensity-based robust mean absolute deviation" "1128" "stat_rmad" "intensity" "Mean distance from the mean among the `N_r` intensities from the 10th to the 90th percentile, `Σ abs(x − μ_r) / N_r`, `μ_r = Σ x / N_r`.";
        "Intensity-based median absolute deviation" "N72L" "stat_medad" "intensity" "Mean distance from the median `M`, `Σ abs(x − M) / N`.";
        "Intensity-based coefficient of variation" "7TET" "stat_cov" "" "`σ / μ`.";
        "Intensity-based quartile coefficient of dispersion" "9S40" "stat_qcod" "" "`(P₇₅ − P₂₅) / (P₇₅ + P₂₅)`, `P` the percentiles.";
        "Intensity-based energy" "N8CA" "stat_energy" "intensity²" "Sum of squares, `Σ x²`.";
        "Root mean square intensity" "5ZWQ" "stat_rms" "intensity" "`√(energy / N)`.";
    }

    /// Grey levels: [`crate::ibsi::histogram`].
    INTENSITY_HISTOGRAM ibsi_intensity_histogram_table {
        "Mean discretised intensity" "X6K6" "ih_mean" "level" "`μ = Σ i p_i`.";
        "Discretised intensity variance" "CH89" "ih_var" "level²" "`σ² = Σ (i − μ)² p_i`.";
        "Discretised intensity skewness" "88K1" "ih_skew" "" "`Σ (i − μ)³ p_i / σ³`; 0 for a flat region.";
        "(Excess) discretised intensity kurtosis" "C3I7" "ih_kurt" "" "`Σ (i − μ)⁴ p_i / σ⁴ − 3`; 0 for a flat region.";
        "Median discretised intensity" "WIFQ" "ih_median" "level" "Median grey level.";
        "Minimum discretised intensity" "1PR8" "ih_min" "level" "Lowest grey level.";
        "10th discretised intensity percentile" "1PR8" "ih_p10" "level" "10th percentile of the grey levels (linear interpolation).";
        "90th discretised intensity percentile" "GPMT" "ih_p90" "level" "90th percentile of the grey levels (linear interpolation).";
        "Maximum discretised intensity" "3NCY" "ih_max" "level" "Highest grey level.";
        "Intensity histogram mode" "AMMC" "ih_mode" "level" "The `i` of the largest `n_i`; of several the one nearest the mean.";
        "Discretised intensity interquartile range" "WR0O" "ih_iqr" "level" "75th minus 25th percentile.";
        "Discretised intensity range" "5Z3W" "ih_range" "level" "Highest minus lowest grey level.";
        "Intensity histogram mean absolute deviation" "D2ZX" "ih_mad" "level" "Mean distance from the mean, `Σ abs(i − μ) p_i`.";
        "Intensity histogram robust mean absolute deviation" "WRZB" "ih_rmad" "level" "Mean distance from the mean among the `N_r` voxels with grey levels from the 10th to the 90th percentile, `Σ abs(i − μ_r) n_i / N_r`, `μ_r = Σ i n_i / N_r`.";
        "Intensity histogram median absolute deviation" "4RNL" "ih_medad" "level" "Mean distance from the median `M`, `Σ abs(i − M) p_i`.";
        "Intensity histogram coefficient of variation" "CWYJ" "ih_cov" "" "`σ / μ`.";
        "Intensity histogram quartile coefficient of dispersion" "SLWD" "ih_qcod" "" "`(P₇₅ − P₂₅) / (P₇₅ + P₂₅)`, `P` the percentiles.";
        "Discretised intensity entropy" "TLU2" "ih_entropy" "bit" "`−Σ p_i log₂ p_i`.";
        "Discretised intensity uniformity" "BJ5W" "ih_uniformity" "" "`Σ p_i²`.";
        "Maximum histogram gradient" "12CE" "ih_max_grad" "voxel/level" "Largest slope `h_i`.";
        "Maximum histogram gradient intensity" "8E6O" "ih_max_grad_g" "level" "Lowest grey level with the largest slope.";
        "Minimum histogram gradient" "VQB3" "ih_min_grad" "voxel/level" "Smallest slope `h_i`.";
        "Minimum histogram gradient intensity" "RHQZ" "ih_min_grad_g" "level" "Lowest grey level with the smallest slope.";
    }

    /// Volume above each intensity: [`crate::ibsi::ivh`].
    INTENSITY_VOLUME_HISTOGRAM ibsi_intensity_volume_histogram_table {
        "Volume fraction at 10% intensity" "BC2M" "ivh_v10" "" "`V₁₀`: largest `ν(i)` with `γ(i) ≥ 0.1`.";
        "Volume fraction at 90% intensity" "BC2M" "ivh_v90" "" "`V₉₀`: largest `ν(i)` with `γ(i) ≥ 0.9`.";
        "Intensity at 10% volume" "GBPN" "ivh_i10" "intensity" "`I₁₀`: smallest `i` with `ν(i) ≤ 0.1`; the highest where there is none.";
        "Intensity at 90% volume" "GBPN" "ivh_i90" "intensity" "`I₉₀`: smallest `i` with `ν(i) ≤ 0.9`; the highest where there is none.";
        "Volume fraction difference between intensity fractions" "DDTU" "ivh_diff_v10_v90" "" "`V₁₀ − V₉₀`.";
        "Intensity fraction difference between volume fractions" "CNV2" "ivh_diff_i10_i90" "intensity" "`I₁₀ − I₉₀`.";
        "Area under the IVH curve" "9CMM" "ivh_auc" "" "`∫ ν dγ` by trapezia; 0 for a single intensity.";
    }

    /// Pairs: [`crate::ibsi::glcm`].
    GLCM ibsi_glcm_table {
        "Joint maximum" "GYBY" "cm_joint_max" "" "Largest `p_ij`.";
        "Joint average" "60VM" "cm_joint_avg" "" "`μ_x = Σ i p_ij`.";
        "Joint variance" "UR99" "cm_joint_var" "" "`Σ (i − μ_x)² p_ij`.";
        "Joint entropy" "TU9B" "cm_joint_entr" "bit" "`HXY = −Σ p_ij log₂ p_ij`.";
        "Difference average" "TF7R" "cm_diff_avg" "" "`μ_d = Σ k p_{x−y}(k)`.";
        "Difference variance" "D3YU" "cm_diff_var" "" "`Σ (k − μ_d)² p_{x−y}(k)`.";
        "Difference entropy" "NTRS" "cm_diff_entr" "bit" "`−Σ p_{x−y}(k) log₂ p_{x−y}(k)`.";
        "Sum average" "ZGXS" "cm_sum_avg" "" "`μ_s = Σ k p_{x+y}(k)`.";
        "Sum variance" "OEEB" "cm_sum_var" "" "`Σ (k − μ_s)² p_{x+y}(k)`.";
        "Sum entropy" "P6QZ" "cm_sum_entr" "bit" "`−Σ p_{x+y}(k) log₂ p_{x+y}(k)`.";
        "Angular second moment" "8ZQL" "cm_energy" "" "`Σ p_ij²`.";
        "Contrast" "ACUI" "cm_contrast" "" "`Σ (i − j)² p_ij`.";
        "Dissimilarity" "8S9J" "cm_dissimilarity" "" "`Σ abs(i − j) p_ij`.";
        "Inverse difference" "IB1Z" "cm_inv_diff" "" "`Σ p_{x−y}(k) / (1 + k)`.";
        "Normalised inverse difference" "NDRX" "cm_inv_diff_norm" "" "`Σ p_{x−y}(k) / (1 + k/N_g)`.";
        "Inverse difference moment" "WF0Z" "cm_inv_diff_mom" "" "`Σ p_{x−y}(k) / (1 + k²)`.";
        "Normalised inverse difference moment" "1QCO" "cm_inv_diff_mom_norm" "" "`Σ p_{x−y}(k) / (1 + k²/N_g²)`.";
        "Inverse variance" "E8JP" "cm_inv_var" "" "`Σ_{k≥1} p_{x−y}(k) / k²`.";
        "Correlation" "NI2N" "cm_corr" "" "`(Σ i j p_ij − μ_x μ_y) / (σ_x σ_y)`; 1 for a single grey level.";
        "Autocorrelation" "QWB0" "cm_auto_corr" "" "`Σ i j p_ij`.";
        "Cluster tendency" "DG8W" "cm_clust_tend" "" "`Σ (i + j − μ_x − μ_y)² p_ij`.";
        "Cluster shade" "7NFM" "cm_clust_shade" "" "`Σ (i + j − μ_x − μ_y)³ p_ij`.";
        "Cluster prominence" "AE86" "cm_clust_prom" "" "`Σ (i + j − μ_x − μ_y)⁴ p_ij`.";
        "Information correlation 1" "R8DG" "cm_info_corr1" "" "`(HXY − HXY1) / max(HX, HY)`; 0 for a single grey level.";
        "Information correlation 2" "JN9H" "cm_info_corr2" "" "`√(1 − exp(−2 (HXY2 − HXY)))`; 0 where `HXY > HXY2`.";
    }

    /// Runs: [`crate::ibsi::glrlm`].
    GLRLM ibsi_glrlm_table {
        "Short runs emphasis" "22OV" "rlm_sre" "" "`(1 / N_r) Σ r_ij / j²`.";
        "Long runs emphasis" "W4KF" "rlm_lre" "" "`Σ j² r_ij / N_r`.";
        "Low grey level run emphasis" "V3SW" "rlm_lgre" "" "`(1 / N_r) Σ r_ij / i²`.";
        "High grey level run emphasis" "G3QZ" "rlm_hgre" "" "`Σ i² r_ij / N_r`.";
        "Short run low grey level emphasis" "HTZT" "rlm_srlge" "" "`(1 / N_r) Σ r_ij / (i² j²)`.";
        "Short run high grey level emphasis" "GD3A" "rlm_srhge" "" "`Σ (i / j)² r_ij / N_r`.";
        "Long run low grey level emphasis" "IVPO" "rlm_lrlge" "" "`Σ (j / i)² r_ij / N_r`.";
        "Long run high grey level emphasis" "3KUM" "rlm_lrhge" "" "`Σ i² j² r_ij / N_r`.";
        "Grey level non-uniformity" "R5YN" "rlm_glnu" "" "`Σ_i (Σ_j r_ij)² / N_r`.";
        "Normalised grey level non-uniformity" "OVBL" "rlm_glnu_norm" "" "`Σ_i (Σ_j r_ij)² / N_r²`.";
        "Run length non-uniformity" "W92Y" "rlm_rlnu" "" "`Σ_j (Σ_i r_ij)² / N_r`.";
        "Normalised run length non-uniformity" "IC23" "rlm_rlnu_norm" "" "`Σ_j (Σ_i r_ij)² / N_r²`.";
        "Run percentage" "9ZK5" "rlm_r_perc" "" "`N_r / Σ j r_ij`: runs for each voxel of each direction merged.";
        "Grey level variance" "8CE5" "rlm_gl_var" "" "`Σ (i − μ)² r_ij / N_r`, `μ = Σ i r_ij / N_r`.";
        "Run length variance" "SXLW" "rlm_rl_var" "" "`Σ (j − μ)² r_ij / N_r`, `μ = Σ j r_ij / N_r`.";
        "Run entropy" "HJ9O" "rlm_rl_entr" "bit" "`−Σ p_ij log₂ p_ij`, `p_ij = r_ij / N_r`.";
    }

    /// Zones and their sizes: [`crate::ibsi::zones`].
    GLSZM ibsi_glszm_table {
        "Small zone emphasis" "5QRC" "szm_sze" "" "`(1 / N_z) Σ s_ij / j²`.";
        "Large zone emphasis" "48P8" "szm_lze" "" "`Σ j² s_ij / N_z`.";
        "Low grey level zone emphasis" "XMSY" "szm_lgze" "" "`(1 / N_z) Σ s_ij / i²`.";
        "High grey level zone emphasis" "5GN9" "szm_hgze" "" "`Σ i² s_ij / N_z`.";
        "Small zone low grey level emphasis" "5RAI" "szm_szlge" "" "`(1 / N_z) Σ s_ij / (i² j²)`.";
        "Small zone high grey level emphasis" "HW1V" "szm_szhge" "" "`Σ (i / j)² s_ij / N_z`.";
        "Large zone low grey level emphasis" "YH51" "szm_lzlge" "" "`Σ (j / i)² s_ij / N_z`.";
        "Large zone high grey level emphasis" "J17V" "szm_lzhge" "" "`Σ i² j² s_ij / N_z`.";
        "Grey level non-uniformity" "JNSA" "szm_glnu" "" "`Σ_i (Σ_j s_ij)² / N_z`.";
        "Normalised grey level non-uniformity" "Y1RO" "szm_glnu_norm" "" "`Σ_i (Σ_j s_ij)² / N_z²`.";
        "Zone size non-uniformity" "4JP3" "szm_zsnu" "" "`Σ_j (Σ_i s_ij)² / N_z`.";
        "Normalised zone size non-uniformity" "VB3A" "szm_zsnu_norm" "" "`Σ_j (Σ_i s_ij)² / N_z²`.";
        "Zone percentage" "P30P" "szm_z_perc" "" "`N_z / Σ j s_ij`: zones for each voxel.";
        "Grey level variance" "BYLV" "szm_gl_var" "" "`Σ (i − μ)² s_ij / N_z`, `μ = Σ i s_ij / N_z`.";
        "Zone size variance" "3NSA" "szm_zs_var" "" "`Σ (j − μ)² s_ij / N_z`, `μ = Σ j s_ij / N_z`.";
        "Zone size entropy" "GU8N" "szm_zs_entr" "bit" "`−Σ p_ij log₂ p_ij`, `p_ij = s_ij / N_z`.";
    }

    /// Zones and their distances: [`crate::ibsi::zones`].
    GLDZM ibsi_gldzm_table {
        "Small distance emphasis" "0GBI" "dzm_sde" "" "`(1 / N_z) Σ d_ij / j²`.";
        "Large distance emphasis" "MB4I" "dzm_lde" "" "`Σ j² d_ij / N_z`.";
        "Low grey level zone emphasis" "S1RA" "dzm_lgze" "" "`(1 / N_z) Σ d_ij / i²`.";
        "High grey level zone emphasis" "K26C" "dzm_hgze" "" "`Σ i² d_ij / N_z`.";
        "Small distance low grey level emphasis" "RUVG" "dzm_sdlge" "" "`(1 / N_z) Σ d_ij / (i² j²)`.";
        "Small distance high grey level emphasis" "DKNJ" "dzm_sdhge" "" "`Σ (i / j)² d_ij / N_z`.";
        "Large distance low grey level emphasis" "A7WM" "dzm_ldlge" "" "`Σ (j / i)² d_ij / N_z`.";
        "Large distance high grey level emphasis" "KLTH" "dzm_ldhge" "" "`Σ i² j² d_ij / N_z`.";
        "Grey level non-uniformity" "VFT7" "dzm_glnu" "" "`Σ_i (Σ_j d_ij)² / N_z`.";
        "Normalised grey level non-uniformity" "7HP3" "dzm_glnu_norm" "" "`Σ_i (Σ_j d_ij)² / N_z²`.";
        "Zone distance non-uniformity" "V294" "dzm_zdnu" "" "`Σ_j (Σ_i d_ij)² / N_z`.";
        "Normalised zone distance non-uniformity" "IATH" "dzm_zdnu_norm" "" "`Σ_j (Σ_i d_ij)² / N_z²`.";
        "Zone percentage" "VIWW" "dzm_z_perc" "" "`N_z / N`: zones for each voxel.";
        "Grey level variance" "QK93" "dzm_gl_var" "" "`Σ (i − μ)² d_ij / N_z`, `μ = Σ i d_ij / N_z`.";
        "Zone distance variance" "7WT1" "dzm_zd_var" "" "`Σ (j − μ)² d_ij / N_z`, `μ = Σ j d_ij / N_z`.";
        "Zone distance entropy" "GBDU" "dzm_zd_entr" "bit" "`−Σ p_ij log₂ p_ij`, `p_ij = d_ij / N_z`.";
    }

    /// Tone differences: [`crate::ibsi::ngtdm`].
    NGTDM ibsi_ngtdm_table {
        "Coarseness" "QCDE" "ngt_coarseness" "" "`1 / Σ_i p_i s_i`; 10⁶ where the sum is 0.";
        "Contrast" "65HE" "ngt_contrast" "" "`Σ_ij p_i p_j (i − j)² / (N_g (N_g − 1)) · Σ_i s_i / N`; 0 for a flat region.";
        "Busyness" "NQ30" "ngt_busyness" "" "`Σ_i p_i s_i / Σ_ij abs(i p_i − j p_j)`; 0 for a flat region.";
        "Complexity" "HDEZ" "ngt_complexity" "" "`Σ_ij abs(i − j) (p_i s_i + p_j s_j) / (p_i + p_j) / N`.";
        "Strength" "1X9X" "ngt_strength" "" "`Σ_ij (p_i + p_j)(i − j)² / Σ_i s_i`; 0 where that sum is 0.";
    }

    /// Dependences: [`crate::ibsi::ngldm`].
    NGLDM ibsi_ngldm_table {
        "Low dependence emphasis" "SODN" "ngl_lde" "" "`(1 / N) Σ d_ij / j²`.";
        "High dependence emphasis" "IMOQ" "ngl_hde" "" "`Σ j² d_ij / N`.";
        "Low grey level count emphasis" "TL9H" "ngl_lgce" "" "`(1 / N) Σ d_ij / i²`.";
        "High grey level count emphasis" "OAE7" "ngl_hgce" "" "`Σ i² d_ij / N`.";
        "Low dependence low grey level emphasis" "EQ3F" "ngl_ldlge" "" "`(1 / N) Σ d_ij / (i² j²)`.";
        "Low dependence high grey level emphasis" "JA6D" "ngl_ldhge" "" "`Σ (i / j)² d_ij / N`.";
        "High dependence low grey level emphasis" "NBZI" "ngl_hdlge" "" "`Σ (j / i)² d_ij / N`.";
        "High dependence high grey level emphasis" "9QMG" "ngl_hdhge" "" "`Σ i² j² d_ij / N`.";
        "Grey level non-uniformity" "FP8K" "ngl_glnu" "" "`Σ_i (Σ_j d_ij)² / N`.";
        "Normalised grey level non-uniformity" "5SPA" "ngl_glnu_norm" "" "`Σ_i (Σ_j d_ij)² / N²`.";
        "Dependence count non-uniformity" "Z87G" "ngl_dcnu" "" "`Σ_j (Σ_i d_ij)² / N`.";
        "Normalised dependence count non-uniformity" "OKJI" "ngl_dcnu_norm" "" "`Σ_j (Σ_i d_ij)² / N²`.";
        "Dependence count percentage" "6XV8" "ngl_dc_perc" "" "Voxels counted for each voxel: 1 by definition.";
        "Grey level variance" "1PFV" "ngl_gl_var" "" "`Σ (i − μ)² d_ij / N`, `μ = Σ i d_ij / N`.";
        "Dependence count variance" "DNX2" "ngl_dc_var" "" "`Σ (j − μ)² d_ij / N`, `μ = Σ j d_ij / N`.";
        "Dependence count entropy" "FCBV" "ngl_dc_entr" "bit" "`−Σ p_ij log₂ p_ij`, `p_ij = d_ij / N`.";
        "Dependence count energy" "CAS9" "ngl_dc_energy" "" "`Σ p_ij²`, `p_ij = d_ij / N`.";
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
