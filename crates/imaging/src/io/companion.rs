//! Data files that a header names: lists, numbered series, and how far they may lie.

use std::path::{Component, Path, PathBuf};

use super::error::ReadError;

/// The place of a data file. Headers come from strangers: a data file must lie in the folder of its header
/// or below, links followed.
pub(super) fn locate(header: &Path, name: &str) -> Result<PathBuf, ReadError> {
    let outside = |why| ReadError::OutsideFolder { path: header.to_owned(), data: name.to_owned(), why };
    let relative = Path::new(name);
    for component in relative.components() {
        match component {
            Component::Normal(_) | Component::CurDir => {}
            Component::ParentDir => return Err(outside("leaves the folder of the header with `..`")),
            Component::RootDir | Component::Prefix(_) => return Err(outside("is an absolute path")),
        }
    }
    let folder = match header.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let path = folder.join(relative);
    let real = path.canonicalize().map_err(|e| match ReadError::io(&path, e) {
        ReadError::Missing { path: partner } => ReadError::NoPartner { path: header.to_owned(), partner },
        other => other,
    })?;
    let home = folder.canonicalize().map_err(|e| ReadError::io(folder, e))?;
    if !real.starts_with(&home) {
        return Err(outside("is a link to a place outside the folder of the header"));
    }
    Ok(path)
}

/// The files of a numbered series, `slice%03d.raw` from `first` on. Stops at the first that is missing, so
/// that no header can make a long list out of nothing.
pub(super) fn series(
    header: &Path,
    field: &'static str,
    pattern: &str,
    first: i64,
    step: i64,
    count: u64,
) -> Result<Vec<PathBuf>, ReadError> {
    let (before, width, zeros, after) = split(pattern)
        .ok_or_else(|| ReadError::field(header, field, pattern, "a name with one number such as %03d"))?;
    let mut files = Vec::new();
    let mut number = first;
    for _ in 0..count {
        let digits = if zeros { format!("{number:0width$}") } else { format!("{number:width$}") };
        files.push(locate(header, &format!("{before}{digits}{after}"))?);
        number = number
            .checked_add(step)
            .ok_or_else(|| ReadError::field(header, field, number, "numbers of at most 18 digits"))?;
    }
    Ok(files)
}

/// A printf pattern as text before, width, zero padding, text after.
fn split(pattern: &str) -> Option<(String, usize, bool, String)> {
    let start = pattern.find('%')?;
    let rest = &pattern[start + 1..];
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let (spec, rest) = rest.split_at(digits);
    let after = rest.strip_prefix(['d', 'i', 'u'])?;
    let width: usize = if spec.is_empty() { 0 } else { spec.parse().ok()? };
    if after.contains('%') || width > 18 {
        return None;
    }
    Some((pattern[..start].to_owned(), width, spec.starts_with('0'), after.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_files_stay_in_the_folder_of_their_header() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("home");
        std::fs::create_dir_all(home.join("sub")).unwrap();
        std::fs::write(home.join("sub/a.raw"), b"a").unwrap();
        std::fs::write(folder.path().join("secret"), b"s").unwrap();
        let header = home.join("h.nhdr");
        assert!(locate(&header, "sub/a.raw").is_ok());
        assert!(locate(&header, "./sub/a.raw").is_ok());
        assert!(matches!(locate(&header, "b.raw"), Err(ReadError::NoPartner { .. })));
        for name in ["../secret", "sub/../../secret", "/etc/hostname"] {
            let error = locate(&header, name).unwrap_err();
            assert!(matches!(error, ReadError::OutsideFolder { .. }), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), home.join("link")).unwrap();
            let error = locate(&header, "link").unwrap_err();
            assert!(error.to_string().contains("link to a place outside"), "{error}");
            std::os::unix::fs::symlink(home.join("sub/a.raw"), home.join("inner")).unwrap();
            assert!(locate(&header, "inner").is_ok());
        }
    }

    #[test]
    fn patterns_are_numbers_and_nothing_else() {
        assert_eq!(split("a%03d.raw"), Some(("a".into(), 3, true, ".raw".into())));
        assert_eq!(split("%d"), Some((String::new(), 0, false, String::new())));
        for bad in ["a", "a%s", "a%d%d", "a%99999999999999999999d", "a%", "%n"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
