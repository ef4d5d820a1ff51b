//! Outlines of a mask along the edges of its pixels.

use std::collections::BTreeMap;

/// Closed rings around the pixels of a mask with `width` columns, in pixels from its upper left corner; holes have
/// rings of their own. Corners alone are kept.
pub(crate) fn rings(mask: &[bool], width: usize) -> Vec<Vec<[f64; 2]>> {
    if width == 0 {
        return Vec::new();
    }
    let height = mask.len() / width;
    let inside = |x: i64, y: i64| {
        x >= 0
            && y >= 0
            && (x as usize) < width
            && (y as usize) < height
            && mask[y as usize * width + x as usize]
    };
    // Directed edges with the inside on their right (y downwards), by their start.
    let mut edges: BTreeMap<(i64, i64), Vec<(i64, i64)>> = BTreeMap::new();
    for y in 0..height as i64 {
        for x in (0..width as i64).filter(|&x| inside(x, y)) {
            let mut edge = |from, to| edges.entry(from).or_default().push(to);
            if !inside(x, y - 1) {
                edge((x, y), (x + 1, y));
            }
            if !inside(x + 1, y) {
                edge((x + 1, y), (x + 1, y + 1));
            }
            if !inside(x, y + 1) {
                edge((x + 1, y + 1), (x, y + 1));
            }
            if !inside(x - 1, y) {
                edge((x, y + 1), (x, y));
            }
        }
    }
    let mut out = Vec::new();
    while let Some((&start, _)) = edges.first_key_value() {
        let mut ring: Vec<(i64, i64)> = vec![start];
        let mut at = start;
        let mut came = (0, 0);
        while let Some(next) = take(&mut edges, at, came) {
            came = (next.0 - at.0, next.1 - at.1);
            at = next;
            if at == start {
                break;
            }
            ring.push(at);
        }
        out.push(corners(&ring));
    }
    out
}

/// Takes an edge from a point. Where two pixels touch by a corner, the right turn keeps their rings apart.
fn take(
    edges: &mut BTreeMap<(i64, i64), Vec<(i64, i64)>>,
    at: (i64, i64),
    came: (i64, i64),
) -> Option<(i64, i64)> {
    let ends = edges.get_mut(&at)?;
    let right = ends.iter().position(|e| (e.0 - at.0, e.1 - at.1) == (-came.1, came.0)).unwrap_or(0);
    let next = ends.swap_remove(right);
    if ends.is_empty() {
        edges.remove(&at);
    }
    Some(next)
}

fn corners(ring: &[(i64, i64)]) -> Vec<[f64; 2]> {
    let n = ring.len();
    let straight = |i: usize| {
        let (a, b, c) = (ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]);
        (b.0 - a.0, b.1 - a.1) == (c.0 - b.0, c.1 - b.1)
    };
    (0..n).filter(|&i| !straight(i)).map(|i| [ring[i].0 as f64, ring[i].1 as f64]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twice the signed area of a ring.
    fn area(ring: &[[f64; 2]]) -> f64 {
        (0..ring.len())
            .map(|i| (ring[i], ring[(i + 1) % ring.len()]))
            .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
            .sum()
    }

    #[test] // the rings enclose as much as there are pixels, holes taken off, whatever the mask
    fn area_of_the_rings_is_the_number_of_pixels() {
        let mut state = 7u64;
        for (w, h) in [(1, 1), (5, 3), (17, 11), (40, 40)] {
            let mask: Vec<bool> = (0..w * h)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    state >> 62 > 0
                })
                .collect();
            let sum: f64 = rings(&mask, w).iter().map(|r| area(r)).sum();
            assert_eq!(0.5 * sum, mask.iter().filter(|&&m| m).count() as f64);
        }
    }

    #[test] // a square with a hole: four corners outside, four inside
    fn holes_have_rings_of_their_own() {
        let mask: Vec<bool> = (0..25).map(|i| i != 12).collect();
        let found = rings(&mask, 5);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
        assert!(rings(&[false; 9], 3).is_empty());
    }
}
