//! Text measured and drawn with an embedded font, so that no system font is needed.
//!
//! The font is a cut of Arimo (SIL Open Font Licence, `fonts/`) to Latin, Greek, Cyrillic and the signs of papers.
//! Its advances equal those of Arial, Helvetica and Liberation Sans, so a text in an SVG keeps its width on any machine.

use std::sync::OnceLock;

use ttf_parser::Face;

/// Regular and bold, as bytes for the page.
pub(crate) const REGULAR: &[u8] = include_bytes!("../fonts/RadiomicsReportSans-Regular.ttf");
pub(crate) const BOLD: &[u8] = include_bytes!("../fonts/RadiomicsReportSans-Bold.ttf");
/// Families an SVG asks for; all have the same advances but the last.
pub(crate) const FAMILY: &str =
    "'Radiomics Report Sans', Arimo, 'Liberation Sans', Arial, Helvetica, sans-serif";

/// Part of the size that capitals stand above the baseline, and that descenders hang below it.
pub(crate) const ASCENT: f64 = 0.74;
pub(crate) const DESCENT: f64 = 0.22;
/// Distance of baselines in multiples of the size.
pub(crate) const LEADING: f64 = 1.25;

pub(crate) fn face(bold: bool) -> Option<&'static Face<'static>> {
    static FACES: [OnceLock<Option<Face<'static>>>; 2] = [OnceLock::new(), OnceLock::new()];
    let bytes = if bold { BOLD } else { REGULAR };
    FACES[usize::from(bold)].get_or_init(|| Face::parse(bytes, 0).ok()).as_ref()
}

/// Advance of one character in multiples of the size; of the box for unknown characters where the font lacks it.
fn advance(face: &Face<'_>, c: char) -> f64 {
    let glyph = face.glyph_index(c).unwrap_or_default();
    f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) / f64::from(face.units_per_em())
}

/// Width of a line of text in pixels, without kerning, as it is also drawn.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    match face(bold) {
        Some(face) => text.chars().map(|c| advance(face, c)).sum::<f64>() * size,
        None => 0.56 * size * text.chars().count() as f64,
    }
}

/// Breaks text into lines no wider than `limit`: at spaces, else after `_ - / , .`, else anywhere.
pub(crate) fn wrap(text: &str, size: f64, bold: bool, limit: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if width((line.clone() + piece).trim_end(), size, bold) <= limit {
            line.push_str(piece);
            continue;
        }
        if !line.trim().is_empty() {
            lines.push(line.trim_end().to_string());
        }
        line = String::new();
        for c in piece.chars() {
            if !line.is_empty() && width(&format!("{line}{c}"), size, bold) > limit {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_string());
    }
    lines
}

/// At most `most` lines; the last ends in an ellipsis where text was cut.
pub(crate) fn wrap_to(text: &str, size: f64, bold: bool, limit: f64, most: usize) -> Vec<String> {
    let mut lines = wrap(text, size, bold, limit);
    if lines.len() > most {
        // What the last line may show begins after the signs of the lines before it.
        let signs = |t: &str| t.chars().filter(|c| !c.is_whitespace()).count();
        let mut before: usize = lines[..most - 1].iter().map(|l| signs(l)).sum();
        let rest = text.trim_start().chars().skip_while(|c| {
            let skip = before > 0 || c.is_whitespace();
            before -= usize::from(skip && !c.is_whitespace());
            skip
        });
        let mut last: String = rest.collect();
        while !last.is_empty() && width(&format!("{last}…"), size, bold) > limit {
            last.pop();
        }
        lines.truncate(most - 1);
        lines.push(format!("{}…", last.trim_end()));
    }
    lines
}

/// One line cut in its middle, two fifths of its head and three of its tail: names of features differ at their ends.
pub(crate) fn cut_middle(text: &str, size: f64, bold: bool, limit: f64) -> String {
    if width(text, size, bold) <= limit {
        return text.into();
    }
    let signs: Vec<char> = text.chars().collect();
    let line = |n: usize| {
        let head = 2 * n / 5;
        let start: String = signs[..head].iter().collect();
        let end: String = signs[signs.len() - (n - head)..].iter().collect();
        format!("{start}…{end}")
    };
    (0..signs.len()).rev().map(line).find(|l| width(l, size, bold) <= limit).unwrap_or_default()
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', '_', '-', '/', ','])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test] // Arial's advances: digits 1139 of 2048, capital A 1366
    fn advances_are_those_of_arial() {
        assert!((width("0", 2048.0, false) - 1139.0).abs() < 1e-9);
        assert!((width("A", 2048.0, false) - 1366.0).abs() < 1e-9);
        assert!((width("−", 2048.0, false) - 1196.0).abs() < 1e-9);
    }

    #[test]
    fn lines_keep_to_the_limit_and_lose_nothing() {
        let text = "wavelet-LLH_glcm_InverseDifferenceMomentNormalized of the lesion";
        for limit in [40.0, 90.0, 200.0] {
            let lines = wrap(text, 11.0, false, limit);
            assert!(lines.iter().all(|l| width(l, 11.0, false) <= limit));
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
        for most in 1..4 {
            let lines = wrap_to(text, 11.0, false, 90.0, most);
            assert!(lines.len() <= most && lines.iter().all(|l| width(l, 11.0, false) <= 90.0));
            let start = lines.concat().replace(['…', ' '], "");
            assert!(text.replace(' ', "").starts_with(&start) && start.len() > 10 * most, "{lines:?}");
        }
        let cut = cut_middle(text, 11.0, false, 120.0);
        assert!(
            cut.starts_with("wave") && cut.ends_with("lesion") && width(&cut, 11.0, false) <= 120.0,
            "{cut}"
        );
    }

    #[test]
    fn signs_of_papers_are_there() {
        let face = face(false).expect("the embedded font reads");
        for c in "×≥≤−–—μχ²³αβΔ±→←∞ρ√₁₂₀⁻⁵•…κ′≈■●○łéΩж".chars()
        {
            assert!(face.glyph_index(c).is_some(), "{c}");
        }
    }
}
