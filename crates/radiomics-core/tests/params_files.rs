//! Whole parameter files: those of the oracles, the shapes of PyRadiomics' examples, and hostile ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests may fail loudly
use radiomics_core::config::{ClassSelection, Interpolator, Overrides, WeightingNorm, catalogue};
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

/// What we write must be read back from every syntax; JSON is YAML too.
fn back_and_forth(params: &Params) {
    let text = serde_json::to_string_pretty(&params.to_json()).unwrap();
    for format in [ParamsFormat::Json, ParamsFormat::Yaml] {
        assert_eq!(&Params::parse(&text, format).unwrap_or_else(|e| panic!("{e}\n{text}")), params);
    }
    let text = serde_saphyr::to_string(&params.to_json()).unwrap();
    assert_eq!(&Params::parse(&text, ParamsFormat::Yaml).unwrap_or_else(|e| panic!("{e}\n{text}")), params);
    let text = toml::to_string(&without_null(params.to_json())).unwrap();
    assert_eq!(&Params::parse(&text, ParamsFormat::Toml).unwrap_or_else(|e| panic!("{e}\n{text}")), params);
}

/// TOML has no null.
fn without_null(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Null => "none".into(),
        serde_json::Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, without_null(value))).collect()
        }
        other => other,
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
            "line 2, column 3: `setting.kernelRadius`: this is a setting and belongs under `voxelSetting`",
        ),
        (
            "featureClass:\n  glcm: [Contrast, Entropy]\n",
            "line 2, column 20: `featureClass.glcm.Entropy`: no such feature of glcm; did you mean `SumEntropy`?",
        ),
        (
            "imageType:\n  Original: {}\n  LoG: {}\n",
            "line 3, column 3: `imageType.LoG`: needs `sigma`, for example `LoG: {sigma: [1.0, 3.0]}`",
        ),
        ("binWidth: 3\n", "line 1, column 1: `binWidth`: this is a setting and belongs under `setting`"),
    ] {
        assert_eq!(message(text), expected);
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let shown = message(&bomb);
    assert!(shown.ends_with("larger, deeper or more repetitive than parameters can be"), "{shown}");
}

#[test]
fn hostile_texts_are_errors() {
    let deep = |open: &str, close: &str, n: usize| open.repeat(n) + &close.repeat(n);
    let hostile = [
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

/// A number generator for reproducible accidents (xorshift).
struct Accident(u64);

impl Accident {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn random_texts_do_not_panic() {
    #[rustfmt::skip]
    const PARTS: &[&str] = &[
        "setting", ":", " ", "\n", "{", "}", "[", "]", ",", "&a", "*a", "<<", "'", "\"", "\t", "#", "-", "?", "|", "binWidth",
        "1", "1e9", "null", "\r\n", "=", ".", "LoG", "imageType", "é", "\u{feff}", "!!", "%", "\\u", "glcm", "\0", "~",
    ];
    let mut accident = Accident(1);
    for _ in 0..3000 {
        let text: String = (0..accident.below(20)).map(|_| PARTS[accident.below(PARTS.len())]).collect();
        for format in [ParamsFormat::Yaml, ParamsFormat::Json, ParamsFormat::Toml] {
            let _ = Params::parse(&text, format);
        }
        let _ = Overrides::default().set("distances", &text);
    }
}

/// Texts of which each setting takes some.
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "1", "2", "0", "3", "-1", "7.25", "1e-9", "-2.5", "none", "true", "false", "nan", "1,2", "[3]", "1, 1.5, 0", "-3,3", "sitkLinear",
    "10", "haar", "db7", "relative", "manhattan", "var", "99999", "", "uniform", "[1, 2, 3]", "4294967295", "0.1",
    "2D", "3D", "cubic", "euclidean", "inverse", "[glcm, morphology]", "['3D, merged', 2.5D]",
];

#[test]
fn what_can_be_set_passes_the_check() {
    for (key, _) in Settings::KEYS {
        let mut taken = 0;
        for text in TEXTS {
            let mut given = Overrides::default();
            let Ok(()) = given.set(key, text) else {
                assert_eq!(given, Overrides::default());
                continue;
            };
            taken += usize::from(!given.entries().is_empty());
            Settings::default().with(&given).check().unwrap();
            given.check().unwrap();
        }
        assert!(taken > 0, "{key}");
    }
    Settings::default().check().unwrap();
    let bad = Settings { bin_width: f64::NAN, ..Settings::default() };
    assert_eq!(
        bad.check().unwrap_err().to_string(),
        "`binWidth`: found `\"nan\"`, expected a number (above 0)"
    );
    let bad = Settings { distances: vec![], ..Settings::default() };
    assert_eq!(bad.check().unwrap_err().path, "distances");
}

#[test]
fn random_parameters_round_trip() {
    let (mut accident, mut tried) = (Accident(2), 0);
    for _ in 0..200 {
        let mut some = |share: usize, sections: bool| {
            let mut given = Overrides::default();
            for info in catalogue().settings {
                let text = TEXTS[accident.below(TEXTS.len())];
                // NaN is no equal of itself.
                let everywhere = info.scope.section() == "setting";
                if accident.below(share) == 0 && text != "nan" && (sections || everywhere) {
                    let _ = given.set(info.key, text);
                }
            }
            given
        };
        let mut params =
            Params { setting: some(2, true), image_types: vec![], classes: vec![], filters: vec![] };
        let mut own: Vec<Overrides> = ImageType::ALL.iter().map(|_| some(8, false)).collect();
        for image_type in ImageType::ALL {
            let own = own.pop().unwrap();
            if accident.below(3) > 0 {
                let place = accident.below(params.image_types.len() + 1);
                params.image_types.insert(place, (image_type, own));
            }
        }
        for class in FeatureClass::ALL {
            let mut selection = ClassSelection::all(class);
            if accident.below(2) == 0 {
                selection.features =
                    class.features().iter().filter(|_| accident.below(2) == 0).rev().collect();
            }
            let named = !selection.features.is_empty() || !class.retired().is_empty();
            if named && accident.below(3) > 0 {
                let place = accident.below(params.classes.len() + 1);
                params.classes.insert(place, selection);
            }
        }
        if params.check().is_ok() && !params.image_types.is_empty() && !params.classes.is_empty() {
            back_and_forth(&params);
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}
