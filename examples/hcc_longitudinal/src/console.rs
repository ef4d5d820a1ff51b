//! What is told on standard error while the work goes on, and Ctrl-C.

use std::{
    io::{IsTerminal, Write},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Instant,
};

use hcc_longitudinal::extract::Watch;
use indicatif::{ProgressBar, ProgressStyle};

/// Exit status after an interruption, as shells report it.
pub const INTERRUPTED: u8 = 130;

/// Seconds between lines where standard error is no terminal.
const LINE_EVERY: u64 = 10;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// A bar on a terminal, a line now and then elsewhere.
pub struct Console {
    bar: ProgressBar,
    started: Instant,
    last_line: AtomicU64,
    lines: bool,
}

impl Console {
    /// Takes over Ctrl-C: the first asks the work to stop, the second ends the process.
    pub fn start(quiet: bool) -> Self {
        let _ = ctrlc::try_set_handler(|| {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED.into());
            }
            let _ = writeln!(
                std::io::stderr(),
                "interrupted: ends with the step at hand; once more ends at once"
            );
        });
        let terminal = std::io::stderr().is_terminal();
        let bar = if quiet || !terminal { ProgressBar::hidden() } else { ProgressBar::new(0) };
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} [{elapsed}, {eta} left]")
        {
            bar.set_style(style);
        }
        Self { bar, started: Instant::now(), last_line: AtomicU64::new(0), lines: !quiet && !terminal }
    }

    /// Clears the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, text: &str) {
        if self.lines {
            let _ = writeln!(std::io::stderr(), "[{:6.1} s] {text}", self.started.elapsed().as_secs_f64());
        }
    }
}

impl Watch for Console {
    fn stage(&self, name: &str, steps: usize) {
        self.bar.set_message(name.to_owned());
        self.bar.set_length(steps as u64);
        self.bar.set_position(0);
        self.line(&if steps > 0 { format!("{name}: {steps} steps") } else { name.to_owned() });
    }

    fn done(&self, steps: usize) {
        self.bar.set_position(self.bar.position().max(steps as u64));
        let (now, last) = (self.started.elapsed().as_secs(), self.last_line.load(Ordering::Relaxed));
        let due = now >= last + LINE_EVERY;
        if due && self.last_line.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.line(&format!("{steps} done"));
        }
    }

    fn cancelled(&self) -> bool {
        REQUESTED.load(Ordering::SeqCst)
    }
}
