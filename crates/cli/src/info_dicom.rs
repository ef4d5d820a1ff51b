//! `radiomics info` of DICOM: the series of a file or folder, and what they are good for.

use std::io::{self, Write};

use anyhow::{Context, Result};
use radiomics_imaging::io::{
    ReadError,
    dicom::{self, Content, DicomError, DicomHeader, ExaminedSeries, RegionFile},
};
use serde_json::{Map, Value, json};

use crate::{
    info::Info,
    info::{self, printable, put_grid},
    load::LoadOptions,
};

/// What the files hold.
pub fn describe(args: &Info) -> Result<Map<String, Value>> {
    let options = LoadOptions { frame: args.frame, dicom: args.dicom.clone(), ..LoadOptions::default() };
    let failed = |error| ReadError::dicom(&args.path, error);
    let found =
        dicom::examine(&args.path, &options.series()).map_err(failed).context("cannot read the files")?;
    let mut object = Map::new();
    object.insert("path".into(), json!(args.path.display().to_string()));
    object.insert("format".into(), json!("DICOM"));
    object.insert("series".into(), found.series.iter().map(|s| Value::Object(series(s))).collect());
    if found.other_files > 0 {
        object.insert("other_files".into(), json!(found.other_files));
    }
    if !found.damaged.is_empty() {
        object.insert("damaged".into(), found.damaged.iter().map(|e| json!(e.to_string())).collect());
    }
    Ok(object)
}

fn series(examined: &ExaminedSeries) -> Map<String, Value> {
    let summary = &examined.summary;
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.into(), value);
    put("number", json!(summary.number));
    put("kind", json!(summary.kind.name()));
    put("modality", json!(summary.modality));
    if let Some(number) = summary.series_number {
        put("series_number", json!(number));
    }
    put("files", json!(summary.files));
    put("transfer_syntax", json!(summary.transfer_syntax));
    if let Some(who) = &summary.identifiers {
        put("description", json!(who.description));
        put("series_uid", json!(who.series_uid));
        put("study_uid", json!(who.study_uid));
        put("study_date", json!(who.study_date));
        put("patient_name", json!(who.patient_name));
        put("patient_id", json!(who.patient_id));
    }
    match &examined.content {
        Content::Image(found) => match &**found {
            Ok(header) => volume(header, &mut object),
            Err(error) => problem(error, &mut object),
        },
        Content::Regions(files) => {
            for file in files {
                match file {
                    Ok(file) => regions(file, &mut object),
                    Err(error) => problem(error, &mut object),
                }
            }
        }
        Content::Other => {}
    }
    object
}

fn volume(header: &DicomHeader, object: &mut Map<String, Value>) {
    object.insert("sample_type".into(), json!(header.sample_type.name()));
    put_grid(&header.geometry, object);
    object.insert("bytes_on_disk".into(), json!(header.bytes_on_disk));
    if !header.notes.is_empty() {
        object.insert("notes".into(), json!(header.notes));
    }
}

fn regions(file: &RegionFile, object: &mut Map<String, Value>) {
    let mut found: Vec<Value> = match object.remove("regions") {
        Some(Value::Array(earlier)) => earlier,
        _ => Vec::new(),
    };
    match file {
        RegionFile::Segmentation(seg) => {
            found.extend(
                seg.segments()
                    .iter()
                    .map(|s| json!({ "number": s.number, "name": s.label, "frames": s.frames })),
            );
            match seg.grid() {
                Ok(grid) => put_grid(&grid, object),
                Err(error) => problem(&error, object),
            }
        }
        RegionFile::Structures(set) => found.extend(
            set.rois()
                .iter()
                .map(|r| json!({ "number": r.number, "name": r.name, "contours": r.contours() })),
        ),
    }
    object.insert("regions".into(), Value::Array(found));
}

fn problem(error: &DicomError, object: &mut Map<String, Value>) {
    object.insert("problem".into(), json!(error.to_string()));
}

/// Prints what [`describe`] found, series by series.
pub fn show(found: &Map<String, Value>, out: &mut impl Write) -> io::Result<()> {
    for series in found["series"].as_array().into_iter().flatten() {
        let Some(series) = series.as_object() else { continue };
        let text = |name: &str| series[name].as_str().map_or_else(|| series[name].to_string(), str::to_owned);
        writeln!(out, "\nseries {}: {} {}", text("number"), text("modality"), text("kind"))?;
        let rest = |name: &&String| !["number", "modality", "kind", "regions"].contains(&name.as_str());
        let fields: Map<String, Value> =
            series.iter().filter(|(name, _)| rest(name)).map(|(n, v)| (n.clone(), v.clone())).collect();
        info::show(&fields, out)?;
        for region in series.get("regions").and_then(Value::as_array).into_iter().flatten() {
            let name = region["name"].as_str().unwrap_or_default();
            let (what, count) = match region.get("frames") {
                Some(frames) => ("frames", frames),
                None => ("contours", &region["contours"]),
            };
            let name = printable(name);
            writeln!(out, "{:>14} {name} ({count} {what})", region["number"].to_string())?;
        }
    }
    Ok(())
}
