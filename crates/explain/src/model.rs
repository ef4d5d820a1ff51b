//! A model as a function of rows of numbers.

use ndarray::{Array1, ArrayView2};

use crate::error::{Error, require_size};

/// Something that turns rows of features into one score each.
///
/// Any `Fn(ArrayView2<f64>) -> Array1<f64> + Sync` is a model. Rows come in batches of some thousand; the score may be
/// a probability, a margin or a risk: values explain whatever is returned.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use radiomics_explain::Model;
/// let model = |rows: ArrayView2<'_, f64>| rows.map_axis(ndarray::Axis(1), |r| r[0] * r[1]);
/// assert_eq!(model.predict(array![[2.0, 3.0]].view())?[0], 6.0);
/// # Ok::<(), radiomics_explain::Error>(())
/// ```
pub trait Model: Sync {
    /// Scores of rows. Shape in: `(rows, features)`; out: `(rows,)`.
    ///
    /// # Errors
    /// [`Error::Model`] with the model's own words.
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, Error>;
}

impl<F> Model for F
where
    F: Fn(ArrayView2<'_, f64>) -> Array1<f64> + Sync,
{
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, Error> {
        Ok(self(rows))
    }
}

/// Scores of rows, one for each and all finite.
pub(crate) fn scores(model: &impl Model, rows: ArrayView2<'_, f64>) -> Result<Array1<f64>, Error> {
    let scores = model.predict(rows)?;
    require_size("scores of the model", scores.len(), rows.nrows())?;
    match scores.iter().position(|s| !s.is_finite()) {
        Some(row) => Err(Error::Prediction { row, value: scores[row] }),
        None => Ok(scores),
    }
}

/// Numbers that must all be finite.
pub(crate) fn require_finite(what: &'static str, rows: ArrayView2<'_, f64>) -> Result<(), Error> {
    match rows.indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), value)) => Err(Error::NotFinite { what, row, column, value: *value }),
        None => Ok(()),
    }
}
