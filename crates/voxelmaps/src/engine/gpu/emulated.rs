//! The CUDA kernels run on the processor by `kernels/shim`, thread by thread: for tests, not for speed.
#![allow(unsafe_code)] // a call into C++

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    sync::Mutex,
};

use super::{
    hybrid::{Device, start_whole},
    plan::{Kernel, Launch, Plan, Step},
};
use crate::{
    engine::{Engine, Run, Task},
    error::Error,
    field::GreyLevels,
    maps::Values,
    watch::Watch,
};

unsafe extern "C" {
    fn shim_launch(
        name: *const c_char,
        grid: *const u32,
        threads: *const u32,
        shared: u32,
        arguments: *mut *mut c_void,
        seed: u64,
        message: *mut c_char,
        message_bytes: u64,
    ) -> c_int;
}

/// The scheduler of the emulation is one for the whole process.
static SCHEDULER: Mutex<()> = Mutex::new(());

/// The kernels, emulated. Does what they do and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Emulated {
    /// In which order the threads of a block run: 0 upwards, 1 downwards, others shuffled at every stop. A kernel whose
    /// results depend on it lacks a barrier.
    pub seed: u64,
}

impl Engine for Emulated {
    fn name(&self) -> String {
        "emulated".into()
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        start_whole(self, task)
    }
}

impl Device for Emulated {
    fn start_plan<'a>(&'a self, task: &'a Task, plan: Plan) -> Result<Box<dyn Run + 'a>, Error> {
        Ok(Box::new(EmulatedRun { task, plan, seed: self.seed }))
    }
}

struct EmulatedRun<'a> {
    task: &'a Task,
    plan: Plan,
    seed: u64,
}

impl Run for EmulatedRun<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        let n = out.len() / self.task.features.len().max(1);
        for step in &self.plan.steps {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            let planes = self.launch(step, &self.task.centres[first..first + n])?;
            for (plane, &row) in planes.chunks_exact(n.max(1)).zip(&step.rows) {
                match out {
                    Values::F32(out) => out[row * n..][..n].copy_from_slice(plane),
                    Values::F64(out) => {
                        out[row * n..][..n].iter_mut().zip(plane).for_each(|(to, &x)| *to = x.into())
                    }
                }
            }
        }
        Ok(())
    }
}

impl EmulatedRun<'_> {
    /// The features wanted of a kernel around some centres.
    fn launch(&self, step: &Step, centres: &[u32]) -> Result<Vec<f32>, Error> {
        let (field, settings) = (&self.task.field, &self.task.settings);
        let GreyLevels::U8(levels) = field.levels() else { return Ok(Vec::new()) }; // never: it was planned
        let launch = step.kernel.launch(field.highest());
        // What a kernel does not write stays what no feature is.
        let mut planes = vec![f32::NEG_INFINITY; step.rows.len() * centres.len()];
        let mut count = centres.len() as u32;
        let (mut row, mut plane, mut window, mut wanted) =
            (self.plan.row, self.plan.plane, self.plan.window, step.wanted);
        let (mut highest, mut flat) = (field.highest(), u32::from(field.distinct() == 1));
        let (mut shift, mut volume) = (settings.voxel_array_shift, field.spacing().iter().product::<f64>());
        let (mut levels, mut voxels) = (levels.as_ptr(), centres.as_ptr());
        let (mut image, mut values) = (field.intensities().as_ptr(), planes.as_mut_ptr());
        let mut arguments = vec![
            (&raw mut levels).cast::<c_void>(),
            (&raw mut voxels).cast(),
            (&raw mut count).cast(),
            (&raw mut row).cast(),
            (&raw mut plane).cast(),
            (&raw mut window).cast(),
        ];
        match step.kernel {
            Kernel::PairsRuns => arguments.push((&raw mut highest).cast()),
            Kernel::Zones => {}
            Kernel::FirstOrder => {
                arguments.extend([
                    (&raw mut image).cast(),
                    (&raw mut shift).cast(),
                    (&raw mut volume).cast::<c_void>(),
                ]);
            }
            Kernel::Mcc => arguments.push((&raw mut flat).cast()),
        }
        arguments.extend([(&raw mut values).cast(), (&raw mut wanted).cast::<c_void>()]);
        let _one_at_a_time = SCHEDULER.lock();
        // SAFETY: the arguments are those of the kernel's signature; it reads `levels` and `image` within a step of 1 around
        // `centres`, which the border of the field allows, and writes `wanted` planes of `count` values. Sanitizers watch over
        // it in `scripts/kernels-sanitize.sh`.
        unsafe { launch_blocks(launch, count.div_ceil(launch.block), &mut arguments, self.seed) }?;
        Ok(planes)
    }
}

/// Launches a kernel as the driver does.
///
/// # Safety
/// `arguments` are pointers to values of the types of the kernel's arguments, and what these point to is large enough.
unsafe fn launch_blocks(
    launch: Launch,
    blocks: u32,
    arguments: &mut [*mut c_void],
    seed: u64,
) -> Result<(), Error> {
    let (grid, threads) = ([blocks, 1, 1], [launch.block, 1, 1]);
    let name = CString::new(launch.name).unwrap_or_default();
    let mut message = [0; 256];
    // SAFETY: name and message end with a zero; the caller answers for the arguments.
    let wrong = unsafe {
        shim_launch(
            name.as_ptr(),
            grid.as_ptr(),
            threads.as_ptr(),
            launch.shared,
            arguments.as_mut_ptr(),
            seed,
            message.as_mut_ptr(),
            message.len() as u64,
        )
    };
    if wrong == 0 {
        return Ok(());
    }
    // SAFETY: the call has ended the message with a zero.
    let message = unsafe { CStr::from_ptr(message.as_ptr()) };
    Err(Error::Device { device: "emulated".into(), message: message.to_string_lossy().into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCKS: usize = 3;

    /// Runs one of `kernels/shim/examples.cu` on 0, 1, 2, …
    fn example(name: &'static str, seed: u64) -> Result<Vec<u32>, String> {
        let input: Vec<u32> = (0..64 * BLOCKS as u32).collect();
        let mut output = vec![u32::MAX; input.len()];
        let (mut from, mut to) = (input.as_ptr(), output.as_mut_ptr());
        let mut arguments = [(&raw mut from).cast::<c_void>(), (&raw mut to).cast()];
        let launch = Launch { name, block: 64, shared: 0 };
        let _one_at_a_time = SCHEDULER.lock();
        // SAFETY: both arrays have a value for each thread.
        let result = unsafe { launch_blocks(launch, BLOCKS as u32, &mut arguments, seed) };
        result.map(|()| output).map_err(|error| error.to_string())
    }

    #[test]
    fn barriers_and_warps_work_in_every_order() {
        for seed in 0..6 {
            let block = |k: u32| k / 64 * 64;
            let expected: Vec<u32> = (0..192).map(|k| block(k) + 63 - (k - block(k))).collect();
            assert_eq!(example("reversed", seed), Ok(expected));
            let warp = |k: u32| (k / 32 * 32..).take(32).sum::<u32>() + 16;
            assert_eq!(example("warp_sums", seed), Ok((0..192).map(warp).collect()));
        }
    }

    #[test]
    fn a_missing_barrier_shows_in_another_order() {
        let [upwards, downwards] = [0, 1].map(|seed| example("reversed_without_barrier", seed));
        assert_ne!(upwards, downwards);
    }

    #[test]
    fn threads_that_wait_for_each_other_are_an_error() {
        for (name, message) in [
            ("two_barriers", "threads wait at different barriers, at lines 36 and 39"),
            ("barrier_and_shuffle", "threads wait for each other at a barrier and a warp operation"),
            ("two_shuffles", "lanes of a warp wait at different warp operations"),
            ("no_such_kernel", "there is no such kernel"),
        ] {
            let error = example(name, 0).unwrap_err();
            assert!(error.contains(message), "{name}: {error}");
        }
    }
}
