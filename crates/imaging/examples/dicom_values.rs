//! Reads DICOM files and writes their values as doubles, for comparison with other readers.
//!
//! `dicom_values OUT PATH...`: for each path (a file or a folder) one line on standard output: number, `ok` and what was
//! read, or `error` and why; the values go to `OUT/<number>.f64` in the order x, y, z.

use std::{
    env,
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use radiomics_imaging::io::dicom::{self, SeriesOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let out = PathBuf::from(arguments.next().ok_or("usage: dicom_values OUT PATH...")?);
    let options = SeriesOptions { missing_geometry: true, ..SeriesOptions::default() };
    let mut lines = io::stdout().lock();
    for (i, path) in arguments.enumerate() {
        match dicom::read(path.as_ref(), &options) {
            Ok(read) => {
                let image = read.image;
                writeln!(
                    lines,
                    "{i}\tok\t{}\t{}\t{}",
                    image.sample_type(),
                    image.geometry(),
                    read.notes.join("; ")
                )?;
                let mut file = BufWriter::new(File::create(out.join(format!("{i}.f64")))?);
                for value in image.to_f64().voxels() {
                    file.write_all(&value.to_le_bytes())?;
                }
                file.flush()?;
            }
            Err(error) => writeln!(lines, "{i}\terror\t{}", error.cause().to_string().replace('\n', " | "))?,
        }
    }
    Ok(())
}
