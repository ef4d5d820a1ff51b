//! What surface goes through a cube of eight voxels: marching cubes with vertices halfway between voxels.
//!
//! Corner `x + 2y + 4z` of the unit cube is one bit of the case, set where that voxel is inside. The cases
//! with and without a corner set are each other's mirror: both have the same triangles, turned round. So
//! where two corners of a face lie crosswise inside, the two cubes that share the face may cut it
//! differently, and the mesh has a gap there. That is how PyRadiomics builds its mesh, and its numbers need
//! the same gaps and the same diagonals.
//!
//! Lorensen and Cline 1987, doi:10.1145/37402.37422; choice of diagonals as PyRadiomics 3.1.0.

/// Triangles of the cases without corner 7: three hexadecimal digits each, the edges of its vertices, from
/// the last digit on. Seen from outside the region they run counter-clockwise.
///
/// Edges count from 1: along x at (y, z) = 00, 10, 01, 11, then along y at (x, z), then along z at (x, y).
#[rustfmt::skip]
const TRIANGLES: [u64; 128] = [
    0x0, 0x159, 0x1a6, 0x69a596,
    0x2b5, 0x1b912b, 0x2b51a6, 0x9ab6ba2b6,
    0x26c, 0x26c159, 0x2ac1a2, 0x9ac29c259,
    0x5cb56c, 0x9cb1c916c, 0xacb5ab1a5, 0x9cb9ac,
    0x397, 0x357153, 0x3971a6, 0x5763a6367,
    0x3972b5, 0x3b72b3123, 0x3972b51a6, 0x3b73ab2ba2a6,
    0x39726c, 0x35726c153, 0x3972ac1a2, 0x3a72ac27a257,
    0x5cb56c397, 0x6cb3b736b163, 0xacb5ab3971a5, 0xacb3b73ab,
    0x38a, 0x38a159, 0x186138, 0x598586389,
    0x38a2b5, 0x38a1b912b, 0x2b5186138, 0x3892b9298286,
    0x38a26c, 0x38a26c159, 0x28c238132, 0x38535928c258,
    0x5cb56c38a, 0x9cb38a1c916c, 0x8cb1b518b138, 0x9cb8c9389,
    0x7a978a, 0x58a57815a, 0x678197176, 0x678576,
    0x7a978a2b5, 0x78a2b727a12a, 0x6976782b5196, 0x6b76782b6,
    0x7a978a26c, 0x58a57826c15a, 0x78929828c192, 0x57828c258,
    0x7a978a5cb56c, 0x1cb1b718a17816c, 0x1cb1b519718c178, 0x8cb78b,
    0x47b, 0x1b417915b147, 0x47b1a6, 0x4a649a47946545b,
    0x275247, 0x179147124, 0x5a747a2a624a1a5, 0x69a496479246,
    0x67b47646c26b, 0x6c767947c25b169, 0x7ac47c27b1a7172, 0x9ac79c47c25b,
    0x6c756747c, 0x6c767947c169, 0x47c1c71ac175, 0x9ac79c47c,
    0x49b394, 0x45b154143, 0x69b46b3a6364196, 0x5a64a545b3a4,
    0x295243239, 0x243123, 0x3a6243236195, 0x3a6243236,
    0x69b46c39636426b, 0x25b1c416c143, 0x3c43ac1b219b, 0x3c43ac25b,
    0x56949646c394, 0x1c416c143, 0x3c43ac195, 0x3c43ac,
    0x7ba4ab48a37a, 0x45b37918a154148, 0x6b848b37b1b613b, 0x58648545b379,
    0x5a748a37a2a524a, 0x48a37914a124, 0x486375246135, 0x486379246,
    0x48c3ba37b2ab26a, 0x48c37925b16a, 0x48c37b23b132, 0x48c37925b,
    0x56748c37636a, 0x48c37916a, 0x48c375135, 0x48c379,
    0x9ba4ab48a, 0x45b18a154148, 0x48b1b819b186, 0x58648545b,
    0x8a9295289248, 0x48a14a124, 0x486246195, 0x486246,
    0x9ba6ab48c26b, 0x48c25b16a, 0x48c1b219b, 0x48c25b,
    0x6a956948c, 0x48c16a, 0x48c195, 0x48c,
];

/// The vertices of a triangle (x, y, z) in half voxels from corner 0.
pub(crate) type Triangle = [[i64; 3]; 3];

/// What one cube adds to the sums over a mesh, in half voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// `Σ a·(b × c)` over the triangles `abc`, seen from corner 0: six times a volume.
    pub(crate) volume: i64,
    /// `Σ a×b + b×c + c×a`: twice the surface vector.
    pub(crate) normal: [i64; 3],
}

/// The sums of each case without corner 7.
pub(crate) static PIECES: [Piece; 128] = pieces();

/// The triangles of a case without corner 7.
pub(crate) fn triangles(case: usize) -> impl Iterator<Item = Triangle> {
    let mut rest = TRIANGLES[case & 127];
    std::iter::from_fn(move || {
        let triangle = (rest != 0).then(|| first_triangle(rest));
        rest >>= 12;
        triangle
    })
}

/// Twice the surface vector of a triangle, in half voxels.
pub(crate) const fn normal([a, b, c]: Triangle) -> [i64; 3] {
    cross([b[0] - a[0], b[1] - a[1], b[2] - a[2]], [c[0] - a[0], c[1] - a[1], c[2] - a[2]])
}

const fn first_triangle(word: u64) -> Triangle {
    [vertex(word >> 8 & 15), vertex(word >> 4 & 15), vertex(word & 15)]
}

const fn vertex(edge: u64) -> [i64; 3] {
    let (first, second) = (2 * ((edge as i64 - 1) & 1), (edge as i64 - 1) & 2);
    match (edge - 1) / 4 {
        0 => [1, first, second],
        1 => [first, 1, second],
        _ => [first, second, 1],
    }
}

const fn cross(a: [i64; 3], b: [i64; 3]) -> [i64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

const fn pieces() -> [Piece; 128] {
    let mut pieces = [Piece { volume: 0, normal: [0; 3] }; 128];
    let mut case = 0;
    while case < 128 {
        let (mut rest, piece) = (TRIANGLES[case], &mut pieces[case]);
        while rest != 0 {
            let triangle = first_triangle(rest);
            let (n, a) = (normal(triangle), triangle[0]);
            piece.normal = [piece.normal[0] + n[0], piece.normal[1] + n[1], piece.normal[2] + n[2]];
            // a·(b × c) = a·((b − a) × (c − a))
            piece.volume += a[0] * n[0] + a[1] * n[1] + a[2] * n[2];
            rest >>= 12;
        }
        case += 1;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn inside(case: usize, [x, y, z]: [i64; 3]) -> bool {
        case >> (x + 2 * y + 4 * z) & 1 == 1
    }

    #[test]
    fn vertices_lie_where_inside_meets_outside() {
        for case in 0..128 {
            let mut used: Vec<_> = triangles(case).flatten().collect();
            used.sort_unstable();
            used.dedup();
            let mut crossed = Vec::new();
            for axis in 0..3 {
                for corner in 0..8 {
                    let mut low = [corner & 1, corner >> 1 & 1, corner >> 2];
                    if low[axis] == 1 {
                        continue;
                    }
                    let mut vertex = low.map(|c| 2 * c);
                    vertex[axis] = 1;
                    let at_low = inside(case, low);
                    low[axis] = 1;
                    if at_low != inside(case, low) {
                        crossed.push(vertex);
                    }
                }
            }
            crossed.sort_unstable();
            assert_eq!(used, crossed, "case {case}");
        }
    }

    #[test]
    fn triangles_join_without_gaps_inside_the_cube() {
        for case in 0..128 {
            let mut sides: HashMap<_, i32> = HashMap::new();
            for [a, b, c] in triangles(case) {
                for (from, to) in [(a, b), (b, c), (c, a)] {
                    *sides.entry((from, to)).or_default() += 1;
                }
            }
            for (&(from, to), &count) in &sides {
                assert_eq!(count, 1, "case {case}");
                let in_face = (0..3).any(|k| from[k] == to[k] && from[k] != 1);
                assert!(in_face || sides.contains_key(&(to, from)), "case {case}: {from:?} {to:?}");
            }
        }
    }

    #[test]
    fn normals_point_out_of_the_region() {
        // One corner cut off: its eighth of a voxel has a sixth of (1/2)³ as volume.
        assert_eq!(PIECES[1], Piece { volume: 1, normal: [1, 1, 1] });
        // All but corner 7: the surface looks towards that corner.
        assert_eq!(PIECES[127].normal, [1, 1, 1]);
        // The lower half: a square across z at half height.
        assert_eq!(PIECES[15], Piece { volume: 8, normal: [0, 0, 8] });
    }
}
