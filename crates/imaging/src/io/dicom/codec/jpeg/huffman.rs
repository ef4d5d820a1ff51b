//! Huffman codes and the bits of a scan (T.81 annexes C and F).

/// Codes of up to this length are found in one step.
const QUICK: u32 = 9;

/// A Huffman table.
pub(super) struct Table {
    /// Symbol and length for every `QUICK` bits; length 0 where the code is longer.
    quick: Vec<(u8, u8)>,
    /// For each length: one past its last code, shifted to 16 bits, and what to add for the index of a
    /// symbol.
    ends: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Reads a table; returns the bytes it takes, too.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, usize), String> {
        let counts = bytes.get(..16).ok_or("a Huffman table is cut off")?;
        let total: usize = counts.iter().map(|&c| usize::from(c)).sum();
        let symbols = bytes.get(16..16 + total).ok_or("a Huffman table is cut off")?.to_vec();
        let mut quick = vec![(0, 0); 1 << QUICK];
        let mut ends = [(0, 0); 17];
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            let offset = index as i32 - code as i32;
            for _ in 0..count {
                if code >= 1 << length {
                    return Err("a Huffman table holds more codes than there are".into());
                }
                if length <= QUICK {
                    let first = (code << (QUICK - length)) as usize;
                    quick[first..first + (1 << (QUICK - length))].fill((symbols[index], length as u8));
                }
                code += 1;
                index += 1;
            }
            ends[length as usize] = (code << (16 - length), offset);
            code <<= 1;
        }
        Ok((Self { quick, ends, symbols }, 16 + total))
    }
}

/// Bits of a scan, most significant first, without stuffed zeros.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    buffer: u64,
    /// Bits in the buffer.
    held: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, held: 0 }
    }

    fn fill(&mut self) {
        while self.held <= 56 {
            let byte = match self.data.get(self.at..) {
                Some([0xFF, 0, ..]) => {
                    self.at += 2;
                    0xFF
                }
                Some([0xFF, ..] | []) | None => return, // a marker or the end
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer = self.buffer << 8 | u64::from(byte);
            self.held += 8;
        }
    }

    /// The next 16 bits, with zeros after the end.
    fn peek(&mut self) -> u32 {
        if self.held < 16 {
            self.fill();
        }
        let bits =
            if self.held >= 16 { self.buffer >> (self.held - 16) } else { self.buffer << (16 - self.held) };
        bits as u32 & 0xFFFF
    }

    fn skip(&mut self, count: u32) -> Result<(), String> {
        self.held = self.held.checked_sub(count).ok_or("it ends too early")?;
        Ok(())
    }

    /// The next symbol of a table.
    #[inline]
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, String> {
        let bits = self.peek();
        let (symbol, length) = table.quick[(bits >> (16 - QUICK)) as usize];
        if length > 0 {
            self.skip(length.into())?;
            return Ok(symbol);
        }
        for length in QUICK + 1..=16 {
            let (end, offset) = table.ends[length as usize];
            if bits < end {
                self.skip(length)?;
                let index = (bits >> (16 - length)) as i32 + offset;
                return table
                    .symbols
                    .get(index as usize)
                    .copied()
                    .ok_or_else(|| "a code stands for nothing".into());
            }
        }
        Err("a code stands for nothing".into())
    }

    /// A signed number of `size` (up to 15) bits: T.81 `RECEIVE` and `EXTEND`.
    #[inline]
    pub(super) fn number(&mut self, size: u32) -> Result<i32, String> {
        if size == 0 {
            return Ok(0);
        }
        let value = (self.peek() >> (16 - size)) as i32;
        self.skip(size)?;
        Ok(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// Passes a restart marker and the padding before it.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        self.held = 0;
        self.buffer = 0;
        while let Some([0xFF, 0xFF, ..]) = self.data.get(self.at..) {
            self.at += 1;
        }
        match self.data.get(self.at..) {
            Some([0xFF, 0xD0..=0xD7, ..]) => {
                self.at += 2;
                Ok(())
            }
            _ => Err("a restart marker is missing".into()),
        }
    }
}
