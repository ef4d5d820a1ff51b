//! Things with a level and a size — runs, zones, dependences — of one window, counted cell by cell.

use radiomics_core::features::level_size::LevelSizeFeatures;

use super::super::sizes::settled;

/// Cells of a table of counts at most; more have their things sorted.
const TABLE: usize = 1 << 20;

/// The things of a window and space to count them in.
pub struct Things {
    /// Rank of the level (1 for the lowest) and size of each.
    pub list: Vec<(u16, u32)>,
    /// Counts by rank and size; all 0 between uses.
    table: Vec<u32>,
    /// Cells that are not 0: rank, size, count.
    cells: Vec<(u16, u32, u32)>,
    by_level: Vec<u32>,
    by_size: Vec<u32>,
    /// `c log₂ c`.
    logs: Vec<f64>,
}

impl Things {
    /// For windows of so many slots.
    pub fn new(slots: usize) -> Self {
        let log = |c: usize| if c == 0 { 0.0 } else { c as f64 * (c as f64).log2() };
        Self {
            list: Vec::with_capacity(slots),
            table: Vec::new(),
            cells: Vec::with_capacity(slots),
            by_level: Vec::new(),
            by_size: Vec::new(),
            logs: (0..=slots).map(log).collect(),
        }
    }

    /// The features of the things in the list: [`radiomics_core::features::level_size`] has the definitions. `levels` rise.
    #[inline(always)]
    pub fn features(&mut self, levels: &[u32]) -> LevelSizeFeatures {
        self.count(levels.len());
        let Self { list, cells, by_level, by_size, logs, .. } = self;
        let n = list.len() as f64;
        let (mut small_low, mut small_high, mut large_low, mut large_high) = (0.0, 0.0, 0.0, 0.0);
        let (mut entropy, mut energy) = (0.0, 0.0);
        for &(rank, size, count) in cells.iter() {
            let (c, i, j) = (f64::from(count), f64::from(levels[usize::from(rank) - 1]), f64::from(size));
            let (ii, jj) = (i * i, j * j);
            by_level[usize::from(rank) - 1] += count;
            by_size[size as usize] += count;
            small_low += c / (ii * jj);
            small_high += c * ii / jj;
            large_low += c * jj / ii;
            large_high += c * (ii * jj);
            entropy += logs[count as usize];
            energy += c * c;
        }
        // Levels are counted from the lowest, so that their variance does not cancel.
        let base = f64::from(levels.first().copied().unwrap_or(0));
        let (mut first, mut second, mut low, mut high, mut squares_of_levels) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (&level, &count) in levels.iter().zip(by_level.iter()) {
            let (c, i) = (f64::from(count), f64::from(level));
            first += c * (i - base);
            second += c * (i - base) * (i - base);
            low += c / (i * i);
            high += c * (i * i);
            squares_of_levels += c * c;
        }
        let (mut covered, mut large, mut small, mut squares_of_sizes) = (0.0, 0.0, 0.0, 0.0);
        for (size, &count) in by_size.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (c, j) = (f64::from(count), size as f64);
            covered += c * j;
            large += c * (j * j);
            small += c / (j * j);
            squares_of_sizes += c * c;
        }
        LevelSizeFeatures {
            small_emphasis: small / n,
            large_emphasis: large / n,
            low_level_emphasis: low / n,
            high_level_emphasis: high / n,
            small_low_emphasis: small_low / n,
            small_high_emphasis: small_high / n,
            large_low_emphasis: large_low / n,
            large_high_emphasis: large_high / n,
            level_non_uniformity: squares_of_levels / n,
            level_non_uniformity_normalized: squares_of_levels / (n * n),
            size_non_uniformity: squares_of_sizes / n,
            size_non_uniformity_normalized: squares_of_sizes / (n * n),
            percentage: n / covered,
            level_variance: (n * second - first * first) / (n * n),
            size_variance: (n * large - covered * covered) / (n * n),
            entropy: settled((logs[list.len()] - entropy) / n),
            energy: energy / (n * n),
        }
    }

    /// Fills the cells from the list, and margins of zeros.
    #[inline(always)]
    fn count(&mut self, levels: usize) {
        let Self { list, table, cells, by_level, by_size, .. } = self;
        let width = list.iter().map(|&(_, size)| size as usize).max().unwrap_or(0) + 1;
        for (margin, length) in [(by_level, levels), (by_size, width)] {
            margin.clear();
            margin.resize(length, 0);
        }
        cells.clear();
        if levels * width <= TABLE {
            if table.len() < levels * width {
                table.resize(levels * width, 0);
            }
            for &(rank, size) in list.iter() {
                // The table keeps the place of the cell, plus 1.
                let place = &mut table[(usize::from(rank) - 1) * width + size as usize];
                if *place == 0 {
                    cells.push((rank, size, 0));
                    *place = cells.len() as u32;
                }
                cells[*place as usize - 1].2 += 1;
            }
            for &(rank, size, _) in cells.iter() {
                table[(usize::from(rank) - 1) * width + size as usize] = 0;
            }
        } else {
            list.sort_unstable();
            cells.extend(list.chunk_by(|a, b| a == b).map(|same| (same[0].0, same[0].1, same.len() as u32)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiomics_core::{
        features::level_size::{Entry, LevelSize, LevelSizeFeatures},
        names::GlrlmFeatures,
    };

    /// Random things, few and many, in a table and sorted, against the formulas of radiomics-core.
    #[test]
    fn features_are_those_of_the_matrix() {
        let mut state = 1_u64;
        let mut random = |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % u64::from(below)) as u32
        };
        for (slots, highest, longest) in [(1, 1, 1), (27, 4, 27), (125, 33, 5), (9000, 900, 4000)] {
            let mut things = Things::new(slots);
            for _ in 0..3 {
                let mut levels: Vec<u32> = (0..highest).map(|_| 1 + random(3 * highest)).collect();
                levels.sort_unstable();
                levels.dedup();
                let n = 1 + random(slots as u32);
                things.list.clear();
                things
                    .list
                    .extend((0..n).map(|_| (1 + random(levels.len() as u32) as u16, 1 + random(longest))));
                let entry = |&(rank, size): &(u16, u32)| Entry {
                    level: levels[usize::from(rank) - 1],
                    size,
                    count: 1.0,
                };
                let expected = LevelSize::new(things.list.iter().map(entry).collect()).features();
                let found = things.features(&levels);
                let values = |f: LevelSizeFeatures| (GlrlmFeatures::from(f).values(), f.energy);
                let ((found, energy), (expected, theirs)) = (values(found), values(expected));
                for (name, (a, b)) in GlrlmFeatures::NAMES.iter().zip(found.into_iter().zip(expected)) {
                    assert!(
                        (a - b).abs() <= 1e-11 * b.abs() + 1e-13,
                        "{slots} slots, {}: {a}, not {b}",
                        name.name
                    );
                }
                assert!(
                    (energy - theirs).abs() <= 1e-11 * theirs,
                    "{slots} slots, energy: {energy}, not {theirs}"
                );
            }
        }
    }
}
