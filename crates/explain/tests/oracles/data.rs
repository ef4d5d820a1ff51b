//! Tables and rows of the cases.

use ndarray::Array2;
use radiomics_phantoms::reference::cases;
pub use radiomics_phantoms::reference::cases::{Case, numbers};
use serde_json::Value;

/// The cases whose area is `shap`.
pub fn all() -> Option<Vec<Case>> {
    Some(cases::cases()?.into_iter().filter(|case| case.area.starts_with("shap")).collect())
}

/// What a case of explanation is about.
pub trait OfCase {
    /// Columns of the case's table.
    fn table(&self, columns: &[&str]) -> Array2<f64>;

    /// "first 8 rows".
    fn explained(&self) -> usize;

    /// "0-based rows 50..69", both ends included.
    fn background(&self) -> (usize, usize);
}

impl OfCase for Case {
    fn table(&self, columns: &[&str]) -> Array2<f64> {
        let table = self.whole_table();
        Array2::from_shape_fn((table.rows(), columns.len()), |(row, column)| {
            table.column(columns[column])[row]
        })
    }

    fn explained(&self) -> usize {
        self.params["explain"].as_str().unwrap().split(' ').find_map(|w| w.parse().ok()).unwrap()
    }

    fn background(&self) -> (usize, usize) {
        let text = self.params["background"].as_str().unwrap();
        let (first, last) = text.rsplit(' ').next().unwrap().split_once("..").unwrap();
        (first.parse().unwrap(), last.parse().unwrap())
    }
}

pub fn matrix(value: &Value) -> Array2<f64> {
    let rows = cases::matrix(value);
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

/// All numbers in order, however nested.
pub fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        Value::Null => Vec::new(),
        other => vec![other.as_f64().unwrap()],
    }
}
