//! Inputs and clock of the programs that do what `stats_bench.py` and `stats_bench.R` of the collection time.

use std::{env, error::Error, fs, path::Path, time::Instant};

/// Numbers of a file that `stats_bench.py` wrote into the folder named by `BENCH_DIR`.
///
/// # Errors
/// When the variable is not set or the file cannot be read.
pub fn read(name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let folder = env::var("BENCH_DIR").map_err(|_| "BENCH_DIR names the folder with the inputs")?;
    let bytes = fs::read(Path::new(&folder).join(name)).map_err(|e| format!("{folder}/{name}: {e}"))?;
    Ok(bytes.chunks_exact(8).map(|b| f64::from_le_bytes(std::array::from_fn(|i| b[i]))).collect())
}

/// Prints the median of several runs, in milliseconds, and what `show` makes of the last result. Tasks whose name does not
/// hold the program's first argument, if it has one, are passed over; `=NAME` runs the task of that whole name alone.
///
/// # Errors
/// What the task returns.
#[allow(clippy::print_stdout)] // a figure to read
pub fn time<T, E>(
    task: &str,
    runs: usize,
    run: impl Fn() -> Result<T, E>,
    show: impl Fn(&T) -> String,
) -> Result<(), E> {
    let wanted = env::args().nth(1).is_none_or(|part| match part.strip_prefix('=') {
        Some(name) => task == name,
        None => task.contains(&part),
    });
    if !wanted {
        return Ok(());
    }
    let mut seconds = Vec::new();
    let mut last = String::new();
    for _ in 0..runs {
        let start = Instant::now();
        let result = run()?;
        seconds.push(start.elapsed().as_secs_f64());
        last = show(&result);
    }
    seconds.sort_by(f64::total_cmp);
    println!("{task:44} {:10.3} ms   {last}", 1e3 * seconds[runs / 2]);
    Ok(())
}
