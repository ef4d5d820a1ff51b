//! Rows of the kernel matrix, made when they are needed and kept while there is room.

use super::kernel::FittedKernel;

/// Where the solver gets rows from.
pub(crate) trait Rows {
    /// Makes sure that a row is there; `keep` is another row that must stay.
    fn load(&mut self, row: usize, keep: usize);
    /// A row that was loaded.
    fn get(&self, row: usize) -> &[f64];
    /// The diagonal.
    fn diagonal(&self) -> &[f64];
    /// How many rows can be there at once.
    fn capacity(&self) -> usize;
    /// Most variables that can be independent, the intercept included.
    fn rank(&self) -> usize;
}

/// Rows of a kernel over patients given by columns.
pub(crate) struct KernelRows<'a> {
    kernel: &'a FittedKernel,
    columns: &'a [Vec<f64>],
    squares: Vec<f64>,
    diagonal: Vec<f64>,
    rows: Vec<Vec<f64>>,
    /// When each row was last used; 0 for a row that is not there.
    used: Vec<u64>,
    clock: u64,
    held: usize,
    capacity: usize,
    patient: Vec<f64>,
}

impl<'a> KernelRows<'a> {
    pub fn new(kernel: &'a FittedKernel, columns: &'a [Vec<f64>], n: usize, cache_mb: usize) -> Self {
        Self {
            squares: kernel.squares(columns, n),
            diagonal: kernel.diagonal(columns, n),
            rows: vec![Vec::new(); n],
            used: vec![0; n],
            clock: 0,
            held: 0,
            capacity: (cache_mb * 1_000_000 / (8 * n.max(1))).max(2),
            patient: vec![0.0; columns.len()],
            kernel,
            columns,
        }
    }
}

impl Rows for KernelRows<'_> {
    fn load(&mut self, row: usize, keep: usize) {
        self.clock += 1;
        if self.used[row] > 0 {
            self.used[row] = self.clock;
            return;
        }
        let mut space = Vec::new();
        if self.held >= self.capacity {
            // The row that was not used for longest makes room.
            let oldest =
                (0..self.rows.len()).filter(|&r| self.used[r] > 0 && r != keep).min_by_key(|&r| self.used[r]);
            if let Some(oldest) = oldest {
                space = std::mem::take(&mut self.rows[oldest]);
                self.used[oldest] = 0;
                self.held -= 1;
            }
        }
        space.resize(self.rows.len(), 0.0);
        for (v, c) in self.patient.iter_mut().zip(self.columns) {
            *v = c[row];
        }
        self.kernel.row(&self.patient, self.columns, &self.squares, &mut space);
        self.rows[row] = space;
        self.used[row] = self.clock;
        self.held += 1;
    }

    fn get(&self, row: usize) -> &[f64] {
        &self.rows[row]
    }

    fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn rank(&self) -> usize {
        if *self.kernel == FittedKernel::Linear { self.columns.len() + 1 } else { self.rows.len() }
    }
}

/// A whole matrix in memory.
pub(crate) struct Gram {
    pub n: usize,
    /// Columns that it was made from, and one.
    pub rank: usize,
    pub values: Vec<f64>,
    pub diagonal: Vec<f64>,
}

impl Rows for Gram {
    fn load(&mut self, _row: usize, _keep: usize) {}

    fn get(&self, row: usize) -> &[f64] {
        &self.values[row * self.n..(row + 1) * self.n]
    }

    fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }

    fn capacity(&self) -> usize {
        2 * self.n
    }

    fn rank(&self) -> usize {
        self.rank
    }
}
