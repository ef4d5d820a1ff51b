//! What may be said about a file: names of files often hold UIDs, dates or patient numbers.

use std::path::Path;

/// Longest run of digits that is taken for a counter; longer ones are dates and numbers of persons.
const COUNTER: usize = 6;

/// A file found in a folder, number `index` (from 0) of `count` in order of names.
///
/// Its name is shown when `identifiers` are allowed or when it holds nothing that looks like a UID, date or
/// number; else its place in the folder, which names it as well. Paths that the caller gave are the caller's
/// to show.
pub(super) fn label(path: &Path, index: usize, count: usize, identifiers: bool) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if identifiers || !revealing(&name) {
        return format!("file {} of {count} ({name})", index + 1);
    }
    format!(
        "file {} of {count} in order of names (its name may identify a patient and is not shown)",
        index + 1
    )
}

/// Whether a name holds a UID or a long number.
fn revealing(name: &str) -> bool {
    let digits = name.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > COUNTER);
    let uid = name
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .any(|run| run.split('.').filter(|part| !part.is_empty()).count() >= 4);
    // `DOE^JOHN`, as PACS exports write names.
    digits || uid || name.contains('^')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_numbers_of_persons_are_not_shown() {
        let shown = |name: &str| label(Path::new(name), 4, 60, false).contains(name);
        assert!(shown("DCM_IMG_00004.dcm") && shown("IM-0001-0005.dcm") && shown("slice.dcm"));
        assert!(!shown("1.2.840.113619.2.55.dcm") && !shown("CT_20240131_5.dcm") && !shown("DOE^JOHN.dcm"));
        assert!(label(Path::new("a/19450101.dcm"), 4, 60, true).contains("19450101"));
        assert!(label(Path::new("a/19450101.dcm"), 4, 60, false).starts_with("file 5 of 60"));
    }
}
