//! Area and volume of the surface mesh, from whole numbers alone.
//!
//! The area needs only how often each case occurs. Six times the volume is the sum of `a·(b × c)` over the
//! triangles; moved by a cube's place `p`, a triangle gives `a·(b × c) + p·(a×b + b×c + c×a)`.

use std::iter::Sum;

use super::{
    bits::{BitVolume, shifted},
    cubes::{PIECES, normal, triangles},
};

/// Sums over the cubes of a mesh; they add up exactly, in any order.
pub(crate) struct MeshSums {
    counts: [u64; 128],
    /// Six times the volume in half voxels.
    volume: i128,
}

impl MeshSums {
    /// The sums over the cubes between slice `z` and the next, counted with the border.
    pub(crate) fn of_layer(bits: &BitVolume, z: usize) -> Self {
        let mut sums = Self { counts: [0; 128], volume: 0 };
        for y in 0..=bits.size()[1] {
            sums.add_row(
                [bits.row(y, z), bits.row(y + 1, z), bits.row(y, z + 1), bits.row(y + 1, z + 1)],
                [y as i64, z as i64],
            );
        }
        sums
    }

    /// The cubes between four rows, each with one more voxel than the row.
    fn add_row(&mut self, rows: [&[u64]; 4], [y, z]: [i64; 2]) {
        let mut volume = 0;
        for k in 0..rows[0].len() {
            // Corners 0, 2, 4, 6, then 1, 3, 5, 7.
            let corners: [u64; 8] =
                std::array::from_fn(|c| if c < 4 { shifted(rows[c], k) } else { rows[c - 4][k] });
            let any = corners.iter().fold(0, |any, c| any | c);
            let all = corners.iter().fold(!0, |all, c| all & c);
            let mut cut = any & !all;
            while cut != 0 {
                let bit = cut.trailing_zeros();
                cut &= cut - 1;
                let corner = |c: usize| (corners[c / 2 + 4 * (c % 2)] >> bit & 1) as usize;
                let case = (0..8).fold(0, |case, c| case | corner(c) << c);
                let (case, sign) = if case < 128 { (case, 1) } else { (255 - case, -1) };
                let (piece, x) = (PIECES[case], (64 * k) as i64 + i64::from(bit));
                let [nx, ny, nz] = piece.normal;
                self.counts[case] += 1;
                volume += sign * (piece.volume + 2 * (x * nx + y * ny + z * nz));
            }
        }
        self.volume += i128::from(volume);
    }

    /// Area in mm² of the mesh, for a voxel spacing along x, y, z in mm.
    pub(crate) fn area(&self, [sx, sy, sz]: [f64; 3]) -> f64 {
        let area_of = |case| -> f64 {
            triangles(case)
                .map(|triangle| {
                    let [x, y, z] = normal(triangle).map(|n| n as f64 / 4.0);
                    0.5 * ((x * sy * sz).powi(2) + (y * sz * sx).powi(2) + (z * sx * sy).powi(2)).sqrt()
                })
                .sum()
        };
        let cases = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        cases.map(|(case, &count)| count as f64 * area_of(case)).sum()
    }

    /// Volume in mm³ inside the mesh, for a voxel spacing along x, y, z in mm.
    pub(crate) fn volume(&self, [sx, sy, sz]: [f64; 3]) -> f64 {
        self.volume as f64 / 48.0 * (sx * sy * sz)
    }
}

impl Sum for MeshSums {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self { counts: [0; 128], volume: 0 }, |mut total, part| {
            for (sum, count) in total.counts.iter_mut().zip(part.counts) {
                *sum += count;
            }
            total.volume += part.volume;
            total
        })
    }
}
