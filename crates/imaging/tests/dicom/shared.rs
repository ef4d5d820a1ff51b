//! Every image, mask and structure set of the reference collection reads.

use std::path::{Path, PathBuf};

use radiomics_imaging::io::{
    self, ReadOptions,
    dicom::{self, Content, RegionFile, SeriesOptions},
};
use radiomics_phantoms::reference::shared;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn every_file_of_the_collection_reads() {
    let Some(folder) = shared("data") else { return };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let (mut images, mut regions, mut other) = (0, 0, Vec::new());
    for path in found {
        let name = path.file_name().unwrap().to_string_lossy().to_ascii_lowercase();
        if name.ends_with(".md") || name.ends_with(".txt") {
            other.push(name);
            continue;
        }
        if dicom::recognised(&path)
            && let Some(file) = RegionFile::find(&path, None, &SeriesOptions::default()).unwrap()
        {
            assert!(!file.regions().is_empty(), "{}", path.display());
            regions += 1;
            continue;
        }
        let header = io::header(&path).unwrap_or_else(|e| panic!("{e}"));
        let image = io::read(&path, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(header.geometry, *image.geometry(), "{}", path.display());
        assert_eq!(header.sample_type, image.sample_type(), "{}", path.display());
        images += 1;
    }
    // Those of the collection at the time of writing; a larger one has more.
    assert!(images >= 60 + 42 && regions >= 1 && other.len() <= 10, "{images} {regions} {other:?}");
    let examined = dicom::examine(
        &folder.join("ibsi1_ct_phantom"),
        &SeriesOptions { recursive: true, ..SeriesOptions::default() },
    )
    .unwrap();
    let kinds: Vec<bool> = examined
        .series
        .iter()
        .map(|s| matches!(&s.content, Content::Image(found) if found.is_ok()))
        .collect();
    assert_eq!(kinds, [true, false]);
}
