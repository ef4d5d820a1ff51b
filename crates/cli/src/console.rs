//! What is told on standard error while the work goes on: a progress line on a terminal, plain lines elsewhere.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use crate::args::{Common, LogLevel};

/// Shows progress and keeps log lines from running into it. Clones are the same console.
#[derive(Clone)]
pub struct Console {
    bar: ProgressBar,
    started: Instant,
    /// Second in which the last line about progress was printed.
    last_line: Arc<AtomicU64>,
    quiet: bool,
    plain: bool,
    level: tracing::Level,
}

impl Console {
    /// Starts logging at the level asked for.
    pub fn start(common: &Common) -> Self {
        let level = match common.log_level {
            Some(LogLevel::Debug) => tracing::Level::DEBUG,
            Some(LogLevel::Info) => tracing::Level::INFO,
            Some(LogLevel::Error) => tracing::Level::ERROR,
            None if common.quiet => tracing::Level::ERROR,
            Some(LogLevel::Warn) | None => tracing::Level::WARN,
        };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let plain = !io::stderr().is_terminal();
        let last_line = Arc::new(AtomicU64::new(0));
        let console = Self { bar, started: Instant::now(), last_line, quiet: common.quiet, plain, level };
        let format = tracing_subscriber::fmt().with_max_level(level).with_target(false).without_time();
        let _ = format.with_ansi(!plain).with_writer(console.clone()).try_init();
        console
    }

    /// Whether only results and errors are wanted.
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// How much is told, as the option `--log-level` has it.
    pub fn level(&self) -> &'static str {
        match self.level {
            tracing::Level::ERROR => "error",
            tracing::Level::WARN => "warn",
            tracing::Level::INFO => "info",
            _ => "debug",
        }
    }

    /// Says how many steps are to come. Nothing appears before the work has taken a moment.
    pub fn begin(&self, steps: usize) {
        self.bar.set_length(self.bar.length().unwrap_or(0) + steps as u64);
        let style = "{spinner} [{elapsed}] {bar:30} {pos}/{len}, {rate}, {eta} left: {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = write!(out, "{:.1}/s", state.per_sec());
            };
            self.bar.set_style(style.with_key("rate", rate));
        }
    }

    /// Names what is being done.
    pub fn step(&self, what: &str) {
        tracing::info!("{what} ({:.3} s)", self.started.elapsed().as_secs_f64());
        self.bar.set_message(what.to_owned());
        if !self.quiet && !self.plain && self.bar.is_hidden() && self.started.elapsed() > PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(100));
        }
    }

    /// One step is done.
    pub fn advance(&self) {
        self.bar.inc(1);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        if self.line_is_due(done, all) {
            let (rate, left) = (self.bar.per_sec(), self.bar.eta().as_secs());
            self.note(&format!("{done} of {all} done, {rate:.1}/s, {left} s left"));
        }
    }

    /// So much of the whole job is done; for work whose steps are too many to be told one by one.
    pub fn progress(&self, done: u64, all: u64, unit: &'static str) {
        if self.bar.length() != Some(all) {
            self.bar.set_length(all);
            let style = "{spinner} [{elapsed}] {bar:30} {pos}/{len}, {rate}, {eta} left: {msg}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                let rate = move |state: &ProgressState, out: &mut dyn fmt::Write| {
                    let _ = write!(out, "{:.0} {unit}/s", state.per_sec());
                };
                self.bar.set_style(style.with_key("rate", rate));
            }
        }
        self.bar.set_position(done);
        if self.line_is_due(done, all) {
            let (rate, left) = (self.bar.per_sec(), self.bar.eta().as_secs());
            self.note(&format!("{done} of {all} {unit} done, {rate:.0}/s, {left} s left"));
        }
    }

    /// Whether it is time for a line about progress where there is no terminal. Of several threads one prints it.
    fn line_is_due(&self, done: u64, all: u64) -> bool {
        let now = self.started.elapsed().as_secs();
        let last = self.last_line.load(Ordering::Relaxed);
        let due = self.plain && done < all && now >= last + SILENCE;
        due && self.last_line.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Takes the progress line away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// A line about the result, unless `--quiet`.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(self.make_writer(), "{line}");
        }
    }

    /// A message that is always shown.
    pub fn error(&self, paragraph: &str) {
        let _ = writeln!(self.make_writer(), "{paragraph}");
    }

    /// Time since the program started.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

/// How long work may take before a progress line appears.
const PATIENCE: Duration = Duration::from_millis(400);

/// Seconds between lines about progress where there is no terminal.
const SILENCE: u64 = 10;

impl<'a> MakeWriter<'a> for Console {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        Lines { bar: self.bar.clone(), text: Vec::new() }
    }
}

/// Collects a message and prints it above the progress line.
pub struct Lines {
    bar: ProgressBar,
    text: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        self.bar.suspend(|| io::stderr().write_all(&text))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
