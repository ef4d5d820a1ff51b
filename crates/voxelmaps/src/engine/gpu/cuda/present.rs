//! Whether there is a driver at all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cudarc::driver::{CudaContext, DriverError};

use crate::error::Error;

/// Number of cards.
pub fn cards() -> Result<usize, Error> {
    let count = guarded("cuda", || {
        library()?;
        CudaContext::device_count().map_err(|error| describe(&error))
    })?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Opens the driver's library. cudarc panics where it is missing, so it is asked for here first; and this works in every way in
/// which cudarc may have been built by others.
fn library() -> Result<(), String> {
    let name = if cfg!(windows) { "nvcuda.dll" } else { "libcuda.so.1" };
    // SAFETY: loading the driver runs its own initialisation, as cudarc would.
    match unsafe { libloading::Library::new(name) } {
        Ok(library) => {
            std::mem::forget(library); // it stays loaded: cudarc uses it until the end
            Ok(())
        }
        Err(error) => Err(format!("there is no NVIDIA driver: {error}")),
    }
}

/// Runs something with the driver; cudarc panics where the driver lacks a function, which becomes an error here.
pub fn guarded<T>(device: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, Error> {
    let result = catch_unwind(AssertUnwindSafe(work));
    let result = result.unwrap_or_else(|_| Err("the driver lacks a function, it may be too old".into()));
    result.map_err(|message| Error::Device { device: device.to_owned(), message })
}

/// The driver's name for an error, and its words.
pub fn describe(error: &DriverError) -> String {
    let text = |text: Result<&std::ffi::CStr, _>| text.map(|text| text.to_string_lossy().into_owned());
    match (text(error.error_name()), text(error.error_string())) {
        (Ok(name), Ok(words)) => format!("{name}, {words}"),
        _ => format!("error {}", error.0 as i32),
    }
}
