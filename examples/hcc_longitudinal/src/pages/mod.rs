//! The pages of the report: each takes the analysis and adds its figures and tables.

mod about; // what this is, and where it departs from the paper
mod explanation; // Shapley values
mod nomogram; // three Cox models, their nomograms and time-dependent ROC curves
mod patients; // flow diagram, Table 1, images
mod response; // seven models against the response
mod selection; // which features went on
mod survival; // groups of risk

use anyhow::{Context, Result};
use radiomics_report::{Provenance, Report};
use radiomics_stats::error::Error as StatsError;

use crate::{analysis::Analysis, source::Source};

pub use self::about::synthetic_note;

/// The whole report.
///
/// # Errors
/// The first figure or table that cannot be made.
pub fn report(analysis: &Analysis) -> Result<Report> {
    let mut provenance = Provenance::of(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
        .seed(analysis.seed)
        .settings(&about::settings(analysis)?)?;
    if let Source::Folder(folder) = &analysis.cohort.source {
        let table = folder.join(&analysis.cohort.study.table);
        provenance = provenance.input("study.toml", &folder.join("study.toml"))?.input("table", &table)?;
    } else {
        provenance = provenance.synthetic(synthetic_note(analysis));
    }
    let mut report = Report::new("Longitudinal whole-liver CT radiomics", provenance);
    type Page = fn(&mut Report, &Analysis) -> Result<()>;
    let pages: [(&str, Page); 7] = [
        ("About this report", about::add),
        ("Patients", patients::add),
        ("Features that were chosen", selection::add),
        ("Prediction of response", response::add),
        ("Groups of risk", survival::add),
        ("Prognosis", nomogram::add),
        ("What the model looks at", explanation::add),
    ];
    for (title, page) in pages {
        report.section(title);
        page(&mut report, analysis).with_context(|| format!("section \"{title}\""))?;
    }
    Ok(report)
}

/// A statistic that these patients do not allow (no spread, one group) is left out; other errors are faults.
fn where_defined<T>(result: Result<T, StatsError>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StatsError::Undefined { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A short name of a feature, as in the paper: `Post_V log-sigma-2-0-mm-3D_gldm_DependenceNonUniformity` becomes
/// `Post_V σ2 gldm DNU`. Names of other columns stay.
pub fn short_name(name: &str) -> String {
    let Some((image, feature)) = name.split_once(' ') else { return name.to_owned() };
    let mut parts = feature.splitn(3, '_');
    let (Some(filter), Some(class), Some(feature)) = (parts.next(), parts.next(), parts.next()) else {
        return name.to_owned();
    };
    let filter = match filter.strip_prefix("log-sigma-") {
        Some(rest) => format!("σ{} ", rest.split('-').next().unwrap_or(rest)),
        None => match filter.strip_prefix("wavelet-") {
            Some(bands) => format!("{bands} "),
            None => String::new(),
        },
    };
    let initials: String = feature.chars().filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit()).collect();
    let feature = if initials.len() > 1 { initials } else { feature.to_owned() };
    format!("{image} {filter}{class} {feature}")
}

/// Short names that are all different: where two would be equal, both keep the feature's whole name.
pub fn short_names(names: &[String]) -> Vec<String> {
    let short: Vec<String> = names.iter().map(|n| short_name(n)).collect();
    let twice = |s: &String| short.iter().filter(|o| *o == s).count() > 1;
    let whole = |n: &String| n.rsplit('_').next().unwrap_or(n).to_owned();
    short
        .iter()
        .zip(names)
        .map(|(s, n)| {
            if twice(s) {
                format!("{} {}", s.rsplit_once(' ').map_or(s.as_str(), |p| p.0), whole(n))
            } else {
                s.clone()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_those_of_the_paper_and_all_different() {
        let long = [
            "Post_V log-sigma-2-0-mm-3D_gldm_DependenceNonUniformity",
            "Pre_A wavelet-HLL_firstorder_Median",
            "Pre_V original_shape_MinorAxisLength",
            "extrahepatic_spread",
        ];
        let short =
            ["Post_V σ2 gldm DNU", "Pre_A HLL firstorder Median", "Pre_V shape MAL", "extrahepatic_spread"];
        assert_eq!(long.map(short_name), short);
        let alike = ["Pre_A original_glszm_SmallAreaEmphasis", "Pre_A original_glszm_SizeAreaEntropy"];
        let names = short_names(&alike.map(str::to_owned));
        assert_eq!(names, ["Pre_A glszm SmallAreaEmphasis", "Pre_A glszm SizeAreaEntropy"]);
    }
}
