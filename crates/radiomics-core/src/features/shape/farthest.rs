//! The largest distance within a set of points, without looking at all pairs.

use rayon::prelude::*;

/// Half voxels along x, y, z: whole numbers, so that differences are exact.
pub(crate) type Point = [f64; 3];

/// Points of one block, which are compared with those of another block or not at all.
const BLOCK: usize = 16;

/// The largest `Σ w Δ²` of two points, or `at_least` where none is larger.
///
/// The order of the points changes nothing.
pub(crate) fn farthest_squared(points: &[Point], weights: [f64; 3], at_least: f64) -> f64 {
    let Some(&first) = points.first() else { return at_least };
    // From any point to the farthest and on from there: rarely short of the answer by much.
    let mut start = at_least;
    let mut end = first;
    for _ in 0..3 {
        let farther = |a: Point, b: &Point| {
            if squared(end, *b, weights) > squared(end, a, weights) { *b } else { a }
        };
        let next = points.iter().fold(end, farther);
        start = start.max(squared(end, next, weights));
        end = next;
    }
    let mut candidates = far_out(points, weights, start);
    sort_by_place(&mut candidates, weights);
    farthest_of_blocks(&candidates, weights, start)
}

/// The points that can belong to a pair farther apart than `start`: no distance exceeds the sum of the two
/// distances from the centre. Little is left of what looks the same from both sides.
fn far_out(points: &[Point], weights: [f64; 3], start: f64) -> Vec<Point> {
    let [low, high] = bounds(points);
    let centre = std::array::from_fn(|k| 0.5 * (low[k] + high[k]));
    let from_centre = |point: &Point| squared(*point, centre, weights).sqrt();
    let farthest = points.iter().map(from_centre).fold(0.0, f64::max);
    // A hair less, for rounding.
    let least = start.sqrt() * (1.0 - 1e-9) - farthest;
    points.iter().copied().filter(|point| from_centre(point) >= least).collect()
}

/// Orders points so that those of one block lie close together.
fn sort_by_place(points: &mut [Point], weights: [f64; 3]) {
    if points.len() <= BLOCK {
        return;
    }
    let [low, high] = bounds(points);
    let side = |k: usize| weights[k] * (high[k] - low[k]).powi(2);
    let widest = (1..3).fold(0, |widest, k| if side(k) > side(widest) { k } else { widest });
    let middle = (points.len() / 2).next_multiple_of(BLOCK);
    points.select_nth_unstable_by(middle, |a, b| a[widest].total_cmp(&b[widest]));
    let (lower, upper) = points.split_at_mut(middle);
    sort_by_place(lower, weights);
    sort_by_place(upper, weights);
}

/// Neighbours in the list are boxed; no pair from two boxes is farther apart than the boxes' far corners.
fn farthest_of_blocks(points: &[Point], weights: [f64; 3], start: f64) -> f64 {
    let blocks: Vec<(&[Point], [Point; 2])> =
        points.chunks(BLOCK).map(|block| (block, bounds(block))).collect();
    let farthest = |i: usize| {
        let (block, [low, high]) = &blocks[i];
        blocks[..=i].iter().fold(start, |largest, (other, [other_low, other_high])| {
            let far = |k: usize| (high[k] - other_low[k]).max(other_high[k] - low[k]);
            if squared([far(0), far(1), far(2)], [0.0; 3], weights) <= largest {
                return largest;
            }
            let from = |largest: f64, a: &Point| {
                other.iter().fold(largest, |largest, b| largest.max(squared(*a, *b, weights)))
            };
            block.iter().fold(largest, from)
        })
    };
    if blocks.len() < 64 {
        return (0..blocks.len()).map(farthest).fold(start, f64::max);
    }
    (0..blocks.len()).into_par_iter().map(farthest).reduce(|| start, f64::max)
}

// Rounding keeps the order of products and sums: no distance comes out larger than that of the far corners.
fn squared(a: Point, b: Point, weights: [f64; 3]) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    weights[0] * (x * x) + weights[1] * (y * y) + weights[2] * (z * z)
}

fn bounds(points: &[Point]) -> [Point; 2] {
    points.iter().fold([[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]], |[low, high], point| {
        [std::array::from_fn(|k| low[k].min(point[k])), std::array::from_fn(|k| high[k].max(point[k]))]
    })
}
