//! A device for what it can do, another engine for the rest.

use std::{collections::BTreeSet, sync::Mutex};

use super::plan::Plan;
use crate::{
    engine::{Engine, Run, Task},
    error::Error,
    maps::Values,
    watch::Watch,
};

/// An engine that runs kernels.
pub(crate) trait Device: Engine {
    /// Gets ready for the steps of a plan; the rows of features that it leaves stay as they are.
    ///
    /// # Errors
    /// [`Error::Device`].
    fn start_plan<'a>(&'a self, task: &'a Task, plan: Plan) -> Result<Box<dyn Run + 'a>, Error>;
}

/// Starts a device on a task that it must do wholly.
pub(super) fn start_whole<'a>(device: &'a dyn Device, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
    let unsupported = |reason| Error::Unsupported { engine: device.name(), reason };
    let plan = Plan::new(task).map_err(unsupported)?;
    match plan.left.first() {
        Some(&row) => Err(unsupported(format!("it has no kernel for {}", task.features[row]))),
        None => device.start_plan(task, plan),
    }
}

/// Gives each feature to a device that has a kernel for it, and all else to another engine. [`Engine::notes`] says what the
/// device did not do and why.
#[derive(Debug)]
pub struct Hybrid {
    device: Box<dyn Device>,
    other: Box<dyn Engine>,
    forgiving: bool,
    notes: Mutex<Vec<String>>,
}

impl Hybrid {
    /// `forgiving` says that the other engine also takes over when the device fails, as by lack of memory; else that is an
    /// error.
    pub(crate) fn new(device: Box<dyn Device>, other: Box<dyn Engine>, forgiving: bool) -> Self {
        Self { device, other, forgiving, notes: Mutex::default() }
    }

    /// The emulated kernels instead of a card.
    #[cfg(all(feature = "emu", unix))]
    pub fn emulated(seed: u64, other: Box<dyn Engine>) -> Self {
        Self::new(Box::new(super::emulated::Emulated { seed }), other, false)
    }

    fn note(&self, what: &str, why: &str) {
        let note = format!("{what}: {} instead of {}, because {why}", self.other.name(), self.device.name());
        if let Ok(mut notes) = self.notes.lock()
            && !notes.contains(&note)
        {
            notes.push(note);
        }
    }
}

impl Engine for Hybrid {
    fn name(&self) -> String {
        self.device.name()
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        let plan = match Plan::new(task) {
            Ok(plan) => plan,
            Err(reason) => {
                self.note("all maps", &format!("it does not do {reason}"));
                return self.other.start(task);
            }
        };
        let left = plan.left.clone();
        if !left.is_empty() {
            let families: BTreeSet<String> =
                left.iter().map(|&row| task.features[row].family.to_string()).collect();
            let families = families.into_iter().collect::<Vec<_>>().join(", ");
            self.note(&format!("maps of {families}"), "it has no kernel for them with these settings");
        }
        if plan.steps.is_empty() {
            return self.other.start(task);
        }
        let run = match self.device.start_plan(task, plan) {
            Err(error @ Error::Device { .. }) if self.forgiving => {
                self.note("all maps", &format!("it failed: {error}"));
                return self.other.start(task);
            }
            run => run?,
        };
        let rest = (!left.is_empty()).then(|| {
            let features = left.iter().map(|&row| task.features[row]).collect();
            (Task { features, ..task.clone() }, left)
        });
        Ok(Box::new(HybridRun { hybrid: self, task, run, rest, failed: false }))
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().map(|notes| notes.clone()).unwrap_or_default()
    }
}

struct HybridRun<'a> {
    hybrid: &'a Hybrid,
    task: &'a Task,
    /// The device, or after it has failed the other engine.
    run: Box<dyn Run + 'a>,
    /// What the device leaves, and the places of these features in the task.
    rest: Option<(Task, Vec<usize>)>,
    failed: bool,
}

impl Run for HybridRun<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        match self.run.evaluate(first, out, watch) {
            Err(error @ Error::Device { .. }) if self.hybrid.forgiving && !self.failed => {
                self.hybrid.note("the maps from here on", &format!("it failed: {error}"));
                self.failed = true;
                self.rest = None;
                self.run = self.hybrid.other.start(self.task)?;
                return self.run.evaluate(first, out, watch);
            }
            result => result?,
        }
        let Some((task, rows)) = &self.rest else { return Ok(()) };
        let n = out.len() / self.task.features.len().max(1);
        let mut part = match out {
            Values::F32(_) => Values::F32(vec![0.0; n * rows.len()]),
            Values::F64(_) => Values::F64(vec![0.0; n * rows.len()]),
        };
        self.hybrid.other.start(task)?.evaluate(first, &mut part, watch)?;
        for (k, row) in rows.iter().enumerate() {
            match (&mut *out, &part) {
                (Values::F32(out), Values::F32(part)) => {
                    out[row * n..][..n].copy_from_slice(&part[k * n..][..n])
                }
                (Values::F64(out), Values::F64(part)) => {
                    out[row * n..][..n].copy_from_slice(&part[k * n..][..n])
                }
                _ => {} // never: both have one precision
            }
        }
        Ok(())
    }

    fn chunk(&self) -> usize {
        self.run.chunk()
    }
}
