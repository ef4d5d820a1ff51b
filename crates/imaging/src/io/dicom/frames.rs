//! Position, orientation, spacing and scale of each frame: of plain files, and of enhanced multi-frame
//! objects, which keep them in functional groups (PS3.3 C.7.6.16).

use super::{
    dataset::DataSet,
    error::DicomError,
    instance::{Frame, Plane},
    tags::{self, Attribute},
};

/// Fields in which images at one position may differ: time, diffusion weighting, echo, kind of image.
pub(crate) const KEYS: [Attribute; 10] = [
    tags::TEMPORAL_POSITION,
    tags::TEMPORAL_INDEX,
    tags::TRIGGER_TIME,
    tags::CARDIAC_DELAY,
    tags::B_VALUE,
    tags::ECHO_NUMBERS,
    tags::ECHO_TIME,
    tags::STACK_ID,
    tags::ACQUISITION_NUMBER,
    tags::IMAGE_TYPE,
];

/// Groups of enhanced MR that hold some of the [`KEYS`], and the name the field has there.
const NESTED: [(Attribute, Attribute, Attribute); 6] = [
    (tags::TEMPORAL_INDEX, tags::FRAME_CONTENT, tags::TEMPORAL_INDEX),
    (tags::STACK_ID, tags::FRAME_CONTENT, tags::STACK_ID),
    (tags::CARDIAC_DELAY, tags::CARDIAC_SYNCHRONIZATION, tags::CARDIAC_DELAY),
    (tags::B_VALUE, tags::MR_DIFFUSION, tags::B_VALUE),
    (tags::ECHO_TIME, tags::MR_ECHO, tags::EFFECTIVE_ECHO_TIME),
    (tags::ACQUISITION_NUMBER, tags::FRAME_CONTENT, tags::ACQUISITION_NUMBER),
];

/// The `count` frames of a file.
///
/// # Errors
/// Fields that are no numbers, and functional groups for another number of frames.
pub(crate) fn of(set: &DataSet<'_>, count: usize) -> Result<Vec<Frame>, DicomError> {
    let shared = set.item(tags::SHARED_GROUPS)?;
    let own = set.items(tags::FRAME_GROUPS)?;
    if shared.is_none() && own.is_empty() {
        return classic(set, count);
    }
    if !own.is_empty() && own.len() != count {
        let found = format!("{} items", own.len());
        return Err(DicomError::field(
            tags::FRAME_GROUPS,
            found,
            format!("one item for each of {count} frames"),
        ));
    }
    let common = match &shared {
        Some(groups) => Groups::of(groups)?,
        None => Groups::default(),
    };
    if own.is_empty() {
        return Ok(vec![common.frame(&Groups::default()); count]);
    }
    own.iter().map(|groups| Ok(Groups::of(groups)?.frame(&common))).collect()
}

/// Distance of slices, else their thickness: at the top level, or in the groups that all frames share.
pub(crate) fn slice_spacing(set: &DataSet<'_>) -> Result<Option<f64>, DicomError> {
    let measures = match set.item(tags::SHARED_GROUPS)? {
        Some(groups) => groups.item(tags::PIXEL_MEASURES)?,
        None => None,
    };
    for set in [Some(set), measures.as_ref()].into_iter().flatten() {
        for attribute in [tags::SLICE_SPACING, tags::SLICE_THICKNESS] {
            if let Some(spacing) = set.number(attribute)?.map(f64::abs).filter(|s| *s > 0.0) {
                return Ok(Some(spacing));
            }
        }
    }
    Ok(None)
}

/// What one item of the functional groups says.
#[derive(Default)]
struct Groups {
    plane: Plane,
    slope: Option<f64>,
    intercept: Option<f64>,
    keys: Vec<Option<Box<str>>>,
}

impl Groups {
    fn of(groups: &DataSet<'_>) -> Result<Self, DicomError> {
        let mut found = Self::default();
        if let Some(position) = groups.item(tags::PLANE_POSITION)? {
            found.plane.position = position.vector(tags::IMAGE_POSITION)?;
        }
        if let Some(orientation) = groups.item(tags::PLANE_ORIENTATION)? {
            found.plane.orientation = orientation.vector(tags::IMAGE_ORIENTATION)?;
        }
        if let Some(measures) = groups.item(tags::PIXEL_MEASURES)? {
            found.plane.spacing = measures.vector(tags::PIXEL_SPACING)?;
        }
        if let Some(values) = groups.item(tags::PIXEL_VALUE_TRANSFORMATION)? {
            found.slope = values.number(tags::RESCALE_SLOPE)?;
            found.intercept = values.number(tags::RESCALE_INTERCEPT)?;
        }
        found.keys = vec![None; KEYS.len()];
        for (key, sequence, field) in NESTED {
            if let Some(item) = groups.item(sequence)?
                && let Some(slot) = KEYS.iter().position(|k| k.tag == key.tag)
            {
                found.keys[slot] = key_value(&item, field);
            }
        }
        Ok(found)
    }

    /// The frame: what this item says, else what all frames share.
    fn frame(&self, common: &Self) -> Frame {
        let (own, all) = (&self.plane, &common.plane);
        let key = |k: usize| self.keys.get(k).or_else(|| common.keys.get(k)).cloned().flatten();
        Frame {
            plane: Plane {
                position: own.position.or(all.position),
                orientation: own.orientation.or(all.orientation),
                spacing: own.spacing.or(all.spacing),
            },
            slope: self.slope.or(common.slope).unwrap_or(1.0),
            intercept: self.intercept.or(common.intercept).unwrap_or(0.0),
            keys: (0..KEYS.len()).map(key).collect(),
        }
    }
}

/// The value as text without trailing zeros, so that `2.0` and `2` are one.
fn key_value(set: &DataSet<'_>, key: Attribute) -> Option<Box<str>> {
    match set.number(key) {
        Ok(Some(number)) => Some(number.to_string().into()),
        _ => set.code(key).map(|text| text.into()),
    }
}

/// Frames of files without functional groups.
fn classic(set: &DataSet<'_>, count: usize) -> Result<Vec<Frame>, DicomError> {
    let detector = set.item(tags::DETECTOR_INFORMATION)?;
    let place = match &detector {
        Some(item) if set.element(tags::IMAGE_POSITION.tag).is_none() => item,
        _ => set,
    };
    let spacing = match set.vector(tags::PIXEL_SPACING)? {
        Some(spacing) => Some(spacing),
        None => set.vector(tags::IMAGER_PIXEL_SPACING)?,
    };
    let plane = Plane {
        position: place.vector(tags::IMAGE_POSITION)?,
        orientation: place.vector(tags::IMAGE_ORIENTATION)?,
        spacing,
    };
    let slope = match set.number(tags::RESCALE_SLOPE)? {
        Some(slope) => slope,
        None => set.number(tags::DOSE_GRID_SCALING)?.unwrap_or(1.0),
    };
    let intercept = set.number(tags::RESCALE_INTERCEPT)?.unwrap_or(0.0);
    let keys: Vec<_> = KEYS.iter().map(|&key| key_value(set, key)).collect();
    let frame = Frame { plane, slope, intercept, keys };
    if count == 1 {
        return Ok(vec![frame]);
    }
    let offsets = offsets(set, count)?;
    Ok((0..count)
        .map(|f| {
            let position = match (&offsets, plane.position, plane.orientation) {
                (Some(offsets), Some(p), Some(o)) => {
                    let n = normal(o);
                    Some(std::array::from_fn(|a| p[a] + offsets[f] * n[a]))
                }
                _ => None,
            };
            Frame { plane: Plane { position, ..plane }, ..frame.clone() }
        })
        .collect())
}

/// Distance of each frame from the first along the normal: dose grids list it, nuclear medicine states the
/// step.
fn offsets(set: &DataSet<'_>, count: usize) -> Result<Option<Vec<f64>>, DicomError> {
    if let Some(listed) = set.numbers(tags::GRID_FRAME_OFFSETS)? {
        if listed.len() != count {
            let found = format!("{} numbers", listed.len());
            return Err(DicomError::field(
                tags::GRID_FRAME_OFFSETS,
                found,
                format!("{count} numbers, one a frame"),
            ));
        }
        // Absolute positions (first not zero) or distances from the first: the differences are the same.
        return Ok(Some(listed.iter().map(|z| z - listed[0]).collect()));
    }
    if set.code(tags::MODALITY).as_deref() != Some("NM") {
        return Ok(None);
    }
    let step = match set.number(tags::SLICE_SPACING)? {
        Some(step) => Some(step), // negative where frames run against the normal
        None => set.number(tags::SLICE_THICKNESS)?,
    };
    Ok(step.map(|step| (0..count).map(|f| f as f64 * step).collect()))
}

/// Row direction × column direction: where the next slice lies.
pub(crate) fn normal(o: [f64; 6]) -> [f64; 3] {
    [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]]
}
