//! A data set read in place: elements point into the bytes of the file, nothing is copied.
//!
//! Every length is checked against the bytes that are left before it is used, so that the memory a file costs
//! is bounded by its size. Sequences are opened only when asked for; damage in one that nobody needs does no
//! harm.

use std::borrow::Cow;

use super::{
    error::DicomError,
    guard::Limits,
    parse::{Cursor, Element, Encoding, Head, PixelElement, Stop, complete},
    tags::{self, Attribute, Tag},
    text::CharacterSet,
};

/// The elements of a data set or item.
#[derive(Clone, Debug)]
pub(crate) struct DataSet<'a> {
    elements: Vec<Element<'a>>,
    encoding: Encoding,
    characters: CharacterSet,
    limits: Limits,
    depth: usize,
}

impl<'a> DataSet<'a> {
    /// Reads the elements before the pixels. `beyond` bytes of the file follow those at hand.
    pub(crate) fn header(
        bytes: &'a [u8],
        beyond: u64,
        encoding: Encoding,
        limits: &Limits,
    ) -> Result<(Self, Option<PixelElement>), Stop> {
        let mut cursor = Cursor { bytes, at: 0, beyond, encoding, limits, depth: 0 };
        let (elements, pixels) = cursor.elements(true)?;
        Ok((Self::with(elements, encoding, CharacterSet::default(), *limits, 0), pixels))
    }

    /// Reads meta information: the elements of group 2, and the bytes they take.
    pub(crate) fn meta(
        bytes: &'a [u8],
        beyond: u64,
        encoding: Encoding,
        limits: &Limits,
    ) -> Result<(Self, usize), Stop> {
        let mut cursor = Cursor { bytes, at: 0, beyond, encoding, limits, depth: 0 };
        let mut elements = Vec::new();
        loop {
            let start = cursor.at;
            match cursor.head()? {
                Some(Head { tag, vr, length: Some(length) }) if tag.0 == 2 => {
                    let value = cursor.at;
                    cursor.at = cursor.end_of(tag, length.into())?;
                    elements.push(Element { tag, vr, value: &bytes[value..cursor.at] });
                    limits.check_elements(elements.len())?;
                }
                _ => return Ok((Self::with(elements, encoding, CharacterSet::default(), *limits, 0), start)),
            }
        }
    }

    fn with(
        mut elements: Vec<Element<'a>>,
        encoding: Encoding,
        characters: CharacterSet,
        limits: Limits,
        depth: usize,
    ) -> Self {
        if !elements.is_sorted_by_key(|e| e.tag) {
            elements.sort_by_key(|e| e.tag); // stable: of two elements with one tag the first is taken
        }
        let mut set = Self { elements, encoding, characters, limits, depth };
        if let Some(named) = set.words(tags::CHARACTER_SET) {
            set.characters = CharacterSet::named(&named);
        }
        set
    }

    pub(crate) fn element(&self, tag: Tag) -> Option<&Element<'a>> {
        let first = self.elements.partition_point(|e| e.tag < tag);
        self.elements.get(first).filter(|e| e.tag == tag)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The value as written, `None` where it is absent or empty.
    pub(crate) fn bytes(&self, attribute: Attribute) -> Option<&'a [u8]> {
        self.element(attribute.tag).map(|e| e.value).filter(|v| !v.is_empty())
    }

    /// Text in the character set of the file, without padding; `None` where it is absent or empty.
    pub(crate) fn text(&self, attribute: Attribute) -> Option<String> {
        let text = self.characters.decode(self.bytes(attribute)?);
        let text = text.trim_matches([' ', '\0']);
        if text.is_empty() { None } else { Some(text.to_owned()) }
    }

    /// A code, identifier or UID: plain ASCII.
    pub(crate) fn code(&self, attribute: Attribute) -> Option<Cow<'a, str>> {
        let text = String::from_utf8_lossy(self.bytes(attribute)?);
        let trimmed = text.trim_matches([' ', '\0']);
        if trimmed.is_empty() {
            None
        } else if trimmed.len() == text.len() {
            Some(text)
        } else {
            Some(Cow::Owned(trimmed.to_owned()))
        }
    }

    /// Codes separated by backslashes.
    pub(crate) fn words(&self, attribute: Attribute) -> Option<Vec<String>> {
        Some(self.code(attribute)?.split('\\').map(|w| w.trim_matches([' ', '\0']).to_owned()).collect())
    }

    /// All numbers of an element, binary or text; `None` where it is absent or empty.
    ///
    /// # Errors
    /// Text that is no finite number.
    pub(crate) fn numbers(&self, attribute: Attribute) -> Result<Option<Vec<f64>>, DicomError> {
        let Some(element) = self.element(attribute.tag) else { return Ok(None) };
        let vr = element.vr.filter(|vr| vr != b"UN").unwrap_or(attribute.vr);
        let order = self.encoding;
        let value = element.value;
        let numbers: Vec<f64> = match &vr {
            b"US" => fixed(value, |b| order.u16(b).into()),
            b"SS" => fixed(value, |b| (order.u16(b) as i16).into()),
            b"UL" | b"OL" => fixed(value, |b| order.u32(b).into()),
            b"SL" => fixed(value, |b| (order.u32(b) as i32).into()),
            b"FL" | b"OF" => fixed(value, |b| f32::from_bits(order.u32(b)).into()),
            b"FD" | b"OD" => fixed(value, |b| f64::from_bits(order.u64(b))),
            b"UV" | b"OV" => fixed(value, |b| order.u64(b) as f64),
            b"SV" => fixed(value, |b| order.u64(b) as i64 as f64),
            _ => decimal_strings(value, attribute)?,
        };
        if let Some(bad) = numbers.iter().find(|n| !n.is_finite()) {
            return Err(DicomError::field(attribute, bad, "finite numbers"));
        }
        Ok(if numbers.is_empty() { None } else { Some(numbers) })
    }

    /// The first number of an element.
    pub(crate) fn number(&self, attribute: Attribute) -> Result<Option<f64>, DicomError> {
        Ok(self.numbers(attribute)?.map(|n| n[0]))
    }

    /// Exactly `N` numbers.
    pub(crate) fn vector<const N: usize>(
        &self,
        attribute: Attribute,
    ) -> Result<Option<[f64; N]>, DicomError> {
        let Some(numbers) = self.numbers(attribute)? else { return Ok(None) };
        match <[f64; N]>::try_from(numbers.as_slice()) {
            Ok(vector) => Ok(Some(vector)),
            Err(_) => Err(DicomError::field(
                attribute,
                format!("{} numbers", numbers.len()),
                format!("{N} numbers"),
            )),
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self, attribute: Attribute) -> Result<Option<u64>, DicomError> {
        match self.number(attribute)? {
            None => Ok(None),
            Some(n) if n >= 0.0 && n.fract() == 0.0 && n < 1e15 => Ok(Some(n as u64)),
            Some(n) => Err(DicomError::field(attribute, n, "a whole number that is not negative")),
        }
    }

    /// A private element: group and block are found by the name of their creator, `number` is the element in
    /// the block.
    pub(crate) fn private(&self, creator: &str, group: u16, number: u8, vr: [u8; 2]) -> Option<Attribute> {
        let block = (0x10..=0xFF_u16).find(|&block| {
            let named = Attribute { tag: Tag(group, block), vr: *b"LO", name: "private creator" };
            self.code(named).is_some_and(|c| c.eq_ignore_ascii_case(creator))
        })?;
        Some(Attribute { tag: Tag(group, block << 8 | u16::from(number)), vr, name: "private element" })
    }

    /// The items of a sequence; none where it is absent.
    ///
    /// # Errors
    /// Damaged items, or sequences nested too deeply.
    pub(crate) fn items(&self, attribute: Attribute) -> Result<Vec<DataSet<'a>>, DicomError> {
        let Some(element) = self.element(attribute.tag) else { return Ok(Vec::new()) };
        let depth = self.depth + 1;
        self.limits.check_depth(depth)?;
        // A sequence whose type was unknown to the writer is implicit little endian (CP-246).
        let encoding = if element.vr == Some(*b"UN") { Encoding::IMPLICIT } else { self.encoding };
        let limits = &self.limits;
        let mut cursor = Cursor { bytes: element.value, at: 0, beyond: 0, encoding, limits, depth };
        let mut items = Vec::new();
        while let Some((tag, length)) = cursor.item().map_err(complete)? {
            if tag == tags::SEQUENCE_END {
                break;
            }
            if tag != tags::ITEM {
                return Err(cursor.damaged(format!("element {tag} instead of an item of {attribute}")));
            }
            let rest = &element.value[cursor.at..];
            let encoding = encoding.of_item(rest);
            let mut inner = Cursor { bytes: rest, at: 0, beyond: 0, encoding, limits, depth };
            if let Some(length) = length {
                inner.bytes = &rest[..inner.end_of(tag, length.into()).map_err(complete)?];
            }
            let (elements, _) = inner.elements(false).map_err(complete)?;
            cursor.at += if length.is_some() { inner.bytes.len() } else { inner.at };
            items.push(Self::with(elements, encoding, self.characters, self.limits, depth));
            limits.check_elements(items.len())?;
        }
        Ok(items)
    }

    /// The first item of a sequence.
    pub(crate) fn item(&self, attribute: Attribute) -> Result<Option<DataSet<'a>>, DicomError> {
        Ok(self.items(attribute)?.into_iter().next())
    }
}

fn decimal_strings(value: &[u8], attribute: Attribute) -> Result<Vec<f64>, DicomError> {
    let text = std::str::from_utf8(value)
        .map_err(|_| DicomError::field(attribute, "not readable as text", "numbers"))?;
    let text = text.trim_matches([' ', '\0']);
    let mut numbers = Vec::with_capacity(text.len() / 8);
    for part in text.split('\\') {
        let part = part.trim_matches([' ', '\0']);
        if part.is_empty() {
            continue;
        }
        numbers.push(
            part.parse().map_err(|_| {
                DicomError::field(attribute, part, "decimal numbers separated by backslashes")
            })?,
        );
    }
    Ok(numbers)
}

fn fixed<const N: usize>(value: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    value.chunks_exact(N).filter_map(|c| c.try_into().ok()).map(number).collect()
}
