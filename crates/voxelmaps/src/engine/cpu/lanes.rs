//! Numbers of several windows side by side: loops over lanes become vector instructions.

/// Windows that are evaluated together: as many as bytes fit a vector of 256 bits.
pub const LANES: usize = 32;

/// A small whole number of each window.
pub type Bytes = [u8; LANES];
/// A whole number of each window.
pub type Words = [u16; LANES];
/// A real number of each window.
pub type Reals = [f64; LANES];

/// An array with one expression for each lane.
macro_rules! lanes {
    ($l:ident => $value:expr) => {{
        let mut lanes = [Default::default(); $crate::engine::cpu::lanes::LANES];
        for $l in 0..$crate::engine::cpu::lanes::LANES {
            lanes[$l] = $value;
        }
        lanes
    }};
}
pub(crate) use lanes;

/// All ones for true, 0 for false: what comparisons of vectors give.
#[inline(always)]
pub fn mask(condition: bool) -> u8 {
    u8::from(condition).wrapping_neg()
}

/// One of two bytes, the first where a mask is all ones.
#[inline(always)]
pub fn choose(mask: u8, yes: u8, no: u8) -> u8 {
    (mask & yes) | (!mask & no)
}

/// Adds up rows of a table: of each lane the sum of the rows that its bytes name.
#[inline(always)]
pub fn sum_rows<const K: usize>(bytes: &[Bytes], table: &[[f64; K]; 256], sums: &mut [Reals; K]) {
    sum_rows_at(bytes, |byte, l| usize::from(byte[l]), table, sums);
}

/// Adds up rows of a table: of each lane the sum of the rows whose numbers `place` tells for each item.
#[inline(always)]
pub fn sum_rows_at<I, const K: usize, const N: usize>(
    items: impl IntoIterator<Item = I, IntoIter: Clone>,
    place: impl Fn(&I, usize) -> usize,
    table: &[[f64; K]; N],
    sums: &mut [Reals; K],
) {
    let items = items.into_iter();
    for first in (0..LANES).step_by(4) {
        // Lane after lane: a row of the table is a vector, and the processor overlaps the lanes by itself.
        let rows: [[f64; K]; 4] = std::array::from_fn(|lane| {
            let mut sum = [0.0; K];
            for item in items.clone() {
                let row = &table[place(&item, first + lane) % N];
                (0..K).for_each(|k| sum[k] += row[k]);
            }
            sum
        });
        for k in 0..K {
            (0..4).for_each(|lane| sums[k][first + lane] = rows[lane][k]);
        }
    }
}

/// Runs a closure that was compiled for vectors of 256 bits where the processor has them; chosen when it runs.
///
/// The closure must be marked `#[inline(always)]`, and so must what it calls. Results do not change: no compiler contracts
/// or reorders floating-point operations on its own.
#[inline(always)]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return simd.vectorize(work);
    }
    work()
}

/// `Σ log₂ count` over rows of counts from 1 to 36: the logarithm of their product, which a double holds.
#[inline(always)]
pub fn log2_of_product(counts: &[Bytes]) -> Reals {
    const ONES: Bytes = [1; LANES];
    let mut product = [1.0; LANES];
    for some in counts.chunks(5) {
        // Three counts fit a word of 16 bits, five one of 31.
        let [a, b, c, d, e] = std::array::from_fn(|place| some.get(place).unwrap_or(&ONES));
        for l in 0..LANES {
            let three = u16::from(a[l]) * u16::from(b[l]) * u16::from(c[l]);
            let two = u16::from(d[l]) * u16::from(e[l]);
            product[l] *= f64::from(i32::from(three) * i32::from(two));
        }
    }
    log2(&product)
}

/// Base-2 logarithms of numbers from 1 to 2¹⁰²³, to a few units in the last place; of powers of two exact.
#[inline(always)]
pub fn log2(x: &Reals) -> Reals {
    lanes!(l => log2_of(x[l]))
}

/// `x = m 2ᵉ` with `m` around 1; `ln m = 2 artanh t`, `t = (m − 1) / (m + 1)`, by its series.
#[inline(always)]
fn log2_of(x: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;
    // Adding 2⁵² to a whole number puts it into the lowest bits of a double.
    const MAGIC: u64 = 0x4330_0000_0000_0000;
    let bits = x.to_bits();
    // Shift the range of m from [1, 2) to [√½, √2).
    let upper = u64::from((bits & MANTISSA) > 0x6_a09e_667f_3bcd);
    let m = f64::from_bits((bits & MANTISSA) | (ONE - (upper << 52)));
    let e = f64::from_bits(MAGIC | ((bits >> 52) + upper)) - (4_503_599_627_370_496.0 + 1023.0);
    let t = (m - 1.0) / (m + 1.0);
    let t2 = t * t;
    let mut series = 1.0 / 21.0;
    for odd in [19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        series = series * t2 + 1.0 / odd;
    }
    e + t * series * (2.0 * std::f64::consts::LOG2_E)
}

/// `1 − exp(−x)` for `x` from 0 to 100, absolute error below 10⁻¹⁵.
#[inline(always)]
pub fn one_minus_exp(x: &Reals) -> Reals {
    const MAGIC: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²: adding it rounds to a whole number
    lanes!(l => {
        let y = -x[l] * std::f64::consts::LOG2_E;
        let rounded = y + MAGIC;
        let whole = rounded - MAGIC;
        let r = (y - whole) * std::f64::consts::LN_2; // |r| ≤ 0.35
        let mut series = 1.0 / 13.0;
        for k in [12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0] {
            // 1 + r/1 (1 + r/2 (1 + …))
            series = series * r + 1.0;
            series *= 1.0 / k;
        }
        let power = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
        1.0 - (series * r + 1.0) * power
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_those_of_the_standard_library() {
        let mut x = 1.0_f64;
        while x < 1e60 {
            let ours = log2(&[x; LANES])[7];
            assert!((ours - x.log2()).abs() <= 4e-16 * (1.0 + x.log2()), "{x}: {ours} {}", x.log2());
            x *= 1.037;
        }
        (0..200).for_each(|e| assert_eq!(log2(&[2.0_f64.powi(e); LANES])[0], f64::from(e)));
        for step in 0..4000 {
            let x = f64::from(step) * 0.005;
            let ours = one_minus_exp(&[x; LANES])[31];
            assert!((ours + (-x).exp_m1()).abs() <= 1e-15, "{x}: {ours} {}", -(-x).exp_m1());
        }
    }

    #[test]
    fn a_product_of_many_counts_keeps_its_logarithm() {
        for n in 1..=36 {
            let counts: Vec<Bytes> = (0..n).map(|i| [(1 + (i * 7) % 36) as u8; LANES]).collect();
            let expected: f64 = counts.iter().map(|c| f64::from(c[0]).log2()).sum();
            assert!((log2_of_product(&counts)[5] - expected).abs() < 1e-12);
            let full = log2_of_product(&vec![[36; LANES]; n])[0];
            assert!((full - n as f64 * 36.0_f64.log2()).abs() < 1e-12);
        }
    }
}
