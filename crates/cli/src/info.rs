//! `radiomics info`: what an image file holds.

use std::io::{self, Write};

use anyhow::{Context, Result};
use radiomics_core::summary::Summary;
use radiomics_imaging::{
    Image, Mask, RegionSummary,
    components::Components,
    io::{Header, ReadOptions, header, read},
};
use serde_json::{Map, Value, json};

use crate::args::Info;

pub fn run(args: &Info) -> Result<()> {
    let header = header(&args.path).context("cannot read the image")?;
    let mut found = describe(args, &header);
    if args.values || args.labels {
        let options = ReadOptions { frame: args.frame, ..ReadOptions::default() };
        let image = read(&args.path, &options).context("cannot read the image")?;
        if args.values {
            found.insert("values".into(), values(&image));
        }
        if args.labels {
            let mask = Mask::from_image(image).with_context(|| args.path.display().to_string())?;
            found.insert("labels".into(), labels(&mask));
        }
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
    let geometry = &header.geometry;
    let (size, spacing) = (geometry.size(), geometry.spacing());
    let extent: [f64; 3] = std::array::from_fn(|a| size[a] as f64 * spacing[a]);
    let direction = geometry.direction();
    let column = |c: usize| [direction[0][c], direction[1][c], direction[2][c]];
    let mut found = Map::new();
    let mut put = |name: &str, value: Value| found.insert(name.into(), value);
    put("path", json!(args.path.display().to_string()));
    put("format", json!(header.format.name()));
    put("sample_type", json!(header.sample_type.name()));
    put("size", json!(size));
    put("spacing_mm", json!(spacing));
    put("origin_mm", json!(geometry.origin()));
    put("direction", json!([column(0), column(1), column(2)]));
    put("extent_mm", json!(extent));
    put("frames", json!(header.frames));
    put("channels", json!(header.components));
    if let Some(scale) = header.scale {
        put("scale", json!({ "slope": scale.slope, "intercept": scale.intercept }));
    }
    put("bytes_on_disk", json!(header.bytes_on_disk));
    found
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

fn show(found: &Map<String, Value>, out: &mut impl Write) -> io::Result<()> {
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
            _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        };
        let name = name.replace("_mm", "").replace('_', " ");
        writeln!(out, "{name:14} {text}")?;
    }
    Ok(())
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
