use super::*;
use crate::params::{Params, ParamsFormat};

fn one(text: &str) -> Result<NamedFilter, String> {
    let text = format!("[[filter]]\n{}\n", text.replace(';', "\n"));
    let mut params = Params::parse(&text, ParamsFormat::Toml).map_err(|error| error.to_string())?;
    // What is written about a filter reads back as the same.
    let again = Params::parse(&params.to_json().to_string(), ParamsFormat::Json).unwrap();
    assert_eq!(again.filters, params.filters);
    Ok(params.filters.remove(0))
}

#[test]
fn every_type_reads_and_names_itself() {
    for (text, name) in [
        ("type = 'none'", "original"),
        ("type = 'mean'; support = 5", "mean_5_3d"),
        ("type = 'gaussian'; sigma_mm = 2; mode = '2d'", "gaussian_2mm_2d"),
        ("type = 'log'; sigma_mm = 1.5; cutoff = 4", "log_1.5mm_3d"),
        ("type = 'log'; sigma_mm = [1, 2.5]; sigma_pooling = 'max'", "log_1mm_2.5mm_max_3d"),
        ("type = 'laplacian'; stencil = 27", "laplacian_27"),
        ("type = 'prewitt'; mode = '2d'", "prewitt_2d"),
        ("type = 'sobel'; boundary = 'nearest'", "sobel_3d"),
        ("type = 'laws'; kernels = 'L5E5E5'; rotation_pooling = 'min'", "laws_L5E5E5_min"),
        ("type = 'shannon'; level = 2", "shannon_2_3d"),
        ("type = 'riesz_shannon'; order = [0, 0, 1]", "riesz_shannon_1_001_3d"),
        (
            "type = 'laws'; kernels = 'L5E5'; rotation_pooling = 'max'; energy_delta = 7",
            "laws_L5E5_max_energy7",
        ),
        ("type = 'gabor'; sigma_mm = 5; lambda_mm = 2; gamma = 1.5; theta = 60", "gabor_5mm_2mm_1.5_60deg"),
        (
            "type = 'gabor'; sigma_mm = 5; lambda_mm = 2; theta_step = 22.5; planes = 'orthogonal'",
            "gabor_5mm_2mm_1_16angles_mean_orthogonal",
        ),
        ("type = 'wavelet'; wavelet = 'db3'; band = 'LLH'; level = 2", "wavelet_db3_LLH_2"),
        ("type = 'simoncelli'; boundary = 'periodic'", "simoncelli_1_3d"),
        ("type = 'riesz_log'; sigma_mm = 3; order = [0, 2, 0]", "riesz_log_3mm_020_3d"),
        ("type = 'riesz_simoncelli'; level = 2; order = [1, 1, 0]; mode = '2d'", "riesz_simoncelli_2_110_2d"),
        (
            "type = 'riesz_log'; sigma_mm = 3; order = [0, 2, 0]; align_sigma_mm = 2",
            "riesz_log_3mm_020_aligned2mm_3d",
        ),
        ("type = 'none'; name = 'a-b_1.c'", "a-b_1.c"),
    ] {
        assert_eq!(one(text).unwrap().name, name);
    }
    let boundary = |text: &str| one(&format!("type = 'none'; boundary = {text}")).unwrap().filter.boundary;
    assert_eq!(boundary("'zero'"), Boundary::Constant(0.0));
    assert_eq!(boundary("-1000"), Boundary::Constant(-1000.0));
    assert_eq!(one("type = 'none'").unwrap().filter.boundary, Boundary::Mirror);
}

#[test]
fn faults_name_place_value_and_what_was_expected() {
    for (text, part) in [
        ("type = 'lowg'", "did you mean `log`?"),
        ("sigma_mm = 3", "`filter.1`: needs `type`"),
        ("type = 'log'", "needs `sigma_mm`, for example `sigma_mm = 1.5`"),
        (
            "type = 'log'; sigma_mm = 0",
            "line 3, column 13: `filter.1.sigma_mm`: found `0`, expected mm, 0.001 to 10000",
        ),
        ("type = 'log'; sigma_mm = '3'", "found the text \"3\""),
        ("type = 'log'; sigma_mm = 3; sigma = 3", "no such parameter of log; did you mean `sigma_mm`?"),
        ("type = 'log'; sigma_mm = [3]", "2 to 100 lengths"),
        ("type = 'log'; sigma_mm = [3, 0]", "2 to 100 lengths"),
        ("type = 'log'; sigma_mm = 3; sigma_pooling = 'max'", "no pooling of a single `sigma_mm`"),
        ("type = 'laplacian'; stencil = 8", "5, 9 (within slices), 7, 15, 19, 21 or 27 points"),
        ("type = 'laplacian'", "needs `stencil`"),
        ("type = 'mean'; support = 4", "an odd number"),
        ("type = 'laws'; kernels = 'L5Q5'", "two or three of"),
        ("type = 'laws'; kernels = 'L5'", "two or three of"),
        ("type = 'wavelet'; wavelet = 'bd3'; band = 'LL'", "did you mean `db3`?"),
        ("type = 'wavelet'; wavelet = 'db3'; band = 'LLLL'", "such as `LLH`"),
        ("type = 'gabor'; sigma_mm = 5; lambda_mm = 2", "theta_step = 45"),
        ("type = 'gabor'; sigma_mm = 5; lambda_mm = 2; theta_step = 50", "a whole part of 360"),
        (
            "type = 'gabor'; sigma_mm = 5; lambda_mm = 2; theta = 5; rotation_pooling = 'max'",
            "single `theta`",
        ),
        ("type = 'riesz_log'; sigma_mm = 3; order = [0, 0, 0]", "their sum 1 to 8"),
        ("type = 'riesz_log'; sigma_mm = 3; order = [0, 0, 1]; mode = '2d'", "0 along z"),
        ("type = 'riesz_log'; sigma_mm = 3; order = [1, 0, 0]; align_sigma_mm = 0", "mm, 0.001 to 10000"),
        ("type = 'none'; boundary = 'mirrored'", "did you mean `mirror`?"),
        ("type = 'none'; name = '../x'", "a name of letters"),
        ("type = 'simoncelli'; level = 0", "a whole number, 1 to 12"),
    ] {
        let error = one(text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
    let twice = "filter:\n- {type: none}\n- {type: none}\n";
    let error = Params::parse(twice, ParamsFormat::Yaml).unwrap_err().to_string();
    assert!(error.contains("differs from that of filter 1"), "{error}");
    for none in ["filter: []", "filter: 3", "filter: [3]"] {
        assert!(Params::parse(none, ParamsFormat::Yaml).is_err(), "{none}");
    }
    assert!(Params::parse("imageType: {Square: {}}", ParamsFormat::Yaml).unwrap().filters.is_empty());
}
