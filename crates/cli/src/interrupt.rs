//! Ctrl-C: the first asks the running work to stop, the second ends the process.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Exit status after an interruption, as shells report it.
pub const EXIT_STATUS: u8 = 130;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static LEFTOVER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The work was stopped by the user.
#[derive(Debug, thiserror::Error)]
#[error("interrupted before the end; no table was written")]
pub struct Interrupted;

/// Takes over Ctrl-C and termination requests. Where one of them is ignored already (`nohup`, a job in the
/// background) all stay as they were.
pub fn install() {
    let _ = ctrlc::try_set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            let leftover = LEFTOVER.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(path) = leftover {
                let _ = std::fs::remove_file(path);
            }
            std::process::exit(EXIT_STATUS.into());
        }
        // A filter of a large region can take a while.
        let _ =
            writeln!(std::io::stderr(), "interrupted: ends with the step at hand; once more ends at once");
    });
}

/// Whether the user asked to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// An error if the user asked to stop.
pub fn check() -> Result<(), Interrupted> {
    if requested() { Err(Interrupted) } else { Ok(()) }
}

/// Names the unfinished file that a second Ctrl-C has to remove.
pub fn remove_on_exit(path: Option<&Path>) {
    *LEFTOVER.lock().unwrap_or_else(PoisonError::into_inner) = path.map(Path::to_owned);
}
