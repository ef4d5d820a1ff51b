//! The engine of the processor: 32 windows of radius 1 side by side; larger windows, other settings and more grey levels
//! one window at a time.
//!
//! | windows | done by |
//! |---|---|
//! | radius 1, in space or within slices, up to 255 grey levels, neighbours as PyRadiomics' defaults | 32 at once, without matrices |
//! | larger ones, up to 65,535 grey levels, other distances, one order of pairs | one at a time, with tables of counts |
//! | GLCM and GLRLM with `weightingNorm`; families of IBSI | [`plain`](super::plain) |
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

use radiomics_core::FeatureClass;

use super::{Engine, Places, Run, Task, plain::PlainRun};
use crate::{error::Error, feature::Family, maps::Values, watch::Watch};

/// The processor, with all the threads of the pool that calls it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu;

impl Engine for Cpu {
    fn name(&self) -> String {
        "cpu".into()
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        let by_counts = |(family, _): &(Family, Places)| match family {
            Family::Class(FeatureClass::Glcm | FeatureClass::Glrlm) => task.settings.weighting_norm.is_none(),
            Family::Class(_) => true,
            Family::Ibsi(_) => false,
        };
        let (quick, mut plain): (Vec<_>, Vec<_>) = task.families().into_iter().partition(by_counts);
        let mut parts: Vec<Box<dyn Run + 'a>> = Vec::new();
        if quick.is_empty() {
            // Nothing to count.
        } else if let Some(run) = small::Small::new(task, &quick) {
            parts.push(Box::new(run));
        } else if let Some(run) = large::Large::new(task, &quick) {
            parts.push(Box::new(run));
        } else {
            plain.extend(quick);
        }
        if !plain.is_empty() {
            parts.push(Box::new(PlainRun::new(task, plain)));
        }
        Ok(Box::new(Parts(parts)))
    }
}

/// Runs that write different rows of the output.
struct Parts<'a>(Vec<Box<dyn Run + 'a>>);

impl Run for Parts<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        self.0.iter_mut().try_for_each(|part| part.evaluate(first, out, watch))
    }

    fn chunk(&self) -> usize {
        self.0.iter().map(|part| part.chunk()).min().unwrap_or(1)
    }
}
