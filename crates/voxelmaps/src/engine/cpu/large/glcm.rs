//! Co-occurrence in one window, from the cells of each step's matrix that are not empty.

use radiomics_core::names::GlcmFeatures;

use super::{
    super::eigen::Batches,
    geometry::{Geometry, Pair},
    window::Window,
};
use crate::engine::Task;

/// Cells of a table of counts at most; windows with more levels have their pairs sorted.
const TABLE: usize = 1 << 20;

/// Space for the matrices of one window, and what is kept of a piece of windows.
pub struct Glcm {
    /// Pairs with two levels by rank from 0, that of the lower first where the matrix is symmetrical; not empty.
    cells: Vec<Cell>,
    table: Vec<u32>,
    keys: Vec<u64>,
    rows: Vec<u32>,
    columns: Vec<u32>,
    sums: Tally,
    differences: Tally,
    /// `c log₂ c`.
    logs: Vec<f64>,
    /// The coefficient of each window of the piece and each step; NaN without a pair.
    mcc: Vec<f64>,
    batches: Batches,
    graph: Graph,
    steps: usize,
}

struct Cell {
    i: u32,
    j: u32,
    pairs: u32,
}

/// How often each number occurs.
struct Tally {
    counts: Vec<u32>,
    present: Vec<u32>,
}

impl Tally {
    fn new(highest: usize) -> Self {
        Self { counts: vec![0; highest + 1], present: Vec::new() }
    }

    #[inline(always)]
    fn add(&mut self, key: u32, count: u32) {
        let sum = &mut self.counts[key as usize];
        if *sum == 0 {
            self.present.push(key);
        }
        *sum += count;
    }

    /// Puts the keys into rising order: by going through their range where that is not much longer.
    #[inline(always)]
    fn rise(&mut self) {
        let low = self.present.iter().copied().min().unwrap_or(0);
        let high = self.present.iter().copied().max().unwrap_or(0);
        if (high - low) as usize > 8 * self.present.len() {
            return self.present.sort_unstable();
        }
        let mut n = 0;
        for key in low..=high {
            // Written always, kept where the key occurs.
            if let Some(place) = self.present.get_mut(n) {
                *place = key;
            }
            n += usize::from(self.counts[key as usize] > 0);
        }
    }

    /// `Σ f(key, count)`, by rising key.
    #[inline(always)]
    fn sum<const K: usize>(&self, f: impl Fn(f64, f64) -> [f64; K]) -> [f64; K] {
        let mut sums = [0.0; K];
        for &key in &self.present {
            let terms = f(f64::from(key), f64::from(self.counts[key as usize]));
            (0..K).for_each(|k| sums[k] += terms[k]);
        }
        sums
    }

    fn clear(&mut self) {
        self.present.drain(..).for_each(|key| self.counts[key as usize] = 0);
    }
}

impl Glcm {
    /// Nothing counted yet.
    pub fn new(geometry: &Geometry, task: &Task, piece: usize) -> Self {
        let (slots, highest) = (geometry.slots(), task.field.highest() as usize);
        let levels = slots.min(highest);
        let pairs = geometry.steps().map(<[Pair]>::len).max().unwrap_or(0);
        let log = |c: usize| if c == 0 { 0.0 } else { c as f64 * (c as f64).log2() };
        Self {
            cells: Vec::with_capacity(pairs),
            table: vec![0; (levels * levels).min(TABLE)],
            keys: Vec::new(),
            rows: vec![0; levels],
            columns: vec![0; levels],
            sums: Tally::new(2 * highest),
            differences: Tally::new(highest),
            logs: (0..=2 * pairs).map(log).collect(),
            mcc: vec![f64::NAN; piece * geometry.steps().len()],
            batches: Batches::new(levels),
            graph: Graph::default(),
            steps: geometry.steps().len(),
        }
    }

    /// The features of window `v` of the piece, MCC left out: means over the steps that hold a pair.
    #[inline(always)]
    pub fn features(&mut self, geometry: &Geometry, window: &Window, task: &Task, v: usize) -> GlcmFeatures {
        let symmetric = task.settings.symmetrical_glcm;
        let (highest, mcc) = (f64::from(task.field.highest()), task.wants_mcc());
        let mut totals = [0.0; 24];
        let mut count = 0.0;
        for (step, pairs) in geometry.steps().enumerate() {
            let n = self.count(pairs, window, symmetric);
            self.mcc[v * self.steps + step] = f64::NAN;
            if n > 0 {
                let features = self.matrix(&window.levels, n, symmetric, highest);
                totals.iter_mut().zip(features.values()).for_each(|(total, value)| *total += value);
                count += 1.0;
                if mcc {
                    self.coefficient(v * self.steps + step, n, symmetric);
                }
            }
            self.rows[..window.levels.len()].fill(0);
            self.columns[..window.levels.len()].fill(0);
        }
        GlcmFeatures::from_values(totals.map(|total| total / count))
    }

    /// Fills cells and margins; returns the number of pairs.
    #[inline(always)]
    fn count(&mut self, pairs: &[Pair], window: &Window, symmetric: bool) -> u32 {
        let levels = window.levels.len();
        self.cells.clear();
        self.keys.clear();
        let mut n = 0;
        let tabled = levels * levels <= self.table.len();
        for &(a, b) in pairs {
            let (a, b) = (a as usize, b as usize);
            let (mut i, mut j) = (u32::from(window.ranks[a]), u32::from(window.ranks[b]));
            if i == 0 || j == 0 {
                continue;
            }
            (i, j) = (i - 1, j - 1);
            if symmetric && i > j {
                (i, j) = (j, i);
            }
            n += 1;
            if tabled {
                // The table keeps the place of the cell, plus 1.
                let place = &mut self.table[i as usize * levels + j as usize];
                if *place == 0 {
                    self.cells.push(Cell { i, j, pairs: 0 });
                    *place = self.cells.len() as u32;
                }
                self.cells[*place as usize - 1].pairs += 1;
            } else {
                self.keys.push(u64::from(i) << 32 | u64::from(j));
            }
        }
        if tabled {
            for cell in &self.cells {
                self.table[cell.i as usize * levels + cell.j as usize] = 0;
            }
        } else {
            self.keys.sort_unstable();
            let cell = |same: &[u64]| Cell {
                i: (same[0] >> 32) as u32,
                j: same[0] as u32,
                pairs: same.len() as u32,
            };
            self.cells.extend(self.keys.chunk_by(|a, b| a == b).map(cell));
        }
        if !symmetric {
            self.cells.sort_unstable_by_key(|cell| (cell.i, cell.j));
        }
        for cell in &self.cells {
            self.rows[cell.i as usize] += cell.pairs;
            if symmetric {
                self.rows[cell.j as usize] += cell.pairs;
            } else {
                self.columns[cell.j as usize] += cell.pairs;
            }
        }
        n
    }

    /// The features of the matrix at hand but MCC: [`radiomics_core::features::glcm`] has the definitions.
    #[inline(always)]
    fn matrix(&mut self, levels: &[u32], pairs: u32, symmetric: bool, highest: f64) -> GlcmFeatures {
        self.sums.clear();
        self.differences.clear();
        let n = f64::from(pairs);
        let orders = if symmetric { 2.0 } else { 1.0 };
        // Levels are counted from the lowest, so that moments do not cancel.
        let lowest = levels.first().copied().unwrap_or(0);
        let base = f64::from(lowest);
        let (mut autocorrelation, mut product, mut energy, mut largest) = (0.0, 0.0, 0.0, 0.0_f64);
        let (mut joint_logs, mut apart) = (0.0, 0.0);
        for cell in &self.cells {
            let (level, other) = (levels[cell.i as usize], levels[cell.j as usize]);
            let c = f64::from(cell.pairs);
            let (i, j) = (f64::from(level), f64::from(other));
            autocorrelation += i * j * c;
            product += (i - base) * (j - base) * c;
            // Off the diagonal of a symmetrical matrix the pairs are shared by a cell and its mirror.
            let shared = symmetric && cell.i != cell.j;
            let (mirrors, each) = if shared { (2.0, 0.5 * c) } else { (1.0, c) };
            energy += mirrors * each * each;
            largest = largest.max(each);
            apart += if shared { c } else { 0.0 };
            joint_logs += self.logs[cell.pairs as usize];
            self.sums.add(level + other, cell.pairs);
            self.differences.add(level.abs_diff(other), cell.pairs);
        }
        // Rising keys, so that sums do not depend on the order of pairs.
        self.sums.rise();
        self.differences.rise();
        let margin = |counts: &[u32]| {
            let total = orders * n;
            let (mut first, mut second, mut logs) = (0.0, 0.0, 0.0);
            for (&level, &count) in levels.iter().zip(counts) {
                let (i, c) = (f64::from(level) - base, f64::from(count));
                first += i * c;
                second += i * i * c;
                logs += self.logs[count as usize];
            }
            let variance = (total * second - first * first) / (total * total);
            (first / total, variance, settled(total.log2() - logs / total))
        };
        let (mean_x, variance_x, entropy_x) = margin(&self.rows);
        let (mean_y, variance_y, entropy_y) =
            if symmetric { (mean_x, variance_x, entropy_x) } else { margin(&self.columns) };
        // Both orders of a pair have the same product.
        let covariance = product / n - mean_x * mean_y;
        let deviations = variance_x.sqrt() * variance_y.sqrt();

        let [sum, sum_logs] = self.sums.sum(|k, c| [(k - 2.0 * base) * c, self.logs[c as usize]]);
        let mean_sum = sum / n;
        let [second, third, fourth] = self.sums.sum(|k, c| {
            let d = k - 2.0 * base - mean_sum;
            [d * d * c, d * d * d * c, d * d * d * d * c]
        });
        let [d1, d2, id, idm, idmn, idn, inverse_variance, difference_logs] = self.differences.sum(|k, c| {
            let normalised = k / highest;
            [
                k * c,
                k * k * c,
                c / (1.0 + k),
                c / (1.0 + k * k),
                c / (1.0 + normalised * normalised),
                c / (1.0 + normalised),
                if k > 0.0 { c / (k * k) } else { 0.0 },
                self.logs[c as usize],
            ]
        });
        let joint_entropy = settled(n.log2() - joint_logs / n + apart / n);
        let information = entropy_x + entropy_y - joint_entropy;
        let information = if information.abs() < INDEPENDENT { 0.0 } else { information };
        GlcmFeatures {
            autocorrelation: autocorrelation / n,
            cluster_prominence: fourth / n,
            cluster_shade: third / n,
            cluster_tendency: second / n,
            contrast: d2 / n,
            correlation: if deviations > 0.0 {
                covariance / (deviations + f64::EPSILON)
            } else {
                f64::from(u8::from(symmetric || self.is_flat(levels, n)))
            },
            difference_average: d1 / n,
            difference_entropy: settled(n.log2() - difference_logs / n),
            difference_variance: (n * d2 - d1 * d1) / (n * n),
            id: id / n,
            idm: idm / n,
            idmn: idmn / n,
            idn: idn / n,
            imc1: if information == 0.0 { 0.0 } else { -information / entropy_x.max(entropy_y) },
            imc2: (-(-2.0 * information).exp_m1()).max(0.0).sqrt(),
            inverse_variance: inverse_variance / n,
            joint_average: mean_x + base,
            joint_energy: energy / (n * n),
            joint_entropy,
            mcc: f64::NAN,
            maximum_probability: largest / n,
            sum_average: mean_sum + 2.0 * base,
            sum_entropy: settled(n.log2() - sum_logs / n),
            sum_squares: variance_x,
        }
    }

    /// Whether PyRadiomics sees that all rows, or all columns, are one level: its mean `Σ i p_ij`, added cell by cell, must be
    /// that level. Where rounding moves it, PyRadiomics has a spread and no correlation.
    fn is_flat(&self, levels: &[u32], n: f64) -> bool {
        let exact = |place: fn(&Cell) -> u32| {
            let level = |cell: &Cell| f64::from(levels[place(cell) as usize]);
            let mean: f64 = self.cells.iter().map(|cell| level(cell) * (f64::from(cell.pairs) / n)).sum();
            self.cells.iter().all(|cell| level(cell) == mean)
        };
        exact(|cell| cell.i) || exact(|cell| cell.j)
    }

    /// The maximal correlation coefficient of the matrix at hand, now or when it is solved with others: see `mcc.rs`.
    #[inline(always)]
    fn coefficient(&mut self, owner: usize, pairs: u32, symmetric: bool) {
        let Self { cells, rows, columns, mcc, batches, graph, .. } = self;
        let columns = if symmetric { &*rows } else { &*columns };
        // Levels of rows, and of columns where those are others.
        graph.number(rows, columns);
        let mut found = |owner: usize, radius: f64| mcc[owner] = radius.min(1.0);
        if graph.rows.len() == 1 || graph.columns.len() == 1 {
            return found(owner, 0.0);
        }
        if graph.falls_apart(cells, symmetric, rows.len()) {
            return found(owner, 1.0);
        }
        graph.dense.clear();
        graph.dense.resize(graph.rows.len() * graph.columns.len(), 0.0);
        let width = graph.columns.len();
        for cell in cells.iter() {
            let place =
                |i: u32, j: u32| graph.row[i as usize] as usize * width + graph.column[j as usize] as usize;
            let c = f64::from(cell.pairs);
            graph.dense[place(cell.i, cell.j)] += c;
            if symmetric {
                graph.dense[place(cell.j, cell.i)] += c;
            }
        }
        let total = if symmetric { 2.0 } else { 1.0 } * f64::from(pairs);
        for (i, &row) in graph.rows.iter().enumerate() {
            for (j, &column) in graph.columns.iter().enumerate() {
                let margins = f64::from(rows[row as usize]) * f64::from(columns[column as usize]);
                let element = &mut graph.dense[i * width + j];
                *element = (total * *element - margins) / total / margins.sqrt();
            }
        }
        if symmetric {
            let n = graph.rows.len();
            match n {
                2 => found(owner, (graph.dense[0] + graph.dense[3]).abs()),
                _ => batches.add(n, owner, |i, j| graph.dense[i * n + j], found),
            }
            return;
        }
        // Singular values: roots of the eigenvalues of the square over the shorter side.
        let (n, m) = (graph.rows.len(), width);
        let dense = &graph.dense;
        let square = |a: usize, b: usize| -> f64 {
            if n <= m {
                (0..m).map(|j| dense[a * m + j] * dense[b * m + j]).sum()
            } else {
                (0..n).map(|i| dense[i * m + a] * dense[i * m + b]).sum()
            }
        };
        match n.min(m) {
            2 => found(owner, (square(0, 0) + square(1, 1)).sqrt()),
            size => {
                let mut alone = Batches::new(size);
                alone.add(size, owner, square, |_, _| {});
                alone.finish(|owner, radius| found(owner, radius.max(0.0).sqrt()));
            }
        }
    }

    /// Solves what waits and writes the means over steps of the first windows of the piece.
    #[inline(always)]
    pub fn finish_mcc(&mut self, out: &mut [f64], distinct: usize) {
        let mcc = &mut self.mcc;
        self.batches.finish(|owner, radius| mcc[owner] = radius.min(1.0));
        for (v, out) in out.iter_mut().enumerate() {
            let (mut sum, mut count) = (0.0, 0.0);
            for &value in mcc[v * self.steps..(v + 1) * self.steps].iter().filter(|value| !value.is_nan()) {
                sum += value;
                count += 1.0;
            }
            *out = if distinct == 1 { 1.0 } else { sum / count };
        }
    }
}

/// Less information than any two levels of so few pairs can share: rounding.
const INDEPENDENT: f64 = 1e-11;

/// An entropy whose terms cancel is that of one cell, `−log₂(1 + ε)`: PyRadiomics adds ε to each probability.
fn settled(entropy: f64) -> f64 {
    const ONE_CELL: f64 = -f64::EPSILON * std::f64::consts::LOG2_E;
    if entropy < INDEPENDENT { ONE_CELL } else { entropy }
}

/// The levels of a matrix and how cells join them.
#[derive(Default)]
struct Graph {
    /// Levels that occur in rows and in columns.
    rows: Vec<u32>,
    columns: Vec<u32>,
    /// The place of each level among them.
    row: Vec<u32>,
    column: Vec<u32>,
    parents: Vec<u32>,
    dense: Vec<f64>,
}

impl Graph {
    fn number(&mut self, rows: &[u32], columns: &[u32]) {
        let fill = |counts: &[u32], present: &mut Vec<u32>, place: &mut Vec<u32>| {
            present.clear();
            place.clear();
            for (level, &count) in (0..).zip(counts) {
                place.push(present.len() as u32);
                if count > 0 {
                    present.push(level);
                }
            }
        };
        fill(rows, &mut self.rows, &mut self.row);
        fill(columns, &mut self.columns, &mut self.column);
    }

    /// Whether rows and columns, joined by cells, fall into parts that are not joined. Of a symmetrical matrix that is so where
    /// its levels fall apart, and where they can be coloured in two colours with neighbours of the other.
    fn falls_apart(&mut self, cells: &[Cell], symmetric: bool, levels: usize) -> bool {
        self.parents.clear();
        self.parents.extend(0..2 * levels as u32);
        let parents = &mut self.parents;
        let mut parts = self.rows.len() + self.columns.len();
        let mut join = |i: u32, j: u32| {
            let mut root = |mut node: u32| {
                while parents[node as usize] != node {
                    let above = parents[node as usize];
                    parents[node as usize] = parents[above as usize];
                    node = above;
                }
                node
            };
            let (a, b) = (root(i), root(levels as u32 + j));
            if a != b {
                parents[a.max(b) as usize] = a.min(b);
                parts -= 1;
            }
        };
        for cell in cells {
            join(cell.i, cell.j);
            if symmetric {
                join(cell.j, cell.i);
            }
        }
        parts > 1
    }
}
