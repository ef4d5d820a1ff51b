//! Figures from the results of `radiomics-explain`.

use ndarray::{ArrayView1, ArrayView2};
use radiomics_explain::Explanation;

use crate::{
    Error,
    check::Check,
    colour::Palette,
    figure::{Beeswarm, Contribution, Dependence, Force, HeatMap, Importance, ShapFeature, Waterfall},
};

/// Shapley values, and what they belong to: names of the features and their values in each row. All figures of SHAP
/// values come from here.
///
/// ```
/// use ndarray::{ArrayView2, array};
/// use radiomics_explain::{Marginal, shapley::exact};
/// use radiomics_report::{Explained, Plot};
/// let model = |x: ArrayView2<'_, f64>| x.map_axis(ndarray::Axis(1), |row| 2.0 * row[0] - row[1]);
/// let (background, rows) = (array![[0.0, 0.0], [1.0, 1.0]], array![[1.0, 0.0], [0.0, 1.0]]);
/// let game = Marginal::new(&model, background.view(), rows.view())?;
/// let explanation = exact(&game)?;
/// let explained = Explained::new(&explanation, &["size", "texture"], rows.view())?;
/// assert!(explained.beeswarm("All patients").draw()?.svg()?.contains("texture"));
/// assert!(explained.force("The first patient", 0)?.draw()?.svg()?.contains("size = 1"));
/// assert!(explained.force("No such patient", 2).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a, N> {
    explanation: &'a Explanation,
    names: &'a [N],
    values: ArrayView2<'a, f64>,
}

impl<'a, N: AsRef<str>> Explained<'a, N> {
    /// `values` holds the features as they are to be shown, shape `(rows, features)`: before they were scaled, mostly.
    ///
    /// # Errors
    /// [`Error::Length`] where names or values do not fit the explanation.
    pub fn new(
        explanation: &'a Explanation,
        names: &'a [N],
        values: ArrayView2<'a, f64>,
    ) -> Result<Self, Error> {
        let check = Check("SHAP values");
        let (rows, features) = explanation.values.dim();
        check.length("names of features", names.len(), features)?;
        check.length("rows of values", values.nrows(), rows)?;
        check.length("columns of values", values.ncols(), features)?;
        Ok(Self { explanation, names, values })
    }

    /// All features in all rows. Python: `shap.plots.beeswarm(explanation)`.
    #[must_use]
    pub fn beeswarm(&self, title: impl Into<String>) -> Beeswarm {
        Beeswarm { features: self.features(), ..Beeswarm::new(title) }
    }

    /// Mean absolute values. Python: `shap.plots.bar(explanation)`.
    #[must_use]
    pub fn bar(&self, title: impl Into<String>) -> Importance {
        Importance::of_shap(title, &self.features())
    }

    /// One row. Python: `shap.plots.force(explanation[row])`.
    ///
    /// # Errors
    /// [`Error::Value`] for a row that is not there.
    pub fn force(&self, title: impl Into<String>, row: usize) -> Result<Force, Error> {
        let title = title.into();
        let contributions = self.contributions(&title, row)?;
        Ok(Force::new(title, self.explanation.base, contributions))
    }

    /// One row. Python: `shap.plots.waterfall(explanation[row])`.
    ///
    /// # Errors
    /// As [`force`](Self::force).
    pub fn waterfall(&self, title: impl Into<String>, row: usize) -> Result<Waterfall, Error> {
        let title = title.into();
        let contributions = self.contributions(&title, row)?;
        Ok(Waterfall::new(title, self.explanation.base, contributions))
    }

    /// One feature over its own values. Python: `shap.plots.scatter(explanation[:, feature])`.
    ///
    /// # Errors
    /// [`Error::Value`] for a feature that is not there.
    pub fn dependence(&self, title: impl Into<String>, feature: usize) -> Result<Dependence, Error> {
        let title = title.into();
        self.require(&title, "the feature", feature, self.names.len())?;
        let (values, shap) = (self.values.column(feature), self.explanation.values.column(feature));
        Ok(Dependence::new(title, self.names[feature].as_ref(), values.to_vec(), shap.to_vec()))
    }

    /// Features in rows, most important first, patients in columns in the order of their predictions. Python:
    /// `shap.plots.heatmap(explanation)`, with another order of the patients.
    #[must_use]
    pub fn heat_map(&self, title: impl Into<String>) -> HeatMap {
        let shap = &self.explanation.values;
        let size = |values: ArrayView1<f64>| values.iter().map(|v| v.abs()).sum::<f64>();
        let mut features: Vec<usize> = (0..self.names.len()).collect();
        features.sort_by(|&a, &b| size(shap.column(b)).total_cmp(&size(shap.column(a))));
        let mut patients: Vec<usize> = (0..shap.nrows()).collect();
        let said = &self.explanation.predictions;
        patients.sort_by(|&a, &b| said[a].total_cmp(&said[b]));
        let values: Vec<f64> =
            features.iter().flat_map(|&j| patients.iter().map(move |&i| shap[[i, j]])).collect();
        let most = values.iter().filter(|v| v.is_finite()).fold(1e-12_f64, |most, v| most.max(v.abs()));
        let names = features.iter().map(|&j| self.names[j].as_ref().to_owned()).collect();
        let rows = patients.iter().map(|i| (i + 1).to_string()).collect();
        HeatMap {
            palette: Palette::Diverging,
            range: Some([-most, most]),
            value_label: "SHAP value".into(),
            ..HeatMap::new(title, names, rows, values)
        }
    }

    fn features(&self) -> Vec<ShapFeature> {
        let columns = self.explanation.values.columns().into_iter().zip(self.values.columns());
        let feature = |(name, (shap, values)): (&N, (ArrayView1<f64>, ArrayView1<f64>))| ShapFeature {
            name: name.as_ref().to_owned(),
            shap: shap.to_vec(),
            values: values.to_vec(),
        };
        self.names.iter().zip(columns).map(feature).collect()
    }

    fn contributions(&self, title: &str, row: usize) -> Result<Vec<Contribution>, Error> {
        self.require(title, "the row", row, self.values.nrows())?;
        let values = self.values.row(row).into_iter().zip(self.explanation.values.row(row));
        Ok(self
            .names
            .iter()
            .zip(values)
            .map(|(n, (v, shap))| Contribution::of(n.as_ref(), *v, *shap))
            .collect())
    }

    fn require(&self, title: &str, what: &str, found: usize, below: usize) -> Result<(), Error> {
        Check(title).value(what, found as f64, found < below, "a position in the explanation, counted from 0")
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;
    use crate::Plot;

    fn explanation() -> Explanation {
        let values = array![[0.1, -2.0], [0.3, 1.0], [-0.2, 0.5]];
        let predictions = values.rows().into_iter().map(|row| 0.5 + row.sum()).collect();
        Explanation { method: "test", base: 0.5, values, predictions, standard_errors: None, samples: 4 }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (explanation, values) = (explanation(), Array2::<f64>::zeros([3, 2]));
        let error = |names: &[&str], values: &Array2<f64>| {
            Explained::new(&explanation, names, values.view()).unwrap_err().to_string()
        };
        assert!(error(&["a"], &values).contains("names of features has 1 entries, expected 2"));
        assert!(
            error(&["a", "b"], &Array2::zeros([2, 2])).contains("rows of values has 2 entries, expected 3")
        );
        assert!(error(&["a", "b"], &Array2::zeros([3, 1])).contains("columns of values has 1 entries"));
        let explained = Explained::new(&explanation, &["a", "b"], values.view()).unwrap();
        let error = explained.waterfall("Patient", 3).unwrap_err().to_string();
        assert!(error.contains("figure \"Patient\": the row is 3"), "{error}");
        assert!(explained.dependence("A", 2).is_err());
    }

    #[test]
    fn figures_hold_the_values() {
        let (explanation, values) = (explanation(), array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let explained = Explained::new(&explanation, &["a", "b"], values.view()).unwrap();
        let map = explained.heat_map("SHAP values");
        assert_eq!((map.rows.join(" "), map.columns.join(" ")), ("b a".to_owned(), "1 3 2".to_owned()));
        assert_eq!(map.values, [-2.0, 0.5, 1.0, 0.1, -0.2, 0.3]);
        assert_eq!(map.range, Some([-2.0, 2.0]));
        let dependence = explained.dependence("b", 1).unwrap();
        assert_eq!((dependence.values, dependence.shap), (vec![2.0, 4.0, 6.0], vec![-2.0, 1.0, 0.5]));
        let waterfall = explained.waterfall("Patient 2", 1).unwrap();
        assert_eq!(waterfall.contributions[1], Contribution::new("b", "4.00", 1.0));
        assert!(explained.bar("Importance").bars[1].value > 1.0);
        for drawn in [
            map.draw(),
            explained.beeswarm("All").draw(),
            explained.bar("Importance").draw(),
            waterfall.draw(),
        ] {
            drawn.unwrap();
        }
    }
}
