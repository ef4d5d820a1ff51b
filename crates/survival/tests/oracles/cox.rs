//! Cox models: R survival, glmnet and rms; lifelines and scikit-survival.

use serde_json::Value;

use crate::data::Case;

/// What our code gives for a case, or `None` where the method is none of Cox models.
pub fn run(case: &Case) -> Option<Result<Value, String>> {
    let _ = case;
    None
}
