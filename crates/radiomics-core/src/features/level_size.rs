//! Matrices of grey level × size, and the formulas that runs, zones and dependences share.
//!
//! GLRLM, GLSZM and GLDM (IBSI: NGLDM) count different things, but each thing has a grey level `i` and a
//! size `j`: the length of a run, the voxels of a zone, the dependent voxels around a voxel. With `n_ij`
//! things of level `i` and size `j`, `N = Σ n_ij` and `p_ij = n_ij / N`, their features are the same sums.
//! Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145.

/// How often one grey level occurs with one size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Grey level `i`, 1 or more.
    pub level: u32,
    /// Size `j`, 1 or more.
    pub size: u32,
    /// How often, `n_ij`: a whole number unless matrices were merged with weights.
    pub count: f64,
}

/// A matrix `n_ij` without its zeros, by rising level, then size; so memory follows what occurs, not
/// levels × sizes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LevelSize {
    entries: Vec<Entry>,
    levels: Vec<(f64, f64)>,
    sizes: Vec<(f64, f64)>,
    /// What the sizes of entries stand for where they are not whole numbers; else empty.
    scale: Vec<f64>,
}

impl LevelSize {
    /// Takes entries in any order; entries of the same level and size are added up.
    ///
    /// ```
    /// use radiomics_core::features::level_size::{Entry, LevelSize};
    /// // Two runs of level 1, of 1 and 3 voxels.
    /// let runs = LevelSize::new(vec![
    ///     Entry { level: 1, size: 3, count: 1.0 },
    ///     Entry { level: 1, size: 1, count: 1.0 },
    /// ]);
    /// assert_eq!(runs.features().large_emphasis, 5.0);
    /// ```
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut matrix = Self { entries, ..Self::default() };
        matrix.settle();
        matrix
    }

    /// The same where the size of an entry is a place in `scale`, which rises: for sizes that are not whole numbers.
    pub(crate) fn scaled(entries: Vec<Entry>, scale: Vec<f64>) -> Self {
        let mut matrix = Self { entries, scale, ..Self::default() };
        matrix.settle();
        matrix
    }

    fn size(&self, entry: &Entry) -> f64 {
        self.scale.get(entry.size as usize).copied().unwrap_or(f64::from(entry.size))
    }

    /// Replaces the entries but keeps the memory, for those who evaluate many small matrices.
    pub fn refill(&mut self, entries: impl Iterator<Item = Entry>) {
        self.entries.clear();
        self.entries.extend(entries);
        self.settle();
    }

    /// The sum of matrices, each times its weight; their sizes stand for the same.
    pub fn merged<'a>(parts: impl Iterator<Item = (&'a Self, f64)>) -> Self {
        let mut parts = parts.peekable();
        let scale = parts.peek().map(|(part, _)| part.scale.clone()).unwrap_or_default();
        let weighted = |(part, weight): (&'a Self, f64)| {
            part.entries.iter().map(move |e| Entry { count: e.count * weight, ..*e })
        };
        Self::scaled(parts.flat_map(weighted).collect(), scale)
    }

    /// The entries by rising level, then size.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Sorts, adds up, and takes the sums over sizes and over levels. Sorting is stable: sums of weighted
    /// counts are taken in one order.
    fn settle(&mut self) {
        let rising = |a: &Entry, b: &Entry| (a.level, a.size) <= (b.level, b.size);
        if !self.entries.is_sorted_by(rising) {
            self.entries.sort_by_key(|e| (e.level, e.size));
        }
        self.entries.dedup_by(|next, first| {
            let same = (next.level, next.size) == (first.level, first.size);
            if same {
                first.count += next.count;
            }
            same
        });
        fill_margin(&mut self.levels, self.entries.iter().map(|e| (f64::from(e.level), e.count)));
        let mut sizes = std::mem::take(&mut self.sizes);
        fill_margin(&mut sizes, self.entries.iter().map(|e| (self.size(e), e.count)));
        self.sizes = sizes;
    }

    /// All features of the matrix; all NaN when it is empty.
    pub fn features(&self) -> LevelSizeFeatures {
        let n: f64 = self.levels.iter().map(|&(_, count)| count).sum();
        let voxels: f64 = self.sizes.iter().map(|&(j, count)| j * count).sum();
        let squares = |margin: &[(f64, f64)]| margin.iter().map(|&(_, count)| count * count).sum::<f64>();
        let mean = |margin: &[(f64, f64)], f: fn(f64) -> f64| {
            margin.iter().map(|&(value, count)| f(value) * count).sum::<f64>() / n
        };
        let variance = |margin: &[(f64, f64)]| {
            let mean = mean(margin, |value| value);
            margin.iter().map(|&(value, count)| (value - mean).powi(2) * count).sum::<f64>() / n
        };
        let joint = |f: fn(f64, f64) -> f64| {
            let term = |e: &Entry| f(f64::from(e.level).powi(2), self.size(e).powi(2)) * e.count;
            self.entries.iter().map(term).sum::<f64>() / n
        };
        let probabilities = || self.entries.iter().map(|e| e.count / n);
        // An empty sum is 0, but there is no entropy of nothing.
        let sum = |terms: f64| if n > 0.0 { terms } else { f64::NAN };
        LevelSizeFeatures {
            small_emphasis: mean(&self.sizes, |j| 1.0 / (j * j)),
            large_emphasis: mean(&self.sizes, |j| j * j),
            low_level_emphasis: mean(&self.levels, |i| 1.0 / (i * i)),
            high_level_emphasis: mean(&self.levels, |i| i * i),
            small_low_emphasis: joint(|ii, jj| 1.0 / (ii * jj)),
            small_high_emphasis: joint(|ii, jj| ii / jj),
            large_low_emphasis: joint(|ii, jj| jj / ii),
            large_high_emphasis: joint(|ii, jj| ii * jj),
            level_non_uniformity: squares(&self.levels) / n,
            level_non_uniformity_normalized: squares(&self.levels) / (n * n),
            size_non_uniformity: squares(&self.sizes) / n,
            size_non_uniformity_normalized: squares(&self.sizes) / (n * n),
            percentage: n / voxels,
            level_variance: variance(&self.levels),
            size_variance: variance(&self.sizes),
            // The distance from 1 to the next double, as PyRadiomics adds it.
            entropy: sum(-probabilities().map(|p| p * (p + f64::EPSILON).log2()).sum::<f64>()),
            energy: sum(probabilities().map(|p| p * p).sum()),
        }
    }
}

/// Sums of counts for each value, by rising value.
fn fill_margin(margin: &mut Vec<(f64, f64)>, counts: impl Iterator<Item = (f64, f64)>) {
    margin.clear();
    margin.extend(counts);
    if !margin.is_sorted_by(|a, b| a.0 <= b.0) {
        margin.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    margin.dedup_by(|next, first| {
        let same = next.0 == first.0;
        if same {
            first.1 += next.1;
        }
        same
    });
}

macro_rules! level_size_features {
    ($($field:ident $meaning:literal;)*) => {
        /// The features of a [`LevelSize`]; none has a unit.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct LevelSizeFeatures { $(#[doc = $meaning] pub $field: f64,)* }

        impl LevelSizeFeatures {
            /// The mean of each feature over several matrices, such as directions or slices.
            /// All NaN when there is none.
            pub fn mean(all: &[Self]) -> Self {
                let n = all.len() as f64;
                Self { $($field: all.iter().map(|f| f.$field).sum::<f64>() / n,)* }
            }
        }
    };
}

level_size_features! {
    small_emphasis "`Σ p_ij / j²`.";
    large_emphasis "`Σ p_ij j²`.";
    low_level_emphasis "`Σ p_ij / i²`.";
    high_level_emphasis "`Σ p_ij i²`.";
    small_low_emphasis "`Σ p_ij / i² j²`.";
    small_high_emphasis "`Σ p_ij i² / j²`.";
    large_low_emphasis "`Σ p_ij j² / i²`.";
    large_high_emphasis "`Σ p_ij i² j²`.";
    level_non_uniformity "`Σ_i (Σ_j n_ij)² / N`.";
    level_non_uniformity_normalized "`Σ_i (Σ_j n_ij)² / N²`.";
    size_non_uniformity "`Σ_j (Σ_i n_ij)² / N`.";
    size_non_uniformity_normalized "`Σ_j (Σ_i n_ij)² / N²`.";
    percentage "`N / Σ n_ij j`: things for each voxel they cover.";
    level_variance "`Σ p_ij (i − μ)²` with `μ = Σ p_ij i`.";
    size_variance "`Σ p_ij (j − μ)²` with `μ = Σ p_ij j`.";
    entropy "`−Σ p_ij log₂ (p_ij + ε)`, bits, with `ε = 2⁻⁵²` as in PyRadiomics.";
    energy "`Σ p_ij²` (IBSI, not in PyRadiomics).";
}

/// Counts by rank and size while a region is swept: small sizes in a table, the rest in a list.
///
/// Whole numbers: parts counted by several threads add up to the same in any order.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    width: usize,
    /// A row for each rank; that of 0, which is outside, is not read.
    table: Vec<u32>,
    rest: Vec<(u16, u32)>,
}

impl Tally {
    /// For ranks 1 to `ranks` and sizes of mostly `usual` or less. The table has at most 2¹⁶ cells.
    pub fn new(ranks: usize, usual: usize) -> Self {
        let width = usual.min((1 << 16) / (ranks + 1)).max(1);
        Self { width, table: vec![0; (ranks + 1) * width], rest: Vec::new() }
    }

    /// Counts one thing; rank and size start at 1.
    #[inline]
    pub fn add(&mut self, rank: u16, size: u32) {
        let (row, column) = (usize::from(rank), size as usize - 1);
        if column < self.width {
            self.table[row * self.width + column] += 1;
        } else {
            self.rest.push((rank, size));
        }
    }

    /// Counts a thing for each rank that is not 0; no size is larger than `most`.
    #[inline(always)]
    pub fn add_all<const N: usize>(&mut self, ranks: &[u16], sizes: &[u32; N], most: usize) {
        if most > self.width {
            let inside = ranks.iter().zip(sizes).filter(|&(&rank, _)| rank != 0);
            inside.for_each(|(&rank, &size)| self.add(rank, size));
            return;
        }
        // Cells are found by vector instructions, without a branch: what is outside has a row of its own, whose
        // cells take turns, as each would have to wait for itself.
        let turns = if self.width >= 8 { 0b111 } else { 0 };
        let mut cells = [0_u32; N];
        for (i, ((cell, &rank), &size)) in (0..).zip(cells.iter_mut().zip(ranks).zip(sizes)) {
            let column = if rank == 0 { i & turns } else { size - 1 };
            *cell = u32::from(rank) * self.width as u32 + column;
        }
        for &cell in &cells[..ranks.len().min(N)] {
            self.table[cell as usize] += 1;
        }
    }

    /// Adds what another has counted; both were made by the same call of [`Tally::new`].
    pub fn plus(mut self, other: Self) -> Self {
        for (count, more) in self.table.iter_mut().zip(other.table) {
            *count += more;
        }
        self.rest.extend(other.rest);
        self
    }

    /// Every rank, size and count that is not 0, by rising rank.
    pub fn counts(mut self) -> Vec<(u16, u32, u32)> {
        let mut counts = Vec::new();
        self.rest.sort_unstable();
        let mut rest = self.rest.chunk_by(|a, b| a == b).peekable();
        for (row, cells) in self.table.chunks_exact(self.width).enumerate().skip(1) {
            let rank = row as u16;
            let small = (1..).zip(cells).filter(|&(_, &count)| count > 0);
            counts.extend(small.map(|(size, &count)| (rank, size, count)));
            while let Some(same) = rest.next_if(|same| same[0].0 == rank) {
                counts.push((rank, same[0].1, same.len() as u32));
            }
        }
        counts
    }
}

/// The matrix of counts by rank and size, with the grey level `values[rank − 1]` for each rank.
pub(crate) fn from_ranks(counts: &[(u16, u32, u32)], values: &[u32]) -> LevelSize {
    let entry = |&(rank, size, count): &(u16, u32, u32)| Entry {
        level: values[usize::from(rank) - 1],
        size,
        count: f64::from(count),
    };
    LevelSize::new(counts.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_the_sums_over_the_dense_matrix() {
        // Rows are levels 1, 2, 4; columns sizes 1, 2, 5.
        let n = [[3.0, 0.0, 1.0], [2.0, 2.0, 0.0], [0.0, 1.0, 4.0]];
        let (i, j) = ([1.0, 2.0, 4.0], [1.0, 2.0, 5.0_f64]);
        let mut entries = Vec::new();
        for b in (0..3).rev() {
            for a in 0..3 {
                // Halves, so that entries must be added up.
                let entry = Entry { level: i[a] as u32, size: j[b] as u32, count: n[a][b] / 2.0 };
                entries.extend([entry, entry]);
            }
        }
        entries.retain(|e| e.count > 0.0);
        let f = LevelSize::new(entries).features();
        let total = 13.0;
        let sum = |g: &dyn Fn(usize, usize) -> f64| -> f64 {
            (0..9).map(|c| n[c / 3][c % 3] / total * g(c / 3, c % 3)).sum()
        };
        let (mi, mj) = (sum(&|a, _| i[a]), sum(&|_, b| j[b]));
        let expected = [
            (f.small_emphasis, sum(&|_, b| j[b].powi(-2))),
            (f.large_emphasis, sum(&|_, b| j[b].powi(2))),
            (f.low_level_emphasis, sum(&|a, _| 1.0 / (i[a] * i[a]))),
            (f.high_level_emphasis, sum(&|a, _| i[a] * i[a])),
            (f.small_low_emphasis, sum(&|a, b| (i[a] * j[b]).powi(-2))),
            (f.small_high_emphasis, sum(&|a, b| (i[a] / j[b]).powi(2))),
            (f.large_low_emphasis, sum(&|a, b| (j[b] / i[a]).powi(2))),
            (f.large_high_emphasis, sum(&|a, b| (i[a] * j[b]).powi(2))),
            (f.level_non_uniformity, (16.0 + 16.0 + 25.0) / total),
            (f.level_non_uniformity_normalized, (16.0 + 16.0 + 25.0) / total / total),
            (f.size_non_uniformity, (25.0 + 9.0 + 25.0) / total),
            (f.size_non_uniformity_normalized, (25.0 + 9.0 + 25.0) / total / total),
            (f.percentage, total / (5.0 + 6.0 + 25.0)),
            (f.level_variance, sum(&|a, _| (i[a] - mi).powi(2))),
            (f.size_variance, sum(&|_, b| (j[b] - mj).powi(2))),
            (f.entropy, -sum(&|a, b| if n[a][b] > 0.0 { (n[a][b] / total).log2() } else { 0.0 })),
            (f.energy, sum(&|a, b| n[a][b] / total)),
        ];
        for (index, (ours, expected)) in expected.into_iter().enumerate() {
            assert!((ours / expected - 1.0).abs() < 1e-14, "{index}: {ours} {expected}");
        }
    }

    #[test]
    fn empty_gives_nan() {
        let f = LevelSize::default().features();
        assert!(f.small_emphasis.is_nan() && f.entropy.is_nan() && f.energy.is_nan());
        assert!(LevelSizeFeatures::mean(&[]).percentage.is_nan());
    }

    #[test]
    fn tally_keeps_large_sizes() {
        for usual in [1, 4, 100] {
            let (mut a, mut b) = (Tally::new(2, usual), Tally::new(2, usual));
            a.add(1, 1);
            a.add(1, 70);
            a.add(2, 4);
            b.add(1, 70);
            b.add(2, 5);
            let a = a.plus(b);
            let entry = |level, size, count| Entry { level, size, count };
            let expected = [entry(3, 1, 1.0), entry(3, 70, 2.0), entry(9, 4, 1.0), entry(9, 5, 1.0)];
            assert_eq!(from_ranks(&a.counts(), &[3, 9]).entries(), expected);
        }
    }
}
