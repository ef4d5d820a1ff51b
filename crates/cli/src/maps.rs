//! `radiomics maps`: an image and a mask become maps of features around every voxel of the region.

mod montage; // one picture of all maps
mod selection; // which features
mod tensor; // image and maps as one array on disk

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum, ValueHint};
use radiomics_core::Params;
use radiomics_imaging::{
    Image, Mask, Volume,
    io::{WriteOptions, write},
};
use radiomics_voxelmaps::{Backend, Map, MapSettings, Mapper, Precision, Watch};
use rayon::prelude::*;

use self::selection::Features;
use crate::{
    args::{DicomArgs, Setting, setting},
    console::Console,
    extract, interrupt,
    load::{self, LoadOptions},
    params,
};

/// Map features around every voxel of a region
///
/// Each map holds, for each voxel of the region, a feature of the small window around it: the numbers of the
/// voxel-based extraction of PyRadiomics with one voxel in a batch. Maps are files in the folder under the names
/// of the features; files of that name are replaced.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  radiomics maps scan.nii.gz mask.nii.gz -o maps
      93 maps of windows of 3 x 3 x 3 voxels, on the box of the region
  radiomics maps scan.nrrd mask.nrrd -p Params.yaml -o maps --montage maps.png
      image types, binning, kernelRadius and classes of a parameter file of PyRadiomics, and a picture of all
  radiomics maps ct structures.dcm --roi GTV -o maps --features firstorder,glcm_Contrast,glszm --radius 2
  radiomics maps scan.nii.gz mask.nii.gz -o maps --without glcm_MCC --full-grid
      the maximal correlation coefficient takes longer than all others together
  radiomics maps ct.nii.gz gtv.nii.gz -s resampledPixelSpacing:1,1,5 -o maps --stack input.safetensors
      also the image (-110 to 190 HU) and its maps as one array of 32 x 64 x 64, input of a network")]
pub struct Maps {
    /// The scan
    #[arg(value_hint = ValueHint::FilePath)]
    pub image: PathBuf,
    /// Label map on the grid of the scan, DICOM-SEG or RTSTRUCT
    #[arg(value_hint = ValueHint::FilePath)]
    pub mask: PathBuf,
    /// Folder for the maps; it is made if it is not there
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Parameter file: YAML or JSON of PyRadiomics, or TOML
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub params: Option<PathBuf>,
    /// A setting by its name in parameter files; may be given several times
    #[arg(long = "setting", short, value_name = "NAME:VALUE", value_parser = setting)]
    pub settings: Vec<Setting>,
    /// Classes and features, such as firstorder,glcm_Contrast,gldzm [default: those of the parameters]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub features: Vec<String>,
    /// Features that are left out
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Voxels from the middle of a window to its border [default: the setting `kernelRadius`, 1]
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u16).range(1..=50))]
    pub radius: Option<u16>,
    /// Which label of the mask [default: the setting `label`, 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub label: Option<u32>,
    /// Which region of a DICOM-SEG or RTSTRUCT: its name or number
    #[arg(long, value_name = "NAME|N", conflicts_with = "label", help_heading = crate::args::DICOM)]
    pub roi: Option<String>,
    /// What calculates: auto, cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Backend,
    /// Format of the maps
    #[arg(long, short, value_enum, default_value_t = Format::Nifti)]
    pub format: Format,
    /// Maps on the whole grid of the image instead of the box of the region
    #[arg(long)]
    pub full_grid: bool,
    /// Write double instead of single precision
    #[arg(long)]
    pub double: bool,
    /// Also a picture of all maps (PNG)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub montage: Option<PathBuf>,
    /// Also the image and all maps as one array, channel by channel (safetensors)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Array")]
    pub stack: Option<PathBuf>,
    /// Depth, height and width of the array
    #[arg(long, value_name = "D,H,W", default_value = "32,64,64", value_parser = tensor::size, help_heading = "Array")]
    pub stack_size: [usize; 3],
    /// Voxels around the region's box in the array
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "Array")]
    pub stack_padding: u16,
    /// Lowest and highest intensity of the image in the array
    #[arg(long, value_name = "LOW,HIGH", default_value = "-110,190", value_parser = tensor::window, allow_hyphen_values = true, help_heading = "Array")]
    pub stack_window: [f64; 2],
    /// Megabytes that maps may take in memory at one time
    #[arg(long, value_name = "MB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub memory: u32,
    /// Which volume of a 4D image, counted from 0
    #[arg(long, value_name = "N")]
    pub frame: Option<usize>,
    /// Number of threads [default: as many as the process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub dicom: DicomArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// NIfTI, .nii.gz
    Nifti,
    /// NIfTI without compression, .nii
    Nii,
    /// NRRD, .nrrd
    Nrrd,
}

pub fn run(args: &Maps, console: &Console) -> Result<()> {
    let mut settings = map_settings(args)?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads.map_or_else(extract::available, usize::from))
        .build_global()
        .context("cannot start the threads")?;
    let engine = args.device.engine()?;
    console.step("reading image and mask");
    let (image, mask) = load(args, &mut settings.params)?;
    interrupt::check()?;
    let mapper = Mapper::with_engine(settings, engine)?;
    if mapper.features().is_empty() {
        bail!("no map is asked for; there are no maps of shape");
    }
    fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot create the folder {}", args.out.display()))?;

    let estimate = mapper.estimate(&image, &mask)?;
    console.note(&format!(
        "{} voxels, {} features of each image: {:.0} MB of numbers, {:.0} MB at one time",
        estimate.voxels,
        estimate.features,
        estimate.values_bytes as f64 / 1e6,
        estimate.held_bytes as f64 / 1e6,
    ));
    let job = Job { args, console, features: mapper.features().len() as u64 };
    let mut kept = Vec::new();
    let mut waiting = Vec::new();
    let keep = args.montage.is_some() || args.stack.is_some();
    let mut written = 0;
    #[allow(clippy::result_large_err)] // the type of error is the library's
    let mut sink = |map: Map| {
        waiting.push(map);
        if waiting.len() < rayon::current_num_threads() {
            return Ok(());
        }
        written += waiting.len();
        let done = job.write_all(&waiting);
        if keep {
            kept.append(&mut waiting);
        } else {
            waiting.clear();
        }
        done.map_err(|error| radiomics_voxelmaps::Error::Sink(format!("{error:#}")))
    };
    let streamed = mapper.stream(&image, &mask, &mut sink, &job);
    interrupt::check()?;
    let warnings = streamed?;
    job.write_all(&waiting)?;
    written += waiting.len();
    kept.append(&mut waiting);
    for warning in warnings {
        // On most machines there is no card, and nobody asked for one.
        if args.device == Backend::Auto && warning.starts_with("maps were made by the processor") {
            tracing::info!("{warning}");
        } else {
            tracing::warn!("{warning}");
        }
    }
    if let Some(path) = &args.montage {
        console.step("drawing the picture");
        montage::write(path, &mapper.intensities(&image, &mask)?, &kept)?;
    }
    if let Some(path) = &args.stack {
        console.step("stacking");
        tensor::write(args, path, &mapper, &image, &mask, &kept)?;
    }
    console.end();
    let seconds = console.elapsed().as_secs_f64();
    console.note(&format!(
        "{written} maps of {} voxels written to {} after {seconds:.2} s",
        estimate.voxels,
        args.out.display()
    ));
    Ok(())
}

/// What is mapped: the parameters, with what the command line says on top.
fn map_settings(args: &Maps) -> Result<MapSettings> {
    let mut given = args.settings.clone();
    let mut set = |name: &str, value: String| given.push(Setting { name: name.into(), value });
    if let Some(radius) = args.radius {
        set("kernelRadius", radius.to_string());
    }
    if let Some(label) = args.label {
        set("label", label.to_string());
    }
    let mut params = params::load(args.params.as_deref(), &given)?;
    if !params.filters.is_empty() {
        bail!("filters of IBSI 2 have no maps of features; `radiomics filter` writes their response maps");
    }
    let mut features = Features::of(&params);
    if !args.features.is_empty() {
        features = Features::named(&args.features).context("--features")?;
    }
    features.remove(&args.without).context("--without")?;
    params.classes = features.classes;
    let precision = if args.double { Precision::F64 } else { Precision::F32 };
    let memory = (args.memory as usize).saturating_mul(1_000_000);
    Ok(MapSettings { params, ibsi: features.ibsi, precision, memory })
}

/// Image and mask; a region with a label of its own sets the label of the parameters.
fn load(args: &Maps, params: &mut Params) -> Result<(Image, Mask)> {
    let options = LoadOptions {
        frame: args.frame,
        label_channel: params.settings().label_channel,
        roi: args.roi.clone(),
        all_labels: false,
        dicom: args.dicom.clone(),
    };
    let (scan, mut regions) = load::both(&args.image, &args.mask, &options)?;
    for note in &scan.notes {
        tracing::warn!("{}: {note}", args.image.display());
    }
    let Some(region) = regions.pop() else { bail!("{}: there is no region", args.mask.display()) };
    if !regions.is_empty() {
        bail!("{}: maps are made of one region; choose it with --roi", args.mask.display());
    }
    let region = region.get()?;
    for note in &region.notes {
        tracing::warn!("{}: {note}", args.mask.display());
    }
    if let Some(label) = region.label {
        params.setting.set("label", &label.to_string())?;
    }
    Ok((scan.image, region.mask))
}

/// Where maps go, and who watches.
struct Job<'a> {
    args: &'a Maps,
    console: &'a Console,
    features: u64,
}

impl Job<'_> {
    fn write_all(&self, maps: &[Map]) -> Result<()> {
        maps.par_iter().try_for_each(|map| self.write(map))
    }

    fn write(&self, map: &Map) -> Result<()> {
        interrupt::check()?;
        let path = self.path(&map.name)?;
        let volume = if self.args.full_grid { map.whole()? } else { map.volume()? };
        let image = if self.args.double {
            Image::from(volume)
        } else {
            let geometry = *volume.geometry();
            Image::from(Volume::new(volume.into_voxels().mapv(|x| x as f32), geometry)?)
        };
        write(&path, &image, &WriteOptions::default()).context("cannot write a map")
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let ending = match self.args.format {
            Format::Nifti => "nii.gz",
            Format::Nii => "nii",
            Format::Nrrd => "nrrd",
        };
        let path = self.args.out.join(format!("{name}.{ending}"));
        if [&self.args.image, &self.args.mask].into_iter().any(|input| same_file(input, &path)) {
            bail!(
                "the map {} would take the place of an input; choose another folder with --out",
                path.display()
            );
        }
        Ok(path)
    }
}

impl Watch for Job<'_> {
    fn stage(&self, name: &str) {
        self.console.step(name);
    }

    fn progress(&self, done: u64, total: u64) {
        self.console.progress(done / self.features, total / self.features, "voxels");
    }

    fn cancelled(&self) -> bool {
        interrupt::requested()
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}
