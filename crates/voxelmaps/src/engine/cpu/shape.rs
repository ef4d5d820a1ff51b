//! The window of radius 1: its voxels (slots) and which of them neighbour each other.

use radiomics_core::levels::half_steps;

use crate::{engine::Task, field::Field};

/// Slots of the largest window, 3 × 3 × 3.
pub const SLOTS: usize = 27;
/// Pairs of neighbours in it: 3 · 18 along axes, 6 · 12 along diagonals of faces, 4 · 8 along those of the cube.
pub const PAIRS: usize = 158;
/// Pairs of one direction.
pub const MOST: usize = 18;
/// Pairs of any two slots.
pub const COUPLES: usize = SLOTS * (SLOTS - 1) / 2;

/// Place of a pair of slots, the larger first, among all of them.
#[inline(always)]
pub const fn couple(b: usize, c: usize) -> usize {
    b * (b - 1) / 2 + c
}

/// A window of radius 1, in space or within a slice.
#[derive(Clone, Debug)]
pub struct Shape {
    /// What to add to the position of the centre to come to each slot.
    pub offsets: Vec<isize>,
    /// Pairs of neighbours: slot and the slot one step on, direction after direction.
    pub pairs: Vec<(usize, usize)>,
    /// The 13 directions, or 4.
    pub directions: Vec<Direction>,
}

/// The part of a window that one direction orders.
#[derive(Clone, Debug)]
pub struct Direction {
    /// Its pairs in [`Shape::pairs`].
    pub pairs: std::ops::Range<usize>,
    /// For each slot the pair that ends there.
    pub before: Vec<Option<usize>>,
    /// For each slot the pair that begins there.
    pub after: Vec<Option<usize>>,
    /// Pairs that follow each other: three voxels in a row.
    pub triples: Vec<(usize, usize)>,
    /// Slots two steps apart.
    pub ends: Vec<(usize, usize)>,
}

impl Shape {
    /// The windows of a task of radius 1.
    pub fn new(task: &Task) -> Self {
        Self::within(&task.field, task.within())
    }

    fn within(field: &Field, within: Option<u8>) -> Self {
        let reach: [i32; 3] =
            std::array::from_fn(|axis| i32::from(within.is_none_or(|w| 2 - usize::from(w.min(2)) != axis)));
        let mut slots = Vec::new();
        for z in -reach[2]..=reach[2] {
            for y in -reach[1]..=reach[1] {
                (-reach[0]..=reach[0]).for_each(|x| slots.push([x, y, z]));
            }
        }
        let plus = |slot: [i32; 3], step: [i32; 3]| {
            let there: [i32; 3] = std::array::from_fn(|axis| slot[axis] + step[axis]);
            slots.iter().position(|&slot| slot == there)
        };
        let (mut pairs, mut directions) = (Vec::new(), Vec::new());
        for step in half_steps(&[1], within) {
            let first = pairs.len();
            let (mut before, mut after) = (vec![None; slots.len()], vec![None; slots.len()]);
            for (from, &slot) in slots.iter().enumerate() {
                if let Some(to) = plus(slot, step) {
                    before[to] = Some(pairs.len());
                    after[from] = Some(pairs.len());
                    pairs.push((from, to));
                }
            }
            let follow = |pair: usize| after[pairs[pair].1].map(|next| (pair, next));
            let triples: Vec<(usize, usize)> = (first..pairs.len()).filter_map(follow).collect();
            let ends = triples.iter().map(|&(a, b)| (pairs[a].0, pairs[b].1)).collect();
            directions.push(Direction { pairs: first..pairs.len(), before, after, triples, ends });
        }
        let offsets = slots.iter().map(|&slot| field.offset(slot)).collect();
        Self { offsets, pairs, directions }
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.offsets.len()
    }
}
