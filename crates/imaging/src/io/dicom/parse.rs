//! Bytes → elements. Every length is checked against the bytes that are left before it is used; sequences of
//! undefined length are walked to their end, sixteen levels deep at most.

use super::{
    error::DicomError,
    guard::Limits,
    tags::{self, Tag},
};

/// How elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// Elements state their value representation.
    pub(crate) explicit: bool,
    pub(crate) big_endian: bool,
}

impl Encoding {
    pub(crate) const IMPLICIT: Self = Self { explicit: false, big_endian: false };
    pub(crate) const EXPLICIT: Self = Self { explicit: true, big_endian: false };
    pub(crate) const BIG_ENDIAN: Self = Self { explicit: true, big_endian: true };

    pub(super) fn u16(self, b: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }
    }

    pub(super) fn u32(self, b: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    }

    pub(super) fn u64(self, b: [u8; 8]) -> u64 {
        if self.big_endian { u64::from_be_bytes(b) } else { u64::from_le_bytes(b) }
    }
}

impl Encoding {
    /// Some writers put implicit items into explicit files: the first element shows it.
    pub(super) fn of_item(self, content: &[u8]) -> Self {
        match content.get(4..6) {
            Some(vr) if self.explicit && !vr.iter().all(u8::is_ascii_uppercase) => {
                Self { explicit: false, ..self }
            }
            _ => self,
        }
    }
}

/// Value representations that the standard defines.
pub(crate) const KNOWN_VR: [&[u8; 2]; 34] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"OB", b"OD", b"OF",
    b"OL", b"OV", b"OW", b"PN", b"SH", b"SL", b"SQ", b"SS", b"ST", b"SV", b"TM", b"UC", b"UI", b"UL", b"UN",
    b"UR", b"US", b"UT", b"UV",
];

/// One element; `value` holds the items where the length was undefined, without the closing delimiter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    pub(super) vr: Option<[u8; 2]>,
    pub(super) value: &'a [u8],
}

/// Where the pixels of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PixelElement {
    pub(crate) tag: Tag,
    /// First byte of the value, counted from the start of the data set.
    pub(crate) at: u64,
    /// Bytes of the value; `None` where it is encapsulated.
    pub(crate) length: Option<u64>,
}

/// Why parsing stopped.
pub(crate) enum Stop {
    /// So many bytes from the start are needed; the file has them.
    More(u64),
    Bad(DicomError),
}

impl From<DicomError> for Stop {
    fn from(error: DicomError) -> Self {
        Self::Bad(error)
    }
}

/// Inside a value all bytes are at hand: more are never coming.
pub(super) fn complete(stop: Stop) -> DicomError {
    match stop {
        Stop::Bad(error) => error,
        Stop::More(at) => DicomError::Damaged { what: "end of data".into(), at },
    }
}

/// A place in the bytes of a data set.
pub(super) struct Cursor<'a, 'l> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// Bytes of the file that follow `bytes`.
    pub(super) beyond: u64,
    pub(super) encoding: Encoding,
    pub(super) limits: &'l Limits,
    /// Sequences around this data set.
    pub(super) depth: usize,
}

/// What precedes a value.
pub(super) struct Head {
    pub(super) tag: Tag,
    pub(super) vr: Option<[u8; 2]>,
    /// `None`: undefined.
    pub(super) length: Option<u32>,
}

impl<'a> Cursor<'a, '_> {
    pub(super) fn damaged(&self, what: String) -> DicomError {
        DicomError::Damaged { what, at: self.at as u64 }
    }

    fn take<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        let start = self.at.checked_add(offset)?;
        self.bytes.get(start..start.checked_add(N)?)?.try_into().ok()
    }

    /// Stops for more bytes, or fails where the file has none.
    fn short(&self, needed: usize) -> Stop {
        let needed = self.at as u64 + needed as u64;
        let all = self.bytes.len() as u64 + self.beyond;
        if needed <= all {
            Stop::More(needed)
        } else {
            self.damaged("end of file inside an element".into()).into()
        }
    }

    /// Nothing more, but for padding: a few bytes that hold no element.
    fn end<T>(&self) -> Result<Option<T>, Stop> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if self.beyond > 0 || rest.iter().any(|&b| b != 0) { Err(self.short(8)) } else { Ok(None) }
    }

    /// The end of a value of `length` bytes that starts here.
    pub(super) fn end_of(&self, tag: Tag, length: u64) -> Result<usize, Stop> {
        let at_hand = (self.bytes.len() - self.at) as u64;
        if length <= at_hand {
            return Ok(self.at + length as usize);
        }
        let left = at_hand + self.beyond;
        if length <= left {
            return Err(Stop::More(self.at as u64 + length));
        }
        Err(DicomError::length(tag, length, left).into())
    }

    /// Tag, value representation and length of the next element; `None` at the end.
    pub(super) fn head(&mut self) -> Result<Option<Head>, Stop> {
        let Some(start) = self.take::<8>(0) else { return self.end() };
        let order = self.encoding;
        let [g0, g1, e0, e1, v0, v1, l0, l1] = start;
        let tag = Tag(order.u16([g0, g1]), order.u16([e0, e1]));
        let vr = [v0, v1];
        let delimiter = tag.0 == 0xFFFE;
        if !order.explicit || delimiter || !vr.iter().all(u8::is_ascii_uppercase) {
            self.at += 8;
            let length = order.u32([v0, v1, l0, l1]);
            return Ok(Some(Head { tag, vr: None, length: defined(length) }));
        }
        let long = matches!(
            &vr,
            b"OB"
                | b"OD"
                | b"OF"
                | b"OL"
                | b"OV"
                | b"OW"
                | b"SQ"
                | b"SV"
                | b"UC"
                | b"UN"
                | b"UR"
                | b"UT"
                | b"UV"
        );
        if !long {
            self.at += 8;
            return Ok(Some(Head { tag, vr: Some(vr), length: Some(order.u16([l0, l1]).into()) }));
        }
        let Some(length) = self.take::<4>(8) else { return Err(self.short(12)) };
        self.at += 12;
        Ok(Some(Head { tag, vr: Some(vr), length: defined(order.u32(length)) }))
    }

    /// Tag and length of the next item or delimiter; `None` at the end.
    pub(super) fn item(&mut self) -> Result<Option<(Tag, Option<u32>)>, Stop> {
        let Some([g0, g1, e0, e1, length @ ..]) = self.take::<8>(0) else {
            return self.end();
        };
        self.at += 8;
        let tag = Tag(self.encoding.u16([g0, g1]), self.encoding.u16([e0, e1]));
        Ok(Some((tag, defined(self.encoding.u32(length)))))
    }

    /// Elements up to the end, the end of the item, or (in a file) the pixels.
    pub(super) fn elements(&mut self, file: bool) -> Result<(Vec<Element<'a>>, Option<PixelElement>), Stop> {
        let mut elements = Vec::new();
        while let Some(Head { tag, vr, length }) = self.head()? {
            if tag == tags::ITEM_END && !file {
                break;
            }
            if tag.0 == 0xFFFE {
                return Err(self.damaged(format!("delimiter {tag} outside a sequence")).into());
            }
            let start = self.at;
            let pixels = [tags::FLOAT_PIXEL_DATA, tags::DOUBLE_PIXEL_DATA, tags::PIXEL_DATA];
            if file && pixels.iter().any(|p| p.tag == tag) {
                let length = length.map(u64::from);
                if let Some(length) = length {
                    let left = (self.bytes.len() - self.at) as u64 + self.beyond;
                    if length > left {
                        return Err(DicomError::length(tag, length, left).into());
                    }
                }
                return Ok((elements, Some(PixelElement { tag, at: start as u64, length })));
            }
            let end = match length {
                Some(length) => {
                    self.at = self.end_of(tag, length.into())?;
                    self.at
                }
                None => self.skip_sequence(vr, self.depth + 1)?,
            };
            elements.push(Element { tag, vr, value: &self.bytes[start..end] });
            self.limits.check_elements(elements.len())?;
        }
        Ok((elements, None))
    }

    /// Passes over items up to their delimiter; returns where the delimiter starts.
    fn skip_sequence(&mut self, vr: Option<[u8; 2]>, depth: usize) -> Result<usize, Stop> {
        self.limits.check_depth(depth)?;
        let outer = self.encoding;
        if vr == Some(*b"UN") {
            self.encoding = Encoding::IMPLICIT;
        }
        loop {
            let start = self.at;
            let Some((tag, length)) = self.item()? else {
                return Err(self.damaged("end of file inside a sequence".into()).into());
            };
            match (tag, length) {
                (tags::SEQUENCE_END, _) => {
                    self.encoding = outer;
                    return Ok(start);
                }
                (tags::ITEM, Some(length)) => self.at = self.end_of(tag, length.into())?,
                (tags::ITEM, None) => {
                    let encoding = self.encoding;
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    self.encoding = encoding.of_item(rest);
                    self.skip_item(depth)?;
                    self.encoding = encoding;
                }
                _ => return Err(self.damaged(format!("element {tag} inside a sequence")).into()),
            }
        }
    }

    /// Passes over the elements of an item of undefined length and its delimiter.
    fn skip_item(&mut self, depth: usize) -> Result<(), Stop> {
        loop {
            let Some(Head { tag, vr, length }) = self.head()? else {
                return Err(self.damaged("end of file inside an item".into()).into());
            };
            match length {
                _ if tag == tags::ITEM_END => return Ok(()),
                _ if tag.0 == 0xFFFE => {
                    return Err(self.damaged(format!("delimiter {tag} inside an item")).into());
                }
                Some(length) => self.at = self.end_of(tag, length.into())?,
                None => {
                    self.skip_sequence(vr, depth + 1)?;
                }
            }
        }
    }
}

fn defined(length: u32) -> Option<u32> {
    if length == u32::MAX { None } else { Some(length) }
}
