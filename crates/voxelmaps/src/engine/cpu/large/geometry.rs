//! The voxels (slots) of a window of any radius, pairs of neighbours and lines along directions.

use radiomics_core::levels::half_steps;

use crate::engine::Task;

/// Two slots.
pub type Pair = (u32, u32);

/// A window and what neighbours each other in it.
pub struct Geometry {
    /// What to add to the position of the centre to come to each slot.
    pub offsets: Vec<isize>,
    /// Pairs of slots one step apart, for each step of `distances` that fits the window.
    steps: Vec<std::ops::Range<usize>>,
    pairs: Vec<Pair>,
    /// Pairs of the 26 (8) neighbours.
    linked: Vec<Pair>,
    /// Slots in a row, for each of the 13 (4) directions.
    pub lines: Vec<Vec<Vec<u32>>>,
}

impl Geometry {
    /// The windows of a task.
    pub fn new(task: &Task) -> Self {
        let (radius, within) = (task.radius() as i32, task.within());
        let reach: [i32; 3] = std::array::from_fn(|axis| {
            if within.is_some_and(|w| 2 - usize::from(w.min(2)) == axis) { 0 } else { radius }
        });
        let side = reach.map(|n| 2 * n + 1);
        let slot = |place: [i32; 3]| -> Option<u32> {
            let inside = (0..3).all(|axis| place[axis].abs() <= reach[axis]);
            let at = |axis: usize| place[axis] + reach[axis];
            inside.then(|| ((at(2) * side[1] + at(1)) * side[0] + at(0)) as u32)
        };
        let mut slots = Vec::new();
        for z in -reach[2]..=reach[2] {
            for y in -reach[1]..=reach[1] {
                (-reach[0]..=reach[0]).for_each(|x| slots.push([x, y, z]));
            }
        }
        let plus = |place: [i32; 3], step: [i32; 3]| -> [i32; 3] {
            std::array::from_fn(|axis| place[axis].saturating_add(step[axis]))
        };
        let pairs_of = |step: [i32; 3]| -> Vec<Pair> {
            let pair = |&place: &[i32; 3]| Some((slot(place)?, slot(plus(place, step))?));
            slots.iter().filter_map(pair).collect()
        };
        // No two voxels are further apart than the sides of the window.
        let mut distances = task.settings.distances.clone();
        distances.retain(|&distance| distance <= 2 * radius.unsigned_abs());
        let (mut steps, mut pairs) = (Vec::new(), Vec::new());
        for step in half_steps(&distances, within) {
            let these = pairs_of(step);
            if !these.is_empty() {
                steps.push(pairs.len()..pairs.len() + these.len());
                pairs.extend(these);
            }
        }
        let directions = half_steps(&[1], within);
        let linked = directions.iter().flat_map(|&step| pairs_of(step)).collect();
        let lines = |&step: &[i32; 3]| {
            let back = step.map(|n| -n);
            let starts = slots.iter().filter(|&&place| slot(plus(place, back)).is_none());
            let line = |&place: &[i32; 3]| {
                let next = |place: &[i32; 3]| Some(plus(*place, step)).filter(|&next| slot(next).is_some());
                std::iter::successors(Some(place), next).filter_map(slot).collect()
            };
            starts.map(line).collect()
        };
        Self {
            lines: directions.iter().map(lines).collect(),
            offsets: slots.iter().map(|&place| task.field.offset(place)).collect(),
            steps,
            pairs,
            linked,
        }
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.offsets.len()
    }

    /// The pairs of each step.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &[Pair]> {
        self.steps.iter().map(|range| &self.pairs[range.clone()])
    }

    /// All pairs of neighbours at the distances of the settings.
    pub fn neighbours(&self) -> &[Pair] {
        &self.pairs
    }

    /// All pairs of the 26 (8) neighbours.
    pub fn linked(&self) -> &[Pair] {
        &self.linked
    }
}
