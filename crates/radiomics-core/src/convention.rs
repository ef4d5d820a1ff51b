//! Points where PyRadiomics and IBSI part, and how this crate decides them.
//!
//! All numbers follow PyRadiomics today; the table says what an IBSI extraction will do otherwise, and where
//! PyRadiomics itself is left because its result would be chance.

/// The tool and version whose numbers this crate gives.
pub const CONVENTION: &str = "PyRadiomics 3.1.0";

/// A point where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// What is decided.
    pub subject: &'static str,
    /// PyRadiomics' way, which is followed.
    pub pyradiomics: &'static str,
    /// IBSI's way; empty where IBSI leaves it open.
    pub ibsi: &'static str,
}

/// Every point, in the order of the steps of an extraction.
pub const POINTS: &[Point] = &[
    Point {
        subject: "grid of a resampled image",
        pyradiomics: "starts at the corner of the first mask voxel; only the region's box and padDistance voxels",
        ibsi: "shares its centre with the image",
    },
    Point {
        subject: "intensities of a resampled integer image",
        pyradiomics: "cut off towards zero",
        ibsi: "rounded to the nearest integer for CT",
    },
    Point {
        subject: "resampled mask",
        pyradiomics: "nearest voxel, the upper one half way between two",
        ibsi: "linear interpolation, at least one half",
    },
    Point {
        subject: "B-spline on an axis of two voxels",
        pyradiomics: "ITK reads memory beside the image; here coefficients are mirrored once more",
        ibsi: "",
    },
    Point {
        subject: "axis along which the region has one voxel",
        pyradiomics: "keeps its spacing",
        ibsi: "resampled like the others",
    },
    Point {
        subject: "re-segmentation",
        pyradiomics: "one mode: range, fraction of the maximum, or standard deviations",
        ibsi: "a range and outliers together, both from the region before either",
    },
    Point {
        subject: "region for shape after re-segmentation",
        pyradiomics: "the region before it, cut to the box of the region after it",
        ibsi: "the morphological mask, untouched",
    },
    Point {
        subject: "shape2D and force2Ddimension",
        pyradiomics: "the number means z, y, x, but the box is tested for more than one voxel along x, y, z",
        ibsi: "",
    },
    Point {
        subject: "bins of fixed width",
        pyradiomics: "edges at multiples of the width",
        ibsi: "edges from the lower end of the re-segmentation range, else from the minimum",
    },
    Point {
        subject: "kurtosis",
        pyradiomics: "3 for a normal distribution",
        ibsi: "0 for a normal distribution",
    },
    Point {
        subject: "directions of GLCM and GLRLM",
        pyradiomics: "features averaged over directions, or matrices merged with weightingNorm",
        ibsi: "six ways of aggregation",
    },
];
