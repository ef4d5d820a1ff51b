//! Chunks of work in flight on one card: while one is calculated the one before is copied back.

use std::sync::Arc;

use cudarc::driver::{
    CudaSlice, CudaStream, DriverError, LaunchConfig, PinnedHostSlice, PushKernelArg, sys::cudaError_enum,
};
use rayon::prelude::*;

use super::{
    super::plan::{Kernel, Plan},
    card::Card,
    present::{describe, guarded},
};
use crate::{engine::Task, error::Error, field::GreyLevels, watch::Watch};

/// Centres of one launch: enough to fill a card; halved as long as memory does not suffice, down to `LEAST`.
const MOST: usize = 1 << 16;
const LEAST: usize = 1 << 10;

/// A stream with room for the results of one chunk, on the card and in memory that the card writes itself.
#[derive(Debug)]
pub struct Lane {
    stream: Arc<CudaStream>,
    results: CudaSlice<f32>,
    landed: PinnedHostSlice<f32>,
    /// First centre and number of the chunk under way.
    pending: Option<(usize, usize)>,
}

impl Lane {
    fn pair(card: &Card, values: usize) -> Result<Vec<Self>, DriverError> {
        let lane = || {
            let stream = card.context().new_stream()?;
            // SAFETY: a kernel writes all values of the chunk before they are copied, and only those are read.
            let results = unsafe { stream.alloc::<f32>(values) }?;
            // SAFETY: as much is read of it as was copied to it. The processor reads it, so it is not write-combined.
            let landed = unsafe { card.context().alloc_pinned_with_flags::<f32>(values, 0) }?;
            Ok(Self { stream, results, landed, pending: None })
        };
        Ok(vec![lane()?, lane()?])
    }

    /// Values that have room.
    fn room(&self) -> usize {
        self.results.len()
    }
}

/// One card at work on one image.
pub struct CardRun<'a> {
    card: &'a Card,
    task: &'a Task,
    plan: Plan,
    /// For each feature of the task its place in the results of a chunk, if it is there.
    planes: Vec<Option<usize>>,
    /// Two, by turns.
    lanes: Vec<Lane>,
    levels: CudaSlice<u8>,
    image: CudaSlice<f64>,
    centres: CudaSlice<u32>,
    /// Centres of one launch.
    chunk: usize,
}

impl<'a> CardRun<'a> {
    /// Uploads the image and makes room for results.
    pub fn new(card: &'a Card, task: &'a Task, plan: Plan) -> Result<Self, Error> {
        guarded(&card.name(), || Self::upload(card, task, plan).map_err(|error| describe(&error)))
    }

    fn upload(card: &'a Card, task: &'a Task, plan: Plan) -> Result<Self, DriverError> {
        let stream = card.context().new_stream()?;
        let levels = match task.field.levels() {
            GreyLevels::U8(levels) => stream.clone_htod(levels)?,
            GreyLevels::U16(_) => stream.clone_htod(&[0_u8])?, // never: such tasks have no plan
        };
        let image = match plan.needs_intensities() {
            true => stream.clone_htod(task.field.intensities())?,
            false => stream.clone_htod(&[0.0])?,
        };
        let centres = match task.centres.as_slice() {
            [] => stream.clone_htod(&[0])?,
            centres => stream.clone_htod(centres)?,
        };
        stream.synchronize()?; // the lanes have streams of their own
        let features = plan.features().max(1);
        let mut chunk = MOST.min(task.centres.len().next_power_of_two()).max(LEAST);
        let lanes = match card.take_lanes() {
            Some(lanes) if lanes.iter().all(|lane| lane.room() >= features * chunk) => lanes,
            other => {
                drop(other);
                loop {
                    match Lane::pair(card, features * chunk) {
                        Err(error)
                            if error.0 == cudaError_enum::CUDA_ERROR_OUT_OF_MEMORY && chunk > LEAST =>
                        {
                            chunk /= 2;
                        }
                        lanes => break lanes?,
                    }
                }
            }
        };
        let mut planes = vec![None; task.features.len()];
        plan.rows().enumerate().for_each(|(plane, row)| planes[row] = Some(plane));
        Ok(Self { card, task, plan, planes, lanes, levels, image, centres, chunk })
    }

    /// Evaluates the centres from `first` on; `rows` has the values of each feature of the task.
    pub fn evaluate<T: Copy + From<f32> + Send>(
        &mut self,
        first: usize,
        rows: &mut [&mut [T]],
        watch: &dyn Watch,
    ) -> Result<(), Error> {
        let n = rows.first().map_or(0, |row| row.len());
        self.lanes.iter_mut().for_each(|lane| lane.pending = None); // left over where a call ended early
        let (mut next, mut turn) = (0, 0);
        let device = self.card.name();
        let failed = |error| Error::Device { device: device.clone(), message: describe(&error) };
        loop {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            self.land(turn, first, rows).map_err(failed)?;
            if next < n {
                let count = self.chunk.min(n - next);
                self.launch(turn, first + next, count, true).map_err(failed)?;
                next += count;
            } else if self.lanes.iter().all(|lane| lane.pending.is_none()) {
                return Ok(());
            }
            turn = 1 - turn;
        }
    }

    /// Starts the kernels for a chunk and, if wanted, the copy of their results.
    fn launch(&mut self, lane: usize, first: usize, count: usize, copy: bool) -> Result<(), DriverError> {
        let (field, settings) = (&self.task.field, &self.task.settings);
        let (highest, flat) = (field.highest(), u32::from(field.distinct() == 1));
        let (shift, volume) = (settings.voxel_array_shift, field.spacing().iter().product::<f64>());
        let Lane { stream, results, landed, pending } = &mut self.lanes[lane];
        let centres = self.centres.slice(first..first + count);
        let n = count as u32;
        let mut start = 0;
        for step in &self.plan.steps {
            let Some((function, launch)) = self.card.kernel(step.kernel, highest) else { continue }; // never: all are loaded
            let values = step.rows.len() * count;
            let mut out = results.slice_mut(start..start + values);
            start += values;
            let mut arguments = stream.launch_builder(function);
            arguments.arg(&self.levels).arg(&centres).arg(&n);
            arguments.arg(&self.plan.row).arg(&self.plan.plane).arg(&self.plan.window);
            match step.kernel {
                Kernel::PairsRuns => arguments.arg(&highest),
                Kernel::Zones => &mut arguments,
                Kernel::FirstOrder => arguments.arg(&self.image).arg(&shift).arg(&volume),
                Kernel::Mcc => arguments.arg(&flat),
            };
            arguments.arg(&mut out).arg(&step.wanted);
            let config = LaunchConfig {
                grid_dim: (n.div_ceil(launch.block), 1, 1),
                block_dim: (launch.block, 1, 1),
                shared_mem_bytes: launch.shared,
            };
            // SAFETY: the arguments are those of the kernel's signature; it reads within a step of 1 around the centres, which
            // the border of the field allows, and writes one value for each centre and wanted feature. The emulation of the
            // same source runs under sanitizers.
            unsafe { arguments.launch(config) }?;
        }
        *pending = Some((first, count));
        if !copy {
            return Ok(());
        }
        stream.memcpy_dtoh(&results.slice(..start), landed)
    }

    /// Waits for the chunk of a lane, if there is one, and writes it where it belongs.
    fn land<T: Copy + From<f32> + Send>(
        &mut self,
        lane: usize,
        first: usize,
        rows: &mut [&mut [T]],
    ) -> Result<(), DriverError> {
        let Lane { landed, pending, .. } = &mut self.lanes[lane];
        let Some((start, count)) = pending.take() else { return Ok(()) };
        let values = landed.as_slice()?; // waits for the copy
        rows.par_iter_mut().zip(&self.planes).for_each(|(row, plane)| {
            if let Some(plane) = plane {
                let values = &values[plane * count..][..count];
                let to = &mut row[start - first..][..count];
                to.iter_mut().zip(values).for_each(|(to, &value)| *to = T::from(value));
            }
        });
        Ok(())
    }

    /// Runs the kernels over all centres, copies nothing, and waits for the end.
    pub fn launch_all(&mut self) -> Result<(), DriverError> {
        let total = self.task.centres.len();
        for (k, first) in (0..total).step_by(self.chunk).enumerate() {
            self.launch(k % 2, first, self.chunk.min(total - first), false)?;
        }
        self.lanes.iter_mut().try_for_each(|lane| {
            lane.pending = None;
            lane.stream.synchronize()
        })
    }
}

impl Drop for CardRun<'_> {
    /// Room for results is kept for the next image: pinned memory is slow to get.
    fn drop(&mut self) {
        self.card.keep_lanes(std::mem::take(&mut self.lanes));
    }
}
