//! The engine of the processor: 32 windows of radius 1 side by side; larger windows, other settings and more grey levels
//! one window at a time.
//!
//! | windows | done by |
//! |---|---|
//! | radius 1, in space or within slices, up to 255 grey levels, neighbours as PyRadiomics' defaults | 32 at once, without matrices |
//! | larger ones, up to 65,535 grey levels, other distances, one order of pairs | one at a time, with tables of counts |
//! | `weightingNorm`, families of IBSI | [`Plain`](super::plain::Plain) |
//!
//! Every window is evaluated alone and in one order: results do not depend on threads, chunks or vector width.

mod block; // what windows hold
mod eigen; // eigenvalues of small matrices
mod first_order; // intensities
mod glcm; // pairs of neighbours
mod glrlm; // runs along directions
mod lanes; // numbers of windows side by side
mod large; // windows of any kind, one at a time
mod mcc; // the one feature that needs eigenvalues
mod neighbours; // zones, dependences, tone differences
mod shape; // slots of a window
mod sizes; // things with a level and a size
mod small; // windows of radius 1
mod tables; // functions of levels

use super::{Engine, Run, Task, plain::Plain};
use crate::error::Error;

/// The processor, with all the threads of the pool that calls it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu;

impl Engine for Cpu {
    fn name(&self) -> String {
        "cpu".into()
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        if let Some(run) = small::Small::new(task) {
            return Ok(Box::new(run));
        }
        match large::Large::new(task) {
            Some(run) => Ok(Box::new(run)),
            None => Plain.start(task),
        }
    }
}
