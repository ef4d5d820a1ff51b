//! Functions of grey levels, their sums and differences, looked up row by row so that several are added at once.

/// Rows of values; row 0 is 0, so that what is outside adds nothing.
pub struct Tables {
    /// Of a sum `k` of two levels, counted from the middle of the range: `k, k², k³, k⁴`.
    pub sums: Box<[[f64; 4]; 512]>,
    /// Of one more than a difference `k`: `k, k², 1/(1+k), 1/(1+k²), 1/(1+k²/N²), 1/(1+k/N), 1/k² or 0`.
    pub differences: Box<[[f64; 8]; 256]>,
    /// Of a grey level `i`: `1, i, i², 1/i²`.
    pub levels: Box<[[f64; 4]; 256]>,
    /// Of a grey level: `1/i², i², 1/i², i²`, for products with `by_size`.
    pub by_level: Box<[[f64; 4]; 256]>,
    /// Of a size `j`: `1, j, j², 1/j²`.
    pub sizes: Box<[[f64; 4]; 32]>,
    /// Of a size: `1/j², 1/j², j², j²`.
    pub by_size: Box<[[f64; 4]; 32]>,
    /// `1/n`, 0 for 0.
    pub inverse: Box<[f64; 64]>,
    /// `log₂ n`, 0 for 0.
    pub log2: Box<[f64; 64]>,
    /// The middle of the range of sums: twice the mean of 0 and the highest level, as a whole number.
    pub middle: f64,
}

impl Tables {
    /// For levels up to `highest`, at most 255.
    pub fn new(highest: u32) -> Self {
        let levels = f64::from(highest);
        let middle = f64::from(highest) + 1.0;
        let mut tables = Self {
            sums: Box::new([[0.0; 4]; 512]),
            differences: Box::new([[0.0; 8]; 256]),
            levels: Box::new([[0.0; 4]; 256]),
            by_level: Box::new([[0.0; 4]; 256]),
            sizes: Box::new([[0.0; 4]; 32]),
            by_size: Box::new([[0.0; 4]; 32]),
            inverse: Box::new([0.0; 64]),
            log2: Box::new([0.0; 64]),
            middle,
        };
        for (k, row) in tables.sums.iter_mut().enumerate().skip(1) {
            let k = k as f64 - middle;
            *row = [k, k * k, k * k * k, k * k * k * k];
        }
        for (place, row) in tables.differences.iter_mut().enumerate().skip(1) {
            let k = place as f64 - 1.0;
            let inverse_square = if k > 0.0 { 1.0 / (k * k) } else { 0.0 };
            let normalised = k / levels;
            *row = [
                k,
                k * k,
                1.0 / (1.0 + k),
                1.0 / (1.0 + k * k),
                1.0 / (1.0 + normalised * normalised),
                1.0 / (1.0 + normalised),
                inverse_square,
                0.0,
            ];
        }
        let powers = |k: usize| (k as f64, (k * k) as f64, 1.0 / (k * k) as f64);
        for k in 1..256 {
            let (i, square, inverse) = powers(k);
            tables.levels[k] = [1.0, i, square, inverse];
            tables.by_level[k] = [inverse, square, inverse, square];
        }
        for k in 1..32 {
            let (j, square, inverse) = powers(k);
            tables.sizes[k] = [1.0, j, square, inverse];
            tables.by_size[k] = [inverse, inverse, square, square];
        }
        for n in 1..64 {
            tables.inverse[n] = 1.0 / n as f64;
            tables.log2[n] = (n as f64).log2();
        }
        tables
    }
}
