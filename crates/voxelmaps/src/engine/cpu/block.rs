//! What 32 windows hold and how their voxels compare, gathered once for all families.

use super::{
    lanes::{Bytes, LANES, Reals, lanes, mask},
    shape::{COUPLES, PAIRS, SLOTS, Shape, couple},
};

/// Windows side by side; 0 in a slot is outside.
pub struct Block {
    /// Grey level of each slot.
    pub grey: [Bytes; SLOTS],
    /// Intensity of each slot, NaN outside.
    pub intensity: [Reals; SLOTS],
    /// Half of the sum of the levels of each pair of neighbours, which fits a byte; 0 where one is outside.
    pub half_sums: [Bytes; PAIRS],
    /// 1 where the sum, and so the difference, is odd.
    pub odd: [Bytes; PAIRS],
    /// One more than the difference of the levels of each pair; 0 where one is outside.
    pub differences: [Bytes; PAIRS],
    /// The level of each pair of equal neighbours; 0 where they differ or one is outside.
    pub same: [Bytes; PAIRS],
    /// All ones where the two slots of a couple have one level, else 0.
    pub equal: [Bytes; COUPLES],
    /// Voxels in the window with the level of this slot, itself included; 0 outside.
    pub alike: [Bytes; SLOTS],
    /// The first slot with the level of this one.
    pub first: [Bytes; SLOTS],
    /// Voxels in the window.
    pub voxels: Bytes,
}

impl Block {
    /// Nothing gathered yet.
    pub fn new() -> Box<Self> {
        Box::new(Self {
            grey: [[0; LANES]; SLOTS],
            intensity: [[0.0; LANES]; SLOTS],
            half_sums: [[0; LANES]; PAIRS],
            odd: [[0; LANES]; PAIRS],
            same: [[0; LANES]; PAIRS],
            differences: [[0; LANES]; PAIRS],
            equal: [[0; LANES]; COUPLES],
            alike: [[0; LANES]; SLOTS],
            first: [[0; LANES]; SLOTS],
            voxels: [0; LANES],
        })
    }

    /// Gathers the windows around up to 32 centres; the last one fills what is left over.
    #[inline(always)]
    pub fn gather(&mut self, shape: &Shape, centres: &[u32], levels: &[u8], intensities: Option<&[f64]>) {
        let last = centres.last().copied().unwrap_or(0);
        let mut at = [last as usize; LANES];
        at.iter_mut().zip(centres).for_each(|(at, &centre)| *at = centre as usize);
        let row = at[LANES - 1].wrapping_sub(at[0]) == LANES - 1;
        for (slot, &offset) in shape.offsets.iter().enumerate() {
            let start = at[0].wrapping_add_signed(offset);
            match levels.get(start..start + LANES) {
                Some(run) if row => self.grey[slot].copy_from_slice(run),
                _ => self.grey[slot] = lanes!(l => levels[at[l].wrapping_add_signed(offset)]),
            }
            let Some(intensities) = intensities else { continue };
            match intensities.get(start..start + LANES) {
                Some(run) if row => self.intensity[slot].copy_from_slice(run),
                _ => self.intensity[slot] = lanes!(l => intensities[at[l].wrapping_add_signed(offset)]),
            }
        }
    }

    /// Compares the voxels of each window with each other.
    #[inline(always)]
    pub fn compare(&mut self, shape: &Shape) {
        for (pair, &(from, to)) in shape.pairs.iter().enumerate() {
            let (a, b) = (self.grey[from], self.grey[to]);
            let both: Bytes = lanes!(l => mask((a[l] != 0) & (b[l] != 0)));
            self.differences[pair] = lanes!(l => (a[l].abs_diff(b[l]).wrapping_add(1)) & both[l]);
            self.half_sums[pair] = lanes!(l => ((a[l] & b[l]) + ((a[l] ^ b[l]) >> 1)) & both[l]);
            self.odd[pair] = lanes!(l => (a[l] ^ b[l]) & 1 & both[l]);
            self.same[pair] = lanes!(l => a[l] & mask(a[l] == b[l]));
        }
        self.voxels = [0; LANES];
        for b in 0..shape.slots() {
            let own = self.grey[b];
            let inside: Bytes = lanes!(l => mask(own[l] != 0));
            let mut alike: Bytes = lanes!(l => inside[l] & 1);
            let mut first = [b as u8; LANES];
            self.voxels = lanes!(l => self.voxels[l] + alike[l]);
            for c in (0..b).rev() {
                let (other, theirs) = (self.grey[c], self.alike[c]);
                let same: Bytes = lanes!(l => inside[l] & mask(own[l] == other[l]));
                alike = lanes!(l => alike[l].wrapping_sub(same[l]));
                first = lanes!(l => (c as u8 & same[l]) | (first[l] & !same[l]));
                self.alike[c] = lanes!(l => theirs[l].wrapping_sub(same[l]));
                self.equal[couple(b, c)] = same;
            }
            self.alike[b] = alike;
            self.first[b] = first;
        }
    }
}
