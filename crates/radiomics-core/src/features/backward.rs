//! Which of its 13 backward neighbours a voxel equals: 13 bits for each voxel, from which runs and zones
//! are made.
//!
//! The neighbours one step back along the 13 directions of [`half_steps`] come before the voxel in memory.
//! Bit `d` says that the voxel's rank is that of the voxel at `position − offset of direction d`. The bits
//! lie in two bytes, 7 directions in the first and 6 in the second, so that whole blocks of voxels are
//! compared by byte-wide vector instructions.

use std::ops::Range;

use super::padded::{Padded, SLACK};
use crate::{levels::half_steps, vectorised::vectorised};

/// Directions in the first byte.
pub(crate) const FIRST: usize = 7;
/// Directions in the second byte.
pub(crate) const SECOND: usize = 6;

/// The 13 directions of a padded array.
pub(crate) struct Backward {
    steps: [[i32; 3]; 13],
    offsets: [usize; 13],
    wanted: [u8; 2],
    margin: usize,
}

/// Two bytes of bits for each position of a plane's span, with zeros before and behind.
#[derive(Clone)]
pub(crate) struct Bits {
    pub first: Vec<u8>,
    pub second: Vec<u8>,
}

impl Backward {
    /// The first directions stay in the plane; all others come from the plane before.
    pub const IN_PLANE: usize = 4;

    /// Directions of the 26-neighbourhood; with `within` bits of those that leave the slices stay 0.
    pub fn new(padded: &Padded, within: Option<u8>) -> Self {
        let mut steps = [[0; 3]; 13];
        for (step, found) in steps.iter_mut().zip(half_steps(&[1], None)) {
            *step = found;
        }
        let kept = half_steps(&[1], within);
        let bit = |d: usize| u8::from(kept.contains(&steps[d]));
        Self {
            offsets: steps.map(|step| padded.offset(step).unsigned_abs()),
            wanted: [(0..FIRST).map(|d| bit(d) << d).sum(), (0..SECOND).map(|d| bit(FIRST + d) << d).sum()],
            steps,
            margin: padded.row() + 1,
        }
    }

    /// The step of each direction.
    pub fn steps(&self) -> &[[i32; 3]; 13] {
        &self.steps
    }

    /// How far back the neighbour of each direction lies.
    pub fn offsets(&self) -> &[usize; 13] {
        &self.offsets
    }

    /// Whether a direction is wanted.
    pub fn wants(&self, direction: usize) -> bool {
        match direction.checked_sub(FIRST) {
            None => self.wanted[0] >> direction & 1 == 1,
            Some(d) => self.wanted[1] >> d & 1 == 1,
        }
    }

    /// Room for the bits of a span of `length` positions, all 0.
    pub fn room(&self, length: usize) -> Bits {
        let zeros = vec![0; length.next_multiple_of(SLACK) + 2 * self.margin];
        Bits { first: zeros.clone(), second: zeros }
    }

    /// Where the first position of the span lies in [`Bits`].
    pub fn margin(&self) -> usize {
        self.margin
    }

    /// Compares the voxels of a span with their backward neighbours. `ranks` ends with [`SLACK`] zeros.
    pub fn equal<T: Copy + Default + PartialEq>(&self, ranks: &[T], span: Range<usize>, out: &mut Bits) {
        let back = |d: usize| &ranks[span.start - self.offsets[d]..];
        let (own, length) = (&ranks[span.start..], span.len());
        let [first, second] = self.wanted;
        let (first_out, second_out) = (&mut out.first[self.margin..], &mut out.second[self.margin..]);
        vectorised(
            #[inline(always)]
            || {
                blocks::<T, FIRST>(std::array::from_fn(back), own, first_out, length, first);
                blocks::<T, SECOND>(
                    std::array::from_fn(|d| back(FIRST + d)),
                    own,
                    second_out,
                    length,
                    second,
                );
            },
        );
    }
}

/// Bit `d` of `out[i]` says whether `sources[d][i]` is `own[i]`, if it is wanted and `own[i]` is not 0; from `length`
/// on all are 0. In blocks of known length: the compiler makes vector instructions of them.
#[inline(always)]
fn blocks<T: Copy + Default + PartialEq, const N: usize>(
    sources: [&[T]; N],
    own: &[T],
    out: &mut [u8],
    length: usize,
    wanted: u8,
) {
    const BLOCK: usize = SLACK;
    let into = out[..length.next_multiple_of(BLOCK)].chunks_exact_mut(BLOCK);
    // Margins and slack make every slice long enough for whole blocks.
    'blocks: for (block, into) in into.enumerate() {
        let start = block * BLOCK;
        let Some(own) = own[start..].first_chunk::<BLOCK>() else { break };
        let mut there = [own; N];
        for d in 0..N {
            let Some(chunk) = sources[d][start..].first_chunk::<BLOCK>() else { break 'blocks };
            there[d] = chunk;
        }
        for i in 0..BLOCK {
            let mut bits = 0;
            for d in 0..N {
                bits |= u8::from(there[d][i] == own[i]) << d;
            }
            into[i] = if own[i] == T::default() { 0 } else { bits & wanted };
        }
    }
    out[length..].fill(0);
}
