//! The gallery's figures, held to their golden files and to properties that every figure must have.
//!
//! `RADIOMICS_RENEW_GOLDEN=1 cargo test -p radiomics-report --test gallery` writes the golden files anew; look at each
//! picture that changed before it is committed.

#[path = "../../examples/gallery/cohort.rs"]
mod cohort;
#[path = "../../examples/gallery/contents.rs"]
mod contents;
#[path = "../../examples/gallery/figures.rs"]
mod figures;

mod golden;
mod properties;
mod stress;
mod whole;

use radiomics_report::{Figure, report::Item};

fn all_figures() -> Vec<Figure> {
    let report = contents::report();
    assert!(report.is_ok(), "{report:?}");
    let items = report.iter().flat_map(|r| r.sections()).flat_map(|s| &s.items).cloned();
    items
        .filter_map(|item| match item {
            Item::Figure(figure) => Some(figure),
            _ => None,
        })
        .collect()
}
