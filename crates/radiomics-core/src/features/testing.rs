//! What the naive definitions in the tests of this folder share.

use ndarray::Array3;

use super::stretches::EVERYWHERE;
use crate::levels::Levels;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Grey levels of seeded random regions, 0 outside: noise, blocks (long runs, large zones), flat, sparse,
/// thin, single voxels, and many grey levels.
pub(crate) fn volumes() -> Vec<Array3<u32>> {
    let mut random = Random(7);
    let mut volumes = vec![
        Array3::from_elem([1, 1, 1], 3),
        Array3::from_elem([1, 1, 9], 2),
        Array3::from_elem([1, 6, 7], 5),
        Array3::from_elem([5, 6, 70], 1),
        Array3::from_shape_fn([4, 5, 6], |(z, y, x)| u32::from((x, y, z) == (3, 2, 1)) * 4),
        // Voxels that touch no other.
        Array3::from_shape_fn([5, 7, 9], |(z, y, x)| u32::from(x % 2 + y % 2 + z % 2 == 0) * (1 + x as u32)),
        // A tilted plane: along z no line holds two voxels.
        Array3::from_shape_fn([8, 9, 8], |(z, _, x)| u32::from(x == z)),
        // A line with a gap.
        Array3::from_shape_fn([1, 1, 7], |(_, _, x)| u32::from(x == 1 || x == 5)),
    ];
    for case in 0..24 {
        let shape = [1 + random.below(9), 1 + random.below(12), 1 + random.below(90)];
        let levels = [1, 2, 3, 8, 30, 300, 4000][case % 7];
        let block = [1, 1, 3, 20][case % 4];
        let holes = [0, 2, 10, 60, 95][case % 5];
        let field: Vec<u32> = (0..shape.iter().product()).map(|_| 1 + random.below(levels) as u32).collect();
        let coarse = |v: usize| v / block;
        volumes.push(Array3::from_shape_fn(shape, |(z, y, x)| {
            let block = (coarse(z) * 31 + coarse(y) * 17 + coarse(x)) % field.len();
            if random.below(100) < holes { 0 } else { field[block] }
        }));
    }
    volumes.retain(|volume| volume.iter().any(|&level| level > 0));
    volumes
}

pub(crate) fn levels(grey: &Array3<u32>) -> Levels {
    Levels::from_grey_levels(grey, [0.5, 1.0, 2.0], 1).unwrap()
}

/// The grey level one or more steps (x, y, z) away, 0 outside the array.
pub(crate) fn at(grey: &Array3<u32>, (z, y, x): (usize, usize, usize), step: [i32; 3], times: i32) -> u32 {
    let moved = |from: usize, step: i32| usize::try_from(from as i32 + times * step).ok();
    let index = (moved(z, step[2]), moved(y, step[1]), moved(x, step[0]));
    let (Some(z), Some(y), Some(x)) = index else { return 0 };
    grey.get((z, y, x)).copied().unwrap_or(0)
}

/// Runs the same in pools of 1, 2 and 7 threads, and with sweeps cut wherever they can be, and compares.
pub(crate) fn same_for_any_threads<T: PartialEq + std::fmt::Debug + Send>(f: impl Fn() -> T + Sync) {
    let run = |threads, cut| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.start_handler(move |_| EVERYWHERE.set(cut)).build().unwrap().install(&f)
    };
    let one = run(1, false);
    assert_eq!(one, run(2, false));
    assert_eq!(one, run(7, false));
    assert_eq!(one, run(1, true));
}

/// A region large enough for its sweeps to be cut: blobs and noise in a ball with holes.
pub(crate) fn large(levels: usize) -> Array3<u32> {
    let mut random = Random(levels as u64);
    Array3::from_shape_fn([61, 50, 70], |(z, y, x)| {
        let r2 = (z as i32 - 30).pow(2) + (y as i32 - 25).pow(2) + (x as i32 - 35).pow(2);
        let blob = (z / 5 * 7 + y / 9 * 3 + x / 6 * 5) % levels;
        let noise = random.below(levels.div_ceil(3));
        if r2 > 900 || random.below(100) < 3 { 0 } else { 1 + ((blob + noise / 2) % levels) as u32 }
    })
}
