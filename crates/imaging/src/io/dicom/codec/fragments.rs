//! Encapsulated pixel data (PS3.5 A.4): a table of offsets, then fragments, one or several for each frame.

use std::ops::Range;

use crate::io::dicom::{
    error::DicomError,
    tags::{self, Tag},
};

/// Splits the value of encapsulated pixel data into frames: for each the places of its fragments, to be
/// joined.
///
/// # Errors
/// Fragments that reach beyond the data, or do not fit the number of frames.
pub(in crate::io::dicom) fn frames(data: &[u8], count: usize) -> Result<Vec<Vec<Range<usize>>>, DicomError> {
    let (table, fragments) = split(data)?;
    if fragments.len() == count {
        return Ok(fragments.into_iter().map(|(_, f)| vec![f]).collect());
    }
    if count == 1 && !fragments.is_empty() {
        return Ok(vec![fragments.into_iter().map(|(_, f)| f).collect()]);
    }
    let starts: Vec<usize> = if table.len() == count {
        let found = |at: usize| fragments.binary_search_by_key(&at, |(offset, _)| *offset).ok();
        table.iter().map(|&at| found(at as usize)).collect::<Option<_>>()
    } else {
        // Without a table: JPEG and JPEG 2000 frames begin with their marker.
        let begins = |f: &[u8]| f.starts_with(&[0xFF, 0xD8]) || f.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]);
        Some((0..fragments.len()).filter(|&i| begins(&data[fragments[i].1.clone()])).collect())
    }
    .unwrap_or_default();
    if starts.len() != count || starts.first() != Some(&0) || !starts.is_sorted_by(|a, b| a < b) {
        return Err(DicomError::Field {
            field: tags::PIXEL_DATA.to_string(),
            found: format!("{} fragments", fragments.len()),
            expected: format!(
                "fragments of {count} frames, told apart by an offset table or their first bytes"
            ),
        });
    }
    let ends = starts.iter().skip(1).copied().chain([fragments.len()]);
    Ok(starts
        .iter()
        .zip(ends)
        .map(|(&s, e)| fragments[s..e].iter().map(|(_, f)| f.clone()).collect())
        .collect())
}

/// Offset from the first fragment, and the place of the content.
type Fragment = (usize, Range<usize>);

/// The offset table and the fragments.
fn split(data: &[u8]) -> Result<(Vec<u32>, Vec<Fragment>), DicomError> {
    let mut items: Vec<Fragment> = Vec::new();
    let mut at = 0;
    let mut first = 0;
    while let Some(head) = data.get(at..at + 8) {
        let tag = Tag(u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if tag == tags::SEQUENCE_END {
            break;
        }
        if tag != tags::ITEM {
            return Err(DicomError::Damaged {
                what: format!("element {tag} among fragments"),
                at: at as u64,
            });
        }
        let start = at + 8;
        if length > data.len() - start {
            return Err(DicomError::length(tag, length as u64, (data.len() - start) as u64));
        }
        at = start + length;
        if items.is_empty() {
            first = at;
        }
        items.push((start.saturating_sub(8 + first), start..at));
    }
    if items.is_empty() {
        return Err(DicomError::Damaged { what: "pixel data without fragments".into(), at: 0 });
    }
    let (_, table) = items.remove(0);
    let table = data[table].chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
    Ok((table, items))
}
