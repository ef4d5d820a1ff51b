//! The region as bits: one word holds 64 voxels of a row, so that empty and full stretches cost nothing.

use ndarray::{Array3, Axis};
use rayon::prelude::*;

use crate::error::Error;

/// A mask with one bit for each voxel and a border of one empty voxel all around.
///
/// Coordinates count the border: voxel `(x, y, z)` of the array lies at `(x + 1, y + 1, z + 1)`.
pub(crate) struct BitVolume {
    words: Vec<u64>,
    row_words: usize,
    size: [usize; 3],
}

impl BitVolume {
    /// Longest side of an array whose sums fit the integers used here.
    pub(crate) const LONGEST_SIDE: usize = 1 << 20;

    /// Packs a mask indexed `[z, y, x]`.
    ///
    /// # Errors
    /// When no voxel is inside, or a side is longer than [`Self::LONGEST_SIDE`].
    pub(crate) fn new(inside: &Array3<bool>) -> Result<Self, Error> {
        let (nz, ny, nx) = inside.dim();
        let size = [nx, ny, nz];
        if size.iter().any(|&n| n > Self::LONGEST_SIDE) {
            return Err(Error::RegionBox { size, limit: Self::LONGEST_SIDE });
        }
        // At least one zero bit follows each row: the border on the right.
        let row_words = nx / 64 + 1;
        let slice_words = (ny + 2) * row_words;
        let mut words = vec![0; (nz + 2) * slice_words];
        let slices = words[slice_words..].par_chunks_mut(slice_words).take(nz).enumerate();
        slices.with_min_len((1 << 12) / slice_words + 1).for_each(|(z, slice)| {
            let rows = slice[row_words..].chunks_mut(row_words);
            for (from, to) in inside.index_axis(Axis(0), z).rows().into_iter().zip(rows) {
                match from.to_slice() {
                    Some(row) => pack(row, to),
                    None => pack(&from.to_vec(), to),
                }
            }
        });
        if words.iter().all(|&word| word == 0) {
            return Err(Error::EmptyRegion);
        }
        Ok(Self { words, row_words, size })
    }

    /// Voxels along x, y, z, without the border.
    pub(crate) fn size(&self) -> [usize; 3] {
        self.size
    }

    /// Number of words in a row.
    pub(crate) fn row_words(&self) -> usize {
        self.row_words
    }

    /// The row at `y`, `z`, counted with the border. Bit `b` is the voxel at `x = b + 1`.
    pub(crate) fn row(&self, y: usize, z: usize) -> &[u64] {
        let start = (z * (self.size[1] + 2) + y) * self.row_words;
        &self.words[start..start + self.row_words]
    }
}

/// Word `k` of a row moved one voxel up: bit `b` is the voxel at `x = b`.
pub(crate) fn shifted(row: &[u64], k: usize) -> u64 {
    row[k] << 1 | if k > 0 { row[k - 1] >> 63 } else { 0 }
}

/// The positions of the bits that are set, rising.
pub(crate) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize);
        word &= word.wrapping_sub(1);
        bit
    })
}

fn pack(row: &[bool], words: &mut [u64]) {
    for (voxels, word) in row.chunks(64).zip(words) {
        let (eights, rest) = voxels.as_chunks::<8>();
        for (i, &eight) in eights.iter().enumerate() {
            // The product moves byte i of eight to bit 56 + i.
            let bytes = u64::from_le_bytes(eight.map(u8::from));
            *word |= (bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
        }
        for (i, &voxel) in rest.iter().enumerate() {
            *word |= u64::from(voxel) << (8 * eights.len() + i);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_voxels() {
        for nx in [1, 7, 8, 63, 64, 65, 130] {
            let inside = Array3::from_shape_fn((2, 3, nx), |(z, y, x)| (x * 7 + y * 3 + z) % 5 < 2);
            let bits = BitVolume::new(&inside).unwrap();
            for ((z, y, x), &voxel) in inside.indexed_iter() {
                let row = bits.row(y + 1, z + 1);
                assert_eq!(row[x / 64] >> (x % 64) & 1 == 1, voxel);
                assert_eq!(shifted(row, (x + 1) / 64) >> ((x + 1) % 64) & 1 == 1, voxel);
            }
            assert!(bits.row(0, 1).iter().chain(bits.row(4, 3)).all(|&word| word == 0));
            // Any memory layout.
            let reversed = inside.clone().permuted_axes([2, 1, 0]);
            assert!(BitVolume::new(&reversed.permuted_axes([2, 1, 0])).unwrap().words == bits.words);
        }
    }

    #[test]
    fn nothing_is_an_error() {
        for shape in [(2, 3, 4), (0, 3, 4), (2, 3, 0)] {
            let empty = Array3::from_elem(shape, false);
            assert_eq!(BitVolume::new(&empty).err(), Some(Error::EmptyRegion));
        }
        let long = Array3::from_elem((1, 1, BitVolume::LONGEST_SIDE + 1), true);
        assert!(matches!(BitVolume::new(&long).err(), Some(Error::RegionBox { .. })));
    }
}
