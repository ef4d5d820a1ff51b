//! What PyRadiomics' checker (pykwalify with its schema) and its extraction take, and what we take.
//!
//! The verdicts were found by running PyRadiomics 3.1.0 on each of these files.
#![allow(clippy::panic)] // helpers of tests may fail loudly

use radiomics_core::params::{Params, ParamsFormat};

/// Taken by both.
const TAKEN: &[&str] = &[
    "{}",
    "setting: {}",
    "\u{feff}setting: {binWidth: 3}",
    "setting:\r\n  binWidth: 3\r\n",
    "setting: {binWidth: 3} \n...\n",
    "%YAML 1.1\n---\nsetting: {normalize: yes}",
    "\"setting\": {\"binWidth\": 3}",
    // Numbers: whole ones where fractions are possible, and every spelling of YAML 1.2.
    "setting: {binWidth: 25}",
    "setting: {binWidth: 25.0}",
    "setting: {binWidth: 1e-06}",
    "setting: {binWidth: 1e1}",
    "setting: {binWidth: 1_000}",
    "setting: {binWidth: .5}",
    "setting: {binWidth: 5.}",
    "setting: {binWidth: +5}",
    "setting: {binWidth: 0x10}",
    "setting: {binWidth: 0o17}",
    "setting: {binWidth: 017}",
    "setting: {binWidth: !!float 25}",
    "setting: {padDistance: 0}",
    "setting: {resampledPixelSpacing: [0, 0, 0]}",
    "setting: {resegmentRange: [1]}",
    "setting: {resegmentRange: [150, 50]}",
    "setting: {distances: [1, 1]}",
    // Switches
    "setting: {normalize: True}",
    "setting: {normalize: TRUE}",
    // Empty values
    "setting: {binWidth: null, binCount: 8}",
    "setting: {normalize: }",
    "setting: {correctMask: ~, additionalInfo: null, symmetricalGLCM: }",
    "setting: {resampledPixelSpacing: , weightingNorm: , interpolator: , resegmentRange: }",
    // Names
    "setting: {interpolator: sitkLinear, weightingNorm: no_weighting}",
    "setting: {interpolator: 3}",
    "setting: {wavelet: rbio6.8}",
    "voxelSetting: {}",
    "voxelSetting: {kernelRadius: 2, maskedKernel: false, initValue: nan, voxelBatch: 10}",
    "voxelSetting: {initValue: .nan}",
    "voxelSetting: {initValue: \"nan\"}",
    // Anchors and merge keys
    "setting: &s {binWidth: 3}\nimageType:\n  Original: *s",
    "setting: &s {binWidth: 3}\nimageType:\n  Wavelet:\n    <<: *s\n    binWidth: 4",
    "setting:\n  <<: {binWidth: 3}\n  label: 2\n",
    "imageType: {}",
    "imageType: {Original: {}}",
    "imageType: {Original: {normalize: false, label: 2}}",
    "imageType: {LoG: {sigma: [1, 2.5]}}",
    "setting: {sigma: [1]}\nimageType: {LoG: {}}",
    "featureClass: {}",
    "featureClass: {glcm: }",
    "featureClass: {glcm: []}",
    "featureClass: {glcm: [Contrast, Contrast]}",
    "featureClass: {glcm: [Dissimilarity]}",
    "featureClass: {shape2D: , shape: }",
];

/// Refused by both: by PyRadiomics' checker, or by its extraction later on.
const REFUSED: &[&str] = &[
    "",
    "# only a comment\n",
    "---\n",
    "null",
    "[]",
    "3",
    "foo: 1",
    "settings: {}",
    "setting: []",
    "setting: {}\nsetting: {}",
    "setting: {binWidth: 25, binWidth: 26}",
    "setting: {}\n---\nimageType: {}\n",
    "setting:\n\tbinWidth: 3",
    "setting: {binWidth: 3",
    "setting: {1: 2}",
    "setting: {binwidth: 25}",
    "setting: {enableCExtensions: true}",
    "setting: {kernelRadius: 1}",
    "voxelSetting: {binWidth: 3}",
    "imageType: {Wavelet: {kernelRadius: 2}}",
    // Types. The checker takes texts for numbers; the arithmetic does not.
    "setting: {binWidth: abc}",
    "setting: {binWidth: \"25\"}",
    "setting: {binWidth: !!str 25}",
    "setting: {binWidth: true}",
    "setting: {binWidth: None}",
    "setting: {binWidth: [25]}",
    "setting: {binWidth: {a: 1}}",
    "setting: {binWidth: 12:30}",
    "setting: {binCount: 16.0}",
    "setting: {binCount: 1e1}",
    "setting: {binCount: true}",
    "setting: {binCount: \"16\"}",
    "setting: {label: 1.0}",
    "setting: {gldm_a: 0.5}",
    "setting: {normalize: 1}",
    "setting: {normalize: yes}",
    "setting: {normalize: on}",
    "setting: {normalize: \"true\"}",
    "setting: {distances: 1}",
    "setting: {distances: [1.5]}",
    "setting: {sigma: 1}",
    "setting: {resampledPixelSpacing: 1}",
    "setting: {resampledPixelSpacing: [1, null, 1]}",
    "setting: {resampledPixelSpacing: [\"1\", 1, 1]}",
    // Ranges and lengths
    "setting: {binWidth: 0}",
    "setting: {binWidth: -1}",
    "setting: {binWidth: .inf}",
    "setting: {binWidth: .nan}",
    "setting: {binCount: 0}",
    "setting: {binCount: 99999999999999999999999}",
    "setting: {label: 0}",
    "setting: {label: -1}",
    "setting: {label: 4294967296}",
    "setting: {label_channel: -1}",
    "setting: {minimumROISize: 0}",
    "setting: {minimumROIDimensions: 0}",
    "setting: {minimumROIDimensions: 4}",
    "setting: {geometryTolerance: 0}",
    "setting: {normalizeScale: 0}",
    "setting: {removeOutliers: 0}",
    "setting: {padDistance: -1}",
    "setting: {force2Ddimension: 3}",
    "setting: {gldm_a: -1}",
    "setting: {level: 0}",
    "setting: {start_level: -1}",
    "setting: {lbp2DSamples: 0}",
    "setting: {sigma: [0]}",
    "setting: {distances: []}",
    "setting: {distances: [0]}",
    "setting: {resampledPixelSpacing: []}",
    "setting: {resampledPixelSpacing: [1, 1]}",
    "setting: {resampledPixelSpacing: [1, -1, 1]}",
    "setting: {resegmentRange: []}",
    "setting: {resegmentRange: [1, 2, 3]}",
    "voxelSetting: {kernelRadius: 0}",
    "voxelSetting: {voxelBatch: 0}",
    // Names
    "setting: {interpolator: 0}",
    "setting: {interpolator: 11}",
    "setting: {interpolator: 2.0}",
    "setting: {interpolator: BSpline}",
    "setting: {weightingNorm: Euclidean}",
    "setting: {weightingNorm: 1}",
    "setting: {wavelet: xyz}",
    "setting: {wavelet: Haar}",
    "setting: {wavelet: mexh}",
    "setting: {wavelet: 1}",
    "setting: {resegmentMode: Absolute}",
    "setting: {lbp2DMethod: foo}",
    "imageType: []",
    "imageType: Original",
    "imageType: {original: {}}",
    "imageType: {Original: []}",
    "imageType: {Original: 3}",
    "imageType: {Wavelet: {foo: 2}}",
    "featureClass: glcm",
    "featureClass: [glcm]",
    "featureClass: {GLCM: }",
    "featureClass: {glcm: {}}",
    "featureClass: {glcm: all}",
    "featureClass: {glcm: [contrast]}",
    "featureClass: {glcm: [null]}",
    "featureClass: {glcm: [1]}",
];

/// Taken by us alone.
const TAKEN_BY_US: &[(&str, &str)] = &[
    (
        "setting:\nimageType:\nfeatureClass:\nvoxelSetting:\n",
        "an empty section is what is left when all its lines are comments",
    ),
    ("imageType: {Original: }", "the same"),
    (
        "setting: {binWidth: , label: , wavelet: , distances: , resegmentMode: , padDistance: }",
        "empty: the default",
    ),
    ("setting: {weightingNorm: none, binCount: none}", "TOML has no null"),
    ("setting: {voxelArrayShift: 0.5}", "SUV images need fractions, and Energy takes them"),
    ("voxelSetting: {voxelBatch: -1}", "its own default"),
    ("setting: {normalize: tRue}", "the YAML reader does not mind"),
];

/// Refused by us alone.
const REFUSED_BY_US: &[(&str, &str)] = &[
    ("imageType: {LoG: {}}", "gives no column there, only a line in the log"),
    ("imageType: {LoG: {sigma: []}}", "the same"),
    ("setting: {interpolator: true}", "true is the number 1 in Python, so nearest neighbour"),
    ("setting: {geometryTolerance: \"0.1\"}", "a text is no number; there it is not used at all"),
];

fn verdict(text: &str) -> Result<Params, String> {
    Params::parse(text, ParamsFormat::Yaml).map_err(|error| error.to_string())
}

#[test]
fn what_pyradiomics_takes_is_taken() {
    for text in TAKEN.iter().chain(TAKEN_BY_US.iter().map(|(text, _)| text)) {
        if let Err(error) = verdict(text) {
            panic!("{text:?}: {error}");
        }
    }
}

#[test]
fn what_pyradiomics_refuses_is_refused() {
    for text in REFUSED.iter().chain(REFUSED_BY_US.iter().map(|(text, _)| text)) {
        assert!(verdict(text).is_err(), "{text:?}");
    }
}

#[test]
fn json_as_python_reads_it() {
    let json = |text| Params::parse(text, ParamsFormat::Json).map_err(|error| error.to_string());
    let taken = ["{}", r#"{"setting":{"binWidth":1e1}}"#, "{\"setting\":\r\n{\"s\\u0069gma\":[1]}}"];
    for text in taken {
        if let Err(error) = json(text) {
            panic!("{text:?}: {error}");
        }
    }
    for (text, expected) in [
        (
            "[]",
            "line 1, column 1: found an empty list, expected a table with `setting`, `imageType`, `featureClass`",
        ),
        (
            r#"{"setting":{"binCount":1e1}}"#,
            "line 1, column 24: `setting.binCount`: found `10.0`, expected a whole number (at least 1) or `none`",
        ),
        (r#"{"setting":{"sigma":[1,]}}"#, "line 1, column 24: expected value"),
        ("{\"setting\":\n  {\"é\":1, \"binwidth\":1}}", "line 2, column 4: `setting.é`: no such setting"),
        // Python takes the last one without a word.
        (
            "{\"setting\":\n{\"binWidth\": 25,\n \"binWidth\": 3}}",
            "line 3, column 2: `setting.binWidth`: the key stands here for the second time",
        ),
        // Python has words for what JSON lacks.
        (r#"{"setting":{"binWidth":NaN}}"#, "line 1, column 24: expected value"),
    ] {
        assert_eq!(json(text).err().as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn toml_faults_name_their_place() {
    let toml = |text| Params::parse(text, ParamsFormat::Toml).map_err(|error| error.to_string());
    for (text, expected) in [
        (
            "[setting]\nbinwidth = 3\n",
            "line 2, column 1: `setting.binwidth`: no such setting; did you mean `binWidth`?",
        ),
        (
            "[setting]\nbinWidth = '3'\n",
            "line 2, column 12: `setting.binWidth`: found the text \"3\", expected a number (above 0)",
        ),
        (
            "setting.label = 1979-05-27\n",
            "line 1, column 17: `setting.label`: found the time `1979-05-27`, expected a whole number (at least 1)",
        ),
        ("binWidth = 3\n", "line 1, column 1: `binWidth`: this is a setting and belongs under `setting`"),
        (
            "[imageType.LoG]\n",
            "line 1, column 12: `imageType.LoG`: needs `sigma`, for example `LoG: {sigma: [1.0, 3.0]}`",
        ),
        ("[setting]\nlabel = 1\nlabel = 2\n", "line 3, column 1: duplicate key"),
    ] {
        assert_eq!(toml(text).err().as_deref(), Some(expected), "{text}");
    }
}
