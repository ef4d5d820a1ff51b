//! Frames → grid: sorted along their normal, checked for doubles, gaps, uneven distances and shear.

use super::{
    error::DicomError,
    frames::{KEYS, normal},
    instance::{Frame, Plane},
    tags,
};
use crate::geometry::Geometry;

/// How frames follow each other in the patient.
#[derive(Debug)]
pub(crate) struct Stack {
    /// Indices of the frames, from the first slice to the last.
    pub(crate) order: Vec<usize>,
    pub(crate) geometry: Geometry,
    /// Shift of each slice against the one before, along rows and columns in mm, where the gantry was tilted.
    pub(crate) shear: Option<[f64; 2]>,
    /// What was assumed or corrected.
    pub(crate) notes: Vec<String>,
}

/// What the stack may assume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackRules {
    pub(crate) tolerance_mm: f64,
    pub(crate) tilt_allowed: bool,
    pub(crate) missing_geometry_allowed: bool,
    /// Which of several volumes, from 0.
    pub(crate) volume: Option<usize>,
}

/// Two spacings or cosines that differ less are the same: files round them.
const SAME: f64 = 1e-4;

/// Stacks frames of `columns` × `rows` pixels.
///
/// # Errors
/// [`DicomError`] says which frames do not belong together, with their positions.
pub(crate) fn stack(
    frames: &[&Frame],
    columns: usize,
    rows: usize,
    slice_spacing: Option<f64>,
    rules: &StackRules,
) -> Result<Stack, DicomError> {
    let mut notes = Vec::new();
    let planes = placed(frames, slice_spacing, rules, &mut notes)?;
    let first = alike(&planes)?;
    let orientation = orthonormal(first.orientation, &mut notes)?;
    let n = normal(orientation);
    let along = |p: [f64; 3]| dot(n, p);
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by(|&a, &b| along(planes[a].position).total_cmp(&along(planes[b].position)));
    let order = one_volume(order, |i| along(planes[i].position), frames, rules.volume)?;
    let positions: Vec<f64> = order.iter().map(|&i| along(planes[i].position)).collect();
    let step = match positions.len() {
        1 => slice_spacing.unwrap_or_else(|| {
            notes.push("one slice without thickness: 1 mm is assumed".into());
            1.0
        }),
        _ => even_step(&positions, rules.tolerance_mm)?,
    };
    let origin = planes[order[0]].position;
    let shear = shear(&order, &planes, orientation, origin, rules)?;
    let geometry = grid([columns, rows, order.len()], first.spacing, step, origin, orientation)?;
    Ok(Stack { order, geometry, shear, notes })
}

/// The grid of frames in any order, several or none at a position: of segmentations.
///
/// # Errors
/// As [`stack`], and positions that are no multiples of one distance.
pub(crate) fn sparse_grid(
    frames: &[&Frame],
    columns: usize,
    rows: usize,
    slice_spacing: Option<f64>,
) -> Result<Geometry, DicomError> {
    let rules =
        StackRules { tolerance_mm: 0.01, tilt_allowed: false, missing_geometry_allowed: false, volume: None };
    let planes = placed(frames, slice_spacing, &rules, &mut Vec::new())?;
    let first = alike(&planes)?;
    let orientation = orthonormal(first.orientation, &mut Vec::new())?;
    let n = normal(orientation);
    let along = |i: usize| dot(n, planes[i].position);
    let mut order: Vec<usize> = (0..planes.len()).collect();
    order.sort_by(|&a, &b| along(a).total_cmp(&along(b)));
    shear(&order, &planes, orientation, planes[order[0]].position, &rules)?;
    let start = along(order[0]);
    let gaps = order.windows(2).map(|w| along(w[1]) - along(w[0])).filter(|g| *g > rules.tolerance_mm);
    let step = gaps.fold(f64::INFINITY, f64::min);
    let step = if step.is_finite() { step } else { slice_spacing.unwrap_or(1.0) };
    // The smallest gap, freed from its rounding by the whole length.
    let steps = |i: usize| (along(i) - start) / step;
    let last = order[order.len() - 1];
    let slices = steps(last).round();
    let step = if slices > 0.0 { (along(last) - start) / slices } else { step };
    if slices >= 65535.0 {
        let what = "number of slices of a segmentation";
        return Err(DicomError::Limit { what, found: slices as u64, limit: 65535 });
    }
    for &i in &order {
        let off = ((along(i) - start) / step - ((along(i) - start) / step).round()).abs() * step;
        if off > rules.tolerance_mm {
            return Err(DicomError::Uneven {
                position: rounded(along(i)),
                off: rounded(off),
                spacing: rounded(step),
                tolerance: rules.tolerance_mm,
                least: rounded(step),
                most: rounded(along(last) - start),
            });
        }
    }
    grid([columns, rows, slices as usize + 1], first.spacing, step, planes[order[0]].position, orientation)
}

fn grid(
    size: [usize; 3],
    spacing: [f64; 2],
    step: f64,
    origin: [f64; 3],
    orientation: [f64; 6],
) -> Result<Geometry, DicomError> {
    let (n, [x, y]) = (normal(orientation), [&orientation[..3], &orientation[3..]]);
    // Minus zero is of no use to anybody, nor is what the difference of two positions leaves behind the last digit.
    let direction = std::array::from_fn(|r| [x[r], y[r], n[r]].map(|v| v + 0.0));
    let tidy = (step * 1e6).round() / 1e6;
    let step = if (tidy - step).abs() < 1e-12 { tidy } else { step };
    Ok(Geometry::new(size, [spacing[1], spacing[0], step], origin, direction)?)
}

/// Checks that all frames have one orientation and spacing; returns the first.
fn alike(planes: &[Placed]) -> Result<Placed, DicomError> {
    let first = planes[0];
    for plane in planes {
        if far(&plane.orientation, &first.orientation, SAME) {
            return Err(mixed(tags::IMAGE_ORIENTATION, &first.orientation, &plane.orientation));
        }
        if far(&plane.spacing, &first.spacing, SAME * first.spacing[0].abs()) {
            return Err(mixed(tags::PIXEL_SPACING, &first.spacing, &plane.spacing));
        }
    }
    Ok(first)
}

/// A frame whose place is known.
#[derive(Clone, Copy)]
struct Placed {
    position: [f64; 3],
    orientation: [f64; 6],
    /// Distance of rows, of columns.
    spacing: [f64; 2],
}

fn placed(
    frames: &[&Frame],
    slice_spacing: Option<f64>,
    rules: &StackRules,
    notes: &mut Vec<String>,
) -> Result<Vec<Placed>, DicomError> {
    const PURPOSE: &str = "to place the pixels in the patient; where unit spacing at the origin will do, \
                           allow missing geometry";
    let single = frames.len() == 1;
    let mut missing = None;
    let planes = frames
        .iter()
        .enumerate()
        .map(|(f, frame)| {
            let Plane { position, orientation, spacing } = frame.plane;
            // A single radiograph has pixels of known size, and no place in the patient.
            if spacing.is_none() {
                missing = missing.or(Some(tags::PIXEL_SPACING));
            } else if !single && (position.is_none() || orientation.is_none()) {
                missing = missing.or(Some(tags::IMAGE_POSITION));
            } else if single && position.is_none() {
                notes.push("the image has no position in the patient: the origin is assumed".into());
            }
            let step = slice_spacing.unwrap_or(1.0);
            Placed {
                position: position.unwrap_or([0.0, 0.0, f as f64 * step]),
                orientation: orientation.unwrap_or([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
                spacing: spacing.unwrap_or([1.0; 2]),
            }
        })
        .collect();
    match missing {
        Some(field) if !rules.missing_geometry_allowed => Err(DicomError::missing(field, PURPOSE)),
        Some(field) => {
            notes.push(format!("field {field} is missing: 1 mm, the origin and axial slices are assumed"));
            Ok(planes)
        }
        None => Ok(planes),
    }
}

fn mixed(field: tags::Attribute, first: &[f64], second: &[f64]) -> DicomError {
    let show = |v: &[f64]| format!("{v:?}");
    DicomError::Mixed { field: field.to_string(), first: show(first), second: show(second) }
}

/// Rounded cosines are put right; others are no orientation.
fn orthonormal(o: [f64; 6], notes: &mut Vec<String>) -> Result<[f64; 6], DicomError> {
    let (x, y) = ([o[0], o[1], o[2]], [o[3], o[4], o[5]]);
    let off = (dot(x, x) - 1.0).abs().max((dot(y, y) - 1.0).abs()).max(dot(x, y).abs());
    if off <= 0.1 * Geometry::ORTHOGONALITY {
        return Ok(o);
    }
    if off.is_nan() || off > 0.01 {
        let expected = "two unit vectors at right angles";
        return Err(DicomError::field(tags::IMAGE_ORIENTATION, format!("{o:?}"), expected));
    }
    notes.push(format!("direction cosines were rounded by up to {off:.1e}: made orthonormal"));
    let x = x.map(|v| v / dot(x, x).sqrt());
    let y: [f64; 3] = std::array::from_fn(|a| y[a] - dot(x, y) * x[a]);
    let y = y.map(|v| v / dot(y, y).sqrt());
    Ok([x[0], x[1], x[2], y[0], y[1], y[2]])
}

/// Keeps one frame at each position: all of them, or the volume that was chosen.
fn one_volume(
    order: Vec<usize>,
    along: impl Fn(usize) -> f64,
    frames: &[&Frame],
    volume: Option<usize>,
) -> Result<Vec<usize>, DicomError> {
    let mut gaps: Vec<f64> =
        order.windows(2).map(|w| along(w[1]) - along(w[0])).filter(|g| *g > 1e-4).collect();
    gaps.sort_by(f64::total_cmp);
    let same = gaps.get(gaps.len() / 2).map_or(1e-4, |typical| 0.01 * typical);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &i in &order {
        match groups.last_mut() {
            Some(group) if along(i) - along(group[0]) <= same => group.push(i),
            _ => groups.push(vec![i]),
        }
    }
    let volumes = groups.iter().map(Vec::len).max().unwrap_or(1);
    if volumes == 1 {
        return match volume {
            Some(wanted) if wanted != 0 => Err(DicomError::NoSuchVolume { wanted, volumes }),
            _ => Ok(order),
        };
    }
    let doubled: Vec<f64> = groups.iter().filter(|g| g.len() > 1).map(|g| along(g[0])).collect();
    let Some((key, values)) = telling_key(&groups, frames) else {
        return Err(DicomError::Duplicates {
            positions: positions(&doubled),
            hint: differences(&groups, frames),
        });
    };
    let Some(wanted) = volume else {
        let hint = format!(
            "they are {volumes} volumes, told apart by {key} ({}); choose one of them by its number, from 0",
            values.join(", ")
        );
        return Err(DicomError::Duplicates { positions: positions(&doubled), hint });
    };
    let Some(value) = values.get(wanted) else {
        return Err(DicomError::NoSuchVolume { wanted, volumes });
    };
    let slot = KEYS.iter().position(|k| k.tag == key.tag).unwrap_or_default();
    Ok(order.into_iter().filter(|&i| frames[i].keys[slot].as_deref() == Some(value)).collect())
}

/// The field that has the same set of different values at every position, and these values in order.
fn telling_key(groups: &[Vec<usize>], frames: &[&Frame]) -> Option<(tags::Attribute, Vec<String>)> {
    KEYS.into_iter().enumerate().find_map(|(slot, key)| {
        let values = |group: &[usize]| {
            let mut values: Vec<String> = group
                .iter()
                .map(|&i| Some(frames[i].keys.get(slot)?.as_deref()?.to_owned()))
                .collect::<Option<_>>()?;
            values.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) => a.total_cmp(&b),
                _ => a.cmp(b),
            });
            let count = values.len();
            values.dedup();
            if values.len() == count { Some(values) } else { None }
        };
        let first = values(&groups[0])?;
        if groups.iter().all(|g| values(g).as_ref() == Some(&first)) { Some((key, first)) } else { None }
    })
}

fn differences(groups: &[Vec<usize>], frames: &[&Frame]) -> String {
    let fields: Vec<String> = KEYS
        .iter()
        .enumerate()
        .filter(|(slot, _)| {
            groups
                .iter()
                .any(|g| g.iter().any(|&i| frames[i].keys.get(*slot) != frames[g[0]].keys.get(*slot)))
        })
        .map(|(_, key)| key.to_string())
        .collect();
    if fields.is_empty() {
        "they differ in no field that tells volumes apart: remove the copies, or split the series".into()
    } else {
        format!(
            "they differ in {}, but not in the same way at all positions: split the series",
            fields.join(", ")
        )
    }
}

/// The common distance of sorted positions.
fn even_step(positions: &[f64], tolerance: f64) -> Result<f64, DicomError> {
    let gaps: Vec<f64> = positions.windows(2).map(|w| w[1] - w[0]).collect();
    let mut sorted = gaps.clone();
    sorted.sort_by(f64::total_cmp);
    let (least, most, typical) = (sorted[0], sorted[sorted.len() - 1], sorted[(sorted.len() - 1) / 2]);
    let (first, last) = (positions[0], positions[positions.len() - 1]);
    let step = (last - first) / gaps.len() as f64;
    let off = |i: usize| (positions[i] - (first + i as f64 * step)).abs();
    let worst = (0..positions.len()).max_by(|&a, &b| off(a).total_cmp(&off(b))).unwrap_or(0);
    if off(worst) <= tolerance {
        return Ok(step);
    }
    // Gaps of whole multiples of the usual distance: slices were lost.
    let lost = |gap: f64| (gap / typical).round() - 1.0;
    let whole = |gap: f64| ((lost(gap) + 1.0) * typical - gap).abs() <= tolerance.max(0.02 * typical);
    if gaps.iter().all(|&g| whole(g) && g > 0.5 * typical) && gaps.iter().any(|&g| lost(g) >= 1.0) {
        let missing = gaps.iter().map(|&g| lost(g)).sum::<f64>() as usize;
        let places: Vec<String> = positions
            .windows(2)
            .filter(|w| lost(w[1] - w[0]) >= 1.0)
            .take(20)
            .map(|w| format!("{} to {}", rounded(w[0]), rounded(w[1])))
            .collect();
        return Err(DicomError::Gaps { missing, gaps: places.join(", "), spacing: rounded(typical) });
    }
    Err(DicomError::Uneven {
        position: rounded(positions[worst]),
        off: rounded(off(worst)),
        spacing: rounded(step),
        tolerance,
        least: rounded(least),
        most: rounded(most),
    })
}

/// The sideways shift from slice to slice, where there is one.
fn shear(
    order: &[usize],
    planes: &[Placed],
    orientation: [f64; 6],
    origin: [f64; 3],
    rules: &StackRules,
) -> Result<Option<[f64; 2]>, DicomError> {
    let [x, y] = [0, 3].map(|a| [orientation[a], orientation[a + 1], orientation[a + 2]]);
    let n = normal(orientation);
    let sideways = |i: usize| {
        let d: [f64; 3] = std::array::from_fn(|a| planes[i].position[a] - origin[a]);
        [dot(x, d), dot(y, d), dot(n, d)]
    };
    // A tenth of a pixel over the whole stack is rounding of positions and cosines.
    let spacing = planes[order[0]].spacing;
    let allowed = rules.tolerance_mm.max(0.1 * spacing[0].min(spacing[1]));
    let steps = (order.len() - 1).max(1) as f64;
    let last = sideways(order[order.len() - 1]);
    let line = [last[0] / steps, last[1] / steps];
    let straight = order.iter().all(|&i| {
        let [sx, sy, _] = sideways(i);
        sx.hypot(sy) <= allowed
    });
    if straight {
        return Ok(None);
    }
    for (k, &i) in order.iter().enumerate() {
        let [sx, sy, _] = sideways(i);
        let off = (sx - line[0] * k as f64).hypot(sy - line[1] * k as f64);
        if off > allowed {
            return Err(DicomError::Crooked {
                position: rounded(dot(n, planes[i].position)),
                off: rounded(off),
            });
        }
    }
    if rules.tilt_allowed {
        return Ok(Some(line));
    }
    let degrees = last[0].hypot(last[1]).atan2(last[2]).to_degrees();
    Err(DicomError::Tilt { degrees, x: line[0], y: line[1] })
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn far(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.iter().zip(b).any(|(a, b)| (a - b).abs() > tolerance)
}

/// To 0.1 µm, for messages.
fn rounded(mm: f64) -> f64 {
    (mm * 1e4).round() / 1e4
}

fn positions(at: &[f64]) -> String {
    let shown: Vec<String> = at.iter().take(20).map(|&p| rounded(p).to_string()).collect();
    let more = if at.len() > 20 { format!(" and {} more", at.len() - 20) } else { String::new() };
    shown.join(", ") + &more
}
