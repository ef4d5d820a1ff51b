//! Times feature maps, files already read, and prints one line of JSON.
//!
//! `time_maps IMAGE MASK [--params FILE] [--radius R] [--threads N] [--repeat K] [--classes a,b] [--without-mcc] [--f32]
//! [--stream]`: all features of PyRadiomics' classes with its defaults, as `scripts/bench-vs-pyradiomics.sh maps` asks
//! PyRadiomics for; with `--stream` each map is dropped when it is there.

use std::{error::Error, time::Instant};

use radiomics_core::{FeatureClass, Params, ParamsFormat};
use radiomics_imaging::io::{ReadOptions, read, read_mask};
use radiomics_voxelmaps::{MapSettings, Mapper, Precision};

#[allow(clippy::print_stdout)] // the result
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut files, mut threads, mut repeat, mut radius) = (Vec::new(), 1, 3, 1);
    let (mut params, mut classes, mut mcc) = (Params::default(), String::new(), true);
    let (mut precision, mut stream) = (Precision::F64, false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--threads" => threads = value()?.parse()?,
            "--repeat" => repeat = value()?.parse()?,
            "--radius" => radius = value()?.parse()?,
            "--without-mcc" => mcc = false,
            "--f32" => precision = Precision::F32,
            "--stream" => stream = true,
            "--classes" => classes = value()?,
            "--params" => params = Params::parse(&std::fs::read_to_string(value()?)?, ParamsFormat::Yaml)?,
            _ => files.push(argument),
        }
    }
    let [image, mask] = files.as_slice() else { return Err("needs IMAGE and MASK".into()) };
    params.setting.kernel_radius = Some(radius);
    params.classes.retain(|selection| {
        let name = FeatureClass::name(selection.class);
        !name.starts_with("shape") && (classes.is_empty() || classes.split(',').any(|class| class == name))
    });
    for selection in params.classes.iter_mut().filter(|_| !mcc) {
        selection.features.retain(|feature| feature.name != "MCC");
    }
    let options = ReadOptions::default();
    let (image, mask) = (read(image, &options)?, read_mask(mask, &options)?);
    let mut settings = MapSettings { params, precision, ..MapSettings::default() };
    if stream {
        settings.memory = 1 << 28;
    }
    let mapper = Mapper::new(settings)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;

    let mut seconds = Vec::new();
    let (mut maps, mut voxels) = (0, 0);
    for _ in 0..repeat {
        let start = Instant::now();
        (maps, voxels) = (0, 0);
        let mut count = |map: radiomics_voxelmaps::Map| {
            maps += 1;
            voxels = map.values.len();
            Ok(())
        };
        if stream {
            pool.install(|| mapper.stream(&image, &mask, &mut count, &()))?;
        } else {
            pool.install(|| mapper.map(&image, &mask))?.maps.into_iter().try_for_each(count)?;
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    let peak = peak_mb();
    println!(
        "{{\"peer\": \"radiomics\", \"threads\": {threads}, \"maps\": {maps}, \"voxels\": {voxels}, \
         \"wall_s\": {seconds:?}, \"peak_mb\": {peak}}}"
    );
    Ok(())
}

/// Largest resident memory of the process in MB, 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}
