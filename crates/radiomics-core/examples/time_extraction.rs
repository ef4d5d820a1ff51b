//! Times the extraction of features, files already read, and prints one line of JSON.
//!
//! `time_extraction IMAGE MASK [--params FILE] [--ibsi] [--threads N] [--repeat K] [--classes a,b] [--labels]
//! [--diagnostics]`: the defaults of PyRadiomics without diagnostics, as `scripts/bench-vs-pyradiomics.sh` asks
//! PyRadiomics for; with `--ibsi` the features of IBSI, with `--labels` every label of the mask.

use std::{error::Error, time::Instant};

use radiomics_core::{Extractor, FeatureClass, Params, ParamsFormat, convention::Convention};
use radiomics_imaging::io::{ReadOptions, read, read_mask};

#[allow(clippy::print_stdout)] // the result
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut files, mut threads, mut repeat) = (Vec::new(), 1, 3);
    let (mut params, mut classes) = (Params::default(), String::new());
    let (mut all, mut diagnostics, mut convention) = (false, false, Convention::PyRadiomics);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--threads" => threads = value()?.parse()?,
            "--repeat" => repeat = value()?.parse()?,
            "--labels" => all = true,
            "--diagnostics" => diagnostics = true,
            "--ibsi" => convention = Convention::Ibsi,
            "--classes" => classes = value()?,
            "--params" => {
                let file = value()?;
                let format = if file.ends_with(".toml") { ParamsFormat::Toml } else { ParamsFormat::Yaml };
                params = Params::parse(&std::fs::read_to_string(file)?, format)?;
            }
            _ => files.push(argument),
        }
    }
    let [image, mask] = files.as_slice() else { return Err("needs IMAGE and MASK".into()) };
    params.setting.additional_info = Some(diagnostics);
    if !classes.is_empty() {
        let wanted: Vec<&str> = classes.split(',').collect();
        params.classes.retain(|selection| wanted.contains(&FeatureClass::name(selection.class)));
    }
    let options = ReadOptions::default();
    let (image, mask) = (read(image, &options)?, read_mask(mask, &options)?);
    let extractor = Extractor::with_convention(params, convention)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;

    let (mut seconds, mut of_processor) = (Vec::new(), Vec::new());
    let mut features = 0;
    for _ in 0..repeat {
        let (start, processor) = (Instant::now(), processor_seconds());
        features = 0;
        if all {
            let labels: Vec<u32> = mask.regions().iter().map(|region| region.label).collect();
            for row in pool.install(|| extractor.extract_labels(&image, &mask, &labels, |_| ())) {
                features += row?.features.len();
            }
        } else {
            features += pool.install(|| extractor.extract(&image, &mask))?.features.len();
        }
        seconds.push(start.elapsed().as_secs_f64());
        of_processor.push(processor_seconds() - processor);
    }
    let peak = peak_mb();
    println!(
        "{{\"peer\": \"radiomics\", \"threads\": {threads}, \"features\": {features}, \"wall_s\": {seconds:?}, \
         \"processor_s\": {of_processor:?}, \"peak_mb\": {peak}}}"
    );
    Ok(())
}

/// What all threads of the process have spent on the processor, to a hundredth of a second; 0 where the system does not
/// say. Other programs do not count in it, though they slow it down.
fn processor_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything: fields 3 and on; times in user and system mode are fields 14 and 15.
    let fields = status.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Largest resident memory of the process in MB, 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}
