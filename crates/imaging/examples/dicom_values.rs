//! Reads DICOM files and writes their values as doubles, for comparison with other readers.
//!
//! `dicom_values OUT [--on IMAGE] PATH...`: for each path (an image file, a folder, a segmentation or a structure set)
//! one line on standard output: number, `ok` and what was read, or `error` and why; the values go to
//! `OUT/<number>.f64` in the order x, y, z. Masks lie on the grid of IMAGE, segmentations without it on their
//! own.

use std::{
    env,
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use radiomics_imaging::{
    Geometry,
    io::dicom::{self, DicomError, Kind, Limits, Segmentation, SeriesOptions, StrayContours, StructureSet},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).peekable();
    let out = PathBuf::from(arguments.next().ok_or("usage: dicom_values OUT [--on IMAGE] PATH...")?);
    let options = SeriesOptions { missing_geometry: true, ..SeriesOptions::default() };
    let mut grid = None;
    if arguments.next_if(|a| a == "--on").is_some() {
        let image = PathBuf::from(arguments.next().ok_or("--on needs an image")?);
        grid = Some(*dicom::read(&image, &options)?.image.geometry());
    }
    let mut lines = io::stdout().lock();
    for (i, path) in arguments.enumerate() {
        match values(path.as_ref(), grid.as_ref(), &options) {
            Ok((said, values)) => {
                writeln!(lines, "{i}\tok\t{said}")?;
                let mut file = BufWriter::new(File::create(out.join(format!("{i}.f64")))?);
                for value in values {
                    file.write_all(&value.to_le_bytes())?;
                }
                file.flush()?;
            }
            Err(error) => writeln!(lines, "{i}\terror\t{}", error.cause().to_string().replace('\n', " | "))?,
        }
    }
    Ok(())
}

/// What a file is, and its values.
fn values(
    path: &Path,
    grid: Option<&Geometry>,
    options: &SeriesOptions,
) -> Result<(String, Vec<f64>), DicomError> {
    let listing = dicom::list(path, options)?;
    let kind = listing.series.first().map(|s| s.kind);
    match (kind, grid) {
        (Some(Kind::Segmentation), _) => {
            let seg = Segmentation::open(path, &Limits::default())?;
            let mask = seg.mask(None, grid, 0.5, &Limits::default())?;
            let said = format!("segmentation\t{}\t{} segments", mask.geometry(), seg.segments().len());
            Ok((said, mask.iter().map(f64::from).collect()))
        }
        (Some(Kind::Structures), Some(grid)) => {
            let set = StructureSet::open(path, &Limits::default())?;
            let mut labels = vec![0.0; grid.voxels()];
            for (i, roi) in set.rois().iter().enumerate() {
                let region = roi.mask(grid, StrayContours::Refuse)?;
                labels
                    .iter_mut()
                    .zip(region.mask.iter())
                    .filter(|(_, r)| *r > 0)
                    .for_each(|(l, _)| *l = (i + 1) as f64);
            }
            Ok((format!("structures\t{grid}\t{} regions", set.rois().len()), labels))
        }
        _ => {
            let read = dicom::read(path, options)?;
            let image = read.image;
            let said = format!("{}\t{}\t{}", image.sample_type(), image.geometry(), read.notes.join("; "));
            Ok((said, image.to_f64().voxels().iter().copied().collect()))
        }
    }
}
