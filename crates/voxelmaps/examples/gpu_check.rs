//! Checks the CUDA engine on a machine with a card: every feature against the processor on random volumes, then times.
//! Prints everything and fails where a value is wrong. `scripts/gpu-check.sh` runs it.
//!
//! Arguments: `parity`, `small` (two small volumes, for compute-sanitizer), or `times [MILLIONS ...]` (voxels; 1 and 16).

use std::{error::Error, io::Write, process::ExitCode, time::Instant};

use radiomics_core::{Settings, levels::Binning};
use radiomics_voxelmaps::{Backend, Engine, Family, Feature, Field, Task, Values, engine::gpu::cuda::Cuda};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.first().map(String::as_str) {
        Some("parity") => parity(),
        Some("small") => small(),
        Some("times") => times(&arguments[1..]),
        _ => Err("parity, small, or times [MILLIONS ...]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("FAILED: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A number from 0 to 1 that looks random, from a place and a seed.
fn random(place: usize, seed: u64) -> f64 {
    let z = (place as u64 ^ seed << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ z >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}

/// A synthetic image: noise, or waves with some noise where `smooth`; a part of `holes` lies outside.
fn task(shape: [usize; 3], levels: f64, holes: f64, smooth: bool, seed: u64) -> Outcome<Task> {
    let place = |z, y, x| ((z * shape[1]) + y) * shape[2] + x;
    let image = ndarray::Array3::from_shape_fn(shape, |(z, y, x)| {
        let noise = random(place(z, y, x), seed);
        let wave = 0.5 + 0.2 * ((x as f64 * 0.21).sin() + (y as f64 * 0.17).cos());
        levels * if smooth { 0.9 * wave + 0.06 * noise } else { noise }
    });
    let members = ndarray::Array3::from_shape_fn(shape, |(z, y, x)| {
        place(z, y, x) == 0 || random(place(z, y, x), seed + 77) >= holes
    });
    let field = Field::new(&image, &members, [0.8, 1.1, 2.5], Binning::Width(1.0), 1)?;
    let inside = members.indexed_iter().filter(|(_, inside)| **inside);
    let centres = inside.map(|((z, y, x), _)| field.position([x, y, z]) as u32).collect();
    let classes = Family::ALL.into_iter().filter(|family| matches!(family, Family::Class(_)));
    let features: Vec<Feature> = classes.flat_map(Family::features).collect();
    Ok(Task { field, centres, settings: Settings::default(), features })
}

fn evaluate(engine: &dyn Engine, task: &Task) -> Outcome<Values> {
    let mut out = Values::F64(vec![f64::NEG_INFINITY; task.centres.len() * task.features.len()]);
    engine.start(task)?.evaluate(0, &mut out, &())?;
    Ok(out)
}

/// Largest relative difference, and where it is.
fn compare(card: &dyn Engine, task: &Task) -> Outcome<(f64, String)> {
    let expected = evaluate(Backend::Cpu.engine()?.as_ref(), task)?;
    let found = evaluate(card, task)?;
    let n = task.centres.len();
    let mut worst = (0.0, String::new());
    for (k, (a, b)) in found.iter().zip(expected.iter()).enumerate() {
        let difference = match (a.is_nan(), b.is_nan()) {
            (true, true) => 0.0,
            (false, false) if (a - b).abs() <= 1e-9 => 0.0, // both are 0 but for rounding
            (false, false) => (a - b).abs() / b.abs(),
            _ => f64::INFINITY,
        };
        if difference > worst.0 {
            worst = (difference, format!("{} of voxel {}: {a} instead of {b}", task.features[k / n], k % n));
        }
    }
    Ok(worst)
}

fn parity() -> Outcome<()> {
    let card = Cuda::open(None)?;
    say(&format!("{} and the processor on synthetic volumes, largest relative difference:", card.name()));
    let (mut wrong, mut seed) = (0, 0);
    for levels in [1.0, 2.0, 5.0, 16.0, 32.0, 64.0, 128.0, 254.0] {
        for (holes, smooth) in [(0.0, false), (0.3, true), (0.7, false), (0.9, true)] {
            seed += 1;
            // The last of each is large enough for several launches.
            let shape = if holes == 0.9 && levels == 32.0 { [120, 110, 100] } else { [19, 23, 31] };
            let task = task(shape, levels, holes, smooth, seed)?;
            let (difference, what) = compare(&card, &task)?;
            wrong += usize::from(difference > 1e-5);
            let texture = if smooth { "waves" } else { "noise" };
            let n = task.centres.len();
            say(&format!("levels {levels:3} holes {holes} {texture} {n:6} voxels  {difference:.1e}  {what}"));
        }
    }
    if wrong > 0 { Err(format!("{wrong} volumes differ by more than 1e-5").into()) } else { Ok(()) }
}

fn small() -> Outcome<()> {
    let card = Cuda::open(Some(0))?;
    for levels in [20.0, 254.0] {
        evaluate(&card, &task([7, 8, 9], levels, 0.2, true, 5)?)?;
    }
    say("small volumes done");
    Ok(())
}

fn times(millions: &[String]) -> Outcome<()> {
    let start = Instant::now();
    let card = Cuda::open(None)?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("{}: ready after {seconds:.2} s (context, PTX compiled by the driver)", card.name()));
    let sizes: Result<Vec<f64>, _> = millions.iter().map(|text| text.parse()).collect();
    for size in if millions.is_empty() { vec![1.0, 16.0] } else { sizes? } {
        let side = (size * 1e6_f64).cbrt().round() as usize;
        for smooth in [true, false] {
            let mut task = task([side; 3], 32.0, 0.0, smooth, 7)?;
            let all = task.features.clone();
            for mcc in [false, true] {
                task.features = all.iter().copied().filter(|f| mcc || f.to_string() != "glcm_MCC").collect();
                end_to_end(&card, &task, if smooth { "waves" } else { "noise" })?;
            }
            for (kernel, rate) in card.kernel_rates(&task, 3)? {
                say(&format!("    {kernel}: {:.1} M voxels/s without copies", rate / 1e6));
            }
        }
    }
    Ok(())
}

/// All maps in memory of the host, in single precision, one chunk after the other; the first time and the best of three.
fn end_to_end(card: &Cuda, task: &Task, texture: &str) -> Outcome<()> {
    let (n, features) = (task.centres.len(), task.features.len());
    let mut seconds = Vec::new();
    for _ in 0..4 {
        let start = Instant::now();
        let mut run = card.start(task)?;
        let chunk = run.chunk().min(n);
        let mut values = vec![0.0_f32; chunk * features];
        let mut first = 0;
        while first < n {
            let now = chunk.min(n - first);
            values.truncate(now * features);
            let mut out = Values::F32(values);
            run.evaluate(first, &mut out, &())?;
            values = match out {
                Values::F32(values) => values,
                Values::F64(_) => Vec::new(),
            };
            first += now;
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    let best = seconds[1..].iter().copied().fold(f64::INFINITY, f64::min);
    let rate = n as f64 / best / 1e6;
    say(&format!(
        "{n} voxels, {texture}, {features} maps end to end: first {:.3} s, then {best:.3} s, {rate:.1} M voxels/s",
        seconds[0]
    ));
    Ok(())
}
