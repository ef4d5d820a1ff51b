//! SVG of each figure, byte for byte.

use std::{fs, path::Path};

#[test]
fn figures_are_drawn_as_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let renew = std::env::var_os("RADIOMICS_RENEW_GOLDEN").is_some();
    let mut changed = Vec::new();
    let mut names = Vec::new();
    for figure in crate::all_figures() {
        let svg = figure.svg().expect("encodes");
        let path = folder.join(format!("{}.svg", figure.name));
        names.push(figure.name.clone());
        if renew {
            fs::write(&path, svg).expect("golden file is written");
        } else if fs::read_to_string(&path).ok().as_deref() != Some(&svg) {
            changed.push(figure.name);
        }
    }
    assert!(changed.is_empty(), "drawn otherwise than the golden files: {changed:?}");
    for entry in fs::read_dir(&folder).expect("folder of golden files") {
        let name =
            entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(names.contains(&name), "golden file {name}.svg belongs to no figure");
    }
}
