//! A search as a line on the terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::tune::Progress;

/// A bar for [`Search::run`](crate::Search::run) on standard error: fits done, time gone and left, the best score so
/// far. Where standard error is no terminal nothing is drawn. It goes away when it is dropped.
///
/// ```
/// use radiomics_tabular::{Matrix, Recipe, Score, Search, SearchBar, models::{ModelSettings, SvmSettings}, split::Folds};
/// let y: Vec<bool> = (0..40).map(|i| i % 4 > 1).collect();
/// let x = Matrix::unnamed(vec![(0..40).map(|i| f64::from(i % 4) + f64::from(i % 7)).collect()])?;
/// let folds = Folds::given((0..40).map(|i| i / 20).collect())?;
/// let search = Search::grid([("model/svm/c", vec![0.01.into(), 1.0.into()])], Score::RocAuc);
/// let bar = SearchBar::stderr();
/// search.run(&Recipe::of(ModelSettings::Svm(SvmSettings::default())), &x, &y, &folds, |p| bar.show(p))?;
/// # Ok::<(), radiomics_tabular::Error>(())
/// ```
#[derive(Debug)]
pub struct SearchBar(ProgressBar);

const TEMPLATE: &str = "{bar:30} {pos}/{len} fits [{elapsed}, {eta} left]{msg}";

impl SearchBar {
    /// A bar on standard error.
    pub fn stderr() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    /// A bar somewhere else.
    pub fn on(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Draws how far the search is.
    pub fn show(&self, progress: Progress) {
        self.0.set_length(progress.all as u64);
        if let Some(best) = progress.best {
            self.0.set_message(format!(", best score {best:.4}"));
        }
        self.0.set_position(progress.done as u64);
    }
}

impl Drop for SearchBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
