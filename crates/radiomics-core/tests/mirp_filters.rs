//! Filters beyond IBSI 2 against MIRP, which has them: see `reference/mirp_filters.py`. MIRP calculates in single
//! precision.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::collections::BTreeMap;

use ndarray::Array3;
use radiomics_core::{Params, ParamsFormat, filter::ibsi::Cascade};

#[test]
fn filters_of_mirp_are_met() {
    let image = Array3::from_shape_fn([8, 8, 8], |(z, y, x)| {
        ((x * 37 + y * 101 + z * 59) * (x + 3 * y + 7 * z + 11) % 401) as f64 - 200.0
    });
    let mut maps: BTreeMap<&str, Array3<f64>> = BTreeMap::new();
    let mut cascade = Cascade::new(&image, [1.0; 3]);
    let (mut differences, mut seen) = (Vec::new(), 0);
    for line in include_str!("reference/mirp_filters.csv").lines().skip(1) {
        let (table, rest) = line.trim_start_matches('"').split_once("\",").unwrap();
        let fields: Vec<&str> = rest.split(',').collect();
        let [z, y, x, value] = fields[..] else { panic!("{line}") };
        let map = maps.entry(table).or_insert_with(|| {
            let text = format!("[[filter]]\n{}\n", table.replace(';', "\n"));
            let params = Params::parse(&text, ParamsFormat::Toml).unwrap();
            cascade.apply(&params.filters[0].filter).unwrap()
        });
        let range = map.iter().fold(0.0_f64, |range, v| range.max(v.abs()));
        let (ours, theirs) =
            (map[[z, y, x].map(|i| i.parse::<usize>().unwrap())], value.parse::<f64>().unwrap());
        if (ours - theirs).abs() > 2e-6 * range {
            differences.push(format!("{line}: ours {ours}"));
        }
        seen += 1;
    }
    assert!(differences.is_empty(), "{} of {seen}:\n{}", differences.len(), differences.join("\n"));
    assert_eq!((maps.len(), seen), (49, 1519));
}
