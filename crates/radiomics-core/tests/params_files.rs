//! Whole parameter files: those of the oracles, the shapes of PyRadiomics' examples, and hostile ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use radiomics_core::config::{Interpolator, Overrides, WeightingNorm};
use radiomics_core::params::{Params, ParamsFormat, Problem};
use radiomics_core::{FeatureClass, ImageType, Settings};
use radiomics_phantoms::reference;

fn yaml(text: &str) -> Params {
    Params::parse(text, ParamsFormat::Yaml).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn message(text: &str) -> String {
    Params::parse(text, ParamsFormat::Yaml).expect_err(text).to_string()
}

#[test]
fn every_parameter_file_of_the_oracles_is_read_and_written_back() {
    let Some(root) = reference::shared("oracles/pyradiomics") else { return };
    let (mut folders, mut read) = (vec![root], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let format = path.extension().and_then(|ext| ParamsFormat::from_extension(ext.to_str()?));
            // The JSON files there hold results.
            let Some(format @ (ParamsFormat::Yaml | ParamsFormat::Toml)) = format else { continue };
            let text = std::fs::read_to_string(&path).unwrap();
            let params = Params::parse(&text, format).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            back_and_forth(&params);
            read += 1;
        }
    }
    assert!(read > 0, "no parameter file found");
}

/// JSON is YAML too: both readers must understand what we write.
fn back_and_forth(params: &Params) {
    let text = serde_json::to_string_pretty(&params.to_json()).unwrap();
    for format in [ParamsFormat::Json, ParamsFormat::Yaml] {
        assert_eq!(&Params::parse(&text, format).unwrap_or_else(|e| panic!("{e}\n{text}")), params);
    }
}

#[test]
fn ct_example() {
    let params = yaml(
        "# comment\nimageType:\n  Original: {}\n  LoG:\n    sigma: [1.0, 2, 3.0]  # comment\n  Wavelet: {}\n\n\
         featureClass:\n  shape:\n  firstorder: []\n  glcm: # comment\n    - 'Autocorrelation'\n    - JointAverage\n\
         setting:\n  interpolator: 'sitkBSpline'\n  resampledPixelSpacing: [1, 1, 1]\n  padDistance: 10\n  \
         #normalize: true\n  binWidth: 25\n  voxelArrayShift: 1000\n  label: 1\n",
    );
    let settings = params.settings();
    assert_eq!(settings.resampled_pixel_spacing, Some([1.0; 3]));
    assert_eq!((settings.pad_distance, settings.voxel_array_shift), (10, 1000.0));
    let types: Vec<ImageType> = params.image_types.iter().map(|(t, _)| *t).collect();
    assert_eq!(types, [ImageType::Original, ImageType::LoG, ImageType::Wavelet]);
    let sigma = params.image_types[1].1.sigma.clone().flatten().unwrap();
    let shown: Vec<String> = sigma.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["1.0", "2", "3.0"]);
    let classes: Vec<FeatureClass> = params.classes.iter().map(|c| c.class).collect();
    assert_eq!(classes, [FeatureClass::Shape, FeatureClass::FirstOrder, FeatureClass::Glcm]);
    let names: Vec<&str> = params.classes[2].features.iter().map(|f| f.name).collect();
    assert_eq!(names, ["Autocorrelation", "JointAverage"]);
    back_and_forth(&params);
}

#[test]
fn map_example() {
    let params = yaml(
        "imageType:\n  Original: {}\nfeatureClass:\n  glcm:\n    - JointEntropy\nsetting:\n  force2D: true\n\
         voxelSetting:\n  kernelRadius: 2\n  maskedKernel: true\n  initValue: nan\n  voxelBatch: 10000\n",
    );
    let settings = params.settings();
    assert!(settings.init_value.is_nan());
    assert_eq!((settings.kernel_radius, settings.voxel_batch), (2, 10000));
    assert_eq!(params.to_json()["voxelSetting"]["initValue"], "nan");
    assert_eq!(params.to_json()["setting"].as_object().unwrap().len(), 1);
}

#[test]
fn empty_values_and_missing_sections() {
    let params = yaml("setting:\n  label: 1\n  resampledPixelSpacing: # none\n  weightingNorm:\n");
    assert_eq!(params.setting.resampled_pixel_spacing, Some(None));
    assert_eq!(params.image_types, [(ImageType::Original, Overrides::default())]);
    let classes: Vec<FeatureClass> = params.classes.iter().map(|c| c.class).collect();
    assert_eq!(classes, FeatureClass::ALL);
    assert_eq!(yaml("{}"), yaml("setting:\nimageType:\nfeatureClass:\n"));
    assert_eq!(yaml("{}").settings(), Settings::default());
    // None is false for PyRadiomics, and no interpolator means no resampling.
    let params = yaml("setting: {symmetricalGLCM: , interpolator: , binWidth: }");
    assert!(!params.settings().symmetrical_glcm);
    assert_eq!(params.settings().interpolator, None);
    assert_eq!(params.settings().bin_width, 25.0);
    back_and_forth(&params);
    for nothing in ["", "\n", "# only a comment\n", "---\n", "null", "\u{feff}"] {
        for format in [ParamsFormat::Yaml, ParamsFormat::Json, ParamsFormat::Toml] {
            let error = Params::parse(nothing, format);
            assert!(error.is_err(), "{nothing:?} {format:?}");
        }
        assert_eq!(Params::parse(nothing, ParamsFormat::Yaml).unwrap_err().problem, Problem::Empty);
    }
}

#[test]
fn the_three_syntaxes_say_the_same() {
    let yaml = yaml(
        "setting: {binCount: 16, distances: [1, 2], weightingNorm: null, normalize: true}\n\
         voxelSetting: {kernelRadius: 3}\n\
         imageType: {Wavelet: {wavelet: db2, binWidth: 1e-3}, LoG: {sigma: [2, 3.0]}, Original: {}}\n\
         featureClass: {ngtdm: [], glcm: [Contrast, Id], firstorder: []}",
    );
    let json = r#"{"setting": {"binCount": 16, "distances": [1, 2], "weightingNorm": null, "normalize": true},
        "voxelSetting": {"kernelRadius": 3},
        "imageType": {"Wavelet": {"wavelet": "db2", "binWidth": 1e-3}, "LoG": {"sigma": [2, 3.0]}, "Original": {}},
        "featureClass": {"ngtdm": [], "glcm": ["Contrast", "Id"], "firstorder": null}}"#;
    let toml = "[setting]\nbinCount = 16\ndistances = [1, 2]\nweightingNorm = 'none'\nnormalize = true\n\
         [voxelSetting]\nkernelRadius = 3\n[imageType]\nWavelet = {wavelet = 'db2', binWidth = 1e-3}\n\
         LoG.sigma = [2, 3.0]\nOriginal = {}\n[featureClass]\nngtdm = []\nglcm = ['Contrast', 'Id']\nfirstorder = []\n";
    assert_eq!(Params::parse(json, ParamsFormat::Json).unwrap(), yaml);
    assert_eq!(Params::parse(toml, ParamsFormat::Toml).unwrap(), yaml);
    back_and_forth(&yaml);
}

#[test]
fn every_setting_round_trips() {
    let mut setting = Overrides::default();
    for (key, value) in Settings::default().entries() {
        let text = value.to_string();
        setting.set(key, text.trim_matches('"')).unwrap_or_else(|e| panic!("{e}"));
    }
    assert_eq!(setting.entries(), Settings::default().entries());
    setting.interpolator = Some(Some(Interpolator::Linear));
    setting.weighting_norm = Some(Some(WeightingNorm::NoWeighting));
    setting.resegment_range = Some(Some(vec![-1.5]));
    setting.remove_outliers = Some(Some(0.1 + 0.2));
    setting.minimum_roi_size = Some(Some(u64::MAX));
    back_and_forth(&Params { setting, ..Params::default() });
}

#[test]
fn faults_name_their_place() {
    for (text, expected) in [
        (
            "setting:\n  binwidth: 10\n",
            "line 2, column 3: `setting.binwidth`: no such setting; did you mean `binWidth`?",
        ),
        (
            "setting:\n  binWidth: abc\n",
            "line 2, column 13: `setting.binWidth`: found the text \"abc\", expected a number (above 0)",
        ),
        (
            "setting:\n  binWidth: -1\n",
            "line 2, column 13: `setting.binWidth`: found `-1`, expected a number (above 0)",
        ),
        (
            "setting:\n  kernelRadius: 2\n",
            "line 2, column 3: `setting.kernelRadius`: no such setting; it belongs under `voxelSetting`",
        ),
        (
            "featureClass:\n  glcm: [Contrast, Entropy]\n",
            "line 2, column 20: `featureClass.glcm.Entropy`: no such feature of glcm; did you mean `SumEntropy`?",
        ),
        (
            "imageType:\n  Original: {}\n  LoG: {}\n",
            "line 3, column 3: `imageType.LoG`: needs `sigma`, for example `LoG: {sigma: [1.0, 3.0]}`",
        ),
        (
            "binWidth: 3\n",
            "line 1, column 1: `binWidth`: no such section; it is a setting and belongs under `setting`",
        ),
    ] {
        assert_eq!(message(text), expected);
    }
}

#[test]
fn hostile_texts_are_errors() {
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let hostile = [
        bomb,
        deep("[", "]", 100_000),
        deep("{a: ", "}", 100_000),
        deep("{\"a\":", "}", 100_000),
        "[".repeat(100_000),
        "a:\n ".repeat(1000),
        "- ".repeat(10_000),
        format!("setting: {{binWidth: {}}}", "9".repeat(500_000)),
        format!("setting: {{wavelet: {}}}", "x".repeat(500_000)),
        format!("{}: 1", "k".repeat(500_000)),
        "x".repeat(3_000_000),
        "setting:\n\tbinWidth: 3".into(),
        "setting: {binWidth: 3".into(),
        "setting: *nowhere".into(),
        "setting: &a {x: *a}".into(),
        "? [a]\n: b".into(),
        "setting: {}\n---\nsetting: {}\n".into(),
        "\0\u{1}\u{7f}".into(),
        "a: !!python/object/apply:os.system ['true']".into(),
        "setting = 1979-05-27T07:32:00Z".into(),
        "[[setting]]".into(),
        r#"{"setting": {"binWidth": 1e999}}"#.into(),
        r#"{"setting": {"\ud800": 1}}"#.into(),
        r#"{"setting": {"binWidth": 1, "binWidth": 2}}"#.into(),
    ];
    for text in &hostile {
        for format in [ParamsFormat::Yaml, ParamsFormat::Json, ParamsFormat::Toml] {
            let error = Params::parse(text, format).expect_err(&text.chars().take(50).collect::<String>());
            let shown = error.to_string();
            assert!(shown.len() < 600 && !shown.contains('\n'), "{shown}");
        }
    }
}

#[test]
fn random_texts_do_not_panic() {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let parts = [
        "setting",
        ":",
        " ",
        "\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a",
        "*a",
        "<<",
        "'",
        "\"",
        "\t",
        "#",
        "-",
        "?",
        "|",
        "binWidth",
        "1",
        "1e9",
        "null",
        "\r\n",
        "=",
        ".",
        "LoG",
        "imageType",
        "é",
        "\u{feff}",
        "!!",
        "%",
        "\\u",
        "glcm",
    ];
    for _ in 0..3000 {
        let text: String = (0..next() % 20).map(|_| parts[(next() % parts.len() as u64) as usize]).collect();
        for format in [ParamsFormat::Yaml, ParamsFormat::Json, ParamsFormat::Toml] {
            let _ = Params::parse(&text, format);
        }
    }
}
