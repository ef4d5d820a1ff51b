//! A synthetic cohort: features, a binary outcome and survival times that depend on two of the features.

use radiomics_report::figure::{Contribution, ShapFeature};
use radiomics_stats::{
    logistic::{Logistic, sigmoid},
    rng::Rng,
    table_one::{TableOne, TableRules, Variable},
};
use radiomics_survival::{
    Error, Outcome, TimeUnit,
    cox::{Cox, CoxFit},
    risk_groups::RiskGroups,
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
    pub outcome: Outcome,
    pub stage: Vec<Option<usize>>,
    /// Fitted probability of response from the clinical features, and from all.
    pub clinical: Vec<f64>,
    pub combined: Vec<f64>,
    pub fit: Logistic,
    /// 0 where the predicted probability is below its median, else 1.
    pub group: Vec<u32>,
    stage_number: Vec<f64>,
    pub cox: CoxFit,
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
        let outcome = Outcome::new(&months, &event)?.with_unit(TimeUnit::Months);
        let group = RiskGroups::median(&fit.fitted)?.assign(&fit.fitted)?;
        // Where the stage is missing, the first stands in.
        let stage_number: Vec<f64> = stage.iter().map(|s| s.unwrap_or(0) as f64).collect();
        let columns = [
            (FEATURES[0], features[0].as_slice()),
            (FEATURES[3], features[3].as_slice()),
            (FEATURES[7], features[7].as_slice()),
            ("Stage", stage_number.as_slice()),
        ];
        let cox = Cox::new(&outcome, &columns).fit()?;
        let combined = fit.fitted.clone();
        Ok(Self { features, response, outcome, stage, clinical, combined, fit, group, stage_number, cox })
    }

    /// The columns of the Cox model.
    pub fn cox_columns(&self) -> [&[f64]; 4] {
        [&self.features[0], &self.features[3], &self.features[7], &self.stage_number]
    }

    pub fn table_one(&self) -> Result<TableOne, radiomics_stats::Error> {
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
        let of = |f: &ShapFeature| Contribution::of(f.name.as_str(), f.values[i], f.shap[i]);
        (base, shap.iter().map(of).collect())
    }
}
