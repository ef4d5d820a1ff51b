//! The workers of a batch: processes that are fed, watched, and replaced when they die.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{
    message::{Answer, Order, Outcome, Request},
    schedule::{Budget, Schedule},
};
use crate::{console::Console, interrupt};

/// What the workers are to do.
pub struct Work<'a> {
    /// Arguments of the command `radiomics` that make it a worker.
    pub arguments: Vec<std::ffi::OsString>,
    /// The parameter file that gives the parameters.
    pub parameters: Value,
    /// The order for a case by its number.
    pub request: &'a dyn Fn(usize) -> Request,
    pub schedule: Schedule,
    /// Cases in the schedule.
    pub cases: usize,
    pub budget: Budget,
    pub console: &'a Console,
}

/// Workers at work.
pub struct Pool<'a> {
    work: Work<'a>,
    slots: Vec<Slot>,
    started: u64,
    /// Cases that nobody has yet.
    left: usize,
    send: Sender<(usize, u64, Event)>,
    events: Receiver<(usize, u64, Event)>,
    finished: Vec<(usize, Outcome)>,
}

/// The place of a worker; one that died has a successor.
#[derive(Default)]
struct Slot {
    process: Option<Process>,
    /// Group of the last case.
    group: Option<usize>,
    /// Group and number of the cases that it was given; it works on the first.
    hand: VecDeque<(usize, usize)>,
}

struct Process {
    child: Child,
    orders: ChildStdin,
    /// Gives the last lines that it wrote to standard error.
    errors: JoinHandle<VecDeque<String>>,
    number: u64,
    ready: bool,
}

enum Event {
    Line(String),
    Closed,
}

impl<'a> Pool<'a> {
    pub fn new(work: Work<'a>, workers: usize) -> Self {
        let (send, events) = channel();
        let slots = (0..workers).map(|_| Slot::default()).collect();
        Self { left: work.cases, work, slots, started: 0, send, events, finished: Vec::new() }
    }

    /// Works until all cases are done; hands them out some at a time as they come.
    pub fn run(&mut self, mut done: impl FnMut(Vec<(usize, Outcome)>) -> Result<()>) -> Result<()> {
        for slot in 0..self.slots.len() {
            self.feed(slot)?;
        }
        while self.slots.iter().any(|slot| slot.process.is_some()) || !self.finished.is_empty() {
            interrupt::check()?;
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) => self.handle(event)?,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => bail!("the workers cannot be heard"),
            }
            // One flush to the disk for all that came meanwhile.
            while self.finished.len() < AT_ONCE
                && let Ok(event) = self.events.try_recv()
            {
                self.handle(event)?;
            }
            if !self.finished.is_empty() {
                done(std::mem::take(&mut self.finished))?;
            }
        }
        tracing::info!("at most {} bytes of images at one time", self.work.budget.peak);
        Ok(())
    }

    /// Gives a worker its next cases; one for which there are none ends.
    fn feed(&mut self, at: usize) -> Result<()> {
        // One in advance, so that the worker need not wait for the disk, unless they are scarce.
        let most = if self.left > 4 * self.slots.len() { 2 } else { 1 };
        while self.slots[at].hand.len() < most {
            let Some((group, case)) = self.work.schedule.take(self.slots[at].group) else { break };
            self.left -= 1;
            self.slots[at].group = Some(group);
            self.slots[at].hand.push_back((group, case));
            if self.slots[at].process.is_none() {
                self.slots[at].process = Some(self.start(at)?);
            }
            let request = (self.work.request)(case);
            self.work.console.step(&request.mask);
            self.order(at, &Order::Case(request));
        }
        if self.slots[at].hand.is_empty()
            && let Some(process) = self.slots[at].process.take()
        {
            drop(process.orders);
            let mut child = process.child;
            child.wait().context("cannot wait for a worker")?;
            self.work.budget.release(at);
            self.lend();
        }
        Ok(())
    }

    /// A worker that has gone meanwhile will be noticed where its answers are read.
    fn order(&mut self, at: usize, order: &Order) {
        if let (Some(process), Ok(mut line)) = (&mut self.slots[at].process, serde_json::to_vec(order)) {
            line.push(b'\n');
            let _ = process.orders.write_all(&line);
        }
    }

    fn lend(&mut self) {
        while let Some(at) = self.work.budget.grant() {
            self.order(at, &Order::Go);
        }
    }

    fn handle(&mut self, (at, number, event): (usize, u64, Event)) -> Result<()> {
        let Slot { process, hand, .. } = &mut self.slots[at];
        let Some(process) = process.as_mut().filter(|process| process.number == number) else {
            return Ok(());
        };
        match event {
            Event::Line(line) => match serde_json::from_str(&line) {
                Ok(Answer::Ready) => process.ready = true,
                Ok(Answer::Needs { bytes }) => {
                    self.work.budget.ask(at, bytes);
                    self.lend();
                }
                Ok(Answer::Done { case, outcome })
                    if hand.front().is_some_and(|at_hand| at_hand.1 == case) =>
                {
                    hand.pop_front();
                    self.finished.push((case, outcome));
                    self.feed(at)?;
                }
                // Something else wrote to its standard output: nothing it says can be trusted.
                _ => drop(process.child.kill()),
            },
            Event::Closed => self.bury(at)?,
        }
        Ok(())
    }

    /// A worker is dead: the case at hand has failed, those it had not begun go back.
    fn bury(&mut self, at: usize) -> Result<()> {
        let slot = &mut self.slots[at];
        let Some(mut process) = slot.process.take() else { return Ok(()) };
        let status = process.child.wait().context("cannot wait for a worker")?;
        let errors = process.errors.join().unwrap_or_default();
        let said = Vec::from(errors).join(" / ");
        if !process.ready {
            bail!("a worker process could not start ({status}): {said}");
        }
        if let Some((_, case)) = slot.hand.pop_front() {
            self.finished.push((case, Outcome::failed(epitaph(status, &said))));
        }
        for (group, case) in slot.hand.drain(..).rev() {
            self.left += 1;
            self.work.schedule.give_back(group, case);
        }
        self.work.budget.release(at);
        self.lend();
        self.feed(at)
    }

    fn start(&mut self, at: usize) -> Result<Process> {
        let cannot = "cannot start a worker process";
        let mut command = Command::new(own_program().context(cannot)?);
        command
            .args(&self.work.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // Ctrl-C is for the batch, which then ends its workers.
            command.process_group(0);
        }
        let mut child = command.spawn().context(cannot)?;
        let (Some(orders), Some(answers), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            bail!("{cannot}: no pipes");
        };
        self.started += 1;
        let (send, number, console) = (self.send.clone(), self.started, self.work.console.clone());
        thread::spawn(move || {
            for line in BufReader::new(answers).lines().map_while(Result::ok) {
                if send.send((at, number, Event::Line(line))).is_err() {
                    return;
                }
            }
            let _ = send.send((at, number, Event::Closed));
        });
        let errors = thread::spawn(move || last_lines(errors, &console));
        let mut process = Process { child, orders, errors, number, ready: false };
        let mut line = serde_json::to_vec(&Order::Setup { parameters: self.work.parameters.clone() })?;
        line.push(b'\n');
        let _ = process.orders.write_all(&line);
        Ok(process)
    }
}

/// Workers that are not needed any more have nothing to clean up.
impl Drop for Pool<'_> {
    fn drop(&mut self) {
        for process in self.slots.iter_mut().filter_map(|slot| slot.process.as_mut()) {
            let _ = process.child.kill();
            let _ = process.child.wait();
        }
    }
}

/// How often to look for Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);

/// Most cases between two flushes.
const AT_ONCE: usize = 256;

/// Lines of a worker that are told when it dies.
const LAST: usize = 4;

/// This program, even where its file was replaced since it started.
fn own_program() -> std::io::Result<std::path::PathBuf> {
    let running = std::path::Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

/// Shows what a worker writes to standard error, and gives the last of it.
fn last_lines(errors: impl Read, console: &Console) -> VecDeque<String> {
    let mut last = VecDeque::new();
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while errors.by_ref().take(4096).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if text.is_empty() {
            continue;
        }
        console.error(&text);
        last.push_back(text);
        if last.len() > LAST {
            last.pop_front();
        }
    }
    last
}

/// Why a case failed whose worker died.
fn epitaph(status: ExitStatus, said: &str) -> String {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let how = match signal {
        Some(9) => {
            "was killed (signal 9), as the system does where memory runs out; give it more memory, or fewer \
                    images at one time with --memory"
                .to_owned()
        }
        Some(signal) => format!("was ended by signal {signal}; please report this"),
        None => format!("ended ({status}); please report this"),
    };
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    format!("the process that worked on this case {how}{said}")
}
