//! The table in `docs/conventions.md` says what `convention.rs` says.

#![allow(clippy::panic)] // a test that fails shows the table that should stand there

use radiomics_core::convention::POINTS;

#[test]
fn the_guide_has_the_table_of_points() {
    let guide = include_str!("../../../docs/conventions.md");
    let mut table =
        String::from("| | point | PyRadiomics | IBSI | manual; setting |\n|---:|---|---|---|---|\n");
    for (i, point) in POINTS.iter().enumerate() {
        let ibsi = if point.ibsi.is_empty() { "—" } else { point.ibsi };
        table += &format!(
            "| {} | {} | {} | {ibsi} | {} |\n",
            i + 1,
            point.subject,
            point.pyradiomics,
            point.source
        );
    }
    let count = guide.lines().filter(|line| line.starts_with("| ")).count();
    if !guide.contains(&table) || count != POINTS.len() + 1 {
        panic!("docs/conventions.md should hold this table and no other:\n\n{table}");
    }
}
