//! Which features are mapped, as the command line names them.

use anyhow::{Result, bail};
use radiomics_core::{FeatureClass, IbsiFamily, Params, config::ClassSelection};
use radiomics_voxelmaps::{Family, Feature};

/// Features of classes, and families of IBSI.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    pub classes: Vec<ClassSelection>,
    pub ibsi: Vec<IbsiFamily>,
}

/// Families of IBSI by the names that users give them.
const IBSI: [(&str, IbsiFamily); 3] = [
    ("histogram", IbsiFamily::IntensityHistogram),
    ("gldzm", IbsiFamily::Gldzm),
    ("ngldm", IbsiFamily::Ngldm),
];

impl Features {
    /// The classes of parameters; those of shape have no maps.
    pub fn of(params: &Params) -> Self {
        let shape = |class| matches!(class, FeatureClass::Shape | FeatureClass::Shape2D);
        let classes = params.classes.iter().filter(|s| !shape(s.class)).cloned().collect();
        Self { classes, ibsi: Vec::new() }
    }

    /// Classes (`glcm`), features (`glcm_Contrast`, also with an image's name before it) and families (`gldzm`), in the
    /// order of the classes.
    pub fn named(names: &[String]) -> Result<Self> {
        let (mut whole, mut single, mut ibsi) = (Vec::new(), Vec::new(), Vec::new());
        for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if let Some(class) = class(name)? {
                whole.push(class);
            } else if let Some((_, family)) = IBSI.iter().find(|(known, _)| *known == name) {
                if !ibsi.contains(family) {
                    ibsi.push(*family);
                }
            } else {
                single.push(feature(name)?);
            }
        }
        let mut classes = Vec::new();
        for class in FeatureClass::ALL {
            let all = ClassSelection::all(class);
            if whole.contains(&class) {
                classes.push(all);
                continue;
            }
            let wanted =
                class.features().iter().filter(|f| single.contains(&(class, f.name))).collect::<Vec<_>>();
            if !wanted.is_empty() {
                classes.push(ClassSelection { class, features: wanted });
            }
        }
        Ok(Self { classes, ibsi })
    }

    /// Leaves out classes, features and families.
    pub fn remove(&mut self, names: &[String]) -> Result<()> {
        for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if let Some(class) = class(name)? {
                self.classes.retain(|selection| selection.class != class);
            } else if let Some((_, family)) = IBSI.iter().find(|(known, _)| *known == name) {
                self.ibsi.retain(|f| f != family);
            } else {
                let (class, name) = feature(name)?;
                let selections = self.classes.iter_mut().filter(|s| s.class == class);
                selections.for_each(|s| s.features.retain(|f| f.name != name));
            }
        }
        self.classes.retain(|selection| !selection.features.is_empty());
        Ok(())
    }
}

/// The class of a name, if it is one that has maps.
fn class(name: &str) -> Result<Option<FeatureClass>> {
    match FeatureClass::ALL.into_iter().find(|class| class.name() == name) {
        Some(FeatureClass::Shape | FeatureClass::Shape2D) => bail!("there are no maps of {name}"),
        class => Ok(class),
    }
}

/// Class and name of a feature such as `glcm_Contrast`.
fn feature(name: &str) -> Result<(FeatureClass, &'static str)> {
    let bare = name.strip_prefix("original_").unwrap_or(name);
    if let Some(Feature { family: Family::Class(class), place }) = Feature::named(bare) {
        return Ok((class, class.features()[place].name));
    }
    let known = || {
        let classes = FeatureClass::ALL.into_iter().map(|class| class.name().to_owned());
        let families = IBSI.iter().map(|(name, _)| (*name).to_owned());
        classes
            .chain(families)
            .chain(Family::ALL.into_iter().flat_map(Family::features).map(|f| f.to_string()))
    };
    // The nearest by the number of common pairs of letters.
    let pairs =
        |text: &str| text.to_lowercase().as_bytes().windows(2).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let own = pairs(bare);
    let likeness = |other: &str| {
        let other = pairs(other);
        let common = own.iter().filter(|p| other.contains(p)).count();
        2 * common * 1000 / (own.len() + other.len()).max(1)
    };
    match known().max_by_key(|other| likeness(other)).filter(|other| likeness(other) > 500) {
        Some(near) => bail!("`{name}` is no class and no feature; is `{near}` meant?"),
        None => bail!("`{name}` is no class and no feature; `radiomics params list features` names them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(list: &str) -> Result<Features> {
        Features::named(&list.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn classes_features_and_families() {
        let features = named("glszm, glcm_Contrast,original_glcm_Id,gldzm").unwrap();
        let names: Vec<_> = features.classes.iter().map(|s| (s.class.name(), s.features.len())).collect();
        assert_eq!(names, [("glcm", 2), ("glszm", 16)]);
        assert_eq!(features.ibsi, [IbsiFamily::Gldzm]);
        let mut all = Features::of(&Params::default());
        all.remove(&["glcm_MCC".to_owned(), "firstorder".to_owned()]).unwrap();
        assert_eq!(all.classes.iter().map(|s| s.features.len()).sum::<usize>(), 23 + 14 + 16 + 16 + 5);
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert!(named("glcm_Kontrast").unwrap_err().to_string().contains("glcm_Contrast"));
        assert!(named("shape").unwrap_err().to_string().contains("no maps"));
        assert!(named("qqq").unwrap_err().to_string().contains("params list features"));
    }
}
