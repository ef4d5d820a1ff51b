//! Competing risks: several causes, of which the first ends follow-up.

mod aalen_johansen;
mod fine_gray;
mod gray;

pub use self::aalen_johansen::{AalenJohansen, StatePoint};
pub use self::fine_gray::{FineGray, FineGrayCoefficient};
pub use self::gray::{Gray, gray};
