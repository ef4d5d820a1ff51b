//! Times the filters of a parameter file on an image already read, and prints a line of JSON for each.
//!
//! `time_filters IMAGE PARAMS [--threads N] [--repeat K]`, as `scripts/bench-filters.sh` calls it.

use std::{error::Error, time::Instant};

use radiomics_core::{Params, ParamsFormat};
use radiomics_imaging::io::{ReadOptions, read};

#[allow(clippy::print_stdout)] // the result
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (mut files, mut threads, mut repeat) = (Vec::new(), 1, 1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--threads" => threads = value()?.parse()?,
            "--repeat" => repeat = value()?.parse()?,
            _ => files.push(argument),
        }
    }
    let [image, params] = files.as_slice() else { return Err("needs IMAGE and PARAMS".into()) };
    let params = Params::parse(&std::fs::read_to_string(params)?, ParamsFormat::Toml)?;
    let image = read(image, &ReadOptions::default())?.to_f64();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    for named in &params.filters {
        let (mut seconds, mut of_processor) = (Vec::new(), Vec::new());
        let mut mean = 0.0;
        for _ in 0..repeat {
            let (start, processor) = (Instant::now(), processor_seconds());
            let map = pool.install(|| named.filter.apply(image.voxels(), image.geometry().spacing()))?;
            seconds.push(start.elapsed().as_secs_f64());
            of_processor.push(processor_seconds() - processor);
            mean = map.mean().unwrap_or(f64::NAN);
        }
        println!(
            "{{\"filter\": \"{}\", \"threads\": {threads}, \"wall_s\": {seconds:?}, \"processor_s\": {of_processor:?}, \
             \"mean\": {mean}, \"peak_mb\": {}}}",
            named.name,
            peak_mb()
        );
    }
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

/// Largest resident memory of the process so far in MB, 0 where the system does not say.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kb.unwrap_or(0) / 1024
}
