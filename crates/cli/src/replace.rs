//! Files that appear whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

/// A file being written. Until [`Replacement::commit`] the old content stays; without it the new one vanishes.
pub struct Replacement {
    /// As the user named it, for messages.
    name: PathBuf,
    target: PathBuf,
    place: Place,
}

enum Place {
    /// Beside the target, renamed at the end: on one file system that is a single step.
    Beside(NamedTempFile),
    /// The target is a device or a pipe, which cannot be replaced.
    Direct(File),
}

impl Replacement {
    /// Opens a temporary file beside `target`, so that an impossible place shows before the work is done.
    pub fn begin(target: &Path) -> Result<Self> {
        let cannot = || cannot_write(target);
        // Behind a link the file is replaced, not the link.
        let path = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let old = fs::metadata(&path).ok();
        if old.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::from(io::ErrorKind::IsADirectory)).with_context(cannot);
        }
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            let file = File::options().write(true).open(&path).with_context(cannot)?;
            return Ok(Self { name: target.to_owned(), target: path, place: Place::Direct(file) });
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // The library names its temporary file in errors, which says nothing to the user.
        fs::metadata(folder).with_context(cannot)?;
        let prefix = prefix(&path);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(SUFFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any new file, unless there is an old one to follow; the library's own default is private.
            let mode = old.as_ref().map_or(0o666, |old| old.permissions().mode() & 0o777);
            builder.permissions(fs::Permissions::from_mode(mode));
        }
        let file = builder.tempfile_in(folder).with_context(cannot)?;
        crate::interrupt::remove_on_exit(Some(file.path()));
        Ok(Self { name: target.to_owned(), target: path, place: Place::Beside(file) })
    }

    /// The file as the user named it.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Writes the new content.
    pub fn fill(&mut self, content: &[u8]) -> Result<()> {
        let written = self.writer().write_all(content);
        written.with_context(|| cannot_write(&self.name))
    }

    /// Takes the new content piece by piece.
    pub fn writer(&mut self) -> &mut (dyn Write + Send) {
        match &mut self.place {
            Place::Beside(file) => file,
            Place::Direct(file) => file,
        }
    }

    /// Puts the content in the place of the old one, after it has reached the disk.
    pub fn commit(self) -> Result<()> {
        let cannot = || cannot_write(&self.name);
        match self.place {
            Place::Direct(mut file) => file.flush().with_context(cannot),
            Place::Beside(mut file) => {
                file.flush().with_context(cannot)?;
                file.as_file().sync_all().with_context(cannot)?;
                file.persist(&self.target).map_err(|e| e.error).with_context(cannot)?;
                crate::interrupt::remove_on_exit(None);
                // The name reaches the disk with its folder; not every system lets one open a folder.
                if let Some(Ok(folder)) = self.target.parent().map(File::open) {
                    let _ = folder.sync_all();
                }
                Ok(())
            }
        }
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// How the temporary file of a target begins. A long name has no room for a longer one.
fn prefix(target: &Path) -> String {
    let name = target.file_name().map(|name| name.to_string_lossy()).filter(|name| name.len() < 200);
    name.map_or(".radiomics-".into(), |name| format!(".radiomics-{name}-"))
}

const SUFFIX: &str = ".part";

/// Removes what killed processes left of their attempts to replace a file. Nobody else may be at it now.
pub fn remove_leftovers(target: &Path) {
    let path = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
    let (prefix, folder) = (prefix(&path), path.parent().filter(|folder| !folder.as_os_str().is_empty()));
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(SUFFIX));
        // Six characters are the random part; the prefix of short names begins that of longer ones.
        if prefix != ".radiomics-" && random.is_some_and(|random| random.len() == 6) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes a whole file in one step.
pub fn replace(target: &Path, content: &[u8]) -> Result<()> {
    let mut file = Replacement::begin(target)?;
    file.fill(content)?;
    file.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_old_content_stays_until_the_new_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        fs::write(&target, "old").unwrap();
        let mut file = Replacement::begin(&target).unwrap();
        file.fill(b"half of it").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        drop(file);
        assert_eq!(names(folder.path()), ["out.csv"]);
        replace(&target, b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn leftovers_of_one_file_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.csv");
        for name in [
            ".radiomics-out.csv-a1B2c3.part",
            ".radiomics-out.csv-x.csv-a1B2c3.part",
            ".radiomics-a1B2c3.part",
        ] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let file = Replacement::begin(&target).unwrap();
        assert!(names(folder.path()).iter().any(|name| name.starts_with(".radiomics-out.csv-")));
        drop(file);
        remove_leftovers(&target);
        assert_eq!(names(folder.path()).len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_modes_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.csv", &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        // A new file is as readable as the user's other new files.
        let (fresh, other) = (folder.path().join("fresh.csv"), folder.path().join("other"));
        replace(&fresh, b"x").unwrap();
        fs::write(&other, "x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&fresh), mode(&other));
    }

    #[test]
    fn impossible_places_show_at_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(Replacement::begin(&folder.path().join("file/out.csv")).is_err());
        assert!(Replacement::begin(&folder.path().join("absent/out.csv")).is_err());
        assert!(Replacement::begin(folder.path()).is_err());
    }
}
