//! Parameter files: PyRadiomics' YAML and JSON as they are, and the same keys in TOML. Settings of an extraction by
//! IBSI's definitions stand under `ibsi`, in any of the three.
//!
//! ```
//! use radiomics_core::{FeatureClass, ImageType};
//! use radiomics_core::params::{Params, ParamsFormat};
//!
//! let params = Params::parse(
//!     "setting: {binWidth: 10}\nimageType: {Original: {}}\nfeatureClass: {glcm: [Contrast]}",
//!     ParamsFormat::Yaml,
//! )?;
//! assert_eq!(params.settings().bin_width, 10.0);
//! assert_eq!(params.image_types[0].0, ImageType::Original);
//! assert_eq!(params.classes[0].class, FeatureClass::Glcm);
//! # Ok::<(), radiomics_core::params::ParamsError>(())
//! ```

mod error;
pub mod filters;
mod json;
pub(crate) mod node;
mod toml;
mod yaml;

use std::collections::HashSet;

use self::node::{Key, Node, Place, Value};
use crate::config::{ClassSelection, Extent, ImageType, Overrides, Scope, Settings, scope_of};
use crate::names::{FeatureClass, FeatureName};

pub(crate) use self::error::nearest;
pub use self::error::{ParamsError, Position, Problem};
pub use self::filters::NamedFilter;
pub use crate::config::Params;

/// The syntax of a parameter file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamsFormat {
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
    /// TOML 1.1.
    Toml,
}

impl ParamsFormat {
    /// The syntax for the ending of a file name, without dot, in any case; `None` for an unknown one, which is
    /// best read as YAML.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Longer texts are refused: parameter files have some thousand characters.
const MAX_BYTES: usize = 1 << 20;

/// The tables of a parameter file.
const SECTIONS: [&str; 6] = ["setting", "voxelSetting", "imageType", "featureClass", "filter", "ibsi"];

impl Params {
    /// Reads the text of a parameter file.
    ///
    /// As in PyRadiomics, a file without `imageType` means the original image, one without `featureClass` all
    /// classes, shape2D too. Single features are calculated in the order in which they are named.
    ///
    /// # Errors
    /// The first fault found, with its place: see [`Problem`].
    pub fn parse(text: &str, format: ParamsFormat) -> Result<Self, ParamsError> {
        Self::parse_with(text, format, &Overrides::default())
    }

    /// Reads the text of a parameter file and puts `given`, the settings of a command line, over its `setting`.
    ///
    /// # Errors
    /// As for [`Params::parse`]; settings are checked together, so that `given` may hold the `sigma` that an
    /// image type LoG of the file needs.
    pub fn parse_with(text: &str, format: ParamsFormat, given: &Overrides) -> Result<Self, ParamsError> {
        // A byte order mark is no content.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let whole_file = |problem| ParamsError { at: None, path: String::new(), problem };
        if text.len() > MAX_BYTES {
            let problem = format!("{} bytes of text; at most {MAX_BYTES} are read", text.len());
            return Err(whole_file(Problem::Syntax(problem)));
        }
        let root = match format {
            ParamsFormat::Yaml => yaml::read(text),
            ParamsFormat::Json => json::read(text),
            ParamsFormat::Toml => toml::read(text),
        }?;
        let root = root.ok_or_else(|| whole_file(Problem::Empty))?;
        Reader { text }.params(&root, given)
    }

    /// Checks settings and image types that did not come from a file.
    ///
    /// # Errors
    /// A setting out of range; an image type LoG without `sigma`.
    pub fn check(&self) -> Result<(), ParamsError> {
        let under = |section: &str, mut error: ParamsError| {
            error.path = format!("{section}.{}", error.path);
            error
        };
        let section = |key: &str| scope_of(key).map_or("setting", Scope::section);
        self.setting.check().map_err(|error| under(section(&error.path), error))?;
        let settings = self.settings();
        check_ibsi(&settings).map_err(|error| under("ibsi", error))?;
        for (image_type, own) in &self.image_types {
            let path = format!("imageType.{image_type}");
            own.check().map_err(|error| under(&path, error))?;
            // PyRadiomics writes a line to its log and gives no column.
            if *image_type == ImageType::LoG && settings.with(own).sigma.is_none() {
                let problem = Problem::Missing { key: "sigma", example: "LoG: {sigma: [1.0, 3.0]}" };
                return Err(ParamsError { at: None, path, problem });
            }
        }
        Ok(())
    }

    /// The parameter file that gives these parameters, as JSON; every [`ParamsFormat`] can express it.
    pub fn to_json(&self) -> serde_json::Value {
        let given = |section| {
            let mut entries = self.setting.entries();
            entries.retain(|(key, _)| scope_of(key).map(Scope::section) == Some(section));
            entries
        };
        let table = |entries: Vec<(&'static str, serde_json::Value)>| -> serde_json::Value {
            entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
        };
        let image_types =
            self.image_types.iter().map(|(image_type, own)| (image_type.name(), table(own.entries())));
        let classes = self.classes.iter().map(|selection| (selection.class.name(), names(selection)));
        let mut sections = vec![("setting", table(given("setting")))];
        for section in ["voxelSetting", "ibsi"] {
            let entries = given(section);
            if !entries.is_empty() {
                sections.push((section, table(entries)));
            }
        }
        sections.push(("imageType", table(image_types.collect())));
        sections.push(("featureClass", table(classes.collect())));
        if !self.filters.is_empty() {
            sections.push(("filter", self.filters.iter().map(NamedFilter::to_json).collect()));
        }
        table(sections)
    }
}

/// Checks settings of IBSI's against each other.
fn check_ibsi(settings: &Settings) -> Result<(), ParamsError> {
    let wrong = |key: &str, value: &[f64], expected: &str| {
        let found = format!("`{value:?}`");
        let problem = Problem::Value { found, expected: expected.to_owned(), nearest: None };
        Err(ParamsError { at: None, path: key.to_owned(), problem })
    };
    let spacing = settings.spacing.as_deref().unwrap_or_default();
    match (settings.mode, spacing) {
        (Extent::Volume, [_, _]) => wrong("spacing", spacing, "three numbers or one with `mode` 3D"),
        (Extent::Slices, [_, _, z]) if *z != 0.0 => {
            wrong("spacing", spacing, "two numbers or one with `mode` 2D, which keeps the distance of slices")
        }
        _ => match settings.range.as_deref() {
            Some(range @ ([low] | [low, _]))
                if low.is_nan() || range.iter().any(|x| x < low || x.is_nan()) =>
            {
                wrong("range", range, "a smallest and a largest intensity")
            }
            _ => Ok(()),
        },
    }
}

/// The features of a class as a parameter file names them.
fn names(selection: &ClassSelection) -> serde_json::Value {
    if *selection == ClassSelection::all(selection.class) {
        serde_json::Value::Array(Vec::new())
    } else if selection.features.is_empty() {
        // An empty list would mean all of them. Only names without value give none.
        selection.class.retired().into()
    } else {
        selection.features.iter().map(|feature| feature.name).collect()
    }
}

/// What a text on a command line stands for: read as YAML, or as it is where that fails.
pub(crate) fn scalar_or_list(text: &str) -> Node {
    match yaml::read(text) {
        Ok(Some(node)) => Node { at: Place::Unknown, ..node },
        Ok(None) => Node { value: Value::Null, at: Place::Unknown },
        Err(_) => Node { value: Value::Text(text.to_owned()), at: Place::Unknown },
    }
}

/// Turns the tree of a text into parameters.
struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn params(&self, root: &Node, given: &Overrides) -> Result<Params, ParamsError> {
        let mut setting = Overrides::default();
        let (mut image_types, mut classes, mut filters) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = Vec::new();
        for (key, node) in self.entries(root, "", "a table with `setting`, `imageType`, `featureClass`")? {
            let section = key.name.as_str();
            match section {
                "setting" | "voxelSetting" | "ibsi" => self.settings(node, section, section, &mut setting)?,
                "imageType" => {
                    for (key, node) in self.entries(node, section, "a table of image types")? {
                        let path = format!("{section}.{}", key.name);
                        let Some(image_type) = ImageType::from_name(&key.name) else {
                            return Err(self.unknown(key, path, "image type", ImageType::NAMES));
                        };
                        let mut own = Overrides::default();
                        self.settings(node, &path, "setting", &mut own)?;
                        image_types.push((image_type, own));
                        places.push((path, key.at));
                    }
                }
                "filter" => filters = filters::filters(self, node)?,
                "featureClass" => {
                    for (key, node) in self.entries(node, section, "a table of feature classes")? {
                        classes.push(self.class(key, node)?);
                    }
                }
                _ => return Err(self.unknown(key, key.name.clone(), "section", &SECTIONS)),
            }
        }
        if image_types.is_empty() {
            image_types.push((ImageType::Original, Overrides::default()));
        }
        if classes.is_empty() {
            classes = FeatureClass::ALL.map(ClassSelection::all).to_vec();
        }
        setting.update(given);
        let params = Params { setting, image_types, classes, filters };
        params.check().map_err(|mut error| {
            let place = places.iter().find(|(path, _)| *path == error.path);
            error.at = place.and_then(|(_, at)| at.position(self.text));
            error
        })?;
        Ok(params)
    }

    /// Reads a table of settings at `path`, those that belong in `section`.
    fn settings(
        &self,
        node: &Node,
        path: &str,
        section: &str,
        overrides: &mut Overrides,
    ) -> Result<(), ParamsError> {
        for (key, node) in self.entries(node, path, "a table of settings")? {
            let name = key.name.as_str();
            let path = format!("{path}.{name}");
            // PyRadiomics' checker keeps `setting` and `voxelSetting` apart as well.
            if scope_of(name).map(Scope::section) == Some(section) {
                if let Some(done) = overrides.read(name, node) {
                    done.map_err(|problem| self.error(node.at, path, problem))?;
                }
            } else {
                return Err(self.unknown(key, path, "setting", &Settings::KEYS.map(|(key, _)| key)));
            }
        }
        Ok(())
    }

    /// Reads one class and its features.
    fn class(&self, key: &Key, node: &Node) -> Result<ClassSelection, ParamsError> {
        let path = format!("featureClass.{}", key.name);
        let Some(class) = FeatureClass::ALL.into_iter().find(|class| class.name() == key.name) else {
            return Err(self.unknown(key, path, "feature class", &FeatureClass::ALL.map(FeatureClass::name)));
        };
        let items = match &node.value {
            Value::Null => &[][..],
            Value::List(items) => items,
            _ => {
                let expected = "a list of features, empty for all";
                return Err(self.wrong(node, path, expected));
            }
        };
        if items.is_empty() {
            return Ok(ClassSelection::all(class));
        }
        let mut features: Vec<&'static FeatureName> = Vec::new();
        for item in items {
            let Value::Text(name) = &item.value else {
                return Err(self.wrong(item, path, "the name of a feature"));
            };
            match class.features().iter().find(|feature| feature.name == name) {
                // PyRadiomics calculates a feature once, where it is named first.
                Some(feature) if features.contains(&feature) => {}
                Some(feature) => features.push(feature),
                None if class.retired().contains(&name.as_str()) => {}
                None => {
                    let names = class.features().iter().map(|feature| feature.name);
                    let nearest = nearest(name, names.chain(class.retired().iter().copied()));
                    let kind = format!("feature of {class}");
                    let problem = Problem::Unknown { kind, nearest, known: Vec::new() };
                    return Err(self.error(item.at, format!("{path}.{name}"), problem));
                }
            }
        }
        Ok(ClassSelection { class, features })
    }

    /// The entries of a table, each key once. A key without value is an empty table: PyRadiomics asks for `{}`.
    fn entries<'n>(
        &self,
        node: &'n Node,
        path: &str,
        expected: &str,
    ) -> Result<&'n [(Key, Node)], ParamsError> {
        let entries = match &node.value {
            Value::Null => &[][..],
            Value::Table(entries) => entries,
            _ => return Err(self.wrong(node, path.to_owned(), expected)),
        };
        let mut seen = HashSet::new();
        // Python's JSON reader takes the last one without a word.
        match entries.iter().find(|(key, _)| !seen.insert(key.name.as_str())) {
            Some((key, _)) => {
                let dot = if path.is_empty() { "" } else { "." };
                Err(self.error(key.at, format!("{path}{dot}{}", key.name), Problem::Duplicate))
            }
            None => Ok(entries),
        }
    }

    fn unknown(&self, key: &Key, path: String, kind: &str, names: &[&'static str]) -> ParamsError {
        let problem = match scope_of(&key.name).map(Scope::section) {
            Some(section) => Problem::Misplaced { section },
            None => Problem::Unknown {
                kind: kind.to_owned(),
                nearest: nearest(&key.name, names.iter().copied()),
                known: if names.len() <= 10 { names.to_vec() } else { Vec::new() },
            },
        };
        self.error(key.at, path, problem)
    }

    fn wrong(&self, node: &Node, path: String, expected: &str) -> ParamsError {
        let problem = Problem::Value { found: node.brief(), expected: expected.to_owned(), nearest: None };
        self.error(node.at, path, problem)
    }

    fn error(&self, at: Place, path: String, problem: Problem) -> ParamsError {
        ParamsError { at: at.position(self.text), path, problem }
    }
}
