//! The sequential process: 8 × 8 cosine coefficients, quantised (T.81 annexes A and F).

use super::{Header, huffman::Bits};

/// Place of the k-th coefficient in the block.
#[rustfmt::skip]
const ZIGZAG: [usize; 64] = [
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

pub(super) fn decode(header: &Header<'_>) -> Result<Vec<u16>, String> {
    let (columns, rows) = (header.columns, header.rows);
    let quantisation = header.quantisations[header.quantisation].ok_or("a quantisation table is missing")?;
    let (dc, ac) = (header.dc_table()?, header.ac_table()?);
    let mut bits = Bits::new(header.data);
    let mut samples = vec![0_u16; columns * rows];
    let across = columns.div_ceil(8);
    let middle = 1_i64 << (header.precision - 1);
    let mut last_dc = 0_i32;
    for block in 0..across * rows.div_ceil(8) {
        if block > 0 && header.restart_interval > 0 && block % header.restart_interval == 0 {
            bits.restart()?;
            last_dc = 0;
        }
        let mut coefficients = [0_i64; 64];
        let size = bits.symbol(dc)?;
        if size > 15 {
            return Err(format!("a difference of {size} bits"));
        }
        last_dc = last_dc.wrapping_add(bits.number(size.into())?);
        coefficients[0] = i64::from(last_dc) * i64::from(quantisation[0]);
        let mut k = 1;
        while k < 64 {
            let symbol = bits.symbol(ac)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if zeros != 15 {
                    break; // end of block
                }
                k += 16;
                continue;
            }
            k += zeros;
            let Some(&place) = ZIGZAG.get(k) else {
                return Err("a coefficient lies outside its block".into());
            };
            coefficients[place] = i64::from(bits.number(size)?) * i64::from(quantisation[k]);
            k += 1;
        }
        let pixels = inverse_cosine(&coefficients, header.precision);
        let (left, top) = (block % across * 8, block / across * 8);
        for (y, line) in pixels.chunks_exact(8).enumerate().take(rows - top) {
            let start = (top + y) * columns + left;
            let width = (columns - left).min(8);
            for (sample, pixel) in samples[start..start + width].iter_mut().zip(line) {
                *sample = (pixel + middle).clamp(0, 2 * middle - 1) as u16;
            }
        }
    }
    Ok(samples)
}

/// Inverse cosine transform in the fixed-point arithmetic of the common libraries: Loeffler, Ligtenberg and
/// Moschytz 1989, doi:10.1109/ICASSP.1989.266596, with 13 bits of constants; columns first, rounded after
/// each pass.
fn inverse_cosine(coefficients: &[i64; 64], precision: u32) -> [i64; 64] {
    // Bits kept between the passes: fewer for 12-bit samples, so that 32 bits suffice elsewhere.
    let kept = if precision > 8 { 1 } else { 2 };
    let mut block = [0; 64];
    for x in 0..8 {
        let column = transform(std::array::from_fn(|y| coefficients[8 * y + x]), 13 - kept);
        for (y, value) in column.into_iter().enumerate() {
            block[8 * y + x] = value;
        }
    }
    for row in block.chunks_exact_mut(8) {
        let values = transform(std::array::from_fn(|x| row[x]), 13 + kept + 3);
        row.copy_from_slice(&values);
    }
    block
}

/// One pass over eight values; results are divided by 2^`shift`, rounded.
fn transform(v: [i64; 8], shift: u32) -> [i64; 8] {
    // Products of √2 and cosines of multiples of π/16, times 2^13.
    let z = (v[2] + v[6]) * 4433;
    let (even2, even3) = (z - v[6] * 15137, z + v[2] * 6270);
    let (sum, difference) = ((v[0] + v[4]) << 13, (v[0] - v[4]) << 13);
    let even = [sum + even3, difference + even2, difference - even2, sum - even3];

    let all = (v[7] + v[3] + v[5] + v[1]) * 9633;
    let (z1, z2) = ((v[7] + v[1]) * -7373, (v[5] + v[3]) * -20995);
    let (z3, z4) = ((v[7] + v[3]) * -16069 + all, (v[5] + v[1]) * -3196 + all);
    let odd = [v[1] * 12299 + z1 + z4, v[3] * 25172 + z2 + z3, v[5] * 16819 + z2 + z4, v[7] * 2446 + z1 + z3];
    let round = |value: i64| (value + (1 << (shift - 1))) >> shift;
    std::array::from_fn(|i| round(if i < 4 { even[i] + odd[i] } else { even[7 - i] - odd[7 - i] }))
}
