//! How long each kernel takes, without copies.

use std::time::Instant;

use super::{
    Cuda,
    lane::CardRun,
    present::{describe, guarded},
};
use crate::{
    engine::{Task, gpu::plan::Plan},
    error::Error,
};

impl Cuda {
    /// Voxels per second of each kernel alone on the first card, the whole task being in its memory: the best of `times` runs
    /// after a first one. For benchmarks.
    ///
    /// # Errors
    /// [`Error::Device`], [`Error::Unsupported`].
    pub fn kernel_rates(&self, task: &Task, times: usize) -> Result<Vec<(&'static str, f64)>, Error> {
        let unsupported = |reason| Error::Unsupported { engine: "cuda".into(), reason };
        let plan = Plan::new(task).map_err(unsupported)?;
        let Some(card) = self.cards.first() else { return Ok(Vec::new()) };
        let mut rates = Vec::new();
        for step in &plan.steps {
            let only = Plan { steps: vec![step.clone()], ..plan.clone() };
            let mut run = CardRun::new(card, task, only)?;
            let name = step.kernel.launch(task.field.highest()).name;
            let mut seconds = f64::INFINITY;
            for _ in 0..=times {
                let start = Instant::now();
                guarded(&card.name(), || run.launch_all().map_err(|error| describe(&error)))?;
                seconds = seconds.min(start.elapsed().as_secs_f64());
            }
            rates.push((name, task.centres.len() as f64 / seconds));
        }
        Ok(rates)
    }
}
