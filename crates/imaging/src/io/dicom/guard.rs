//! Limits that keep small files from costing much: they hold before anything is allocated.

use super::error::DicomError;

/// What a file may cost. The defaults suit clinical files; batch jobs may lower them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file in bytes, also after inflating a deflated one.
    pub file_bytes: u64,
    /// Deepest nesting of sequences.
    pub depth: usize,
    /// Most elements in one data set or item.
    pub elements: usize,
    /// Largest volume in bytes.
    pub voxel_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 16 << 30, depth: 16, elements: 1 << 20, voxel_bytes: 16 << 30 }
    }
}

/// Pixels that may be claimed whatever the size of the file: one large radiograph, 4096 x 4096 x 32 bits.
const ALWAYS_ALLOWED: u64 = 64 << 20;

/// Most bytes of pixels that one compressed byte stands for. JPEG 2000 of an empty slice reaches 2100.
const COMPRESSION: u64 = 4096;

impl Limits {
    pub(super) fn check_file(&self, bytes: u64) -> Result<(), DicomError> {
        check("file size in bytes", bytes, self.file_bytes)
    }

    pub(super) fn check_depth(&self, depth: usize) -> Result<(), DicomError> {
        check("nesting depth of sequences", depth as u64, self.depth as u64)
    }

    pub(super) fn check_elements(&self, elements: usize) -> Result<(), DicomError> {
        check("number of elements in a data set", elements as u64, self.elements as u64)
    }

    /// Checks the pixels that a header claims against the bytes that are to hold them.
    pub(super) fn check_pixels(&self, claimed: u64, stored: u64, compressed: bool) -> Result<(), DicomError> {
        check("volume size in bytes", claimed, self.voxel_bytes)?;
        let most = if compressed {
            ALWAYS_ALLOWED.saturating_add(stored.saturating_mul(COMPRESSION))
        } else {
            stored
        };
        check("bytes of pixels claimed by the header, against what the stored bytes can hold,", claimed, most)
    }
}

fn check(what: &'static str, found: u64, limit: u64) -> Result<(), DicomError> {
    if found > limit { Err(DicomError::Limit { what, found, limit }) } else { Ok(()) }
}
