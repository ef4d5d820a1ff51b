//! JPEG of one component (ITU-T T.81): sequential with 8 or 12 bits, lossless with 2 to 16 bits.
//!
//! Written for this purpose because it must be exact: restart intervals, point transforms and all seven
//! predictors of the lossless process, 12 bits, and the inverse cosine transform to the same integers as the
//! common libraries.
mod huffman;
mod lossless;
mod sequential;

use huffman::Table;

use super::{Expected, Samples};

/// What the markers before the scan say.
struct Header<'a> {
    lossless: bool,
    precision: u32,
    rows: usize,
    columns: usize,
    component: u8,
    /// Quantisation table of the component.
    quantisation: usize,
    quantisations: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    restart_interval: usize,
    scan: Scan,
    data: &'a [u8],
}

/// The scan header.
struct Scan {
    dc: usize,
    ac: usize,
    /// Predictor of the lossless process; first coefficient otherwise.
    selection: u8,
    point_transform: u32,
}

pub(super) fn decode(data: &[u8], expected: &Expected) -> Result<Samples, String> {
    let header = Header::parse(data, expected)?;
    let samples = if header.lossless { lossless::decode(&header)? } else { sequential::decode(&header)? };
    let precision = header.precision;
    if precision <= 8 {
        let bytes = samples.iter().map(|&s| s as u8).collect();
        return Ok(Samples { bytes, width: 1, precision, signed: false });
    }
    let bytes = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    Ok(Samples { bytes, width: 2, precision, signed: false })
}

impl<'a> Header<'a> {
    fn parse(data: &'a [u8], expected: &Expected) -> Result<Self, String> {
        let mut header = Self {
            lossless: false,
            precision: 0,
            rows: expected.rows,
            columns: expected.columns,
            component: 0,
            quantisation: 0,
            quantisations: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            scan: Scan { dc: 0, ac: 0, selection: 0, point_transform: 0 },
            data: &[],
        };
        if !data.starts_with(&[0xFF, 0xD8]) {
            return Err("it does not begin with a start-of-image marker".into());
        }
        let mut at = 2;
        loop {
            let code = match data.get(at..at + 2) {
                Some([0xFF, 0xFF]) => {
                    at += 1; // fill byte
                    continue;
                }
                Some(&[0xFF, code]) => code,
                _ => return Err(format!("no marker at byte {at}")),
            };
            let length = data.get(at + 2..at + 4).map(|l| usize::from(u16::from_be_bytes([l[0], l[1]])));
            let end = at + 2 + length.filter(|l| *l >= 2).ok_or("a marker is cut off")?;
            let segment = data.get(at + 4..end).ok_or("a marker segment is cut off")?;
            match code {
                0xC4 => header.huffman_tables(segment)?,
                0xDB => header.quantisation_tables(segment)?,
                0xDD => header.restart_interval = usize::from(word(segment, 0)?),
                0xC0..=0xCF if code != 0xC8 && code != 0xCC => header.frame(code, segment, expected)?,
                0xDA => {
                    header.scan(segment)?;
                    header.data = &data[end..];
                    return Ok(header);
                }
                0xD9 => return Err("it ends before its scan".into()),
                _ => {}
            }
            at = end;
        }
    }

    fn frame(&mut self, code: u8, segment: &[u8], expected: &Expected) -> Result<(), String> {
        let &[precision, _, _, _, _, components, component, _, table, ..] = segment else {
            return Err("the frame header is cut off".into());
        };
        expected.check(word(segment, 3)?.into(), word(segment, 1)?.into(), components.into())?;
        match (code, precision) {
            (0xC0 | 0xC1, 8) | (0xC1, 12) => self.lossless = false,
            (0xC3, 2..=16) => self.lossless = true,
            (0xC0 | 0xC1 | 0xC3, _) => return Err(format!("{precision} bits a sample")),
            _ => {
                return Err(format!(
                    "JPEG process SOF{} (progressive, hierarchical or arithmetic)",
                    code - 0xC0
                ));
            }
        }
        self.precision = precision.into();
        self.component = component;
        self.quantisation = usize::from(table & 3);
        Ok(())
    }

    fn scan(&mut self, segment: &[u8]) -> Result<(), String> {
        let &[1, component, tables, selection, _, transform, ..] = segment else {
            return Err("the scan header does not describe one component".into());
        };
        if self.precision == 0 || component != self.component {
            return Err("the scan is of another component than the frame".into());
        }
        self.scan = Scan {
            dc: usize::from(tables >> 4 & 3),
            ac: usize::from(tables & 3),
            selection,
            point_transform: u32::from(transform & 15),
        };
        Ok(())
    }

    fn huffman_tables(&mut self, mut segment: &[u8]) -> Result<(), String> {
        while let [class_and_slot, rest @ ..] = segment {
            let (table, used) = Table::parse(rest)?;
            let tables = if class_and_slot >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            tables[usize::from(class_and_slot & 3)] = Some(table);
            segment = &rest[used..];
        }
        Ok(())
    }

    fn quantisation_tables(&mut self, mut segment: &[u8]) -> Result<(), String> {
        while let [precision_and_slot, rest @ ..] = segment {
            let width = if precision_and_slot >> 4 == 0 { 1 } else { 2 };
            let bytes = rest.get(..64 * width).ok_or("a quantisation table is cut off")?;
            let mut table = [0; 64];
            for (q, b) in table.iter_mut().zip(bytes.chunks_exact(width)) {
                *q = b.iter().fold(0, |q, b| q << 8 | u16::from(*b));
            }
            self.quantisations[usize::from(precision_and_slot & 3)] = Some(table);
            segment = &rest[64 * width..];
        }
        Ok(())
    }

    fn dc_table(&self) -> Result<&Table, String> {
        self.dc[self.scan.dc].as_ref().ok_or_else(|| "a Huffman table is missing".into())
    }

    fn ac_table(&self) -> Result<&Table, String> {
        self.ac[self.scan.ac].as_ref().ok_or_else(|| "a Huffman table is missing".into())
    }
}

fn word(bytes: &[u8], at: usize) -> Result<u16, String> {
    let pair = bytes.get(at..at + 2).ok_or("a marker segment is cut off")?;
    Ok(u16::from_be_bytes([pair[0], pair[1]]))
}
