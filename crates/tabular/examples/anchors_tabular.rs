//! Times the tasks that the reference collection's `stats_bench.py` times, on the files it writes.
//!
//! `BENCH_DIR=... RAYON_NUM_THREADS=1 cargo run --release -p radiomics-tabular --example anchors_tabular [PART OF A NAME]`

use radiomics_phantoms::reference::anchors::{self, read};
use radiomics_stats::elastic_net::Outcome;
use radiomics_tabular::models::{Kernel, LinearSvmSettings, MarginLoss, ModelSettings, SvmSettings};
use radiomics_tabular::select::{LassoSettings, RfeEstimator, RfeSettings, lasso, rfe_cv};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{Calibration, Matrix, Recipe, Result, Score, Search};

fn time(task: &str, runs: usize, run: impl Fn() -> Result<String>) -> Result<()> {
    anchors::time(task, runs, run, String::clone)
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let (x, y) = (read("svm_X.bin")?, read("svm_y.bin")?);
    let x = Matrix::unnamed(x.chunks(2000).map(<[f64]>::to_vec).collect())?;
    let y: Vec<bool> = y.iter().map(|v| *v == 1.0).collect();
    let in_order = |y: &[bool]| Folds::in_order(&y.iter().map(|y| usize::from(*y)).collect::<Vec<_>>(), 5);
    for (name, kernel) in [("linear", Kernel::Linear), ("rbf", Kernel::Rbf { gamma: Default::default() })] {
        let settings = SvmSettings { kernel, ..SvmSettings::default() };
        time(&format!("SVM {name} 2000 x 100, C = 1"), 5, || {
            let svm = settings.fit(&x, &y)?;
            Ok(format!(
                "{} vectors, {} steps, dual {:.4}",
                svm.support.len(),
                svm.iterations,
                svm.dual_objective
            ))
        })?;
        let model = ModelSettings::Svm(settings);
        let recipe = Recipe { calibration: Some(Calibration::default()), ..Recipe::of(model) };
        time(&format!("SVM {name} with probabilities"), 3, || {
            Ok(format!("{:?}", recipe.fit(&x, &y)?.calibrator))
        })?;
    }
    for c in [10.0, 100.0] {
        time(&format!("SVM linear 2000 x 100, C = {c}"), 3, || {
            let svm = SvmSettings { c, ..SvmSettings::default() }.fit(&x, &y)?;
            Ok(format!("{} vectors, {} steps, gap {:.1e}", svm.support.len(), svm.iterations, svm.gap))
        })?;
    }
    let many = read("linear_svm_X.bin")?;
    let many = Matrix::unnamed(many.chunks(20_000).map(<[f64]>::to_vec).collect())?;
    let of_many: Vec<bool> = read("linear_svm_y.bin")?.iter().map(|v| *v == 1.0).collect();
    for (n, x, y) in [(2000, &x, &y), (20_000, &many, &of_many)] {
        for (name, loss) in [("hinge", MarginLoss::Hinge), ("squared hinge", MarginLoss::SquaredHinge)] {
            let settings = LinearSvmSettings { loss, ..LinearSvmSettings::default() };
            time(&format!("linear SVM, {name}, {n} x 100"), if n == 2000 { 5 } else { 1 }, || {
                let svm = settings.fit(x, y, 0)?;
                Ok(format!("objective {:.4}, {} passes", svm.primal_objective, svm.passes))
            })?;
        }
    }
    let recipe = Recipe::of(ModelSettings::Svm(SvmSettings::default()));
    let costs: Vec<serde_json::Value> = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0].map(Into::into).to_vec();
    let search = Search::grid([("model/svm/c", costs)], Score::RocAuc);
    let folds = in_order(&y)?;
    time("grid of six C, five folds, linear SVM", 1, || {
        let tuned = search.run(&recipe, &x, &y, &folds, |_| {})?;
        let means: Vec<String> = tuned.candidates.iter().map(|c| format!("{:.6}", c.mean)).collect();
        Ok(format!("best {} of {}", tuned.best, means.join(" ")))
    })?;
    let (small, own) = (x.subset(&(0..500).collect::<Vec<_>>()), &y[..500]);
    let folds = in_order(own)?;
    let settings =
        RfeSettings { estimator: RfeEstimator::Svm(SvmSettings::default()), ..RfeSettings::default() };
    time("RFECV linear SVM 500 x 100, five folds", 3, || {
        let cv = rfe_cv(&small, own, &folds, &settings)?;
        Ok(format!(
            "{} features, best mean {:.6}",
            cv.rfe.selection.kept.len(),
            cv.mean.iter().copied().fold(0.0, f64::max)
        ))
    })?;
    let x = Matrix::unnamed(read("lasso_X.bin")?.chunks(500).map(<[f64]>::to_vec).collect())?;
    let measured = read("lasso_y.bin")?;
    let binary: Vec<bool> = measured.iter().map(|v| *v == 1.0).collect();
    let folds = Folds::given((0..500).map(|i| i % 10).collect())?;
    for (name, outcome) in
        [("gaussian", Outcome::Gaussian(&measured)), ("binomial", Outcome::Binomial(&binary))]
    {
        time(&format!("LASSO CV {name} 500 x 1316, ten folds"), 3, || {
            let lasso = lasso(&x, outcome, &folds, &LassoSettings::default())?;
            Ok(format!(
                "lambda {:.6}, {} kept of {} lambdas",
                lasso.lambda,
                lasso.selection.kept.len(),
                lasso.curve.path.lambda.len()
            ))
        })?;
    }
    Ok(())
}
