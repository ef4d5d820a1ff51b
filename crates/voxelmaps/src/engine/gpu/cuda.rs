//! NVIDIA cards. The kernels are embedded as PTX, which the driver compiles for the card at hand; nothing but the driver is
//! needed at run time, and nothing at all to build.
#![allow(unsafe_code)] // launches of kernels, and memory of the device that they fill

mod card; // one card: its context and the kernels on it
mod lane; // chunks of work in flight
mod present; // whether there is a driver
mod timing; // kernels alone

use std::thread;

use self::{card::Card, lane::CardRun};
use super::{
    hybrid::{Device, start_whole},
    plan::Plan,
};
use crate::{
    engine::{Engine, Run, Task},
    error::Error,
    maps::Values,
    watch::Watch,
};

/// Centres that each card is given at one time.
const CHUNK: usize = 1 << 18;

/// One card or several, which share the centres of a task.
#[derive(Debug)]
pub struct Cuda {
    cards: Vec<Card>,
}

impl Cuda {
    /// Opens the card with a number, or all cards.
    ///
    /// # Errors
    /// [`Error::Device`] where there is no NVIDIA driver, no such card, or the driver does not accept the kernels.
    pub fn open(ordinal: Option<usize>) -> Result<Self, Error> {
        let count = present::cards()?;
        let missing =
            |device: String| Error::Device { device, message: format!("the driver has {count} cards") };
        let ordinals = match ordinal {
            None if count == 0 => return Err(missing("cuda".into())),
            None => 0..count,
            Some(n) if n >= count => return Err(missing(format!("cuda:{n}"))),
            Some(n) => n..n + 1,
        };
        Ok(Self { cards: ordinals.map(Card::open).collect::<Result<_, _>>()? })
    }
}

impl Engine for Cuda {
    fn name(&self) -> String {
        self.cards.iter().map(Card::name).collect::<Vec<_>>().join(", ")
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        start_whole(self, task)
    }
}

impl Device for Cuda {
    fn start_plan<'a>(&'a self, task: &'a Task, plan: Plan) -> Result<Box<dyn Run + 'a>, Error> {
        let runs = self.cards.iter().map(|card| CardRun::new(card, task, plan.clone()));
        Ok(Box::new(CudaRun { task, runs: runs.collect::<Result<_, _>>()? }))
    }
}

struct CudaRun<'a> {
    task: &'a Task,
    runs: Vec<CardRun<'a>>,
}

impl Run for CudaRun<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        match out {
            Values::F32(out) => self.share(first, out, watch),
            Values::F64(out) => self.share(first, out, watch),
        }
    }

    fn chunk(&self) -> usize {
        CHUNK * self.runs.len()
    }
}

impl CudaRun<'_> {
    /// Gives each card its part of the centres.
    fn share<T: Copy + From<f32> + Send>(
        &mut self,
        first: usize,
        out: &mut [T],
        watch: &dyn Watch,
    ) -> Result<(), Error> {
        let n = out.len() / self.task.features.len().max(1);
        let share = n.div_ceil(self.runs.len().max(1)).max(1);
        // For each card its part of each row.
        let mut parts: Vec<Vec<&mut [T]>> = self.runs.iter().map(|_| Vec::new()).collect();
        for row in out.chunks_exact_mut(n.max(1)) {
            parts.iter_mut().zip(row.chunks_mut(share)).for_each(|(part, piece)| part.push(piece));
        }
        let mut work: Vec<_> = self.runs.iter_mut().zip(parts).enumerate().collect();
        work.retain(|(_, (_, rows))| !rows.is_empty());
        if let [(_, (run, rows))] = work.as_mut_slice() {
            return run.evaluate(first, rows, watch);
        }
        thread::scope(|scope| {
            let threads: Vec<_> = work
                .into_iter()
                .map(|(k, (run, mut rows))| {
                    scope.spawn(move || run.evaluate(first + k * share, &mut rows, watch))
                })
                .collect();
            let results = threads.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| {
                    Err(Error::Device { device: "cuda".into(), message: "its thread ended early".into() })
                })
            });
            results.collect()
        })
    }
}
