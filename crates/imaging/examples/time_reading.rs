//! Times reading: `time_reading [--repeat K] PATH...` prints one line of JSON for each image file or DICOM folder, with
//! the seconds of each run and the sum of all voxels (to compare readers by). Threads: `RAYON_NUM_THREADS`.

use std::{error::Error, time::Instant};

use radiomics_imaging::{
    Sample,
    io::{ReadOptions, read},
    with_voxels,
};

#[allow(clippy::print_stdout)] // the result
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut repeat = 5;
    if arguments.next_if(|a| a == "--repeat").is_some() {
        repeat = arguments.next().ok_or("--repeat needs a number")?.parse()?;
    }
    for path in arguments {
        let mut seconds = Vec::new();
        let (mut sum, mut bytes) = (0.0, 0);
        for _ in 0..repeat {
            let start = Instant::now();
            let image = read(&path, &ReadOptions::default())?;
            seconds.push(start.elapsed().as_secs_f64());
            sum = with_voxels!(image.voxels(), |a| a.iter().map(|v| Sample::to_f64(*v)).sum::<f64>());
            bytes = image.geometry().voxels() * image.sample_type().bytes();
        }
        println!("{{\"path\": {path:?}, \"bytes\": {bytes}, \"sum\": {sum}, \"seconds\": {seconds:?}}}");
    }
    Ok(())
}
