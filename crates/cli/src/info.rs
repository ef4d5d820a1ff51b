//! `radiomics info`: what an image file holds.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::{Context, Result};
use clap::{Args, ValueHint};
use radiomics_core::summary::Summary;
use radiomics_imaging::{
    Geometry, Image, Mask, RegionSummary,
    components::Components,
    io::{Header, ReadOptions, dicom, header, read_mask},
};
use serde_json::{Map, Value, json};

use crate::{
    args::DicomArgs,
    info_dicom,
    load::{self, LoadOptions},
};

/// Show what an image file or a DICOM folder holds
///
/// Format, sample type, size, spacing, origin, direction and frames. Of a DICOM folder all series, and whether each
/// makes a volume; of segmentations and structure sets the regions. Names, numbers and dates of patients, UIDs and
/// descriptions are shown only with --identifiers. Reads headers only, unless values or labels are asked for.
/// Positions are in mm in the patient system LPS (x to the left, y to the back,
/// z to the head).
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics info scan.nii.gz
  radiomics info scan.nrrd --values
      also smallest, largest and mean value
  radiomics info mask.nii.gz --labels --json
      also each label with its voxels, box and connected parts, as JSON
  radiomics info export
      every DICOM series, segmentation and structure set in the folders of an export")]
pub struct Info {
    /// Image or mask
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Also smallest, largest and mean value of the voxels
    #[arg(long)]
    pub values: bool,
    /// Also every label of a label map with its voxels, box and connected parts
    #[arg(long)]
    pub labels: bool,
    /// Which volume of a 4D file, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

pub fn run(args: &Info) -> Result<()> {
    let is_dicom = dicom::recognised(&args.path);
    let mut found = if is_dicom {
        info_dicom::describe(args)?
    } else {
        describe(args, &header(&args.path).context("cannot read the image")?)
    };
    let options = LoadOptions { frame: args.frame, dicom: args.dicom.clone(), ..LoadOptions::default() };
    if args.values {
        let scan = load::scan(&args.path, &[], &options)?;
        found.insert("values".into(), values(&scan.image));
    }
    if args.labels {
        let mask = if is_dicom {
            read_mask(&args.path, &ReadOptions::default()).context("cannot read the mask")?
        } else {
            Mask::from_image(load::scan(&args.path, &[], &options)?.image)
                .with_context(|| args.path.display().to_string())?
        };
        found.insert("labels".into(), labels(&mask));
    }
    let mut text = Vec::new();
    if args.json {
        serde_json::to_writer_pretty(&mut text, &Value::Object(found))?;
        text.push(b'\n');
    } else {
        show(&found, &mut text)?;
    }
    io::stdout().write_all(&text).context("cannot write to standard output")
}

fn describe(args: &Info, header: &Header) -> Map<String, Value> {
    let mut found = Map::new();
    found.insert("path".into(), json!(args.path.display().to_string()));
    found.insert("format".into(), json!(header.format.name()));
    found.insert("sample_type".into(), json!(header.sample_type.name()));
    put_grid(&header.geometry, &mut found);
    found.insert("frames".into(), json!(header.frames));
    found.insert("channels".into(), json!(header.components));
    if let Some(scale) = header.scale {
        found.insert("scale".into(), json!({ "slope": scale.slope, "intercept": scale.intercept }));
    }
    found.insert("bytes_on_disk".into(), json!(header.bytes_on_disk));
    found
}

/// Adds size, spacing, origin, direction and extent.
pub fn put_grid(geometry: &Geometry, found: &mut Map<String, Value>) {
    let (size, spacing) = (geometry.size(), geometry.spacing());
    let extent: [f64; 3] = std::array::from_fn(|a| size[a] as f64 * spacing[a]);
    let direction = geometry.direction();
    let column = |c: usize| [direction[0][c], direction[1][c], direction[2][c]];
    found.insert("size".into(), json!(size));
    found.insert("spacing_mm".into(), json!(spacing));
    found.insert("origin_mm".into(), json!(geometry.origin()));
    found.insert("direction".into(), json!([column(0), column(1), column(2)]));
    found.insert("extent_mm".into(), json!(extent));
}

fn values(image: &Image) -> Value {
    let summary = Summary::of_image(image);
    json!({ "minimum": summary.min, "maximum": summary.max, "mean": summary.mean() })
}

fn labels(mask: &Mask) -> Value {
    let volume = mask.geometry().voxel_volume();
    let entry = |region: &RegionSummary| {
        let components = Components::of(&mask.crop(region.label, region.bounds));
        json!({
            "label": region.label,
            "voxels": region.voxels,
            "volume_mm3": region.voxels as f64 * volume,
            "box_start": region.bounds.start,
            "box_size": region.bounds.size,
            "components": components.voxels(),
        })
    };
    mask.regions().iter().map(entry).collect()
}

/// Prints a line for each field.
pub fn show(found: &Map<String, Value>, out: &mut impl Write) -> io::Result<()> {
    let numbers = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(ToString::to_string).collect()
    };
    for (name, value) in found {
        let text = match name.as_str() {
            "size" => format!("{} voxels (x, y, z)", numbers(value).join(" x ")),
            "spacing_mm" | "extent_mm" => format!("{} mm", numbers(value).join(" x ")),
            "origin_mm" => format!("({}) mm LPS", numbers(value).join(", ")),
            "direction" => {
                let axes = value.as_array().into_iter().flatten();
                let axes: Vec<String> = axes
                    .zip(["x", "y", "z"])
                    .map(|(v, a)| format!("{a} ({})", numbers(v).join(", ")))
                    .collect();
                axes.join("  ")
            }
            "scale" => format!("stored values x {} + {}", value["slope"], value["intercept"]),
            "values" => match value["mean"].as_f64() {
                Some(mean) => format!("{} to {}, mean {mean}", value["minimum"], value["maximum"]),
                None => "some are infinite or not a number".into(),
            },
            "labels" => {
                show_labels(value, out)?;
                continue;
            }
            "series" => {
                info_dicom::show(found, out)?;
                continue;
            }
            "notes" | "damaged" => {
                for line in value.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    writeln!(out, "{name:14} {line}")?;
                }
                continue;
            }
            _ => value.as_str().map_or_else(|| value.to_string(), printable),
        };
        let name = name.replace("_mm", "").replace('_', " ");
        writeln!(out, "{name:14} {text}")?;
    }
    Ok(())
}

/// Text from a file, of which control characters would act on the terminal.
pub fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

fn show_labels(labels: &Value, out: &mut impl Write) -> io::Result<()> {
    let Some(labels) = labels.as_array().filter(|labels| !labels.is_empty()) else {
        return writeln!(out, "{:14} none: every voxel is 0", "labels");
    };
    let triple = |value: &Value| format!("{} {} {}", value[0], value[1], value[2]);
    writeln!(
        out,
        "\n{:>10} {:>12} {:>14}   {:16} {:16} components",
        "label", "voxels", "mm3", "box from x y z", "box size"
    )?;
    for entry in labels {
        let parts = entry["components"].as_array().map_or(0, Vec::len);
        let volume = entry["volume_mm3"].as_f64().unwrap_or_default();
        let (start, size) = (triple(&entry["box_start"]), triple(&entry["box_size"]));
        let (label, voxels) = (entry["label"].to_string(), entry["voxels"].to_string());
        writeln!(out, "{label:>10} {voxels:>12} {volume:>14.1}   {start:16} {size:16} {parts}")?;
    }
    Ok(())
}
