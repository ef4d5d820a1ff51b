//! A synthetic cohort: features, a binary outcome and survival times that depend on two of the features.

use radiomics_report::figure::{Contribution, ShapFeature};
use radiomics_stats::{
    Error,
    logistic::{Logistic, sigmoid},
    rng::Rng,
    table_one::{TableOne, TableRules, Variable},
};

pub const FEATURES: [&str; 8] = [
    "original_shape_Sphericity",
    "original_firstorder_Entropy",
    "wavelet-LLH_glcm_Idmn",
    "wavelet-HHL_glszm_SmallAreaLowGrayLevelEmphasis",
    "log-sigma-3-0-mm-3D_glrlm_RunVariance",
    "original_ngtdm_Coarseness",
    "Age",
    "AFP (log)",
];

pub struct Cohort {
    /// Values of each feature, standardised but the age.
    pub features: Vec<Vec<f64>>,
    pub response: Vec<bool>,
    pub months: Vec<f64>,
    pub event: Vec<bool>,
    pub stage: Vec<Option<usize>>,
    /// Fitted probability of response from the clinical features, and from all.
    pub clinical: Vec<f64>,
    pub combined: Vec<f64>,
    pub fit: Logistic,
}

impl Cohort {
    pub fn synthetic(n: usize, seed: u64) -> Result<Self, Error> {
        let mut rng = Rng::new(seed);
        let mut features = vec![Vec::with_capacity(n); FEATURES.len()];
        let (mut response, mut months, mut event, mut stage) = (vec![], vec![], vec![], vec![]);
        for i in 0..n {
            let (common, texture) = (rng.normal(), rng.normal());
            for (j, column) in features.iter_mut().enumerate() {
                let own = rng.normal();
                column.push(match j {
                    0 | 1 => 0.8 * common + 0.6 * own,
                    2..=4 => 0.7 * texture + 0.7 * own,
                    6 => (60.0 + 9.0 * own).round(),
                    _ => own,
                });
            }
            let risk = 0.9 * features[0][i] - 0.8 * features[3][i] + 0.4 * features[7][i];
            response.push(rng.unit() < sigmoid(risk - 0.3));
            let time = -(1.0 - rng.unit()).ln() * 22.0 * (-0.5 * risk).exp();
            let censoring = 10.0 + 50.0 * rng.unit();
            months.push((time.min(censoring) * 10.0).round() / 10.0);
            event.push(time <= censoring);
            stage.push((i % 29 != 0).then(|| usize::from(rng.unit() < 0.4) + usize::from(rng.unit() < 0.3)));
        }
        let columns =
            |of: &[usize]| of.iter().map(|&j| (FEATURES[j], features[j].as_slice())).collect::<Vec<_>>();
        let clinical = Logistic::fit(&response, &columns(&[6, 7]))?.fitted;
        let fit = Logistic::fit(&response, &columns(&[0, 1, 2, 3, 4, 5, 6, 7]))?;
        Ok(Self { combined: fit.fitted.clone(), clinical, features, response, months, event, stage, fit })
    }

    pub fn table_one(&self) -> Result<TableOne, Error> {
        let group: Vec<usize> = self.response.iter().map(|&r| usize::from(r)).collect();
        let squared: Vec<f64> = self.features[5].iter().map(|v| v.exp()).collect();
        TableOne::new(
            &group,
            &["No response", "Response"],
            &[
                ("Age (years)", Variable::Continuous(&self.features[6])),
                ("AFP (µg/L)", Variable::Continuous(&squared)),
                ("Sphericity (z score)", Variable::Continuous(&self.features[0])),
                ("Stage", Variable::Categorical(&self.stage, &["A", "B", "C"])),
            ],
            TableRules::default(),
        )
    }

    /// Rows with this response.
    pub fn by_response(&self, values: &[f64], response: bool) -> Vec<f64> {
        values.iter().zip(&self.response).filter(|v| *v.1 == response).map(|v| *v.0).collect()
    }

    /// SHAP values of a linear model with independent features: `β (x − mean)`.
    pub fn shap(&self) -> Vec<ShapFeature> {
        let of = |j: usize| {
            let values = self.features[j].clone();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let shap = values.iter().map(|v| self.fit.coefficients[j + 1] * (v - mean)).collect();
            ShapFeature { name: FEATURES[j].into(), shap, values }
        };
        (0..FEATURES.len()).map(of).collect()
    }

    /// Mean prediction and contributions of one patient, log odds.
    pub fn patient(&self, i: usize) -> (f64, Vec<Contribution>) {
        let shap = self.shap();
        let means = self.features.iter().map(|f| f.iter().sum::<f64>() / f.len() as f64);
        let base = self.fit.coefficients[0]
            + means.zip(&self.fit.coefficients[1..]).map(|(m, b)| m * b).sum::<f64>();
        let of =
            |f: &ShapFeature| Contribution::new(f.name.as_str(), format!("{:.2}", f.values[i]), f.shap[i]);
        (base, shap.iter().map(of).collect())
    }
}
