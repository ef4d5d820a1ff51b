//! A value that PyRadiomics owes to rounding alone, and that its maps hold.

/// NGTDM busyness of several levels whose products `i n_i` are all equal. The divisor `Σ |i p_i − j p_j|` is then 0, but what
/// PyRadiomics calculates may be some 10⁻¹⁶, as `p_i = n_i / N` is rounded: busyness is about 10¹⁵ there and 0 elsewhere.
///
/// `levels` are pairs of level and voxels; `weighted` is the dividend `Σ p_i s_i`.
pub(super) fn busyness(levels: impl Iterator<Item = (f64, f64)> + Clone, voxels: f64, weighted: f64) -> f64 {
    let product = |(i, n): (f64, f64)| i * (n / voxels);
    let differences =
        levels.clone().map(|a| levels.clone().map(|b| (product(a) - product(b)).abs()).sum::<f64>());
    let divisor: f64 = differences.sum();
    if divisor == 0.0 { 0.0 } else { weighted / divisor }
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_products_are_divided_by_rounding() {
        // Level 1 eighteen times, 3 six, 9 twice: 18/26, 3 · 6/26, 9 · 2/26.
        let levels = [(1.0, 18.0), (3.0, 6.0), (9.0, 2.0)];
        let products = levels.map(|(i, n)| i * (n / 26.0));
        let flat = products.iter().all(|&p| p == products[0]);
        let busyness = super::busyness(levels.into_iter(), 26.0, 1.0);
        assert!(if flat { busyness == 0.0 } else { busyness > 1e14 });
        assert_eq!(super::busyness([(2.0, 1.0), (1.0, 2.0)].into_iter(), 4.0, 1.0), 0.0);
    }
}
