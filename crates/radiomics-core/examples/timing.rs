use std::time::Instant;
use radiomics_core::*;
use radiomics_imaging::io::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let image = read(&args[1], &ReadOptions::default()).unwrap();
    let t = Instant::now();
    let mask = read_mask(&args[2], &ReadOptions::default()).unwrap();
    println!("read mask {:?}", t.elapsed());
    let text = args.get(3).map(|p| std::fs::read_to_string(p).unwrap()).unwrap_or("setting: {}".into());
    let mut params = Params::parse(&text, ParamsFormat::Yaml).unwrap();
    if args.get(4).is_none() { params.setting.additional_info = Some(false); }
    params.image_types.retain(|t| t.0 == ImageType::Original);
    let settings = params.settings();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
    for _ in 0..5 {
        let t = Instant::now();
        let s = mask.region(1).unwrap();
        let a = t.elapsed();
        let p = Prepared::new(&image, &mask, &settings).unwrap();
        let b = t.elapsed();
        let w = p.image.window(p.region.bounds()).unwrap();
        let c = t.elapsed();
        let w2 = p.image.whole().map(|w| w.voxels().len());
        let d = t.elapsed();
        println!("scan {:?} prepare {:?} window {:?} ({}) whole {:?} {:?} region {}", a, b - a, c - b, w.voxels().len(), d - c, w2, s.voxels);
        params.classes.clear();
        let e = Extractor::new(params.clone()).unwrap();
        let t = Instant::now();
        e.extract(&image, &mask).unwrap();
        println!("  extract without classes {:?}", t.elapsed());
    }
    });
}
