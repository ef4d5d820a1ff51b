//! Somebody who watches a job and may end it.

/// Called from any thread.
pub trait Watch: Sync {
    /// A step begins, such as `prepare`, `wavelet-LLH` or `original glcm`.
    fn stage(&self, name: &str) {
        let _ = name;
    }

    /// Of the image at hand, `done` of `total` values are calculated: one for each voxel and feature.
    fn progress(&self, done: u64, total: u64) {
        let _ = (done, total);
    }

    /// True when the result is no longer wanted; asked every few thousand voxels.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}
