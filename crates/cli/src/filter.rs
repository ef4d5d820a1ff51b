//! `radiomics filter`: an image becomes response maps.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, bail};
use radiomics_core::{extractor::Observer, ibsi, params::NamedFilter, responses::responses};
use radiomics_imaging::{
    Image, Volume,
    io::{ReadOptions, WriteOptions, read, read_mask, write},
};

use crate::{
    args::{Filter, MapFormat},
    console::Console,
    interrupt, params,
};

pub fn run(args: &Filter, console: &Console) -> Result<()> {
    let params = params::load(Some(&args.params), &[])?;
    if args.mask.is_some() && !params.filters.is_empty() {
        bail!(
            "--mask has no effect on the filters of {}: they are applied to the whole image",
            args.params.display()
        );
    }
    let threads =
        args.threads.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .context("cannot start the threads")?;
    console.step("reading the image");
    let options = ReadOptions { frame: args.frame, ..ReadOptions::default() };
    let image = read(&args.image, &options).context("cannot read the image")?;
    interrupt::check()?;
    fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot create the folder {}", args.out.display()))?;
    let mut maps = Maps { args, console, written: 0 };
    if params.filters.is_empty() {
        let mask = match &args.mask {
            None => None,
            Some(path) => {
                let component = params.settings().label_channel;
                let options = ReadOptions { component, ..ReadOptions::default() };
                Some(read_mask(path, &options).context("cannot read the mask")?)
            }
        };
        let warnings =
            responses::<anyhow::Error>(&image, mask.as_ref(), &params, &Watch(console), |response| {
                maps.write(&response.name, response.image)
            })?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
    } else {
        // As in an extraction by IBSI's definitions: normalised, interpolated, rounded.
        let image = ibsi::interpolated(&image, &params.settings()).context("cannot interpolate the image")?;
        maps.filters(&image, &params.filters)?;
    }
    console.end();
    let maps = if maps.written == 1 { "1 map".into() } else { format!("{} maps", maps.written) };
    console.note(&format!(
        "{maps} written to {} after {:.2} s",
        args.out.display(),
        console.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Where the maps go.
struct Maps<'a> {
    args: &'a Filter,
    console: &'a Console,
    written: usize,
}

impl Maps<'_> {
    fn filters(&mut self, image: &Volume<f64>, filters: &[NamedFilter]) -> Result<()> {
        // Before any work: a map must not take the place of the scan.
        filters.iter().try_for_each(|filter| self.path(&filter.name).map(drop))?;
        self.console.begin(filters.len());
        for NamedFilter { name, filter } in filters {
            self.console.step(name);
            let answer = filter
                .apply(image.voxels(), image.geometry().spacing())
                .with_context(|| format!("filter {name}"))?;
            interrupt::check()?;
            self.write(name, Volume::new(answer, *image.geometry())?)?;
            self.console.advance();
        }
        Ok(())
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let ending = match self.args.format {
            MapFormat::Nifti => "nii.gz",
            MapFormat::Nrrd => "nrrd",
        };
        let path = self.args.out.join(format!("{name}.{ending}"));
        let inputs = [Some(&self.args.image), self.args.mask.as_ref()];
        if inputs.into_iter().flatten().any(|input| same_file(input, &path)) {
            bail!(
                "the map {} would take the place of an input; choose another folder with --out",
                path.display()
            );
        }
        Ok(path)
    }

    fn write(&mut self, name: &str, map: Volume<f64>) -> Result<()> {
        let path = self.path(name)?;
        let map = if self.args.double {
            Image::from(map)
        } else {
            let geometry = *map.geometry();
            Image::from(Volume::new(map.into_voxels().mapv(|x| x as f32), geometry)?)
        };
        write(&path, &map, &WriteOptions::default()).context("cannot write a map")?;
        interrupt::check()?;
        self.written += 1;
        Ok(())
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// Passes the stages to the console, and Ctrl-C to the filters.
struct Watch<'a>(&'a Console);

impl Observer for Watch<'_> {
    fn stage(&self, stage: &str) {
        self.0.step(stage);
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}
