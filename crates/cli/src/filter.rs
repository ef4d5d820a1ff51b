//! `radiomics filter`: an image becomes response maps.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum, ValueHint};
use radiomics_core::{
    extractor::Observer, filter::ibsi::Cascade, ibsi, params::NamedFilter, responses::responses,
};
use radiomics_imaging::{
    Image, Volume,
    io::{ReadOptions, WriteOptions, read, read_mask, write},
};

use crate::{console::Console, interrupt, params};

/// Apply filters to an image and write the response maps
///
/// The parameter file lists filters of IBSI 2 under `filter` (mean, Gaussian, Laplacian of Gaussian, Laws, Gabor,
/// wavelets, Simoncelli, Riesz) and some of MIRP (Laplacian stencils, Prewitt, Sobel, Shannon), or is a parameter file
/// of PyRadiomics, whose image types are written: those that its features would be taken from. Each map is a file in
/// the folder, on the grid of the image, under the name of the filter; files of that name are replaced.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics filter scan.nii.gz -p filters.toml -o maps
      with this filters.toml:
        [[filter]]
        name = \"edges\"               # maps/edges.nii.gz
        type = \"log\"                 # none mean gaussian log laws gabor wavelet simoncelli riesz_log
        sigma_mm = 1.5                 #   riesz_simoncelli laplacian prewitt sobel shannon riesz_shannon
        mode = \"2d\"                  # slice by slice; without it 3d
        boundary = \"mirror\"          # or zero, nearest, periodic, a number
        [[filter]]
        type = \"laws\"                # maps/laws_L5E5E5_max_energy7.nii.gz
        kernels = \"L5E5E5\"
        rotation_pooling = \"max\"
        energy_delta = 7
  radiomics filter scan.nrrd -p Params.yaml -o maps -f nrrd
      the image types of a parameter file of PyRadiomics, of the whole scan
  radiomics filter scan.nrrd -p Params.yaml --mask mask.nrrd -o maps --double
      resampled and cut around the region as for its features, in double precision")]
pub struct Filter {
    /// The scan
    #[arg(value_hint = ValueHint::FilePath)]
    pub image: PathBuf,
    /// Parameter file: TOML, YAML or JSON
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub params: PathBuf,
    /// Folder for the maps; it is made if it is not there
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Format of the maps
    #[arg(long, short, value_enum, default_value_t = MapFormat::Nifti)]
    pub format: MapFormat,
    /// Region around which image types of PyRadiomics are resampled or cut, with the label of the settings
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub mask: Option<PathBuf>,
    /// Write double instead of single precision
    #[arg(long)]
    pub double: bool,
    /// Which volume of a 4D image, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Number of threads [default: as many as the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapFormat {
    /// NIfTI, .nii.gz
    Nifti,
    /// NRRD, .nrrd
    Nrrd,
}

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
        let mut cascade = Cascade::new(image.voxels(), image.geometry().spacing());
        for NamedFilter { name, filter } in filters {
            self.console.step(name);
            let answer = cascade.apply(filter).with_context(|| format!("filter {name}"))?;
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
