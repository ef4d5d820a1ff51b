//! Where tests find reference values and real images, which are read in place and never copied.

use std::path::{Path, PathBuf};

/// A folder or file of the reference collection, or `None` where it is absent, after saying so.
///
/// The collection is the folder that `RADIOMICS_SHARED` names, else `shared` beside the workspace.
///
/// # Panics
/// Where the environment says `CI=true` and the part is absent: there a skipped test is a failed one.
#[allow(clippy::panic, clippy::print_stderr)] // for tests only: this is how they skip or fail
pub fn shared(part: &str) -> Option<PathBuf> {
    let collection = match std::env::var_os("RADIOMICS_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let path = collection.join(part);
    if path.exists() {
        return Some(path);
    }
    if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
        panic!("reference data {} is absent, and in CI no test may be skipped", path.display());
    }
    eprintln!("skipped: reference data {} is absent (RADIOMICS_SHARED names its folder)", path.display());
    None
}
