//! `radiomics convert`: images and masks from one file format to another.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};
use clap::{Args, ValueHint};
use radiomics_imaging::{
    Image,
    io::{
        ReadError, WriteOptions, check_name,
        dicom::{self, DicomError},
        write,
    },
};

use crate::{
    args::{DICOM, DicomArgs},
    console::Console,
    interrupt,
    load::{self, LoadOptions, Place},
    report,
    target::same_file,
};

/// Convert images and masks to NIfTI, NRRD or MetaImage
///
/// Reads a DICOM series, a DICOM-SEG, an RTSTRUCT, NIfTI, NRRD or MetaImage. Voxels keep the type they are stored in
/// and their place in the patient. NRRD and MetaImage hold positions exactly; NIfTI-1 rounds them to single
/// precision, some tenths of a micrometre. The file appears whole or not at all.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics convert patient7/ct -o ct.nii.gz
  radiomics convert export -o t2.nrrd --series 'T2 axial'
      one of several series in a folder, by its description
  radiomics convert patient7/structures.dcm --reference patient7/ct --roi GTV-1 -o gtv.nii.gz
      contours, filled on the grid of the series
  radiomics convert patient7/structures.dcm --reference patient7/ct --roi all -o masks/p7.nii.gz
      each region in a file of its own: masks/p7_GTV-1.nii.gz, masks/p7_Lung_left.nii.gz, ...
  radiomics convert patient7/seg.dcm -o labels.nii.gz
      all segments as label map on their own grid; with --reference on that of an image
  radiomics convert patient7/pet -o suv.nii.gz --suv
  radiomics convert perfusion.nii.gz --frame 3 -o third.mha")]
pub struct Convert {
    /// File or folder to read
    #[arg(value_hint = ValueHint::AnyPath)]
    pub input: PathBuf,
    /// File to write: .nii, .nii.gz, .nrrd, .nhdr, .mha or .mhd
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Replace the output file if there is one
    #[arg(long)]
    pub force: bool,
    /// Do not compress voxels in NRRD and MetaImage
    #[arg(long)]
    pub raw: bool,
    /// Which volume of a 4D image or of a series with several, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Which region of a DICOM-SEG or RTSTRUCT: its name or number, or `all` for a file each, named OUT_REGION
    #[arg(long, value_name = "NAME|N|all", help_heading = DICOM)]
    pub roi: Option<String>,
    /// Image whose grid a segmentation or structure set is put on
    #[arg(long, value_name = "IMAGE", value_hint = ValueHint::AnyPath, help_heading = DICOM)]
    pub reference: Option<PathBuf>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

pub fn run(args: &Convert, console: &Console) -> Result<ExitCode> {
    check_name(&args.out)?;
    if same_file(&args.input, &args.out) {
        bail!("--out {} is the input; name another file", args.out.display());
    }
    if args.roi.as_deref() == Some("all") {
        return each_region(args, console);
    }
    refuse_existing(&args.out, args)?;
    console.step("reading");
    let (image, notes) = read(args)?;
    save(&args.out, &image, &notes, args, console)?;
    Ok(ExitCode::SUCCESS)
}

fn refuse_existing(out: &Path, args: &Convert) -> Result<()> {
    if out.exists() && !args.force {
        bail!("{} exists already; --force replaces it, or name another file", out.display());
    }
    Ok(())
}

fn save(out: &Path, image: &Image, notes: &[String], args: &Convert, console: &Console) -> Result<()> {
    for note in notes {
        tracing::warn!("{}: {note}", args.input.display());
    }
    interrupt::check()?;
    console.step("writing");
    write(out, image, &WriteOptions { compress: !args.raw })?;
    let [x, y, z] = image.geometry().size();
    let (out, kind) = (out.display(), image.sample_type());
    console.note(&format!("{out}: {x} x {y} x {z} voxels of {kind}"));
    Ok(())
}

/// Each region goes to a file of its own, for regions may overlap. Those that cannot be filled do not hold up the
/// others.
fn each_region(args: &Convert, console: &Console) -> Result<ExitCode> {
    let options = load_options(args);
    refuse_other_formats(args)?;
    console.step("reading");
    let regions = load::regions(&args.input, place(args, &options)?.as_ref(), &options)?;
    let names: Vec<(i64, String)> = regions.iter().filter_map(load::Wanted::region).collect();
    let files = files_of(&args.out, &names);
    files.iter().try_for_each(|file| refuse_existing(file, args))?;
    let (number, mut failed) = (regions.len(), 0);
    for ((region, file), (_, name)) in regions.into_iter().zip(&files).zip(&names) {
        interrupt::check()?;
        match region.get() {
            Ok(region) => save(file, &region.mask.to_image(), &region.notes, args, console)?,
            Err(error) if number == 1 => return Err(needs_reference(error, args)),
            Err(error) => {
                failed += 1;
                let error = needs_reference(error, args).context(format!("region `{name}`"));
                console.error(&report::paragraph(&error));
            }
        }
    }
    if failed == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    console.error(&format!("error: {failed} of {number} regions failed; the others are written"));
    Ok(ExitCode::FAILURE)
}

/// The file of each region: its name stands in front of the ending, with its number where others would have the
/// same.
fn files_of(out: &Path, regions: &[(i64, String)]) -> Vec<PathBuf> {
    let plain = |name: &str| -> String {
        let kept = |c: char| if c.is_alphanumeric() || "-+.".contains(c) { c } else { '_' };
        name.trim().chars().take(80).map(kept).collect()
    };
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    // An ending of two parts is `.nii.gz`.
    let lower = name.to_ascii_lowercase();
    let ending = if lower.ends_with(".nii.gz") { 7 } else { out.extension().map_or(0, |e| e.len() + 1) };
    let (stem, ending) = name.split_at(name.len() - ending);
    // As file systems that know no capitals see them.
    let plain: Vec<String> = regions.iter().map(|(_, name)| plain(name)).collect();
    let shared = |i: usize| plain.iter().filter(|p| p.to_lowercase() == plain[i].to_lowercase()).count() > 1;
    let file = |(i, (number, _)): (usize, &(i64, String))| {
        let number = if plain[i].is_empty() || shared(i) { format!("_{number}") } else { String::new() };
        out.with_file_name(format!("{stem}_{}{number}{ending}", plain[i]))
    };
    regions.iter().enumerate().map(file).collect()
}

fn load_options(args: &Convert) -> LoadOptions {
    LoadOptions {
        frame: args.frame,
        roi: args.roi.clone(),
        dicom: args.dicom.clone(),
        ..LoadOptions::default()
    }
}

fn read(args: &Convert) -> Result<(Image, Vec<String>)> {
    let options = load_options(args);
    refuse_other_formats(args)?;
    let input = args.input.as_path();
    if args.roi.is_some() || args.reference.is_some() {
        return regions(args, &options);
    }
    match load::scan(input, &[], &options) {
        Ok(scan) => Ok((scan.image, scan.notes)),
        Err(error) if holds_no_image(&error) => regions(args, &options),
        Err(error) => Err(error),
    }
}

fn refuse_other_formats(args: &Convert) -> Result<()> {
    let input = args.input.as_path();
    for (option, given) in [("--roi", args.roi.is_some()), ("--reference", args.reference.is_some())] {
        if given && !dicom::recognised(input) {
            bail!("{}: is no DICOM file or folder, which {option} is for", input.display());
        }
    }
    Ok(())
}

fn place(args: &Convert, options: &LoadOptions) -> Result<Option<Place>> {
    args.reference.as_ref().map(|reference| load::place(reference, &[&args.input], options)).transpose()
}

/// The label map of a segmentation or structure set.
fn regions(args: &Convert, options: &LoadOptions) -> Result<(Image, Vec<String>)> {
    let mut regions = load::regions(&args.input, place(args, options)?.as_ref(), options)?;
    let Some(wanted) = regions.pop() else { bail!("{}: holds no region", args.input.display()) };
    let regions = wanted.get().map_err(|error| needs_reference(error, args))?;
    Ok((regions.mask.to_image(), regions.notes))
}

fn needs_reference(error: anyhow::Error, args: &Convert) -> anyhow::Error {
    match error.downcast_ref::<ReadError>() {
        Some(ReadError::Dicom { source, .. })
            if args.reference.is_none() && matches!(source.cause(), DicomError::Nothing { .. }) =>
        {
            error.context("name the image that the contours were drawn on with --reference IMAGE")
        }
        _ => error,
    }
}

fn holds_no_image(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let source = match cause.downcast_ref::<ReadError>() {
            Some(ReadError::Dicom { source, .. }) => source.cause(),
            _ => return false,
        };
        matches!(source, DicomError::Nothing { wanted: "image series", .. })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_a_file_of_its_own() {
        let regions = [(1, "GTV-1"), (2, "Lung left"), (3, "lung_LEFT"), (4, "../x"), (9, "")];
        let regions = regions.map(|(number, name)| (number, name.to_owned()));
        let files = |out: &str| files_of(Path::new(out), &regions);
        let expected = [
            "a_GTV-1.nii.gz",
            "a_Lung_left_2.nii.gz",
            "a_lung_LEFT_3.nii.gz",
            "a_.._x.nii.gz",
            "a__9.nii.gz",
        ];
        assert_eq!(files("m/a.nii.gz"), expected.map(|name| Path::new("m").join(name)));
        assert_eq!(files("b.c.nrrd")[0], Path::new("b.c_GTV-1.nrrd"));
    }
}
