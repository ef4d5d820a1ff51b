//! JPEG-LS of one component, lossless and near-lossless (ITU-T T.87). Names of variables are those of the
//! standard.

use super::{Expected, Samples};

pub(super) fn decode(data: &[u8], expected: &Expected) -> Result<Samples, String> {
    let (parameters, precision, scan) = headers(data, expected)?;
    let samples = Decoder::new(parameters, scan).image(expected.columns, expected.rows)?;
    if precision <= 8 {
        let bytes = samples.iter().map(|&s| s as u8).collect();
        return Ok(Samples { bytes, width: 1, precision, signed: false });
    }
    let bytes = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    Ok(Samples { bytes, width: 2, precision, signed: false })
}

/// Coding parameters (C.2.4.1.1).
#[derive(Clone, Copy, Debug)]
struct Parameters {
    maxval: i32,
    near: i32,
    t: [i32; 3],
    reset: i32,
}

impl Parameters {
    /// Default thresholds; `given` are those of a preset segment, zero where not given.
    fn new(maxval: i32, near: i32, given: [i32; 4]) -> Result<Self, String> {
        let factor_up = (maxval.min(4095) + 128) / 256;
        let factor_down = 256 / (maxval + 1);
        let mut t = [0; 3];
        let mut low = near + 1;
        for (i, (basic, [offset, slope])) in [3, 7, 21].into_iter().zip([[2, 3], [3, 5], [4, 7]]).enumerate()
        {
            let default = if maxval >= 128 {
                factor_up * (basic - offset) + offset + slope * near
            } else {
                offset.max(basic / factor_down + slope * near)
            };
            let clamped = if default > maxval || default < low { low } else { default };
            t[i] = if given[i] > 0 { given[i] } else { clamped };
            low = t[i];
        }
        if near < 0 || near > maxval / 2 || t[0] <= near || t[0] > t[1] || t[1] > t[2] || t[2] > maxval {
            return Err(format!("thresholds {t:?} with NEAR {near} and MAXVAL {maxval}"));
        }
        let reset = if given[3] > 0 { given[3] } else { 64 };
        if reset < 3 {
            return Err(format!("RESET {reset}"));
        }
        Ok(Self { maxval, near, t, reset })
    }
}

/// Markers up to the scan: parameters, precision, entropy-coded bytes.
fn headers<'a>(data: &'a [u8], expected: &Expected) -> Result<(Parameters, u32, &'a [u8]), String> {
    if !data.starts_with(&[0xFF, 0xD8]) {
        return Err("it does not begin with a start-of-image marker".into());
    }
    let mut at = 2;
    let mut precision = 0;
    let mut preset = [0; 5];
    loop {
        let code = match data.get(at..at + 2) {
            Some([0xFF, 0xFF]) => {
                at += 1; // fill byte
                continue;
            }
            Some(&[0xFF, code]) => code,
            _ => return Err(format!("no marker at byte {at}")),
        };
        let word = |i: usize| -> Result<i32, String> {
            let pair = data.get(at + 2 + i..at + 4 + i).ok_or("a marker segment is cut off")?;
            Ok(u16::from_be_bytes([pair[0], pair[1]]).into())
        };
        let byte = |i: usize| data.get(at + 2 + i).copied().ok_or("a marker segment is cut off");
        let length = word(0)? as usize;
        match code {
            0xF7 => {
                precision = byte(2)?;
                expected.check(word(5)? as usize, word(3)? as usize, byte(7)?.into())?;
                if !(2..=16).contains(&precision) {
                    return Err(format!("{precision} bits a sample"));
                }
            }
            0xF8 if byte(2)? == 1 => {
                for (i, value) in preset.iter_mut().enumerate() {
                    *value = word(3 + 2 * i)?;
                }
            }
            0xF8 => return Err(format!("parameters of type {} (mapping tables)", byte(2)?)),
            0xDD => return Err("restart intervals".into()),
            0xDA => {
                if precision == 0 || byte(2)? != 1 || byte(4)? != 0 {
                    return Err("the scan header does not describe one plain component".into());
                }
                let (near, transform) = (byte(5)?, byte(7)?);
                if transform != 0 {
                    return Err(format!("point transform {transform}"));
                }
                let [maxval, t1, t2, t3, reset] = preset;
                let largest = (1 << precision) - 1;
                if maxval > largest {
                    return Err(format!("MAXVAL {maxval} in {precision} bits"));
                }
                let maxval = if maxval > 0 { maxval } else { largest };
                let parameters = Parameters::new(maxval, near.into(), [t1, t2, t3, reset])?;
                let scan = data.get(at + 2 + length..).ok_or("the scan is cut off")?;
                return Ok((parameters, precision.into(), scan));
            }
            0xC0..=0xCF => return Err("it is JPEG, not JPEG-LS".into()),
            0xD9 => return Err("it ends before its scan".into()),
            _ => {}
        }
        at += 2 + length;
    }
}

/// Contexts: 365 of the regular mode, two of run interruption.
const CONTEXTS: usize = 367;

/// Order of run lengths (A.2.1, initialisation 3).
const J: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

struct Decoder<'a> {
    p: Parameters,
    range: i32,
    qbpp: u32,
    limit: u32,
    a: [i32; CONTEXTS],
    b: [i32; CONTEXTS],
    c: [i32; CONTEXTS],
    n: [i32; CONTEXTS],
    /// Negative errors in the two contexts of run interruption.
    nn: [i32; 2],
    run_index: usize,
    bits: Bits<'a>,
}

impl<'a> Decoder<'a> {
    fn new(p: Parameters, scan: &'a [u8]) -> Self {
        let range = (p.maxval + 2 * p.near) / (2 * p.near + 1) + 1;
        let bits_for = |values: i32| 32 - (values - 1).leading_zeros();
        let bpp = bits_for(p.maxval + 1).max(2);
        Self {
            p,
            range,
            qbpp: bits_for(range),
            limit: 2 * (bpp + bpp.max(8)),
            a: [((range + 32) / 64).max(2); CONTEXTS],
            b: [0; CONTEXTS],
            c: [0; CONTEXTS],
            n: [1; CONTEXTS],
            nn: [0; 2],
            run_index: 0,
            bits: Bits { data: scan, at: 0, buffer: 0, held: 0, stuffed: false },
        }
    }

    fn image(mut self, columns: usize, rows: usize) -> Result<Vec<u16>, String> {
        let mut samples = Vec::with_capacity(columns * rows);
        // Lines with one more sample to the left and to the right (A.2.1).
        let mut above = vec![0_i32; columns + 2];
        let mut line = vec![0_i32; columns + 2];
        for _ in 0..rows {
            line[0] = above[1];
            above[columns + 1] = above[columns];
            self.line(&above, &mut line)?;
            samples.extend(line[1..=columns].iter().map(|&s| s as u16));
            std::mem::swap(&mut above, &mut line);
        }
        Ok(samples)
    }

    fn line(&mut self, above: &[i32], line: &mut [i32]) -> Result<(), String> {
        let columns = line.len() - 2;
        let near = self.p.near;
        let mut x = 1;
        while x <= columns {
            let (ra, rb, rc, rd) = (line[x - 1], above[x], above[x - 1], above[x + 1]);
            let d = [rd - rb, rb - rc, rc - ra];
            if d.iter().all(|d| d.abs() <= near) {
                let run = self.run(columns + 1 - x)?;
                line[x..x + run].fill(ra);
                x += run;
                if x <= columns {
                    line[x] = self.interruption(ra, above[x])?;
                    self.run_index = self.run_index.saturating_sub(1);
                    x += 1;
                }
            } else {
                line[x] = self.regular(d, ra, rb, rc)?;
                x += 1;
            }
        }
        Ok(())
    }

    /// A sample of the regular mode (A.4 to A.6).
    #[inline]
    fn regular(&mut self, d: [i32; 3], ra: i32, rb: i32, rc: i32) -> Result<i32, String> {
        let [q1, q2, q3] = d.map(|d| self.quantised(d));
        let context = 81 * q1 + 9 * q2 + q3;
        let (q, sign) = (context.unsigned_abs() as usize, if context < 0 { -1 } else { 1 });
        let px = if rc >= ra.max(rb) {
            ra.min(rb)
        } else if rc <= ra.min(rb) {
            ra.max(rb)
        } else {
            ra + rb - rc
        };
        let px = (px + sign * self.c[q]).clamp(0, self.p.maxval);
        let k = golomb(self.n[q], self.a[q]);
        let mapped = self.error(k, self.limit)?;
        let even = mapped & 1 == 0;
        let errval = if self.p.near == 0 && k == 0 && 2 * self.b[q] <= -self.n[q] {
            if even { -(mapped / 2) - 1 } else { mapped / 2 }
        } else if even {
            mapped / 2
        } else {
            -(mapped / 2) - 1
        };
        self.update(q, errval);
        Ok(self.reconstructed(px, sign * errval))
    }

    /// Region of a gradient (A.3.3).
    #[inline]
    fn quantised(&self, d: i32) -> i32 {
        let [t1, t2, t3] = self.p.t;
        let m = d.abs();
        let q = if m <= self.p.near {
            0
        } else if m < t1 {
            1
        } else if m < t2 {
            2
        } else if m < t3 {
            3
        } else {
            4
        };
        if d < 0 { -q } else { q }
    }

    /// Statistics of a context after an error (A.6).
    #[inline]
    fn update(&mut self, q: usize, errval: i32) {
        let (a, b, c, n) = (&mut self.a[q], &mut self.b[q], &mut self.c[q], &mut self.n[q]);
        *b += errval * (2 * self.p.near + 1);
        *a = a.saturating_add(errval.abs());
        if *n == self.p.reset {
            *a >>= 1;
            *b >>= 1;
            *n >>= 1;
        }
        *n += 1;
        if *b <= -*n {
            *b = (*b + *n).max(1 - *n);
            *c = (*c - 1).max(-128);
        } else if *b > 0 {
            *b = (*b - *n).min(0);
            *c = (*c + 1).min(127);
        }
    }

    /// Prediction and error → sample, modulo the range (A.4.5).
    #[inline]
    fn reconstructed(&self, px: i32, errval: i32) -> i32 {
        let (near, step) = (self.p.near, 2 * self.p.near + 1);
        let mut rx = px + errval * step;
        if rx < -near {
            rx += self.range * step;
        } else if rx > self.p.maxval + near {
            rx -= self.range * step;
        }
        rx.clamp(0, self.p.maxval)
    }

    /// Length of a run, at most `left` samples (A.7.1).
    fn run(&mut self, left: usize) -> Result<usize, String> {
        let mut run = 0;
        while self.bits.take(1)? == 1 {
            let whole = 1 << J[self.run_index];
            let part = whole.min(left - run);
            run += part;
            if part == whole && self.run_index < 31 {
                self.run_index += 1;
            }
            if run == left {
                return Ok(run);
            }
        }
        run += self.bits.take(J[self.run_index])? as usize;
        if run < left { Ok(run) } else { Err("a run reaches beyond its line".into()) }
    }

    /// The sample that ends a run (A.7.2).
    fn interruption(&mut self, ra: i32, rb: i32) -> Result<i32, String> {
        let same = (ra - rb).abs() <= self.p.near;
        let ritype = i32::from(same);
        let q = if same { 366 } else { 365 };
        let (px, sign) = if same { (ra, 1) } else { (rb, if ra > rb { -1 } else { 1 }) };
        let temp = if same { self.a[q].saturating_add(self.n[q] >> 1) } else { self.a[q] };
        let k = golomb(self.n[q], temp);
        let mapped = self.error(k, self.limit - J[self.run_index] - 1)?;
        let odd = (mapped + ritype) & 1 == 1;
        let magnitude = (mapped + ritype + i32::from(odd)) / 2;
        let nn = &mut self.nn[ritype as usize];
        let negative = (k != 0 || 2 * *nn >= self.n[q]) == odd;
        let errval = if negative { -magnitude } else { magnitude };
        if errval < 0 {
            *nn += 1;
        }
        self.a[q] = self.a[q].saturating_add((mapped + 1 - ritype) >> 1);
        if self.n[q] == self.p.reset {
            self.a[q] >>= 1;
            self.n[q] >>= 1;
            *nn >>= 1;
        }
        self.n[q] += 1;
        Ok(self.reconstructed(px, sign * errval))
    }

    /// A Golomb code of parameter `k`, limited in length (A.5.3).
    #[inline]
    fn error(&mut self, k: u32, limit: u32) -> Result<i32, String> {
        let longest = limit.checked_sub(self.qbpp + 1).ok_or("a code longer than its limit")?;
        let zeros = self.bits.zeros(longest)?;
        let mapped = if zeros < longest {
            i64::from(zeros) << k | i64::from(self.bits.take(k)?)
        } else {
            i64::from(self.bits.take(self.qbpp)?) + 1
        };
        // Twice the range is more than any error maps to.
        if mapped > 2 * i64::from(self.range) {
            return Err("an error value out of range".into());
        }
        Ok(mapped as i32)
    }
}

/// The smallest k with `n · 2^k ≥ a` (A.5.1).
#[inline]
fn golomb(n: i32, a: i32) -> u32 {
    let mut k = 0;
    while i64::from(n) << k < i64::from(a) {
        k += 1;
    }
    k
}

/// Bits, most significant first; after a byte 0xFF the next one holds seven.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    held: u32,
    stuffed: bool,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.held <= 48 {
            let Some(&byte) = self.data.get(self.at) else { return };
            if self.stuffed && byte & 0x80 != 0 {
                return; // a marker
            }
            let bits = if self.stuffed { 7 } else { 8 };
            self.buffer = self.buffer << bits | u64::from(byte);
            self.held += bits;
            self.stuffed = byte == 0xFF;
            self.at += 1;
        }
    }

    /// Up to 32 bits.
    #[inline]
    fn take(&mut self, count: u32) -> Result<u32, String> {
        if self.held < count {
            self.fill();
        }
        self.held = self.held.checked_sub(count).ok_or("it ends too early")?;
        Ok((self.buffer >> self.held & ((1 << count) - 1)) as u32)
    }

    /// Zeros before the next one, which is passed, too.
    #[inline]
    fn zeros(&mut self, most: u32) -> Result<u32, String> {
        let mut zeros = 0;
        loop {
            if self.held == 0 {
                self.fill();
            }
            if self.held == 0 {
                return Err("it ends too early".into());
            }
            let window = self.buffer << (64 - self.held);
            let found = window.leading_zeros().min(self.held);
            zeros += found;
            if zeros > most {
                return Err("a code longer than its limit".into());
            }
            if found < self.held {
                self.held -= found + 1;
                return Ok(zeros);
            }
            self.held = 0;
        }
    }
}
