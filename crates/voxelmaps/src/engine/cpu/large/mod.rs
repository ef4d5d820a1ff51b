//! Windows of any radius, neighbours at any distance, any number of grey levels: one window at a time, counted into small
//! tables of the levels that the window holds.

mod geometry; // slots, pairs and lines of a window
mod glcm; // pairs of neighbours
mod things; // runs, zones, dependences by level and size
mod window; // levels by rank

use radiomics_core::{
    FeatureClass,
    features::{
        level_size::LevelSizeFeatures,
        ngtdm::{Ngtdm, Tone},
    },
    names::{GldmFeatures, GlrlmFeatures, GlszmFeatures},
};
use rayon::prelude::*;

use self::{geometry::Geometry, glcm::Glcm, things::Things, window::Window};
use super::{
    super::rounding,
    lanes::vectorised,
    small::{Real, pieces},
};
use crate::{
    engine::{Places, Run, Task},
    error::Error,
    feature::Family,
    maps::Values,
    watch::Watch,
};

/// Centres of one piece of work.
const PIECE: usize = 64;

/// Voxels of the largest window.
const MOST: usize = 1 << 16;

/// A task of large windows.
pub struct Large<'a> {
    task: &'a Task,
    families: Vec<(Family, Places)>,
    geometry: Geometry,
}

impl<'a> Large<'a> {
    /// For some classes of a task; `None` for windows of more than 65,536 voxels.
    pub fn new(task: &'a Task, families: &[(Family, Places)]) -> Option<Self> {
        let side = 2 * task.radius() + 1;
        let voxels = side.checked_pow(if task.within().is_some() { 2 } else { 3 });
        voxels.filter(|&n| n <= MOST).map(|_| Self {
            task,
            families: families.to_vec(),
            geometry: Geometry::new(task),
        })
    }

    /// Large, and so compiled once for all number types of maps.
    #[inline(never)]
    fn vectorised_piece(&self, space: &mut Space, centres: &[u32]) {
        vectorised(
            #[inline(always)]
            || self.piece(space, centres),
        );
    }

    #[inline(always)]
    fn piece(&self, space: &mut Space, centres: &[u32]) {
        let n = centres.len();
        for (v, &centre) in centres.iter().enumerate() {
            space.window.fill(&self.geometry, &self.task.field, centre as usize);
            for (family, places) in &self.families {
                let Family::Class(class) = family else { continue };
                let values = self.class(space, *class, v);
                for &(row, place) in places {
                    space.out[row][v] = values[place];
                }
            }
        }
        let mcc = FeatureClass::Glcm.features().iter().position(|feature| feature.name == "MCC");
        for (family, places) in &self.families {
            for &(row, place) in places {
                if *family == Family::Class(FeatureClass::Glcm) && Some(place) == mcc {
                    space.glcm.finish_mcc(&mut space.out[row][..n], self.task.field.distinct());
                }
            }
        }
    }

    /// The features of one class of the window at hand, number `v` of its piece.
    #[inline(always)]
    fn class(&self, space: &mut Space, class: FeatureClass, v: usize) -> [f64; 24] {
        let Space { window, glcm, things, .. } = space;
        let mut values = [f64::NAN; 24];
        let mut put = |these: &[f64]| values[..these.len()].copy_from_slice(these);
        match class {
            FeatureClass::FirstOrder => {
                put(&window.first_order(&self.geometry, &self.task.field, &self.task.settings).values());
            }
            FeatureClass::Glcm => {
                put(&glcm.features(&self.geometry, window, self.task, v).values());
            }
            FeatureClass::Glrlm => put(&GlrlmFeatures::from(runs(&self.geometry, window, things)).values()),
            FeatureClass::Glszm => put(&GlszmFeatures::from(zones(&self.geometry, window, things)).values()),
            FeatureClass::Gldm => {
                let alpha = self.task.settings.gldm_a as u32;
                put(&GldmFeatures::from(dependences(&self.geometry, window, things, alpha)).values());
            }
            FeatureClass::Ngtdm => {
                let tones = tones(&self.geometry, window);
                let mut features = tones.features(true);
                // A coarseness of 10⁶ stands for a sum of 0.
                if features.busyness == 0.0 && features.coarseness != 1e6 && tones.tones.len() > 1 {
                    let counts =
                        tones.tones.iter().map(|tone| (f64::from(tone.level), f64::from(tone.voxels)));
                    let voxels = counts.clone().map(|(_, n)| n).sum();
                    features.busyness = rounding::busyness(counts, voxels, 1.0 / features.coarseness);
                }
                put(&features.values());
            }
            FeatureClass::Shape | FeatureClass::Shape2D => {}
        }
        values
    }

    fn run<T: Real>(&self, centres: &[u32], out: &mut [T], watch: &dyn Watch) -> Result<(), Error> {
        let work = pieces(out, centres.len(), PIECE).into_par_iter().zip(centres.par_chunks(PIECE));
        let space = || Space::new(&self.geometry, self.task);
        work.try_for_each_init(space, |space, (mut rows, centres)| {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            self.vectorised_piece(space, centres);
            for &(row, _) in self.families.iter().flat_map(|(_, places)| places) {
                rows[row].iter_mut().zip(&space.out[row]).for_each(|(to, &value)| *to = T::of(value));
            }
            Ok(())
        })
    }
}

impl Run for Large<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        let n = out.len() / self.task.features.len().max(1);
        let centres = &self.task.centres[first..first + n];
        match out {
            Values::F32(out) => self.run(centres, out, watch),
            Values::F64(out) => self.run(centres, out, watch),
        }
    }
}

/// What one thread works in.
struct Space {
    window: Window,
    glcm: Glcm,
    things: Things,
    /// Values of each wanted feature.
    out: Vec<[f64; PIECE]>,
}

impl Space {
    fn new(geometry: &Geometry, task: &Task) -> Self {
        Self {
            window: Window::new(geometry, task.field.highest()),
            glcm: Glcm::new(geometry, task, PIECE),
            things: Things::new(geometry.slots()),
            out: vec![[f64::NAN; PIECE]; task.features.len()],
        }
    }
}

/// Mean over the directions along which a line holds two voxels.
#[inline(always)]
fn runs(geometry: &Geometry, window: &Window, things: &mut Things) -> LevelSizeFeatures {
    let mut directions = Vec::with_capacity(geometry.lines.len());
    let ranks = &window.ranks;
    for lines in &geometry.lines {
        // Without a branch that depends on levels: each step writes the run that may end there, and keeps it if it does.
        things.list.clear();
        things.list.resize(ranks.len() + 1, (0, 0));
        let (mut n, mut long) = (0, false);
        for line in lines {
            let (mut before, mut length, mut voxels) = (0, 0, 0);
            for &slot in line {
                let rank = ranks[slot as usize];
                voxels += u32::from(rank != 0);
                things.list[n] = (before, length);
                let ends = rank != before;
                n += usize::from(ends & (before != 0));
                length = if ends { 1 } else { length + 1 };
                before = rank;
            }
            things.list[n] = (before, length);
            n += usize::from(before != 0);
            long |= voxels > 1;
        }
        things.list.truncate(n);
        if long {
            directions.push(things.features(&window.levels));
        }
    }
    LevelSizeFeatures::mean(&directions)
}

/// Zones of linked voxels of one level: trees of slots, united pair by pair.
#[inline(always)]
fn zones(geometry: &Geometry, window: &mut Window, things: &mut Things) -> LevelSizeFeatures {
    let parents = &mut window.parents;
    (0..).zip(parents.iter_mut()).for_each(|(slot, parent)| *parent = slot);
    let root = |parents: &mut Vec<u32>, mut slot: u32| {
        while parents[slot as usize] != slot {
            let above = parents[slot as usize];
            parents[slot as usize] = parents[above as usize];
            slot = above;
        }
        slot
    };
    for &(a, b) in geometry.linked() {
        let (rank, other) = (window.ranks[a as usize], window.ranks[b as usize]);
        if rank != 0 && rank == other {
            let (a, b) = (root(parents, a), root(parents, b));
            parents[a.max(b) as usize] = a.min(b);
        }
    }
    window.counts.fill(0);
    for slot in 0..parents.len() {
        let root = root(parents, slot as u32);
        window.counts[root as usize] += 1;
    }
    things.list.clear();
    for (&rank, &count) in window.ranks.iter().zip(&window.counts) {
        if rank != 0 && count > 0 {
            things.list.push((rank, count));
        }
    }
    things.features(&window.levels)
}

/// Voxels by how many depend on them.
#[inline(always)]
fn dependences(
    geometry: &Geometry,
    window: &mut Window,
    things: &mut Things,
    alpha: u32,
) -> LevelSizeFeatures {
    window.counts.fill(1);
    for &(a, b) in geometry.neighbours() {
        let (level, other) = (window.grey[a as usize], window.grey[b as usize]);
        let near = u32::from(level != 0 && other != 0 && u32::from(level.abs_diff(other)) <= alpha);
        window.counts[a as usize] += near;
        window.counts[b as usize] += near;
    }
    things.list.clear();
    let voxels = window.ranks.iter().zip(&window.counts).filter(|(rank, _)| **rank != 0);
    things.list.extend(voxels.map(|(&rank, &count)| (rank, count)));
    things.features(&window.levels)
}

#[inline(always)]
fn tones(geometry: &Geometry, window: &mut Window) -> Ngtdm {
    window.counts.fill(0);
    window.sums.fill(0);
    for &(a, b) in geometry.neighbours() {
        let (a, b) = (a as usize, b as usize);
        let (level, other) = (u32::from(window.grey[a]), u32::from(window.grey[b]));
        let both = u32::from((level != 0) & (other != 0));
        window.counts[a] += both;
        window.counts[b] += both;
        window.sums[a] += other * both;
        window.sums[b] += level * both;
    }
    let tone = |&level: &u32| Tone { level, voxels: 0, isolated: 0, difference: 0.0 };
    let mut tones: Vec<Tone> = window.levels.iter().map(tone).collect();
    for (slot, &level) in window.grey.iter().enumerate().filter(|(_, level)| **level != 0) {
        let tone = &mut tones[usize::from(window.ranks[slot]) - 1];
        tone.voxels += 1;
        let n = window.counts[slot];
        if n > 0 {
            let distance = (u32::from(level) * n).abs_diff(window.sums[slot]);
            tone.difference += f64::from(distance) / f64::from(n);
        }
    }
    Ngtdm { tones }
}
