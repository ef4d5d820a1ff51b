//! Sums of `c v vᵀ`, and rows padded so that loops over them have a fixed length.

/// Columns taken together.
pub(crate) const TILE: usize = 4;
/// Rows whose sum stays in registers.
const ROWS: usize = 32;

/// Length of a row of `p` columns: 1, or the next multiple of [`TILE`]; what is beyond the columns is 0.
pub(crate) fn stride(p: usize) -> usize {
    if p == 1 { 1 } else { p.next_multiple_of(TILE) }
}

/// `sum += c v`.
#[inline]
pub(crate) fn add_scaled(sum: &mut [f64], c: f64, v: &[f64]) {
    if let [s] = sum {
        *s += c * v[0];
        return;
    }
    for (s, v) in sum.as_chunks_mut::<TILE>().0.iter_mut().zip(v.as_chunks::<TILE>().0) {
        for k in 0..TILE {
            s[k] += c * v[k];
        }
    }
}

/// `aᵀ b`.
#[inline]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    if let [a] = a {
        return a * b[0];
    }
    let mut sums = [0.0; TILE];
    for (a, b) in a.as_chunks::<TILE>().0.iter().zip(b.as_chunks::<TILE>().0) {
        for k in 0..TILE {
            sums[k] += a[k] * b[k];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// A symmetric matrix that grows by multiples of squares of padded rows. Tiles on and below the diagonal are kept.
#[derive(Clone, Debug)]
pub(crate) struct Gram {
    p: usize,
    stride: usize,
    /// Tile after tile, row by row of tiles, each row by row.
    tiles: Vec<[[f64; TILE]; TILE]>,
    /// The only element of a matrix of one column.
    single: f64,
    plain: Vec<f64>,
    scaled: Vec<f64>,
    filled: usize,
}

impl Gram {
    pub fn new(p: usize) -> Self {
        let stride = stride(p);
        let across = stride / TILE;
        Self {
            p,
            stride,
            tiles: vec![[[0.0; TILE]; TILE]; across * (across + 1) / 2],
            single: 0.0,
            plain: vec![0.0; ROWS * stride],
            scaled: vec![0.0; ROWS * stride],
            filled: 0,
        }
    }

    /// Adds `c v vᵀ`, now or with the rows that follow.
    #[inline]
    pub fn push(&mut self, c: f64, v: &[f64]) {
        if let [v] = v {
            self.single += c * v * v;
            return;
        }
        let at = self.filled * self.stride;
        let plain = self.plain[at..at + self.stride].as_chunks_mut::<TILE>().0;
        let scaled = self.scaled[at..at + self.stride].as_chunks_mut::<TILE>().0;
        for ((plain, scaled), v) in plain.iter_mut().zip(scaled).zip(v.as_chunks::<TILE>().0) {
            *plain = *v;
            for k in 0..TILE {
                scaled[k] = c * v[k];
            }
        }
        self.filled += 1;
        if self.filled == ROWS {
            self.flush();
        }
    }

    /// Brings rows that wait into the sum.
    pub fn flush(&mut self) {
        let (stride, filled) = (self.stride, self.filled);
        let mut tiles = self.tiles.iter_mut();
        for i in 0..stride / TILE {
            for (k, tile) in (0..=i).zip(&mut tiles) {
                let mut sum = [[0.0; TILE]; TILE];
                let rows = self.scaled.chunks_exact(stride).zip(self.plain.chunks_exact(stride));
                for (a, b) in rows.take(filled) {
                    let (a, b) = (&a.as_chunks::<TILE>().0[i], &b.as_chunks::<TILE>().0[k]);
                    for (row, a) in sum.iter_mut().zip(a) {
                        for (s, b) in row.iter_mut().zip(b) {
                            *s += a * b;
                        }
                    }
                }
                for (to, from) in tile.as_flattened_mut().iter_mut().zip(sum.as_flattened()) {
                    *to += from;
                }
            }
        }
        self.filled = 0;
    }

    /// Adds another sum in which no row waits.
    pub fn add(&mut self, other: &Self) {
        self.single += other.single;
        for (a, b) in self
            .tiles
            .as_flattened_mut()
            .as_flattened_mut()
            .iter_mut()
            .zip(other.tiles.as_flattened().as_flattened())
        {
            *a += b;
        }
    }

    /// An element on or below the diagonal.
    fn at(&self, j: usize, k: usize) -> f64 {
        if self.p == 1 {
            return self.single;
        }
        let (row, column) = (j / TILE, k / TILE);
        self.tiles[row * (row + 1) / 2 + column][j % TILE][k % TILE]
    }

    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.p).map(|j| self.at(j, j)).collect()
    }

    /// The full matrix of the difference, row by row.
    pub fn minus(&self, other: &Self) -> Vec<f64> {
        let p = self.p;
        let mut out = vec![0.0; p * p];
        for j in 0..p {
            for k in 0..=j {
                let value = self.at(j, k) - other.at(j, k);
                out[j * p + k] = value;
                out[k * p + j] = value;
            }
        }
        out
    }
}

#[test]
fn tiles_hold_the_sum_of_squares() {
    for p in [1, 2, 4, 5, 10] {
        let rows: Vec<Vec<f64>> = (0..71)
            .map(|i| {
                (0..stride(p))
                    .map(|j| if j < p { ((i * 7 + j * 3) % 11) as f64 - 4.0 } else { 0.0 })
                    .collect()
            })
            .collect();
        let mut gram = Gram::new(p);
        rows.iter().enumerate().for_each(|(i, row)| gram.push((i % 5) as f64 - 1.0, row));
        gram.flush();
        let full = gram.minus(&Gram::new(p));
        for j in 0..p {
            for k in 0..p {
                let want: f64 =
                    rows.iter().enumerate().map(|(i, r)| ((i % 5) as f64 - 1.0) * r[j] * r[k]).sum();
                assert_eq!(full[j * p + k], want);
            }
        }
    }
}
