//! The bar of a search, on a terminal that writes down what it is told.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail as tests do

use std::io;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};
use radiomics_tabular::models::{ModelSettings, NaiveBayesSettings};
use radiomics_tabular::split::Folds;
use radiomics_tabular::{Matrix, Progress, Recipe, Score, Search, SearchBar};

/// Every text written.
#[derive(Clone, Debug, Default)]
struct Paper(Arc<Mutex<Vec<String>>>);

impl Paper {
    fn write(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push(text.to_owned());
        Ok(())
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).concat()
    }
}

impl TermLike for Paper {
    fn width(&self) -> u16 {
        120
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.write(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_bar_shows_fits_time_left_and_the_best_score() {
    let paper = Paper::default();
    let bar = SearchBar::on(ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255));
    let wait = || std::thread::sleep(std::time::Duration::from_millis(50)); // it draws now and then
    bar.show(Progress { done: 1, all: 8, best: None });
    wait();
    bar.show(Progress { done: 3, all: 8, best: None });
    let text = paper.take();
    assert!(text.contains(" 3/8 fits [") && text.contains(" left]") && !text.contains("score"), "{text}");
    wait();
    bar.show(Progress { done: 4, all: 8, best: Some(0.87654) });
    let text = paper.take();
    assert!(text.contains(" 4/8 fits [") && text.contains(" left], best score 0.8765"), "{text}");
    drop(bar);
    assert!(!paper.take().contains("fits"));
}

#[test]
fn a_search_moves_the_bar_to_its_end() {
    let y: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
    let x = Matrix::unnamed(vec![(0..60).map(|i| f64::from(i % 2 + i % 7)).collect()]).unwrap();
    let folds = Folds::given((0..60).map(|i| i / 20).collect()).unwrap();
    let search = Search::grid([("model/naive_bayes/smoothing", vec![0.0.into(), 1.0.into()])], Score::RocAuc);
    let recipe = Recipe::of(ModelSettings::NaiveBayes(NaiveBayesSettings::default()));
    let paper = Paper::default();
    let bar = SearchBar::on(ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255));
    let last = Mutex::new(Progress::default());
    let tuned = search
        .run(&recipe, &x, &y, &folds, |progress| {
            bar.show(progress);
            *last.lock().unwrap() = progress;
        })
        .unwrap();
    let last = last.into_inner().unwrap();
    assert_eq!(last, Progress { done: 6, all: 6, best: Some(tuned.candidates[tuned.best].mean) });
    assert!(paper.take().contains("/6 fits ["));
}
