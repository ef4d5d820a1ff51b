//! The plain engine: cuts each window out and gives it to radiomics-core's own formulas. The oracle of the fast ones, and
//! the one that does every setting.

use ndarray::Array3;
use radiomics_core::{
    FeatureClass, IbsiFamily, Levels,
    features::{first_order, glcm, gldm, glrlm, glszm, ngtdm},
    ibsi::{self, IbsiInput, Selection},
};
use rayon::prelude::*;

use super::{Engine, Places, Run, Task, rounding};
use crate::{
    error::Error,
    feature::{Family, aggregation},
    maps::Values,
    watch::Watch,
};

/// Windows one by one, through [`radiomics_core::features`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Engine for Plain {
    fn name(&self) -> String {
        "plain".into()
    }

    fn start<'a>(&'a self, task: &'a Task) -> Result<Box<dyn Run + 'a>, Error> {
        Ok(Box::new(PlainRun::new(task, task.families())))
    }
}

/// The plain engine at work on some of the families of a task.
pub(crate) struct PlainRun<'a> {
    task: &'a Task,
    families: Vec<(Family, Places)>,
}

impl<'a> PlainRun<'a> {
    /// Only rows of the output that belong to the families will be written.
    pub fn new(task: &'a Task, families: Vec<(Family, Places)>) -> Self {
        Self { task, families }
    }
}

impl Run for PlainRun<'_> {
    fn evaluate(&mut self, first: usize, out: &mut Values, watch: &dyn Watch) -> Result<(), Error> {
        let n = out.len() / self.task.features.len().max(1);
        let centres = &self.task.centres[first..first + n];
        let rows: Result<Vec<Vec<f64>>, Error> = centres
            .par_iter()
            .map(|&centre| {
                if watch.cancelled() {
                    return Err(Error::Cancelled);
                }
                let window = Window::new(self.task, centre as usize)?;
                let mut row = Vec::new();
                for (family, places) in &self.families {
                    let values = window.values(*family)?;
                    let value = |&(_, place): &(usize, usize)| values.get(place).copied().unwrap_or(f64::NAN);
                    row.extend(places.iter().map(value));
                }
                Ok(row)
            })
            .collect();
        let to: Vec<usize> =
            self.families.iter().flat_map(|(_, places)| places).map(|&(row, _)| row).collect();
        for (v, row) in rows?.iter().enumerate() {
            for (&k, &value) in to.iter().zip(row) {
                match out {
                    Values::F32(out) => out[k * n + v] = value as f32,
                    Values::F64(out) => out[k * n + v] = value,
                }
            }
        }
        Ok(())
    }

    fn chunk(&self) -> usize {
        1 << 10
    }
}

/// One window as a region of its own.
pub(crate) struct Window<'a> {
    task: &'a Task,
    grey: Array3<u32>,
    levels: Levels,
    voxels: Vec<f64>,
}

impl<'a> Window<'a> {
    pub fn new(task: &'a Task, centre: usize) -> Result<Self, Error> {
        let field = &task.field;
        let part = field.window(field.voxel(centre), task.radius(), task.within());
        let [nx, ny, nz] = part.size;
        let at = |(z, y, x)| field.position([part.start[0] + x, part.start[1] + y, part.start[2] + z]);
        let grey = Array3::from_shape_fn([nz, ny, nx], |index| field.levels().at(at(index)));
        let border = task.settings.distances.iter().copied().max().unwrap_or(1) as usize;
        let levels = Levels::from_grey_levels(&grey, field.spacing(), border)?;
        let members = grey.indexed_iter().filter(|(_, level)| **level > 0);
        let voxels = members.map(|(index, _)| field.intensities()[at(index)]).collect();
        Ok(Self { task, grey, levels, voxels })
    }

    /// All features of a family in the order of its names.
    pub fn values(&self, family: Family) -> Result<Vec<f64>, Error> {
        let (levels, settings) = (&self.levels, &self.task.settings);
        Ok(match family {
            Family::Class(FeatureClass::FirstOrder) => {
                let volume = levels.spacing().iter().product();
                let shift = settings.voxel_array_shift;
                first_order::statistics(&self.voxels, levels.counts(), volume, shift)?.values().to_vec()
            }
            Family::Class(FeatureClass::Glcm) => {
                let (highest, mcc) = (self.task.field.highest(), self.task.wants_mcc());
                let mut features = glcm::window_features(levels, settings, highest, mcc);
                if mcc && self.task.field.distinct() == 1 {
                    features.mcc = 1.0;
                }
                features.values().to_vec()
            }
            Family::Class(FeatureClass::Gldm) => gldm::features(levels, settings)?.values().to_vec(),
            Family::Class(FeatureClass::Glrlm) => glrlm::features(levels, settings)?.values().to_vec(),
            Family::Class(FeatureClass::Glszm) => glszm::features(levels, settings)?.values().to_vec(),
            Family::Class(FeatureClass::Ngtdm) => {
                let mut features = ngtdm::features(levels, settings)?;
                // A coarseness of 10⁶ stands for a sum of 0.
                if features.busyness == 0.0 && features.coarseness != 1e6 && levels.values().len() > 1 {
                    let weighted = 1.0 / features.coarseness;
                    let counts = levels.values().iter().zip(levels.counts());
                    let counts = counts.map(|(&level, &n)| (f64::from(level), n as f64));
                    features.busyness = rounding::busyness(counts, levels.voxels() as f64, weighted);
                }
                features.values().to_vec()
            }
            Family::Class(FeatureClass::Shape | FeatureClass::Shape2D) => Vec::new(),
            Family::Ibsi(family) => self.ibsi(family)?,
        })
    }

    fn ibsi(&self, family: IbsiFamily) -> Result<Vec<f64>, Error> {
        let mut input = IbsiInput::from_grey_levels(self.grey.clone(), self.levels.spacing());
        input.level_count = self.task.field.highest();
        let way = aggregation(family, self.task.within().is_some());
        let selection = Selection { families: vec![family], aggregations: vec![way] };
        Ok(ibsi::features(&input, &selection)?.into_iter().map(|value| value.value).collect())
    }
}
