//! The lossless process: each sample as its difference from a prediction (T.81 annex H).

use super::{Header, huffman::Bits};

pub(super) fn decode(header: &Header<'_>) -> Result<Vec<u16>, String> {
    let (columns, rows) = (header.columns, header.rows);
    let table = header.dc_table()?;
    let shift = header.scan.point_transform;
    if shift >= header.precision {
        return Err(format!("point transform {shift} of {} bits", header.precision));
    }
    let predict: fn(i32, i32, i32) -> i32 = match header.scan.selection {
        1 => |a, _, _| a,
        2 => |_, b, _| b,
        3 => |_, _, c| c,
        4 => |a, b, c| a + b - c,
        5 => |a, b, c| a + ((b - c) >> 1),
        6 => |a, b, c| b + ((a - c) >> 1),
        7 => |a, b, _| (a + b) >> 1,
        other => return Err(format!("predictor {other}")),
    };
    // Restart intervals hold whole lines in this process.
    let interval = header.restart_interval;
    if !interval.is_multiple_of(columns) {
        return Err(format!("restart interval of {interval} samples in lines of {columns}"));
    }
    let interval = interval / columns;
    let mut bits = Bits::new(header.data);
    let mut samples = vec![0_u16; columns * rows];
    for row in 0..rows {
        let restarted = row == 0 || interval > 0 && row % interval == 0;
        if restarted && row > 0 {
            bits.restart()?;
        }
        let (above, line) = samples.split_at_mut(row * columns);
        let above = above.rchunks(columns).next().unwrap_or_default();
        for x in 0..columns {
            let prediction = match (restarted, x) {
                (true, 0) => 1 << (header.precision - shift - 1),
                (true, _) => line[x - 1].into(),
                (false, 0) => above[0].into(),
                (false, _) => predict(line[x - 1].into(), above[x].into(), above[x - 1].into()),
            };
            let difference = match bits.symbol(table)? {
                size @ 0..=15 => bits.number(size.into())?,
                16 => 32768,
                other => return Err(format!("a difference of {other} bits")),
            };
            line[x] = (prediction + difference) as u16; // modulo 2^16
        }
    }
    if shift > 0 {
        samples.iter_mut().for_each(|s| *s <<= shift);
    }
    Ok(samples)
}
