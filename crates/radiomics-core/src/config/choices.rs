//! Settings that are names: interpolators, norms, image types, wavelets.

use std::fmt;

use serde::{Serialize, Serializer};

use super::value::{Rule, SettingValue, one_of};
use crate::ibsi::{Aggregation, Norm, WeightFunction};
use crate::names::IbsiFamily;
use crate::params::node::{Node, Value};

macro_rules! choices {
    ($(#[$doc:meta])* $set:ident { $($variant:ident $name:literal $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $set { $(#[doc = $meaning] $variant,)* }

        impl $set {
            /// All of them; image types and interpolators in PyRadiomics' and SimpleITK's own order.
            pub const ALL: [Self; Self::NAMES.len()] = [$(Self::$variant,)*];

            /// Their names in a parameter file.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The name in a parameter file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl Serialize for $set {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl SettingValue for $set {
            fn kind(_: &Rule) -> String {
                "a name".into()
            }

            fn range(_: &Rule) -> String {
                one_of(Self::NAMES)
            }

            fn names(_: &Rule) -> Vec<&'static str> {
                Self::NAMES.to_vec()
            }

            fn read(node: &Node, rule: &Rule) -> Option<Self> {
                match &node.value {
                    Value::Text(name) => Self::from_name(name),
                    // SimpleITK's numbers of its interpolators count from 1 in the order of ALL.
                    Value::Int(number) if rule.allows_numbers() => {
                        let index = usize::try_from(*number).ok()?.checked_sub(1)?;
                        Self::ALL.get(index).copied()
                    }
                    _ => None,
                }
            }

            fn allowed(&self, _: &Rule) -> bool {
                true
            }

            fn to_json(&self) -> serde_json::Value {
                self.name().into()
            }
        }
    };
}

choices! {
    /// Interpolators by their SimpleITK names.
    Interpolator {
        NearestNeighbor "sitkNearestNeighbor" "Value of the nearest voxel.";
        Linear "sitkLinear" "Trilinear.";
        BSpline "sitkBSpline" "Cubic B-spline through the voxels.";
        Gaussian "sitkGaussian" "Mean weighted by a Gaussian.";
        LabelGaussian "sitkLabelGaussian" "Label with the largest weight under a Gaussian.";
        HammingWindowedSinc "sitkHammingWindowedSinc" "Sinc in a Hamming window.";
        CosineWindowedSinc "sitkCosineWindowedSinc" "Sinc in a cosine window.";
        WelchWindowedSinc "sitkWelchWindowedSinc" "Sinc in a Welch window.";
        LanczosWindowedSinc "sitkLanczosWindowedSinc" "Sinc in a Lanczos window.";
        BlackmanWindowedSinc "sitkBlackmanWindowedSinc" "Sinc in a Blackman window.";
    }
}

choices! {
    /// What the numbers of `resegmentRange` mean.
    ResegmentMode {
        Absolute "absolute" "Intensities.";
        Relative "relative" "Fractions of the largest intensity in the region.";
        Sigma "sigma" "Standard deviations (1/N) from the mean of the region.";
    }
}

choices! {
    /// Norm of the distance by which directions are weighted when they are merged.
    WeightingNorm {
        Manhattan "manhattan" "Sum of the distances along the axes.";
        Euclidean "euclidean" "Straight-line distance.";
        Infinity "infinity" "Largest distance along an axis.";
        NoWeighting "no_weighting" "All directions alike.";
    }
}

choices! {
    /// An image derived from the scan, from which features are taken.
    ImageType {
        Original "Original" "The image itself.";
        Wavelet "Wavelet" "Wavelet decompositions.";
        LoG "LoG" "Laplacian of Gaussian; needs `sigma`.";
        Square "Square" "`x²`, rescaled.";
        SquareRoot "SquareRoot" "`√|x|`, rescaled, with the sign of x.";
        Logarithm "Logarithm" "`ln(|x| + 1)`, rescaled, with the sign of x.";
        Exponential "Exponential" "`exp(x)`, rescaled.";
        Gradient "Gradient" "Gradient magnitude.";
        LBP2D "LBP2D" "Local binary patterns, slice by slice.";
        LBP3D "LBP3D" "Local binary patterns on a sphere.";
    }
}

choices! {
    /// Whether an IBSI extraction works slice by slice.
    Extent {
        Slices "2D" "Slices are interpolated one by one, and texture stays within them.";
        Volume "3D" "The volume is interpolated as a whole, and texture goes through all of it.";
    }
}

choices! {
    /// How IBSI finds values between voxels.
    Interpolation {
        Nearest "nearest" "Value of the nearest voxel.";
        Linear "linear" "Bilinear or trilinear.";
        Cubic "cubic" "Cubic spline through the voxels.";
    }
}

/// Settings that are names, of types that are at home elsewhere.
macro_rules! named {
    ($type:ty, $all:expr, $name:expr) => {
        impl SettingValue for $type {
            fn kind(_: &Rule) -> String {
                "a name".into()
            }

            fn range(rule: &Rule) -> String {
                one_of(&Self::names(rule))
            }

            fn names(_: &Rule) -> Vec<&'static str> {
                $all.into_iter().map($name).collect()
            }

            fn read(node: &Node, _: &Rule) -> Option<Self> {
                let Value::Text(name) = &node.value else { return None };
                $all.into_iter().find(|value| $name(*value) == name)
            }

            fn allowed(&self, _: &Rule) -> bool {
                true
            }

            fn to_json(&self) -> serde_json::Value {
                $name(*self).into()
            }
        }
    };
}

named!(IbsiFamily, IbsiFamily::ALL, IbsiFamily::name);
named!(Aggregation, Aggregation::ALL, Aggregation::name);
named!(Norm, [Norm::Chebyshev, Norm::Euclidean, Norm::Manhattan], norm_name);
named!(
    WeightFunction,
    [WeightFunction::None, WeightFunction::Inverse, WeightFunction::Exponential],
    weight_name
);

fn norm_name(norm: Norm) -> &'static str {
    match norm {
        Norm::Chebyshev => "chebyshev",
        Norm::Euclidean => "euclidean",
        Norm::Manhattan => "manhattan",
    }
}

fn weight_name(function: WeightFunction) -> &'static str {
    match function {
        WeightFunction::None => "none",
        WeightFunction::Inverse => "inverse",
        WeightFunction::Exponential => "exponential",
    }
}

/// The methods of LBP2D, by scikit-image's names.
pub const LBP_METHODS: &[&str] = &["default", "ror", "uniform", "var"];

/// The discrete wavelets of PyWavelets 1.x.
///
/// PyRadiomics' checker also takes the continuous ones (`mexh`, `cmor`, ...), whose decomposition then fails.
#[rustfmt::skip]
pub const WAVELETS: &[&str] = &[
    "haar",
    "db1", "db2", "db3", "db4", "db5", "db6", "db7", "db8", "db9", "db10", "db11", "db12", "db13", "db14",
    "db15", "db16", "db17", "db18", "db19", "db20", "db21", "db22", "db23", "db24", "db25", "db26", "db27",
    "db28", "db29", "db30", "db31", "db32", "db33", "db34", "db35", "db36", "db37", "db38",
    "sym2", "sym3", "sym4", "sym5", "sym6", "sym7", "sym8", "sym9", "sym10", "sym11", "sym12", "sym13",
    "sym14", "sym15", "sym16", "sym17", "sym18", "sym19", "sym20",
    "coif1", "coif2", "coif3", "coif4", "coif5", "coif6", "coif7", "coif8", "coif9", "coif10", "coif11",
    "coif12", "coif13", "coif14", "coif15", "coif16", "coif17",
    "bior1.1", "bior1.3", "bior1.5", "bior2.2", "bior2.4", "bior2.6", "bior2.8", "bior3.1", "bior3.3",
    "bior3.5", "bior3.7", "bior3.9", "bior4.4", "bior5.5", "bior6.8",
    "rbio1.1", "rbio1.3", "rbio1.5", "rbio2.2", "rbio2.4", "rbio2.6", "rbio2.8", "rbio3.1", "rbio3.3",
    "rbio3.5", "rbio3.7", "rbio3.9", "rbio4.4", "rbio5.5", "rbio6.8",
    "dmey",
];

/// [`WAVELETS`] in one line.
pub(super) const WAVELETS_IN_SHORT: &str = "`haar`, `db1` to `db38`, `sym2` to `sym20`, `coif1` to `coif17`, \
     `bior1.1` to `bior6.8`, `rbio1.1` to `rbio6.8` or `dmey`";

/// Width of a Gaussian in mm, with the form in which it was written.
///
/// PyRadiomics names the columns of `sigma: [2]` and of `sigma: [2.0]` differently: `log-sigma-2-mm-3D`
/// and `log-sigma-2-0-mm-3D`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sigma {
    /// The width, mm.
    pub mm: f64,
    /// Written as a whole number, without a point.
    pub whole: bool,
}

impl fmt::Display for Sigma {
    /// As Python's `str` shows the number: `2` or `2.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.whole { write!(f, "{}", self.mm) } else { write!(f, "{:?}", self.mm) }
    }
}

impl SettingValue for Sigma {
    fn kind(rule: &Rule) -> String {
        f64::kind(rule)
    }

    fn read(node: &Node, rule: &Rule) -> Option<Self> {
        Some(Self { mm: f64::read(node, rule)?, whole: matches!(node.value, Value::Int(_)) })
    }

    fn allowed(&self, rule: &Rule) -> bool {
        self.mm.allowed(rule)
    }

    fn to_json(&self) -> serde_json::Value {
        // A whole number beyond 2⁵³ or so is no width in mm.
        if self.whole && self.mm.abs() < 1e15 { (self.mm as i64).into() } else { self.mm.to_json() }
    }
}
