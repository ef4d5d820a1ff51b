//! What the fuzz targets do with their bytes. Readers open files, so each input becomes a file in memory.
//!
//! Checked are: no panic, no overflow, no allocation beyond libFuzzer's limits, errors that name the file in a
//! few words, and a header that agrees with what is read.

#[allow(dead_code)] // part of a program, which uses more of it
#[path = "../../crates/cli/src/batch/cohort.rs"]
mod cohort;

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use radiomics_core::{Extractor, Params, ParamsFormat};
use radiomics_imaging::io::{self, ReadOptions, dicom};

/// Most memory for voxels that an input may ask for.
pub const MAX_BYTES: u64 = 32 << 20;

/// NIfTI: single files, as they are and packed, and pairs.
pub fn nifti(data: &[u8]) {
    let Some((form, bytes)) = data.split_first() else { return };
    match form % 4 {
        0 => image("a.nii", bytes),
        1 => image("a.nii.gz", bytes),
        2 => image("a.nii.gz", &gzip(bytes)),
        _ => image("a.hdr", bytes),
    }
}

/// NRRD: attached and detached.
pub fn nrrd(data: &[u8]) {
    let Some((form, bytes)) = data.split_first() else { return };
    image(["a.nrrd", "a.nhdr"][usize::from(form % 2)], bytes);
}

/// MetaImage: local and with data files.
pub fn metaimage(data: &[u8]) {
    let Some((form, bytes)) = data.split_first() else { return };
    image(["a.mha", "a.mhd"][usize::from(form % 2)], bytes);
}

/// DICOM images: a file alone, and in a folder beside a good slice.
pub fn dicom(data: &[u8]) {
    let path = file("dicom/a.dcm", data);
    let options = dicom_options();
    let folder = path.parent().unwrap_or(&path);
    let _ = dicom::list(folder, &options).map_err(|e| short(&e));
    let _ = dicom::read(folder, &options).map_err(|e| short(&e));
    match (dicom::header(&path, &options), dicom::read(&path, &options)) {
        (Ok(head), Ok(read)) => assert_eq!(&head.geometry, read.image.geometry()),
        (Err(_), Ok(_)) => panic!("the header is bad, the voxels are good?"),
        (_, Err(error)) => short(&error),
    }
}

/// DICOM-SEG: all segments on their own grid, and each on the grid of an image.
pub fn seg(data: &[u8]) {
    let path = file("seg.dcm", data);
    let limits = dicom_options().limits;
    let seg = match dicom::Segmentation::open(&path, &limits) {
        Ok(seg) => seg,
        Err(error) => return short(&error),
    };
    if let (Ok(grid), Ok(mask)) = (seg.grid(), seg.mask(None, None, 0.5, &limits)) {
        assert_eq!(&grid, mask.geometry());
    }
    let (_, grid) = small_ct();
    for segment in seg.segments().iter().take(8) {
        let _ = seg.segment(&dicom::RegionChoice::Name(segment.label.clone())).map_err(|e| short(&e));
        match seg.mask(Some(segment), Some(&grid), 0.5, &limits) {
            Ok(mask) => assert!(mask.regions().iter().all(|r| r.label == u32::from(segment.number))),
            Err(error) => short(&error),
        }
    }
}

/// RTSTRUCT: each region on the grid of an image, whatever becomes of contours beside it.
pub fn rtstruct(data: &[u8]) {
    let path = file("rt.dcm", data);
    let set = match dicom::StructureSet::open(&path, &dicom_options().limits) {
        Ok(set) => set,
        Err(error) => return short(&error),
    };
    let (_, grid) = small_ct();
    for roi in set.rois().iter().take(8) {
        let _ = set.roi(&dicom::RegionChoice::Name(roi.name.clone())).map_err(|e| short(&e));
        for stray in [dicom::StrayContours::Refuse, dicom::StrayContours::Skip] {
            match roi.mask(&grid, stray) {
                Ok(filled) => assert_eq!(filled.mask.geometry(), &grid),
                Err(error) => short(&error),
            }
        }
    }
}

/// The list of cases of `radiomics batch`.
pub fn cohort(data: &[u8]) {
    match cohort::Cohort::parse(data) {
        Ok(cohort) => {
            assert!(!cohort.cases.is_empty());
            for case in &cohort.cases {
                assert!(!case.image.is_empty() && !case.mask.is_empty());
                assert_eq!(case.extra.len(), cohort.extra.len());
            }
        }
        Err(error) => short(&error),
    }
}

/// Parameter files in all three languages; what is accepted must read back from JSON as the same.
pub fn params(data: &[u8]) {
    let Some((form, bytes)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let format = [ParamsFormat::Yaml, ParamsFormat::Json, ParamsFormat::Toml][usize::from(form % 3)];
    match Params::parse(text, format) {
        Ok(params) => {
            let json = params.to_json().to_string();
            let again = Params::parse(&json, ParamsFormat::Json).expect("own JSON is accepted");
            assert_eq!(again.to_json().to_string(), json);
            let _ = Extractor::new(params);
        }
        Err(error) => short(&error),
    }
}

/// A file with this content; data files that headers may name lie beside it.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch().join(name);
    // Overwritten in place: cheaper than a new file.
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).expect("scratch");
    file.write_all(bytes).expect("scratch");
    file.set_len(bytes.len() as u64).expect("scratch");
    path
}

/// Limits under which DICOM is read.
pub fn dicom_options() -> dicom::SeriesOptions {
    let limits = dicom::Limits { file_bytes: MAX_BYTES, voxel_bytes: MAX_BYTES, ..Default::default() };
    dicom::SeriesOptions { limits, recursive: true, ..Default::default() }
}

/// An error text is for people.
pub fn short(error: &dyn std::error::Error) {
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() < 4000, "{} bytes: {text}", text.len());
}

/// Bytes in the packing of gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect("memory");
    out.finish().expect("memory")
}

fn image(name: &str, bytes: &[u8]) {
    let path = file(name, bytes);
    let options = ReadOptions { max_bytes: MAX_BYTES, ..ReadOptions::default() };
    let head = io::header(&path);
    match (head, io::read(&path, &options)) {
        (Ok(head), Ok(read)) => {
            assert_eq!(&head.geometry, read.geometry());
            if let Ok(mask) = io::read_mask(&path, &options) {
                let voxels: usize = mask.regions().iter().map(|r| r.voxels).sum();
                assert!(voxels <= head.geometry.voxels());
            }
        }
        (Err(_), Ok(_)) => panic!("the header is bad, the voxels are good?"),
        (_, Err(error)) => {
            short(&error);
            assert!(error.to_string().contains(&*scratch().to_string_lossy()), "{error}");
        }
    }
}

/// A folder of this process, in memory where the system has such a place.
fn scratch() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let shm = Path::new("/dev/shm");
        let root = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
        let folder = root.join(format!("radiomics-fuzz-{}", std::process::id()));
        fs::create_dir_all(folder.join("dicom")).expect("scratch");
        let ramp: Vec<u8> = (0..24_i16).flat_map(i16::to_le_bytes).collect();
        for name in ["a.img", "a.raw", "1.raw"] {
            fs::write(folder.join(name), &ramp).expect("scratch");
        }
        for (name, part) in [("b.raw", &ramp[..24]), ("c.raw", &ramp[24..])] {
            fs::write(folder.join(name), part).expect("scratch");
        }
        fs::write(folder.join("a.raw.gz"), gzip(&ramp)).expect("scratch");
        fs::write(folder.join("dicom/good.dcm"), good_slice()).expect("scratch");
        folder
    })
}

/// One slice of a small CT.
fn good_slice() -> Vec<u8> {
    use radiomics_phantoms::dicom::{EXPLICIT, Encoding, ct_slices};
    let (voxels, grid) = small_ct();
    ct_slices(&voxels, &grid, 3)[1].file(EXPLICIT, Encoding::Explicit)
}

/// Voxels that all differ, on an oblique grid.
pub fn small_ct() -> (ndarray::Array3<i16>, radiomics_imaging::Geometry) {
    let direction = [[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]];
    let grid = radiomics_imaging::Geometry::new([5, 4, 3], [0.75, 0.5, 2.5], [-10.0, 20.0, 30.5], direction);
    let voxels = ndarray::Array3::from_shape_fn([3, 4, 5], |(z, y, x)| (1000 * z + 10 * y + x) as i16 - 1024);
    (voxels, grid.expect("a good grid"))
}
