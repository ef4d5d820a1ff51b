//! Whose definitions are followed, and every point where PyRadiomics and IBSI part.
//!
//! `docs/conventions.md` shows [`POINTS`] as a table; a test keeps both the same.

/// Whose definitions an [`Extractor`](crate::Extractor) follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Convention {
    /// PyRadiomics 3.1.0: its parameter files, names and numbers.
    #[default]
    PyRadiomics,
    /// The reference manual of the Image Biomarker Standardisation Initiative, part 1.
    Ibsi,
}

impl Convention {
    /// The tool and version, or the standard, whose numbers come out.
    pub fn name(self) -> &'static str {
        match self {
            Self::PyRadiomics => "PyRadiomics 3.1.0",
            Self::Ibsi => "IBSI 1",
        }
    }
}

/// A point where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// What is decided.
    pub subject: &'static str,
    /// PyRadiomics' way: with [`Convention::PyRadiomics`].
    pub pyradiomics: &'static str,
    /// IBSI's way: with [`Convention::Ibsi`]. Empty where IBSI leaves the matter open or has nothing of the kind.
    pub ibsi: &'static str,
    /// Where it is written down: the section of IBSI's reference manual and the setting that decides.
    pub source: &'static str,
}

macro_rules! points {
    ($($subject:literal { $pyradiomics:literal, $ibsi:literal, $source:literal })*) => {
        /// Every point, numbered from 1, in the order of the steps of an extraction.
        pub const POINTS: &[Point] = &[
            $(Point { subject: $subject, pyradiomics: $pyradiomics, ibsi: $ibsi, source: $source },)*
        ];
    };
}

points! {
    "grid of a resampled image" {
        "starts at the corner of the first mask voxel; covers the region's box and `padDistance` voxels",
        "shares its centre with the image and covers all of it (only the part that matters is computed)",
        "2.4; `spacing`"
    }
    "interpolation beyond the outer voxel centres" {
        "splines are mirrored at the border; half a voxel outside ends in 0",
        "the image goes on with the values of its outer voxels",
        "2.4"
    }
    "B-spline on an axis of two voxels" {
        "as ITK, except where that reads memory beside the image: there coefficients are mirrored once more",
        "",
        "`interpolator`"
    }
    "intensities of a resampled image" {
        "keep the number type of the scan: whole numbers are cut off towards zero",
        "rounded to the nearest whole number for CT, half way to the even one; else kept",
        "2.4; `round_intensities`"
    }
    "resampled mask" {
        "nearest voxel, the upper one half way between two",
        "linear interpolation, a voxel belongs to the region where at least half of it does",
        "2.4; `mask_interpolation`, `mask_threshold`"
    }
    "axis along which the region has one voxel" {
        "keeps its spacing",
        "resampled like the others",
        "2.4; `spacing`"
    }
    "slice by slice" {
        "`force2D` concerns filters and texture; resampling goes through the volume all the same",
        "interpolation, too, stays in the slice",
        "2.4; `mode`"
    }
    "re-segmentation" {
        "one mode: a range, fractions of the maximum, or standard deviations",
        "a range and outliers together; mean and deviation are those before either",
        "2.5; `range`, `outlier_sigma`"
    }
    "region of form and region of intensities" {
        "one region; form is taken before re-segmentation, but from the box of the region after it",
        "two masks: the morphological one is never re-segmented, and distances to the border are taken from it",
        "2.5"
    }
    "form in slices" {
        "shape2D: `force2Ddimension` means z, y, x, but the box is tested for more than one voxel along x, y, z",
        "form is always that of the volume",
        "3.1"
    }
    "lengths of the principal axes" {
        "covariance of the voxel centres divided by N",
        "divided by N − 1; with N the reference values of the digital phantom are missed",
        "3.1, `TDIC`, `P9VJ`, `7J51`"
    }
    "bins of one width" {
        "edges at multiples of the width; a maximum on an edge begins a bin of its own",
        "edges from the lower end of the re-segmentation range, else from the region's minimum",
        "2.7; `bin_size`"
    }
    "a number of bins" {
        "numpy's equal bins from minimum to maximum; a flat region is in the middle",
        "the same; a flat region is in the last, where the maximum always is",
        "2.7; `bin_number`"
    }
    "number of grey levels" {
        "the highest level that occurs",
        "the same with bins of one size; with a number of bins, that number",
        "2.7"
    }
    "kurtosis" {
        "3 for a normal distribution",
        "0 for a normal distribution",
        "3.3, `IPH6`"
    }
    "energy and root mean square" {
        "of intensities plus `voxelArrayShift`; there is TotalEnergy, times the voxel's volume",
        "of the intensities as they are",
        "3.3, `N8CA`, `5ZWQ`"
    }
    "entropy and uniformity of the histogram" {
        "among the first-order features",
        "in the intensity histogram, with 21 more features",
        "3.4, `TLU2`, `BJ5W`"
    }
    "logarithm of a probability" {
        "of `p + 2.2·10⁻¹⁶`",
        "of `p`, with `0 · log 0 = 0`; so here in the histogram, while matrices add 2.2·10⁻¹⁶ too, below 10⁻¹² bit in all for a thousand cells",
        "3.4"
    }
    "directions and slices of GLCM and GLRLM" {
        "features averaged over directions, or matrices merged with `weightingNorm`",
        "six ways of aggregation",
        "3.6, 3.7; `aggregations`"
    }
    "slices of GLSZM, NGTDM and NGLDM" {
        "one matrix; `force2D` merges those of the slices",
        "three ways of aggregation",
        "3.8 to 3.11; `aggregations`"
    }
    "pairs at a distance of more than 1" {
        "every offset whose longest component is the distance is a direction",
        "the directions of distance 1, multiplied; other norms can be chosen",
        "3.6; `glcm_distance`, `glcm_norm`"
    }
    "distance weighting" {
        "GLCM: `exp(−d²)` with d in mm; GLRLM: run lengths in the direction times d",
        "the inverse or `exp(−d²)`, d in voxels; NGTDM and NGLDM too",
        "3.6, 3.7, 3.10, 3.11; `glcm_weighting`, `glrlm_weighting`, `ngtdm_weighting`, `ngldm_weighting`"
    }
    "symmetry of GLCM" {
        "a pair counts in both orders unless `symmetricalGLCM` is off",
        "always in both orders",
        "3.6"
    }
    "GLCM features" {
        "24: has the maximal correlation coefficient; leaves out dissimilarity and sum variance, which repeat others",
        "25",
        "3.6"
    }
    "maximal correlation coefficient" {
        "eigenvalues of Q with 2.2·10⁻¹⁶ added to each denominator; so here, from Q's symmetric form, except where a product of two marginals is near that number, as `weightingNorm` can make it: there the forms part",
        "",
        "`weightingNorm`"
    }
    "dependence matrix" {
        "GLDM, 14 features",
        "NGLDM, 17 features; the same counts",
        "3.11; `ngldm_distance`, `ngldm_alpha`"
    }
    "a region without texture" {
        "NGTDM busyness, contrast and strength are 0, coarseness is 10⁶; correlations are 1",
        "the manual leaves most of it open: the same values, and NaN for what only IBSI has",
        "3.6, 3.10"
    }
    "features of one side only" {
        "diameters in slices (Maximum2DDiameter…), shape2D, TotalEnergy, the maximal correlation coefficient",
        "15 of form, local intensity, 3 of intensity, the histogram, the intensity-volume histogram, GLDZM",
        "3.1 to 3.5, 3.9"
    }
    "Laplacian of Gaussian" {
        "ITK's recursive filter, times sigma², border values beyond the image, single precision",
        "a sampled kernel cut off at four sigma, boundary to be chosen",
        "part 2; `filter::ibsi`"
    }
    "wavelets" {
        "each level begins anew on the approximation before it; odd axes are padded by one voxel",
        "undecimated: filters are stretched from level to level; boundary to be chosen; pooling over rotations",
        "part 2; `filter::ibsi`"
    }
    "local binary patterns in slices" {
        "LBP2D has the number type of the scan: fractions are cut off, NaN becomes 0; so here, except where the type cannot hold a variance (`var`), above 255 in a scan of 8 bits: there it wraps round, and is kept here",
        "",
        "`lbp2DMethod`"
    }
    "local binary patterns on a sphere" {
        "LBP3D hands SciPy its angles in the other order and adds the sphere's x, y, z to the voxel's z, y, x; so here, except outside the region, where memory is left as it was (here 0), and except where rounding decides: a point on the last voxel of the image, or with the value of its centre, as with a radius of 2 and in scans of real numbers",
        "",
        "`lbp3DIcosphereRadius`"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_names_of_their_own() {
        for (i, point) in POINTS.iter().enumerate() {
            assert!(!point.subject.is_empty() && !point.pyradiomics.is_empty(), "{i}");
            assert!(POINTS[..i].iter().all(|other| other.subject != point.subject), "{}", point.subject);
        }
    }
}
