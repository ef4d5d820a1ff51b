//! Agreement between raters, methods and masks.

mod bland_altman;
mod icc;
mod kappa;
mod overlap;

pub use self::bland_altman::{BlandAltman, bland_altman};
pub use self::icc::{Icc, IccForm, IccTable, icc_features};
pub use self::kappa::{Kappa, KappaWeights, fleiss_kappa, kappa};
pub use self::overlap::Overlap;
