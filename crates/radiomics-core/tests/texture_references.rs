//! Run, zone, dependence and tone-difference features against PyRadiomics' tables and matrices, and
//! IBSI's digital phantom.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use std::collections::BTreeMap;
use std::path::Path;

use ndarray::Array3;
use radiomics_core::features::level_size::{LevelSize, LevelSizeFeatures};
use radiomics_core::features::{gldm, glrlm, glszm, ngtdm};
use radiomics_core::levels::Binning;
use radiomics_core::names::{GldmFeatures, GlrlmFeatures, GlszmFeatures, NgtdmFeatures};
use radiomics_core::{FeatureName, ImageType, Levels, Params, ParamsFormat, Settings};
use radiomics_imaging::{Image, Mask, io};
use radiomics_phantoms::{ibsi, reference};

type Values = BTreeMap<String, f64>;

/// Every table whose levels are those of the image and mask files as they are. The tests of the whole
/// extraction cover the others.
#[test]
fn pyradiomics_tables() {
    let Some(tables) = reference::shared("oracles/pyradiomics") else { return };
    let Some(images) = reference::shared("data/pyradiomics") else { return };
    let mut files = Files::default();
    let (mut values, mut misses, mut worst) = (0, Vec::new(), 0.0_f64);
    for folder in std::fs::read_dir(tables).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir())
    {
        let case = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let table = file.with_extension("csv");
            if file.extension().is_none_or(|e| e != "yaml") || !table.exists() {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let params = Params::parse(&text, ParamsFormat::Yaml).unwrap();
            let Some((_, own)) = params.image_types.iter().find(|(kind, _)| *kind == ImageType::Original)
            else {
                continue;
            };
            let given = params.settings().with(own);
            if given.resampled_pixel_spacing.is_some() || given.resegment_range.is_some() || given.normalize {
                continue;
            }
            // The first line names the mask.
            let mask = text.lines().next().unwrap().strip_prefix("# mask: ").expect(&text);
            let levels = files.levels(&images, &case, mask, &given);
            let ours = features(&levels, &given);
            for (name, theirs) in read_table(&table) {
                let Some(&ours) = ours.get(&name) else { continue };
                values += 1;
                let difference = if ours == theirs { 0.0 } else { ((ours - theirs) / theirs).abs() };
                worst = worst.max(difference);
                if difference.is_nan() || difference > 1e-8 {
                    misses.push(format!("{}: {name} {ours} instead of {theirs}", file.display()));
                }
            }
        }
    }
    println!("{values} values, largest relative difference {worst:e}");
    if values == 0 {
        reference::skip("values of texture in oracles/pyradiomics");
    }
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

/// Matrices of PyRadiomics' own baseline, with default settings: a row for each level and a column for
/// each size that occurs.
#[test]
fn pyradiomics_matrices() {
    let Some(baseline) = reference::shared("oracles/pyradiomics/baseline") else { return };
    let Some(images) = reference::shared("data/pyradiomics") else { return };
    let mut files = Files::default();
    for case in ["brain1", "breast1", "lung1"] {
        let levels = files.levels(&images, case, &format!("{case}_label.nrrd"), &Settings::default());
        let read = |class: &str| read_npy(&baseline.join(format!("{case}_{class}.npy")));

        let zones = glszm::count(&levels, None).unwrap();
        assert_eq!(dense(&levels, &[&zones]), [read("glszm").1], "{case}");
        let voxels = gldm::count(&levels, &[1], None, 0.0).unwrap();
        assert_eq!(dense(&levels, &[&voxels]), [read("gldm").1], "{case}");

        let runs = glrlm::Glrlm::count(&levels, None).unwrap();
        let mut ours = dense(&levels, &runs.directions.iter().map(|d| &d.runs).collect::<Vec<_>>());
        let (shape, theirs) = read("glrlm");
        let mut theirs: Vec<Vec<f64>> =
            (0..shape[2]).map(|d| theirs[d..].iter().step_by(shape[2]).copied().collect()).collect();
        // Directions stand in another order.
        for directions in [&mut ours, &mut theirs] {
            directions.sort_by(|a, b| a.partial_cmp(b).unwrap());
        }
        assert_eq!(ours, theirs, "{case}");

        let tones = ngtdm::Ngtdm::count(&levels, &[1], None).unwrap().tones;
        let (shape, theirs) = read("ngtdm");
        assert_eq!(shape, [tones.len(), 3]);
        for (ours, theirs) in tones.iter().zip(theirs.chunks(3)) {
            assert_eq!(
                (f64::from(ours.voxels + ours.isolated), f64::from(ours.level)),
                (theirs[0], theirs[2])
            );
            assert!((ours.difference - theirs[1]).abs() <= 1e-9 * theirs[1], "{ours:?} {theirs:?}");
        }
    }
}

/// Level after level with a column for each size that occurs in any of the matrices.
fn dense(levels: &Levels, matrices: &[&LevelSize]) -> Vec<Vec<f64>> {
    let mut sizes: Vec<u32> = matrices.iter().flat_map(|m| m.entries()).map(|e| e.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let dense = |matrix: &&LevelSize| {
        let mut dense = vec![0.0; levels.values().len() * sizes.len()];
        for entry in matrix.entries() {
            let row = levels.values().binary_search(&entry.level).unwrap();
            dense[row * sizes.len() + sizes.binary_search(&entry.size).unwrap()] = entry.count;
        }
        dense
    };
    matrices.iter().map(dense).collect()
}

/// Rule of the reference data: rounded to three significant digits the value lies within the tolerance.
#[test]
fn ibsi_digital_phantom() {
    let Some(rows) = reference::ibsi_rows("oracles/ibsi1/reference_values.csv") else { return };
    let inside = ibsi::region();
    let grey = Array3::from_shape_fn(inside.dim(), |index| {
        if inside[index] { ibsi::grey_levels()[index] as u32 } else { 0 }
    });
    let levels = Levels::from_grey_levels(&grey, [2.0; 3], 1).unwrap();
    let ours = ibsi_features(&levels);
    let families = ["glrlm", "glszm", "ngldm", "ngtdm"];
    let rows = rows.get("digital_phantom").into_iter().flatten();
    let mut compared = 0;
    for row in rows.filter(|row| families.contains(&row.family.as_str())) {
        let key = format!("{} {} {}", row.family, row.aggregation, row.code);
        let ours = *ours.get(&key).unwrap_or_else(|| panic!("{key} is not calculated"));
        assert!(row.agrees(ours), "{row:?}: {ours}");
        compared += 1;
    }
    println!("{compared} values");
}

/// `<family> <aggregation> <code>` of all aggregations that IBSI defines.
fn ibsi_features(levels: &Levels) -> Values {
    let mut all = Values::new();
    let mut put = |family: &str, aggregation: &str, names: &[FeatureName], values: &[f64]| {
        for (name, &value) in names.iter().zip(values) {
            all.insert(format!("{family} {aggregation} {}", name.ibsi), value);
        }
    };
    let mean = |features: Vec<LevelSizeFeatures>| LevelSizeFeatures::mean(&features);
    let one = |_| 1.0;

    let slices = glrlm::Glrlm::by_slice(levels).unwrap();
    let flat = glrlm::Glrlm::count(levels, Some(0)).unwrap();
    let full = glrlm::Glrlm::count(levels, None).unwrap();
    for (aggregation, f) in [
        ("2D, averaged", mean(slices.iter().map(|slice| slice.averaged()).collect())),
        ("2D, slice-merged", mean(slices.iter().map(|slice| slice.merged(one)).collect())),
        ("2.5D, direction-merged", flat.averaged()),
        ("2.5D, merged", flat.merged(one)),
        ("3D, averaged", full.averaged()),
        ("3D, merged", full.merged(one)),
    ] {
        put("glrlm", aggregation, GlrlmFeatures::NAMES, &GlrlmFeatures::from(f).values());
    }

    let slices = |slices: Vec<LevelSize>| mean(slices.iter().map(LevelSize::features).collect());
    for (aggregation, f) in [
        ("2D", slices(glszm::by_slice(levels).unwrap())),
        ("2.5D", glszm::count(levels, Some(0)).unwrap().features()),
        ("3D", glszm::count(levels, None).unwrap().features()),
    ] {
        put("glszm", aggregation, GlszmFeatures::NAMES, &GlszmFeatures::from(f).values());
    }
    for (aggregation, f) in [
        ("2D", slices(gldm::by_slice(levels, &[1], 0.0).unwrap())),
        ("2.5D", gldm::count(levels, &[1], Some(0), 0.0).unwrap().features()),
        ("3D", gldm::count(levels, &[1], None, 0.0).unwrap().features()),
    ] {
        put("ngldm", aggregation, GldmFeatures::NAMES, &GldmFeatures::from(f).values());
        // PyRadiomics lacks these; the percentage is 1 as every voxel is counted once.
        let more = [("CAS9", f.energy), ("5SPA", f.level_non_uniformity_normalized), ("6XV8", 1.0)];
        for (ibsi, value) in more {
            let name = FeatureName { ibsi, ..GldmFeatures::NAMES[0] };
            put("ngldm", aggregation, &[name], &[value]);
        }
    }
    let slices = ngtdm::Ngtdm::by_slice(levels, &[1]).unwrap();
    let slices: Vec<NgtdmFeatures> = slices.iter().map(|slice| slice.features(false)).collect();
    for (aggregation, f) in [
        ("2D", NgtdmFeatures::mean(&slices)),
        ("2.5D", ngtdm::Ngtdm::count(levels, &[1], Some(0)).unwrap().features(false)),
        ("3D", ngtdm::Ngtdm::count(levels, &[1], None).unwrap().features(false)),
    ] {
        put("ngtdm", aggregation, NgtdmFeatures::NAMES, &f.values());
    }
    all
}

/// The features under PyRadiomics' column names.
fn features(levels: &Levels, settings: &Settings) -> Values {
    let mut all = Values::new();
    let mut put = |class: &str, names: &[FeatureName], values: &[f64]| {
        for (name, &value) in names.iter().zip(values) {
            all.insert(format!("original_{class}_{}", name.name), value);
        }
    };
    put("glrlm", GlrlmFeatures::NAMES, &glrlm::features(levels, settings).unwrap().values());
    put("glszm", GlszmFeatures::NAMES, &glszm::features(levels, settings).unwrap().values());
    put("gldm", GldmFeatures::NAMES, &gldm::features(levels, settings).unwrap().values());
    put("ngtdm", NgtdmFeatures::NAMES, &ngtdm::features(levels, settings).unwrap().values());
    all
}

/// Images and masks read so far.
#[derive(Default)]
struct Files {
    images: BTreeMap<String, Image>,
    masks: BTreeMap<String, Mask>,
}

impl Files {
    fn levels(&mut self, folder: &Path, case: &str, mask: &str, settings: &Settings) -> Levels {
        let options = io::ReadOptions::default();
        let image = self
            .images
            .entry(case.to_owned())
            .or_insert_with(|| io::read(folder.join(format!("{case}_image.nrrd")), &options).unwrap());
        let mask = self
            .masks
            .entry(mask.to_owned())
            .or_insert_with(|| io::read_mask(folder.join(mask), &options).unwrap());
        let bounds = mask.region(settings.label).unwrap().bounds;
        let volume = image.crop_f64(bounds).unwrap();
        let binning = settings.bin_count.map_or(Binning::Width(settings.bin_width), Binning::Count);
        let inside = mask.crop(settings.label, bounds);
        Levels::new(volume.voxels(), &inside, volume.geometry().spacing(), binning, 1).unwrap()
    }
}

fn read_table(path: &Path) -> Values {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().skip(1).filter_map(|line| line.split_once(','));
    rows.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

/// Shape and values (last axis fastest) of a file of doubles in NumPy's format, version 1.
fn read_npy(path: &Path) -> (Vec<usize>, Vec<f64>) {
    let bytes = std::fs::read(path).unwrap();
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..start]).unwrap();
    assert!(header.contains("'<f8'"), "{header}");
    let shape = header.split('(').nth(1).unwrap().split(')').next().unwrap();
    let shape: Vec<usize> = shape.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let values: Vec<f64> =
        bytes[start..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    if !header.contains("'fortran_order': True") {
        return (shape, values);
    }
    let [rows, columns] = shape[..] else { panic!("{header}") };
    let values = (0..rows * columns).map(|i| values[i % columns * rows + i / columns]).collect();
    (shape, values)
}
