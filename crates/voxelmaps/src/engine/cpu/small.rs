//! Windows of radius 1: blocks of 32 spread over threads, each thread with space of its own.

use radiomics_core::{
    FeatureClass,
    names::{GldmFeatures, GlszmFeatures},
};
use rayon::prelude::*;

use super::{
    block::Block,
    first_order::FirstOrder,
    glcm::Glcm,
    glrlm::Glrlm,
    lanes::{LANES, Reals, vectorised},
    mcc::Mcc,
    neighbours::{self, Ngtdm},
    shape::Shape,
    sizes::Things,
    tables::Tables,
};
use crate::{
    engine::{Places, Run, Task},
    error::Error,
    feature::Family,
    field::GreyLevels,
    maps::Values,
    watch::Watch,
};

/// Centres of one piece of work.
const PIECE: usize = 8 * LANES;

/// A task whose windows have radius 1.
pub struct Small<'a> {
    task: &'a Task,
    levels: &'a [u8],
    shape: Shape,
    tables: Tables,
    wanted: Wanted,
    /// Rows of the output that belong to the classes.
    rows: Vec<usize>,
}

/// Which features of each class go to which rows of the output.
struct Wanted {
    first_order: Places,
    glcm: Places,
    gldm: Places,
    glrlm: Places,
    glszm: Places,
    ngtdm: Places,
    mcc: bool,
}

impl<'a> Small<'a> {
    /// For some classes of a task; `None` where windows are of another kind.
    pub fn new(task: &'a Task, families: &[(Family, Places)]) -> Option<Self> {
        let GreyLevels::U8(levels) = task.field.levels() else { return None };
        if task.radius() != 1 || task.settings.distances != [1] || !task.settings.symmetrical_glcm {
            return None;
        }
        let mut wanted = Wanted {
            first_order: Vec::new(),
            glcm: Vec::new(),
            gldm: Vec::new(),
            glrlm: Vec::new(),
            glszm: Vec::new(),
            ngtdm: Vec::new(),
            mcc: task.wants_mcc(),
        };
        for (family, places) in families {
            let places = places.clone();
            match family {
                Family::Class(FeatureClass::FirstOrder) => wanted.first_order = places,
                Family::Class(FeatureClass::Glcm) => wanted.glcm = places,
                Family::Class(FeatureClass::Gldm) => wanted.gldm = places,
                Family::Class(FeatureClass::Glrlm) => wanted.glrlm = places,
                Family::Class(FeatureClass::Glszm) => wanted.glszm = places,
                Family::Class(FeatureClass::Ngtdm) => wanted.ngtdm = places,
                _ => return None,
            }
        }
        let (shape, tables) = (Shape::new(task), Tables::new(task.field.highest()));
        let rows = families.iter().flat_map(|(_, places)| places).map(|&(row, _)| row).collect();
        Some(Self { task, levels, shape, tables, wanted, rows })
    }

    /// Evaluates a list of centres; `rows` are the columns of the output that they fill.
    fn piece<T: Real>(&self, space: &mut Space, centres: &[u32], rows: &mut [&mut [T]]) {
        for (block, centres) in centres.chunks(LANES).enumerate() {
            self.vectorised_block(space, centres);
            for &row in &self.rows {
                let to = &mut rows[row][block * LANES..][..centres.len()];
                to.iter_mut().zip(&space.out[row]).for_each(|(to, &value)| *to = T::of(value));
            }
        }
    }

    /// Large, and so compiled once for all number types of maps.
    #[inline(never)]
    fn vectorised_block(&self, space: &mut Space, centres: &[u32]) {
        vectorised(
            #[inline(always)]
            || self.block(space, centres),
        );
    }

    #[inline(always)]
    fn block(&self, space: &mut Space, centres: &[u32]) {
        let Self { shape, tables, wanted, task, .. } = self;
        let intensities = (!wanted.first_order.is_empty()).then_some(task.field.intensities());
        let Space { block, glcm, mcc, glrlm, things, ngtdm, first_order, out } = space;
        block.gather(shape, centres, self.levels, intensities);
        block.compare(shape);
        if !wanted.first_order.is_empty() {
            first_order.features(shape, block, tables, |l, f| put(out, &wanted.first_order, l, &f.values()));
        }
        if !wanted.glcm.is_empty() {
            let mcc: Reals = match wanted.mcc {
                true if task.field.distinct() == 1 => [1.0; LANES],
                true => mcc.of(shape, block, centres.len()),
                false => [f64::NAN; LANES],
            };
            glcm.features(shape, block, tables, &mcc, &wanted.glcm, out);
        }
        if !wanted.glrlm.is_empty() {
            glrlm.features(shape, block, tables, &wanted.glrlm, out);
        }
        if !wanted.glszm.is_empty() {
            neighbours::zones(shape, block, things);
            things.count(shape.slots(), &block.equal, tables);
            things.features(shape.slots(), &block.grey, &block.voxels, tables, |l, f| {
                put(out, &wanted.glszm, l, &GlszmFeatures::from(f).values());
            });
        }
        if !wanted.gldm.is_empty() {
            let alpha = task.settings.gldm_a.clamp(0.0, 254.0) as u8;
            neighbours::dependences(shape, block, alpha, things);
            things.count(shape.slots(), &block.equal, tables);
            things.features(shape.slots(), &block.grey, &block.voxels, tables, |l, f| {
                put(out, &wanted.gldm, l, &GldmFeatures::from(f).values());
            });
        }
        if !wanted.ngtdm.is_empty() {
            ngtdm.features(shape, block, tables, |l, f| put(out, &wanted.ngtdm, l, &f.values()));
        }
    }

    fn run<T: Real>(&self, centres: &[u32], out: &mut [T], watch: &dyn Watch) -> Result<(), Error> {
        let space = || Space::new(&self.shape, self.task);
        let work = pieces(out, centres.len(), PIECE).into_par_iter().zip(centres.par_chunks(PIECE));
        work.try_for_each_init(space, |space, (mut rows, centres)| {
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
            self.piece(space, centres, &mut rows);
            Ok(())
        })
    }
}

impl Run for Small<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        let n = out.len() / self.task.features.len().max(1);
        let centres = &self.task.centres[first..first + n];
        match out {
            Values::F32(out) => self.run(centres, out, watch),
            Values::F64(out) => self.run(centres, out, watch),
        }
    }
}

/// Writes the wanted values of one window to their rows.
#[inline(always)]
fn put(out: &mut [Reals], places: &Places, l: usize, values: &[f64]) {
    places.iter().for_each(|&(row, place)| out[row][l] = values[place]);
}

/// What one thread works in.
struct Space {
    block: Box<Block>,
    glcm: Box<Glcm>,
    mcc: Mcc,
    glrlm: Box<Glrlm>,
    things: Box<Things>,
    ngtdm: Box<Ngtdm>,
    first_order: Box<FirstOrder>,
    /// Values of each wanted feature.
    out: Vec<Reals>,
}

impl Space {
    fn new(shape: &Shape, task: &Task) -> Self {
        let volume = task.field.spacing().iter().product();
        Self {
            block: Block::new(),
            glcm: Glcm::new(),
            mcc: Mcc::new(shape),
            glrlm: Glrlm::new(),
            things: Things::new(),
            ngtdm: Ngtdm::new(),
            first_order: FirstOrder::new(shape, task.settings.voxel_array_shift, volume),
            out: vec![[0.0; LANES]; task.features.len()],
        }
    }
}

/// Cuts an output that is feature by feature, `n` values of each, into pieces: rows of at most `piece` values.
pub fn pieces<T>(out: &mut [T], n: usize, piece: usize) -> Vec<Vec<&mut [T]>> {
    let mut pieces: Vec<Vec<&mut [T]>> = (0..n.div_ceil(piece)).map(|_| Vec::new()).collect();
    for row in out.chunks_mut(n.max(1)) {
        pieces.iter_mut().zip(row.chunks_mut(piece)).for_each(|(piece, part)| piece.push(part));
    }
    pieces
}

/// Number types of maps.
pub trait Real: Copy + Send {
    /// The nearest number.
    fn of(x: f64) -> Self;
}

impl Real for f32 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x as f32
    }
}

impl Real for f64 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }
}
