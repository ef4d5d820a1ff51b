//! Time for a voxel of each family of maps: `cargo bench -p radiomics-voxelmaps`.
//!
//! Balls of 20,000 and 200,000 voxels with a smooth texture and fine noise in about 30 grey levels, and brain1 of the
//! reference collection where it is there. `RAYON_NUM_THREADS=1` gives the figures for one core.
// criterion's macros make public items without documentation; a bench may fail loudly.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array3;
use radiomics_core::{FeatureClass, Prepared, Settings, levels::Binning};
use radiomics_imaging::io::{ReadOptions, read, read_mask};
use radiomics_phantoms::reference;
use radiomics_voxelmaps::{Engine, Family, Feature, Field, Precision, Task, Values, engine::cpu::Cpu};

/// A field and the centres in it.
type Case = (String, Field, Vec<u32>);

fn case(name: &str, image: &Array3<f64>, inside: &Array3<bool>, radius: usize) -> Case {
    let field = Field::new(image, inside, [1.0; 3], Binning::Width(25.0), radius).unwrap();
    let centres = inside.indexed_iter().filter(|(_, inside)| **inside);
    let centres = centres.map(|((z, y, x), _)| field.position([x, y, z]) as u32).collect();
    (name.to_owned(), field, centres)
}

fn ball(voxels: f64, radius: usize) -> Case {
    let reach = (voxels * 0.75 / std::f64::consts::PI).cbrt();
    let size = 2 * reach.floor() as usize + 1;
    let square = |i: usize| (i as f64 - (size / 2) as f64).powi(2);
    let inside = |(z, y, x)| square(x) + square(y) + square(z) <= reach * reach;
    let inside = Array3::from_shape_fn([size; 3], inside);
    let wave = |i: usize, length: f64| (i as f64 / length).sin();
    let image = Array3::from_shape_fn([size; 3], |(z, y, x)| {
        let smooth = wave(x, 2.3) * wave(y, 3.1) + wave(z, 2.7) * wave(x + y, 4.3) + wave(x + 2 * z, 5.9);
        (40.0 + 130.0 * smooth + 60.0 * noise([x, y, z])).round()
    });
    case(&format!("ball of {voxels}"), &image, &inside, radius)
}

/// Uniform from −½ to ½, a function of the place alone (splitmix64).
fn noise([x, y, z]: [usize; 3]) -> f64 {
    let mut h = ((z << 42) | (y << 21) | x) as u64;
    for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
        h = h.wrapping_add(0x9e37_79b9_7f4a_7c15);
        h = (h ^ (h >> 30)).wrapping_mul(factor);
    }
    (h >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
}

fn brain1(radius: usize) -> Option<Case> {
    let folder = reference::shared("data/pyradiomics")?;
    let options = ReadOptions::default();
    let image = read(folder.join("brain1_image.nrrd"), &options).unwrap();
    let mask = read_mask(folder.join("brain1_label.nrrd"), &options).unwrap();
    let prepared = Prepared::new(&image, &mask, &Settings::default()).unwrap();
    let values = prepared.image.window(prepared.region.bounds()).unwrap().into_voxels();
    Some(case("brain1", &values, prepared.region.inside(), radius))
}

fn families() -> Vec<(String, Vec<Feature>)> {
    let all = |mcc: bool| -> Vec<Feature> {
        let classes = Family::ALL.into_iter().filter(|family| matches!(family, Family::Class(_)));
        classes.flat_map(Family::features).filter(|f| mcc || f.to_string() != "glcm_MCC").collect()
    };
    let mut families = vec![("all".to_owned(), all(true)), ("all but MCC".to_owned(), all(false))];
    for family in Family::ALL.into_iter().filter(|family| matches!(family, Family::Class(_))) {
        let features = family.features().filter(|f| f.to_string() != "glcm_MCC").collect();
        families.push((family.to_string(), features));
    }
    let mcc = Family::Class(FeatureClass::Glcm).features().filter(|f| f.to_string() == "glcm_MCC");
    families.push(("glcm with MCC".to_owned(), mcc.collect()));
    families
}

fn maps(criterion: &mut Criterion) {
    for radius in [1, 2] {
        let balls = [20_000.0, 200_000.0].map(|voxels| ball(voxels, radius));
        for (name, field, centres) in brain1(radius).into_iter().chain(balls) {
            let mut group = criterion.benchmark_group(format!("radius {radius}, {name}"));
            group.sample_size(10);
            let centres: Vec<u32> = centres.into_iter().take(40_000).collect();
            group.throughput(Throughput::Elements(centres.len() as u64));
            for (family, features) in families() {
                let settings = Settings { kernel_radius: radius as u32, ..Settings::default() };
                let task = Task { field: field.clone(), centres: centres.clone(), settings, features };
                let mut out = Values::zeros(Precision::F64, task.features.len() * task.centres.len());
                group.bench_function(BenchmarkId::from_parameter(family), |bencher| {
                    bencher.iter(|| {
                        Cpu.start(&task).unwrap().evaluate(0, &mut out, &()).unwrap();
                        black_box(&out);
                    });
                });
            }
        }
    }
}

criterion_group!(benches, maps);
criterion_main!(benches);
