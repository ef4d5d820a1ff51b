//! Vectors to neighbours by distance and norm.

use super::{Neighbourhood, Norm};
use crate::{error::Error, levels::half_steps};

/// Square roots are rounded; distances are compared with this much slack.
const ROUNDING: f64 = 1e-9;

impl Neighbourhood {
    /// # Errors
    /// [`Error::IbsiSetting`] when the distance is below 1 or not finite.
    pub(super) fn check(self, name: &'static str) -> Result<(), Error> {
        if self.distance.is_finite() && self.distance >= 1.0 {
            return Ok(());
        }
        Err(Error::IbsiSetting { name, value: self.distance, expected: "a number of 1 or more" })
    }

    /// The distance if the neighbours are a whole cube around a voxel.
    pub(super) fn cube(self) -> Option<u32> {
        (self.norm == Norm::Chebyshev).then(|| (self.distance.min(1e9) + ROUNDING) as u32)
    }

    /// One of each pair of opposite steps (x, y, z) to all neighbours in a box of this size; with `within` only
    /// those inside a slice along z.
    pub(super) fn steps(self, size: [usize; 3], within: bool) -> Vec<[i32; 3]> {
        let is_near = |step: &[i32; 3]| self.norm.length(*step) <= self.distance + ROUNDING;
        all_half_steps(self.distance, size, within).into_iter().filter(is_near).collect()
    }

    /// One of each pair of opposite directions at the distance: for the Chebyshev norm the 13 (4) to the nearest
    /// neighbours, multiplied.
    pub(super) fn directions(self, size: [usize; 3], within: bool) -> Vec<[i32; 3]> {
        if let Some(distance) = self.cube() {
            let distance = i32::try_from(distance).unwrap_or(i32::MAX);
            let directions = half_steps(&[1], within.then_some(0));
            let longer = |step: [i32; 3]| step.map(|n| n.saturating_mul(distance));
            return directions.into_iter().map(longer).filter(|step| fits(*step, size)).collect();
        }
        let at = |step: &[i32; 3]| {
            let length = self.norm.length(*step);
            length <= self.distance + ROUNDING && length > self.distance - 1.0 + ROUNDING
        };
        all_half_steps(self.distance, size, within).into_iter().filter(at).collect()
    }
}

/// Half of all steps in the cube of the distance, as far as two voxels of the box can lie so apart.
fn all_half_steps(distance: f64, size: [usize; 3], within: bool) -> Vec<[i32; 3]> {
    let reach = |n: usize| (distance + ROUNDING).min(n.saturating_sub(1) as f64) as i32;
    let [nx, ny, nz] = [reach(size[0]), reach(size[1]), if within { 0 } else { reach(size[2]) }];
    let mut steps = Vec::new();
    for z in 0..=nz {
        for y in -ny..=ny {
            for x in -nx..=nx {
                if z > 0 || (z == 0 && (y > 0 || (y == 0 && x > 0))) {
                    steps.push([x, y, z]);
                }
            }
        }
    }
    steps
}

fn fits(step: [i32; 3], size: [usize; 3]) -> bool {
    step.iter().zip(size).all(|(n, size)| (n.unsigned_abs() as usize) < size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_neighbours_are_those_of_the_manual() {
        let count =
            |distance, norm, within| Neighbourhood { distance, norm }.steps([99; 3], within).len() * 2;
        assert_eq!(count(1.0, Norm::Chebyshev, false), 26);
        assert_eq!(count(1.0, Norm::Chebyshev, true), 8);
        assert_eq!(count(1.0, Norm::Manhattan, false), 6);
        assert_eq!(count(1.0, Norm::Euclidean, true), 4);
        assert_eq!(count(3.0_f64.sqrt(), Norm::Euclidean, false), 26);
        assert_eq!(count(2.0, Norm::Manhattan, false), 24);
        assert_eq!(count(2.0, Norm::Chebyshev, true), 24);
    }

    #[test]
    fn directions_are_multiplied_or_taken_from_the_shell() {
        let directions = |distance, norm| Neighbourhood { distance, norm }.directions([99; 3], false);
        let far = directions(3.0, Norm::Chebyshev);
        assert_eq!(far.len(), 13);
        assert!(far.iter().flatten().all(|n| n % 3 == 0));
        assert_eq!(directions(1.0, Norm::Manhattan), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
        assert_eq!(directions(2.0, Norm::Manhattan).len(), 9);
        // More than 1 and at most 2: √2, √3 and 2.
        assert_eq!(directions(2.0, Norm::Euclidean).len(), 6 + 4 + 3);
        let flat = Neighbourhood { distance: 2.0, norm: Norm::Chebyshev }.directions([9, 9, 1], false);
        assert_eq!(flat.len(), 4);
    }
}
