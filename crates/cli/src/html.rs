//! The report of the demonstration: one page that needs no other file.

use std::fmt::Write;

use radiomics_core::names::{FeatureClass, FeatureName};
use radiomics_phantoms::lesion::LesionSettings;

use crate::{
    params::with_unit,
    table::{Cell, Table, rounded},
};

/// Marks pages that the demonstration made.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"radiomics demo\">";

/// The page: what was drawn, what was measured, the picture, and every feature of the first row.
pub fn report(settings: &LesionSettings, table: &Table, png: &[u8]) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{GENERATOR}\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>radiomics demo</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>Features of a synthetic lesion</h1>\n\
         <p class=\"note\"><b>Synthetic data.</b> Scan and lesion were drawn by a program (seed {seed}). \
         No voxel comes from a patient, and nothing here says anything about a disease.</p>\n\
         <img alt=\"Axial, sagittal and coronal slice with the outline of the lesion, and a close view\" \
         src=\"data:image/png;base64,{png}\">\n\
         <p>Axial, sagittal and coronal plane through the middle of the lesion, and the axial one from close by. \
         R, L, A, P, H, F: right, left, front, back, head, feet of the patient. Bars: 5 cm and 1 cm.</p>\n",
        seed = settings.seed,
        png = base64(png),
    );
    truth(settings, table, &mut page);
    features(table, &mut page);
    let _ = write!(
        page,
        "<p class=\"small\">radiomics {}. Names, settings and numbers are those of PyRadiomics 3.1.0; codes are those \
         of the IBSI reference manual. All digits and the settings are in <code>features.csv</code>.</p>\n\
         </body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    page
}

/// What the lesion was drawn with beside what was measured.
fn truth(settings: &LesionSettings, table: &Table, page: &mut String) {
    let value = |name: &str| match table.get(0, &format!("original_{name}")) {
        Some(Cell::Number(value)) => *value,
        _ => f64::NAN,
    };
    let solid = settings.solid();
    let rows = [
        ("Volume, mm³", solid.volume(), value("shape_MeshVolume"), "ellipsoid against mesh of the voxels"),
        (
            "Surface, mm²",
            solid.surface_area(),
            value("shape_SurfaceArea"),
            "the steps of the voxels make it larger",
        ),
        ("Mean, HU", settings.mean, value("firstorder_Mean"), "voxels are whole numbers"),
        ("Variance, HU²", settings.deviation * settings.deviation, value("firstorder_Variance"), ""),
    ];
    page.push_str(
        "<h2>Known truth</h2>\n<table>\n<tr><th>Quantity<th class=\"n\">drawn<th class=\"n\">measured<th>\n",
    );
    for (name, drawn, measured, note) in rows {
        let _ = writeln!(
            page,
            "<tr><td>{name}<td class=\"n\">{drawn:.1}<td class=\"n\">{measured:.1}<td class=\"small\">{note}"
        );
    }
    page.push_str("</table>\n");
}

fn features(table: &Table, page: &mut String) {
    page.push_str("<h2>Features</h2>\n<table>\n");
    let mut group = "";
    for column in table.columns() {
        let Some(Cell::Number(value)) = table.get(0, column) else { continue };
        let Some((class, feature)) = column.strip_prefix("original_").and_then(|name| name.split_once('_'))
        else {
            continue;
        };
        if class != group {
            group = class;
            let _ = writeln!(page, "<tr><th colspan=\"4\" class=\"class\">{class}");
        }
        let known = known(class, feature);
        let (code, unit, meaning) = known.map_or(("", "", ""), |k| (k.ibsi, k.unit, k.meaning));
        let _ = writeln!(
            page,
            "<tr><td>{feature}<td class=\"n\">{}<td class=\"small\">{code}<td class=\"small\">{}",
            rounded(*value),
            escaped(&with_unit(meaning, unit))
        );
    }
    page.push_str("</table>\n");
}

fn known(class: &str, feature: &str) -> Option<&'static FeatureName> {
    let class = FeatureClass::ALL.into_iter().find(|c| c.name() == class)?;
    class.features().iter().find(|f| f.name == feature)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| bits << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let six = bits >> (18 - 6 * place) & 63;
            text.push(if place <= three.len() { ALPHABET[six as usize] as char } else { '=' });
        }
    }
    text
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:966px;margin:2em auto;padding:0 1em;color:#222}\
img{width:100%;height:auto;background:#000}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:2px 10px 2px 0;border-bottom:1px solid #eee;vertical-align:top}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.small{color:#666;font-size:85%}\
.class{padding-top:1em;font-size:110%}.note{background:#fff4d6;border-left:4px solid #ffb000;padding:.5em 1em}\
code{background:#f4f4f4;padding:0 .2em}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_standard() {
        // RFC 4648, section 10.
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
