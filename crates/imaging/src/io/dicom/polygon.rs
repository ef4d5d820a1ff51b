//! Polygons → pixels: even-odd filling of one slice.

/// One slice of a mask, x fastest.
pub(super) struct Canvas<'a> {
    pub(super) pixels: &'a mut [bool],
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Canvas<'_> {
    /// Turns over every pixel whose centre lies in a closed polygon of pixel indices (x, y). Filling several
    /// polygons one after the other is the even-odd rule: a contour inside another is a hole, one inside a
    /// hole an island.
    ///
    /// A centre on the left or upper edge belongs to the polygon, one on the right or lower edge does not, so
    /// that polygons that share an edge share no pixel. Returns how many centres inside the polygon lie off
    /// the canvas.
    ///
    /// ```text
    /// (0.5, 0.5) to (3.5, 2.5)        . . . . .
    ///                                 . # # # .
    ///                                 . # # # .
    /// ```
    pub(super) fn fill(&mut self, polygon: &[[f64; 2]]) -> usize {
        let range = |axis: usize| {
            let all = polygon.iter().map(|p| p[axis]);
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (top, bottom)) = (range(0), range(1));
        let wide = left < -0.5 || right > self.columns as f64 - 0.5;
        // Rows off the canvas are not gone through one by one: coordinates may be anything.
        let mut outside = 0.0_f64;
        let (first, last) = (top.ceil().max(0.0), bottom.min((self.rows - 1) as f64));
        if top < -0.5 || bottom > self.rows as f64 - 0.5 {
            outside += area_beyond(polygon, self.rows);
        }
        if first > last {
            return outside.round() as usize;
        }
        let (first, last) = (first as usize, last as usize);
        let mut edges = edges(polygon, first, last);
        edges.sort_by_key(|e| std::cmp::Reverse(e.start));
        // Edges that cross the row at hand, and the pixels from which on a row turns over.
        let (mut active, mut turns) = (Vec::<Edge>::new(), vec![false; self.columns + 1]);
        let mut crossings = Vec::new();
        for row in first..=last {
            while let Some(edge) = edges.pop_if(|e| e.start <= row) {
                active.push(edge);
            }
            active.retain(|e| e.end > row);
            crossings.clear();
            for edge in &active {
                let x = edge.at(row);
                let turn = &mut turns[x.ceil().clamp(0.0, self.columns as f64) as usize];
                *turn = !*turn;
                if wide {
                    crossings.push(x);
                }
            }
            let line = &mut self.pixels[row * self.columns..][..self.columns];
            let mut inside = false;
            for (pixel, turn) in line.iter_mut().zip(&mut turns) {
                inside ^= std::mem::take(turn);
                *pixel ^= inside;
            }
            turns[self.columns] = false;
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let (start, end) = (pair[0].ceil(), pair[1].ceil());
                let within = |x: f64| x.clamp(0.0, self.columns as f64);
                outside += (end - start) - (within(end) - within(start));
            }
        }
        outside.round() as usize
    }
}

/// One side of a polygon that crosses the rows from `start` to before `end`.
struct Edge {
    from: [f64; 2],
    to: [f64; 2],
    start: usize,
    end: usize,
}

impl Edge {
    /// Where it crosses a row.
    fn at(&self, row: usize) -> f64 {
        let ([x0, y0], [x1, y1]) = (self.from, self.to);
        x0 + (row as f64 - y0) * (x1 - x0) / (y1 - y0)
    }
}

/// The sides that cross rows from `first` to `last`: those with min ≤ y < max.
fn edges(polygon: &[[f64; 2]], first: usize, last: usize) -> Vec<Edge> {
    let ends = polygon.iter().cycle().skip(1);
    let edge = |(&from, &to): (&[f64; 2], &[f64; 2])| {
        let row = |y: f64| y.ceil().clamp(first as f64, last as f64 + 1.0) as usize;
        let (start, end) = (row(from[1].min(to[1])), row(from[1].max(to[1])));
        (start < end).then_some(Edge { from, to, start, end })
    };
    polygon.iter().zip(ends).filter_map(edge).collect()
}

/// Area of the parts of a polygon above and below the canvas, about the number of pixels there.
fn area_beyond(polygon: &[[f64; 2]], rows: usize) -> f64 {
    let clipped = |limit: &dyn Fn(f64) -> f64| -> Vec<[f64; 2]> {
        polygon.iter().map(|p| [p[0], limit(p[1])]).collect()
    };
    let all = area(polygon);
    let within = area(&clipped(&|y| y.clamp(-0.5, rows as f64 - 0.5)));
    (all - within).max(0.0)
}

fn area(polygon: &[[f64; 2]]) -> f64 {
    let ends = polygon.iter().cycle().skip(1);
    (polygon.iter().zip(ends).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(columns: usize, rows: usize, polygons: &[&[[f64; 2]]]) -> (Vec<bool>, usize) {
        let mut pixels = vec![false; columns * rows];
        let mut canvas = Canvas { pixels: &mut pixels, columns, rows };
        let outside = polygons.iter().map(|p| canvas.fill(p)).sum();
        (pixels, outside)
    }

    /// The definition: a centre is inside when a ray to the left crosses the border an odd number of times.
    fn inside(polygon: &[[f64; 2]], x: f64, y: f64) -> bool {
        let mut odd = false;
        for (i, &[x1, y1]) in polygon.iter().enumerate() {
            let [x0, y0] = polygon[(i + polygon.len() - 1) % polygon.len()];
            if (y0 <= y) != (y1 <= y) && x0 + (y - y0) * (x1 - x0) / (y1 - y0) <= x {
                odd = !odd;
            }
        }
        odd
    }

    #[test]
    fn filling_follows_the_definition() {
        let mut state = 9_u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // Quarters: many corners and edges lie exactly on centres.
            ((state >> 33) % 80) as f64 / 4.0 - 3.0
        };
        for _ in 0..500 {
            let corners = 3 + (random() as usize) % 9;
            let polygon: Vec<[f64; 2]> = (0..corners).map(|_| [random(), random()]).collect();
            let (pixels, _) = filled(13, 11, &[&polygon]);
            for (i, pixel) in pixels.iter().enumerate() {
                let (x, y) = ((i % 13) as f64, (i / 13) as f64);
                assert_eq!(*pixel, inside(&polygon, x, y), "{x} {y} {polygon:?}");
            }
        }
    }

    #[test]
    fn holes_islands_and_shared_edges() {
        let square = |a: f64, b: f64| [[a, a], [b, a], [b, b], [a, b]];
        let count = |polygons: &[&[[f64; 2]]]| filled(12, 12, polygons).0.iter().filter(|p| **p).count();
        assert_eq!(count(&[&square(0.5, 9.5)]), 81);
        assert_eq!(count(&[&square(0.5, 9.5), &square(2.5, 7.5)]), 81 - 25);
        assert_eq!(count(&[&square(0.5, 9.5), &square(2.5, 7.5), &square(3.5, 5.5)]), 81 - 25 + 4);
        let (left, right) = (
            [[1.0, 1.0], [4.0, 1.0], [4.0, 5.0], [1.0, 5.0]],
            [[4.0, 1.0], [6.0, 1.0], [6.0, 5.0], [4.0, 5.0]],
        );
        assert_eq!(count(&[&left]) + count(&[&right]), count(&[&left, &right]));
        assert_eq!(count(&[&left]), 12);
    }

    #[test]
    fn what_lies_off_the_canvas_is_counted_and_costs_nothing() {
        let square = |a: f64, b: f64| [[a, a], [b, a], [b, b], [a, b]];
        let (pixels, outside) = filled(4, 4, &[&square(-2.5, 1.5)]);
        assert_eq!((pixels.iter().filter(|p| **p).count(), outside), (4, 12));
        let (pixels, outside) = filled(4, 4, &[&square(10.5, 12.5)]);
        assert_eq!((pixels.iter().filter(|p| **p).count(), outside), (0, 4));
        assert!(filled(4, 4, &[&square(-1e300, 1e300)]).0.iter().all(|p| *p));
        assert!(filled(4, 4, &[&[], &[[1.0, 1.0]]]).0.iter().all(|p| !*p));
    }
}
