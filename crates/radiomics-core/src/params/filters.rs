//! Filters in a parameter file: a list of `filter` tables, one for each response map.
//!
//! ```toml
//! [[filter]]
//! name = "spots"              # of the response map; made from the parameters where it is not given
//! type = "laws"
//! kernels = "L5S5E5"
//! rotation_pooling = "max"
//! energy_delta = 7
//! boundary = "mirror"
//! ```
//!
//! The same in YAML is `filter: [{type: laws, kernels: L5S5E5}]`. Every filter takes `name` and `boundary`. Filters
//! are applied by `radiomics filter`, and by an extraction by IBSI's definitions.
//!
//! ```
//! use radiomics_core::{Params, ParamsFormat};
//! let text = "[[filter]]\ntype = 'log'\nsigma_mm = 3\nmode = '2d'\n";
//! let params = Params::parse(text, ParamsFormat::Toml)?;
//! assert_eq!(params.filters[0].name, "log_3mm_2d");
//! let typo = "[[filter]]\ntype = 'log'\nsigma_mmm = 3\n";
//! assert_eq!(
//!     Params::parse(typo, ParamsFormat::Toml).unwrap_err().to_string(),
//!     "line 3, column 1: `filter.1.sigma_mmm`: no such parameter of log; did you mean `sigma_mm`?"
//! );
//! # Ok::<(), radiomics_core::params::ParamsError>(())
//! ```
//!
//! | `type` | keys: those without a default must be there |
//! |---|---|
//! | `none` | the image as it is |
//! | `mean` | `support` voxels, odd · `mode` |
//! | `gaussian` | `sigma_mm` · `cutoff` (4 standard deviations) · `mode` |
//! | `log` | `sigma_mm`, one or a list · `sigma_pooling` (`mean`, with a list) · `cutoff` (4) · `mode` |
//! | `laws` | `kernels`, one for each axis, x first · `rotation_pooling` · `energy_delta` voxels |
//! | `gabor` | `sigma_mm` · `lambda_mm` · `gamma` (1) · `theta` or `theta_step`, degrees · `rotation_pooling` (`mean`, with `theta_step`) · `planes` (`axial`) |
//! | `wavelet` | `wavelet` · `band` such as `LLH`, x first · `level` (1) · `rotation_pooling` |
//! | `simoncelli` | `level` (1) · `mode` · `padding` (32 voxels) |
//! | `riesz_log` | `sigma_mm` · `order` such as `[1, 0, 0]` · `align_sigma_mm` · `mode` · `padding` (32) |
//! | `riesz_simoncelli` | `level` (1) · `order` · `align_sigma_mm` · `mode` · `padding` (32) |
//! | `shannon`, `riesz_shannon` | as `simoncelli`, `riesz_simoncelli`; not in IBSI |
//! | `laplacian` | `stencil`: 5 or 9 points slice by slice, 7, 15, 19, 21 or 27 in space; not in IBSI |
//! | `prewitt`, `sobel` | `mode`; size of the gradient, not in IBSI |
//!
//! | key | values |
//! |---|---|
//! | `boundary` | `mirror` (default), `zero`, `nearest`, `periodic`, or a number: a constant |
//! | `mode` | `3d` (default), `2d`: slice by slice. Laws and wavelets have as many dimensions as kernels |
//! | `rotation_pooling` | `mean`, `max`, `min`, `sum`: over all right-angle rotations, for Gabor over all angles and planes; none unless given. IBSI has the first two |
//! | `planes` | `axial`; `orthogonal`: pooled over the planes across z, y and x |
//! | `align_sigma_mm` | turns a Riesz transform to the [structure of the image](crate::filter::ibsi::riesz): the width of the structure tensor's window; not turned unless given |
//! | `padding` | voxels by which the image is lengthened before a Fourier transform, unless it is periodic |

use serde_json::json;

use super::{
    ParamsError, Problem, Reader,
    error::nearest,
    node::{Key, Node, Place, Value},
};
use crate::filter::{
    ibsi::{
        Boundary, Filter, Kind, Mode, Pooling, Radial, Riesz,
        edges::{self, Edges},
        laws,
    },
    mother::Mother,
};

/// A response map to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFilter {
    /// Of the map: letters, digits, points, `-` and `_`.
    pub name: String,
    /// What makes it.
    pub filter: Filter,
}

impl NamedFilter {
    /// The table of a parameter file that gives this filter.
    pub fn to_json(&self) -> serde_json::Value {
        let mut table = json!({ "name": self.name });
        let mut set = |key: &str, value: serde_json::Value| table[key] = value;
        let mode = |mode: &Mode| json!(mode.to_string());
        let pooling = |pooling: &Pooling| json!(pooling.name());
        let kind = match &self.filter.kind {
            Kind::Identity => "none",
            Kind::Mean { support, mode: m } => {
                set("support", json!(support));
                set("mode", mode(m));
                "mean"
            }
            Kind::Gaussian { sigma_mm, cutoff, mode: m } => {
                set("sigma_mm", json!(sigma_mm));
                set("cutoff", json!(cutoff));
                set("mode", mode(m));
                "gaussian"
            }
            Kind::Log { sigmas_mm, pooling: p, cutoff, mode: m } => {
                if let [sigma_mm] = sigmas_mm[..] {
                    set("sigma_mm", json!(sigma_mm));
                } else {
                    set("sigma_mm", json!(sigmas_mm));
                    set("sigma_pooling", pooling(p));
                }
                set("cutoff", json!(cutoff));
                set("mode", mode(m));
                "log"
            }
            Kind::Laplacian { stencil } => {
                set("stencil", json!(stencil));
                "laplacian"
            }
            Kind::Edges { operator, mode: m } => {
                set("mode", mode(m));
                operator.name()
            }
            Kind::Laws { kernels, rotations, energy } => {
                set("kernels", json!(kernels));
                rotations.iter().for_each(|p| set("rotation_pooling", pooling(p)));
                energy.iter().for_each(|delta| set("energy_delta", json!(delta)));
                "laws"
            }
            Kind::Gabor { sigma_mm, lambda_mm, gamma, thetas, pooling: p, orthogonal } => {
                set("sigma_mm", json!(sigma_mm));
                set("lambda_mm", json!(lambda_mm));
                set("gamma", json!(gamma));
                if let [theta] = thetas[..] {
                    set("theta", json!(theta));
                } else {
                    set("theta_step", json!(360.0 / thetas.len() as f64));
                    set("rotation_pooling", pooling(p));
                }
                set("planes", json!(if *orthogonal { "orthogonal" } else { "axial" }));
                "gabor"
            }
            Kind::Wavelet { family, band, level, rotations } => {
                let band: String = band.iter().map(|&high| if high { 'H' } else { 'L' }).collect();
                set("wavelet", json!(family));
                set("band", json!(band));
                set("level", json!(level));
                rotations.iter().for_each(|p| set("rotation_pooling", pooling(p)));
                "wavelet"
            }
            Kind::Radial { wavelet, level, mode: m, riesz, padding } => {
                set("level", json!(level));
                set("mode", mode(m));
                set("padding", json!(padding));
                if let Some(riesz) = riesz {
                    set("order", json!(riesz.order));
                    riesz.align_mm.iter().for_each(|mm| set("align_sigma_mm", json!(mm)));
                }
                match (wavelet, riesz) {
                    (Radial::Simoncelli, None) => "simoncelli",
                    (Radial::Simoncelli, Some(_)) => "riesz_simoncelli",
                    (Radial::Shannon, None) => "shannon",
                    (Radial::Shannon, Some(_)) => "riesz_shannon",
                }
            }
            Kind::RieszLog { sigma_mm, riesz, mode: m, padding } => {
                set("sigma_mm", json!(sigma_mm));
                set("order", json!(riesz.order));
                riesz.align_mm.iter().for_each(|mm| set("align_sigma_mm", json!(mm)));
                set("mode", mode(m));
                set("padding", json!(padding));
                "riesz_log"
            }
        };
        set("type", json!(kind));
        let boundary = match self.filter.boundary {
            Boundary::Mirror => json!("mirror"),
            Boundary::Nearest => json!("nearest"),
            Boundary::Periodic => json!("periodic"),
            Boundary::Constant(constant) => json!(constant),
        };
        set("boundary", boundary);
        table
    }
}

/// Reads the value of `filter`: a list of tables, or one table.
pub(super) fn filters(reader: &Reader, node: &Node) -> Result<Vec<NamedFilter>, ParamsError> {
    let tables = match &node.value {
        Value::List(items) if !items.is_empty() => items.as_slice(),
        Value::Table(_) => std::slice::from_ref(node),
        _ => return Err(reader.wrong(node, "filter".into(), "a list of filters")),
    };
    let mut filters: Vec<NamedFilter> = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let path = format!("filter.{}", number + 1);
        let entries = reader.entries(table, &path, "a table with `type`")?;
        let fields = Fields { reader, entries, path, at: table.at, kind: "" };
        let found = fields.filter()?;
        if let Some(earlier) = filters.iter().position(|f| f.name.eq_ignore_ascii_case(&found.name)) {
            let expected = format!("a name that differs from that of filter {}", earlier + 1);
            let at = fields.get("name").map_or(table.at, |node| node.at);
            let problem = Problem::Value { found: format!("`{}`", found.name), expected, nearest: None };
            return Err(reader.error(at, format!("{}.name", fields.path), problem));
        }
        filters.push(found);
    }
    Ok(filters)
}

/// Types of filters and their keys.
const TYPES: [(&str, &[&str]); 15] = [
    ("none", &[]),
    ("mean", &["support", "mode"]),
    ("gaussian", &["sigma_mm", "cutoff", "mode"]),
    ("log", &["sigma_mm", "sigma_pooling", "cutoff", "mode"]),
    ("laplacian", &["stencil"]),
    ("prewitt", &["mode"]),
    ("sobel", &["mode"]),
    ("laws", &["kernels", "rotation_pooling", "energy_delta"]),
    ("gabor", &["sigma_mm", "lambda_mm", "gamma", "theta", "theta_step", "rotation_pooling", "planes"]),
    ("wavelet", &["wavelet", "band", "level", "rotation_pooling"]),
    ("simoncelli", &["level", "mode", "padding"]),
    ("riesz_log", &["sigma_mm", "order", "align_sigma_mm", "mode", "padding"]),
    ("riesz_simoncelli", &["level", "order", "align_sigma_mm", "mode", "padding"]),
    ("shannon", &["level", "mode", "padding"]),
    ("riesz_shannon", &["level", "order", "align_sigma_mm", "mode", "padding"]),
];

/// What a length must be.
const LENGTH: &str = "mm, 0.001 to 10000";

/// Keys that every filter takes.
const COMMON: [&str; 3] = ["type", "name", "boundary"];

/// The entries of one filter.
struct Fields<'a> {
    reader: &'a Reader<'a>,
    entries: &'a [(Key, Node)],
    path: String,
    at: Place,
    kind: &'static str,
}

impl Fields<'_> {
    fn filter(&self) -> Result<NamedFilter, ParamsError> {
        let names = TYPES.map(|(name, _)| name);
        let kind = self.choice("type", &names)?.ok_or_else(|| self.missing("type", "type = \"log\""))?;
        let (kind, keys) = TYPES[kind];
        let this = Fields { path: self.path.clone(), kind, ..*self };
        this.check_keys(keys)?;
        let filter = Filter { kind: this.kind()?, boundary: this.boundary()? };
        let name = match self.get("name") {
            None => filter.to_string(),
            Some(node) => {
                let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                match &node.value {
                    Value::Text(name)
                        if (1..=100).contains(&name.len())
                            && name.chars().all(fine)
                            && !name.starts_with('.') =>
                    {
                        name.clone()
                    }
                    _ => return Err(self.wrong(node, "name", "a name of letters, digits, `.`, `-` and `_`")),
                }
            }
        };
        Ok(NamedFilter { name, filter })
    }

    fn kind(&self) -> Result<Kind, ParamsError> {
        let positive = |x: f64| x > 0.0;
        let sigma = || self.required_number("sigma_mm", "sigma_mm = 1.5");
        let cutoff = || {
            self.number("cutoff", "a number of standard deviations above 0, 100 at most", |x| {
                x > 0.0 && x <= 100.0
            })
        };
        let level = || self.whole("level", 1, 12).map(|level| level.unwrap_or(1) as u32);
        let padding = || self.whole("padding", 0, 512).map(|n| n.unwrap_or(32));
        Ok(match self.kind {
            "mean" => {
                let support =
                    self.whole("support", 1, 9999)?.ok_or_else(|| self.missing("support", "support = 5"))?;
                if support % 2 == 0 {
                    return Err(self.wrong_at("support", "an odd number of voxels"));
                }
                Kind::Mean { support, mode: self.mode()? }
            }
            "gaussian" => {
                Kind::Gaussian { sigma_mm: sigma()?, cutoff: cutoff()?.unwrap_or(4.0), mode: self.mode()? }
            }
            "log" => {
                let (sigmas_mm, pooling) = self.sigmas()?;
                Kind::Log { sigmas_mm, pooling, cutoff: cutoff()?.unwrap_or(4.0), mode: self.mode()? }
            }
            "laplacian" => {
                let stencil =
                    self.whole("stencil", 5, 27)?.ok_or_else(|| self.missing("stencil", "stencil = 27"))?;
                if edges::mode(stencil).is_none() {
                    return Err(self.wrong_at("stencil", "5, 9 (within slices), 7, 15, 19, 21 or 27 points"));
                }
                Kind::Laplacian { stencil }
            }
            "prewitt" => Kind::Edges { operator: Edges::Prewitt, mode: self.mode()? },
            "sobel" => Kind::Edges { operator: Edges::Sobel, mode: self.mode()? },
            "laws" => {
                let kernels = self.text("kernels", "kernels = \"L5E5S5\"")?;
                if !laws::kernels(&kernels).is_some_and(|kernels| (2..=3).contains(&kernels.len())) {
                    return Err(
                        self.wrong_at("kernels", "two or three of L3 E3 S3 L5 E5 S5 W5 R5, such as `L5E5S5`")
                    );
                }
                Kind::Laws {
                    kernels,
                    rotations: self.pooling("rotation_pooling")?,
                    energy: self.whole("energy_delta", 0, 4999)?,
                }
            }
            "gabor" => {
                let lambda_mm = self.required_number("lambda_mm", "lambda_mm = 2")?;
                let gamma = self.number("gamma", "a number above 0", positive)?.unwrap_or(1.0);
                let (thetas, pooling) = self.angles()?;
                let planes = self.choice("planes", &["axial", "orthogonal"])?;
                let (sigma_mm, orthogonal) = (sigma()?, planes == Some(1));
                Kind::Gabor { sigma_mm, lambda_mm, gamma, thetas, pooling, orthogonal }
            }
            "wavelet" => {
                let family = self.text("wavelet", "wavelet = \"db3\"")?;
                if Mother::named(&family).is_none() {
                    let nearest = nearest(&family, crate::config::WAVELETS.iter().copied());
                    let expected =
                        "a wavelet of PyWavelets: haar, dbN, symN, coifN, biorN.M, rbioN.M, dmey".into();
                    let problem = Problem::Value { found: format!("`{family}`"), expected, nearest };
                    return Err(self.error("wavelet", problem));
                }
                let band = self.text("band", "band = \"LLH\"")?;
                if !(2..=3).contains(&band.len()) || !band.chars().all(|c| "LH".contains(c)) {
                    return Err(
                        self.wrong_at("band", "`L` or `H` for each of two or three axes, such as `LLH`")
                    );
                }
                let band = band.chars().map(|c| c == 'H').collect();
                Kind::Wavelet { family, band, level: level()?, rotations: self.pooling("rotation_pooling")? }
            }
            "simoncelli" | "shannon" => {
                let (wavelet, level, mode) = (self.radial(), level()?, self.mode()?);
                Kind::Radial { wavelet, level, mode, riesz: None, padding: padding()? }
            }
            "riesz_log" => {
                let mode = self.mode()?;
                Kind::RieszLog { sigma_mm: sigma()?, riesz: self.riesz(mode)?, mode, padding: padding()? }
            }
            "riesz_simoncelli" | "riesz_shannon" => {
                let (wavelet, mode) = (self.radial(), self.mode()?);
                let riesz = Some(self.riesz(mode)?);
                Kind::Radial { wavelet, level: level()?, mode, riesz, padding: padding()? }
            }
            _ => Kind::Identity,
        })
    }

    fn boundary(&self) -> Result<Boundary, ParamsError> {
        match self.get("boundary").map(|node| &node.value) {
            None => return Ok(Boundary::Mirror),
            Some(Value::Int(constant)) => return Ok(Boundary::Constant(*constant as f64)),
            Some(Value::Float(constant)) if constant.is_finite() => return Ok(Boundary::Constant(*constant)),
            Some(_) => {}
        }
        let choice = self.choice("boundary", &["mirror", "zero", "nearest", "periodic"])?;
        Ok(match choice {
            Some(1) => Boundary::Constant(0.0),
            Some(2) => Boundary::Nearest,
            Some(3) => Boundary::Periodic,
            _ => Boundary::Mirror,
        })
    }

    fn mode(&self) -> Result<Mode, ParamsError> {
        Ok(if self.choice("mode", &["3d", "2d"])? == Some(1) { Mode::Slices } else { Mode::Volume })
    }

    fn pooling(&self, key: &str) -> Result<Option<Pooling>, ParamsError> {
        Ok(self.choice(key, &Pooling::ALL.map(Pooling::name))?.map(|choice| Pooling::ALL[choice]))
    }

    fn radial(&self) -> Radial {
        if self.kind.ends_with("shannon") { Radial::Shannon } else { Radial::Simoncelli }
    }

    /// One width or several in mm, and how these are pooled.
    fn sigmas(&self) -> Result<(Vec<f64>, Pooling), ParamsError> {
        let pooling = self.pooling("sigma_pooling")?;
        let fine = |item: &Node| match item.value {
            Value::Int(mm @ 1..=10_000) => Some(mm as f64),
            Value::Float(mm) if (1e-3..=1e4).contains(&mm) => Some(mm),
            _ => None,
        };
        match self.get("sigma_mm") {
            Some(node @ Node { value: Value::List(items), .. }) => {
                let sigmas: Option<Vec<f64>> = items.iter().map(fine).collect();
                match sigmas.filter(|sigmas| (2..=100).contains(&sigmas.len())) {
                    Some(sigmas) => Ok((sigmas, pooling.unwrap_or(Pooling::Mean))),
                    None => Err(self.wrong(
                        node,
                        "sigma_mm",
                        "a length, or 2 to 100 lengths, in mm, 0.001 to 10000",
                    )),
                }
            }
            _ if pooling.is_some() => {
                Err(self.wrong_at("sigma_pooling", "no pooling of a single `sigma_mm`; a list gives several"))
            }
            _ => Ok((vec![self.required_number("sigma_mm", "sigma_mm = 1.5")?], Pooling::Mean)),
        }
    }

    /// Angles in degrees and how they are pooled.
    fn angles(&self) -> Result<(Vec<f64>, Pooling), ParamsError> {
        let pooling = self.pooling("rotation_pooling")?;
        let theta = self.number("theta", "an angle in degrees", |_| true)?;
        let step =
            self.number("theta_step", "degrees, above 0 and 360 at most", |x| x > 0.0 && x <= 360.0)?;
        match (theta, step) {
            (Some(theta), None) if pooling.is_none() => Ok((vec![theta], Pooling::Mean)),
            (Some(_), None) => Err(self
                .wrong_at("rotation_pooling", "no pooling of a single `theta`; `theta_step` gives several")),
            (None, Some(step)) => {
                let count = (360.0 / step).round();
                if (count * step - 360.0).abs() > 1e-6 || count > 3600.0 {
                    return Err(self.wrong_at("theta_step", "a whole part of 360 degrees, 0.1 or more"));
                }
                let angles = (0..count as u32).map(|i| f64::from(i) * 360.0 / count).collect();
                Ok((angles, pooling.unwrap_or(Pooling::Mean)))
            }
            (Some(_), Some(_)) => Err(self.wrong_at("theta_step", "`theta` or `theta_step`, not both")),
            (None, None) => Err(self.missing("theta", "theta = 60 (degrees), or theta_step = 45")),
        }
    }

    fn riesz(&self, mode: Mode) -> Result<Riesz, ParamsError> {
        let align_mm = self.number("align_sigma_mm", LENGTH, |x| (1e-3..=1e4).contains(&x))?;
        Ok(Riesz { order: self.order(mode)?, align_mm })
    }

    fn order(&self, mode: Mode) -> Result<[u32; 3], ParamsError> {
        let node = self.get("order").ok_or_else(|| self.missing("order", "order = [1, 0, 0]"))?;
        let expected = "three whole numbers from 0 for x, y, z, their sum 1 to 8";
        let Value::List(items) = &node.value else { return Err(self.wrong(node, "order", expected)) };
        let orders: Vec<u32> = items
            .iter()
            .filter_map(|item| match item.value {
                Value::Int(order @ 0..=8) => Some(order as u32),
                _ => None,
            })
            .collect();
        match orders[..] {
            [x, y, z] if items.len() == 3 && (1..=8).contains(&(x + y + z)) => {
                if mode == Mode::Slices && z > 0 {
                    return Err(self.wrong(node, "order", "0 along z in mode 2d"));
                }
                Ok([x, y, z])
            }
            _ => Err(self.wrong(node, "order", expected)),
        }
    }

    fn check_keys(&self, keys: &'static [&'static str]) -> Result<(), ParamsError> {
        let names = || COMMON.iter().chain(keys).copied();
        match self.entries.iter().find(|(key, _)| !names().any(|name| name == key.name)) {
            None => Ok(()),
            Some((key, _)) => {
                let problem = Problem::Unknown {
                    kind: format!("parameter of {}", self.kind),
                    nearest: nearest(&key.name, names()),
                    known: names().collect(),
                };
                Err(self.reader.error(key.at, format!("{}.{}", self.path, key.name), problem))
            }
        }
    }

    fn get(&self, key: &str) -> Option<&Node> {
        self.entries
            .iter()
            .find(|(k, _)| k.name == key)
            .map(|(_, node)| node)
            .filter(|n| n.value != Value::Null)
    }

    /// Which of some names.
    fn choice(&self, key: &str, names: &[&'static str]) -> Result<Option<usize>, ParamsError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let text = match &node.value {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        match names.iter().position(|name| *name == text) {
            Some(place) => Ok(Some(place)),
            None => {
                let nearest = nearest(text, names.iter().copied());
                let expected = format!("one of {}", names.join(", "));
                let problem = Problem::Value { found: node.brief(), expected, nearest };
                Err(self.error(key, problem))
            }
        }
    }

    fn text(&self, key: &'static str, example: &'static str) -> Result<String, ParamsError> {
        match self.get(key) {
            None => Err(self.missing(key, example)),
            Some(Node { value: Value::Text(text), .. }) => Ok(text.clone()),
            Some(node) => Err(self.wrong(node, key, "a text")),
        }
    }

    fn number(
        &self,
        key: &str,
        expected: &str,
        fine: impl Fn(f64) -> bool,
    ) -> Result<Option<f64>, ParamsError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let number = match node.value {
            Value::Int(i) => i as f64,
            Value::Float(f) => f,
            _ => f64::NAN,
        };
        if number.is_finite() && fine(number) {
            Ok(Some(number))
        } else {
            Err(self.wrong(node, key, expected))
        }
    }

    /// A length in mm.
    fn required_number(&self, key: &'static str, example: &'static str) -> Result<f64, ParamsError> {
        let number = self.number(key, LENGTH, |x| (1e-3..=1e4).contains(&x))?;
        number.ok_or_else(|| self.missing(key, example))
    }

    fn whole(&self, key: &str, least: usize, most: usize) -> Result<Option<usize>, ParamsError> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let number = match node.value {
            Value::Int(i) => usize::try_from(i).ok(),
            _ => None,
        };
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(self.wrong(node, key, &format!("a whole number, {least} to {most}"))),
        }
    }

    fn missing(&self, key: &'static str, example: &'static str) -> ParamsError {
        self.reader.error(self.at, self.path.clone(), Problem::Missing { key, example })
    }

    fn wrong_at(&self, key: &str, expected: &str) -> ParamsError {
        match self.get(key) {
            Some(node) => self.wrong(node, key, expected),
            None => self.error(
                key,
                Problem::Value { found: "no value".into(), expected: expected.into(), nearest: None },
            ),
        }
    }

    fn wrong(&self, node: &Node, key: &str, expected: &str) -> ParamsError {
        self.reader.wrong(node, format!("{}.{key}", self.path), expected)
    }

    fn error(&self, key: &str, problem: Problem) -> ParamsError {
        let at = self.get(key).map_or(self.at, |node| node.at);
        self.reader.error(at, format!("{}.{key}", self.path), problem)
    }
}

#[cfg(test)]
mod tests;
