//! `radiomics convert`: images and masks from one file format to another.

use std::path::Path;

use anyhow::{Result, bail};
use radiomics_imaging::{
    Image,
    io::{
        ReadError, WriteOptions, check_name,
        dicom::{self, DicomError},
        write,
    },
};

use crate::{
    args::Convert,
    console::Console,
    interrupt,
    load::{self, LoadOptions},
    target::same_file,
};

pub fn run(args: &Convert, console: &Console) -> Result<()> {
    check_name(&args.out)?;
    if same_file(&args.input, &args.out) {
        bail!("--out {} is the input; name another file", args.out.display());
    }
    if args.out.exists() && !args.force {
        bail!("{} exists already; --force replaces it, or name another file", args.out.display());
    }
    console.step("reading");
    let (image, notes) = read(args)?;
    for note in notes {
        tracing::warn!("{}: {note}", args.input.display());
    }
    interrupt::check()?;
    console.step("writing");
    write(&args.out, &image, &WriteOptions { compress: !args.raw })?;
    let [x, y, z] = image.geometry().size();
    let (out, kind) = (args.out.display(), image.sample_type());
    console.note(&format!("{out}: {x} x {y} x {z} voxels of {kind}"));
    Ok(())
}

fn read(args: &Convert) -> Result<(Image, Vec<String>)> {
    let options = LoadOptions {
        frame: args.frame,
        roi: args.roi.clone(),
        dicom: args.dicom.clone(),
        ..LoadOptions::default()
    };
    let input = args.input.as_path();
    if !dicom::recognised(input) {
        for (option, given) in [("--roi", args.roi.is_some()), ("--reference", args.reference.is_some())] {
            if given {
                bail!("{}: is no DICOM file or folder, which {option} is for", input.display());
            }
        }
    } else if args.roi.is_some() || args.reference.is_some() {
        return regions(input, args, &options);
    }
    match load::scan(input, &[], &options) {
        Ok(scan) => Ok((scan.image, scan.notes)),
        Err(error) if holds_no_image(&error) => regions(input, args, &options),
        Err(error) => Err(error),
    }
}

/// The label map of a segmentation or structure set.
fn regions(input: &Path, args: &Convert, options: &LoadOptions) -> Result<(Image, Vec<String>)> {
    if args.roi.as_deref() == Some("all") {
        bail!(
            "a label map holds each voxel once: name one region with --roi, or leave it out for all segments"
        );
    }
    let place = match &args.reference {
        Some(reference) => Some(load::place(reference, &[input], options)?),
        None => None,
    };
    let mut regions = load::regions(input, place.as_ref(), options)?;
    let Some(wanted) = regions.pop() else { bail!("{}: holds no region", input.display()) };
    let regions = wanted.get().map_err(|error| match error.downcast_ref::<ReadError>() {
        Some(ReadError::Dicom { source, .. })
            if place.is_none() && matches!(source.cause(), DicomError::Nothing { .. }) =>
        {
            error.context("name the image that the contours were drawn on with --reference IMAGE")
        }
        _ => error,
    })?;
    Ok((regions.mask.to_image(), regions.notes))
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
