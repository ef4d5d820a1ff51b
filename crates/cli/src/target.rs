//! Where a table goes: a file that is replaced in one step, standard output, or a terminal.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};

use crate::{
    args::Format, console::Console, extract::Extract, interrupt, replace::Replacement, table::Table,
};

/// Where the table goes.
pub enum Target {
    File(Replacement, Format),
    Output(Format),
    Terminal,
}

impl Target {
    /// Opens the place before any work is done.
    pub fn open(args: &Extract) -> Result<Self> {
        let file = args.out.as_deref().filter(|path| *path != Path::new("-"));
        if let Some(path) = file {
            let inputs = [Some(&args.image), Some(&args.mask), args.extraction.params.as_ref()];
            if let Some(input) = inputs.into_iter().flatten().find(|input| same_file(input, path)) {
                bail!("--out {} is the input {}; name another file", path.display(), input.display());
            }
            let format = args.extraction.format.unwrap_or_else(|| by_ending(path));
            return Ok(Self::File(Replacement::begin(path)?, format));
        }
        match (args.extraction.format, io::stdout().is_terminal()) {
            #[cfg(feature = "parquet")]
            (Some(Format::Parquet), true) => {
                Err(anyhow!("a terminal cannot show Parquet; name a file with --out FILE.parquet"))
            }
            (None, true) => Ok(Self::Terminal),
            (format, _) => Ok(Self::Output(format.unwrap_or(Format::Csv))),
        }
    }

    /// Writes the table; a file changes only when all of it is on the disk.
    pub fn write(self, table: &Table, console: &Console) -> Result<()> {
        // Whole in memory first: a table is small, and so nothing is ever half written.
        let mut bytes = Vec::new();
        match &self {
            Self::File(_, format) | Self::Output(format) => table.write(*format, &mut bytes),
            Self::Terminal => table.show(&mut bytes),
        }
        .context("cannot write the table")?;
        interrupt::check()?;
        console.end();
        let Self::File(mut file, _) = self else {
            let mut out = io::stdout().lock();
            return out
                .write_all(&bytes)
                .and_then(|()| out.flush())
                .context("cannot write to standard output");
        };
        file.fill(&bytes)?;
        let name = file.name().display().to_string();
        file.commit()?;
        let rows = if table.rows() == 1 { "1 region".into() } else { format!("{} regions", table.rows()) };
        console.note(&format!("{rows} written to {name} after {:.2} s", console.elapsed().as_secs_f64()));
        Ok(())
    }
}

pub fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// Whether the table is asked for as JSON.
pub fn is_json(args: &Extract) -> bool {
    let ending = || args.out.as_deref().map(by_ending);
    args.extraction.format.or_else(ending) == Some(Format::Json)
}

/// The format that the ending of a name stands for.
pub fn by_ending(path: &Path) -> Format {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => Format::Json,
        #[cfg(feature = "parquet")]
        Some("parquet") => Format::Parquet,
        _ => Format::Csv,
    }
}
