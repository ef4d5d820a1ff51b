//! Areas for an outcome with more than two classes.

use serde::Serialize;

use super::{Direction, Roc};
use crate::error::{Error, require_count, require_finite, require_length};

/// Averages of two-class areas. Python: `roc_auc_score(y, proba, multi_class = ..., average = ...)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MulticlassAuc {
    /// Each class against the rest, plain mean.
    pub ovr_macro: f64,
    /// Each class against the rest, weighted by its number of patients.
    pub ovr_weighted: f64,
    /// Each pair of classes, plain mean (Hand and Till 2001).
    pub ovo_macro: f64,
    /// Each pair of classes, weighted by the pair's share of patients.
    pub ovo_weighted: f64,
}

/// Areas of class probabilities given row by row; classes are numbered from 0.
///
/// Python: `roc_auc_score(classes, probabilities, multi_class = "ovr" or "ovo", average = "macro" or "weighted")`.
///
/// # Errors
/// A class outside the columns, a class without patients, probabilities that are not finite.
pub fn multiclass_auc(classes: &[usize], probabilities: &[&[f64]]) -> Result<MulticlassAuc, Error> {
    require_length("rows of probabilities", probabilities.len(), classes.len())?;
    let k = probabilities.first().map_or(0, |row| row.len());
    require_count("classes", k, 2)?;
    let mut counts = vec![0usize; k];
    for (row, &class) in probabilities.iter().zip(classes) {
        require_length("a row of probabilities", row.len(), k)?;
        require_finite("probability", row)?;
        if class >= k {
            return Err(Error::Setting {
                name: "class",
                value: class.to_string(),
                expected: "a column of the probabilities",
            });
        }
        counts[class] += 1;
    }
    let area = |positive: usize, among: &dyn Fn(usize) -> bool| {
        let rows: Vec<usize> = (0..classes.len()).filter(|&i| among(classes[i])).collect();
        let outcome: Vec<bool> = rows.iter().map(|&i| classes[i] == positive).collect();
        let scores: Vec<f64> = rows.iter().map(|&i| probabilities[i][positive]).collect();
        Roc::new(&outcome, &scores, Direction::Higher).map(|roc| roc.auc())
    };
    let n = classes.len() as f64;
    let mut result = MulticlassAuc { ovr_macro: 0.0, ovr_weighted: 0.0, ovo_macro: 0.0, ovo_weighted: 0.0 };
    for c in 0..k {
        let auc = area(c, &|_| true)?;
        result.ovr_macro += auc / k as f64;
        result.ovr_weighted += auc * counts[c] as f64 / n;
    }
    let pairs = (k * (k - 1) / 2) as f64;
    let mut weights = 0.0;
    for a in 0..k {
        for b in a + 1..k {
            let among = |c: usize| c == a || c == b;
            let auc = 0.5 * (area(a, &among)? + area(b, &among)?);
            let weight = (counts[a] + counts[b]) as f64 / n;
            result.ovo_macro += auc / pairs;
            result.ovo_weighted += auc * weight;
            weights += weight;
        }
    }
    result.ovo_weighted /= weights;
    Ok(result)
}
