//! `radiomics params`: parameter files, checked and explained. Also reads them for the other commands.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use clap::{Subcommand, ValueEnum, ValueHint};
use radiomics_core::{
    Extractor, Params, ParamsFormat,
    config::{ClassSelection, Overrides, SettingInfo, catalogue},
    names::{IbsiFamily, Status},
};
use serde_json::{Value, json};

use crate::{args::Setting, console::Console};

#[derive(Debug, Subcommand)]
pub enum ParamsCommand {
    /// Check a parameter file and show what it asks for
    #[command(after_help = "\
Examples:
  radiomics params check Params.yaml
  radiomics params check Params.toml --quiet && echo fine")]
    Check {
        /// Parameter file: YAML or JSON of PyRadiomics, or TOML
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
    },
    /// List every setting, image type and feature with its meaning
    #[command(after_help = "\
Examples:
  radiomics params list
  radiomics params list features --json")]
    List {
        /// Only these
        #[arg(value_enum)]
        topic: Option<Topic>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Topic {
    /// What can be set, with its default
    Settings,
    /// Images derived from the scan
    Images,
    /// Features of each class, with their IBSI codes
    Features,
}

pub fn run(command: &ParamsCommand, console: &Console) -> Result<()> {
    let mut text = Vec::new();
    match command {
        ParamsCommand::Check { file } => {
            let params = load(Some(file), &[])?;
            Extractor::new(params.clone()).with_context(|| name(file))?;
            if !console.quiet() {
                describe(&params, file, &mut text)?;
            }
        }
        ParamsCommand::List { topic, json: false } => list(*topic, &mut text)?,
        ParamsCommand::List { topic, json: true } => {
            serde_json::to_writer_pretty(&mut text, &list_json(*topic))?;
            text.push(b'\n');
        }
    }
    io::stdout().write_all(&text).context("cannot write to standard output")
}

/// The parameters of a file, or the defaults, with single settings on top.
pub fn load(file: Option<&Path>, settings: &[Setting]) -> Result<Params> {
    let mut given = Overrides::default();
    for setting in settings {
        given.set(&setting.name, &setting.value).context("on the command line")?;
    }
    if let Some(file) = file {
        let text = text(file).with_context(|| name(file))?;
        return Params::parse_with(&text, format(file), &given).with_context(|| name(file));
    }
    let mut params = Params::default();
    params.setting.update(&given);
    params.check().context("on the command line")?;
    Ok(params)
}

fn format(file: &Path) -> ParamsFormat {
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ParamsFormat::from_extension(extension).unwrap_or(ParamsFormat::Yaml)
}

fn name(file: &Path) -> String {
    format!("parameter file {}", file.display())
}

/// The text of a file that is not larger than parameter files can be.
fn text(file: &Path) -> Result<String> {
    const MOST: u64 = 1 << 20;
    let mut bytes = Vec::new();
    ensure!(file.exists(), "no such file");
    ensure!(!file.is_dir(), "is a folder; expected a file in YAML, JSON or TOML");
    File::open(file)?.take(MOST + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= MOST, "larger than {MOST} bytes, which no parameter file is");
    String::from_utf8(bytes).context("not a text file in UTF-8")
}

fn describe(params: &Params, file: &Path, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: fine", file.display())?;
    for (image_type, own) in &params.image_types {
        writeln!(out, "  image type     {image_type}{}", in_brackets(&own.entries()))?;
    }
    for ClassSelection { class, features } in &params.classes {
        let standard = class.features().iter().filter(|f| f.status == Status::Standard).count();
        let chosen: Vec<&str> = features.iter().map(|f| f.name).collect();
        if *features == ClassSelection::all(*class).features {
            writeln!(out, "  feature class  {class}, all {standard} features")?;
        } else {
            writeln!(out, "  feature class  {class}: {}", chosen.join(", "))?;
        }
    }
    for filter in &params.filters {
        writeln!(out, "  filter         {}: {}", filter.name, plain(&filter.to_json()))?;
    }
    for (key, value) in params.setting.entries() {
        writeln!(out, "  setting        {key}: {}", plain(&value))?;
    }
    Ok(())
}

fn in_brackets(entries: &[(&str, Value)]) -> String {
    let parts: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {}", plain(value))).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn list(topic: Option<Topic>, out: &mut impl Write) -> io::Result<()> {
    let catalogue = catalogue();
    let wanted = |this| topic.is_none_or(|topic| topic == this);
    if wanted(Topic::Settings) {
        writeln!(
            out,
            "SETTINGS: under `setting` in a parameter file where nothing else is said, or `-s NAME:VALUE`\n"
        )?;
        for setting in &catalogue.settings {
            let SettingInfo { key, default, meaning, .. } = setting;
            writeln!(out, "  {key} = {}", plain(default))?;
            writeln!(out, "      {meaning}")?;
            writeln!(out, "      {}", values(setting))?;
        }
    }
    if wanted(Topic::Images) {
        writeln!(
            out,
            "\nIMAGE TYPES: under `imageType` in a parameter file, each with settings of its own\n"
        )?;
        for image_type in &catalogue.image_types {
            writeln!(out, "  {:12} {}", image_type.name(), image_type.meaning())?;
        }
    }
    if wanted(Topic::Features) {
        writeln!(
            out,
            "\nFEATURES: under `featureClass` in a parameter file; with their codes in the IBSI manual"
        )?;
        for (class, features) in &catalogue.classes {
            writeln!(out, "\n  {class}")?;
            for feature in *features {
                let on_request = if feature.status == Status::OnRequest { " Only when named." } else { "" };
                let (name, code, text) =
                    (feature.name, feature.ibsi, with_unit(feature.meaning, feature.unit));
                writeln!(out, "    {name:36} {code:4}  {text}{on_request}")?;
            }
        }
        writeln!(
            out,
            "\nIBSI FEATURES: with `--convention ibsi`; families under `ibsi.families`, texture with the ending of \
             its aggregation"
        )?;
        for family in IbsiFamily::ALL {
            writeln!(out, "\n  {}", family.name())?;
            for feature in family.features() {
                let text = with_unit(feature.meaning, feature.unit);
                writeln!(out, "    {:26} {:4}  {text}", feature.tag, feature.code)?;
            }
        }
    }
    Ok(())
}

/// A meaning with the unit of the value, if it has one.
pub fn with_unit(meaning: &str, unit: &str) -> String {
    if unit.is_empty() { meaning.to_owned() } else { format!("{meaning} Unit: {unit}.") }
}

/// What can stand for a setting, such as "a number, above 0".
fn values(setting: &SettingInfo) -> String {
    let mut text = setting.kind.clone();
    if !setting.range.is_empty() {
        text = format!("{text}, {}", setting.range);
    }
    if setting.optional {
        text.push_str("; `none` unsets it");
    }
    if setting.scope.section() != "setting" {
        text = format!("{text}; stands under `{}`", setting.scope.section());
    }
    text
}

fn list_json(topic: Option<Topic>) -> Value {
    let catalogue = catalogue();
    let setting = |s: &SettingInfo| {
        json!({
            "name": s.key, "section": s.scope.section(), "type": s.kind, "range": s.range,
            "optional": s.optional, "default": s.default, "meaning": s.meaning,
        })
    };
    let mut all = serde_json::Map::new();
    let wanted = |this| topic.is_none_or(|topic| topic == this);
    if wanted(Topic::Settings) {
        all.insert("settings".into(), catalogue.settings.iter().map(setting).collect());
    }
    if wanted(Topic::Images) {
        let image = |t: &radiomics_core::ImageType| json!({ "name": t.name(), "meaning": t.meaning() });
        all.insert("images".into(), catalogue.image_types.iter().map(image).collect());
    }
    if wanted(Topic::Features) {
        let features = catalogue.classes.iter().flat_map(|(class, features)| {
            features.iter().map(move |f| {
                json!({
                    "class": class.name(), "name": f.name, "ibsi": f.ibsi, "unit": f.unit,
                    "standard": f.status == Status::Standard, "meaning": f.meaning,
                })
            })
        });
        all.insert("features".into(), features.collect());
        let features = IbsiFamily::ALL.into_iter().flat_map(|family| {
            family.features().iter().map(move |f| {
                json!({
                    "family": family.name(), "name": f.name, "code": f.code, "tag": f.tag, "unit": f.unit,
                    "meaning": f.meaning,
                })
            })
        });
        all.insert("ibsi_features".into(), features.collect());
    }
    Value::Object(all)
}
